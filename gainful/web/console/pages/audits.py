"""The audit queue: blind items, and a verdict in one key."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from gainful.app.console import Right
from gainful.web.console.asking import Ask, FormInvalid, Moved, Page, Shown

AT_ONCE = 1
LONGEST_LOOK = Decimal(3600)


def queue(ask: Ask) -> Shown:
    """The next item, and how many wait."""
    items = ask.app.looks.waiting(AT_ONCE, ask.who.person) if ask.app.worth.is_told() else []
    values = {
        "title": "Audit queue",
        "told": ask.app.worth.is_told(),
        "item": items[0] if items else None,
        "waiting": len(ask.app.tellings.waiting(1_000_000)),
        "now": ask.now.isoformat(),
    }
    return Shown("audits.html", values)


def verdict(ask: Ask) -> Moved:
    """Book what a look has found."""
    said, item = ask.sent("said", 10), ask.path["item"]
    if said not in ("pass", "fail"):
        raise FormInvalid("A verdict is pass or fail.", "Go back, and press one of the buttons.")
    ask.app.looks.verdict(
        item, ask.who.person, passed=said == "pass", minutes=_minutes(ask.form.get("minutes", "")), seconds=_took(ask)
    )
    return Moved("/audits", f"Booked: {item[:60]}, {said}.")


def _minutes(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        minutes = Decimal(text.strip())
    except InvalidOperation:
        minutes = Decimal("NaN")
    if not minutes.is_finite() or not 0 <= minutes <= 100_000:
        raise FormInvalid(f"'{text[:40]}' is no number of minutes.", "Write one like 20 or 2.5.")
    return minutes


def _took(ask: Ask) -> Decimal:
    """Seconds since the item was shown, at most an hour; what a form says otherwise counts as a minute and a half."""
    try:
        begun = datetime.fromisoformat(ask.form.get("shown", ""))
        seconds = Decimal(int((ask.now - begun).total_seconds()))
    except (ValueError, TypeError):
        return Decimal(90)
    return seconds if 0 < seconds <= LONGEST_LOOK else Decimal(90)


PAGES = (
    Page("GET", "/audits", Right.AUDIT, queue),
    Page("POST", "/audits/{item:path}", Right.AUDIT, verdict),
)
