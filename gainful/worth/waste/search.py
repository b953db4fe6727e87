"""The search for waste: shows each item and run to every detector once, and gathers what they tell."""

from __future__ import annotations

from collections.abc import Sequence

from gainful.worth.exploration import Explorations
from gainful.worth.finding import WasteFinding
from gainful.worth.record import Case, Organisation, Record, Use
from gainful.worth.settings import WorthSettings
from gainful.worth.settling import Settled, settle
from gainful.worth.unit import nano
from gainful.worth.waste.binge import Binge
from gainful.worth.waste.chatter import Chatter
from gainful.worth.waste.detector import Detector, Flag, Period, Ran, Totals
from gainful.worth.waste.documented import Documented
from gainful.worth.waste.failing import Failing, Undone
from gainful.worth.waste.orphans import Orphans
from gainful.worth.waste.padded import Padded
from gainful.worth.waste.prompts import Prompts
from gainful.worth.waste.repeated import Duplicated, Repeated
from gainful.worth.waste.retries import Retries
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
        Duplicated(),
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


def kinds() -> Sequence[str]:
    """The kinds of waste that are looked for."""
    return [one.kind for one in detectors()]


class Search:
    """One search through an organisation's record. All cases must be shown before the first run of no item."""

    def __init__(self, who: Organisation) -> None:
        self._who = who
        self._detectors = detectors()
        self._explorations = Explorations(who)
        self._totals = Totals()

    def case(self, case: Case, settled: Settled) -> None:
        """Look at one item and the runs for it."""
        ran = [self._ran(use, case.id) for use in case.uses]
        for detector in self._detectors:
            detector.case(case, settled, ran)

    def loose(self, use: Use) -> None:
        """Look at one run of no item; by agent, and then by time.

        A declared exploration need not lead to anything, as long as its budget lasts.
        """
        ran = self._ran(use, "")
        if self._explorations.covers(use.run, ran.cost):
            return
        for detector in self._detectors:
            detector.loose(ran)

    def findings(self, period: Period) -> tuple[WasteFinding, ...]:
        """What was found, the dearest first; each run is named once, by the first kind that tells of it."""
        whole = Period(period.since, period.until, self._who, self._totals)
        taken: set[str] = set()
        found = [finding for one in self._detectors for finding in one.findings(whole, taken)]
        return tuple(sorted(found, key=lambda one: (-one.cost.amount, one.id)))

    def _ran(self, use: Use, item: str) -> Ran:
        run, cost = use.run, nano(use.cost)
        self._totals.runs[run.agent] += 1
        self._totals.cost[run.agent] += cost
        unpriced = any(call.cost is None for call in use.calls)
        return Ran(run, use.calls, cost, bool(use.reads), Flag(run.id, item, cost, run.at, unpriced=unpriced))


def find_waste(record: Record, settings: WorthSettings) -> tuple[WasteFinding, ...]:
    """All waste in a record, the dearest first."""
    who = record.organisation()
    search = Search(who)
    for case in record.cases():
        search.case(case, settle(case, who, settings, record.until))
    for use in record.loose():
        search.loose(use)
    return search.findings(Period(record.since, record.until, who))
