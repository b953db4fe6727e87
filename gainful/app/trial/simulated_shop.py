"""A shop whose releases, slots and people are made up, for the console of the demo. The deployments of it are real.

    with SimulatedShop(folder, rate=300) as shop:
        ...                                # a home whose settings hold shop.settings
        shop.play(home)                    # one release is live, one was taken back, one is under way

The plan, the gate, the watch and the way back are those of any service. Nobody's requests are: a thread answers as
Prometheus would, with counters that it makes up from the shares of the traffic and from how each release behaves.
"""

from __future__ import annotations

import json
import random
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gainful.app.gainful import Gainful
from gainful.app.trial import paper_slots
from gainful.app.trial.shop_repository import ShopRepository
from gainful.core.deploy_event import Deployment
from gainful.storage.settings.config import Home

SERVICE = "shop"
RATE = 300.0
"""Requests a second: the watch of a good release takes some minutes, and a bad one is found in seconds."""

BOUNDS = (0.02, 0.03, 0.04, 0.045, 0.05, 0.055, 0.06, 0.08, 0.1, 0.2)
_USUAL, _BAD = 0.001, 0.06
"""Shares of requests that fail."""
_MEDIAN, _SPREAD = 0.025, 0.42
"""Of the times that answers take, as a log-normal: seconds, and the deviation of their logarithm."""
_QUERY = re.compile(r'(requests|errors|latency)\{slot="([a-z]+)"\}')

_SETTINGS = """
[git.repositories]
{service} = {repository}

[[services]]
name = "{service}"
repository = "{service}"
ships = ["app/**"]

[services.target]
kind = "command"
state = [{call}, "state"]
stage = [{call}, "stage", "{{commit}}", "{{digest}}", "{{config}}", "{{tree}}"]
shift = [{call}, "shift", "{{commit}}", "{{share}}"]
promote = [{call}, "promote", "{{commit}}"]
rollback = [{call}, "rollback", "{{commit}}", "{{digest}}", "{{config}}", "{{tree}}"]
instant_rollback = true

[services.metrics]
kind = "prometheus"
url = "{url}"
requests = 'requests{{slot="{{slot}}"}}'
errors = 'errors{{slot="{{slot}}"}}'
latency = 'latency{{slot="{{slot}}"}}'

[services.watch]
baseline = 3
"""


@dataclass
class _Counters:
    """Of one slot."""

    requests: int = 0
    errors: int = 0
    within: dict[float, int] = field(default_factory=lambda: dict.fromkeys(BOUNDS, 0))


class SimulatedShop:
    """The shop; a context manager, and gone when it is left.

    Args:
        folder: Where it lies; made when it is entered.
        rate: Requests a second of the whole shop.
        seed: Of what happens to requests.
    """

    def __init__(self, folder: Path, rate: float = RATE, seed: int = 1) -> None:
        self._repository = ShopRepository(folder / "repository")
        self._file = folder / "slots.json"
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311 - made-up requests
        self._failing: dict[str, float] = {}
        self._counters = {slot: _Counters() for slot in paper_slots.OTHER}
        self._counted = time.monotonic()
        self._guard = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def settings(self) -> str:
        """The service, for a settings file."""
        call = [sys.executable, "-P", paper_slots.__file__, str(self._file)]
        return _SETTINGS.format(
            service=SERVICE,
            repository=json.dumps(str(self._repository.folder)),
            call=", ".join(map(json.dumps, call)),
            url=f"http://127.0.0.1:{self._server.server_port}",
        )

    def __enter__(self) -> SimulatedShop:
        self._repository.create()
        first = self._repository.release("first", "Open the shop")
        bad = self._repository.release("bad", "Look prices up in the new table", error_share=_BAD)
        good = self._repository.release("good", "Greet whoever comes back", greeting="Welcome back")
        self._failing = {first: _USUAL, bad: _BAD, good: _USUAL}
        threading.Thread(target=self._server.serve_forever, name="simulated shop", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def play(self, home: Home) -> Deployment:
        """Deploy the first release and a bad one, here; and order a good one, which the home's server carries out.

        Returns:
            The last of them.
        """
        with Gainful.open(home) as app:
            desk = app.deployments
            for revision in ("first", "bad"):
                desk.run(desk.order(SERVICE, revision))
            return desk.start(desk.order(SERVICE, "good"))

    # --- its people ---------------------------------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            """Answers instant queries."""

            def do_GET(self) -> None:
                """One query."""
                asked = parse_qs(urlsplit(self.path).query).get("query", [""])[0]
                body = json.dumps({"status": "success", "data": shop.asked(asked)}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        return Handler

    def asked(self, query: str) -> Mapping[str, Any]:
        """What a query gives, as Prometheus says it; nothing for a slot that has never answered."""
        found = _QUERY.fullmatch(query)
        with self._guard:
            self._count(time.monotonic())
            counters = self._counters.get(found[2]) if found is not None else None
            result = _told(found[1], counters) if found is not None and counters is not None else []
        return {"resultType": "vector", "result": result}

    def _count(self, now: float) -> None:
        """Make up what has happened since it was asked last."""
        passed, self._counted = now - self._counted, now
        state = paper_slots.read(self._file)
        if state["live"] is None:
            return
        for running, share in ((state["live"], 100 - state["share"]), (state["candidate"], state["share"])):
            if running is not None and share:
                came = self._random.gauss(1.0, 0.03) * self._rate * passed * share / 100
                self._answer(self._counters[running["slot"]], round(max(came, 0.0)), running["commit"])

    def _answer(self, counters: _Counters, requests: int, commit: str) -> None:
        failing, made = self._failing.get(commit, _USUAL), self._random
        counters.requests += requests
        counters.errors += sum(made.random() < failing for _ in range(requests))
        for _ in range(requests):
            seconds = _MEDIAN * made.lognormvariate(0.0, _SPREAD)
            for bound in reversed(BOUNDS):
                if seconds > bound:
                    break
                counters.within[bound] += 1


def _told(what: str, counters: _Counters) -> list[dict[str, Any]]:
    now = time.time()
    if what != "latency":
        return [{"metric": {}, "value": [now, str(getattr(counters, what))]}]
    within = {**{f"{bound:g}": count for bound, count in counters.within.items()}, "+Inf": counters.requests}
    return [{"metric": {"le": bound}, "value": [now, str(count)]} for bound, count in within.items()]
