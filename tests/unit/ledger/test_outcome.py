"""An outcome is a transfer: accepted only after claimed, and once for each work item."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

import pytest

from gainful.ledger.entry import Posting
from gainful.ledger.outcome import Outcome, OutcomeOutOfOrder, advance, may_follow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_acceptance_moves_the_claim() -> None:
    entry = advance("mail1", Outcome.CLAIMED, Outcome.ACCEPTED, "truth:7", NOON, memo="replied")
    assert entry.key == "outcome:mail1:accepted:truth:7"
    assert entry.postings == (
        Posting("outcome:claimed", Decimal(-1), "outcome", "mail1"),
        Posting("outcome:accepted", Decimal(1), "outcome", "mail1"),
    )


def test_only_these_steps_exist() -> None:
    steps = {f"{before} → {after}" for before, after in product(Outcome, Outcome) if may_follow(before, after)}
    assert steps == {
        "expected → claimed",
        "claimed → accepted",
        "claimed → rejected",
        "accepted → verified",
        "accepted → reversed",
        "verified → reversed",
        "rejected → claimed",
        "reversed → claimed",
    }


def test_what_was_never_claimed_cannot_be_accepted() -> None:
    with pytest.raises(OutcomeOutOfOrder, match="cannot go from expected to accepted"):
        advance("mail1", Outcome.EXPECTED, Outcome.ACCEPTED, "truth:7", NOON)
