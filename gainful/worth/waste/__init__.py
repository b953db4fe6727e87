"""Waste: a detector a kind, each with its proof, its money and what mends it.

    findings = find_waste(record, settings)

All look at the record in one pass. The most specific come first: a run that one of them has named is not named again,
so that the money of all findings is never more than what was spent.
"""

from __future__ import annotations

from gainful.worth.waste.detector import Detector, Period
from gainful.worth.waste.search import Search, find_waste, kinds

__all__ = ["Detector", "Period", "Search", "find_waste", "kinds"]
