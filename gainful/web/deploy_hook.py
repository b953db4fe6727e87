"""`POST /hooks/deploy/SERVICE`: signed requests of build servers; a person is asked about what each one starts.

202 a new one; 200 one that is known already, or that asks for nothing; 400, 413 what it holds cannot be used; 401 it is
not signed by who has the secret; 503 send it again later.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import Route

from gainful.app.deploying.hooks import DeployHooks
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.sdk.secret import Secret
from gainful.web.signature import GITHUB_SIGNATURE, refused, signed_by_gainful, signed_by_github
from gainful.web.webhook import Answer, Complain, answered, content_of, posted

PATH = "/hooks/deploy/{service}"
_NOBODYS = Secret("none", random_id(32))
"""Checked against where there is no such service."""


class DeployHookDoor:
    """Takes webhooks that deploy.

    Args:
        largest: Octets of a request's body.
        complain: Told what the owner must know and the sender must not.
    """

    def __init__(self, hooks: DeployHooks, clock: Clock, complain: Complain, largest: int) -> None:
        self._hooks = hooks
        self._clock = clock
        self._complain = complain
        self._largest = largest

    def route(self) -> Route:
        """Where the server sends requests for it."""
        return posted(PATH, self._largest, lambda path, *sent: self.answer(path["service"], *sent))

    def answer(self, service: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request; what it starts is written down by then.

        Args:
            headers: By lower-case name.
        """
        return answered(lambda: self._taken(service, headers, body), self._complain)

    def _taken(self, service: str, headers: Mapping[str, str], body: bytes) -> Answer:
        by_github = GITHUB_SIGNATURE in headers
        secret = self._secret(service)
        if by_github:
            key = signed_by_github(secret, headers, body)
        else:
            key = signed_by_gainful(secret, headers, body, self._clock())
        content = content_of(headers.get("content-type", ""), body)
        event = headers.get("x-github-event", "")[:100] if by_github else ""
        deployment = self._hooks.accept(service, key, content, event)
        if deployment is None:
            return Answer(200, {"state": "ignored"})
        is_new = not deployment.plan_hash and not deployment.ended
        return Answer(202 if is_new else 200, {"id": deployment.id, "state": str(deployment.state)})

    def _secret(self, service: str) -> Secret:
        if not self._hooks.has(service):
            # As much work as a wrong signature makes, and the same answer.
            return _NOBODYS
        try:
            return self._hooks.secret(service)
        except GainfulError as error:
            self._complain(error)
            raise refused() from None
