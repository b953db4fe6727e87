"""Who is told what happens in deployments.

    class Posts:
        def told(self, deployment: Deployment, event: Event) -> None: ...   # one event may be told twice: see its key

The values are those of `gainful.core.deploy_event`; they can be had from here too.
"""

from __future__ import annotations

from typing import Protocol

from gainful.core.deploy_event import ENDED, Deployment, Event, EventKind, State

__all__ = ["ENDED", "Deployment", "Event", "EventKind", "Silent", "State", "Teller"]


class Teller(Protocol):
    """Whoever wants to know what happens in deployments: chats, the books of work."""

    def told(self, deployment: Deployment, event: Event) -> None:
        """Take note of an event, which is written down by now.

        Called within a recorded step: after a crash it may be called with the same event again. What it raises is
        kept from the deployment, which goes on: nobody's chat holds up a rollback.
        """


class Silent:
    """Nobody is told."""

    def told(self, deployment: Deployment, event: Event) -> None:
        """Nothing."""
