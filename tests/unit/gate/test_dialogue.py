"""The door to models in runs, on real books and a real audit log: each turn is asked and paid once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.core.errors import Invalid, Unavailable
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.gate.dialogue import (
    DialogueDoor,
    RecordedTurn,
    Turned,
    TurnState,
    Unanswered,
    stored,
    turn_from,
)
from gainful.gate.guard import Guard
from gainful.gate.model import NoBudget
from gainful.gate.model_permit import ModelPermit
from gainful.gate.pricing import Pricing, pricing_of
from gainful.ledger.budget import Budget
from gainful.ledger.report import by_work_item
from gainful.policy.manifest import manifest_from
from gainful.sdk.declaration import declared
from gainful.sdk.dialogue import DialogueModel, Exchange, NeverAsked, OnText, PersonSays, Turn, WantedCall
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable
from gainful.storage.agents.turn_store import TurnMissing, TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.errors import DiskFull
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.stop_store import Stop, StopStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "openai:small"
ASKED = Exchange("Be brief.", (PersonSays("Hello"),), (), 100)
TOKENS = Tokens(fresh=300, output=30)
COST = Money("0.00036")
"""300 at 1 USD and 30 at 2 USD per million."""

ANSWER = Turn("Yes.", (WantedCall("c1", "files.read", {"path": "a"}),), TOKENS, kept="k", response_id="r1")


class Crash(BaseException):
    """The process dies here."""


class Provider:
    """The other side, and what a courier keeps of it: both outlive processes."""

    def __init__(self) -> None:
        self.script: Callable[[Grant], Turn] = lambda _grant: ANSWER
        self.found: Turn | NeverAsked | Exception | None = None
        self.asked: list[str] = []
        self.looked: list[str] = []
        self.forgotten: list[str] = []

    def raises(self, error: BaseException) -> None:
        def script(_grant: Grant) -> Turn:
            raise error

        self.script = script


class ScriptedModel:
    """One process's model."""

    name = NAME

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def size(self, exchange: Exchange) -> int:
        return 1000

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        self._provider.asked.append(grant.key)
        if on_text is not None:
            on_text("Yes.")
        return self._provider.script(grant)

    def find(self, grant: Grant, exchange: Exchange) -> Turn | NeverAsked | None:
        self._provider.looked.append(grant.key)
        if isinstance(self._provider.found, Exception):
            raise self._provider.found
        return self._provider.found

    def forget(self, key: str) -> None:
        self._provider.forgotten.append(key)

    def close(self) -> None: ...


