"""Gainful's own work is told in the words in which other systems report theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from gainful.app import Gainful
from gainful.app.own_facts import OwnFacts
from gainful.core.money import Money, Tokens
from gainful.ledger.attention import attention
from gainful.ledger.budget import Budget
from gainful.ledger.outcome import Outcome, WorkItem
from gainful.ledger.reservation import settle
from gainful.storage.config import Home

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


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
        own = OwnFacts(app.ledger, app.runs, app.work, app.facts, app.marks, app.guards.person)
        assert own.report() > 10
        assert own.report() == 0
        now[0] = NOW + timedelta(days=30)
        told = app.worth.tell().kept
        assert told.organisation.items == {"verified": 1, "rejected": 1}
        (first, second) = app.facts.record(NOW - timedelta(days=1), NOW + timedelta(days=40)).cases()
        assert [one.uses[0].cost for one in (first, second)] == [Decimal("0.1"), Decimal("0.3")]
        assert [one.uses[0].calls[0].tokens.total for one in (first, second)] == [30, 90]
        assert (first.uses[0].run.trigger, first.times[0].seconds) == ("schedule", 90)
        (helper,) = app.worth.board("agent", app.viewer)
        assert (helper.unit, helper.cost, helper.items["verified"]) == ("helper", Money("0.4"), 1)
        # What is booked later is told by the next look.
        app.work.judge("mail:1", Outcome.REVERSED, "truth:3", NOW + timedelta(days=2), memo="moved back")
        assert own.report() == 1
        assert app.outcomes.show("mail:1").settled.state == "reversed"
