"""The tools of every installed connector, as their manifests declare them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gainful import connectors
from gainful.core.tool import ToolSpec
from gainful.sdk.declaration import declared


@cache
def installed_tools() -> dict[str, ToolSpec]:
    """Every tool by name; where several connectors offer it, the first one's."""
    found: dict[str, ToolSpec] = {}
    for file in sorted(Path(str(connectors.__file__)).parent.glob("*/manifest.toml")):
        for name, spec in declared(file.parent.name).items():
            found.setdefault(name, spec)
    return found
