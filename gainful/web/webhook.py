"""`POST /hooks/AGENT/TRIGGER`: signed requests of other systems, written down before they are answered.

202 a new one, and its run begins; 200 one that is known already, or of a kind that the trigger does not wait for;
400, 413 what it holds cannot be used; 401 it is not signed by who has the secret; 503 send it again later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gainful.agents.waking.happening import Delivered
from gainful.agents.waking.trigger import WebhookTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Accepted
from gainful.core.clock import Clock
from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable
from gainful.core.ids import random_id
from gainful.core.value import DEEPEST, Json
from gainful.intake.judges.event import OutcomeInvalid
from gainful.sdk.secret import Secret
from gainful.web.reading import RequestTooLarge, read
from gainful.web.signature import refused, signed_by_gainful, signed_by_github

PATH = "/hooks/{agent}/{trigger}"
Complain = Callable[[GainfulError], None]

_NOBODYS = Secret("none", random_id(32))
"""Checked against where there is no webhook."""


class WebhookInvalid(Invalid):
    """A signed request to a webhook holds what cannot be read."""

    code = "webhook-invalid"


class Hooks(Protocol):
    """Whose the webhooks are, and where they are written down; see `gainful.app.waking.webhooks.Webhooks`."""

    def find(self, agent: str, trigger: str) -> tuple[WakeableAgent, WebhookTrigger] | None:
        """The agent and the trigger that an address means; None when there is no such thing."""

    def secret(self, agent: WakeableAgent, trigger: WebhookTrigger) -> Secret:
        """What the other system signs with; raises when none is stored."""

    def accept(self, agent: WakeableAgent, trigger: WebhookTrigger, delivered: Delivered) -> Accepted:
        """Write a delivery down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    body: Mapping[str, Json]
    retry_after: timedelta | None = None


def answered(take: Callable[[], Answer], complain: Complain) -> Answer:
    """What taking a request comes to: an error becomes its status, and what the sender must not know is told here."""
    try:
        return take()
    except Unavailable as error:
        return Answer(503, {"error": error.as_json()}, error.retry_after or timedelta(seconds=30))
    except (WebhookInvalid, OutcomeInvalid) as error:
        return Answer(400, {"error": error.as_json()})
    except Refused as error:
        return Answer(401, {"error": error.as_json()})
    except GainfulError as error:
        complain(error)
    except Exception as raised:
        complain(Broken(f"A webhook failed: {type(raised).__name__}: {raised}", "Please report this."))
    fault = Broken("The request could not be taken.", "Send it again later.")
    return Answer(500, {"error": fault.as_json()})


def posted(path: str, largest: int, answer: Callable[[Mapping[str, str], Mapping[str, str], bytes], Answer]) -> Route:
    """A route for requests that are read whole before they are answered.

    Args:
        largest: Octets of a request's body.
        answer: Given the parts of the path that vary, the headers by lower-case name, and the body.
    """

    async def endpoint(request: Request) -> Response:
        try:
            body = await read(request, largest)
        except RequestTooLarge as error:
            return response(Answer(413, {"error": error.as_json()}))
        # What is written down, and the secret, come from a database: nothing for the loop that serves the others.
        return response(await run_in_threadpool(answer, request.path_params, dict(request.headers), body))

    return Route(path, endpoint, methods=["POST"])


class WebhookDoor:
    """Takes webhooks.

    Args:
        largest: Octets of a request's body.
        complain: Told what the owner of an agent must know and the sender must not, once each.
    """

    def __init__(self, hooks: Hooks, clock: Clock, complain: Complain, largest: int) -> None:
        self._hooks = hooks
        self._clock = clock
        self._complain = complain
        self._largest = largest
        self._complained: set[str] = set()

    def route(self) -> Route:
        """Where the server sends requests for it."""
        return posted(PATH, self._largest, lambda path, *sent: self.answer(path["agent"], path["trigger"], *sent))

    def answer(self, agent: str, trigger: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request, which by then is written down if it is to be.

        Args:
            headers: By lower-case name.
        """
        return answered(lambda: self._taken(agent, trigger, headers, body), self._complain)

    def _taken(self, agent: str, trigger: str, headers: Mapping[str, str], body: bytes) -> Answer:
        found = self._hooks.find(agent, trigger)
        if found is None:
            # As much work as a wrong signature makes.
            _signed("gainful", _NOBODYS, headers, body, self._clock)
            raise refused()
        key = _signed(found[1].signed, self._secret(*found), headers, body, self._clock)
        event = headers.get("x-github-event", "")[:100] if found[1].signed == "github" else ""
        delivered = Delivered(key, content_of(headers.get("content-type", ""), body), self._clock(), event)
        accepted = self._hooks.accept(*found, delivered)
        if not accepted.fits:
            return Answer(200, {"state": "ignored"})
        state = "accepted" if accepted.is_new else "known"
        return Answer(202 if accepted.is_new else 200, {"id": accepted.occurrence_id, "state": state})

    def _secret(self, agent: WakeableAgent, trigger: WebhookTrigger) -> Secret:
        try:
            return self._hooks.secret(agent, trigger)
        except Invalid as error:
            if error.what not in self._complained:
                self._complained.add(error.what)
                self._complain(error)
            raise refused() from None


def _signed(how: str, secret: Secret, headers: Mapping[str, str], body: bytes, clock: Clock) -> str:
    if how == "github":
        return signed_by_github(secret, headers, body)
    return signed_by_gainful(secret, headers, body, clock())


def content_of(kind: str, body: bytes) -> Json:
    """What the body holds: JSON as data, plain text as a text.

    Raises:
        WebhookInvalid: It is neither, or is not what it says it is.
    """
    name = kind.partition(";")[0].strip().lower()
    if name != "text/plain" and name != "application/json" and not name.endswith("+json"):
        raise WebhookInvalid(
            f"A webhook takes JSON and plain text, and not '{name[:80]}'.",
            "Send it as application/json; at GitHub choose that as the content type.",
        )
    try:
        text = body.decode("utf-8")
        content = text if name == "text/plain" else json.loads(text, parse_constant=_no_number)
        # Half a character is JSON, and cannot be written down.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeError) else str(error)[:100]
        raise WebhookInvalid(f"The body cannot be read: {reason}.", "Send what its content type says.") from None
    if _depth(content) > DEEPEST // 2:
        raise _too_deep()
    return content


def _too_deep() -> WebhookInvalid:
    return WebhookInvalid("The body is nested too deep.", "Send it flatter.")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _depth(content: Json) -> int:
    """How many lists and records lie in one another."""
    deepest, level = 0, [content]
    while level:
        level = [
            inner
            for part in level
            if isinstance(part, dict | list)
            for inner in (part.values() if isinstance(part, dict) else part)
        ]
        deepest += bool(level)
    return deepest


def response(answer: Answer) -> JSONResponse:
    """The answer as it is sent."""
    headers = {"cache-control": "no-store"}
    if answer.retry_after is not None:
        headers["retry-after"] = str(int(answer.retry_after.total_seconds()))
    return JSONResponse(dict(answer.body), answer.status, headers)
