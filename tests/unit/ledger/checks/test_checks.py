"""Each check finds its own broken invariant and leaves sound books alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.chain import GENESIS
from gainful.core.money import Money, Tokens
from gainful.ledger.budget import Budget, grant
from gainful.ledger.chain import Recorded, record
from gainful.ledger.checks import Check, run_checks
from gainful.ledger.checks.balanced import Balanced
from gainful.ledger.checks.budgets import Budgets
from gainful.ledger.checks.holds import Holds
from gainful.ledger.checks.open_reservations import OpenReservations
from gainful.ledger.checks.outcomes import Outcomes
from gainful.ledger.checks.rollup import Rollup
from gainful.ledger.entry import Entry, Posting
from gainful.ledger.outcome import Outcome, advance
from gainful.ledger.reservation import Reservation, hold, release, settle

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"), calls=2)
GRANT = grant(BUDGET, BUDGET.account(NOON), {}, NOON, 1)


def held(key: str, amount: str, run: str = "run1") -> Reservation:
    return Reservation(key, (BUDGET.account(NOON),), Money(amount), "openai:small", run, NOON)


def book(*entries: Entry | None) -> list[Recorded]:
    rows: list[Recorded] = []
    for entry in filter(None, entries):
        rows.append(record(len(rows) + 1, entry, rows[-1].digest if rows else GENESIS))
    return rows


def done(reservation: Reservation, actual: str) -> Entry:
    return settle(reservation, Money(actual), Tokens(fresh=1), NOON, {"mail1": 1})


def messages(check: Check, *entries: Entry | None) -> list[str]:
    return [finding.message for finding in run_checks(book(*entries), [check])]


FIRST, SECOND, THIRD = held("a", "0.30"), held("b", "0.20"), held("c", "0.01")
SOUND = (
    GRANT,
    hold(FIRST),
    done(FIRST, "0.10"),
    hold(SECOND),
    release(SECOND, NOON, "not sent"),
    advance("mail1", Outcome.EXPECTED, Outcome.CLAIMED, "run1", NOON),
    advance("mail1", Outcome.CLAIMED, Outcome.REJECTED, "t1", NOON),
    advance("mail1", Outcome.REJECTED, Outcome.CLAIMED, "run2", NOON),
    advance("mail1", Outcome.CLAIMED, Outcome.ACCEPTED, "t2", NOON),
)


@pytest.mark.parametrize("make", [Balanced, Budgets, Holds, Outcomes, lambda: OpenReservations({"run1"})])
def test_sound_books_have_no_findings(make: Callable[[], Check]) -> None:
    assert messages(make(), *SOUND) == []


def test_an_entry_that_creates_money() -> None:
    (row,) = book(Entry("k", "test", NOON, ()))
    object.__setattr__(row, "postings", (Posting("cost:x:y", Decimal(1), "USD"),))
    assert [finding.message for finding in run_checks([row], [Balanced()])] == ["Entry 1 ('k') is off by 1 USD."]


def test_a_reservation_past_the_cap() -> None:
    assert messages(Budgets(), GRANT, hold(FIRST), hold(held("b", "0.25"))) == [
        "Entry 3 ('b:reserve') reserves 0.050000000 USD more than budget:triage:2026-11-22:open had left."
    ]


def test_a_call_past_the_cap() -> None:
    assert len(messages(Budgets(), GRANT, hold(FIRST), hold(THIRD), hold(held("d", "0.01")))) == 1


def test_a_call_in_flight_may_finish_past_the_cap_and_calls_without_cap_are_only_counted() -> None:
    free = grant(Budget("triage", Money("0.50")), BUDGET.account(NOON), {}, NOON, 1)
    assert (
        messages(
            Budgets(),
            free,
            hold(FIRST),
            done(FIRST, "0.70"),
        )
        == []
    )
    assert messages(Budgets(), free, *(hold(held(str(number), "0.01")) for number in range(9))) == []


def test_a_cap_that_was_taken_away_limits_nothing_any_more() -> None:
    stem, granted = BUDGET.account(NOON), {"USD": Decimal("-0.5"), "call": Decimal(-2)}
    freed = grant(Budget("triage"), stem, granted, NOON, 2)
    assert messages(Budgets(), GRANT, hold(FIRST), freed, hold(held("b", "9"))) == []
    lowered = grant(Budget("triage", Money("0.35"), 2), stem, granted, NOON, 2)
    assert len(messages(Budgets(), GRANT, hold(FIRST), lowered, hold(held("b", "0.10")))) == 1


def test_a_settlement_of_nothing() -> None:
    assert messages(Holds(), GRANT, done(FIRST, "0.1")) == [
        "Entry 2 ('a:settle') releases more from budget:triage:2026-11-22:held than it holds.",
        "Entry 2 ('a:settle') releases more from budget:triage:2026-11-22:held than it holds.",
    ]
    assert messages(OpenReservations(()), GRANT, done(FIRST, "0.1")) == [
        "Entry 2 ('a:settle') settles what was never reserved."
    ]


def test_a_reservation_left_behind() -> None:
    entries = (GRANT, hold(FIRST), hold(held("b", "0.1", "run2")))
    assert messages(OpenReservations({"run1"}), *entries) == ["Run run1 ended, but its reservation 'a' is still open."]


def test_accepted_without_claim_and_claimed_twice() -> None:
    accepted = advance("mail1", Outcome.CLAIMED, Outcome.ACCEPTED, "t", NOON)
    assert messages(Outcomes(), accepted) == ["Entry 1: work item 'mail1' leaves 'claimed' without having been there."]
    claims = [advance("mail1", Outcome.EXPECTED, Outcome.CLAIMED, run, NOON) for run in ("run1", "run2")]
    assert messages(Outcomes(), *claims) == ["Entry 2: work item 'mail1' is claimed twice."]


def test_a_rollup_that_is_off() -> None:
    stem = BUDGET.account(NOON)
    sound = {
        ("2026-11-22", f"{stem}:open", "USD"): Decimal("0.5"),
        ("2026-11-22", f"{stem}:granted", "USD"): Decimal("-0.5"),
        ("2026-11-22", f"{stem}:open", "call"): Decimal(2),
        ("2026-11-22", f"{stem}:granted", "call"): Decimal(-2),
    }
    assert messages(Rollup(sound), GRANT) == []
    sound["2026-11-22", f"{stem}:open", "USD"] = Decimal(9)
    assert messages(Rollup(sound), GRANT) == [
        f"The balance of {stem}:open on 2026-11-22 says 9 USD; its postings sum to 0.500000000."
    ]
