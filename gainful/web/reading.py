"""Reading what a request brings: no more than is taken, and no longer than a moment."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from gainful.core.errors import Invalid

PATIENCE = 10.0
"""Seconds in which the whole body must have come."""


class RequestTooLarge(Invalid):
    """A request holds more than is taken, or takes too long to come."""

    code = "request-too-large"


async def read(request: Request, largest: int) -> bytes:
    """The body of a request.

    Raises:
        RequestTooLarge: It is longer than so many octets, or has not come in time.
    """
    try:
        return await asyncio.wait_for(_read(request, largest), PATIENCE)
    except (TimeoutError, ClientDisconnect):
        raise RequestTooLarge(
            f"The request had not come after {PATIENCE:.0f} seconds.", "Send it at once, or send less."
        ) from None


async def _read(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for portion in request.stream():
        body += portion
        if len(body) > largest:
            raise RequestTooLarge(
                f"The request is larger than {largest // 1024} KiB.",
                "Send less, or let it be raised: largest_kb under [server] in gainful.toml.",
            )
    return bytes(body)
