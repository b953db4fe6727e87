"""What a package offers so that its tools are there: an object behind an entry point of the group `gainful.connectors`.

    [project.entry-points."gainful.connectors"]
    feeds = "gainful_feeds:connector"               # in the package's pyproject.toml

    class Feeds:
        manifest = resources.files(__package__).joinpath("manifest.toml").read_text("utf-8")

        def tools(self, context: Context) -> list[Tool]: ...

    connector = Feeds()

The entry point, the manifest's `name`, the beginning of each tool's name, and the section `[connectors.feeds]` of the
settings are one word. Without that section the package is not even imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gainful.core.clock import Clock
from gainful.core.value import Json
from gainful.sdk.http import HttpClient
from gainful.sdk.secret import Handle
from gainful.sdk.tool import Tool


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector makes its tools of.

    Args:
        agent: The agent who will use them; what they write to other people says so.
        settings: What stands under `[connectors.NAME.settings]`.
        secret: The handle to the secret `NAME:KEY`, by its key. Ask the handle at each use, and keep nothing.
        open_http: A client that reaches the hosts of the manifest and of the settings, and no others. One thread, one
            client; close it.
        clock: The present.
    """

    agent: str
    settings: Mapping[str, Json]
    secret: Callable[[str], Handle]
    open_http: Callable[[], HttpClient]
    clock: Clock


@runtime_checkable
class Connector(Protocol):
    """The way to one outside product."""

    @property
    def manifest(self) -> str:
        """The text of its `manifest.toml`.

        Beside the tools it may name `hosts`, which are reached by TLS alone, `methods`, which are GET and HEAD unless
        it says otherwise, and `secrets`, each of which begins with the connector's name and a colon.
        """

    def tools(self, context: Context) -> Sequence[Tool]:
        """Every tool that the manifest declares. Making them reaches nothing: each connects when it is called.

        Raises:
            Invalid: The settings cannot be used; the message names the one.
        """
