"""A team's console on PostgreSQL as a whole: waste is mended, an agent tried, a laptop reports, and pages are read."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gainful.app import Gainful
from gainful.app.console import Role, Scope
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.sdk.testing.local_server import free_ports
from tests.e2e.test_report import Machine, amounts, own, reporting
from tests.fixtures.waiting import eventually
from tests.unit.web import handbook

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
EMPLOYEE = "tom@example.org"
TOKEN = "a-token-for-the-intake-alone"
ASK = (
    "import sys; from pathlib import Path; from gainful.app import Gainful\n"
    "from gainful.storage.settings.config import Home; from tests.unit.web import handbook\n"
    "app = Gainful.open(Home(Path(sys.argv[1]))); handbook.answered(app)\n"
)
READ = (
    *("/", "/agents", "/runs", "/audits", "/settings", "/books", "/books/waste", "/books/weeks"),
    *(f"/books/boards/{unit}" for unit in ("team", "agent", "person")),
    *(f"/books/boards/{unit}/csv" for unit in ("team", "agent", "person")),
    *(f"/books/cost/{by}" for by in ("model", "tool", "team", "agent", "day")),
)


@dataclass
class Team:
    """A served console on a team's database."""

    machine: Machine
    port: int
    person: str

    def request(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str, str]:
        """Status, where it leads, and the body of an answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as link:
            link.request(method, path, body or None, headers)
            answer = link.getresponse()
            return answer.status, answer.getheader("location") or "", answer.read().decode()

    def browser(self, person: str) -> Browser:
        """Somebody's, signed in."""
        with Gainful.open(self.machine.home) as app:
            return Browser(self, {"cookie": f"gainful-session={app.access.sign_in(person, PASSWORD)}"})


@dataclass
class Browser:
    """Reads pages and sends their forms."""

    team: Team
    own: dict[str, str]

    def get(self, path: str) -> str:
        """A page."""
        status, _, body = self.team.request("GET", path, self.own)
        assert status == 200, (path, re.sub(r"<[^>]+>", " ", body)[-1500:])
        return body

    def post(self, path: str, form: dict[str, str] | None = None) -> str:
        """The page that a form of the home page leads to, and its address behind it."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get("/"))
        assert found is not None
        headers = {
            **self.own,
            "content-type": "application/x-www-form-urlencoded",
            "origin": f"http://127.0.0.1:{self.team.port}",
        }
        status, to, body = self.team.request("POST", path, headers, urlencode({"csrf": found.group(1), **(form or {})}))
        assert status == 303, body
        return to


@pytest.fixture
def team(tmp_path: Path, team_url: str) -> Iterator[Team]:
    """A company's ten weeks and an agent that answers from a handbook, in one PostgreSQL, and `gainful serve` on it."""
    (port,) = free_ports(1)
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "hours.md").write_text("Closed on Friday.", encoding="utf-8")
    more = f'\n[storage]\ndatabase = "{team_url}"\n[files.folders]\nhandbook = "{notes}"\n'
    show = ConsoleShow(tmp_path, port, system_clock, more)
    show.lay(lambda _done, _whole: None)
    folder = show.home.path / "agents" / "handbook"
    folder.mkdir()
    (folder / "AGENT.md").write_text(handbook.AGENT, encoding="utf-8")
    (folder / "script.yaml").write_text(handbook.SCRIPT, encoding="utf-8")
    machine = Machine(show.home.path, show.home.config.read_text(encoding="utf-8"))
    machine.keep("intake:laptops", TOKEN)
    with Gainful.open(show.home) as app:
        assert app.database.dialect.name == "postgresql"
        handbook.enable(app)
        app.access.change_password(show.person, PASSWORD, show.person)
        app.access.add(EMPLOYEE, Role.EMPLOYEE, PASSWORD, show.person)
    # In a process of its own, as in life: an engine begins once in a process.
    subprocess.run([sys.executable, "-c", ASK, str(show.home.path)], cwd=ROOT, check=True, capture_output=True)
    with machine.serving():
        made = Team(machine, port, show.person)
        assert eventually(lambda: _answers(made))
        yield made


