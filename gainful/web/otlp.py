"""`POST /v1/{traces,metrics,logs}`: telemetry of agents and AI tools, written down before it is answered.

200 it is booked, or was before; 400 it cannot be read, and sending it again does not help; 401 no token; 413 too large;
415 another form; 429 and 503 send it again later, with `Retry-After`. The bodies are those of OTLP/HTTP.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gainful.app.telemetry import Telemetry
from gainful.core.errors import Broken, GainfulError, Refused, Unavailable
from gainful.core.telemetry import Signal
from gainful.web.reading import RequestTooLarge, read

PATH = "/v1/{signal}"
SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")
AT_ONCE = 16
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
        # One at a time: the database lets one write, and threads that wait for each other there take longer and more
        # memory than a queue.
        self._worker = ThreadPoolExecutor(1, "telemetry")

    def route(self) -> Route:
        """Where the server sends requests for it."""
        return Route(PATH, self._endpoint, methods=["POST"])

    async def _endpoint(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "")
        signal = next((known for known in SIGNALS if known == request.path_params["signal"]), None)
        if signal is None:
            return Response(status_code=404)
        if self._busy >= AT_ONCE:
            return _refused(429, "Too many requests are under way.", kind, _AGAIN)
        self._busy += 1
        try:
            self._telemetry.admit(request.headers.get("authorization", ""))
            body = await read(request, self._largest)
            encoding = request.headers.get("content-encoding", "")
            # Once it is being written, it is: a sender that hangs up sends it again, and nothing is booked twice.
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(self._worker, self._telemetry.export, signal, body, kind, encoding)
            answer = await asyncio.shield(work)
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
