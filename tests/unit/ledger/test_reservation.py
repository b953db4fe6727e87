"""Money is held before a call and settled after it; the tests read like pages of the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.money import Money, Tokens
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import (
    Budget,
    BudgetExceeded,
    Reservation,
    check_room,
    grant,
    hold,
    release,
    settle,
    settle_unknown,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"), calls=10)
STEM = "budget:triage:2026-11-22"
HELD = Reservation("ask1", STEM, Money("0.04"), "openai:small", "run1", NOON)


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


GRANTED = grant(BUDGET, {}, NOON, 1)


def test_a_grant_opens_the_period() -> None:
    assert ledger(GRANTED) == {
        f"{STEM}:open USD": "0.5",
        f"{STEM}:granted USD": "-0.5",
        f"{STEM}:open call": "10",
        f"{STEM}:granted call": "-10",
    }


def test_a_changed_cap_grants_the_difference() -> None:
    granted = {"USD": Decimal("-0.5"), "call": Decimal(-10)}
    assert grant(BUDGET, granted, NOON, 2) is None
    assert ledger(grant(Budget("triage", Money("0.20")), granted, NOON, 2)) == {
        f"{STEM}:open USD": "-0.3",
        f"{STEM}:granted USD": "0.3",
        f"{STEM}:open call": "-10",
        f"{STEM}:granted call": "10",
    }


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


def test_no_room_names_what_is_left_and_the_next_move() -> None:
    with pytest.raises(BudgetExceeded) as error:
        check_room(
            Budget("support", Money("10"), raise_by="Set model.daily_budget to 15"),
            {"USD": Decimal("3.10")},
            Money("4.00"),
        )
    assert str(error.value) == (
        "Budget 'support' has 3.10 USD left this day; this call reserves 4.00 USD. "
        "Set model.daily_budget to 15, choose a cheaper model, or wait for the next day."
    )


def test_calls_are_capped_too() -> None:
    with pytest.raises(BudgetExceeded, match="allows 10 model calls"):
        check_room(BUDGET, {"USD": Decimal("0.5"), "call": Decimal(0)}, Money(0))
    check_room(Budget("free", Money(0)), {}, Money(0))


@pytest.mark.parametrize(("period", "stem"), [("day", "budget:b:2026-11-22"), ("month", "budget:b:2026-11")])
def test_periods_are_utc(period: str, stem: str) -> None:
    late = datetime.fromisoformat("2026-11-23T00:30:00+01:00")
    assert Budget("b", Money(1), period=period).account(late) == stem
