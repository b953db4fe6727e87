"""What mends a finding is applied through the doors that people use, or said where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.agent.agents import NotYourAgent
from gainful.app.worth.mending import Mending
from gainful.core.errors import Invalid
from gainful.core.fact import Agent, Call, Person, Run
from gainful.core.money import Money
from gainful.storage.settings.config import Home
from gainful.worth.finding import SCHEDULE, Fix, Remedy

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TEXT = """\
---
name: watcher
owner: ada
purpose: Looks after the shop.
triggers:
  - on: cron
    at: "0 9 * * 1-5"
    wake: always  # until the shop is open
---
Look after the shop.
"""
GATHERING = TEXT.replace("---\nLook", "gather:\n  - tool: memory.search\n    with: {query: shop}\n---\nLook")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text('[owner]\nname = "ada"\n', encoding="utf-8")
    with Gainful.open(home, lambda: NOW) as opened:
        yield opened


def mending(app: Gainful, tool: str = "gainful") -> Mending:
    return Mending(app.guards, app.budgets, app.agents, lambda agents: dict.fromkeys(agents, tool))


def write(app: Gainful, text: str) -> Path:
    file = app.home.path / "agents" / "watcher" / "AGENT.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def enabled(app: Gainful, text: str = TEXT) -> Path:
    file = write(app, text)
    app.agents.enable("watcher", app.agents.change("watcher").digest)
    return file


def test_a_paused_agent_is_stopped_as_by_hand_and_once(app: Gainful) -> None:
    enabled(app)
    done = mending(app).apply(Fix(Remedy.PAUSE, "watcher"), "finding 4f2a, 12.00 USD")
    assert (done.done, done.undo) == (True, "gainful resume watcher")
    assert "finding 4f2a" in app.guards.stops.reason("watcher")
    assert not mending(app).apply(Fix(Remedy.PAUSE, "watcher")).done
    assert [row.kind for row in app.audit.rows()][-1] == "stop"
    assert app.guards.resume("watcher")


def test_a_reason_of_any_length_fits(app: Gainful) -> None:
    assert mending(app).apply(Fix(Remedy.PAUSE, "triage"), "word " * 500).done


def test_a_budget_is_set_and_never_raised(app: Gainful) -> None:
    enabled(app)
    first = mending(app).apply(Fix(Remedy.BUDGET, "watcher", "12.50"))
    assert (first.done, first.undo) == (True, "gainful budget remove agent:watcher --period month")
    (limit,) = app.budgets.limits()
    assert (limit.scope, limit.period, limit.cap, limit.set_by) == ("agent:watcher", "month", Money("12.50"), "ada")
    higher = mending(app).apply(Fix(Remedy.BUDGET, "watcher", "20"))
    assert not higher.done
    lower = mending(app).apply(Fix(Remedy.BUDGET, "watcher", "3"))
    assert (lower.done, lower.undo) == (True, "gainful budget set agent:watcher 12.5 --period month")
    assert app.budgets.limits()[0].cap == Money(3)


def test_a_cap_on_calls_stays_beside_the_one_on_money(app: Gainful) -> None:
    enabled(app)
    app.budgets.set("agent:watcher", "month", None, 40)
    done = mending(app).apply(Fix(Remedy.BUDGET, "watcher", "5"))
    assert done.undo == "gainful budget set agent:watcher none --period month"
    assert (app.budgets.limits()[0].cap, app.budgets.limits()[0].calls) == (Money(5), 40)


@pytest.mark.parametrize("amount", ["-1", "much"])
def test_an_amount_that_is_none_is_refused(app: Gainful, amount: str) -> None:
    enabled(app)
    with pytest.raises(Invalid):
        mending(app).apply(Fix(Remedy.BUDGET, "watcher", amount))
    assert app.budgets.limits() == []


def test_triggers_wait_for_a_change_from_now_on(app: Gainful) -> None:
    file = enabled(app, GATHERING)
    done = mending(app).apply(Fix(Remedy.ON_CHANGE, "watcher"))
    assert done.done
    assert "    wake: changed  # until the shop is open\n" in file.read_text(encoding="utf-8")
    state = app.agents.state("watcher")
    assert (state.state, state.changed) == ("enabled", False)
    assert app.agents.version("watcher").file.woken_by[0].wake == "changed"
    assert len(app.agents.history("watcher")) == 2


def test_a_clock_with_nothing_to_compare_wakes_nobody_any_more(app: Gainful) -> None:
    file = enabled(app)
    done = mending(app).apply(Fix(Remedy.ON_CHANGE, "watcher", SCHEDULE))
    assert (done.done, done.undo) == (True, "gainful agent enable watcher")
    assert file.read_text(encoding="utf-8") == TEXT
    assert app.agents.state("watcher").state == "disabled"
    again = mending(app).apply(Fix(Remedy.ON_CHANGE, "watcher", SCHEDULE))
    assert (again.done, "disabled" in again.said) == (False, True)


def test_a_finding_about_other_runs_leaves_the_clocks_alone(app: Gainful) -> None:
    enabled(app)
    done = mending(app).apply(Fix(Remedy.ON_CHANGE, "watcher"))
    assert (done.done, app.agents.state("watcher").state) == (False, "enabled")


def test_an_edited_file_is_not_brought_into_force_by_the_way(app: Gainful) -> None:
    enabled(app, GATHERING)
    edited = GATHERING.replace("Look after the shop.\n", "Delete the shop.\n")
    file = write(app, edited)
    done = mending(app).apply(Fix(Remedy.ON_CHANGE, "watcher"))
    assert not done.done
    assert file.read_text(encoding="utf-8") == edited
    assert app.agents.version("watcher").file.instructions.strip() == "Look after the shop."


def test_only_its_owner_changes_what_wakes_an_agent(app: Gainful, tmp_path: Path) -> None:
    file = enabled(app, GATHERING)
    app.home.config.write_text('[owner]\nname = "bo"\n', encoding="utf-8")
    with Gainful.open(app.home, lambda: NOW) as others:
        with pytest.raises(NotYourAgent):
            mending(others).apply(Fix(Remedy.ON_CHANGE, "watcher"))
        assert others.agents.version("watcher").file.woken_by[0].wake == "always"
    assert file.read_text(encoding="utf-8") == GATHERING


def test_built_in_jobs_have_no_file_to_change(app: Gainful) -> None:
    done = mending(app).apply(Fix(Remedy.ON_CHANGE, "triage"))
    assert not done.done
    assert "wake: changed" in done.said


@pytest.mark.parametrize("remedy", list(Remedy))
def test_what_runs_elsewhere_is_not_touched_and_told(app: Gainful, remedy: Remedy) -> None:
    file = enabled(app, GATHERING)
    done = mending(app, "claude-code").apply(Fix(remedy, "watcher", "5"))
    assert (done.done, done.undo) == (False, "")
    assert len(done.said) > 40
    assert file.read_text(encoding="utf-8") == GATHERING
    assert app.guards.stops.all() == []
    assert app.budgets.limits() == []
    unknown = mending(app, "").apply(Fix(remedy, "nobody-here", "5"))
    assert not unknown.done


def test_budgets_elsewhere_are_told_with_their_amount(app: Gainful) -> None:
    told = mending(app, "litellm").apply(Fix(Remedy.BUDGET, "summaries", "12.50")).said
    assert "max_budget" in told
    assert "12.50 USD a month" in told


def test_a_finding_is_found_and_mended(app: Gainful) -> None:
    """From facts to a schedule that no longer turns."""
    enabled(app)
    facts = [
        Person(at=NOW - timedelta(days=90), id="ada", team="shop"),
        Agent(at=NOW - timedelta(days=90), id="watcher", owner="ada", tool="gainful"),
    ]
    nights = [NOW - timedelta(days=number) for number in range(60, 30, -1)]
    runs = [
        Run(at=at, id=f"r{at:%m%d}", agent="watcher", person="ada", trigger="schedule", output_hash="same")
        for at in nights
    ]
    calls = [
        Call(at=at, id=f"c{at:%m%d}", run=f"r{at:%m%d}", provider="acme", model="m", cost=Decimal("0.20"))
        for at in nights
    ]
    app.facts.append([*facts, *runs, *calls], "test")
    (finding,) = app.worth.findings()
    assert (finding.kind, finding.agent, finding.cost) == ("idle-schedule", "watcher", Money(6))
    done = app.mending.apply(finding.fix, f"finding {finding.id}")
    assert done.done
    assert app.agents.state("watcher").state == "disabled"
