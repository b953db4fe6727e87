"""Stands before everything that the web server answers: how long a request is, and what a browser may do with the rest.

A request that says its length in two ways is read in one of them by us and in the other, perhaps, by whoever stands in
front; what follows it would then be taken for somebody else's request (RFC 9112, 6.3 and 11.2). So it is refused, and
its connection ends.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLAIN = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
"""For what says nothing else: answers that are no pages, such as those to webhooks."""


class OneLength:
    """Lets through what says its length once, and gives every answer the least that a browser must be told."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in PLAIN.items():
                    sent.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            refused = PlainTextResponse("The request says its length in two ways.\n", 400, {"connection": "close"})
            await refused(scope, receive, guarded)
            return
        await self._inner(scope, receive, guarded)
