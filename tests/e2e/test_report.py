"""A laptop's Gainful reports its books and its work to the team's: every cent and every outcome arrives once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal

import pytest

from demo.mailbox import lay
from gainful.app import Gainful
from gainful.app.console import Role, Scope
from gainful.app.reporting.spans import agent_id
from gainful.core.ids import random_id
from gainful.core.money import Money, Tokens
from gainful.ledger.budget import Budget
from gainful.ledger.reservation import settle
from gainful.sdk.secret import Secret
from gainful.sdk.testing.local_server import free_ports
from gainful.sdk.testing.web_server import Reply, Seen, WebServer
from gainful.storage.settings.config import Home
from tests.fixtures.waiting import eventually

GAINFUL = str(Path(sys.executable).parent / "gainful")
CALLS = 90
ANN = "ann@example.org"
MODELS = ("openai:gpt-5-mini", "anthropic:claude-sonnet-4-5", "ollama:small")
AGENTS = ("helper", "writer", "triage")
Sums = dict[str, tuple[int, Decimal, Tokens]]


class Machine:
    """A home, and what runs in it."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.home = Home(folder)
        self.home.prepare()
        self.settle(settings)

    def settle(self, settings: str) -> None:
        """Write the settings."""
        self.home.config.write_text(settings, encoding="utf-8")

    def keep(self, name: str, secret: str) -> None:
        """Store a secret."""
        with Gainful.open(self.home) as app:
            app.secrets.put(name, Secret(name, secret))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command, ended."""
        command = [GAINFUL, "--home", str(self.home.path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """A command under way."""
        command = [GAINFUL, "--home", str(self.home.path), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """`gainful serve`, from when it is ready to its end."""
        with self.begin("serve") as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready:")
            try:
                yield
            finally:
                process.terminate()
            assert process.wait(300) == 0

    def work(self, first: int, count: int, begin: datetime) -> None:
        """So many calls of agents, each in a run of its own, at odd prices."""
        chance = random.Random(first)
        with Gainful.open(self.home) as app:
            for number in range(first, first + count):
                at, run = begin + timedelta(seconds=number), f"run{number:06}"
                agent, model = chance.choice(AGENTS), chance.choice(MODELS)
                cost = Money(Decimal(chance.randrange(10**9)) / 10**9)
                tokens = Tokens(*(chance.randrange(10_000) for _ in range(4)))
                app.runs.start(run, agent, "ann's mailbox", "schedule", applied=True, at=at)
                held = app.ledger.reserve([Budget("all", Money(10**6))], Money(1), f"{run}:ask", model, run)
                app.ledger.append([settle(held, cost, tokens, at, {f"mail:{number}": 1, "mail:other": 3})])
                app.runs.end(run, "done", {}, at + timedelta(seconds=1))

    def sums(self, by: Literal["model", "agent"]) -> Sums:
        """Calls, cost and tokens as the books have them; what this machine did itself among them."""
        with Gainful.open(self.home) as app:
            app.worth.report()
            found = app.usage.spent(by, date(2026, 1, 1), date(2100, 1, 1))
        return {one.name: (one.calls, one.cost.amount, one.tokens) for one in found}


def amounts(sums: Sums) -> dict[str, tuple[Decimal, Tokens]]:
    """Without the number of calls: here each part that an item bears is one."""
    return {name: (cost, tokens) for name, (_, cost, tokens) in sums.items()}


@pytest.fixture
def team(tmp_path: Path) -> Machine:
    """The team's server, not running yet."""
    (port,) = free_ports(1)
    made = Machine(tmp_path / "team", f'[owner]\nname = "olga@example.org"\n[server]\nport = {port}\n')
    made.keep("intake:laptops", "a-token-for-the-intake-alone")
    return made


def address(team: Machine) -> str:
    with Gainful.open(team.home) as app:
        return f"http://127.0.0.1:{app.config.server.port}"


@pytest.fixture
def laptop(tmp_path: Path, team: Machine) -> Machine:
    made = Machine(tmp_path / "laptop", reporting(address(team)))
    made.keep("report", "a-token-for-the-intake-alone")
    return made


def reporting(server: str, more: str = "") -> str:
    return f'[owner]\nname = "ann@example.org"\n[report]\nserver = "{server}"\n{more}'


def own(laptop: Machine) -> dict[str, tuple[Decimal, Tokens]]:
    """The laptop's sums by agent, under the names that its agents have elsewhere."""
    with Gainful.open(laptop.home) as app:
        installation = app.reporting.installation()
    return {agent_id(name, installation): rest for name, rest in amounts(laptop.sums("agent")).items()}