class World:
    """One installation, in which processes come and go."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.now = NOON
        self.audit = AuditStore(engine, folder / "audit.key", folder / "checkpoints.jsonl", self.clock)
        self.books = LedgerStore(engine, self.clock)
        self.turns = TurnStore(engine, self.audit, self.books)
        self.stops = StopStore(engine, self.audit)
        self.provider = Provider()
        self.budgets = [Budget("run", Money("0.01"), calls=5, period="run"), Budget("everyone", period="month")]
        self.pricing = pricing_of(NAME, NOON, input_price=Decimal(1), output_price=Decimal(2))

    def clock(self) -> datetime:
        return self.now

    def door(self, run: str = "run1", granted: bool = True, **more: Any) -> DialogueDoor:
        manifest = manifest_from({"agent": "helper", "effects": [{"tool": "model.ask"}] if granted else []})
        guard = Guard("helper", manifest, self.stops, self.audit)
        permit = ModelPermit(lambda: guard, declared("llm")["model.ask"], NAME, self.clock)
        model = ScriptedModel(self.provider)
        return DialogueDoor(run, model, self.pricing, lambda _: self.budgets, self.turns, permit, self.clock, **more)

    def spent(self) -> Money:
        return Money(self.books.balance(f"{self.budgets[0].account(self.now, 'run1')}:spent", "USD"))

    def log(self) -> list[tuple[str, str]]:
        return [(entry.kind, entry.verdict) for entry in self.audit.rows()]

    def sound(self) -> bool:
        return self.books.verify() == [] and self.audit.verify().findings == ()


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> World:
    return World(database, tmp_path)


BOUND = Money("0.001264")
"""Of a call: 1,000 octets and 64 tokens of overhead at 1 USD, 100 tokens at 2 USD per million."""


# --- answers ---


def test_a_turn_is_asked_booked_and_written_down(world: World) -> None:
    assert isinstance(ScriptedModel(world.provider), DialogueModel)
    pieces: list[str] = []
    turned = world.door().turn("1", ASKED, pieces.append)
    assert turned == Turned(ANSWER, COST)
    assert pieces == ["Yes."]
    assert world.provider.asked == ["turn:run1:1:1"]
    # It is in the books, so nobody has to keep it any more.
    assert world.provider.forgotten == ["turn:run1:1:1"]
    assert world.spent() == COST
    assert world.log() == [("decision", "allow"), ("result", "done")]
    assert world.books.open_reservations() == []
    assert world.sound()


def test_the_same_step_is_one_turn_in_every_process(world: World) -> None:
    door = world.door()
    door.turn("1", ASKED)
    for again in (door, world.door()):
        turned = again.turn("1", ASKED)
        assert isinstance(turned, Turned)
        assert turned.recorded
        assert (turned.turn.text, turned.turn.calls, turned.turn.kept) == ("Yes.", ANSWER.calls, "k")
        assert turned.cost == COST
    assert len(world.provider.asked) == 1
    assert isinstance(world.door().turn("2", ASKED), Turned)
    assert isinstance(world.door("run2").turn("1", ASKED), Turned)
    assert world.provider.asked == ["turn:run1:1:1", "turn:run1:2:1", "turn:run2:1:1"]


def test_the_cost_goes_to_the_work_item(world: World) -> None:
    world.door(weights={"chat:slack:C1:7": 1}).turn("1", ASKED)
    spent = {item: part.cost for item, part in by_work_item(world.books.rows()).items() if item}
    assert spent == {"chat:slack:C1:7": COST}


def test_what_came_from_the_cache_is_booked_at_its_own_price(world: World) -> None:
    world.pricing = pricing_of("openai:gpt-4o-mini", NOON)
    world.pricing = Pricing(NAME, world.pricing.cost, world.pricing.shown)
    costs = []
    for number, tokens in enumerate((Tokens(fresh=2000, output=10), Tokens(fresh=200, cache_read=1800, output=10))):
        world.provider.script = lambda _grant, tokens=tokens: Turn("x", tokens=tokens)  # type: ignore[misc]
        turned = world.door().turn(str(number), ASKED)
        assert isinstance(turned, Turned)
        costs.append(turned.cost)
    assert Money(0) < costs[1] < costs[0]


def test_usage_that_nobody_told_is_booked_at_the_bound(world: World) -> None:
    world.provider.script = lambda _grant: Turn("x")
    turned = world.door().turn("1", ASKED)
    assert isinstance(turned, Turned)
    assert (turned.cost, world.spent()) == (BOUND, BOUND)


# --- no ---


def test_without_room_in_every_budget_nothing_is_asked(world: World) -> None:
    world.budgets = [Budget("run", Money("0.001"), period="run"), Budget("everyone", period="month")]
    assert isinstance(world.door().turn("1", ASKED), NoBudget)
    assert world.provider.asked == []
    assert world.turns.of_run("run1") == []
    world.budgets = [Budget("run", calls=1, period="run")]
    assert isinstance(world.door().turn("1", ASKED), Turned)
    assert isinstance(world.door().turn("2", ASKED), NoBudget)


def test_without_a_grant_or_when_stopped_nothing_is_asked(world: World) -> None:
    refused = world.door(granted=False).turn("1", ASKED)
    assert isinstance(refused, Unanswered)
    assert not refused.again
    world.stops.put(Stop("helper", "robin", NOON))
    assert isinstance(world.door().turn("1", ASKED), Unanswered)
    assert world.provider.asked == []
    assert [verdict for kind, verdict in world.log() if kind == "decision"] == ["deny", "deny"]


@pytest.mark.parametrize(
    ("error", "again", "cost"),
    [
        (ModelRefused("Wrong key.", "Store it."), False, Money(0)),
        (ModelUnreachable("Busy.", "Wait.", billed=False, retry_after=timedelta(seconds=7)), True, Money(0)),
        (ModelUnreachable("Broke off.", "Wait.", billed=True), True, BOUND),
        (ModelBadAnswer("Not JSON.", "Ask again.", tokens=TOKENS), False, COST),
        (ModelBadAnswer("Not JSON.", "Ask again."), False, BOUND),
    ],
)
def test_a_failure_costs_what_it_may_have_cost_and_can_be_tried_again(
    world: World, error: Exception, again: bool, cost: Money
) -> None:
    world.provider.raises(error)
    door = world.door()
    failed = door.turn("1", ASKED)
    assert isinstance(failed, Unanswered)
    assert (failed.again, failed.wait) == (again, getattr(error, "retry_after", None))
    assert world.spent() == cost
    assert world.books.open_reservations() == []
    world.provider.script = lambda _grant: ANSWER
    assert isinstance(door.turn("1", ASKED), Turned)
    assert world.provider.asked == ["turn:run1:1:1", "turn:run1:1:2"]
    assert world.spent() == cost + COST
    assert isinstance(world.door().turn("1", ASKED), Turned)
    assert len(world.provider.asked) == 2
    assert world.sound()


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (Invalid("No key.", "Store one."), Money(0)),
        (Unavailable("No courier.", "Check the disk."), Money(0)),
        (ZeroDivisionError(), BOUND),
    ],
)
def test_a_surprise_is_booked_and_comes_out(world: World, error: Exception, cost: Money) -> None:
    world.provider.raises(error)
    with pytest.raises(type(error)):
        world.door().turn("1", ASKED)
    assert world.spent() == cost
    assert world.books.open_reservations() == []
    world.provider.script = lambda _grant: ANSWER
    assert isinstance(world.door().turn("1", ASKED), Turned)
    assert world.sound()


# --- processes that die ---


def died(world: World) -> None:
    world.provider.raises(Crash())
    with pytest.raises(Crash):
        world.door().turn("1", ASKED)
    world.provider.script = lambda _grant: ANSWER
    assert len(world.books.open_reservations()) == 1


def test_an_answer_that_came_to_a_dead_process_is_found_and_paid_once(world: World) -> None:
    died(world)
    world.provider.found = ANSWER
    assert world.door().turn("1", ASKED) == Turned(ANSWER, COST)
    assert (world.provider.asked, world.provider.looked) == (["turn:run1:1:1"], ["turn:run1:1:1"])
    assert world.spent() == COST
    assert world.sound()


def test_a_failure_that_came_to_a_dead_process_is_found_too(world: World) -> None:
    died(world)
    world.provider.found = ModelUnreachable("Busy.", "Wait.", billed=False)
    assert isinstance(world.door().turn("1", ASKED), Unanswered)
    assert len(world.provider.asked) == 1
    assert world.spent() == Money(0)


def test_what_was_never_sent_costs_nothing_and_is_sent(world: World) -> None:
    died(world)
    world.provider.found = NeverAsked()
    assert world.door().turn("1", ASKED) == Turned(ANSWER, COST)
    assert world.provider.asked == ["turn:run1:1:1", "turn:run1:1:2"]
    assert world.spent() == COST
    assert world.sound()


def test_of_what_nobody_knows_the_bound_is_booked_and_it_is_asked_anew(world: World) -> None:
    died(world)
    world.provider.found = None
    assert world.door().turn("1", ASKED) == Turned(ANSWER, COST)
    assert world.provider.asked == ["turn:run1:1:1", "turn:run1:1:2"]
    assert world.spent() == BOUND + COST
    assert world.sound()


def test_an_answer_that_cannot_even_be_looked_for_stays_open(world: World) -> None:
    died(world)
    for error in (Invalid("No key.", "Store one."), ZeroDivisionError()):
        world.provider.found = error
        with pytest.raises(type(error)):
            world.door().turn("1", ASKED)
        assert len(world.books.open_reservations()) == 1
    world.provider.found = ANSWER
    assert world.door().turn("1", ASKED) == Turned(ANSWER, COST)
    assert world.spent() == COST


def test_a_lost_turn_is_booked_even_when_it_may_not_be_asked_anew(world: World) -> None:
    died(world)
    world.stops.put(Stop("helper", "robin", NOON))
    assert isinstance(world.door().turn("1", ASKED), Unanswered)
    assert world.books.open_reservations() == []
    assert world.spent() == BOUND
    assert world.sound()


def test_an_answer_that_could_not_be_written_down_is_found_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise DiskFull("The disk is full.", "Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(world.turns, "settle", full)
        with pytest.raises(DiskFull):
            world.door().turn("1", ASKED)
    assert world.provider.forgotten == []
    world.provider.found = ANSWER
    assert world.door().turn("1", ASKED) == Turned(ANSWER, COST)
    assert len(world.provider.asked) == 1
    assert world.sound()


def test_without_its_audit_entry_nothing_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise DiskFull("The disk is full.", "Make room.")

    monkeypatch.setattr(world.audit, "append_in", full)
    with pytest.raises(DiskFull):
        world.door().turn("1", ASKED)
    assert world.provider.asked == []
    assert world.turns.of_run("run1") == []
    assert world.books.open_reservations() == []


# --- the store ---


def test_turns_are_read_back_as_they_were_written(world: World) -> None:
    world.door().turn("1", ASKED)
    (turn,) = world.turns.of_run("run1")
    assert (turn.state, turn.attempt, turn.tokens, turn.cost) == (TurnState.DONE, 1, TOKENS, COST)
    assert (turn.agent, turn.model, turn.begun_at) == ("helper", NAME, NOON)
    assert turn_from(turn.answer) == Turn(ANSWER.text, ANSWER.calls, kept="k", response_id="r1")
    assert world.turns.of_run("run2") == []


def test_a_turn_without_its_hold_is_our_fault(world: World) -> None:
    with pytest.raises(TurnMissing):
        world.turns.held(RecordedTurn("run9", "1", "helper", NAME, NOON))


@pytest.mark.parametrize("text", ["", "Größe 日本 🙂", "\ud800", "\0"])
def test_whatever_a_model_says_can_be_kept(world: World, text: str) -> None:
    said = Turn(text, (WantedCall("c", "x", None), WantedCall("d", "y", {"a": [1, None, text]})), TOKENS, cut=True)
    world.provider.script = lambda _grant: said
    world.door().turn("1", ASKED)
    turned = world.door().turn("1", ASKED)
    assert isinstance(turned, Turned)
    assert stored(turned.turn) == stored(said)
    assert turned.turn.tokens == NO_TOKENS
