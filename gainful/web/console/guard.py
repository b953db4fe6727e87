"""Stands before every page of the console and the API: which hosts and origins it is for, and what browsers may do.

A page on the internet can make a browser send requests to this machine, and can give itself a name that leads here.
So a request must name one of our own hosts; what changes something must come from one of our own pages, as its
`Origin` or `Sec-Fetch-Site` says; and what we answer may load and be framed by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class OwnPages:
    """Lets through what comes from our own pages and programs.

    Args:
        hosts: What may stand in `Host`, with the port; empty: none.
        by_tls: The same of those that browsers reach over TLS alone.
    """

    def __init__(self, inner: ASGIApp, hosts: Iterable[str], by_tls: Iterable[str] = ()) -> None:
        self._inner = inner
        self._by_tls = frozenset(host.lower() for host in by_tls)
        self._hosts = self._by_tls | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = Headers(scope=scope)
        # The API is for tokens alone, which no browser sends by itself.
        by_token = scope["path"].startswith("/api/")
        wrong = self._wrong("GET" if by_token else scope["method"], headers)
        if wrong:
            status, message = wrong
            await PlainTextResponse(message, status, dict(HEADERS))(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent.setdefault(name, value)
                sent.setdefault("cache-control", "no-store")
                if self._by_tls:
                    sent.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        await self._inner(scope, receive, guarded)

    def _is_ours(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        # Who can change what passes without TLS could give a page that has our name.
        return host in self._hosts and scheme in (("https",) if host in self._by_tls else ("http", "https"))

    def _wrong(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Status and sentence of a refusal; None where the request may go on."""
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return 421, "This server is not known by that name. Add it to [console] hosts in gainful.toml.\n"
        origin = headers.get("origin")
        if origin is not None and not self._is_ours(origin.lower()):
            return 403, "Another site's page asked for this, so nothing was done.\n"
        if method in SAFE:
            return None
        if origin is None and headers.get("sec-fetch-site") != "same-origin":
            return 403, "It cannot be told which page asked for this, so nothing was done.\n"
        return None