def _answers(team: Team) -> bool:
    try:
        return team.request("GET", "/sign-in", {})[0] == 200
    except ConnectionError:
        return False


def test_waste_is_mended_an_agent_tried_and_a_laptop_reported(team: Team, tmp_path: Path) -> None:
    owner = team.browser(team.person)
    _mend(owner)
    _try(owner)
    _report(team, owner, tmp_path)
    assert owner.post("/books/tell") == "/books"
    for path in READ:
        owner.get(path)
    team.browser(EMPLOYEE).get("/books")
    _same_in_the_api(team, owner)
    checks = {one["check"]: one["state"] for one in map(json.loads, _doctor(team))}
    assert (checks["database"], checks["books"], checks["sums"]) == ("ok", "ok", "ok")


def _mend(owner: Browser) -> None:
    """The dearest finding, which is about an agent of this installation, in the month it lies in and altogether."""
    month = f"{datetime.now(UTC) - timedelta(days=14):%Y-%m}"
    chosen, page = owner.get(f"/books/waste?from={month}&to={month}"), owner.get("/books/waste")
    finding = page.split('action="/books/waste/')[1].split('"')[0]
    assert f'action="/books/waste/{finding}"' in chosen, "it lies in that month, too"
    name = html.unescape(page.split(f'id="f-{finding}"')[1]).split("' would be stopped")[0].rpartition("'")[2]
    assert owner.post(f"/books/waste/{finding}") == "/books/waste"
    assert "is stopped: nothing it does begins any more" in owner.get("/books/waste")
    assert f"'{name}' was stopped already" in html.unescape(owner.get("/books/waste"))
    with Gainful.open(owner.team.machine.home) as app:
        assert f"finding {finding}" in app.guards.stops.reason(name)


def _try(owner: Browser) -> None:
    """An agent, on what it was asked before; the console's own process does it."""
    assert "When is it closed?" in owner.get("/agents/handbook/try")
    to = owner.post("/agents/handbook/try", {"input": "o1", "version": "enabled"})
    assert eventually(lambda: "It is over." in owner.get(to))
    shown = owner.get(to)
    assert "Nothing was done" in shown
    assert "On Friday. There is" in shown


def _report(team: Team, owner: Browser, folder: Path) -> None:
    """A laptop of somebody else's tells what it did, and every cent stands on the team's pages."""
    laptop = Machine(folder / "laptop", reporting(f"http://127.0.0.1:{team.port}"))
    laptop.keep("report", TOKEN)
    # All of it on one day, whenever this is.
    at = (datetime.now(UTC) - timedelta(hours=2)).replace(minute=0, second=0)
    laptop.work(0, 30, at)
    done = laptop.run("report", "now")
    assert done.returncode == 0, done.stderr
    told = own(laptop)
    assert told.items() <= amounts(team.machine.sums("agent")).items()
    page = owner.get("/books/cost/agent/csv")
    for agent, (cost, _) in told.items():
        assert f"{agent},{cost}," in page
    chosen = urlencode({"by": "agent", "name": next(iter(told))})
    assert "/books/runs/" in owner.get(f"/books/days/{at:%Y-%m-%d}?{chosen}")


def _same_in_the_api(team: Team, owner: Browser) -> None:
    """A program of the owner's is told of all there is, and one of somebody else's of no baseline."""
    with Gainful.open(team.machine.home) as app:
        tokens = [
            app.access.add_token(f"t-{person}", person, scopes, timedelta(days=1), team.person)
            for person, scopes in ((team.person, list(Scope)), (EMPLOYEE, [Scope.READ]))
        ]
    (whole, everybody) = (
        json.loads(team.request("GET", "/api/v1/worth", {"authorization": f"Bearer {token}"})[2]) for token in tokens
    )
    assert whole["baselines"]
    assert everybody["baselines"] is None
    assert everybody["until"] < whole["until"]


def _doctor(team: Team) -> list[str]:
    return team.machine.run("doctor", "--json").stdout.splitlines()
