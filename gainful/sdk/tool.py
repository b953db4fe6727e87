"""What an outsider implements to give agents a tool: its declaration, a call, and how to learn what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from gainful.core.errors import Unavailable
from gainful.core.tool import ToolSpec
from gainful.core.value import Json
from gainful.sdk.grant import Grant


class ToolUnreachable(Unavailable):
    """The other side did not answer.

    Args:
        sent: Whether the request may have reached it: then nobody knows what happened.
    """

    code = "tool-unreachable"

    def __init__(
        self, what: str, next_move: str = "", *, retry_after: timedelta | None = None, sent: bool = True
    ) -> None:
        super().__init__(what, next_move, retry_after=retry_after)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a call whose end nobody saw.

    Args:
        done: True: it happened, with this answer. False: it certainly did not.
    """

    done: bool
    answer: Json = None


@runtime_checkable
class Schemed(Protocol):
    """A tool that says more of its arguments than their declaration does, such as one of an MCP server."""

    @property
    def schema(self) -> Mapping[str, Json]:
        """JSON schema of the arguments, an object; it is shown to the model, and decides nothing."""


@runtime_checkable
class Tool(Protocol):
    """One typed operation."""

    @property
    def spec(self) -> ToolSpec:
        """As the connector's manifest declares it."""

    def call(self, grant: Grant, arguments: Mapping[str, Json]) -> Json:
        """The answer, as JSON. `grant.key` is the idempotency key: hand it on where the other side takes one.

        Raises:
            Invalid, Refused: The other side said no; nothing has happened.
            ToolUnreachable: It did not answer.
        """

    def find(self, key: str, arguments: Mapping[str, Json]) -> Found | None:
        """What became of the call with this key, by looking at the other side; None when that cannot be told."""
