"""Money is held before a call and settled after it; the tests read like pages of the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.errors import Invalid
from gainful.core.money import Money, Tokens
from gainful.ledger.budget import Budget, BudgetExceeded, grant
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, hold, release, reserved, settle, settle_unknown

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"), calls=10)
STEM = "budget:triage:2026-11-22"
MONTH = Budget("everyone", period="month")
OTHER = "budget:everyone:2026-11"
HELD = Reservation("ask1", (STEM,), Money("0.04"), "openai:small", "run1", NOON)
TWICE = Reservation("ask1", (STEM, OTHER), Money("0.04"), "openai:small", "run1", NOON)


def ledger(*entries: Entry | None) -> dict[str, str]:
    """The balances after these entries, zero balances left out."""
    totals: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        for posting in entry.postings if entry else ():
            totals[posting.account, posting.unit, posting.work_item] += posting.amount
    return {
        " ".join(part for part in place if part): f"{amount.normalize():f}"
        for place, amount in totals.items()
        if amount
    }


GRANTED = grant(BUDGET, STEM, {}, NOON, 1)


def test_a_hold_moves_from_open_to_held() -> None:
    assert ledger(GRANTED, hold(HELD)) == {
        f"{STEM}:open USD": "0.46",
        f"{STEM}:held USD": "0.04",
        f"{STEM}:granted USD": "-0.5",
        f"{STEM}:open call": "9",
        f"{STEM}:held call": "1",
        f"{STEM}:granted call": "-10",
    }


def test_settling_books_the_cost_and_frees_the_rest() -> None:
    settled = settle(HELD, Money("0.01"), Tokens(fresh=300, output=30), NOON, {"mail1": 2, "mail2": 1})
    assert ledger(GRANTED, hold(HELD), settled) == {
        f"{STEM}:open USD": "0.49",
        f"{STEM}:spent USD": "0.01",
        f"{STEM}:granted USD": "-0.5",
        f"{STEM}:open call": "9",
        f"{STEM}:spent call": "1",
        f"{STEM}:granted call": "-10",
        "cost:openai:small USD mail1": "0.006666667",
        "cost:openai:small USD mail2": "0.003333333",
        "payable:openai USD": "-0.01",
        "used:openai:small token.fresh mail1": "200",
        "used:openai:small token.fresh mail2": "100",
        "used:openai:small token.output mail1": "20",
        "used:openai:small token.output mail2": "10",
        "supplied:openai token.fresh": "-300",
        "supplied:openai token.output": "-30",
        "used:openai:small call": "1",
        "supplied:openai call": "-1",
    }


def test_a_call_that_cost_more_than_held_is_booked_in_full() -> None:
    settled = settle(HELD, Money("0.05"), Tokens(), NOON, {})
    assert ledger(GRANTED, hold(HELD), settled)[f"{STEM}:open USD"] == "0.45"
    assert ledger(GRANTED, hold(HELD), settled)[f"{STEM}:spent USD"] == "0.05"


def test_releasing_undoes_the_hold_and_the_call() -> None:
    assert ledger(GRANTED, hold(HELD), release(HELD, NOON, "not sent")) == ledger(GRANTED)


def test_a_lost_call_costs_its_whole_hold_and_says_so() -> None:
    lost = settle_unknown(HELD, NOON)
    assert lost.memo == "outcome unknown after a crash"
    assert ledger(GRANTED, hold(HELD), lost)[f"{STEM}:spent USD"] == "0.04"


def test_settlement_and_release_share_a_key_so_only_one_is_booked() -> None:
    assert (
        settle(HELD, Money(0), Tokens(), NOON, {}).key == release(HELD, NOON, "").key == settle_unknown(HELD, NOON).key
    )


def test_several_budgets_hold_the_call_and_it_costs_once() -> None:
    settled = settle(TWICE, Money("0.01"), Tokens(fresh=3), NOON, {})
    assert ledger(GRANTED, hold(TWICE)) == {
        f"{STEM}:open USD": "0.46",
        f"{STEM}:held USD": "0.04",
        f"{STEM}:granted USD": "-0.5",
        f"{STEM}:open call": "9",
        f"{STEM}:held call": "1",
        f"{STEM}:granted call": "-10",
        f"{OTHER}:open USD": "-0.04",
        f"{OTHER}:held USD": "0.04",
        f"{OTHER}:open call": "-1",
        f"{OTHER}:held call": "1",
    }
    assert ledger(hold(TWICE), settled) == {
        f"{STEM}:open USD": "-0.01",
        f"{STEM}:spent USD": "0.01",
        f"{STEM}:open call": "-1",
        f"{STEM}:spent call": "1",
        f"{OTHER}:open USD": "-0.01",
        f"{OTHER}:spent USD": "0.01",
        f"{OTHER}:open call": "-1",
        f"{OTHER}:spent call": "1",
        "cost:openai:small USD": "0.01",
        "payable:openai USD": "-0.01",
        "used:openai:small token.fresh": "3",
        "supplied:openai token.fresh": "-3",
        "used:openai:small call": "1",
        "supplied:openai call": "-1",
    }
    assert ledger(hold(TWICE), release(TWICE, NOON, "not sent")) == {}


def test_reserving_grants_what_is_new_and_holds_in_all() -> None:
    reservation, entries = reserved([BUDGET, MONTH], {}, Money("0.04"), "ask1", "openai:small", NOON, "run1", 7)
    assert reservation == TWICE
    assert [entry.key for entry in entries] == [f"{STEM}:grant:7", "ask1:reserve"]
    balances = {f"{STEM}:granted": {"USD": Decimal("-0.5"), "call": Decimal(-10)}}
    _, entries = reserved([BUDGET, MONTH], balances, Money("0.04"), "ask1", "openai:small", NOON, "run1", 8)
    assert [entry.kind for entry in entries] == ["reserve"]


def test_one_budget_without_room_refuses_the_call_in_all() -> None:
    full = Budget("run", Money("0.03"), period="run")
    with pytest.raises(BudgetExceeded, match=r"Budget 'run' has 0\.03 USD left this run"):
        reserved([BUDGET, full, MONTH], {}, Money("0.04"), "ask1", "openai:small", NOON, "run1", 1)


def test_what_cannot_be_reserved() -> None:
    for budgets, amount, problem in (
        ([], Money(1), "at least one budget"),
        ([BUDGET, Budget("triage", Money(9))], Money("0.1"), "'triage:2026-11-22' would cover one call twice"),
        ([BUDGET], Money(-1), "cannot be reserved"),
    ):
        with pytest.raises(Invalid, match=problem):
            reserved(budgets, {}, amount, "k", "openai:small", NOON, "run1", 1)
