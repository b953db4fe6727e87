"""The way to a language model: to the provider's own host or the person's, at an address that was checked.

The providers' libraries bring an HTTP client of their own; this gives them one that cannot be led elsewhere: no
proxies, no redirects, no address from the environment.
"""

from __future__ import annotations

import asyncio

import httpx2
from pydantic_ai.models import create_async_httpx2_client

from gainful.sdk.egress import Egress, EgressUnreachable, Resolver, parse, system_resolver


def egress_for(base_url: str, host: str) -> Egress:
    """What a model's connection may reach: the server that the person named, else the provider's host.

    Raises:
        EgressRefused: The person's address is not plain.
    """
    methods = frozenset({"POST"})
    if base_url:
        return Egress(methods=methods, private_ok=frozenset({parse(base_url).origin}))
    # A provider without a host brings a client of its own; this one then reaches nothing.
    return Egress(frozenset({host} if host else ()), methods)


def guarded_client(egress: Egress, resolve: Resolver = system_resolver) -> httpx2.AsyncClient:
    """A client for a provider's library; its owner closes it."""
    client = create_async_httpx2_client(transport=_Guarded(egress, resolve))
    client.follow_redirects = False
    return client


class _Guarded(httpx2.AsyncHTTPTransport):
    """Serves one host alone, so no connection is ever shared between two names of one address."""

    def __init__(self, egress: Egress, resolve: Resolver) -> None:
        super().__init__()
        self._egress = egress
        self._resolve = resolve

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to one request.

        Raises:
            EgressRefused: It would go elsewhere.
        """
        target = self._egress.target(request.method, str(request.url))
        try:
            addresses = await asyncio.to_thread(self._egress.addresses, target, self._resolve)
        except EgressUnreachable as error:
            raise httpx2.ConnectError(error.what, request=request) from error
        # The `Host` header was made from the name and stays; TLS is told the name to prove.
        request.extensions = {**request.extensions, "sni_hostname": target.host}
        last = len(addresses) - 1
        for number, address in enumerate(addresses):
            request.url = request.url.copy_with(host=address)
            try:
                return await super().handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if number == last:
                    raise
        raise AssertionError("a host without an address is refused before")
