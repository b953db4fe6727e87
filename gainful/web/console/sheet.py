"""Tables as files that spreadsheets open."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal


def csv_of(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """A table in CSV, with its head; no cell of it is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[_harmless(value) for value in line] for line in lines])
    return out.getvalue()


def _harmless(value: object) -> object:
    """A text that no spreadsheet takes for a formula, an amount in digits alone."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
