from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gainful.core.mail import Mail, Priority
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory
from gainful.jobs.triage.deciding.priority import nearest_deadline, priority_of

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Please answer today.", date(2026, 3, 2)),
        ("by Friday", date(2026, 3, 6)),
        ("bis Mittwoch", date(2026, 3, 4)),
        ("due 2026-03-09, or 2026-03-30", date(2026, 3, 9)),
        ("until the 5th March", date(2026, 3, 5)),
        ("since January 7", None),
        ("on 2026-02-31", None),
        ("whenever", None),
    ],
)
def test_deadlines(text: str, day: date | None) -> None:
    assert nearest_deadline(text, MONDAY) == day


def look(
    text: str,
    *,
    action: bool = True,
    by_person: bool = True,
    unwanted: bool = False,
    known: bool = False,
    vip: bool = False,
) -> Priority:
    facts = Facts(frozenset({"me@example.org"}), SenderHistory(written_to=known), False, vip, MONDAY)
    mail = Mail(from_addr="a@example.com", to=("me@example.org",), text=text, sent_at=MONDAY)
    return priority_of(mail, facts, action=action, by_person=by_person, unwanted=unwanted)


def test_when_to_look() -> None:
    assert look("Please answer today.", known=True) is Priority.NOW
    assert look("URGENT, wire it today!") is Priority.TODAY  # a stranger's hurry is not the reader's
    assert look("Disk full, urgent", by_person=False) is Priority.NOW
    assert look("by Wednesday") is Priority.TODAY
    assert look("by the 20th March") is Priority.LATER
    assert look("hello", known=True) is Priority.TODAY
    assert look("hello", action=False) is Priority.LATER
    assert look("hello", action=False, by_person=False) is Priority.NONE
    assert look("hello", action=False, vip=True) is Priority.TODAY
    assert look("URGENT: sale ends today", unwanted=True) is Priority.NONE
