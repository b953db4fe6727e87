"""What stands before the slots of a service and gives each its part of the requests.

balancer.places()                               # {"blue": Place(100, 3, True), "green": Place(0, 0, True)}
balancer.set_weights({"blue": 80, "green": 20})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Place:
    """How a slot stands behind the balancer.

    Args:
        weight: Its part of the requests, against the weights of the others.
        sessions: Requests that it answers at this moment.
        up: Whether the balancer has found that it can take requests.
    """

    weight: int
    sessions: int
    up: bool


@runtime_checkable
class Balancer(Protocol):
    """The way to one balancer, for the slots of one service.

    Any method may raise `ToolUnreachable`.
    """

    def places(self) -> Mapping[str, Place]:
        """How each slot stands at this moment, read from the balancer."""

    def set_weights(self, weights: Mapping[str, int]) -> None:
        """Give each slot this weight from now on; requests under way end where they are, and none is dropped."""

    def close(self) -> None:
        """Let go of every connection. Safe to call twice."""
