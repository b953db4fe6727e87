"""The console: how long its pages take with many events in the books, what browsers load, how soon a change is seen.

    python -m bench.web --rows 10000000

Pages are asked of a real server over loopback, signed in as the owner: the time from the request to the last octet.
Live: viewers in a process of their own hold an event stream each, and fetch the page again when it tells them to, as
browsers do; measured is the time from the question's commit to the last octet of the page with it.
"""

from __future__ import annotations

import gc
import gzip
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from starlette.routing import Mount

from bench.intake import fill
from bench.report import options, percentile, publish
from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.storage.settings.config import Home
from gainful.storage.settings.web import Console, Server
from gainful.web.console import ConsoleSite
from gainful.web.console.rendering import asset
from gainful.web.server import WebServer

PERSON, PASSWORD = "mira@example.org", "correct horse battery"
HOST = "console.test"
PAGES = (
    *("/", "/approvals", "/agents", "/runs", "/deployments", "/books?since=2026-01-01&until=2026-07-31"),
    *("/books/boards/team", "/books/boards/agent", "/books/cost/model?since=2026-01-01&until=2026-07-31"),
    *("/books/cost/team?since=2026-01-01&until=2026-07-31", "/books/waste", "/audits", "/settings"),
    *("/books/cost/day?since=2026-01-01&until=2026-07-31", "/books/days/2026-03-03", "/books/weeks"),
    "/books/spending/model?name=provider-1:model-1&since=2026-01-01&until=2026-07-31",
    *(
        "/books/units/team/team-017",
        "/books/units/agent/agent-00017",
        "/books/units/team/team-017?from=2026-03&to=2026-03",
    ),
)


class Served:
    """The console of one home, over loopback."""

    def __init__(self, app: Gainful) -> None:
        site = ConsoleSite(app, app.access, Console(hosts=(HOST,)), [], lambda error: print(error, flush=True))
        self.server = WebServer(Server(port=None), [Mount("/", site.application)], on_stop=site.live.close)
        self.headers = {"host": HOST, "cookie": f"gainful-session={app.access.sign_in(PERSON, PASSWORD)}"}

    def link(self) -> http.client.HTTPConnection:
        """A connection to it."""
        return http.client.HTTPConnection(self.server.address.removeprefix("http://"), timeout=60)

    def get(self, link: http.client.HTTPConnection, path: str) -> bytes:
        """A page."""
        link.request("GET", path, headers=self.headers)
        answer = link.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        return body


def pages(console: Served, times: int) -> dict[str, float]:
    """Milliseconds of each page, and what is loaded from elsewhere."""
    figures: dict[str, float] = {}
    elsewhere: set[str] = set()
    with closing(console.link()) as link:
        for path in PAGES:
            took = []
            for _ in range(times + 1):
                begun = time.perf_counter()
                body = console.get(link, path)
                took.append(1000 * (time.perf_counter() - begun))
            # The first one compiles its template.
            name = path.partition("?")[0].strip("/").replace("/", "_") or "today"
            figures[f"page_{name}_p95_ms"] = percentile(took[1:], 0.95)
            found = re.findall(rb'(?:src|href)="([^"#]+)"', body)
            elsewhere |= {one.decode() for one in found if not one.startswith(b"/")}
    figures["page_p95_ms"] = max(figures.values())
    figures["third_party_requests"] = len(elsewhere)
    figures["script_gzip_kb"] = len(gzip.compress(asset("console.js")[0])) / 1024
    figures["style_gzip_kb"] = len(gzip.compress(asset("console.css")[0])) / 1024
    return figures


def live(served: Served, app: Gainful, place: Path, viewers: int, questions: int) -> dict[str, float]:
    """Milliseconds from a question to the page with it, over all viewers and questions."""
    command = [sys.executable, "-m", "bench.web_viewers", served.server.address, served.headers["cookie"]]
    with subprocess.Popen([*command, str(viewers), str(questions)], stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "ready\n"
        show = ConsoleShow(place, 1, system_clock)
        asked = {}
        for number in range(questions):
            time.sleep(1.5)
            name = f"q{number:04d}bcdefg"
            app.book.ask(show.question(name, app.clock()))
            # One clock for all processes of a machine.
            asked[name] = time.monotonic()
        seen = json.loads(watching.stdout.readline())
    took = [1000 * (at - asked[name]) for name, at in seen]
    assert len(took) == viewers * questions, f"{len(took)} of {viewers * questions} were seen"
    return {"live_p50_ms": percentile(took, 0.5), "live_p95_ms": percentile(took, 0.95), "live_viewers": viewers}


def main() -> int:
    """Measure and publish; 1 when a mark is missed."""
    parser = options("web", "How long do the console's pages take, and how soon is a change seen?")
    parser.add_argument("--rows", type=int, help="calls in the books  [10 million; quick: 200 thousand]")
    parser.add_argument("--viewers", type=int, default=50, help="who watch at once")
    given = parser.parse_args()
    rows = given.rows if given.rows is not None else (200_000 if given.quick else 10_000_000)
    with tempfile.TemporaryDirectory() as folder, Gainful.open(Home(Path(folder) / "home")) as app:
        fill(app, rows)
        # What filling left in memory is nothing that a server has, and would be searched for garbage between two pages.
        gc.collect()
        gc.freeze()
        app.access.add(PERSON, Role.OWNER, PASSWORD, PERSON)
        console = Served(app)
        with console.server:
            figures = pages(console, 20 if given.quick else 40)
            figures |= live(console, app, Path(folder), given.viewers, 3 if given.quick else 8)
    publish("web", {"rows": rows}, figures, given.json)
    return int(figures["page_p95_ms"] > 100 or figures["live_p95_ms"] > 500 or figures["third_party_requests"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
