"""`POST /v1/{traces,metrics,logs}`: telemetry of agents and AI tools, written down before it is answered.

200 it is booked, or was before; 400 it cannot be read, and sending it again does not help; 401 no token; 403 a web page
sends it; 413 too large; 415 another form; 429 and 503 send it again later, with `Retry-After`. The bodies are those of
OTLP/HTTP.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gainful.app.books.telemetry import Sent, Telemetry
from gainful.core.errors import Broken, GainfulError, Refused, Unavailable
from gainful.core.telemetry import Signal
from gainful.web.reading import RequestTooLarge, read

PATH = "/v1/{signal}"
SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")
TOGETHER = 64 * 1024
"""Octets of requests that are written in one transaction; large ones gain nothing by it, and take memory."""

AT_ONCE = 32
"""Requests that are read or wait to be booked; the next ones are told to come again."""

_STATUS = {"telemetry-too-large": 413, "telemetry-unknown": 415, "request-too-large": 413}
_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_AGAIN = timedelta(seconds=5)


class TelemetryDoor:
    """Takes telemetry.

    Args:
        largest: Octets of a request's body, packed as it comes.
        complain: Told of what is our own fault.
    """

    def __init__(self, telemetry: Telemetry, complain: Callable[[GainfulError], None], largest: int) -> None:
        self._telemetry = telemetry
        self._complain = complain
        self._largest = largest
        self._busy = 0
        # One thread: the database lets one write, and threads that wait for each other there take longer and more
        # memory than a queue.
        self._worker = ThreadPoolExecutor(1, "telemetry")
        self._waiting: list[tuple[Sent, asyncio.Future[bytes]]] = []
        self._booking: asyncio.Task[None] | None = None

    def route(self) -> Route:
        """Where the server sends requests for it."""
        return Route(PATH, self._endpoint, methods=["POST"])

    async def _endpoint(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "")
        signal = next((known for known in SIGNALS if known == request.path_params["signal"]), None)
        if signal is None:
            return Response(status_code=404)
        if "origin" in request.headers:
            # Only browsers say so. Where no token is needed, a page on the internet could else fill the books.
            return _refused(403, "Telemetry is not taken from web pages.", kind)
        if self._busy >= AT_ONCE:
            return _refused(429, "Too many requests are under way.", kind, _AGAIN)
        self._busy += 1
        try:
            # A person's token is looked up in the database: nothing for the loop that serves the others.
            authorization = request.headers.get("authorization", "")
            person = await run_in_threadpool(self._telemetry.admit, authorization)
            body = await read(request, self._largest)
            encoding = request.headers.get("content-encoding", "")
            answer = await self._booked(Sent(signal, body, kind, encoding, person))
        except Refused as error:
            return _refused(401, str(error), kind)
        except Unavailable as error:
            return _refused(503, error.what, kind, error.retry_after or _AGAIN)
        except RequestTooLarge as error:
            return _refused(413, str(error), kind)
        except GainfulError as error:
            return _refused(_STATUS.get(error.code, 400), str(error), kind)
        except Exception as raised:
            self._complain(Broken(f"Telemetry failed: {type(raised).__name__}: {raised}", "Please report this."))
            return _refused(503, "It could not be taken.", kind, _AGAIN)
        finally:
            self._busy -= 1
        return Response(answer, media_type=_JSON if _is_json(kind) else _PROTOBUF)

    async def _booked(self, request: Sent) -> bytes:
        """The body of the answer, once the request is durable.

        What comes while others are being written waits for them and is written together: one transaction for many.
        """
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._booking is None:
            self._booking = asyncio.create_task(self._book())
        return await answer

    async def _book(self) -> None:
        """Book what waits until nothing does. A sender that hangs up stops nothing: what is being written, is."""
        try:
            while self._waiting:
                number = _together(len(request.body) for request, _ in self._waiting)
                taken, self._waiting = self._waiting[:number], self._waiting[number:]
                for (_, waiting), answer in zip(taken, await self._written([one for one, _ in taken]), strict=True):
                    if waiting.done():
                        continue
                    if isinstance(answer, Exception):
                        waiting.set_exception(answer)
                    else:
                        waiting.set_result(answer)
        finally:
            self._booking = None

    async def _written(self, requests: Sequence[Sent]) -> Sequence[bytes | Exception]:
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._worker, self._telemetry.export_all, requests)
        except Exception as error:
            return [error] * len(requests)


def _together(sizes: Iterable[int]) -> int:
    """How many requests of these sizes, in order, are written in one transaction; one at least."""
    number = total = 0
    for size in sizes:
        total += size
        if number and total > TOGETHER:
            break
        number += 1
    return number


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == _JSON


def _refused(status: int, message: str, kind: str, again: timedelta | None = None) -> Response:
    """The error as a `google.rpc.Status`, in the form that the request had."""
    headers = {"retry-after": str(max(1, int(again.total_seconds())))} if again is not None else {}
    if _is_json(kind):
        return Response(json.dumps({"message": message}), status, headers, media_type=_JSON)
    text = message.encode()[:1000]
    # Field 2, a string: protobuf's own wire format, for one field.
    return Response(b"\x12" + _varint(len(text)) + text, status, headers, media_type=_PROTOBUF)


def _varint(number: int) -> bytes:
    octets = []
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])
