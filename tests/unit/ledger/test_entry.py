"""Entries balance in each unit or are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.money import Tokens
from gainful.ledger.entry import Entry, Posting, Unbalanced, imbalance, instant, plain, token_postings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(*postings: Posting, at: datetime = NOON) -> Entry:
    return Entry("k", "test", at, postings)


def test_a_balanced_entry_is_taken() -> None:
    taken = entry(
        Posting("cost:a:b", Decimal("0.10"), "USD", "mail1"),
        Posting("cost:a:b", Decimal("0.20"), "USD", "mail2"),
        Posting("payable:a", Decimal("-0.30"), "USD"),
    )
    assert imbalance(taken.postings) == {}


def test_units_are_not_added_to_each_other() -> None:
    with pytest.raises(Unbalanced, match="off by"):
        entry(Posting("a", Decimal(1), "USD"), Posting("b", Decimal(-1), "call"))


@pytest.mark.parametrize(
    ("posting", "message"),
    [
        (Posting("a", Decimal("0.0000000001"), "USD"), "not exact"),
        (Posting("a", Decimal("NaN"), "USD"), "not exact"),
        (Posting("a", Decimal("Infinity"), "USD"), "not exact"),
        (Posting("a", Decimal(1), "EURO"), "unknown unit 'EURO'"),
    ],
)
def test_what_cannot_be_summed_is_refused(posting: Posting, message: str) -> None:
    with pytest.raises(Unbalanced, match=message):
        entry(posting, Posting("b", -posting.amount, posting.unit))


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(Unbalanced, match="no time zone"):
        entry(at=datetime(2026, 11, 22))  # noqa: DTZ001 - the mistake under test


def test_tokens_post_by_kind_without_zeros() -> None:
    assert token_postings("used:x", Tokens(fresh=5, output=2), "m", sign=-1) == [
        Posting("used:x", Decimal(-5), "token.fresh", "m"),
        Posting("used:x", Decimal(-2), "token.output", "m"),
    ]


def test_texts_sort_and_compare() -> None:
    assert [plain(Decimal(text)) for text in ("1.50", "1E+3", "-0.0", "0.000000001")] == [
        "1.5",
        "1000",
        "0",
        "0.000000001",
    ]
    assert instant(NOON) == "2026-11-22T12:00:00.000000+00:00"
