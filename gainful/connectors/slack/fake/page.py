"""A small chat page: a person types as ada or bo, presses buttons, and makes things go wrong.

It is for whoever sits at this machine. Pages of other sites, which the same browser may show, can neither read it nor
act through it: requests must name this server as their host and, to change something, come from its own page.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from typing import Any

from aiohttp import web

from gainful.connectors.slack.fake.delivery import Delivery
from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.people import PeopleDo
from gainful.connectors.slack.fake.records import Called, Records, Sent
from gainful.connectors.slack.fake.sockets import Sockets
from gainful.connectors.slack.fake.workspace import DIRECT, PRIVATE, Channel, Json, NotDone, Post, Workspace

FILES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COOKIE = "imitation-of-slack"
SHOWN = 60
"""Lines of what goes over the wire."""
LOOK_EVERY = 0.08
"""Seconds between two looks whether the page has to be told of a change."""


class Page:
    """The page's addresses.

    Args:
        key: Who has it may see the page; empty for everybody on this machine.
    """

    def __init__(
        self,
        workspace: Workspace,
        people: PeopleDo,
        delivery: Delivery,
        sockets: Sockets,
        faults: Faults,
        records: Records,
        key: str,
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._delivery = delivery
        self._sockets = sockets
        self._faults = faults
        self._records = records
        self._key = key
        self.url = ""
        """Where it is; known once it is listened at."""
        self._closed = False
        self._actions: dict[str, Callable[[Json], Any]] = {
            "say": self._say,
            "react": self._react,
            "press": self._press,
            "invite": lambda it: people.invite(_text(it, "channel")),
            "fault": self._fault,
            "disconnect": lambda _: sockets.hang_up("refresh_requested"),
            "break": lambda _: sockets.break_off(),
            "lapse": lambda _: delivery.lapse(),
        }

    def add_to(self, app: web.Application) -> None:
        """Answer at the page's addresses."""
        app.router.add_get("/", self._file)
        app.router.add_get("/open/{key}", self._unlock)
        app.router.add_get("/archives/{channel}/{message}", self._file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_get("/page-state", self._state)
        app.router.add_get("/page-changes", self._changes)
        app.router.add_post("/page-do/{action}", self._do)

    def close(self) -> None:
        """Let go of every page that is open."""
        self._closed = True

    # --- requests ---

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        name = request.match_info.get("name", "page.html")
        if name not in FILES:
            raise web.HTTPNotFound
        text = (resources.files(__package__) / "static" / name).read_text(encoding="utf-8")
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        return web.Response(text=text, content_type=FILES[name], charset="utf-8", headers=headers)

    async def _unlock(self, request: web.Request) -> web.StreamResponse:
        """Let this browser in from now on."""
        if not self._key or not hmac.compare_digest(request.match_info["key"], self._key):
            raise web.HTTPForbidden
        answer = web.Response(status=303, headers={"Location": "/", "Referrer-Policy": "no-referrer"})
        answer.set_cookie(COOKIE, self._key, httponly=True, samesite="Strict")
        return answer

    async def _state(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        try:
            return web.json_response(self._seen_by(request.query.get("as", "ada")))
        except NotDone as error:
            return web.json_response({"error": error.error}, status=400)

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """A line for every change, until the page is closed."""
        self._check(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        told: Any = None
        with suppress(ConnectionError):
            while not self._closed:
                now = self._version()
                if now != told:
                    told = now
                    await response.write(b"data: changed\n\n")
                await asyncio.sleep(LOOK_EVERY)
        return response

    async def _do(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        if request.headers.get("Origin", "") != self.url or request.content_type != "application/json":
            raise web.HTTPForbidden
        action = self._actions.get(request.match_info["action"])
        try:
            given = json.loads(await request.read())
        except ValueError:
            given = None
        if action is None or not isinstance(given, dict):
            raise web.HTTPBadRequest
        try:
            found = action(given)
            if asyncio.iscoroutine(found):
                await found
        except NotDone as error:
            return web.json_response({"error": error.error}, status=409)
        return web.json_response({})

    def _check(self, request: web.Request) -> None:
        """Refuse who has no key, and what was meant for another name: of a site that leads its own name here."""
        if f"http://{request.host}" not in (self.url, self.url.replace("127.0.0.1", "localhost")):
            raise web.HTTPForbidden
        if self._key and not hmac.compare_digest(request.cookies.get(COOKIE, ""), self._key):
            raise web.HTTPForbidden(text="Open the address that `gainful try slack` printed.")

    # --- what people do ---

    def _say(self, given: Json) -> None:
        text, person, channel = _text(given, "text"), _text(given, "as"), _text(given, "channel")
        if not text.strip():
            raise NotDone("no_text")
        if text.startswith("/"):
            command, _, rest = text.partition(" ")
            self._people.command(person, channel, command, rest.strip())
        else:
            self._people.say(person, channel, text, _text(given, "thread"))

    def _react(self, given: Json) -> None:
        what = (_text(given, name) for name in ("as", "channel", "ts", "name"))
        self._people.react(*what)

    def _press(self, given: Json) -> None:
        what = (_text(given, name) for name in ("as", "channel", "ts", "value"))
        self._people.press(*what)

    def _fault(self, given: Json) -> None:
        if not self._faults.flip(_text(given, "name"), given.get("value")):
            raise NotDone("invalid_arguments")
        self._workspace.touch()

    # --- what is seen ---

    def _version(self) -> tuple[int, ...]:
        acknowledged = sum(one.acknowledged is not None for one in list(self._records.sent)[-SHOWN:])
        counts = (len(self._records.calls), len(self._records.sent), len(self._sockets.open))
        return (self._workspace.version, acknowledged, *counts)

    def _seen_by(self, name: str) -> Json:
        space = self._workspace
        viewer = space.user(name)
        if viewer.bot_id:
            raise NotDone("user_not_found")
        rooms = [one for one in space.channels.values() if viewer.id in one.members]
        return {
            "me": viewer.id,
            "bot": space.bot.id,
            "people": {one.id: {"name": one.name, "bot": bool(one.bot_id)} for one in space.users.values()},
            "rooms": [self._room(one, viewer.id) for one in rooms],
            "whispers": [one for one in space.whispers if one["user"] == viewer.id],
            "faults": self._faults.as_json(),
            "connections": len(self._sockets.open),
            "by_requests": bool(self._delivery.events_url),
            "wire": self._wire(),
        }

    def _room(self, room: Channel, viewer: str) -> Json:
        others = [one for one in room.members if one != viewer]
        return {
            "id": room.id,
            "name": room.name or self._workspace.users[others[0] if others else viewer].name,
            "direct": room.kind == DIRECT,
            "private": room.kind == PRIVATE,
            "members": len(room.members),
            "has_bot": self._workspace.bot.id in room.members,
            "posts": [_post(one) for one in room.posts.values()],
        }

    def _wire(self) -> list[Json]:
        """The newest calls and envelopes, the newest last."""
        calls = [_called(one) for one in list(self._records.calls)[-SHOWN:]]
        sent = [_sent(one) for one in list(self._records.sent)[-SHOWN:]]
        return [*calls, *sent]


def _text(given: Json, name: str) -> str:
    found = given.get(name, "")
    if not isinstance(found, str) or len(found) > 40_000:
        raise NotDone("invalid_arguments")
    return found


def _post(post: Post) -> Json:
    return {
        "ts": post.ts,
        "user": post.user,
        "text": post.text,
        "blocks": post.blocks,
        "growing": post.growing,
        "streaming": post.streaming,
        "thread": post.thread_ts,
        "edited": bool(post.edited),
        "reactions": post.reactions,
    }


def _called(call: Called) -> Json:
    state = "no answer" if not call.answered else call.error or "ok"
    return {"at": call.at, "what": call.method, "state": state, "good": state == "ok", "from_app": True}


def _sent(sent: Sent) -> Json:
    event = sent.payload.get("event")
    what = event.get("type", sent.kind) if isinstance(event, dict) else sent.kind
    seconds = sent.ack_seconds
    if seconds is not None:
        state = f"acknowledged in {seconds * 1000:.0f} ms"
    else:
        state = "given up" if sent.given_up else "waiting"
    tries = len(sent.tries)
    more = f", {tries} tries" if tries > 1 else ""
    return {"at": sent.at, "what": what, "state": state + more, "good": seconds is not None, "from_app": False}
