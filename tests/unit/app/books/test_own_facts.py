"""Gainful's own work is told in the words in which other systems report theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.books.own_facts import OwnFacts
from gainful.core.money import Money, Tokens
from gainful.ledger.attention import attention
from gainful.ledger.budget import Budget
from gainful.ledger.outcome import Outcome, WorkItem
from gainful.ledger.report import Spending
from gainful.ledger.reservation import settle
from gainful.ledger.waste import waste
from gainful.storage.settings.config import Home

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def own_facts(app: Gainful) -> OwnFacts:
    return OwnFacts(app.ledger, app.runs, app.work, app.facts, app.marks, app.guards.person)


def test_calls_claims_and_verdicts_become_facts_once(tmp_path: Path) -> None:
    now = [NOW]
    with Gainful.open(Home(tmp_path / "home"), lambda: now[0]) as app:
        app.runs.start("run1", "helper", "team", "schedule", applied=True, at=NOW)
        held = app.ledger.reserve([Budget("helper", Money(5))], Money(1), "run1:ask1", "openai:gpt-5-mini", "run1")
        shares = {"mail:1": 1, "mail:2": 3}
        app.ledger.append([settle(held, Money("0.40"), Tokens(100, 0, 0, 20), NOW, shares)])
        items = [WorkItem(f"mail:{number}", "mail", "ann@example.org", NOW) for number in (1, 2)]
        app.work.claim(items, "run1", NOW)
        app.ledger.append([attention("a1", timedelta(seconds=90), "review", NOW, work_item="mail:1")])
        app.work.judge("mail:1", Outcome.ACCEPTED, "truth:1", NOW + timedelta(hours=1))
        app.work.judge("mail:2", Outcome.REJECTED, "truth:2", NOW + timedelta(hours=2))
        own = own_facts(app)
        assert own.report() > 10
        assert own.report() == 0
        now[0] = NOW + timedelta(days=30)
        told = app.worth.tell().kept
        assert told.organisation.items == {"verified": 1, "rejected": 1}
        (first, second) = app.facts.record(NOW - timedelta(days=1), NOW + timedelta(days=40)).cases()
        assert [one.uses[0].cost for one in (first, second)] == [Decimal("0.1"), Decimal("0.3")]
        assert [one.uses[0].calls[0].tokens.total for one in (first, second)] == [30, 90]
        assert (first.uses[0].run.trigger, first.times[0].seconds) == ("schedule", Decimal(90))
        (helper,) = app.worth.board("agent", app.viewer)
        assert (helper.unit, helper.cost, helper.items["verified"]) == ("helper", Money("0.4"), 1)
        # What is booked later is told by the next look.
        app.work.judge("mail:1", Outcome.REVERSED, "truth:3", NOW + timedelta(days=2), memo="moved back")
        assert own.report() == 1
        assert app.outcomes.show("mail:1").settled.state == "reversed"


def settled(home: Path, evidence: str, *, kind: str = "chat", source: str = "ann@example.org") -> tuple[str, bool]:
    """Where an item stands in the books of worth after this evidence, and whether it was the owner's own word."""
    item = f"{kind}:1"
    with Gainful.open(Home(home), lambda: NOW + timedelta(days=1)) as app:
        app.runs.start("run1", "helper", "agent:helper", "every-morning", applied=True, at=NOW)
        app.work.claim([WorkItem(item, kind, source, NOW)], "run1", NOW)
        app.work.judge(item, Outcome.ACCEPTED, evidence.format(owner=app.guards.person), NOW + timedelta(hours=1))
        own_facts(app).report()
        shown = app.outcomes.show(item).settled
        return shown.state, shown.own_word


@pytest.mark.parametrize(
    ("evidence", "stands"),
    [
        ("reaction:work:e1", ("accepted", False)),
        ("hand:ann@example.org:run1", ("accepted", False)),
        # A sign of whoever asked is theirs; where that is the agent's owner, it counts for nothing.
        ("asker:ann@example.org:7f3a", ("accepted", False)),
        ("asker:{owner}:7f3a", ("claimed", True)),
        # An owner's word about their own agent is told as theirs, and counts for nothing.
        ("hand:{owner}:run1", ("claimed", True)),
        # Nobody said anything: that is nobody's acceptance.
        ("days:7:run1", ("claimed", False)),
        # Booked as a fact by the command itself.
        ("verdict:{owner}", ("claimed", False)),
    ],
)
def test_a_word_is_told_in_the_name_of_whoever_gave_it(tmp_path: Path, evidence: str, stands: tuple[str, bool]) -> None:
    assert settled(tmp_path / "home", evidence) == stands


def test_what_only_a_trigger_asked_for_its_owner_asked_for(tmp_path: Path) -> None:
    settled(tmp_path / "home", "reaction:work:e1", kind="occurrence", source="every-morning")
    with Gainful.open(Home(tmp_path / "home"), lambda: NOW + timedelta(days=1)) as app:
        assert app.outcomes.show("occurrence:1").settled.asked_by_itself


def test_a_release_that_survived_and_one_that_changed_nothing(tmp_path: Path) -> None:
    item, later = "deployment:shop:4f5a", NOW + timedelta(days=2)
    with Gainful.open(Home(tmp_path / "home"), lambda: later) as app:
        app.work.claim([WorkItem(item, "deployment", "ann@example.org", NOW)], "d1", NOW)
        app.work.judge(item, Outcome.ACCEPTED, "live:d1", NOW)
        app.work.judge(item, Outcome.VERIFIED, "survived:d1", later)
        app.ledger.append([waste("d2", Spending(), "pointless-deployment", later, work_item="deployment:shop:77aa")])
        own_facts(app).report()
        first, second = app.facts.record(NOW - timedelta(days=1), later + timedelta(days=1)).cases()
    assert [one.what for one in first.evidence] == ["effect", "survived"]
    assert (second.evidence[0].before, second.evidence[0].after) == ("77aa", "77aa")


def test_no_key_of_a_fact_names_who_gave_a_word_by_hand(tmp_path: Path) -> None:
    with Gainful.open(Home(tmp_path / "home"), lambda: NOW) as app:
        app.work.claim([WorkItem("chat:1", "chat", "ann@example.org", NOW)], "run1", NOW)
        app.work.judge("chat:1", Outcome.ACCEPTED, "hand:zoe@example.org:run1", NOW + timedelta(hours=1))
        own = own_facts(app)
        assert own.report() > 0
        assert own.report() == 0
        (case,) = app.facts.record(NOW - timedelta(days=1), NOW + timedelta(days=1)).cases()
        assert case.verdicts[0].accepted
    for file in (tmp_path / "home").glob("gainful.sqlite*"):
        content = file.read_bytes()
        # The ledger's own entry keeps it, as the record of who said so; the facts do not.
        assert b"ledger:outcome:chat:1:accepted:hand:zoe" not in content