def handed_on(team: Machine, seen: Seen) -> bytes:
    """What the team's server answers to a request that came by another address."""
    link = HTTPConnection(address(team).removeprefix("http://"), timeout=60)
    named = {name: value for name, value in seen.headers.items() if name.lower() != "host"}
    link.request("POST", seen.path, seen.body, named)
    got = link.getresponse()
    body = got.read()
    link.close()
    assert got.status == 200
    return body


def of_her_own(team: Machine, laptop: Machine) -> None:
    """A token of Ann's alone on her laptop, in the place of one for the intake."""
    with Gainful.open(team.home) as app:
        app.access.add(ANN, Role.EMPLOYEE, None, "olga@example.org")
        token = app.access.add_token("anns-laptop", ANN, [Scope.REPORT], timedelta(days=1), "olga@example.org")
    laptop.keep("report", token)


def triaged(laptop: Machine) -> None:
    """The sample mailbox, put in order."""
    mail = laptop.home.path / "Mail"
    lay(mail, datetime.now(UTC))
    done = laptop.run("triage", f"maildir:{mail}", "--apply")
    assert done.returncode == 0, done.stderr


def board(team: Machine) -> dict[str, dict[str, object]]:
    """The team's board of agents, told anew, as its API shows it to its owner."""
    assert team.run("worth").returncode in (0, 6)
    name = f"olga-{random_id(8)}"
    with Gainful.open(team.home) as app:
        if app.access.account("olga@example.org") is None:
            app.access.add("olga@example.org", Role.OWNER, None, "olga@example.org")
        scopes, life = [Scope.READ, Scope.MANAGE], timedelta(days=1)
        token = app.access.add_token(name, "olga@example.org", scopes, life, "olga@example.org")
    link = HTTPConnection(address(team).removeprefix("http://"), timeout=60)
    link.request("GET", "/api/v1/boards/agent", headers={"authorization": f"Bearer {token}"})
    got = link.getresponse()
    rows = json.loads(got.read())
    link.close()
    assert got.status == 200, rows
    return {row["unit"]: row for row in rows}


def test_every_cent_arrives_while_both_serve(team: Machine, laptop: Machine) -> None:
    begin = datetime.now(UTC) - timedelta(hours=2)
    laptop.work(0, CALLS, begin)
    laptop.settle(reporting(address(team), "on = true\n"))
    with team.serving(), laptop.serving():
        until = time.monotonic() + 300
        # Two items share each call, and a part for each is told.
        while sum(calls for calls, _, _ in team.sums("model").values()) < 2 * CALLS:
            assert time.monotonic() < until, "it never came"
            time.sleep(0.5)
        # Nor is it under way any more: what is done next is for the command to tell, and not for `serve`.
        assert eventually(lambda: laptop.run("report").stdout.startswith("There is nothing new to tell"))
        laptop.work(CALLS, 10, begin)
        done = laptop.run("report", "now")
        assert (done.returncode, done.stdout) == (0, f"{address(team)} has acknowledged 50 spans.\n")
    assert amounts(team.sums("model")) == amounts(laptop.sums("model"))
    assert amounts(team.sums("agent")) == own(laptop)
    with Gainful.open(team.home) as app:
        assert app.directory.pseudonym("ann@example.org"), "the laptop's work is its person's"


def test_killed_between_sending_and_noting_it_nothing_is_there_twice(team: Machine, laptop: Machine) -> None:
    laptop.work(0, 30, datetime.now(UTC) - timedelta(hours=2))
    process: list[subprocess.Popen[str]] = []

    def kills(seen: Seen) -> Reply:
        """Hands the request on, and kills whoever sent it before they can hear the answer."""
        body = handed_on(team, seen)
        if process:
            os.kill(process[0].pid, signal.SIGKILL)
        return Reply(200, {"content-type": "application/json"}, body)

    with team.serving(), WebServer() as between:
        between.replies["/v1/traces"] = kills
        laptop.settle(reporting(between.origin))
        with laptop.begin("report", "now") as killed:
            process.append(killed)
            assert killed.wait(300) == -signal.SIGKILL
        process.clear()
        assert amounts(team.sums("model")) == amounts(laptop.sums("model")), "it had been taken"
        assert laptop.run("report", "now", "--json").stdout.startswith('{"server"')
        assert len(between.seen) == 2
        assert between.seen[0].body == between.seen[1].body
    assert amounts(team.sums("model")) == amounts(laptop.sums("model"))
    assert sum(calls for calls, _, _ in team.sums("model").values()) == 60
    assert amounts(team.sums("agent")) == own(laptop)


