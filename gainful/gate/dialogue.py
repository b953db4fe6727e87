"""The door to language models in a run: decide, hold the budget, ask, book and record, turn by turn.

    door = DialogueDoor(running, model, pricing, budgets, book, permit, clock)
    match door.turn("turn 1", exchange):
        case Turned(turn): ...             # what the model said; the same again when the run comes here again
        case NoBudget(reason): ...         # one of the budgets has no room
        case Unanswered(reason): ...       # why there is none; `again` when it may help to wait

The same step of a run is one turn. Its answer, its settlement and its record are one transaction, so a run that begins
again finds it and pays nothing. A process that died while the model thought left a hold open: its answer is looked for
where the connector keeps it, and booked then. Only where nobody knows what became of it is it booked at its upper
bound, and asked for anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from gainful.core.clock import Clock
from gainful.core.errors import Broken, Invalid, Unavailable
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.core.value import Json
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Hold
from gainful.gate.model import OVERHEAD, RULE, TOOL, Budgets, NoBudget
from gainful.gate.model_permit import ModelPermit
from gainful.gate.pricing import Pricing
from gainful.ledger.budget import BudgetExceeded
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, release, settle
from gainful.sdk.dialogue import DialogueModel, Exchange, NeverAsked, OnText, Turn, WantedCall
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable

UNSENT = "its process died before it was sent"
LOST = "nobody knows what became of it; booked at the upper bound"


class TurnState(StrEnum):
    """How far a turn has come."""

    OPEN = "open"
    """Asked for; nobody has seen its end."""
    DONE = "done"
    FAILED = "failed"
    """Without an answer; the next attempt is another call."""


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """One turn of one run.

    Args:
        attempt: From 1; each is a call of its own in the books.
        answer: What the model said, as `stored` writes it; null until it is there.
        tokens, cost: Of the last attempt.
        note: A sentence about it when it did not simply come.
    """

    run_id: str
    step: str
    agent: str
    model: str
    begun_at: datetime
    attempt: int = 1
    state: TurnState = TurnState.OPEN
    answer: Json = None
    tokens: Tokens = NO_TOKENS
    cost: Money = field(default_factory=lambda: Money(0))
    note: str = ""

    @property
    def key(self) -> str:
        """Idempotency key of this attempt."""
        return f"turn:{self.run_id}:{self.step}:{self.attempt}"


class TurnBook(Protocol):
    """Where turns are recorded. Each method is one durable transaction, audit entries and books with it or nothing."""

    def of_run(self, run_id: str) -> list[RecordedTurn]:
        """The turns of this run, in order."""

    def begin(self, turn: RecordedTurn, hold: Hold, events: Sequence[AuditEvent]) -> Reservation:
        """Record an attempt, and hold what it needs.

        Raises:
            BudgetExceeded: One of the budgets has no room; nothing was recorded.
        """

    def held(self, turn: RecordedTurn) -> Reservation:
        """What is held for an attempt whose end nobody saw."""

    def settle(self, turn: RecordedTurn, entry: Entry, events: Sequence[AuditEvent], at: datetime) -> None:
        """Record how an attempt ended, and what it cost."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What the model said, and what that cost. `recorded`: it was known before; nothing was asked or paid now."""

    turn: Turn
    cost: Money
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why there is no answer.

    Args:
        again: Whether the same question may be answered later.
        wait: How long the provider wants to be left alone, where it says so.
    """

    reason: str
    again: bool
    wait: timedelta | None = None


class DialogueDoor:
    """The only caller of a model in one run. Not to be shared between threads.

    Args:
        weights: For which work items the turns are, as `gainful.ledger.reservation.settle` takes them.
    """

    def __init__(
        self,
        run_id: str,
        model: DialogueModel,
        pricing: Pricing,
        budgets: Budgets,
        book: TurnBook,
        permit: ModelPermit,
        clock: Clock,
        weights: Mapping[str, int] | None = None,
    ) -> None:
        self._run_id = run_id
        self._model = model
        self._pricing = pricing
        self._budgets = budgets
        self._book = book
        self._permit = permit
        self._clock = clock
        self._weights = weights or {}
        self._known = {turn.step: turn for turn in book.of_run(run_id)}

    def turn(self, step: str, exchange: Exchange, on_text: OnText | None = None) -> Turned | NoBudget | Unanswered:
        """The model's answer within the budgets; why there is none, otherwise. Never raises for what a model does.

        Raises:
            GainfulError: The model cannot even be asked, or nothing could be written down.
        """
        known = self._known.get(step)
        if known is not None and known.state is TurnState.DONE:
            # Its process may have died between the books and this.
            self._model.forget(known.key)
            return Turned(turn_from(known.answer), known.cost, recorded=True)
        if known is None or known.state is TurnState.FAILED:
            attempt = known.attempt + 1 if known is not None else 1
            return self._ask(self._fresh(step, attempt), exchange, on_text)
        held = self._book.held(known)
        found = self._outcome(known, held, lambda grant: self._model.find(grant, exchange), sent=True)
        return found or self._ask(self._fresh(step, known.attempt + 1), exchange, on_text)

    def _fresh(self, step: str, attempt: int) -> RecordedTurn:
        return RecordedTurn(self._run_id, step, self._permit.agent, self._model.name, self._clock(), attempt)

    def _ask(self, turn: RecordedTurn, exchange: Exchange, on_text: OnText | None) -> Turned | NoBudget | Unanswered:
        objection, event = self._permit.decide(self._run_id, turn.step)
        if objection:
            self._permit.record(event)
            return Unanswered(objection, again=False)
        hold = Hold(self._budgets(self._run_id), self._bound(exchange))
        try:
            held = self._book.begin(turn, hold, [event])
        except BudgetExceeded as error:
            return NoBudget(str(error))
        self._known[turn.step] = turn
        answered = self._outcome(turn, held, lambda grant: self._model.answer(grant, exchange, on_text), sent=False)
        assert answered is not None  # noqa: S101 -- told to the type checker: an answer is one, or raises
        return answered

    def _bound(self, exchange: Exchange) -> Money:
        # A token is at least one octet of UTF-8, so octets bound the prompt whatever the tokenizer.
        prompt = self._model.size(exchange) + OVERHEAD
        return self._pricing.bound(prompt, exchange.max_output_tokens, self._clock())

    def _outcome(
        self, turn: RecordedTurn, held: Reservation, asked: Callable[[Grant], Turn | NeverAsked | None], *, sent: bool
    ) -> Turned | Unanswered | None:
        """How an attempt went, settled; None when it is to be made anew.

        Args:
            sent: It was made by an earlier process. When its answer cannot even be looked for, it stays open.
        """
        try:
            answer = asked(Grant(turn.key, TOOL, (RULE,)))
        except ModelBadAnswer as error:
            return self._failed(turn, held, error, error.tokens, billed=True, again=False)
        except ModelRefused as error:
            return self._failed(turn, held, error, NO_TOKENS, billed=False, again=False)
        except ModelUnreachable as error:
            return self._failed(turn, held, error, NO_TOKENS, billed=error.billed, again=True)
        except (Invalid, Broken, Unavailable) as error:
            if not sent:
                # The connector could not even begin: no key, no library, no disk.
                never = release(held, self._clock(), f"never sent: {error.code}")
                self._settle(turn, never, TurnState.FAILED, str(error))
            raise
        except Exception as error:
            if not sent:
                self._book_bound(turn, held, f"failed with {type(error).__name__}; booked at the upper bound")
            raise
        if isinstance(answer, Turn):
            return self._answered(turn, held, answer)
        if isinstance(answer, NeverAsked):
            self._settle(turn, release(held, self._clock(), UNSENT), TurnState.FAILED, UNSENT)
        else:
            # Somebody may have answered and be owed for it.
            self._book_bound(turn, held, LOST)
        return None

    def _book_bound(self, turn: RecordedTurn, held: Reservation, memo: str) -> None:
        entry = settle(held, held.held, NO_TOKENS, self._clock(), self._weights, memo)
        self._settle(replace(turn, cost=held.held), entry, TurnState.FAILED, memo)

    def _answered(self, turn: RecordedTurn, held: Reservation, answer: Turn) -> Turned:
        cost, memo = self._cost(held, answer.tokens)
        entry = settle(held, cost, answer.tokens, self._clock(), self._weights, memo)
        self._settle(replace(turn, answer=stored(answer), tokens=answer.tokens, cost=cost), entry, TurnState.DONE, memo)
        return Turned(answer, cost)

    def _cost(self, held: Reservation, tokens: Tokens) -> tuple[Money, str]:
        if tokens.total:
            return self._pricing.cost(tokens, self._clock()), ""
        # Unknown is booked at the upper bound, never as nothing.
        return held.held, f"{self._model.name} told no usage; booked at the upper bound" if held.held else ""

    def _failed(
        self,
        turn: RecordedTurn,
        held: Reservation,
        error: ModelBadAnswer | ModelRefused | ModelUnreachable,
        tokens: Tokens,
        *,
        billed: bool,
        again: bool,
    ) -> Unanswered:
        cost, memo = self._cost(held, tokens) if billed else (Money(0, held.held.currency), "")
        memo = f"no answer, {error.code}; {memo}".rstrip("; ")
        entry = settle(held, cost, tokens, self._clock(), self._weights if billed else {}, memo)
        self._settle(replace(turn, tokens=tokens, cost=cost), entry, TurnState.FAILED, str(error))
        return Unanswered(str(error), again, error.retry_after if isinstance(error, ModelUnreachable) else None)

    def _settle(self, turn: RecordedTurn, entry: Entry, state: TurnState, note: str) -> None:
        at = self._clock()
        turn = replace(turn, state=state, note=note)
        detail = {
            "model": turn.model,
            "prompt_tokens": turn.tokens.prompt,
            "output_tokens": turn.tokens.output,
            "cost": str(turn.cost),
            "note": note,
        }
        event = AuditEvent(
            at, AuditKind.RESULT, turn.run_id, turn.step, turn.agent, turn.agent, TOOL, str(state), detail=detail
        )
        self._book.settle(turn, entry, [event], at)
        self._known[turn.step] = turn
        self._model.forget(turn.key)


# --- as it is stored -------------------------------------------------------------------------------------------------


def stored(turn: Turn) -> Json:
    """What the model said as JSON."""
    return {
        "text": turn.text,
        "calls": [[call.id, call.tool, call.arguments] for call in turn.calls],
        "cut": turn.cut,
        "kept": turn.kept,
        "response_id": turn.response_id,
    }


def turn_from(kept: Json) -> Turn:
    """The turn that `stored` wrote, without its tokens: they are booked."""
    calls = tuple(WantedCall(*call) for call in kept["calls"])
    return Turn(kept["text"], calls, cut=kept["cut"], kept=kept["kept"], response_id=kept["response_id"])
