"""The week before: mail that Mira has dealt with already, and what she said about some of it."""

from __future__ import annotations

from demo.letter import Letter
from demo.machines import AUTO, bulk
from demo.people import JONAS, PRIYA

_GUST = "The Weekly Gust <editor@gust.example.com>"
_PIGEON = "Parcel Pigeon <noreply@pigeon.example.net>"
_BUILD = "Build Bot <build@ci.example.org>"
_MONITOR = "Monitor <alerts@monitor.example.org>"
_SPOOL = "Spool & Thread <hello@spool.example.com>"

_KINDS = (
    (
        "newsletter",
        _GUST,
        bulk("The Weekly Gust", "gust.example.com"),
        (
            ("Issue 210: The string edition", "Everything you never asked about string."),
            ("Issue 209: Wind, a buyer's guide", "It is free, and yet people pay for it. Read on."),
            ("Issue 208: Our readers' worst trees", "Forty letters, one oak."),
            ("Issue 207: Knots", "There are three. We have ranked them."),
        ),
    ),
    (
        "receipt",
        _PIGEON,
        AUTO,
        (
            ("Your parcel was delivered", "Order 77098 was delivered today and left with: nobody in particular."),
            ("Your parcel is on its way", "Order 77098 left our coop this morning."),
            ("Your parcel was delivered", "Order 77071 was delivered today and left on: the roof."),
            ("Your parcel is on its way", "Order 77071 is flying towards you."),
        ),
    ),
    (
        "todo",
        _BUILD,
        AUTO,
        (
            ("[shop] Build #1829 failed on main", "Step 'tests' failed: 2 of 508."),
            ("[shop] Build #1822 failed on main", "Step 'lint' failed: a comma too many."),
            ("[shop] Build #1815 failed on main", "Step 'tests' failed: 1 of 507."),
        ),
    ),
    (
        "update",
        _MONITOR,
        AUTO,
        (
            ("WARNING: disk on db-2 is 90 % full", "Host: db-2\nCheck: disk /var\nValue: 90 %"),
            ("WARNING: disk on db-1 is 92 % full", "Host: db-1\nCheck: disk /var\nValue: 92 %"),
            ("WARNING: load on web-1 is 9.1", "Host: web-1\nCheck: load\nValue: 9.1"),
        ),
    ),
    (
        "newsletter",
        _SPOOL,
        bulk("Spool offers", "spool.example.com"),
        (
            ("New in: thread that is already wound", "For people who have had enough."),
            ("24 hours: free bobbins", "While stocks roll."),
        ),
    ),
    (
        "fyi",
        PRIYA,
        {},
        (
            ("What customers said this week", "58 tickets, all closed. Praise: it flies. Complaint: the neighbours."),
            ("What customers said this week", "49 tickets, 48 closed. The other one is about a seagull."),
        ),
    ),
    (
        "needs_reply",
        JONAS,
        {},
        (
            (
                "Glue for the ferrules",
                "Which glue shall I order, the fast one or the strong one? I need to know by Friday.",
            ),
        ),
    ),
)


def _letters() -> tuple[tuple[Letter, str], ...]:
    found = []
    age = 168.0
    for label, sender, headers, mails in _KINDS:
        for subject, text in mails:
            age += 7.5
            key = f"lastweek-{len(found)}"
            found.append((Letter(key, age, sender, subject, text, headers=headers, seen=True), label))
    return tuple(found)


JUDGED = _letters()
"""Each mail with the label that Mira says is right."""
INBOX = tuple(letter for letter, _ in JUDGED)
