"""Hears what happens in Slack, by socket or by signed requests, and acknowledges it once it has been written down.

Bolt verifies, parses and answers; what it has verified is taken here, before it would look for listeners of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.request_verification.async_request_verification import AsyncRequestVerification
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from gainful.connectors.slack.access import SlackAccess
from gainful.connectors.slack.api import BY_HANDLE, LIBRARY, SlackApi, revealed
from gainful.connectors.slack.heard import DROPPED, heard
from gainful.connectors.slack.network import guarded_session
from gainful.connectors.slack.reading import Account
from gainful.connectors.slack.waiting import Waiting
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.sdk.chat import ChatUnreachable
from gainful.sdk.egress import Resolver

LARGEST_REQUEST = 1024 * 1024
"""Octets of a request that Slack sends us."""
ANSWER_WITHIN = 2.7
"""Seconds: Slack takes a request that is not answered within three for lost, and so it is better told at once."""
HOLD = 120.0
"""Seconds that an envelope is kept in mind; Slack has sent it again long before."""

MISSED = 3
"""Looks in a row without a socket, after which it is told."""

_CUT_OFF = ChatUnreachable("There is no connection to Slack's sockets.", "Check the network.", sent=False)
HttpAnswer = tuple[int, dict[str, str], bytes]


class SlackListener:
    """One app's ears. Used in one loop alone.

    Args:
        account: Gives whose app it is.
    """

    def __init__(
        self,
        access: SlackAccess,
        api: SlackApi,
        waiting: Waiting,
        account: Callable[[], Awaitable[Account]],
        clock: Clock,
        resolve: Resolver,
    ) -> None:
        self._access = access
        self._api = api
        self._waiting = waiting
        self._account = account
        self._clock = clock
        self._resolve = resolve
        self._handler: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self.lost: ChatUnreachable | None = None
        """That Slack has not delivered events; to be told once."""
        self.unheard: GainfulError | None = None
        """Why a request of Slack's could not be answered, or a socket not be opened."""
        self.cut_off: ChatUnreachable | None = None
        """That there has been no socket for a while."""
        # With `authorize` given, no variable of the environment makes Bolt speak OAuth.
        self._app = AsyncApp(
            logger=LIBRARY,
            name="gainful",
            client=api,
            signing_secret="",
            authorize=_authorized,
            request_verification_enabled=False,
            before_authorize=_Door(access, clock, self._take),
        )

    def open_socket(self) -> None:
        """Begin to listen by Socket Mode, and keep at it."""
        if self._handler is not None:
            return
        handler = AsyncSocketModeHandler(
            self._app, app_token=BY_HANDLE, logger=LIBRARY, web_client=self._api, ping_interval=self._access.ping
        )
        client: Any = handler.client
        unguarded, client.aiohttp_client_session = (
            client.aiohttp_client_session,
            guarded_session(self._access.egress(), self._resolve, 0, self._cannot_hear),
        )
        # It was read from the environment.
        client.proxy = None
        self._handler = handler
        loop = asyncio.get_running_loop()
        self._closing = loop.create_task(unguarded.close())
        self._tasks = [loop.create_task(_connected(handler)), loop.create_task(self._renew(client))]

    async def handle(self, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """The answer to a request of the Events API, an interaction or a command."""
        if len(body) > LARGEST_REQUEST:
            return 413, {}, b""
        names = {name.lower(): value for name, value in headers.items()}
        stamp = names.get("x-slack-request-timestamp", "")
        try:
            # The library expects digits.
            text = body.decode("utf-8") if stamp.isdecimal() and len(stamp) < 12 else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            return 401, {}, b""
        try:
            revealed(self._access.signing, "the signing secret", "signing")
        except GainfulError as error:
            self._cannot_hear(error)
            return 503, {}, b""
        try:
            request = AsyncBoltRequest(body=text, headers={name: [value] for name, value in names.items()})
        except Exception:
            # The library reads the body before it looks whether Slack has signed it.
            return 400, {}, b""
        answer = await self._app.async_dispatch(request)
        sent = {name: values[0] for name, values in answer.first_headers_without_set_cookie().items() if values}
        return answer.status, sent, (answer.body or "").encode()

    async def close(self) -> None:
        """Let go of the socket."""
        if self._handler is None:
            return
        await self._closing
        for task in self._tasks:
            task.cancel()
        await self._handler.close_async()

    async def _take(self, body: Mapping[str, Any], by_socket: bool) -> BoltResponse:
        """Done once whoever writes down has done so, or does not."""
        if body.get("type") == DROPPED:
            self.lost = ChatUnreachable(
                "Slack has not delivered events, because there were more than it delivers in an hour.",
                "Let agents hear fewer channels; what was missed is in the channels' history.",
            )
            self._waiting.wake()
            return BoltResponse(status=200)
        try:
            event = heard(body, await self._account(), self._clock())
        except GainfulError:
            # Not knowing who we are, we cannot tell whom it is for.
            return BoltResponse(status=503)
        if event is None:
            return BoltResponse(status=200)
        promise = asyncio.wrap_future(self._waiting.offer(event))
        try:
            written = await asyncio.wait_for(asyncio.shield(promise), HOLD if by_socket else ANSWER_WITHIN)
        except TimeoutError:
            written = False
        return BoltResponse(status=200 if written else 503)

    def _cannot_hear(self, error: GainfulError) -> None:
        self.unheard = error
        self._waiting.wake()

    async def _renew(self, client: Any) -> None:
        """Have a new address asked for while there is no connection: the library would try a used one for ever."""
        missed = 0
        while True:
            await asyncio.sleep(self._access.ping)
            missed = 0 if await client.is_connected() else missed + 1
            if missed:
                client.wss_uri = None
            self.cut_off = _CUT_OFF if missed >= MISSED else None


class _Door(AsyncRequestVerification):
    """Bolt's check of signatures, with a secret that is asked for anew each time; takes what passes it."""

    def __init__(
        self, access: SlackAccess, clock: Clock, take: Callable[[Mapping[str, Any], bool], Awaitable[BoltResponse]]
    ) -> None:
        super().__init__(signing_secret="", base_logger=LIBRARY)
        self._access = access
        self._time = _Time(clock)
        self._take = take

    @property
    def verifier(self) -> SignatureVerifier:
        """Knows the secret as long as one request takes."""
        return SignatureVerifier(revealed(self._access.signing, "the signing secret", "signing"), self._time)

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """The answer to what is verified; Bolt's own to Slack's question whether the address is ours."""

        async def verified() -> BoltResponse:
            if req.body.get("type") == "url_verification":
                return await next()
            return await self._take(req.body, req.mode == "socket_mode")

        return await super().async_process(req=req, resp=resp, next=verified)


class _Time(SignatureClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock().timestamp()


async def _connected(handler: Any) -> None:
    """Done when the first connection stands; the library tries until then."""
    await handler.connect_async()


async def _authorized(**_facts: Any) -> AuthorizeResult:
    """Never asked: what needs an authorization is taken before."""
    return AuthorizeResult(enterprise_id=None, team_id=None)
