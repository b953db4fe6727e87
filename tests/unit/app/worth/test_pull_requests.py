"""From a real repository to the books: merged by somebody else, half of it left, one of them reverted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.worth.pull_requests import KNOWN_AGENTS, Found, PullRequests
from gainful.intake.judges.pull_request import Agents
from gainful.storage.settings.config import Home
from gainful.worth.record import Case

START = datetime(2026, 10, 1, 9, tzinfo=UTC)
CLAUDE = "Co-Authored-By: Claude <noreply@anthropic.com>"


@dataclass
class Repository:
    """A repository whose time stands where a test puts it."""

    path: Path
    day: float = 0
    lines: list[str] = field(default_factory=list)

    def git(self, *arguments: str, author: str = "ann", committer: str = "") -> None:
        at = (START + timedelta(days=self.day)).isoformat()
        names = {"AUTHOR": author, "COMMITTER": committer or author}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            **{f"GIT_{role}_NAME": who.title() for role, who in names.items()},
            **{f"GIT_{role}_EMAIL": f"{who}@example.org" for role, who in names.items()},
            **{f"GIT_{role}_DATE": at for role in names},
        }
        subprocess.run(["git", *arguments], cwd=self.path, env=environment, check=True, capture_output=True)

    def commit(self, message: str, lines: list[str], author: str = "ann", committer: str = "") -> None:
        self.lines = lines
        (self.path / "shop.py").write_text("".join(f"{line}\n" for line in lines))
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}", author=author, committer=committer)


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    (tmp_path / "shop").mkdir()
    made = Repository(tmp_path / "shop")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("First", ["one"], author="root")
    return made


@pytest.fixture
def now() -> list[datetime]:
    return [START + timedelta(days=60)]


@pytest.fixture
def app(tmp_path: Path, now: list[datetime]) -> Iterator[Gainful]:
    with Gainful.open(Home(tmp_path / "home"), lambda: now[0]) as opened:
        yield opened


def imported(app: Gainful, shop: Repository, since: datetime | None = None) -> Found:
    found = PullRequests(app.facts, app.marks, app.clock)
    return found.read(shop.path, "shop", "main", Agents(KNOWN_AGENTS), since)


def case(app: Gainful, name: str) -> Case:
    return app.facts.case(f"pull-request:shop{name}")[1]


def test_what_is_left_and_what_was_reverted(app: Gainful, shop: Repository) -> None:
    shop.day = 1
    shop.commit(f"Add four (#1)\n\n{CLAUDE}", [*shop.lines, "a", "b", "c", "d"], committer="bo")
    shop.day = 2
    shop.commit("Add two (#2)", [*shop.lines, "x", "y"], author="cy", committer="bo")
    shop.day = 3
    shop.git("revert", "--no-edit", "HEAD", author="bo")
    shop.day = 20
    shop.commit("Rewrite (#3)", ["one", "a", "b", "C", "D"], author="cy")
    found = imported(app, shop)
    assert (found.pulls, found.accepted, found.reverted, found.counted) == (3, 2, 1, 6)
    first = case(app, "#1")
    assert [one.what for one in first.evidence] == ["effect", "survived", "survived"]
    assert [one.share for one in first.evidence] == [1.0, 1.0, 0.5]
    assert first.evidence[2].at == START + timedelta(days=31)
    shown = app.outcomes.show("pull-request:shop#1")
    assert (shown.settled.state, shown.settled.share) == ("verified", 0.5)
    assert shown.settled.agent.startswith("claude-code of ")
    assert app.outcomes.show("pull-request:shop#2").settled.state == "reversed"
    assert [one.share for one in case(app, "#2").evidence] == [1.0, 0.0, 0.0]
    # Nobody but its author has merged it.
    assert app.outcomes.show("pull-request:shop#3").settled.state in ("claimed", "expired")


def test_again_it_changes_nothing_and_counts_nothing(app: Gainful, shop: Repository) -> None:
    shop.day = 1
    shop.commit("Add (#1)", [*shop.lines, "a"], committer="bo")
    first = imported(app, shop)
    assert (first.new, first.doubled, first.counted) == (6, 0, 2)
    again = imported(app, shop)
    assert (again.new, again.counted) == (0, 0)
    head = app.facts.head()
    # Without the mark, as after a crash, everything is read anew, and nothing is booked twice.
    assert imported(app, shop, since=START).new == 0
    assert app.facts.head() == head
    assert app.facts.verify() == ""


def test_lines_are_counted_when_their_days_are_over(app: Gainful, shop: Repository, now: list[datetime]) -> None:
    shop.day = 1
    shop.commit("Add (#1)", [*shop.lines, "a"], committer="bo")
    counted = []
    for days in (10, 16, 20, 40, 50):
        now[0] = START + timedelta(days=days)
        counted.append(imported(app, shop).counted)
    assert counted == [0, 1, 0, 1, 0]
    assert [one.share for one in case(app, "#1").evidence] == [1.0, 1.0, 1.0]


def test_a_copy_that_was_not_fetched_since_tells_of_no_survival(app: Gainful, shop: Repository) -> None:
    shop.day = 1
    shop.commit("Add (#1)", [*shop.lines, "a"], committer="bo")
    shop.git("remote", "add", "origin", "https://example.org/shop.git")
    found = imported(app, shop)
    assert (found.counted, found.until) == (0, START + timedelta(days=1))
    assert [one.what for one in case(app, "#1").evidence] == ["effect"]


def test_what_was_merged_before_is_left_out(app: Gainful, shop: Repository) -> None:
    shop.day = 1
    shop.commit("Add (#1)", [*shop.lines, "a"], committer="bo")
    shop.day = 5
    shop.commit("Add more (#2)", [*shop.lines, "b"], committer="bo")
    assert imported(app, shop, since=START + timedelta(days=2)).pulls == 1
    assert case(app, "#1").item is None


def test_two_people_with_one_tool_are_two_agents(app: Gainful, shop: Repository) -> None:
    for number, author in enumerate(("ann", "cy"), 1):
        shop.day = number
        shop.commit(f"Add (#{number})\n\n{CLAUDE}", [*shop.lines, author], author=author, committer="bo")
    imported(app, shop)
    agents = {app.outcomes.show(f"pull-request:shop#{number}").settled.agent for number in (1, 2)}
    assert len(agents) == 2
