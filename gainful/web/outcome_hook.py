"""`POST /hooks/outcome`: signed requests of other systems about outcomes, written down before they are answered.

202 a new event; 200 one that is known already; 400, 413 what it holds cannot be used; 401 it is not signed by who has
the secret of that system, or was more than five minutes ago; 503 send it again later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.routing import Route

from gainful.app.worth.told import ToldOutcomes
from gainful.core.clock import Clock
from gainful.core.ids import random_id
from gainful.sdk.secret import Secret
from gainful.web.signature import signed_by_gainful
from gainful.web.webhook import Answer, Complain, answered, content_of, posted

PATH = "/hooks/outcome"
SYSTEM = "x-gainful-system"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_NOBODYS = Secret("none", random_id(32))
"""Checked against where there is no such system."""


class OutcomeHookDoor:
    """Takes webhooks about outcomes.

    Args:
        largest: Octets of a request's body.
        complain: Told of what is our own fault.
    """

    def __init__(self, told: ToldOutcomes, clock: Clock, complain: Complain, largest: int) -> None:
        self._told = told
        self._clock = clock
        self._complain = complain
        self._largest = largest

    def route(self) -> Route:
        """Where the server sends requests for it."""
        return posted(PATH, self._largest, lambda _path, *sent: self.answer(*sent))

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request; what it says is in the books by then.

        Args:
            headers: By lower-case name.
        """
        return answered(lambda: self._taken(headers, body), self._complain)

    def _taken(self, headers: Mapping[str, str], body: bytes) -> Answer:
        system = headers.get(SYSTEM, "")
        # The key of an event is its own id: who sends a copy of a request, within its five minutes, changes nothing.
        signed_by_gainful(self._secret(system), headers, body, self._clock())
        booked = self._told.take(system, content_of(headers.get("content-type", ""), body))
        if booked.is_new:
            return Answer(202, {"id": booked.id, "state": "accepted"})
        return Answer(200, {"id": booked.id, "state": "known"})

    def _secret(self, system: str) -> Secret:
        # Where there is no such system, as much work as a wrong signature makes, and the same answer.
        return (self._told.secret(system) if _NAME.fullmatch(system) else None) or _NOBODYS
