"""A person's time, booked in seconds: what agents cost beside money."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from gainful.ledger.entry import HUMAN_SECOND, Entry, Posting


def attention(
    key: str, spent: timedelta, what: str, at: datetime, *, work_item: str = "", run_id: str = "", memo: str = ""
) -> Entry:
    """The entry for time that a person measurably gave.

    Args:
        spent: Whole milliseconds of it are booked.
        what: What it went into, one word: `review`, `correct`, `approve`.
    """
    seconds = Decimal(spent // timedelta(milliseconds=1)) / 1000
    postings = (
        Posting(f"time:{what}", seconds, HUMAN_SECOND, work_item),
        Posting("given:person", -seconds, HUMAN_SECOND),
    )
    return Entry(key, "attention", at, postings, run_id, work_item, memo)
