"""The imitation as a server on loopback, in a thread of its own, for tests and for people who try things out.

with FakeSlack() as slack:
    slack.say("ada", "help", "@gainful what does this cost?")
    slack.messages("help")
    slack.faults.lose_answers = 1
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from gainful.connectors.slack.access import SlackAccess
from gainful.connectors.slack.fake.delivery import Delivery
from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.limits import Limits
from gainful.connectors.slack.fake.page import Page
from gainful.connectors.slack.fake.people import PeopleDo
from gainful.connectors.slack.fake.records import Called, Records, Sent
from gainful.connectors.slack.fake.sockets import Sockets
from gainful.connectors.slack.fake.web_api import WebApi
from gainful.connectors.slack.fake.workspace import (
    PRIVATE,
    PUBLIC,
    Json,
    Post,
    User,
    Workspace,
    calls_everybody,
    posted,
)
from gainful.core.clock import Clock, system_clock
from gainful.sdk.secret import Handle, Secret

Found = TypeVar("Found")

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-imitation", "xapp-imitation", "imitation-signing-secret"


class FakeSlack:
    """A workspace with two people, ada and bo, and the channels `help`, `general`, and `leads`, which is private.

    Args:
        port: To listen at, on 127.0.0.1; any by default.
        limits: Keep Slack's limits.
        pace: How long Slack's seconds are: 0.01 makes three seconds thirty milliseconds.
        secrets: Make up tokens that nobody can guess, instead of the same ones always.
        seed: Goes into ids of events, so that those of another start are others.
        key: Without it the page shows itself to nobody, and lets nobody write; empty for everybody on this machine.
        ticks: Monotonic seconds, for the limits.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        clock: Clock = system_clock,
        limits: bool = False,
        pace: float = 1.0,
        secrets: Callable[[], str] | None = None,
        seed: str = "",
        key: str = "",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.faults = Faults()
        self.records = Records()
        self.workspace = Workspace(clock, seed)
        self.bot_token, self.app_token, self.signing_secret = (
            (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)
            if secrets is None
            else (f"xoxb-{secrets()}", f"xapp-{secrets()}", secrets())
        )
        self.key = key
        self._port = port
        self._limits = Limits(ticks) if limits else None
        self._pace = pace
        self._tokens: dict[str, tuple[User, str]] = {
            self.bot_token: (self.workspace.bot, "bot"),
            self.app_token: (self.workspace.bot, "app"),
        }
        self._thread: threading.Thread | None = None
        self.url = ""
        self._people_move_in()

    def _people_move_in(self) -> None:
        space = self.workspace
        ada = space.add_user("ada", "Ada", "ada@example.org")
        bo = space.add_user("bo", "Bo", "bo@example.org")
        space.add_channel("help", ada.id, bo.id, space.bot.id)
        space.add_channel("general", ada.id, bo.id)
        space.add_channel("leads", ada.id, space.bot.id, kind=PRIVATE)
        for person in (ada, bo):
            space.direct(person.id, space.bot.id)

    # --- starting and stopping ---

    def __enter__(self) -> FakeSlack:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="imitation-of-slack", daemon=True)
        self._thread.start()
        self._wait_for(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. Safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._wait_for(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _start(self) -> None:
        clock, chance = self.workspace.clock, random.Random(7)  # noqa: S311 - the same choices in each test
        self.delivery = Delivery(self.records, self.faults, clock, self.signing_secret, self._pace, chance)
        self.sockets = Sockets(self.delivery, self.faults, self.workspace.app_id)
        self.api = WebApi(self.workspace, self.faults, self.records, self._limits, self._tokens, self.sockets.tickets)
        self.people = PeopleDo(self.workspace, self.delivery, self.api)
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_post("/response/{name}", self.api.handle_answer)
        app.router.add_get("/link/", self.sockets.handle)
        self.page = Page(self.workspace, self.people, self.delivery, self.sockets, self.faults, self.records, self.key)
        self.page.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        # Nobody beyond this machine can reach it.
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = self.api.url = self.page.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self.delivery.close()
        self.sockets.break_off()
        self.page.close()
        await self._runner.cleanup()

    def _in_loop(self, do: Callable[..., Found], *arguments: Any) -> Found:
        """What this does in our own thread, where alone anything is changed."""

        async def done() -> Found:
            return do(*arguments)

        return self._wait_for(done())

    def _wait_for(self, work: Coroutine[Any, Any, Found]) -> Found:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # --- where things are ---

    @property
    def page_url(self) -> str:
        """Where the page is, for who may see it."""
        return f"{self.url}/open/{self.key}" if self.key else self.url

    def access(self) -> SlackAccess:
        """What a client of the app is made with."""
        return SlackAccess(
            bot=Handle.of(Secret("slack:imitation:bot", self.bot_token)),
            app=Handle.of(Secret("slack:imitation:app", self.app_token)),
            signing=Handle.of(Secret("slack:imitation:signing", self.signing_secret)),
            base_url=self.url,
        )

    def channel(self, name: str) -> str:
        """The id of a channel."""
        return self._in_loop(self.workspace.channel, name).id

    def direct(self, person: str) -> str:
        """The id of a person's conversation with the bot."""
        return self._in_loop(lambda: self.workspace.direct(self.workspace.user(person).id, self.workspace.bot.id)).id

    def member(self, name: str) -> str:
        """The id of a person."""
        return self._in_loop(self.workspace.user, name).id

    def person_token(self, name: str) -> str:
        """A user token of a person's for this app."""
        token = f"xoxp-{name}"
        self._tokens[token] = (self._in_loop(self.workspace.user, name), "user")
        return token

    def add_person(self, name: str, *channels: str) -> str:
        """Somebody new in these channels; their id."""

        def add() -> str:
            user = self.workspace.add_user(name, email=f"{name}@example.org")
            for channel in channels:
                self.workspace.channel(channel).members.append(user.id)
            return user.id

        return self._in_loop(add)

    def add_channel(self, name: str, *people: str, private: bool = False) -> str:
        """A new channel with these people and the bot; its id."""

        def add() -> str:
            ids = [self.workspace.user(one).id for one in (*people, self.workspace.bot.name)]
            return self.workspace.add_channel(name, *ids, kind=PRIVATE if private else PUBLIC).id

        return self._in_loop(add)

    # --- what people do ---

    def say(self, person: str, channel: str, text: str, thread: str = "") -> str:
        """Somebody writes; the message's timestamp."""
        return self._in_loop(self.people.say, person, channel, text, thread).ts

    def say_directly(self, person: str, text: str, thread: str = "") -> str:
        """Somebody writes to the bot alone; the message's timestamp."""
        return self._in_loop(self.people.say_directly, person, text, thread).ts

    def react(self, person: str, channel: str, ts: str, name: str) -> None:
        """Somebody reacts."""
        self._in_loop(self.people.react, person, channel, ts, name)

    def press(self, person: str, channel: str, ts: str, button: str) -> Sent:
        """Somebody presses a button."""
        return self._in_loop(self.people.press, person, channel, ts, button)

    def command(self, person: str, channel: str, command: str, text: str = "") -> Sent:
        """Somebody types a command."""
        return self._in_loop(self.people.command, person, channel, command, text)

    def rewrite(self, person: str, channel: str, ts: str, text: str) -> None:
        """Somebody changes what they wrote."""
        self._in_loop(self.people.rewrite, person, channel, ts, text)

    def remove(self, person: str, channel: str, ts: str) -> None:
        """Somebody takes a message away."""
        self._in_loop(self.people.remove, person, channel, ts)

    def invite(self, channel: str, name: str = "") -> None:
        """Somebody, the bot by default, is brought into a channel."""
        self._in_loop(self.people.invite, channel, name)

    # --- what people see ---

    def posts(self, channel: str) -> list[Post]:
        """Every message of a channel, threads included, oldest first."""
        return self._in_loop(lambda: list(self.workspace.channel(channel).posts.values()))

    def messages(self, channel: str) -> list[Json]:
        """The same as the Web API tells them."""
        return [posted(post) for post in self.posts(channel)]

    def by_bot(self, channel: str) -> list[Post]:
        """What the bot wrote there."""
        return [post for post in self.posts(channel) if post.bot_id]

    def whispers(self, person: str) -> list[Json]:
        """What one person alone is shown."""
        wanted = self.member(person)
        return [one for one in self._in_loop(lambda: list(self.workspace.whispers)) if one["user"] == wanted]

    def calls_of_everybody(self) -> list[Post]:
        """Messages by which a whole channel was called."""
        found = self._in_loop(lambda: [one for room in self.workspace.channels.values() for one in room.posts.values()])
        return [post for post in found if calls_everybody(post)]

    # --- what goes over the wire ---

    def calls(self, method: str = "") -> list[Called]:
        """Calls of the Web API, oldest first."""
        found = self._in_loop(lambda: list(self.records.calls))
        return [one for one in found if method in ("", one.method)]

    def sent(self) -> list[Sent]:
        """What the app was told, or is being told."""
        return self._in_loop(lambda: list(self.records.sent))

    def unacknowledged(self) -> list[Sent]:
        """What the app was told and has not acknowledged."""
        return self._in_loop(self.delivery.unacknowledged)

    def connections(self) -> int:
        """How many sockets are open."""
        return self._in_loop(lambda: len(self.sockets.open))

    def post_events_to(self, url: str) -> None:
        """Tell the app by signed requests to this address, instead of by sockets."""
        self._in_loop(setattr, self.delivery, "events_url", url)

    def lapse(self) -> None:
        """As if Slack's time for acknowledging were over: what is unacknowledged is sent again now."""
        self._in_loop(self.delivery.lapse)

    def repeat(self) -> None:
        """Send again whatever has been acknowledged."""
        self._in_loop(self.delivery.repeat)

    def hang_up(self, reason: str = "refresh_requested") -> None:
        """Ask the app to open other sockets, and close those that are open."""
        self._wait_for(self.sockets.hang_up(reason))

    def break_off(self) -> None:
        """Cut every socket without a word."""
        self._in_loop(self.sockets.break_off)
