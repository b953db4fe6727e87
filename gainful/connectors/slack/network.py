"""The way to Slack: to the hosts of the connector alone, at addresses that were checked. No proxies, no redirects.

slack_sdk speaks through aiohttp. It is given a session whose every request and every look-up of a name passes here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gainful.core.errors import GainfulError
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUnreachable, Resolver, Target

LARGEST = 16 * 1024 * 1024
"""Octets of one answer, where it says how many it has."""
_SCHEMES = {"ws": "http", "wss": "https"}


def guarded_session(
    egress: Egress, resolve: Resolver, total: float, refused: Callable[[GainfulError], None] = lambda _: None
) -> aiohttp.ClientSession:
    """A session for Slack's library; made and closed in the loop that uses it.

    Args:
        total: Seconds for one request; 0 for no end.
        refused: Is told of what was refused, where the library keeps that to itself.
    """
    guard = _Guard(egress, refused)
    connector = aiohttp.TCPConnector(resolver=_Resolver(egress, guard, resolve), use_dns_cache=False)
    return aiohttp.ClientSession(
        connector=connector,
        middlewares=(guard,),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=total, connect=10.0),
    )


class _Guard:
    """Lets requests through to where the egress leads, and remembers which names were asked for."""

    def __init__(self, egress: Egress, refused: Callable[[GainfulError], None]) -> None:
        self._egress = egress
        self._refused = refused
        self.targets: dict[tuple[str, int], Target] = {}

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """The answer to a request that may be made.

        Raises:
            EgressRefused: It would go elsewhere, or the answer leads elsewhere.
        """
        try:
            return await self._let_through(request, handler)
        except GainfulError as error:
            self._refused(error)
            raise

    async def _let_through(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        url = request.url
        scheme = _SCHEMES.get(url.scheme, url.scheme)
        target = self._egress.target(request.method, str(url.with_fragment(None).with_scheme(scheme)))
        if target.is_literal:
            # An address is not looked up, so nothing else would check it.
            self._egress.addresses(target, lambda _host, _port: [])
        self.targets[target.host, target.port] = target
        response = await handler(request)
        if 300 <= response.status < 400:
            response.release()
            raise EgressRefused(f"{target.host} leads to another address.", "Name the server's own address.")
        if (response.content_length or 0) > LARGEST:
            response.close()
            raise EgressTooLarge(f"The answer of {target.host} is larger than {LARGEST} octets.", "Ask for less.")
        return response


class _Resolver(AbstractResolver):
    """Gives the addresses of hosts that were asked for, each checked."""

    def __init__(self, egress: Egress, guard: _Guard, resolve: Resolver) -> None:
        self._egress = egress
        self._guard = guard
        self._resolve = resolve

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the library hands it in
    ) -> list[ResolveResult]:
        """Every address that may be connected to.

        Raises:
            EgressRefused, EgressUnreachable: One of them may not be, or there is none.
        """
        target = self._guard.targets.get((host, port))
        if target is None:
            raise EgressRefused(f"A connection to {host[:100]} was asked for that nobody checked.", "Please report it.")
        try:
            addresses = await asyncio.to_thread(self._egress.addresses, target, self._resolve)
        except EgressUnreachable as error:
            # The library knows a failed look-up by this.
            raise OSError(None, error.what) from error
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
