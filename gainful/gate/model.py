"""The door to language models: decide, reserve, call, settle. Nothing else in Gainful calls a model.

    door = ModelDoor(model, pricing, always(budget), books, answers, system_clock, permit=permit)
    print(door.quote())                        # model, price and cap, before anything is spent
    known = door.recall([door.digest(instructions, text)])
    result = door.ask(Inquiry(question, weights={"mail:7h2k9": 1}, keep=...), run_id)
    match result:
        case Answered(): ...                   # result.content, result.tokens, result.cost, result.shares
        case NoBudget() | Failed(): ...        # result.reason, for the person

The upper bound of the cost is committed to the books, in every budget that covers the call, before the request leaves.
The answer and its settlement are one transaction: after a crash the answer is either kept and paid, or its reservation
is found open by `recover`. Silent answers, refusals and failures are booked like any other call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from gainful.core.clock import Clock
from gainful.core.errors import Broken, Invalid
from gainful.core.ids import IdFactory, random_id
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.gate.pricing import Pricing
from gainful.ledger.allocation import allocate, allocate_tokens
from gainful.ledger.budget import Budget, BudgetExceeded, Standing, shown_cap
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, release, settle
from gainful.ledger.store import Books
from gainful.sdk.grant import Grant
from gainful.sdk.model import (
    LanguageModel,
    ModelAnswer,
    ModelBadAnswer,
    ModelRefused,
    ModelUnreachable,
    Question,
)

TOOL = "model.ask"
RULE = "model-is-configured"
"""Asking a model shows it what a stranger wrote: allowed because the person named this model for their mail."""

OVERHEAD = 64
"""Tokens that a provider may add around a prompt: roles, separators, the tool that holds a schema."""

PAUSE = timedelta(minutes=1)
"""How long the door stays shut after a failure that names no time of its own."""

LONG_PAUSE = timedelta(minutes=15)
"""How long it stays shut after a refusal: the same key will be refused again."""


Budgets = Callable[[str], Sequence[Budget]]
"""Which budgets cover the calls of a run, by its id; asked before each call, so that a changed cap counts at once."""


def always(*budgets: Budget) -> Budgets:
    """The same budgets for each run."""
    return lambda _run_id: budgets


Permit = Callable[[str], str]
"""Why this run may not ask now, by its id; empty when it may. Asked before each call, so that a stop counts at once."""


def freely(run_id: str) -> str:
    """No objection: where nobody's manifest is in question."""
    del run_id
    return ""


class AnswerBook(Protocol):
    """Keeps what models answered, beside the books."""

    def recall(self, digests: Sequence[str]) -> dict[str, str]:
        """The kept answers, by digest; what is not kept is left out."""

    def settle(self, entry: Entry, model: str, kept: Mapping[str, str], at: datetime) -> None:
        """Book the settlement and keep the answers, in one transaction."""


def keep_nothing(content: Any) -> Mapping[str, str]:
    """Accepts any answer and keeps none of it."""
    del content
    return {}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question, what work it is for, and what of its answer is kept.

    Args:
        weights: How the cost is shared by work item, such as the length of each one's text.
        keep: Reads the answer's content and returns what to keep, text by digest. Raises ValueError when the answer
            is not what was asked for.
    """

    question: Question
    weights: Mapping[str, int] = field(default_factory=dict)
    keep: Callable[[Any], Mapping[str, str]] = keep_nothing


@dataclass(frozen=True, slots=True)
class Share:
    """One work item's part of a call."""

    tokens: Tokens
    cost: Money


@dataclass(frozen=True, slots=True)
class Answered:
    """The model answered, and it is paid."""

    content: Any
    tokens: Tokens
    cost: Money
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class NoBudget:
    """A budget has no room for this call; nothing was sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer. What the attempt cost is booked."""

    reason: str


