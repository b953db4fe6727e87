"""Waste: what was spent for nothing, named as such beside its cost.

    waste:pointless-deployment   +0.42 USD        booked:waste   −0.42 USD

The cost stays where it was booked, so that no total changes; the name is a second pair of postings, and "waste ≤ cost"
is a balance that can be checked.
"""

from __future__ import annotations

from datetime import datetime

from gainful.ledger.entry import HUMAN_SECOND, USD, Entry, Posting
from gainful.ledger.report import Spending

BOOKED = "booked:waste"


def waste(
    key: str, spent: Spending, what: str, at: datetime, *, work_item: str = "", run_id: str = "", memo: str = ""
) -> Entry:
    """The entry that names what was spent as waste. It has no postings where nothing was booked: the reason counts.

    Args:
        key: The same waste is booked once.
        spent: All that the books hold of it.
        what: Its kind, one word: `pointless-deployment`.
    """
    amounts = ((spent.cost.amount, spent.cost.currency), (spent.human_seconds, HUMAN_SECOND))
    postings = [
        posting
        for amount, unit in amounts
        if amount and unit in (USD, HUMAN_SECOND)
        for posting in (Posting(f"waste:{what}", amount, unit, work_item), Posting(BOOKED, -amount, unit))
    ]
    return Entry(f"waste:{key}", "waste", at, tuple(postings), run_id, work_item, memo)
