"""The books of worth: told from the facts, kept, and shown to whom they may be shown.

telling = app.worth.tell()                    # anew only where facts have come since
app.worth.board("team", viewer)
app.worth.findings()
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gainful.app.worth.months import MonthsUnknown, Unit, WorthMonths
from gainful.app.worth.viewer import NotYours, Role, Viewer
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.worth.assessment_store import AssessmentStore, Kept
from gainful.worth.assess import examine
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.auditing import Claimed
from gainful.worth.finding import WasteFinding
from gainful.worth.months import begin_of, end_of
from gainful.worth.privacy import Groups, groups_of
from gainful.worth.settings import WorthSettings

BACK = timedelta(weeks=52)
"""How far back worth is told."""

YEAR = 12
"""Months on the board that everybody sees."""


class NothingReported(Invalid):
    """There are no facts to tell worth from."""

    code = "nothing-reported"


class FindingUnknown(Invalid):
    """No finding, or more than one, has an id that begins like this."""

    code = "finding-unknown"


@dataclass(frozen=True, slots=True)
class Telling:
    """What worth came to.

    Args:
        fresh: It was told just now.
        assumed: The loaded rate is nobody's word but a default.
    """

    kept: Kept
    fresh: bool
    assumed: bool


class WorthBooks:
    """The books of one installation.

    Args:
        months: The same by month, and what of it everybody sees.
        settings: How worth is told.
        assumed: Nobody said what an hour costs.
        own: Reports the installation's own work first.
    """

    def __init__(
        self,
        facts: FactStore,
        directory: DirectoryStore,
        kept: AssessmentStore,
        months: WorthMonths,
        settings: WorthSettings,
        clock: Clock,
        *,
        assumed: bool,
        own: Callable[[], object] = lambda: None,
    ) -> None:
        self._facts = facts
        self._directory = directory
        self._kept = kept
        self.months = months
        self.settings = settings
        self._assumed = assumed
        self._clock = clock
        self._own = own
        self._kept_alone = False
        self.on_claimed: Callable[[Sequence[Claimed]], object] = lambda _claimed: None
        """Told what is claimed, whenever worth is told anew."""

    def tell(self) -> Telling:
        """What worth came to; told anew where facts have come since it was told last.

        Raises:
            NothingReported: There are no facts.
        """
        last = self._kept.latest()
        if self._kept_alone and last is not None:
            return Telling(last, False, self._assumed)
        self._own()
        begin, end = self.time()
        head, last = self._facts.head(), self._kept.latest()
        if last is not None and last.head == head and last.since == begin and not self._stale(last):
            return Telling(last, False, self._assumed)
        assessment, claimed = examine(self._facts.record(begin, end), self.settings)
        self.on_claimed(claimed)
        kept = self._kept.save(assessment, head, self._clock())
        self.months.keep(assessment)
        return Telling(kept, True, self._assumed)

    def tell_everybody(self) -> Telling:
        """The same for whoever asks: of everybody together the months that are published, for the reason of boards.

        Raises:
            NothingReported: There are no facts.
            MonthsUnknown: No month is published.
        """
        told, everybody = self.tell(), Viewer("", Role.EMPLOYEE)
        months = self.months.known(everybody)[-YEAR:]
        if not months:
            raise MonthsUnknown("No month is published yet.", "Ask the platform's owner, or come back later.")
        whole = self.months.over(months, "team", everybody).whole
        since, until = begin_of(months[0]), end_of(months[-1])
        return replace(told, kept=replace(told.kept, organisation=whole, since=since, until=until))

    def as_told(self) -> WorthBooks:
        """The same books as they were told last, however long ago: quick, for pages that many look at."""
        told = copy(self)
        told._kept_alone = True
        return told

    def tell_if_older(self, age: timedelta) -> None:
        """Tell worth anew where there are facts and it was told so long ago, or never."""
        last = self._kept.latest()
        if self._facts.span() is not None and (last is None or self._clock() - last.made_at > age):
            self.tell()

    def is_told(self) -> bool:
        """Whether worth was ever told."""
        return self._kept.latest() is not None

    def report(self) -> None:
        """Take what this installation itself has done into the facts."""
        self._own()

    def time(self) -> tuple[datetime, datetime]:
        """The time that is looked at: the last year of what is known.

        Raises:
            NothingReported: There are no facts.
        """
        span = self._facts.span()
        if span is None:
            raise NothingReported(
                "Nothing has been reported yet, so there is no worth to tell.",
                "Import what your systems know: `gainful import events FILE.jsonl`; see docs/how-to/events.md. "
                "`gainful demo worth` shows what comes of it.",
            )
        first, last = span
        end = max(self._clock(), last + timedelta(microseconds=1))
        return max(first, min(last, end) - BACK, self._facts.kept_since() or first), end

    def board(self, by: Unit, viewer: Viewer, limit: int = 1000) -> list[Standing]:
        """The units, highest low end of net worth first, as far as the viewer may see them.

        Raises:
            NothingReported: There are no facts.
        """
        told = self.tell().kept
        if viewer.role is Role.OWNER and by != "person":
            return self._kept.board(told.id, by, limit)
        if by == "team":
            # Never what was told last: from two such boards, a day apart, one person's day can be worked out.
            return list(self.months.over(self.months.known(viewer)[-YEAR:], by, viewer).rows)[:limit]
        return self._opted_in(by, told, viewer, limit)

    def unit(self, by: Unit, name: str) -> Standing | None:
        """One unit as the board has it, for the owner; None where nothing is known of it.

        Raises:
            NothingReported: There are no facts.
        """
        return self._kept.standing(self.tell().kept.id, by, name)

    def own(self, viewer: Viewer) -> Standing | None:
        """The viewer's own row; None where nothing is known of them."""
        pseudonym = self._directory.pseudonym(viewer.person)
        return self._kept.standing(self.tell().kept.id, "person", pseudonym) if pseudonym else None

    def of(self, person: str, viewer: Viewer) -> Standing | None:
        """Somebody's row; it is written down that it was looked at.

        Raises:
            NotYours: It is somebody else's, and the viewer is not the platform's owner.
        """
        pseudonym = self._directory.pseudonym(person)
        if pseudonym and pseudonym == self._directory.pseudonym(viewer.person):
            return self.own(viewer)
        if viewer.role is not Role.OWNER:
            raise NotYours("Only the person themselves sees their row.", "Ask for a team's numbers instead.")
        self._kept.note_look(viewer.person, "worth", pseudonym or person, self._clock())
        return self._kept.standing(self.tell().kept.id, "person", pseudonym) if pseudonym else None

    def looks_at(self, viewer: Viewer) -> list[tuple[datetime, str, str]]:
        """Who looked at the viewer's own numbers, when, and at what."""
        return self._kept.looks_at(self._directory.pseudonym(viewer.person) or viewer.person)

    def findings(self, limit: int = 1000) -> list[WasteFinding]:
        """What was found, the dearest first."""
        return self._kept.findings(self.tell().kept.id, limit)

    def findings_for(self, viewer: Viewer, limit: int = 1000) -> list[WasteFinding]:
        """Those that the viewer may see: the owner all, everybody else those about agents of their own.

        An agent is often one person, and what a finding costs changes from day to day.
        """
        found = self.findings(limit)
        if viewer.role is Role.OWNER:
            return found
        told, own = self.tell().kept, self._directory.pseudonym(viewer.person)
        agents = self._facts.record(told.since, told.until).agents({one.agent for one in found})
        return [one for one in found if own and one.agent in agents and agents[one.agent].owner == own]

    def finding_count(self) -> int:
        """How many there are."""
        return self._kept.finding_count(self.tell().kept.id)

    def finding(self, prefix: str) -> WasteFinding:
        """The finding whose id begins like this.

        Raises:
            FindingUnknown: None does, or several do.
        """
        found = [one for one in self.findings(1_000_000) if one.id.startswith(prefix)]
        if len(found) != 1:
            what = "No finding's id begins" if not found else f"{len(found)} findings' ids begin"
            raise FindingUnknown(f"{what} with '{prefix[:40]}'.", "`gainful audit` lists them.")
        return found[0]

    def tools_of(self, agents: Collection[str]) -> dict[str, str]:
        """The products that these agents run in, as was reported; without those of which nobody said.

        Raises:
            NothingReported: There are no facts.
        """
        told = self.tell().kept
        return {name: one.tool for name, one in self._facts.record(told.since, told.until).agents(agents).items()}

    def engagement(self, viewer: Viewer, since: str = "") -> list[UsefulWeek]:
        """Useful weeks of the groups that the viewer may see, and of everybody together under ''.

        Args:
            since: The first day of the first week, `2026-11-16`; empty: all.
        """
        told = self.tell().kept
        weeks = self._kept.weeks(told.id, since)
        if viewer.role is not Role.OWNER:
            groups = self._groups(self._kept.board(told.id, "team", 1_000_000))
            weeks = [replace(one, team=groups.group_of(one.team)) for one in weeks if groups.group_of(one.team)]
        return _summed(weeks)

    def engagement_together(self) -> list[UsefulWeek]:
        """Useful weeks of everybody together."""
        return self._kept.weeks_together(self.tell().kept.id)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _stale(self, last: Kept) -> bool:
        """Whether time alone has changed what is known: outcomes are verified and expire by the day."""
        return self._clock() - last.made_at > timedelta(days=1)

    def _groups(self, rows: Sequence[Standing]) -> Groups:
        return groups_of({one.unit: one.people for one in rows}, self.settings.group)

    def _opted_in(self, by: Unit, told: Kept, viewer: Viewer, limit: int) -> list[Standing]:
        """People, and agents that few people use, as far as their owners want to be seen; and the viewer's own."""
        who = self._facts.record(told.since, told.until).organisation()
        seen = {id_ for id_, person in who.people.items() if person.on_board}
        own = self._directory.pseudonym(viewer.person)
        seen |= {own} if own else set()
        units = seen if by == "person" else {agent for agent in who.agents if who.behind(agent) in seen}
        found = {one.unit: one for one in self._kept.standings(told.id, by, units)}
        if by == "agent":
            found |= {one.unit: one for one in self._kept.board(told.id, by, limit, fewest=self.settings.group)}
        return sorted(found.values(), key=lambda one: (-one.net.low, one.unit))[:limit]


def _summed(weeks: Sequence[UsefulWeek]) -> list[UsefulWeek]:
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for one in weeks:
        for team in (one.team, ""):
            eligible, useful = counts.get((one.week, team), (0, 0))
            counts[one.week, team] = (eligible + one.eligible, useful + one.useful)
    return [UsefulWeek(week, team, *both) for (week, team), both in sorted(counts.items())]
