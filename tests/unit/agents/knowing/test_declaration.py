"""The tools that agents bring themselves are declared like those of any connector."""

from __future__ import annotations

from gainful.agents.knowing.declaration import own_tools
from gainful.core.tool import Effect


def test_each_is_declared() -> None:
    effects = {name: spec.effect for name, spec in own_tools().items()}
    assert effects == {
        "skill.read": Effect.READ,
        "memory.search": Effect.READ,
        "memory.remember": Effect.CONTAINED,
        "memory.forget": Effect.CONTAINED,
    }
    assert all(spec.about for spec in own_tools().values())