def test_away_it_keeps_what_is_new_and_looking_tells_nobody(team: Machine, laptop: Machine) -> None:
    laptop.work(0, 5, datetime.now(UTC) - timedelta(hours=2))
    away = laptop.run("report", "now")
    assert away.returncode == 4
    assert "report-unreachable" in away.stderr
    shown = laptop.run("report").stdout
    assert "5 calls and 5 runs:" in shown
    assert "mailbox" not in shown
    with team.serving():
        assert laptop.run("report", "show", "--json").returncode == 0
        assert team.sums("model") == {}
        assert laptop.run("report", "now").returncode == 0
        assert laptop.run("report").stdout.startswith("There is nothing new to tell")
        laptop.keep("report", "no-token-of-theirs")
        laptop.work(5, 1, datetime.now(UTC) - timedelta(hours=1))
        refused = laptop.run("report", "now")
        assert refused.returncode == 3
        assert "report-refused" in refused.stderr


def test_what_became_of_mail_stands_on_the_teams_board(team: Machine, laptop: Machine, tmp_path: Path) -> None:
    team.settle(team.home.config.read_text(encoding="utf-8") + "[worth]\nhorizons = { mail = 1 }\n")
    of_her_own(team, laptop)
    laptop.settle(reporting(address(team), "outcomes = true\n"))
    triaged(laptop)
    assert laptop.run("worth").returncode == 0
    with Gainful.open(laptop.home) as app:
        items = [item for item, _, _ in app.work.claims()]
        senders = {row.requester for row in app.work.opened(items).values()}
        agent = agent_id("triage", app.reporting.installation())
    assert len(items) > 10
    # Somebody's word, as her own machine has it.
    assert laptop.run("outcome", "accept", items[0], "--by", "bo@example.org").returncode == 0
    assert "claim" in laptop.run("report").stdout
    with team.serving():
        done = laptop.run("report", "now", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["facts"] == 2 * len(items) + 3, "items and claims, an agent, a word and an effect"
        assert (told["rejected"], told["refused"]) == (0, 0)
        there = laptop.run("report", "item", items[0]).stdout.strip()
        shown = team.run("outcome", "show", there).stdout
        assert "is claimed" in shown
        row = board(team)[agent]
        assert row["items"] == {"claimed": len(items)}, "her own machine's word is her own"
        # Bo's word, on the team's server.
        said = {"id": "1", "event": "accept", "item": there, "by": "bo@example.org"}
        at = datetime.now(UTC) - timedelta(days=2)
        (tmp_path / "said.jsonl").write_text(json.dumps({**said, "at": at.isoformat()}), encoding="utf-8")
        assert team.run("import", "outcomes", str(tmp_path / "said.jsonl"), "--system", "desk").returncode == 0
        row = board(team)[agent]
        assert row["items"] == {"claimed": len(items) - 1, "verified": 1}
        assert json.loads(laptop.run("report", "now", "--json").stdout)["facts"] == 0
    kept = b"".join(path.read_bytes() for path in team.home.path.rglob("*") if path.is_file())
    assert there.encode() in kept
    assert senders
    for private in (*senders, *items):
        assert private.encode() not in kept, "nobody learns whose mail it was"


def test_killed_between_telling_of_outcomes_and_noting_it_nothing_counts_twice(team: Machine, laptop: Machine) -> None:
    of_her_own(team, laptop)
    triaged(laptop)
    process: list[subprocess.Popen[str]] = []

    def kills(seen: Seen) -> Reply:
        body = handed_on(team, seen)
        if process:
            os.kill(process[0].pid, signal.SIGKILL)
        return Reply(200, {"content-type": "application/json"}, body)

    with team.serving(), WebServer() as between:
        between.replies["/v1/traces"] = lambda seen: Reply(
            200, {"content-type": "application/json"}, handed_on(team, seen)
        )
        between.replies["/api/v1/reports"] = kills
        laptop.settle(reporting(between.origin, "outcomes = true\n"))
        with laptop.begin("report", "now") as killed:
            process.append(killed)
            assert killed.wait(300) == -signal.SIGKILL
        process.clear()
        first = facts_of(team)
        assert first["claim"] > 0, "it had been taken"
        done = laptop.run("report", "now", "--json")
        assert done.returncode == 0, done.stderr
        sent = [seen.body for seen in between.seen if seen.path == "/api/v1/reports"]
        assert sent[0] == sent[1]
    with Gainful.open(laptop.home) as app:
        assert facts_of(team)["claim"] == facts_of(team)["work_item"] == len(app.work.claims())


def facts_of(team: Machine) -> Counter[str]:
    """How many facts of each kind about items the team's server has."""
    found: Counter[str] = Counter()
    with Gainful.open(team.home) as app:
        for case in app.facts.record(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)).cases():
            found["claim"] += len(case.claims)
            found["work_item"] += case.item is not None
    return found