class ModelDoor:
    """The only caller of one language model. Safe to share between threads.

    Args:
        pricing: The price of this very model.
        budgets: The caps; without room in every one of them nothing is called.
        new_id: Makes each attempt's idempotency key unique.
        permit: Of the agent on whose behalf it asks.
    """

    def __init__(
        self,
        model: LanguageModel,
        pricing: Pricing,
        budgets: Budgets,
        books: Books,
        answers: AnswerBook,
        clock: Clock,
        new_id: IdFactory = random_id,
        *,
        permit: Permit,
    ) -> None:
        if pricing.model != model.name:
            raise Invalid(f"The price is for '{pricing.model}', the model is '{model.name}'.", "Give the model's own.")
        self._model = model
        self._pricing = pricing
        self._budgets = budgets
        self._books = books
        self._answers = answers
        self._clock = clock
        self._new_id = new_id
        self._permit = permit
        self._shut: tuple[datetime, str] | None = None

    @property
    def model(self) -> str:
        """`PROVIDER:MODEL`."""
        return self._model.name

    def quote(self, run_id: str = "") -> str:
        """Model, price and the cap that is reached first, in one line, to be shown before the first call."""
        standings = self._books.standings(self._budgets(run_id), run_id)
        tightest = min(standings, key=lambda standing: standing.tightness)
        return f"{self.model} ({self._pricing.shown}), {_shown(tightest, alone=len(standings) == 1)}"

    def digest(self, *parts: str) -> str:
        """The name under which an answer to these texts is kept: SHA-256 over the model and the parts."""
        return hashlib.sha256(json.dumps([self.model, *parts]).encode()).hexdigest()

    def recall(self, digests: Sequence[str]) -> dict[str, str]:
        """What was answered and paid before: it costs nothing, and nothing is booked."""
        return self._answers.recall(digests)

    def recover(self, run_id: str) -> int:
        """Book the calls of this run whose end nobody saw, at their upper bound. Call it when a run begins or ends.

        Returns how many there were.
        """
        return len(self._books.recover(lambda reservation: reservation.run_id == run_id))

    def asked(self, run_id: str) -> bool:
        """Whether money was ever held for a question of this run, whatever became of it.

        It is held before a request leaves: what dies after that has perhaps asked, and what may be asked only once is
        not asked again.
        """
        return any(row.key.startswith(_key(run_id, "")) for row in self._books.rows(run=run_id))

    def ask(self, inquiry: Inquiry, run_id: str) -> Answered | NoBudget | Failed:
        """The model's answer within the budgets; why there is none, otherwise. Never raises for what a model does."""
        objection = self._why_shut() or self._permit(run_id)
        if objection:
            return Failed(objection)
        key = _key(run_id, self._new_id())
        try:
            held = self._books.reserve(self._budgets(run_id), self._bound(inquiry.question), key, self.model, run_id)
        except BudgetExceeded as error:
            return NoBudget(str(error))
        grant = Grant(key, TOOL, (RULE,))
        try:
            answer = self._model.ask(grant, inquiry.question)
        except ModelBadAnswer as error:
            self._settle(held, error.tokens, inquiry, {}, f"no usable answer from {self.model}")
            return Failed(str(error))
        except ModelRefused as error:
            return self._fail(held, inquiry, error, LONG_PAUSE, billed=False)
        except ModelUnreachable as error:
            return self._fail(held, inquiry, error, error.retry_after or PAUSE, billed=error.billed)
        except Exception as error:
            self._book_surprise(held, inquiry, error)
            raise
        return self._take(held, inquiry, answer)

    def _bound(self, question: Question) -> Money:
        # A token is at least one octet of UTF-8, so octets bound the prompt whatever the tokenizer.
        prompt = self._model.size(question) + OVERHEAD
        return self._pricing.bound(prompt, question.max_output_tokens, self._clock())

    def _take(self, held: Reservation, inquiry: Inquiry, answer: ModelAnswer) -> Answered | Failed:
        try:
            kept = inquiry.keep(answer.content)
        except ValueError as error:
            self._settle(held, answer.tokens, inquiry, {}, f"no usable answer from {self.model}")
            return Failed(f"The answer of {self.model} is not what was asked for: {error}.")
        cost = self._settle(held, answer.tokens, inquiry, kept)
        costs = allocate(cost.amount, inquiry.weights)
        tokens = allocate_tokens(answer.tokens, inquiry.weights)
        shares = {item: Share(tokens[item], Money(costs[item], cost.currency)) for item in inquiry.weights}
        return Answered(answer.content, answer.tokens, cost, shares)

    def _settle(
        self, held: Reservation, tokens: Tokens, inquiry: Inquiry, kept: Mapping[str, str], memo: str = ""
    ) -> Money:
        """Books what the call cost together with what is kept of it."""
        at = self._clock()
        if tokens.total:
            cost = self._pricing.cost(tokens, at)
        else:
            # Some servers report no usage. Unknown is booked at the upper bound, never as nothing.
            cost, memo = held.held, memo or f"{self.model} told no usage; booked at the upper bound"
        self._answers.settle(settle(held, cost, tokens, at, inquiry.weights, memo), self.model, kept, at)
        return cost

    def _fail(
        self,
        held: Reservation,
        inquiry: Inquiry,
        error: ModelRefused | ModelUnreachable,
        pause: timedelta,
        *,
        billed: bool,
    ) -> Failed:
        at = self._clock()
        self._shut = (at + pause, str(error))
        if billed:
            # The provider had the question and may charge for it: the bound is booked rather than nothing.
            entry = settle(held, held.held, NO_TOKENS, at, inquiry.weights, "broke off; booked at the upper bound")
        else:
            entry = settle(
                held, Money(0, held.held.currency), NO_TOKENS, at, {}, f"refused or not reached: {error.code}"
            )
        self._answers.settle(entry, self.model, {}, at)
        return Failed(str(error))

    def _book_surprise(self, held: Reservation, inquiry: Inquiry, error: Exception) -> None:
        """Ends the hold of a call that went wrong in a way that no connector may: it must not block the budgets."""
        at = self._clock()
        if isinstance(error, Invalid | Broken):
            # The connector could not even begin: no key, no library, the wrong grant.
            entry = release(held, at, f"never sent: {error.code}")
        else:
            memo = f"failed with {type(error).__name__}; booked at the upper bound"
            entry = settle(held, held.held, NO_TOKENS, at, inquiry.weights, memo)
        self._answers.settle(entry, self.model, {}, at)

    def _why_shut(self) -> str:
        """Why no call is made now; empty when one is. After a failure the next ones would only fail alike."""
        if self._shut is None or self._clock() >= self._shut[0]:
            self._shut = None
            return ""
        return self._shut[1]


def _key(run_id: str, attempt: str) -> str:
    return f"ask:{run_id}:{attempt}"


def _shown(standing: Standing, *, alone: bool) -> str:
    """`at most 0.5 USD, 200 calls a day`; beside it what is left of it, and its name where it is one of several."""
    budget = standing.budget
    if not budget.capped:
        return "without a cap"
    shown = f"at most {shown_cap(budget)} a {budget.period}"
    if standing.left is not None and standing.left != budget.cap:
        shown += f", {standing.left} left"
    return shown if alone else f"{shown} (budget '{budget.name}')"
