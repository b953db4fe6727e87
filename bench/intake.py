"""How much telemetry is taken in, what it costs, and what of it is lost when the process is killed?

A generator of OTLP/HTTP spans (`--load`, a script that takes `--url --spans --batch --concurrency`) sends to
`gainful serve` as a process of its own.

- `durable_spans_per_s`: spans that the database holds, by the time that the generator took. Each request is committed
  before it is answered, so what was accepted is durable.
- `cpu_ms_per_span`, `rss_mb`: of the server.
- `lost_acknowledged`, `doubled`: over `--blows` kills with SIGKILL under load. Four senders send requests of 50 spans,
and
  send each again until it is answered with 200; the server is killed at a random moment and started anew. Lost: spans
  of a request that was answered and that the database does not hold. Doubled: spans that it holds twice.
- `query_p95_ms_200k`, `query_p95_ms_10m`: the slowest of the pages' queries (cost by model, by team, by tool, by day;
  useful weeks; the boards of 300 teams and of 10,000 agents; findings), with that many calls in the database.

    python -m bench.intake --load OTLP_LOAD.py [--quick] [--what load|kills|queries] [--rows N] --json FILE
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from bench.report import options, percentile, publish
from gainful.app import Gainful
from gainful.core.fact import Agent, Call, Person, Run, Team
from gainful.core.money import Tokens
from gainful.storage.settings.config import Home
from gainful.storage.worth.assessment_store import Kept
from gainful.worth.assess import assess
from gainful.worth.assessment import Assessment
from gainful.worth.record import HeldRecord, Organisation, Use
from gainful.worth.settings import WorthSettings

TOKEN = "benchmark-token-of-32-characters"
BATCH = 50
WAIT = 30.0


class Server:
    """`gainful serve`, as a process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with closing(socket.socket()) as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        home.mkdir(parents=True, exist_ok=True)
        (home / "gainful.toml").write_text(f"[server]\nport = {self.port}\n\n[intake]\nopen = true\n", encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        # The tables are made once in the life of an installation, and not by the process that is measured.
        self._gainful("secrets", "list")

    def _gainful(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "gainful", *arguments],
            env={**os.environ, "GAINFUL_HOME": str(self.home)},
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gainful", "serve"],
            env={**os.environ, "GAINFUL_HOME": str(self.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            with closing(socket.socket()) as found:
                if found.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("gainful serve does not listen")

    def kill(self) -> None:
        """Kill it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(WAIT)

    @property
    def url(self) -> str:
        """Where spans go."""
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def cpu(self) -> float:
        """CPU seconds so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self) -> float:
        """Most memory so far, MB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024

    def held(self) -> int:
        """Calls and runs that the database holds."""
        with closing(sqlite3.connect(Home(self.home).database)) as found:
            calls = found.execute("SELECT count(*) FROM reported_calls").fetchone()[0]
            runs = found.execute("SELECT count(*) FROM facts WHERE kind = 'run'").fetchone()[0]
            return int(calls + runs)


def load(script: Path, place: Path, spans: int) -> dict[str, float]:
    """Throughput, CPU and memory under load."""
    server = Server(place / "load")
    server.start()
    try:
        begun, cpu = time.monotonic(), server.cpu()
        command = [sys.executable, str(script), "--url", server.url, "--spans", str(spans), "--batch", "100"]
        done = subprocess.run([*command, "--concurrency", "4"], capture_output=True, text=True, check=True)
        took = time.monotonic() - begun
        print(done.stdout)
        held = server.held()
        return {
            "durable_spans_per_s": held / took,
            "cpu_ms_per_span": 1000 * (server.cpu() - cpu) / held,
            "rss_mb": server.rss(),
            "load_lost": spans - held,
        }
    finally:
        server.stop()


def kills(place: Path, blows: int, seed: int = 1) -> dict[str, float]:
    """What is lost or doubled when it is killed under load."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    server, chance = Server(place / "kills"), random.Random(seed)
    server.start()
    stop, answered, lock = threading.Event(), set[str](), threading.Lock()

    def request(rng: random.Random) -> tuple[bytes, set[str]]:
        message, ids = ExportTraceServiceRequest(), set[str]()
        group = message.resource_spans.add()
        spans = group.scope_spans.add().spans
        for _ in range(BATCH):
            span = spans.add()
            span.trace_id, span.span_id = rng.randbytes(16), rng.randbytes(8)
            span.parent_span_id = rng.randbytes(8)
            span.start_time_unix_nano = time.time_ns()
            span.end_time_unix_nano = span.start_time_unix_nano + 10**9
            for name, text in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-5-mini")):
                attribute = span.attributes.add()
                attribute.key, attribute.value.string_value = name, text
            ids.add(f"span:{span.trace_id.hex()}:{span.span_id.hex()}")
        return message.SerializeToString(), ids

    def send(number: int) -> None:
        rng = random.Random(f"{seed}-{number}")
        while not stop.is_set():
            body, ids = request(rng)
            while True:
                try:
                    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                    link.request("POST", urlsplit(server.url).path, body, {"content-type": "application/x-protobuf"})
                    if link.getresponse().status == 200:
                        break
                except OSError:
                    time.sleep(0.02)
                except http.client.HTTPException:
                    pass
                finally:
                    link.close()
                if stop.is_set():
                    return
            with lock:
                answered.update(ids)
            if rng.random() < 0.1:
                # As an exporter does that did not hear the answer.
                link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                try:
                    link.request("POST", urlsplit(server.url).path, body, {"content-type": "application/x-protobuf"})
                    link.getresponse().read()
                except (OSError, http.client.HTTPException):
                    pass
                finally:
                    link.close()

    senders = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(4)]
    for sender in senders:
        sender.start()
    for blow in range(blows):
        time.sleep(chance.uniform(0.2, 1.2))
        server.kill()
        server.start()
        print(f"blow {blow + 1} of {blows}: {len(answered)} spans answered", flush=True)
    time.sleep(1.0)
    stop.set()
    for sender in senders:
        sender.join(10)
    server.stop()
    with closing(sqlite3.connect(Home(server.home).database)) as found:
        held = [row[0] for row in found.execute("SELECT key FROM reported_calls")]
        summed = found.execute("SELECT sum(calls) FROM spending WHERE dimension = 'model'").fetchone()[0]
    return {
        "blows": blows,
        "acknowledged": len(answered),
        "lost_acknowledged": len(answered - set(held)),
        "doubled": len(held) - len(set(held)) + abs(summed - len(held)),
    }


def fill(app: Gainful, rows: int) -> None:
    """Report so many calls of ten thousand people in half a year, and keep what worth came to."""
    chance, begin = random.Random(1), datetime(2026, 1, 5, tzinfo=UTC)
    teams = [f"team-{number:03d}" for number in range(300)]
    people = [f"person-{number:05d}" for number in range(10_000)]
    app.facts.append([Team(at=begin, id=team) for team in teams], "bench")
    app.facts.append([Person(at=begin, id=one, team=teams[number % 300]) for number, one in enumerate(people)], "bench")
    models = [(f"provider-{number % 4}", f"model-{number}") for number in range(12)]
    tools = ["gainful", "claude-code", "codex", "gemini-cli", "copilot"]
    done = 0
    while done < rows:
        batch: list[Call] = []
        while len(batch) < min(20_000, rows - done):
            # A run: somebody's agent, in one tool, four calls a few minutes apart.
            number, who, tool = (done + len(batch)) // 4, chance.randrange(10_000), chance.choice(tools)
            begun = begin + timedelta(seconds=chance.randrange(180 * 86_400))
            for step in range(4):
                provider, model = chance.choice(models)
                batch.append(
                    Call(
                        at=begun + timedelta(minutes=2 * step),
                        id=f"{number}-{step}",
                        run=f"run-{number}",
                        person=people[who],
                        agent=f"agent-{who:05d}",
                        tool=tool,
                        provider=provider,
                        model=model,
                        tokens=Tokens(chance.randrange(4000), chance.randrange(40_000), 0, chance.randrange(2000)),
                        cost=Decimal(chance.randrange(1, 90_000)) / 1_000_000,
                    )
                )
        app.facts.append(batch, "bench")
        done += len(batch)
        if done % 1_000_000 == 0:
            print(f"{done:,} calls", flush=True)
    told = _assessment(teams, people, begin)
    app.tellings.save(told, "", begin)
    app.worth.months.keep(told)


def queries(place: Path, rows: int, name: str) -> dict[str, float]:
    """How long the pages' queries take with so many calls."""
    with Gainful.open(Home(place / f"queries-{name}")) as app:
        fill(app, rows)
        since, until = date(2026, 1, 1), date(2026, 8, 1)
        asked: dict[str, Callable[[], object]] = {
            "model": lambda: app.usage.spent("model", since, until),
            "team": lambda: app.usage.spent("team", since, until),
            "tool": lambda: app.usage.spent("tool", since, until),
            "day": lambda: app.usage.by_day(since, until),
            "engagement": lambda: app.tellings.weeks_together(_latest(app).id),
            "board_of_teams": lambda: app.tellings.board(_latest(app).id, "team", 100),
            "board_of_agents": lambda: app.tellings.board(_latest(app).id, "agent", 100),
            "findings": lambda: app.tellings.findings(_latest(app).id, 100),
        }
        figures: dict[str, float] = {}
        for what, ask in asked.items():
            times = []
            for _ in range(40):
                begun = time.perf_counter()
                ask()
                times.append(1000 * (time.perf_counter() - begun))
            figures[f"query_{what}_p95_ms_{name}"] = percentile(times, 0.95)
        figures[f"query_p95_ms_{name}"] = max(figures.values())
        figures[f"rows_{name}"] = rows
    return figures


def _latest(app: Gainful) -> Kept:
    kept = app.tellings.latest()
    assert kept is not None
    return kept


def _assessment(teams: list[str], people: list[str], begin: datetime) -> Assessment:
    """What worth came to for so many teams and agents in six months; a page reads it as it was kept."""
    agents = [f"agent-{number:05d}" for number in range(len(people))]
    who = Organisation(
        people={one: Person(at=begin, id=one, team=teams[number % len(teams)]) for number, one in enumerate(people)},
        agents={name: Agent(at=begin, id=name, owner=one) for name, one in zip(agents, people, strict=True)},
    )
    uses = [
        Use(
            Run(at=at, id=f"r-{month}-{one}", agent=name, person=one),
            (Call(at=at, id=f"{month}-{one}", cost=Decimal(1)),),
        )
        for month, at in enumerate(begin + timedelta(days=30 * number) for number in range(6))
        for name, one in zip(agents, people, strict=True)
    ]
    return assess(HeldRecord(begin, begin + timedelta(weeks=26), who, (), uses), WorthSettings())


def main() -> int:
    """Measure and publish."""
    parser = options("intake", "How much telemetry is taken in, and what is lost?")
    parser.add_argument("--load", type=Path, help="the generator of spans")
    parser.add_argument("--what", choices=("all", "load", "kills", "queries"), default="all")
    parser.add_argument("--rows", type=int, default=10_000_000, help="calls for the large queries")
    parser.add_argument("--blows", type=int, help="kills")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="gainful-intake-") as place:
        if given.what in ("all", "load"):
            if given.load is None:
                parser.error("--load names the generator")
            figures |= load(given.load, Path(place), 5_000 if given.quick else 40_000)
        if given.what in ("all", "kills"):
            figures |= kills(Path(place), given.blows or (5 if given.quick else 50))
        if given.what in ("all", "queries"):
            figures |= queries(Path(place), 200_000, "200k")
            if not given.quick:
                figures |= queries(Path(place), given.rows, "10m")
    publish("intake", {"rows": given.rows}, figures, given.json)
    lost = figures.get("lost_acknowledged", 0) + figures.get("doubled", 0)
    return int(lost > 0)


if __name__ == "__main__":
    raise SystemExit(main())
