"""A server that is reached by HTTP: at its own address alone, each address checked before it is connected to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import Any

import anyio
import httpcore2
import httpx2

from gainful.core.errors import GainfulError
from gainful.sdk.egress import Egress, EgressTooLarge, Target, system_resolver

LARGEST = 4 * 1024 * 1024
"""Octets of one answer."""


class Guarded(httpx2.AsyncBaseTransport):
    """Lets requests through to where the egress leads, and answers of a sane size back.

    Args:
        headers: Go with every request; one may hold a key, so that they are added here and nowhere else.
    """

    def __init__(self, egress: Egress, headers: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self._egress = egress
        self._headers = dict(headers)
        self._door = _Door(egress)
        context = tls or httpcore2.default_ssl_context()
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=context, network_backend=self._door)
        self.problem: GainfulError | None = None
        """The first reason why we broke off ourselves: the library tells only that something did."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to a request that may be made.

        Raises:
            EgressRefused, EgressUnreachable: It may not be made, or leads nowhere.
        """
        try:
            self._door.target = self._egress.target(request.method, str(request.url))
            return await self._asked(request)
        except GainfulError as error:
            self.problem = self.problem or error
            raise httpx2.ConnectError("the gate said no") from error
        except httpcore2.TimeoutException as error:
            raise httpx2.ReadTimeout("no answer in time") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise httpx2.ConnectError("the server broke off") from error

    async def _asked(self, request: httpx2.Request) -> httpx2.Response:
        # Packed answers are not asked for: their size would be known too late.
        names = {name.lower() for name in self._headers} | {"accept-encoding"}
        headers = [(name, value) for name, value in request.headers.raw if name.decode().lower() not in names]
        headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in self._headers.items()]
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=headers,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        packed = [value for name, value in response.headers if name.lower() == b"content-encoding"]
        if packed and packed != [b"identity"]:
            await response.aclose()
            raise EgressTooLarge("The server packs its answer, which was not asked for.", "Tell its operator.")
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Capped(response, self), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._pool.aclose()


class _Capped(httpx2.AsyncByteStream):
    """The body of an answer, as long as it stays small."""

    def __init__(self, response: httpcore2.Response, guard: Guarded) -> None:
        self._response = response
        self._guard = guard

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        stream: Any = self._response.stream
        parts: AsyncIterable[bytes] = stream
        try:
            async for part in parts:
                seen += len(part)
                if seen > LARGEST:
                    self._guard.problem = self._guard.problem or EgressTooLarge(
                        f"The server's answer is larger than {LARGEST} octets.", "Ask for less of it."
                    )
                    raise httpx2.ReadError("too large")
                yield part
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            raise httpx2.ReadError("the server broke off") from error

    async def aclose(self) -> None:
        await self._response.aclose()


class _Door(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, of the one server that is meant."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._inner = httpcore2.AnyIOBackend()
        self.target: Target | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to an address of the server."""
        target = self.target
        if target is None or (host, port) != (target.host, target.port):
            raise httpcore2.ConnectError("nobody checked this address")
        failure: Exception | None = None
        for address in await anyio.to_thread.run_sync(self._egress.addresses, target, system_resolver):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
