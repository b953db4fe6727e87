"""Connectors of others: found by entry point, used where the settings name them, and held to their manifests.

    outside = Outside(config.connectors, broker, clock)
    outside.tools("support")                 # of every connector that the settings name
    outside.scopes()                         # which secrets they may ask for

Such a connector is code in this process, trusted as far as whoever installed it trusts the package. What is checked
here keeps an honest one honest: its tools are those that its manifest declares, under its own name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from gainful.app.tooling.tools import connector_names, installed_tools
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid
from gainful.core.tool import ToolSpec
from gainful.gate.broker import Broker
from gainful.sdk.connector import Connector, Context
from gainful.sdk.declaration import DeclarationInvalid, read_declaration
from gainful.sdk.egress import READING, Egress
from gainful.sdk.http import HttpClient
from gainful.sdk.secret import Connection, Handle
from gainful.sdk.tool import Tool
from gainful.storage.settings.outside import OutsideConnector

GROUP = "gainful.connectors"
RESERVED = frozenset({*connector_names(), "chat", "clock", "model", "plan", "run", "tell", "unknown", "you"})
"""What a name in a log, a secret or a label's source stands for already."""
Made = TypeVar("Made")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class ConnectorMissing(Invalid):
    """The settings name a connector that is not installed."""

    code = "connector-missing"


class ConnectorUnusable(Invalid):
    """An installed connector cannot be loaded, or is not what its manifest says."""

    code = "connector-unusable"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A connector with what its manifest says."""

    name: str
    connector: Connector
    tools: Mapping[str, ToolSpec]
    hosts: frozenset[str]
    methods: frozenset[str]
    secrets: tuple[str, ...]


def _all_installed() -> Iterable[EntryPoint]:
    return entry_points(group=GROUP)


class Outside:
    """The connectors of others that the settings name. Each is loaded at its first use.

    Args:
        wanted: Settings by name.
        installed: The entry points that there are.
    """

    def __init__(
        self,
        wanted: Mapping[str, OutsideConnector],
        broker: Broker,
        clock: Clock,
        installed: Callable[[], Iterable[EntryPoint]] = _all_installed,
    ) -> None:
        self._wanted = wanted
        self._broker = broker
        self._clock = clock
        self._installed = installed
        self._loaded: dict[str, Loaded] = {}

    def tools(self, agent: str) -> list[Tool]:
        """Every tool of every connector that the settings name.

        Raises:
            ConnectorMissing, ConnectorUnusable: As they say.
            HostPatternInvalid: A host that the manifest or the settings name is none.
        """
        return [tool for name in self._wanted for tool in self._made(self._one(name), agent)]

    def scopes(self) -> dict[str, tuple[str, ...]]:
        """Names of secrets by connector and by tool, as their manifests declare them."""
        return {name: one.secrets for one in self._usable() for name in (one.name, *one.tools)}

    def specs(self) -> dict[str, ToolSpec]:
        """Every tool by name, as their manifests declare them."""
        return {name: spec for one in self._usable() for name, spec in one.tools.items()}

    def _usable(self) -> Iterator[Loaded]:
        """Without those that cannot be used: they keep nobody else from their secrets, or from looking."""
        for name in self._wanted:
            with suppress(ConnectorMissing, ConnectorUnusable):
                yield self._one(name)

    def _one(self, name: str) -> Loaded:
        if name not in self._loaded:
            points = {point.name: point for point in self._installed()}
            self._loaded[name] = _load(name, points.get(name))
        return self._loaded[name]

    def _made(self, loaded: Loaded, agent: str) -> Sequence[Tool]:
        wanted = self._wanted[loaded.name]
        egress = Egress(loaded.hosts | frozenset(wanted.hosts), loaded.methods, frozenset(wanted.own_servers))
        context = Context(
            agent=agent,
            settings=wanted.settings,
            secret=partial(self._secret, loaded.name),
            open_http=partial(HttpClient, egress),
            clock=self._clock,
        )
        tools = list(_guarded(loaded.name, partial(loaded.connector.tools, context)))
        made = {tool.spec.name: tool.spec for tool in tools}
        if made != dict(loaded.tools) or len(tools) != len(made):
            odd = {name for name in {*made, *loaded.tools} if made.get(name) != loaded.tools.get(name)}
            raise _unusable(loaded.name, f"its tools are not those of its manifest: {', '.join(sorted(odd))[:200]}")
        return tools

    def _secret(self, name: str, key: str) -> Handle:
        return self._broker.handle(f"{name}:{key}", Connection(name, name))


def _load(name: str, point: EntryPoint | None) -> Loaded:
    """The connector of this name.

    Raises:
        ConnectorMissing, ConnectorUnusable: As they say.
    """
    if name in RESERVED | {tool.partition(".")[0] for tool in installed_tools()}:
        raise _unusable(name, "Gainful means something else by that name")
    if point is None:
        raise ConnectorMissing(
            f"The settings name the connector '{name}', and no installed package offers it.",
            f"Install the package, or remove [connectors.{name}] from gainful.toml.",
        )
    connector = _guarded(name, point.load)
    if not isinstance(connector, Connector) or not isinstance(connector.manifest, str):
        raise _unusable(name, f"{point.value} has no manifest or no tools")
    try:
        return _read(name, connector)
    except DeclarationInvalid as error:
        raise _unusable(name, error.what) from error


def _read(name: str, connector: Connector) -> Loaded:
    tools = read_declaration(connector.manifest)
    content = tomllib.loads(connector.manifest)
    if content.get("name") != name:
        raise _unusable(name, f"its manifest is of {content.get('name')!r:.60}")
    foreign = [tool for tool in tools if not tool.startswith(f"{name}.")]
    if foreign:
        raise _unusable(name, f"'{foreign[0][:60]}' does not begin with its name")
    secrets, methods = _texts(name, content, "secrets"), frozenset(_texts(name, content, "methods")) or READING
    if any(not secret.startswith(f"{name}:") for secret in secrets):
        raise _unusable(name, f"it asks for secrets that do not begin with '{name}:'")
    if methods - METHODS:
        raise _unusable(name, f"'{min(methods - METHODS)[:20]}' is no HTTP method")
    return Loaded(name, connector, tools, frozenset(_texts(name, content, "hosts")), methods, secrets)


def _texts(name: str, content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _unusable(name, f"'{key}' is no list of texts")
    return tuple(value)


def _guarded(name: str, act: Callable[[], Made]) -> Made:
    """What the connector's own code gives.

    Raises:
        ConnectorUnusable: It failed in a way that is not ours.
    """
    try:
        return act()
    except GainfulError:
        raise
    except Exception as error:
        raise _unusable(name, f"{type(error).__name__}: {error}"[:300]) from error


def _unusable(name: str, problem: str) -> ConnectorUnusable:
    return ConnectorUnusable(
        f"The connector '{name}' cannot be used: {problem}.",
        f"Tell its author, or remove [connectors.{name}] from gainful.toml.",
    )
