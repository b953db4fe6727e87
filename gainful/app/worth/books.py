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
from gainful.storage.worth.assessment_store import AssessmentStore, Kept, Wanted
from gainful.worth.assess import examine
from gainful.worth.assessment import AuditPlan, Standing, UsefulWeek
from gainful.worth.auditing import Claimed
from gainful.worth.finding import WasteFinding
from gainful.worth.months import begin_of, end_of
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
        published: It is what everybody sees: published months. Baselines, second looks and what the hold-out cost are
            the owner's, and were left out.
    """

    kept: Kept
    fresh: bool
    assumed: bool
    published: bool = False


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

    def tell_for(self, viewer: Viewer) -> Telling:
        """The same as far as the viewer may see it: for everybody but the owner, what was published.

        What was told a moment ago, less what was told yesterday, may be one person's day. So nothing of it moves
        before another month is published: not when it was told either.

        Raises:
            NothingReported: There are no facts.
            MonthsUnknown: No month is published.
        """
        told = self.tell()
        if viewer.role is Role.OWNER:
            return told
        months = self.months.known(viewer)[-YEAR:]
        at = self.months.published_at(months[-1]) if months else None
        if at is None:
            raise MonthsUnknown("No month is published yet.", "Ask the platform's owner, or come back later.")
        kept = replace(
            told.kept,
            made_at=at,
            since=begin_of(months[0]),
            until=end_of(months[-1]),
            organisation=self.months.over(months, "team", viewer).whole,
            baselines=(),
            audits=AuditPlan(0.0, 0.0, 0.0, 0.0),
            hold_out_cost="0",
        )
        return replace(told, kept=kept, fresh=False, published=True)

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
        if viewer.role is Role.OWNER:
            return self._told_last(by, viewer, limit)
        # Never what was told last: from two such boards, a day apart, one person's day can be worked out.
        months = self.months.known(viewer)[-YEAR:]
        if by == "team":
            return list(self.months.over(months, by, viewer).rows)[:limit]
        rows = self.months.own_agents(months, viewer) if by == "agent" else self.months.by_name(months, viewer)
        return sorted(rows, key=lambda one: (-one.net.low, one.unit))[:limit]

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

    def findings_for(
        self, viewer: Viewer, limit: int = 1000, within: tuple[datetime, datetime] | None = None
    ) -> list[WasteFinding]:
        """Those that the viewer may see: the owner all, everybody else those about agents of their own.

        An agent is often one person, and what a finding costs changes from day to day.

        Args:
            within: Those that lie in this time, at least partly; its end is left out.
        """
        return self._kept.findings(self.tell().kept.id, limit, self._wanted(viewer, within))

    def finding_count_for(self, viewer: Viewer, within: tuple[datetime, datetime] | None = None) -> int:
        """How many of these there are."""
        return self._kept.finding_count(self.tell().kept.id, self._wanted(viewer, within))

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

    def engagement(self, since: str = "") -> list[UsefulWeek]:
        """Useful weeks by team, and of everybody together under '', for the owner.

        Args:
            since: The first day of the first week, `2026-11-16`; empty: all.
        """
        return _summed(self._kept.weeks(self.tell().kept.id, since))

    def engagement_together(self, viewer: Viewer) -> list[UsefulWeek]:
        """Useful weeks of everybody together; for everybody but the owner those that were published, as they were."""
        if viewer.role is Role.OWNER:
            return self._kept.weeks_together(self.tell().kept.id)
        return self.months.useful_weeks()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _stale(self, last: Kept) -> bool:
        """Whether time alone has changed what is known: outcomes are verified and expire by the day."""
        return self._clock() - last.made_at > timedelta(days=1)

    def _told_last(self, by: Unit, viewer: Viewer, limit: int) -> list[Standing]:
        """The board as it was told last, for the owner; of people those who asked to be shown, and the owner."""
        told = self.tell().kept
        if by != "person":
            return self._kept.board(told.id, by, limit)
        who = self._facts.record(told.since, told.until).organisation()
        own = self._directory.pseudonym(viewer.person)
        seen = {id_ for id_, person in who.people.items() if person.on_board} | ({own} if own else set())
        found = self._kept.standings(told.id, by, seen)
        return sorted(found, key=lambda one: (-one.net.low, one.unit))[:limit]

    def _wanted(self, viewer: Viewer, within: tuple[datetime, datetime] | None) -> Wanted:
        since, until = within or (None, None)
        if viewer.role is Role.OWNER:
            return Wanted(since, until)
        told, own = self.tell().kept, self._directory.pseudonym(viewer.person)
        found = self._facts.record(told.since, told.until).agents(self._kept.agents_found(told.id)) if own else {}
        return Wanted(since, until, frozenset(name for name, one in found.items() if one.owner == own))


def _summed(weeks: Sequence[UsefulWeek]) -> list[UsefulWeek]:
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for one in weeks:
        for team in (one.team, ""):
            eligible, useful = counts.get((one.week, team), (0, 0))
            counts[one.week, team] = (eligible + one.eligible, useful + one.useful)
    return [UsefulWeek(week, team, *both) for (week, team), both in sorted(counts.items())]
