"""The door to models: reserved before, settled after, every attempt in the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.core.errors import Invalid
from gainful.core.money import Money, Tokens
from gainful.gate.model import Answered, Failed, Inquiry, ModelDoor, NoBudget, Share, always, freely
from gainful.gate.pricing import pricing_of
from gainful.ledger.budget import Budget
from gainful.ledger.report import by_work_item, total
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelAnswer, ModelBadAnswer, ModelRefused, ModelUnreachable, Question
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.answer_store import AnswerStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "openai:small"
QUESTION = Question("Sort.", "A mail", {}, 100)
TOKENS = Tokens(fresh=300, output=30)
ZERO, ONE = Decimal(0), Decimal(1)
COST = Money("0.00036")
"""300 at 1 USD and 30 at 2 USD per million."""


class ScriptedModel:
    """Answers, or fails, as told."""

    name = NAME

    def __init__(self) -> None:
        self.script: Callable[[], ModelAnswer] = lambda: ModelAnswer({"1": "x"}, TOKENS, "r1")
        self.grants: list[Grant] = []
        self.seen: Callable[[], None] = lambda: None

    def size(self, question: Question) -> int:
        return len(question.instructions) + len(question.prompt)

    def ask(self, grant: Grant, question: Question) -> ModelAnswer:
        self.grants.append(grant)
        self.seen()
        return self.script()


class Room:
    """A door with everything behind it."""

    def __init__(self, path: Path, cap: str = "0.50", calls: int | None = None) -> None:
        self.now = NOON
        engine = open_database(path)
        self.model = ScriptedModel()
        self.books = LedgerStore(engine, self.clock)
        self.pricing = pricing_of(NAME, NOON, input_price=Decimal(1), output_price=Decimal(2))
        self.budget = Budget("model", Money(cap), calls)
        self.answers = AnswerStore(engine, self.books)
        self.door = ModelDoor(
            self.model, self.pricing, always(self.budget), self.books, self.answers, self.clock, permit=freely
        )

    def clock(self) -> datetime:
        return self.now

    def balance(self, account: str, unit: str = "USD") -> Decimal:
        return self.books.balance(f"{self.budget.account(self.now)}:{account}", unit)

    def raises(self, error: BaseException) -> None:
        def script() -> ModelAnswer:
            raise error

        self.model.script = script


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "g.db")


def test_an_answer_is_paid_shared_and_kept(room: Room) -> None:
    digest = room.door.digest("instructions", "text")
    inquiry = Inquiry(QUESTION, {"mail:a": 2, "mail:b": 1}, lambda content: {digest: content["1"]})
    result = room.door.ask(inquiry, "run1")
    assert result == Answered(
        {"1": "x"},
        TOKENS,
        COST,
        {
            "mail:a": Share(Tokens(fresh=200, output=20), Money("0.00024")),
            "mail:b": Share(Tokens(fresh=100, output=10), Money("0.00012")),
        },
    )
    assert room.door.recall([digest, "unknown"]) == {digest: "x"}
    assert {item: part.cost for item, part in by_work_item(room.books.rows()).items() if item} == {
        "mail:a": Money("0.00024"),
        "mail:b": Money("0.00012"),
    }
    assert room.balance("spent", "call") == 1
    assert room.books.verify() == []


def test_what_was_asked_is_known_by_run_whatever_became_of_it(room: Room) -> None:
    assert not room.door.asked("run1")
    asked = []
    room.model.seen = lambda: asked.append((room.door.asked("run1"), room.door.asked("run")))
    room.raises(ModelUnreachable("Away.", "Wait."))
    room.door.ask(Inquiry(QUESTION), "run1")
    assert asked == [(True, False)]
    assert room.door.asked("run1")


def test_the_bound_is_held_in_the_books_while_the_model_thinks(room: Room) -> None:
    held = []
    room.model.seen = lambda: held.append((room.balance("held"), room.books.open_reservations()))
    room.door.ask(Inquiry(QUESTION), "run1")
    ((amount, (reservation,)),) = held
    # 11 octets and 64 of overhead at 1 USD, 100 tokens of output at 2 USD, per million.
    assert amount == Decimal("0.000275")
    assert (reservation.run_id, reservation.what) == ("run1", NAME)
    assert room.model.grants[0].tool == "model.ask"
    assert room.model.grants[0].key == reservation.key
    assert room.balance("held") == 0


def test_without_room_nothing_is_sent(tmp_path: Path) -> None:
    room = Room(tmp_path / "g.db", cap="0.0002")
    result = room.door.ask(Inquiry(QUESTION), "run1")
    assert isinstance(result, NoBudget)
    assert "Budget 'model' has 0.0002 USD left this day; this call reserves 0.000275 USD." in result.reason
    assert (room.model.grants, list(room.books.rows())) == ([], [])


def test_the_cap_stops_a_long_run(tmp_path: Path) -> None:
    room = Room(tmp_path / "g.db", cap="0.002")
    results = [room.door.ask(Inquiry(QUESTION), "run1") for _ in range(10)]
    assert [type(result).__name__ for result in results] == ["Answered"] * 5 + ["NoBudget"] * 5
    assert room.balance("spent") == Decimal("0.0018")
    assert room.books.verify() == []


def test_free_models_are_capped_by_calls(tmp_path: Path) -> None:
    room = Room(tmp_path / "g.db", calls=1)
    free = pricing_of(NAME, NOON, input_price=Decimal(0), output_price=Decimal(0))
    door = ModelDoor(room.model, free, always(room.budget), room.books, room.answers, room.clock, permit=freely)
    assert isinstance(door.ask(Inquiry(QUESTION), "run1"), Answered)
    assert isinstance(door.ask(Inquiry(QUESTION), "run1"), NoBudget)
    assert total(room.books.rows()).tokens == TOKENS


def test_a_bad_answer_is_paid_and_not_kept(room: Room) -> None:
    def refuse(_: object) -> dict[str, str]:
        raise ValueError("it names no label")

    result = room.door.ask(Inquiry(QUESTION, {"mail:a": 1}, refuse), "run1")
    assert result == Failed("The answer of openai:small is not what was asked for: it names no label.")
    room.raises(ModelBadAnswer("Not JSON.", tokens=TOKENS))
    assert room.door.ask(Inquiry(QUESTION, {"mail:a": 1}), "run1") == Failed("Not JSON.")
    assert total(room.books.rows()).cost == Money("0.00072")
    assert room.books.verify() == []


def test_unreported_usage_is_booked_at_the_bound(room: Room) -> None:
    room.model.script = lambda: ModelAnswer({"1": "x"}, Tokens())
    result = room.door.ask(Inquiry(QUESTION), "run1")
    assert isinstance(result, Answered)
    assert result.cost == Money("0.000275")
    assert [row.memo for row in room.books.rows()][-1] == "openai:small told no usage; booked at the upper bound"


def test_a_refusal_costs_nothing_is_counted_and_shuts_the_door(room: Room) -> None:
    room.raises(ModelRefused("The key is refused.", "Store another."))
    for _ in range(3):
        assert room.door.ask(Inquiry(QUESTION), "run1") == Failed("The key is refused. Store another.")
    assert len(room.model.grants) == 1
    assert (room.balance("spent"), room.balance("spent", "call"), room.balance("held")) == (ZERO, ONE, ZERO)
    room.now += timedelta(minutes=15)
    room.door.ask(Inquiry(QUESTION), "run1")
    assert len(room.model.grants) == 2


def test_a_busy_provider_is_asked_again_when_it_said(room: Room) -> None:
    room.raises(ModelUnreachable("Busy.", retry_after=timedelta(seconds=7)))
    room.door.ask(Inquiry(QUESTION), "run1")
    room.now += timedelta(seconds=6)
    room.door.ask(Inquiry(QUESTION), "run1")
    assert len(room.model.grants) == 1
    room.now += timedelta(seconds=1)
    room.door.ask(Inquiry(QUESTION), "run1")
    assert len(room.model.grants) == 2


def test_what_broke_off_is_booked_at_the_bound(room: Room) -> None:
    room.raises(ModelUnreachable("Timed out.", billed=True))
    assert room.door.ask(Inquiry(QUESTION, {"mail:a": 1}), "run1") == Failed("Timed out.")
    assert total(room.books.rows()).cost == Money("0.000275")


def test_a_crash_in_the_call_leaves_a_hold_that_recovery_books(room: Room) -> None:
    room.raises(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        room.door.ask(Inquiry(QUESTION), "run1")
    assert room.balance("held") == Decimal("0.000275")
    assert room.door.recover("another run") == 0
    assert room.door.recover("run1") == 1
    assert (room.balance("held"), room.balance("spent")) == (ZERO, Decimal("0.000275"))
    assert [row.memo for row in room.books.rows()][-1] == "outcome unknown after a crash"


@pytest.mark.parametrize("content", [None, "", {}, []])
def test_a_silent_turn_is_paid_and_counted(room: Room, content: object) -> None:
    room.model.script = lambda: ModelAnswer(content, TOKENS)
    result = room.door.ask(Inquiry(QUESTION, {"mail:a": 1}), "run1")
    assert isinstance(result, Answered)
    assert result.cost == COST
    assert (total(room.books.rows()).cost, total(room.books.rows()).calls) == (COST, 1)
    assert (room.balance("held"), room.balance("spent", "call")) == (ZERO, ONE)


def test_each_try_is_a_call_of_its_own(room: Room) -> None:
    room.raises(ModelUnreachable("Broke off.", billed=True, retry_after=timedelta(seconds=1)))
    for _ in range(3):
        room.door.ask(Inquiry(QUESTION), "run1")
        room.now += timedelta(seconds=1)
    room.model.script = lambda: ModelAnswer({"1": "x"}, TOKENS)
    room.door.ask(Inquiry(QUESTION), "run1")
    spent = total(room.books.rows())
    assert (spent.calls, spent.cost) == (4, Money("0.000825") + COST)
    assert room.balance("spent", "call") == 4


def test_a_surprise_is_booked_at_the_bound_at_once_and_told(room: Room) -> None:
    room.raises(KeyError("usage"))
    with pytest.raises(KeyError):
        room.door.ask(Inquiry(QUESTION, {"mail:a": 1}), "run1")
    spent = (room.balance("held"), room.balance("spent"), room.balance("spent", "call"))
    assert spent == (ZERO, Decimal("0.000275"), ONE)
    assert [row.memo for row in room.books.rows()][-1] == "failed with KeyError; booked at the upper bound"
    assert room.books.open_reservations() == []


def test_what_was_never_sent_costs_and_counts_nothing(room: Room) -> None:
    room.raises(Invalid("No library.", "Install it."))
    with pytest.raises(Invalid):
        room.door.ask(Inquiry(QUESTION), "run1")
    assert (room.balance("held"), room.balance("spent"), room.balance("spent", "call")) == (ZERO, ZERO, ZERO)
    assert total(room.books.rows()).calls == 0
    assert room.books.verify() == []


RUN = Budget("run", Money("0.0006"), period="run", raise_by="Raise it with `gainful budget set run {cap}`")
AGENT = Budget("agent:triage", Money("0.30"), calls=3, period="month")


def covered(room: Room, *budgets: Budget) -> ModelDoor:
    return ModelDoor(room.model, room.pricing, always(*budgets), room.books, room.answers, room.clock, permit=freely)


def test_every_budget_holds_every_call(room: Room) -> None:
    door = covered(room, RUN, AGENT, room.budget)
    assert isinstance(door.ask(Inquiry(QUESTION), "run1"), Answered)
    result = door.ask(Inquiry(QUESTION), "run1")
    assert isinstance(result, NoBudget)
    assert "Budget 'run' has 0.00024 USD left this run" in result.reason
    assert "`gainful budget set run 0.01`" in result.reason
    assert isinstance(door.ask(Inquiry(QUESTION), "run2"), Answered)
    room.raises(ModelRefused("No."))
    assert isinstance(door.ask(Inquiry(QUESTION), "run3"), Failed)
    room.now += timedelta(hours=1)
    result = door.ask(Inquiry(QUESTION), "run4")
    assert isinstance(result, NoBudget)
    assert "'agent:triage' allows 3 calls a month" in result.reason
    assert total(room.books.rows()).calls == 3
    assert total(room.books.rows()).cost == COST + COST
    assert room.books.verify() == []


def test_a_changed_cap_counts_at_the_next_call(room: Room) -> None:
    caps = [Money("0.001"), Money(0)]
    budgets = lambda _run: [Budget("agent:triage", caps[0], period="month")]  # noqa: E731
    door = ModelDoor(room.model, room.pricing, budgets, room.books, room.answers, room.clock, permit=freely)
    assert isinstance(door.ask(Inquiry(QUESTION), "run1"), Answered)
    caps.pop(0)
    assert isinstance(door.ask(Inquiry(QUESTION), "run1"), NoBudget)


def test_the_quote_shows_the_budget_that_is_used_up_first(room: Room) -> None:
    door = covered(room, Budget("run", period="run"), AGENT, room.budget)
    price = "openai:small (1/2 USD per million tokens, from your settings)"
    assert door.quote() == f"{price}, at most 0.3 USD, 3 calls a month (budget 'agent:triage')"
    door.ask(Inquiry(QUESTION), "run1")
    assert door.quote("run1") == (
        f"{price}, at most 0.3 USD, 3 calls a month, 0.29964 USD left (budget 'agent:triage')"
    )
    assert covered(room, Budget("run", period="run")).quote() == f"{price}, without a cap"


def test_the_quote_names_model_price_and_cap(tmp_path: Path) -> None:
    assert Room(tmp_path / "g.db", calls=200).door.quote() == (
        "openai:small (1/2 USD per million tokens, from your settings), at most 0.5 USD, 200 calls a day"
    )


def test_answers_belong_to_their_model(room: Room) -> None:
    assert room.door.digest("a", "bc") != room.door.digest("ab", "c")
    other = ScriptedModel()
    other.name = "openai:large"
    pricing = pricing_of(other.name, NOON, input_price=Decimal(1), output_price=Decimal(2))
    door = ModelDoor(other, pricing, always(room.budget), room.books, room.answers, room.clock, permit=freely)
    assert door.digest("a") != room.door.digest("a")


def test_the_price_of_another_model_is_refused(room: Room) -> None:
    pricing = pricing_of("ollama:x", NOON)
    with pytest.raises(Invalid, match="The price is for 'ollama:x'"):
        ModelDoor(room.model, pricing, always(room.budget), room.books, room.answers, room.clock, permit=freely)
