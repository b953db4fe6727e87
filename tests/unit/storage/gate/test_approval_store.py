from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from gainful.core.errors import Refused
from gainful.core.label import UNKNOWN
from gainful.gate.approval import (
    AmbiguousApproval,
    Answer,
    Approval,
    ApprovalClosed,
    ApprovalDamaged,
    Approvers,
    CardChanged,
    NoSuchApproval,
    State,
    Terms,
    Verdict,
    ask,
)
from gainful.gate.approval_book import Answered, Taken, Waiting
from gainful.gate.proposal import Explanation, Proposal, Reason
from gainful.storage.database import transaction
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.run_store import RunStore

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TERMS = Terms(timedelta(days=7), timedelta(minutes=15))
SHOWN = Explanation("send", "egress", {"to": "target"}, {"to": UNKNOWN}, {}, {}, (Reason("egress", "It leaves."),))


def effect(step: str = "step 1", run: str = "run1", to: str = "ada@example.org") -> Proposal:
    return Proposal("assistant", run, step, "mail.send", {"to": to}, "7f3a", {"a.pdf": "ab" * 32}, SHOWN)


@pytest.fixture
def store(database: Engine) -> ApprovalStore:
    return ApprovalStore(database, TERMS)


def put(store: ApprovalStore, approval_id: str, *effects: Proposal, at: datetime = NOW) -> Approval:
    return store.ask(ask(approval_id, effects or (effect(),), "mira", at, terms=TERMS))


def accept(store: ApprovalStore, approval: Approval, at: datetime = NOW) -> Approval:
    return store.answer(approval.id, Answer(Verdict.ACCEPT, "ada", at, approval.card))


def test_it_is_kept_whole(store: ApprovalStore) -> None:
    approvers = Approvers(frozenset({"ada", "bob"}), four_eyes=True)
    asked = ask("ap1", [effect(), effect("step 2")], "mira", NOW, approvers, TERMS)
    store.ask(asked)
    assert store.find("ap", NOW) == asked
    edited = store.answer("ap1", Answer(Verdict.EDIT, "ada", NOW, asked.card, "Better.", {1: {"to": "x@example.org"}}))
    assert store.find("ap1", NOW) == edited
    assert edited.edits[1].arguments == {"to": "x@example.org"}


def test_asked_again_while_it_waits_it_is_the_same_question(store: ApprovalStore) -> None:
    first = put(store, "ap1")
    assert put(store, "ap2", at=NOW + timedelta(days=1)) == first
    assert put(store, "ap3", effect("step 2")).id == "ap3"
    assert put(store, "ap4", at=NOW + timedelta(days=8)).id == "ap4", "the first has expired"


def test_waiting_lists_what_can_be_answered_now(store: ApprovalStore) -> None:
    put(store, "ap1")
    put(store, "ap2", effect(run="run2"), at=NOW + timedelta(seconds=1))
    four = ask("ap3", [effect(run="run3")], "mira", NOW + timedelta(seconds=2), Approvers(four_eyes=True), TERMS)
    store.ask(four)
    put(store, "ap0", effect(run="run0"), at=NOW - timedelta(days=7))
    assert [one.id for one in store.waiting(NOW)] == ["ap1", "ap2", "ap3"]
    assert [one.id for one in store.waiting(NOW, person="mira")] == ["ap1", "ap2"]
    assert [one.id for one in store.waiting(NOW, run_id="run2")] == ["ap2"]
    assert store.waiting(NOW, agent="another") == []
    assert [(one.id, one.state) for one in store.recent(NOW, 2)] == [("ap3", "waiting"), ("ap2", "waiting")]
    assert store.recent(NOW, 9)[-1].state is State.EXPIRED


def test_ids_are_found_by_their_beginning(store: ApprovalStore) -> None:
    put(store, "ap1")
    put(store, "ap12", effect("step 2"))
    assert store.find("AP12", NOW).id == "ap12"
    assert store.find("ap1", NOW).id == "ap1"
    with pytest.raises(AmbiguousApproval):
        store.find("ap", NOW)
    for unknown in ("", "x", "%", "ap_"):
        with pytest.raises(NoSuchApproval):
            store.find(unknown, NOW)


def test_each_effect_of_a_plan_is_taken_once(store: ApprovalStore) -> None:
    plan = (effect(), effect("step 2"))
    approval = put(store, "ap1", *plan)
    assert store.take(plan[0].digest, "run1", NOW) == Waiting("ap1", approval.expires_at)
    accept(store, approval)
    for proposal in plan:
        assert store.take(proposal.digest, "run1", NOW) == Taken("ap1", proposal.digest, "ada")
        assert store.take(proposal.digest, "run1", NOW) == Answered("ap1", State.SPENT, "ada")
    assert store.find("ap1", NOW).state is State.SPENT
    assert store.find("ap1", NOW + timedelta(days=9)).state is State.SPENT


