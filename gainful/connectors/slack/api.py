"""Slack's Web API: each call waits for its turn, carries a token that is asked for anew, and fails in our words."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from gainful.connectors.slack.access import SlackAccess
from gainful.connectors.slack.errors import LIMITED, SlackUnset, refusal
from gainful.connectors.slack.pace import Pace
from gainful.core.errors import GainfulError
from gainful.sdk.chat import ChatRefused, ChatUnreachable
from gainful.sdk.secret import Handle

TOTAL = 30.0
"""Seconds for one request."""
SOCKET = "apps.connections.open"
BY_HANDLE = "by handle"
"""Stands where the library wants a token to keep: ours goes into each call's header, from its handle."""
_PERSONAL = frozenset({"chat.postMessage", "chat.update", "reactions.add"})
"""What is done as the person where the agent acts as one."""
_TRIES = 4
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

LIBRARY = logging.getLogger("gainful.slack.library")
"""What Slack's libraries log: texts of strangers, and addresses that hold tickets. None of it is kept."""
LIBRARY.setLevel(logging.CRITICAL + 1)
LIBRARY.propagate = False


class SlackApi(AsyncWebClient):
    """The library's client with our rules. Used in one loop alone.

    Args:
        session: Made by `network.guarded_session`.
        told: Called when it turns out that no socket can be opened, or that one can again.
        sleep: How to wait for a turn.
    """

    def __init__(
        self,
        access: SlackAccess,
        session: aiohttp.ClientSession,
        told: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # The library's own retries would post twice what was posted, and its answer lost.
        super().__init__(base_url=access.api_url(), session=session, logger=LIBRARY, retry_handlers=[])
        # It was read from the environment.
        self.proxy = None
        self._own_session = session
        self._access = access
        self._clock = clock
        self._pace = Pace(clock)
        self._sleep = sleep
        self._told = told
        self.problem: GainfulError | None = None
        """Why no socket could be opened the last time it was tried."""

    async def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        files: Any = None,
        data: Any = None,
        params: Any = None,
        json: Any = None,
        headers: Any = None,
        auth: Any = None,
    ) -> AsyncSlackResponse:
        """Slack's answer, once it is the call's turn.

        Raises:
            ChatUnreachable, ChatRefused, NoSuchRoom, WordsTooLong, SlackUnset, EgressRefused: As they say.
        """
        del files, data, headers, auth
        if api_method != SOCKET:
            return await self._call(api_method, http_verb, params, json)
        try:
            answer = await self._call(api_method, http_verb, params, json)
        except GainfulError as error:
            self.problem = error
            raise
        finally:
            self._told()
        self.problem = None
        return answer

    def ahead(self, method: str, channel: str) -> float:
        """Seconds until a call would have its turn; none is taken."""
        return self._pace.ahead(method, channel)

    async def ask(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer to a method that reads; arguments that are None are left out."""
        given = {name: value for name, value in arguments.items() if value is not None}
        answer = await self.api_call(method, http_verb="GET", params=given)
        return _content(answer)

    async def act(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer to a method that changes something."""
        return _content(await self.api_call(method, json=arguments))

    async def check_turn(self, method: str, channel: str, longest: float) -> None:
        """Passes when a call would have its turn soon.

        Raises:
            ChatUnreachable: Slack's limits let it through only later; nothing was sent.
        """
        wait = self._pace.due(method, channel)
        if wait > longest:
            raise _limited(method, wait)

    async def identity(self, handle: Handle | None = None) -> Mapping[str, Any]:
        """Whose token it is: the bot's, or the one behind the handle."""
        return _content(await self._call("auth.test", "POST", None, {}, handle))

    async def scopes(self) -> frozenset[str]:
        """What the bot token may do, as Slack tells it."""
        answer = await self.api_call("auth.test", json={})
        return frozenset(filter(None, str(answer.headers.get("x-oauth-scopes") or "").replace(" ", "").split(",")))

    async def whisper(self, url: str, content: Mapping[str, Any]) -> None:
        """Answer a command or a press at the address that came with it.

        Raises:
            ChatUnreachable, ChatRefused, EgressRefused: As they say.
        """
        try:
            async with self._own_session.post(url, json=dict(content)) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unreachable("the answer", error) from error
        if status == 429 or status >= 500:
            raise ChatUnreachable("Slack does not take the answer now.", "Try again later.", sent=status >= 500)
        if status >= 400:
            raise ChatRefused("Slack takes no answer there any more.", "Post a message instead.")

    async def _call(
        self, method: str, verb: str, params: Any, json: Any, handle: Handle | None = None
    ) -> AsyncSlackResponse:
        given = {name: value for name, value in (params or {}).items() if name != "token"} or None
        channel = str((json or given or {}).get("channel") or "")
        until = self._clock() + self._access.patience.total_seconds()
        for tries_left in reversed(range(_TRIES)):
            await self._turn(method, channel, until)
            # In this call's header and nowhere else; asked for anew, so that a renewed token is found.
            token = self._token(method) if handle is None else revealed(handle, "the person's token", "person")
            header = {"Authorization": f"Bearer {token}"}
            try:
                return await super().api_call(method, http_verb=verb, params=given, json=json, headers=header)
            except SlackApiError as error:
                wait = _asked_to_wait(error)
                if wait is None:
                    raise _sorted(method, error) from error
                self._pace.hold(method, wait)
                if not tries_left:
                    raise _limited(method, wait) from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise _unreachable(method, error) from error
        raise AssertionError("the last try answers or fails")

    async def _turn(self, method: str, channel: str, until: float) -> None:
        left = max(0.0, until - self._clock())
        wait = self._pace.wait(method, channel, longest=left)
        if wait > left:
            raise _limited(method, wait)
        if wait > 0:
            await self._sleep(wait)

    def _token(self, method: str) -> str:
        access = self._access
        if method == SOCKET:
            return revealed(access.app, "the app-level token", "app")
        if access.person is not None and method in _PERSONAL:
            return revealed(access.person, "the person's token", "person")
        return revealed(access.bot, "the bot token", "bot")


def revealed(handle: Handle | None, what: str, short: str) -> str:
    """The secret as text, on its way to Slack.

    Raises:
        SlackUnset: There is none, or one that can be none.
    """
    secret = handle.secret() if handle is not None else None
    move = f"Set it: gainful secrets set slack:NAME:{short}"
    if not secret:
        raise SlackUnset(f"{what[0].upper()}{what[1:]} of Slack is not set.", move)
    text = secret.reveal().strip()
    # It would be taken for another header, or for none.
    if not text or not text.isascii() or not text.isprintable():
        raise SlackUnset(f"{what[0].upper()}{what[1:]} of Slack holds what no token can hold.", move)
    return text


def _content(answer: AsyncSlackResponse) -> Mapping[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}


def _field(error: SlackApiError, name: str) -> object:
    response = error.response
    data = getattr(response, "data", response)
    return data.get(name) if isinstance(data, Mapping) else None


def _status(error: SlackApiError) -> int:
    status = getattr(error.response, "status_code", getattr(error.response, "status", 0))
    return status if isinstance(status, int) else 0


def _asked_to_wait(error: SlackApiError) -> float | None:
    """Seconds that Slack asks to wait; None when that is not what it says."""
    if _status(error) != 429 and _field(error, "error") not in LIMITED:
        return None
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("Retry-After") or "")
    return float(text) if text.isdecimal() and len(text) < 6 else 1.0


def _limited(method: str, wait: float) -> ChatUnreachable:
    return ChatUnreachable(
        f"Slack's limit for {method} is reached.",
        f"Wait {wait:.0f} seconds.",
        retry_after=timedelta(seconds=wait),
        sent=False,
    )


def _sorted(method: str, error: SlackApiError) -> GainfulError:
    status = _status(error)
    if status >= 500 or _field(error, "error") is None:
        return ChatUnreachable(f"Slack does not answer {method} (HTTP {status}).", "Try again later.", sent=True)
    return refusal(method, _field(error, "error"), _field(error, "needed"))


def _unreachable(what: str, error: BaseException) -> ChatUnreachable:
    sent = not isinstance(error, _NEVER_SENT)
    how = "broke off, or did not answer in time" if sent else "cannot be reached"
    return ChatUnreachable(f"Slack {how} ({what}).", "Check the network, and try again.", sent=sent)
