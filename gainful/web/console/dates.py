"""How days, months and instants are written on pages: `29 Nov 2026`, which nobody reads the other way round."""

from __future__ import annotations

from datetime import date, datetime

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def day(value: date | str | None) -> str:
    """A date, also one that is kept as `2026-11-29`; other words stay as they are.

    Example:
        >>> day("2026-11-09")
        '9 Nov 2026'
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def instant(value: datetime) -> str:
    """A moment of UTC, to the minute: `29 Nov 2026, 20:17 UTC`. The script shows it by the browser's clock."""
    return f"{day(value)}, {value:%H:%M} UTC"


def named(month: str) -> str:
    """A month in words: `November 2026`."""
    return f"{name_of(month)} {month[:4]}"


def brief(month: str) -> str:
    """The same for a narrow place: `Nov 2026`."""
    return f"{name_of(month)[:3]} {month[:4]}"


def name_of(month: str) -> str:
    """Its name alone."""
    return MONTHS[int(month[5:]) - 1]
