"""Waste: a detector a kind, each with its proof, its money and what mends it.

    findings = find_waste(record, settings)

All look at the record in one pass. The most specific come first: a run that one of them has named is not named again,
so that the money of all findings is never more than what was spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gainful.worth.finding import WasteFinding
from gainful.worth.record import Record
from gainful.worth.settings import WorthSettings
from gainful.worth.settling import settle
from gainful.worth.waste.binge import Binge
from gainful.worth.waste.chatter import Chatter
from gainful.worth.waste.detector import Detector, Gathering, Period
from gainful.worth.waste.documented import Documented
from gainful.worth.waste.failing import Failing, Retries, Undone
from gainful.worth.waste.orphans import Orphans
from gainful.worth.waste.padded import Padded
from gainful.worth.waste.repeated import Prompts, Repeated
from gainful.worth.waste.spinning import Spinning
from gainful.worth.waste.unchanged import Unchanged
from gainful.worth.waste.unheard import Ping, Unheard


def detectors() -> list[Detector]:
    """A new detector of each kind, the most specific first."""
    return [
        Unchanged(),
        Chatter(),
        Spinning(),
        Repeated(),
        Prompts(),
        Retries(),
        Documented(),
        Ping(),
        Unheard(),
        Undone(),
        Failing(),
        Binge(),
        Orphans(),
        Padded(),
    ]


def told(found: Iterable[Detector], period: Period) -> tuple[WasteFinding, ...]:
    """What these detectors found, the dearest first; each run is named once."""
    taken: set[str] = set()
    findings = [finding for one in found for finding in one.findings(period, taken)]
    return tuple(sorted(findings, key=lambda one: (-one.cost.amount, one.id)))


def find_waste(record: Record, settings: WorthSettings) -> tuple[WasteFinding, ...]:
    """All waste in a record, the dearest first."""
    who, found = record.organisation(), detectors()
    for case in record.cases():
        settled = settle(case, who, settings, record.until)
        for one in found:
            one.case(case, settled)
    for use in record.loose():
        for one in found:
            one.loose(use)
    return told(found, Period(record.since, record.until, who))


__all__ = ["Detector", "Gathering", "Period", "detectors", "find_waste", "told"]


def kinds() -> Sequence[str]:
    """The kinds of waste that are looked for."""
    return [one.kind for one in detectors()]
