"""The Web API over HTTP: tokens, scopes, limits and faults around the methods, and the addresses for quick answers."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

import gainful.connectors.slack.fake.chat_methods as chat_methods
import gainful.connectors.slack.fake.conversation_methods as conversation_methods
import gainful.connectors.slack.fake.people_methods as people_methods
from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.limits import Limits
from gainful.connectors.slack.fake.methods import METHODS, Call, Method
from gainful.connectors.slack.fake.records import Called, Records
from gainful.connectors.slack.fake.workspace import Channel, Json, NotDone, User, Workspace

# Importing them notes what they answer.
_NOTED = (chat_methods, conversation_methods, people_methods)

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "users:read",
    "users:read.email",
)
CHANGES = ("chat.", "reactions.add", "conversations.open")
"""How the methods begin that change something."""
ANSWERS = 5
"""How often an address for a quick answer may be used."""
ANSWERED_WITHIN = 30 * 60.0


@dataclass
class AnswerAddress:
    """Where a command or a press may be answered."""

    channel: Channel
    user: User
    until: float
    left: int = ANSWERS


class WebApi:
    """The methods, as HTTP.

    Args:
        tokens: Whose each token is, and of which kind.
        tickets: Noted here for each socket that may be opened.
    """

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        records: Records,
        limits: Limits | None,
        tokens: dict[str, tuple[User, str]],
        tickets: set[str],
    ) -> None:
        self.url = ""
        self.answers: dict[str, AnswerAddress] = {}
        self._workspace = workspace
        self._faults = faults
        self._records = records
        self._limits = limits
        self._tokens = tokens
        self._tickets = tickets

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one call."""
        name = request.match_info["method"]
        changes = name.startswith(CHANGES)
        if self._faults.unreachable or (changes and self._faults.uses("drop_requests")):
            return _cut(request)
        arguments = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(arguments.pop("token", ""))
        called = Called(name, arguments, "")
        self._records.calls.append(called)
        if changes and self._faults.uses("failing"):
            called.status = 500
            return web.Response(status=500, text="<html>Server error</html>", content_type="text/html")
        answer = self._answer(called, token)
        if changes and not called.error and self._faults.uses("lose_answers"):
            called.answered = False
            return _cut(request)
        return answer

    def _answer(self, called: Called, token: str) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self._scopes()))}
        try:
            caller, kind, known = self._may(called.method, token)
            called.as_whom = caller.name if kind != "app" else "app"
            wait = self._wait(called, known)
            if wait:
                called.error, called.status = "ratelimited", 429
                headers["Retry-After"] = str(wait)
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
            # A socket's ticket is noted where sockets are opened.
            hidden = {"tickets": self._tickets} if kind == "app" else {}
            call = Call(self._workspace, self._faults, caller, kind, {**called.arguments, **hidden}, self.url)
            return web.json_response({"ok": True, **known.handler(call)}, headers=headers)
        except NotDone as error:
            called.error = error.error
            return web.json_response({"ok": False, "error": error.error, **error.more}, headers=headers)

    def _may(self, name: str, token: str) -> tuple[User, str, Method]:
        """Who calls, by which kind of token, and which method.

        Raises:
            NotDone: They may not.
        """
        known = METHODS.get(name)
        if known is None:
            raise NotDone("unknown_method", req_method=name)
        if not token:
            raise NotDone("not_authed")
        if token not in self._tokens:
            raise NotDone("invalid_auth")
        if self._faults.revoked:
            raise NotDone("token_revoked")
        caller, kind = self._tokens[token]
        if kind not in known.kinds:
            raise NotDone("not_allowed_token_type")
        if known.scopes and kind != "app" and not self._scopes() & set(known.scopes):
            raise NotDone("missing_scope", needed=known.scopes[0], provided=",".join(sorted(self._scopes())))
        return caller, kind, known

    def _scopes(self) -> set[str]:
        return set(SCOPES) - self._faults.missing_scopes

    def _wait(self, called: Called, known: Method) -> int:
        if called.method.startswith(CHANGES) and self._faults.uses("limited"):
            return self._faults.retry_after
        if self._limits is None:
            return 0
        return self._limits.wait(called.method, known.tier, str(called.arguments.get("channel") or ""))

    # --- quick answers ---

    def answer_address(self, channel: Channel, user: User) -> str:
        """An address at which a command or a press may be answered."""
        name = self._workspace.new_id("r")
        self.answers[name] = AnswerAddress(channel, user, time.monotonic() + ANSWERED_WITHIN)
        return f"{self.url}/response/{name}"

    async def handle_answer(self, request: web.Request) -> web.StreamResponse:
        """Show what is answered there."""
        address = self.answers.get(request.match_info["name"])
        if self._faults.unreachable:
            return _cut(request)
        if address is None or address.until < time.monotonic():
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if address.left <= 0:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        content = await _arguments(request)
        self._records.calls.append(Called("response_url", content, "app"))
        text, blocks = str(content.get("text") or ""), content.get("blocks")
        if not text and not blocks:
            return web.json_response({"ok": False, "error": "no_text"}, status=400)
        address.left -= 1
        shown = blocks if isinstance(blocks, list) else []
        self._workspace.whisper(address.channel, address.user.id, text, shown)
        return web.Response(text="ok")


async def _arguments(request: web.Request) -> Json:
    """What a call was given, by query, form or JSON."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            given: Any = json.loads(await request.read() or b"{}")
        except ValueError:
            given = {}
        return {**found, **given} if isinstance(given, dict) else found
    form = await request.post()
    return {**found, **{name: value for name, value in form.items() if isinstance(value, str)}}


def _cut(request: web.Request) -> web.StreamResponse:
    """Nothing: the connection is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
