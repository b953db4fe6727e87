"""A small real service for tests, benches and demos: how often it fails and how slow it is stands in its release.

It is one file that needs uvicorn alone, so that a test can put it into a repository as the service's own source:

    write_shop(folder / "app", error_share=0.05)
    python app/shop.py 8101                # serves on 127.0.0.1

`/` answers after a while, or fails; `/health` says whether it is well; `/metrics` speaks Prometheus' text format, with
a bound every ten percent from half a millisecond to ten seconds. `behaviour.json` beside it says how it behaves.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BOUNDS = tuple(round(0.0005 * 1.1**step, 7) for step in range(105))
USUAL = {
    "error_share": 0.0,
    "seconds": 0.005,
    "spread": 0.002,
    "tail": 0.0,
    "healthy": True,
    "start_seconds": 0.0,
    "complaint": "",
}


def write_shop(folder: Path, **behaviour: float | bool | str) -> None:
    """Write the service's source into a folder, with how it is to behave.

    Args:
        behaviour: `error_share` of the answers fail; one takes `seconds` give or take `spread`, and few take much
            longer: `tail` is the spread of the logarithm; `healthy` is what `/health` says; `start_seconds` pass
            before it serves; `complaint` is logged when an answer fails; anything else makes the file another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "behaviour.json").write_text(json.dumps({**USUAL, **behaviour}, indent=1) + "\n", encoding="utf-8")


class Shop:
    """The service as an ASGI application.

    Args:
        behaviour: As in `write_shop`.
        release: Its name, which every answer tells.
    """

    def __init__(self, behaviour: MutableMapping[str, Any], release: str) -> None:
        self._behaviour = {**USUAL, **behaviour}
        self._release = release
        self._random = random.Random()  # noqa: S311 - nothing secret
        self._requests = {200: 0, 500: 0}
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own shape
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"] == "/metrics":
            await _say(send, 200, self._metrics(), b"text/plain; version=0.0.4")
        elif scope["path"] == "/health":
            await _say(send, 200 if self._behaviour["healthy"] else 503, b"{}")
        else:
            began = time.perf_counter()
            await asyncio.sleep(self._takes())
            status = 500 if self._random.random() < self._behaviour["error_share"] else 200
            self._count(status, time.perf_counter() - began)
            if status == 500 and self._behaviour["complaint"]:
                sys.stderr.write(f"ERROR request {self._requests[500]}: {self._behaviour['complaint']}\n")
            await _say(send, status, json.dumps({"release": self._release, "pid": os.getpid()}).encode())

    def _takes(self) -> float:
        """Seconds until the answer."""
        spread, tail = self._behaviour["spread"], self._behaviour["tail"]
        usual = self._behaviour["seconds"] * self._random.lognormvariate(0.0, tail)
        return max(0.0, float(usual + self._random.uniform(-spread, spread)))

    def _count(self, status: int, seconds: float) -> None:
        self._requests[status] += 1
        self._buckets[bisect.bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def _metrics(self) -> bytes:
        lines = ["# TYPE shop_requests_total counter"]
        lines += [f'shop_requests_total{{status="{status}"}} {count}' for status, count in self._requests.items()]
        lines.append("# TYPE shop_request_seconds histogram")
        so_far = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._buckets, strict=True):
            so_far += count
            lines.append(f'shop_request_seconds_bucket{{le="{bound}"}} {so_far}')
        lines += [f"shop_request_seconds_count {so_far}", f"shop_request_seconds_sum {self._seconds:.6f}", ""]
        return "\n".join(lines).encode()


async def _say(send: Send, status: int, body: bytes, kind: bytes = b"application/json") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main(port: int) -> None:
    """Serve on this port of loopback until told to end; requests under way are finished first."""
    import uvicorn

    behaviour = json.loads(Path(__file__).with_name("behaviour.json").read_text(encoding="utf-8"))
    time.sleep(float(behaviour.get("start_seconds", 0)))
    shop = Shop(behaviour, os.environ.get("GAINFUL_RELEASE", ""))
    uvicorn.run(shop, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main(int(sys.argv[1]))
