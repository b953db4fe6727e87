"""How dates and money look on pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gainful.core.money import Money
from gainful.web.console.charts import Whisker, over_time, whiskers
from gainful.web.console.dates import day
from gainful.web.console.rendering import estimate, money, when

AT = datetime(2026, 11, 9, 7, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(2026, 11, 9), "9 Nov 2026"),
        (AT, "9 Nov 2026"),
        ("2026-11-09", "9 Nov 2026"),
        ("Nov 2026", "Nov 2026"),
        ("", ""),
        (None, "–"),
    ],
)
def test_a_day_is_written_one_way(value: date | str | None, written: str) -> None:
    assert day(value) == written


@pytest.mark.parametrize("value", [AT, AT.isoformat()])
def test_an_instant_has_its_day_as_days_are_written(value: datetime | str) -> None:
    assert when(value) == f'<time datetime="{AT.isoformat()}">9 Nov 2026, 07:05 UTC</time>'


@pytest.mark.parametrize(
    ("amount", "spent", "worth"),
    [
        ("0", "$0.00", "$0.00"),
        ("0.0004", "$0.0004", "$0.0004"),
        ("9.99", "$9.99", "$9.99"),
        ("327.25", "$327.25", "$327"),
        ("-400.11", "−$400.11", "−$400"),
        ("10424.4", "$10,424.40", "$10,424"),
        ("1234567.891", "$1,234,567.89", "$1,234,568"),
    ],
)
def test_what_was_spent_is_to_the_cent_and_what_is_estimated_is_not(amount: str, spent: str, worth: str) -> None:
    assert (money(Money(amount)), estimate(Decimal(amount))) == (spent, worth)


def test_a_year_of_months_has_room_for_its_names() -> None:
    months = [
        "Nov 2025",
        "Dec 2025",
        "Jan 2026",
        *(f"{name} 2026" for name in ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"]),
    ]
    drawn = over_time("Net worth by month", [Whisker(name, 79_000, 81_000, 1_234_000) for name in months])
    assert drawn.count(">Nov<") == drawn.count(">Oct<") == 1
    assert drawn.count(">2025<") == drawn.count(">2026<") == 1
    assert (drawn.count(">$79k<"), drawn.count(">$1.23M<")) == (12, 1)
    # What is said of each is whole.
    assert "Nov 2025: surely $79,000, probably $81,000, at most $1,234,000" in drawn


def test_few_months_are_written_whole() -> None:
    drawn = over_time("Net worth by month", [Whisker("Nov 2026", 28_399, 30_000, 31_500)])
    assert ">Nov 2026<" in drawn
    assert ">$28,399<" in drawn


def test_intervals_beside_each_other_say_where_nothing_is() -> None:
    assert ">$0<" in whiskers("Net worth of each team", [Whisker("rockets", -400, -300, 20)])
