"""Which connector and which tool may get which secrets: what the connectors' manifests say, and the web server."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from gainful import connectors


@cache
def declared_scopes() -> dict[str, tuple[str, ...]]:
    """Names of secrets by connector and by tool. A tool that several connectors offer may get what any of them may."""
    # No connector: it signs in nowhere, others do with it.
    found: dict[str, tuple[str, ...]] = {"webhook": ("webhook:",)}
    for file in sorted(Path(str(connectors.__file__)).parent.glob("*/manifest.toml")):
        manifest = tomllib.loads(file.read_text(encoding="utf-8"))
        declared = tuple(manifest.get("secrets", ()))
        for name in (manifest["name"], *(tool["name"] for tool in manifest.get("tools", ()))):
            found[name] = found.get(name, ()) + declared
    return found
