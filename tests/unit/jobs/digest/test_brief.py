"""What a person reads in the morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import Action, Decided, Decision, MailRecord, Means, Place, Priority
from gainful.core.money import Money, Tokens
from gainful.core.run import Run
from gainful.gate.journal import Effect, Kind, Settled, State
from gainful.jobs.digest.brief import Brief, brief_of
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.ledger.report import Spending

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPENT = Spending(tokens=Tokens(100, 0, 0, 10), cost=Money("0.0042"))


def decided(
    name: str,
    *labels: str,
    priority: Priority = Priority.NONE,
    action: Action = Action.LABEL,
    hours: int = 0,
    run: str = "run",
) -> Decided:
    means = Means.RULE if labels else Means.UNDECIDED
    decision = Decision(labels, 0.9, 0.0, priority, action, means, "Because.")
    record = MailRecord(
        id=name,
        account="a",
        place=Place("INBOX", "1", name),
        message_id="",
        sha256="",
        thread="",
        from_addr="",
        from_name="",
        subject=name,
        received_at=NOON + timedelta(hours=hours),
        size=1,
        flags=frozenset(),
    )
    return Decided(record, decision, run, NOON, {}, b"")


def done(name: str, kind: Kind, state: State = State.DONE, reverses: str = "") -> Settled:
    place = Place("INBOX", "1", name)
    return Settled(Effect(f"{name}-{kind}", "run", "a", name, kind, place, "", "", reverses=reverses), state)


def brief(
    mails: list[Decided], effects: list[Settled] | None = None, truths: list[Truth] | None = None, **other: Any
) -> Brief:
    runs = other.get("runs", ())
    labels = LabelSet.configured({"newsletter": {"name": "Rundbrief"}})
    seconds = other.get("seconds")
    return brief_of(mails, runs, truths or [], effects or [], SPENT, labels, seconds, NOON, NOON)


def rejection(name: str, source: Source = Source.MOVED_BACK) -> Truth:
    return Truth(f"k{name}", name, Standing.REJECTED, source, NOON)


def test_what_needs_the_person_comes_most_urgent_first_and_then_newest() -> None:
    mails = [
        decided("later", "todo", priority=Priority.LATER),
        decided("old today", "meeting", priority=Priority.TODAY, hours=-5),
        decided("no", "newsletter", priority=Priority.NOW),
        decided("now", "needs_reply", priority=Priority.NOW, hours=-9),
        decided("new today", "fyi", "todo", priority=Priority.TODAY),
    ]
    assert [item.record.id for item in brief(mails).needs_you] == ["now", "new today", "old today", "later"]


def test_undecided_mail_is_named() -> None:
    found = brief([decided("open"), decided("shut", "fyi")])
    assert [item.record.id for item in found.undecided] == ["open"]
    assert found.came == 2


def test_only_what_really_was_put_away_counts_under_the_persons_names() -> None:
    mails = [decided(name, "newsletter", action=Action.ARCHIVE) for name in ("a", "b", "c", "d", "e")]
    effects = [
        done("a", Kind.MOVE),
        done("b", Kind.MOVE, State.DENIED),
        done("c", Kind.MOVE, State.UNCERTAIN),
        done("d", Kind.MOVE, State.UNDONE),
        done("d", Kind.MOVE, reverses="d-move"),
        done("e", Kind.KEYWORDS),
    ]
    found = brief(mails, effects)
    assert dict(found.put_away) == {"Rundbrief": 1}
    assert [item.effect.mail_id for item in found.uncertain] == ["c"]


def test_a_draft_waits_only_where_one_was_stored() -> None:
    mails = [decided(name, "needs_reply", action=Action.DRAFT) for name in ("a", "b")]
    effects = [done("a", Kind.DRAFT), done("b", Kind.DRAFT, State.FAILED)]
    assert [item.record.id for item in brief(mails, effects).drafts] == ["a"]


@pytest.mark.parametrize(
    ("seconds", "saved"), [(None, None), (Decimal("2.5"), timedelta(seconds=5)), (Decimal(0), timedelta(0))]
)
def test_time_saved_is_the_persons_own_statement_and_not_for_what_they_took_back(
    seconds: Decimal | None, saved: timedelta | None
) -> None:
    mails = [decided(name, "newsletter") for name in ("a", "b", "c")]
    effects = [done(name, Kind.MOVE) for name in ("a", "b", "c")]
    found = brief(mails, effects, [rejection("c")], seconds=seconds)
    assert found.saved == saved
    assert [truth.mail_id for truth in found.rejected] == ["c"]


def test_accepting_is_not_rejecting() -> None:
    accepted = Truth("k", "a", Standing.ACCEPTED, Source.DELETED, NOON)
    assert brief([decided("a", "junk")], [done("a", Kind.MOVE)], [accepted]).rejected == ()


def test_what_a_preview_would_put_away_is_told_apart() -> None:
    def run(name: str, *, applied: bool) -> Run:
        return Run(name, "triage", "a", "hand", applied, "done", NOON, NOON, {})

    mails = [
        decided("a", "newsletter", action=Action.ARCHIVE, run="preview"),
        decided("b", "newsletter", run="preview"),
        decided("c", "newsletter", action=Action.ARCHIVE, run="real"),
    ]
    found = brief(mails, runs=[run("preview", applied=False), run("real", applied=True)])
    assert found.previewed == 1
    assert dict(found.put_away) == {}


def test_what_was_spent_is_taken_from_the_books() -> None:
    found = brief([])
    assert (found.tokens, found.cost) == (SPENT.tokens, SPENT.cost)
