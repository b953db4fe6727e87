"""Tickets: opened by somebody, claimed, closed by somebody else, and sometimes opened again.

The rule. Whoever opens a ticket wants it. Closing it accepts the work of whoever it was assigned to, unless they close
it themselves: that is their own claim, and accepts nothing. Declining it (`won't do`, a duplicate) rejects the work.
That it went from open to closed is the evidence of an effect.

The horizon is 14 days: opened again within them, the work is undone; later, it is a new wish. Where a system does not
say when the ticket was closed, opening it again always undoes the work.

Each event is judged by itself, so they may come late and in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gainful.core.fact_json import FactInvalid
from gainful.core.value import Json

EVENTS = ("opened", "claimed", "closed", "declined", "reopened")
HORIZON = timedelta(days=14)
WORK_CLASS = "ticket"


def facts_of(told: Mapping[str, Json], event: str, system: str) -> Iterator[dict[str, Json]]:
    """The fields of the facts that an event of a ticket comes to, beside the ticket itself.

    Args:
        told: `item` and `at`; `by`: who did it; `claimant`: to whom it was assigned then; `closed_at`, where it was
            opened again.

    Raises:
        FactInvalid: An instant is none.
    """
    common: dict[str, Json] = {"at": told["at"], "work_item": told["item"]}
    by, claimant = told.get("by", system), told.get("claimant", "")
    if event == "claimed":
        yield {"kind": "claim", **common, "claimant": claimant or by}
    elif event in ("closed", "declined"):
        if claimant:
            yield {"kind": "claim", **common, "claimant": claimant}
        if by != claimant:
            yield {"kind": "verdict", **common, "by": by, "accepted": event == "closed"}
        if event == "closed":
            effect = {"what": "effect", "before": "open", "after": "closed", "by": by if by != system else ""}
            yield {"kind": "evidence", **common, "system": system, **effect}
    elif event == "reopened" and _within(told):
        yield {"kind": "reversal", **common, "by": by, "why": "opened again"}


def _within(told: Mapping[str, Json]) -> bool:
    """Whether it was opened again so soon that what was done had not held."""
    closed_at = told.get("closed_at")
    return closed_at is None or _instant(told["at"]) - _instant(closed_at) <= HORIZON


def _instant(value: Json) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise FactInvalid("An instant must have its zone, like 2026-11-29T09:00:00Z.", "See docs/how-to/outcomes.md.")
    return at
