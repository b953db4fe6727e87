"""The contract that every connector of a package of its own fulfils, as a test class to inherit. Needs pytest.

    class TestFeeds(ConnectorContract):
        connector = gainful_feeds.connector

        def settings(self) -> Mapping[str, Json]:
            return {"feeds": {"news": "https://news.example.org/feed.xml"}}

`context` makes what a connector's own tests need to call its tools: `tool.call(grant(tool), {...})`.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from typing import ClassVar

import pytest

from gainful.core.clock import Clock, system_clock
from gainful.core.errors import Broken
from gainful.core.value import Json
from gainful.sdk.connector import Connector, Context
from gainful.sdk.declaration import read_declaration
from gainful.sdk.egress import READING, Egress
from gainful.sdk.grant import Grant
from gainful.sdk.http import HttpClient
from gainful.sdk.operation import ArgumentInvalid
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.tool import Tool

LONGEST_ABOUT = 200
"""Characters that tell a model what a tool does: it reads them in every request."""
LARGEST_MANIFEST = 50_000


def grant(tool: Tool, key: str = "test") -> Grant:
    """A grant for one call of this tool, as the gate mints it."""
    return Grant(key=key, tool=tool.spec.name)


def context(
    settings: Mapping[str, Json] | None = None,
    *,
    agent: str = "tester",
    own_servers: Collection[str] = (),
    hosts: Collection[str] = (),
    methods: Collection[str] = READING,
    secrets: Mapping[str, str] | None = None,
    clock: Clock = system_clock,
) -> Context:
    """What a connector makes its tools of, for a test.

    Args:
        own_servers: Origins that may be reached: servers of the test's own, on loopback.
        secrets: By key.
    """
    egress = Egress(frozenset(hosts), frozenset(methods), frozenset(own_servers))
    held = secrets or {}

    def secret(key: str) -> Handle:
        return Handle.of(Secret(key, held[key]) if key in held else None)

    return Context(agent, settings or {}, secret, _opener(egress), clock)


def _opener(egress: Egress) -> Callable[[], HttpClient]:
    return lambda: HttpClient(egress)


class ConnectorContract:
    """What holds for every connector."""

    connector: ClassVar[Connector]

    def settings(self) -> Mapping[str, Json]:
        """What would stand under `[connectors.NAME.settings]`."""
        return {}

    def made(self) -> Mapping[str, Tool]:
        """Its tools by name, made of these settings. They reach nothing."""
        return {tool.spec.name: tool for tool in self.connector.tools(context(self.settings()))}

    def test_it_is_a_connector(self) -> None:
        assert isinstance(self.connector, Connector)
        assert len(self.connector.manifest) < LARGEST_MANIFEST

    def test_its_tools_are_those_of_its_manifest(self) -> None:
        declared = read_declaration(self.connector.manifest)
        assert {name: tool.spec for name, tool in self.made().items()} == dict(declared)
        name = tomllib.loads(self.connector.manifest)["name"]
        assert all(tool.startswith(f"{name}.") for tool in declared)

    def test_its_manifest_says_how_it_was_tried(self) -> None:
        evidence = tomllib.loads(self.connector.manifest)["evidence"]
        assert evidence
        assert all(found["grade"] in ("A", "B", "C") and found["by"] for found in evidence.values())

    def test_each_tool_says_in_few_words_what_it_does(self) -> None:
        for spec in read_declaration(self.connector.manifest).values():
            assert 0 < len(spec.about) <= LONGEST_ABOUT, spec.name

    def test_a_grant_is_for_one_tool(self) -> None:
        for tool in self.made().values():
            with pytest.raises(Broken):
                tool.call(Grant("test", "another.tool"), {})

    def test_what_is_not_declared_is_not_taken(self) -> None:
        for tool in self.made().values():
            with pytest.raises(ArgumentInvalid):
                tool.call(grant(tool), {"no_such_argument": "x"})
            if tool.spec.required:
                with pytest.raises(ArgumentInvalid):
                    tool.call(grant(tool), {})