def test_what_was_taken_once_is_not_taken_by_another_approval(store: ApprovalStore) -> None:
    accept(store, put(store, "ap1"))
    assert isinstance(store.take(effect().digest, "run1", NOW), Taken)
    later = NOW + timedelta(minutes=1)
    accept(store, put(store, "ap2", at=later), later)
    assert store.take(effect().digest, "run1", later) == Answered("ap2", State.SPENT, "ada")


def test_the_last_word_counts(store: ApprovalStore) -> None:
    accept(store, put(store, "ap1"))
    put(store, "ap2", at=NOW + timedelta(seconds=1))
    store.answer("ap2", Answer(Verdict.REFUSE, "ada", NOW + timedelta(seconds=2)))
    assert store.take(effect().digest, "run1", NOW + timedelta(seconds=3)) == Answered("ap2", State.REFUSED, "ada")


def test_what_is_taken_in_a_transaction_that_fails_was_not_taken(store: ApprovalStore, database: Engine) -> None:
    accept(store, put(store, "ap1"))
    with pytest.raises(RuntimeError), transaction(database) as connection:
        assert isinstance(store.take_in(connection, effect().digest, "run1", NOW), Taken)
        raise RuntimeError
    assert isinstance(store.take(effect().digest, "run1", NOW), Taken)


def test_expired_stays_expired_when_the_clock_is_set_back(store: ApprovalStore) -> None:
    accept(store, put(store, "ap1"))
    assert store.expire(NOW + timedelta(minutes=14)) == []
    assert store.expire(NOW + timedelta(minutes=15)) == ["ap1"]
    assert store.take(effect().digest, "run1", NOW) == Answered("ap1", State.EXPIRED, "ada")


def test_a_card_that_was_not_shown_changes_nothing(store: ApprovalStore) -> None:
    put(store, "ap1")
    with pytest.raises(CardChanged):
        store.answer("ap1", Answer(Verdict.ACCEPT, "ada", NOW, "0" * 64))
    assert store.find("ap1", NOW).state is State.WAITING


def test_the_first_of_two_answers_stands(store: ApprovalStore) -> None:
    store.answer(put(store, "ap1").id, Answer(Verdict.REFUSE, "bob", NOW))
    with pytest.raises(ApprovalClosed, match="bob"):
        accept(store, store.find("ap1", NOW))


@pytest.mark.of_sqlite
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE approval_effects SET proposal = replace(proposal, 'ada@', 'bob@')",
        "UPDATE approval_effects SET asked_digest = 'ab', digest = 'ab'",
        "UPDATE approval_effects SET proposal = '{}'",
        "UPDATE approval_effects SET proposal = 'no json'",
    ],
)
def test_a_card_that_shows_what_it_would_not_approve_is_refused(
    store: ApprovalStore, tmp_path: Path, change: str
) -> None:
    accept(store, put(store, "ap1"))
    with sqlite3.connect(tmp_path / "gainful.sqlite") as rows:
        rows.execute(change)
    rows.close()
    with pytest.raises(ApprovalDamaged):
        store.find("ap1", NOW)
    with pytest.raises(ApprovalDamaged):
        accept(store, ask("ap1", [effect()], "mira", NOW))


def test_what_cannot_be_recorded_is_not_done(database: Engine) -> None:
    told: list[str] = []

    def record(connection: Connection, approval: Approval) -> None:
        told.append(f"{approval.id} {approval.state}")
        if len(told) == 2:
            raise Refused("The log is full.", "Make room.")

    store = ApprovalStore(database, TERMS, record)
    approval = put(store, "ap1")
    with pytest.raises(Refused):
        accept(store, approval)
    assert store.find("ap1", NOW).state is State.WAITING
    accept(store, approval)
    store.expire(NOW + timedelta(hours=1))
    assert told == ["ap1 waiting", "ap1 accepted", "ap1 accepted", "ap1 expired"]


def test_a_parked_run_waits_until_its_approval_is_answered(store: ApprovalStore, database: Engine) -> None:
    runs = RunStore(database)
    runs.start("run1", "triage", "work", "hand", applied=True, at=NOW)
    approval = put(store, "ap1")
    runs.park("run1", "ap1", NOW)
    runs.park("run1", "ap1", NOW)
    found = runs.find("run1")
    assert found is not None
    assert (found.state, runs.parked("run1"), runs.answered(NOW)) == ("waiting", "ap1", [])
    assert runs.answered(NOW + timedelta(days=7)) == ["run1"]
    accept(store, approval)
    assert runs.answered(NOW) == ["run1"]
    runs.leave("run1")
    runs.leave("run1")
    found = runs.find("run1")
    assert found is not None
    assert (found.state, runs.parked("run1"), runs.answered(NOW)) == ("running", "", [])
