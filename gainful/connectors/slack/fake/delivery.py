"""How the imitation tells the app what happens: by sockets or signed requests, again until it is acknowledged.

Source: https://docs.slack.dev/apis/events-api (three seconds; sent again almost at once, after a minute, after five),
https://docs.slack.dev/apis/events-api/using-socket-mode (up to ten connections, each payload to one of them).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Awaitable
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.records import Records, Sent
from gainful.connectors.slack.fake.workspace import Json
from gainful.core.clock import Clock

ACK_WITHIN = 3.0
AGAIN_AFTER = (0.5, 60.0, 300.0)
"""Seconds before the second, third and fourth try, once the one before has failed."""
MOST_CONNECTIONS = 10
EVENTS, PRESSES, COMMANDS = "events_api", "interactive", "slash_commands"


class Connection(Protocol):
    """One open socket."""

    async def send(self, envelope: Json) -> None:
        """Send it whole."""

    async def send_half(self, envelope: Json) -> None:
        """Send the first half of it and break off."""


class Delivery:
    """Everything that is on its way to the app. Used in one loop alone.

    Args:
        pace: How long Slack's seconds are here: 0.01 makes three seconds thirty milliseconds.
        signing: The secret with which requests are signed.
        chance: Chooses the connection.
    """

    def __init__(
        self, records: Records, faults: Faults, clock: Clock, signing: str, pace: float, chance: random.Random
    ) -> None:
        self.connections: list[Connection] = []
        self.events_url = ""
        self._records = records
        self._faults = faults
        self._clock = clock
        self._signing = signing
        self._pace = pace
        self._chance = chance
        self._open: dict[str, Sent] = {}
        self._kept_back: list[Sent] = []
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._work: set[asyncio.Task[Any]] = set()

    # --- from the workspace ---

    def deliver(self, envelope: str, kind: str, event: str, payload: Json) -> Sent:
        """Begin to tell the app of it."""
        sent = Sent(envelope, kind, event, payload)
        self._records.sent.append(sent)
        self._open[sent.id] = sent
        if self._faults.shuffled and not self._kept_back:
            self._kept_back.append(sent)
            return sent
        self._begin(sent)
        for one in self._kept_back:
            self._begin(one)
        self._kept_back.clear()
        return sent

    def _begin(self, sent: Sent) -> None:
        copies = 2 if self._faults.duplicate else 1
        for _ in range(copies):
            if self._faults.late:
                asyncio.get_running_loop().call_later(self._faults.late, self._try, sent)
            else:
                self._try(sent)

    # --- trying ---

    def _try(self, sent: Sent) -> None:
        """Send it once more, and see to it that it is acknowledged in time."""
        sent.tries.append(time.monotonic())
        attempt = len(sent.tries) - 1
        if self.events_url:
            self._do(self._request(sent, attempt))
            return
        if self.connections:
            self._do(self._push(self._chance.choice(self.connections), sent, attempt))
        self._wait(sent, ACK_WITHIN)

    def _wait(self, sent: Sent, seconds: float) -> None:
        self._forget_timer(sent)
        loop = asyncio.get_running_loop()
        self._timers[sent.id] = loop.call_later(seconds * self._pace, self._lapsed, sent)

    def _lapsed(self, sent: Sent) -> None:
        """It was not acknowledged in time."""
        if sent.acknowledged is not None:
            return
        failed = len(sent.tries)
        # Slack tells again of events alone; whoever pressed a button is told that nothing happened.
        if sent.kind != EVENTS or failed > len(AGAIN_AFTER):
            sent.given_up = True
            self._open.pop(sent.id, None)
            return
        loop = asyncio.get_running_loop()
        self._forget_timer(sent)
        self._timers[sent.id] = loop.call_later(AGAIN_AFTER[failed - 1] * self._pace, self._try, sent)

    def _forget_timer(self, sent: Sent) -> None:
        timer = self._timers.pop(sent.id, None)
        if timer is not None:
            timer.cancel()

    async def _push(self, connection: Connection, sent: Sent, attempt: int) -> None:
        envelope = {
            "envelope_id": sent.id,
            "payload": sent.payload,
            "type": sent.kind,
            "accepts_response_payload": sent.kind != EVENTS,
        }
        if sent.kind == EVENTS:
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        if self._faults.uses("half_frame"):
            await connection.send_half(envelope)
        else:
            await connection.send(envelope)

    async def _request(self, sent: Sent, attempt: int) -> None:
        body, form = self._body(sent)
        stamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self._signing, stamp, body),
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"}
        timeout = aiohttp.ClientTimeout(total=ACK_WITHIN)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.events_url, data=body.encode(), headers=headers) as answer,
            ):
                done, no_more = answer.status == 200, answer.headers.get("X-Slack-No-Retry") == "1"
        except (aiohttp.ClientError, TimeoutError):
            done, no_more = False, False
        if done:
            self.acknowledge(sent.id)
        elif no_more:
            sent.given_up = True
            self._open.pop(sent.id, None)
            self._forget_timer(sent)
        elif sent.id in self._open:
            self._forget_timer(sent)
            self._lapsed(sent)

    def _body(self, sent: Sent) -> tuple[str, bool]:
        if sent.kind == EVENTS:
            return json.dumps(sent.payload), False
        if sent.kind == PRESSES:
            return urlencode({"payload": json.dumps(sent.payload)}), True
        return urlencode({name: str(value) for name, value in sent.payload.items()}), True

    def _do(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    # --- from the app, and from tests ---

    def acknowledge(self, envelope: str) -> None:
        """The app has it."""
        sent = self._open.pop(envelope, None)
        if sent is not None:
            sent.acknowledged = time.monotonic()
            self._forget_timer(sent)

    def unacknowledged(self) -> list[Sent]:
        """What is still on its way."""
        return list(self._open.values())

    def lapse(self) -> None:
        """As if the time for acknowledging were over now: what is on its way is sent again."""
        for sent in self.unacknowledged():
            self._forget_timer(sent)
            self._try(sent)

    def repeat(self) -> None:
        """Send again whatever has been acknowledged, as Slack does when it has missed that."""
        for sent in [one for one in self._records.sent if one.acknowledged is not None]:
            copy = Sent(sent.id, sent.kind, sent.event, sent.payload, [time.monotonic()])
            self._open[copy.id] = copy
            self._try(copy)

    def connected(self, connection: Connection) -> None:
        """A socket is open. What waits is sent in its own time, as Slack does."""
        self.connections.append(connection)

    def disconnected(self, connection: Connection) -> None:
        """A socket is closed."""
        if connection in self.connections:
            self.connections.remove(connection)

    async def close(self) -> None:
        """Stop telling."""
        for timer in self._timers.values():
            timer.cancel()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)


def signature(secret: str, stamp: str, body: str) -> str:
    """Slack's signature of a request, version 0."""
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return f"v0={digest}"
