"""The tools that agents bring themselves, as `tools.toml` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from gainful.core.tool import ToolSpec
from gainful.sdk.declaration import read_declaration


@cache
def own_tools() -> Mapping[str, ToolSpec]:
    """Each by name: reading skills, and remembering."""
    file = resources.files("gainful.agents.knowing") / "tools.toml"
    return read_declaration(file.read_text(encoding="utf-8"))
