"""What is known of each tool that agents can be given: what it does, how well it was tried, and what it still needs."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from gainful.app.tooling.tools import connector_names
from gainful.core.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well a connector was tried.

    Args:
        against: What it was tried against.
        grade: A: the real server or format. B: somebody else's emulator. C: our own imitation.
    """

    against: str
    grade: str
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool.

    Args:
        connector: The name of what brings it.
        ready: Whether it is there as things are set up.
        needs: What has to be set up for it; empty when nothing has to.
        scopes: What it may reach, in words.
        rate, stores: How often or how much, and what it leaves behind, in words.
    """

    spec: ToolSpec
    connector: str
    ready: bool
    needs: str = ""
    evidence: tuple[Evidence, ...] = ()
    scopes: tuple[str, ...] = ()
    rate: str = ""
    stores: str = ""

    @property
    def grades(self) -> str:
        """The grades that its connector has, the best first; empty where it states none."""
        return "".join(sorted({one.grade for one in self.evidence}))


def catalogue(specs: Mapping[str, ToolSpec], ready: Collection[str]) -> list[Entry]:
    """An entry for each tool, by name.

    Args:
        specs: Every tool that there is.
        ready: Names of those that are set up.
    """
    return [_entry(specs[name], ready=name in ready) for name in sorted(specs)]


def _entry(spec: ToolSpec, *, ready: bool) -> Entry:
    said = manifests().get(spec.name)
    if said is None:
        # A tool of an MCP server, or of a connector that somebody else has written: it bears their name.
        return Entry(spec, spec.name.partition(".")[0], ready)
    words = said.words
    return Entry(
        spec,
        said.connector,
        ready,
        said.needs,
        said.evidence,
        tuple(words.get("scopes", ())),
        words.get("rate", ""),
        words.get("stores", ""),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What a manifest says of a tool besides its declaration."""

    connector: str
    needs: str
    evidence: tuple[Evidence, ...]
    words: Mapping[str, Any] = field(default_factory=dict)


@cache
def manifests() -> Mapping[str, Said]:
    """What the manifests that come with Gainful say of each tool; where several offer it, the first."""
    found: dict[str, Said] = {}
    for connector, content in _contents():
        evidence = tuple(
            Evidence(against, tried["grade"], tried["by"]) for against, tried in content.get("evidence", {}).items()
        )
        for words in content.get("tools", ()):
            found.setdefault(words["name"], Said(connector, content.get("needs", ""), evidence, words))
    return found


def _contents() -> Iterator[tuple[str, dict[str, Any]]]:
    places = [("agents", resources.files("gainful.agents.knowing") / "tools.toml")]
    places += [("deploy", resources.files("gainful.jobs.deploy") / "tools.toml")]
    places += [(name, resources.files(f"gainful.connectors.{name}") / "manifest.toml") for name in connector_names()]
    for name, file in places:
        yield name, tomllib.loads(file.read_text(encoding="utf-8"))
