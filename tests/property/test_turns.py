"""Whatever models do and whenever processes die: each answer is paid once, and the books balance."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gainful.core.errors import Invalid
from gainful.core.money import Money, Tokens
from gainful.gate.dialogue import DialogueDoor, Turned, TurnState, Unanswered
from gainful.gate.guard import Guard
from gainful.gate.model import NoBudget
from gainful.gate.model_permit import ModelPermit
from gainful.gate.pricing import pricing_of
from gainful.ledger.budget import Budget
from gainful.policy.manifest import manifest_from
from gainful.sdk.declaration import declared
from gainful.sdk.dialogue import Exchange, NeverAsked, OnText, PersonSays, Turn
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.stop_store import StopStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "openai:small"
ASKED = Exchange("Be brief.", (PersonSays("Hello"),), (), 100)
TOKENS = st.builds(Tokens, *[st.integers(0, 400)] * 4)
STEPS = st.sampled_from(["1", "2", "3"])
BOUND = Money("0.001264")
FAILURES: dict[str, tuple[Callable[[], Exception], Money]] = {
    "refused": (lambda: ModelRefused("No.", "x"), Money(0)),
    "busy": (lambda: ModelUnreachable("Busy.", "x", billed=False), Money(0)),
    "broke off": (lambda: ModelUnreachable("Broke off.", "x", billed=True), BOUND),
    "bad": (lambda: ModelBadAnswer("Bad.", "x"), BOUND),
    "cannot begin": (lambda: Invalid("No key.", "x"), Money(0)),
    "surprise": (ZeroDivisionError, BOUND),
}


class Crash(BaseException):
    """The process dies here."""


class Provider:
    """What the next request does, and what is kept of those whose asker died, by key."""

    name = NAME

    def __init__(self) -> None:
        self.next: Any = None
        self.kept: dict[str, Turn | NeverAsked | None] = {}
        self.answered: list[str] = []

    def size(self, exchange: Exchange) -> int:
        return 1000

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        match self.next:
            case Turn() as turn:
                self.answered.append(grant.key)
                return turn
            case ("crash", left):
                self.kept[grant.key] = left
                if isinstance(left, Turn):
                    self.answered.append(grant.key)
                raise Crash
        assert isinstance(self.next, Exception)
        raise self.next

    def find(self, grant: Grant, exchange: Exchange) -> Turn | NeverAsked | None:
        return self.kept[grant.key]

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)

    def close(self) -> None: ...


@cache
def empty_database() -> bytes:
    """A database file without content: copying it is quicker than migrating anew for each example."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "g.db"
        engine = open_database(file)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return file.read_bytes()


class TurnMachine(RuleBasedStateMachine):
    """Asks for turns of one run in any order, with every failure, in processes that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        (home / "g.db").write_bytes(empty_database())
        self.engine = open_database(home / "g.db")
        clock = lambda: NOON  # noqa: E731
        self.audit = AuditStore(self.engine, home / "audit.key", home / "checkpoints.jsonl", clock)
        self.books = LedgerStore(self.engine, clock)
        self.turns = TurnStore(self.engine, self.audit, self.books)
        self.stops = StopStore(self.engine, self.audit)
        self.provider = Provider()
        self.pricing = pricing_of(NAME, NOON, input_price=Decimal(1), output_price=Decimal(2))
        self.budgets = [Budget("run", Money("0.02"), period="run"), Budget("everyone", period="month")]
        self.expected = Money(0)
        self.done: dict[str, str] = {}
        self.restart()

    @rule()
    def restart(self) -> None:
        """Another process takes over."""
        guard = Guard(
            "helper", manifest_from({"agent": "helper", "effects": [{"tool": "model.ask"}]}), self.stops, self.audit
        )
        permit = ModelPermit(lambda: guard, declared("llm")["model.ask"], NAME, lambda: NOON)
        self.door = DialogueDoor(
            "run1", self.provider, self.pricing, lambda _: self.budgets, self.turns, permit, lambda: NOON
        )

    def cost(self, tokens: Tokens) -> Money:
        return self.pricing.cost(tokens, NOON) if tokens.total else BOUND

    def look(self, step: str) -> bool:
        """What the door must find out first about a turn that is open; whether it then asks anew."""
        found = [one for one in self.turns.of_run("run1") if one.step == step]
        if not found:
            return True
        (turn,) = found
        if turn.state is TurnState.FAILED:
            return True
        if turn.state is TurnState.DONE:
            return False
        left = self.provider.kept[turn.key]
        if isinstance(left, Turn):
            self.expected += self.cost(left.tokens)
            self.done[step] = left.text
            return False
        self.expected += Money(0) if isinstance(left, NeverAsked) else BOUND
        return True

    @rule(step=STEPS, tokens=TOKENS, text=st.text(max_size=5))
    def answers(self, step: str, tokens: Tokens, text: str) -> None:
        """The model answers, if it is asked."""
        asks = self.look(step)
        self.provider.next = Turn(text, tokens=tokens)
        said = self.door.turn(step, ASKED)
        if isinstance(said, NoBudget):
            return
        assert isinstance(said, Turned)
        if asks:
            self.expected += self.cost(tokens)
            self.done[step] = text
        assert said.turn.text == self.done[step]

    @rule(step=STEPS, failure=st.sampled_from(sorted(FAILURES)))
    def fails(self, step: str, failure: str) -> None:
        """The model fails, if it is asked."""
        make, cost = FAILURES[failure]
        asks = self.look(step)
        self.provider.next = make()
        try:
            said = self.door.turn(step, ASKED)
        except (Invalid, ZeroDivisionError):
            said = Unanswered("", again=False)
        if asks and not isinstance(said, NoBudget):
            self.expected += cost
        assert isinstance(said, Turned) == (not asks)

    @rule(
        step=STEPS,
        left=st.one_of(st.none(), st.just(NeverAsked()), st.builds(Turn, st.text(max_size=3), tokens=TOKENS)),
    )
    def dies(self, step: str, left: Turn | NeverAsked | None) -> None:
        """The process dies in the middle of a request, if it makes one."""
        self.look(step)
        self.provider.next = ("crash", left)
        try:
            self.door.turn(step, ASKED)
        except Crash:
            self.restart()

    @invariant()
    def everything_is_booked_once(self) -> None:
        """Spent is what was expected; what is open is held; no answer is asked for again."""
        spent = self.books.balance(f"{self.budgets[0].account(NOON, 'run1')}:spent", "USD")
        assert Money(spent) == self.expected
        turns = self.turns.of_run("run1")
        open_ones = {turn.key for turn in turns if turn.state is TurnState.OPEN}
        assert {held.key for held in self.books.open_reservations()} == open_ones
        assert {turn.step for turn in turns if turn.state is TurnState.DONE} == set(self.done)
        assert len(self.provider.answered) == len(set(self.provider.answered))

    def teardown(self) -> None:
        assert self.books.verify() == []
        assert self.audit.verify().findings == ()
        self.engine.dispose()
        self.folder.cleanup()


TestTurns = TurnMachine.TestCase
TestTurns.settings = settings(max_examples=30, stateful_step_count=12, deadline=None)
