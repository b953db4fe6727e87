"""What a budget has left, what it says when it is used up, and how its cap comes into the books."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.ledger.budget import Budget, BudgetExceeded, Period, grant, needs_hold, shown_cap, standing
from gainful.ledger.entry import Entry

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"), calls=10)
STEM = "budget:triage:2026-11-22"


def granted(budget: Budget, before: dict[str, Decimal], number: int = 1) -> dict[str, str]:
    entry = grant(budget, STEM, before, NOON, number)
    return _lines(entry) if entry else {}


def _lines(entry: Entry) -> dict[str, str]:
    return {f"{line.account} {line.unit}": f"{line.amount.normalize():f}" for line in entry.postings}


@pytest.mark.parametrize(("period", "stem"), [("day", "budget:b:2026-11-22"), ("month", "budget:b:2026-11")])
def test_periods_are_utc(period: Period, stem: str) -> None:
    late = datetime.fromisoformat("2026-11-23T00:30:00+01:00")
    assert Budget("b", Money(1), period=period).account(late) == stem


def test_a_budget_for_each_run_has_accounts_for_each_run() -> None:
    budget = Budget("agent:triage", Money(1), period="run")
    assert budget.account(NOON, "7h2k9") == "budget:agent:triage:7h2k9"
    with pytest.raises(Invalid, match="one for each run, and no run is named"):
        budget.account(NOON)


def test_a_grant_opens_the_period() -> None:
    assert granted(BUDGET, {}) == {
        f"{STEM}:open USD": "0.5",
        f"{STEM}:granted USD": "-0.5",
        f"{STEM}:open call": "10",
        f"{STEM}:granted call": "-10",
    }


def test_a_changed_cap_grants_the_difference_and_one_taken_away_takes_it_back() -> None:
    before = {"USD": Decimal("-0.5"), "call": Decimal(-10)}
    assert granted(BUDGET, before, 2) == {}
    assert granted(Budget("triage", Money("0.20")), before, 2) == {
        f"{STEM}:open USD": "-0.3",
        f"{STEM}:granted USD": "0.3",
        f"{STEM}:open call": "-10",
        f"{STEM}:granted call": "10",
    }
    assert granted(Budget("triage"), {}) == {}


def test_what_is_left_follows_from_the_cap_and_what_is_spent_and_held() -> None:
    balances = {
        f"{STEM}:spent": {"USD": Decimal("0.2"), "call": Decimal(3)},
        f"{STEM}:held": {"USD": Decimal("0.1"), "call": Decimal(1)},
    }
    now = standing(BUDGET, STEM, balances)
    assert (now.spent, now.held, now.left) == (Money("0.2"), Money("0.1"), Money("0.2"))
    assert (now.calls_spent, now.calls_held, now.calls_left) == (3, 1, 6)
    lowered = standing(Budget("triage", Money("0.25"), calls=2), STEM, balances)
    assert (lowered.left, lowered.calls_left) == (Money(0), 0)
    free = standing(Budget("triage"), STEM, balances)
    assert (free.spent, free.left, free.calls_left) == (Money("0.2"), None, None)


def test_no_room_names_what_is_left_and_the_command_that_makes_room() -> None:
    raise_by = "Raise it with `gainful budget set agent:support {cap} --calls {calls} --period month`"
    budget = Budget("agent:support", Money(10), 200, "month", raise_by)
    stem = budget.account(NOON)
    used = {f"{stem}:spent": {"USD": Decimal("6.90"), "call": Decimal(40)}}
    with pytest.raises(BudgetExceeded) as error:
        standing(budget, stem, used).check_room(Money("4.00"))
    assert str(error.value) == (
        "Budget 'agent:support' has 3.10 USD left this month; this call reserves 4.00 USD. "
        "Raise it with `gainful budget set agent:support 20.00 --calls 200 --period month`, make a cheaper call, "
        "or wait for the next month."
    )


def test_the_suggested_cap_has_room_for_the_call_and_never_lowers_anything() -> None:
    budget = Budget("b", Money("0.001"), raise_by="{cap}")
    with pytest.raises(BudgetExceeded) as error:
        standing(budget, STEM, {}).check_room(Money("0.0041"))
    assert error.value.next_move.startswith("0.01, ")


def test_calls_are_capped_too_and_free_ones_count() -> None:
    used = {f"{STEM}:spent": {"call": Decimal(10)}}
    with pytest.raises(BudgetExceeded, match="allows 10 calls a day, and they are used up"):
        standing(BUDGET, STEM, used).check_room(Money(0))
    standing(Budget("free", Money(0)), STEM, used).check_room(Money(0))
    standing(Budget("free"), STEM, used).check_room(Money(1000))


def test_a_free_call_that_nobody_limits_needs_no_hold() -> None:
    assert not needs_hold([Budget("run", period="run"), Budget("b", Money(1))], Money(0))
    assert needs_hold([Budget("run", period="run")], Money("0.01"))
    assert needs_hold([Budget("run", period="run"), Budget("b", calls=0)], Money(0))


def test_the_tightest_budget_comes_first() -> None:
    tight, loose, by_calls, free = (
        standing(budget, "s", {})
        for budget in (Budget("a", Money(1)), Budget("b", Money(2)), Budget("c", calls=3), Budget("d"))
    )
    assert sorted([free, by_calls, loose, tight], key=lambda each: each.tightness) == [tight, loose, by_calls, free]


@pytest.mark.parametrize(
    ("budget", "shown"),
    [
        (Budget("b"), "none"),
        (Budget("b", Money("0.5")), "0.5 USD"),
        (Budget("b", calls=3), "3 calls"),
        (Budget("b", Money(10), 3), "10.00 USD, 3 calls"),
    ],
)
def test_caps_are_shown(budget: Budget, shown: str) -> None:
    assert (shown_cap(budget), budget.capped) == (shown, shown != "none")
