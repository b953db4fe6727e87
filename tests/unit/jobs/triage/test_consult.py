"""What the language model's answers may change about a decision, and what they may not."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.connectors.llm import OneRequestModel
from gainful.core.mail import Action, Decided, Decision, Mail, MailRecord, Means, Place, Priority
from gainful.core.money import Money
from gainful.gate.model import ModelDoor, always, freely
from gainful.gate.pricing import pricing_of
from gainful.jobs.triage.consult import LanguageConsultant
from gainful.jobs.triage.deciding.calibration import Thresholds
from gainful.jobs.triage.deciding.cascade import Cascade
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.local_model import LocalModel
from gainful.jobs.triage.language import MailLanguage
from gainful.jobs.triage.settings import Drafts, Settings
from gainful.ledger.budget import Budget
from gainful.ledger.report import total
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.answer_store import AnswerStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.mail.truth_store import TruthStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "maildir:/m"
OPEN = Decision((), 0.3, 0.2, Priority.LATER, Action.LEAVE, Means.UNDECIDED, "No means was sure enough")


def record(number: int) -> MailRecord:
    return MailRecord(
        id=f"m{number}",
        account=ACCOUNT,
        place=Place("INBOX", "1", str(number)),
        message_id=f"<{number}@example.org>",
        sha256=str(number),
        thread=f"t{number}",
        from_addr=f"ann{number}@example.org",
        from_name="Ann",
        subject="A matter",
        received_at=NOON,
        size=100,
        flags=frozenset(),
    )


def undecided(number: int) -> Decided:
    return Decided(record(number), OPEN, "run1", NOON, {"fyi": 0.4}, b"")


@dataclass
class StandInDesk:
    """As much of a desk as a consultation touches, with the real stores behind it."""

    engine: Engine
    gone: set[str] = field(default_factory=set)
    account: str = ACCOUNT
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.mails = MailStore(self.engine)
        self.evidence = TruthStore(self.engine)

    def clock(self) -> datetime:
        return NOON

    def read_records(self, records: Collection[MailRecord]) -> dict[str, Mail]:
        return {
            item.id: Mail(subject="A matter", from_name="Ann", from_addr=item.from_addr, text=f"Text of {item.id}.")
            for item in records
            if item.id not in self.gone
        }


class Room:
    """A consultant with everything behind it."""

    def __init__(self, path: Path, server: ModelServer, cap: str) -> None:
        engine = open_database(path / "g.db")
        self.server = server
        self.books = LedgerStore(engine, lambda: NOON)
        pricing = pricing_of("openai:small", NOON, input_price=Decimal(1), output_price=Decimal(2))
        model = OneRequestModel("openai:small", server.url)
        budget = Budget("model", Money(cap))
        answers = AnswerStore(engine, self.books)
        self.door = ModelDoor(model, pricing, always(budget), self.books, answers, lambda: NOON, permit=freely)
        self.budget = budget
        self.desk: Any = StandInDesk(engine)
        self.cascade = Cascade(LabelSet.standard(), LocalModel.prior(), Thresholds.shipped())

    def consultant(self, drafts: Drafts = Drafts.SKELETON) -> LanguageConsultant:
        return LanguageConsultant(MailLanguage(self.door, LabelSet.standard()), drafts, "Robin Hale")

    def consult(self, *numbers: int, drafts: Drafts = Drafts.SKELETON) -> dict[str, Decision]:
        decided = [undecided(number) for number in numbers]
        changed = self.consultant(drafts).consult(self.desk, self.cascade, "run1", decided)
        return {item.record.id: item.decision for item in changed}

    def answers(self, label: str, sure: int = 95, reply: bool = False) -> None:
        said = {"label": label, "sure": sure, "reply": reply, "why": "It says so."}
        self.server.answer = lambda _: Reply(json.dumps({str(number): said for number in range(1, 9)}))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda _: Reply("{}")) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, server: ModelServer) -> Room:
    return Room(tmp_path, server, "0.50")


def test_a_sure_answer_decides_and_carries_its_cost(room: Room) -> None:
    room.answers("fyi")
    decisions = room.consult(1, 2)
    assert {(one.label, one.decided_by, one.action) for one in decisions.values()} == {
        ("fyi", Means.LANGUAGE, Action.LABEL)
    }
    spent = total(room.books.rows())
    assert sum(one.cost for one in decisions.values()) == spent.cost.amount > 0
    assert sum(one.tokens.total for one in decisions.values()) == spent.tokens.total


@pytest.mark.parametrize("label", ["newsletter", "receipt", "junk"])
def test_no_answer_puts_a_mail_away(room: Room, label: str) -> None:
    room.answers(label, sure=100)
    assert room.consult(1)["m1"].action is not Action.ARCHIVE


def test_an_unsure_answer_leaves_the_mail_open_with_its_cost(room: Room) -> None:
    room.answers("fyi", sure=10)
    decision = room.consult(1)["m1"]
    assert (decision.decided_by, decision.labels, decision.action) == (Means.UNDECIDED, (), Action.LEAVE)
    assert decision.cost > 0
    assert "language model's guess is fyi (10%)" in decision.reason


def test_drafts_that_are_off_stay_off(room: Room) -> None:
    room.answers("needs_reply", reply=True)
    assert room.consult(1)["m1"].action is Action.DRAFT
    assert room.consult(1, drafts=Drafts.OFF)["m1"].action is Action.LABEL


def test_a_mail_that_is_gone_is_not_asked_about(room: Room) -> None:
    room.answers("fyi")
    room.desk.gone.add("m1")
    assert set(room.consult(1, 2)) == {"m2"}
    assert "Text of m1" not in room.server.requests[0].text("user")


def test_without_budget_the_mail_says_why(tmp_path: Path, server: ModelServer) -> None:
    decision = Room(tmp_path, server, "0.0001").consult(1)["m1"]
    assert decision.decided_by is Means.UNDECIDED
    assert decision.reason.startswith("No means was sure enough. Budget 'model' has 0.0001 USD left this day")
    assert server.requests == []


def test_a_question_that_a_dead_process_left_is_booked_first(room: Room) -> None:
    room.books.reserve([room.budget], Money("0.01"), "ask:run1:lost", "openai:small", "run1")
    room.answers("fyi")
    room.consult(1)
    assert room.books.open_reservations() == []
    assert "outcome unknown after a crash" in {row.memo for row in room.books.rows()}
    assert room.books.verify() == []


def test_replies_are_written_only_where_wanted(room: Room) -> None:
    assert room.consultant().writer("run1") is None
    room.server.answer = lambda _: Reply("Dear Ann,\n[…]\nRobin Hale")
    write = room.consultant(Drafts.MODEL).writer("run1")
    assert write is not None
    assert write("m1", Mail(from_name="Ann", subject="A matter", text="When?")) == "Dear Ann,\n[…]\nRobin Hale"
    assert "Sign as Robin Hale." in room.server.requests[0].text("system")
