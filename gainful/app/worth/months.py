"""Worth over a chosen time, for whoever may see what of it: whole months, as `gainful.worth.months` says.

chosen = months.chosen(viewer, first, last)        # [] where none of them may be seen
told = months.over(chosen, "team", viewer)
told.whole, told.rows
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal

from gainful.app.worth.viewer import NotYours, Role, Viewer
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.worth.month_store import MonthStore
from gainful.worth.assessment import Assessment, Standing, UsefulWeek
from gainful.worth.months import Kind, begin_of, end_of, months_between, over_months, publication, together
from gainful.worth.settings import WorthSettings

MOST = 60
"""Months that are shown at once."""

Unit = Literal["team", "agent", "person"]


class MonthsUnknown(Invalid):
    """Nothing can be shown of the months that were asked for."""

    code = "months-unknown"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Worth over some months.

    Args:
        months: Those it is about, in order.
        whole: Everybody together.
        rows: The units that the viewer may see, highest low end of net worth first.
        own: The viewer's own; None where nothing is known of them.
    """

    months: tuple[str, ...]
    whole: Standing
    rows: tuple[Standing, ...]
    own: Standing | None


class WorthMonths:
    """The months of one installation."""

    def __init__(
        self, kept: MonthStore, facts: FactStore, directory: DirectoryStore, settings: WorthSettings, clock: Clock
    ) -> None:
        self._kept = kept
        self._facts = facts
        self._directory = directory
        self._settings = settings
        self._clock = clock

    def keep(self, told: Assessment) -> None:
        """Keep the months of a telling, and publish those whose items have had their time."""
        span, deleted = self._facts.span(), self._facts.kept_since()
        # The first month of a telling may be a part of one; unless nothing is known from before it.
        all_there = span is not None and told.since <= span[0] and deleted is None
        whole = {month: one for month, one in told.months.items() if all_there or begin_of(month) >= told.since}
        self._kept.save(whole)
        now, asked = self._clock(), self._asked()
        for month, one in whole.items():
            if end_of(month) + self.grace <= min(now, told.until):
                shown = publication(month, one, told.weeks, asked, self._settings.group)
                self._kept.publish(month, shown, now)

    @property
    def grace(self) -> timedelta:
        """How long after its end a month is published: until what was accepted in it is verified or has expired.

        A week at least: until then the last week that began in it has not ended.
        """
        waits = (self._settings.expires, self._settings.horizon, *self._settings.horizons.values())
        return max(timedelta(weeks=1), *waits)

    def known(self, viewer: Viewer) -> list[str]:
        """The months that the viewer may choose, in order."""
        return self._kept.months() if viewer.role is Role.OWNER else self._kept.published()

    def chosen(self, viewer: Viewer, first: date, last: date) -> list[str]:
        """Those of the months in which these days lie, and between, that the viewer may see.

        Raises:
            MonthsUnknown: There is none.
        """
        known = self.known(viewer)
        found = sorted(set(months_between(first, last)) & set(known))[-MOST:]
        if not found:
            span = f"There are {known[0]} to {known[-1]}." if known else "None can be shown yet."
            what = f"{first:%Y-%m} to {last:%Y-%m}" if first <= last else "a time that ends before it begins"
            raise MonthsUnknown(f"Nothing can be shown of {what}.", f"Worth is told by whole months. {span}")
        return found

    def over(self, months: Sequence[str], by: Unit, viewer: Viewer) -> Chosen:
        """What these months came to, as far as the viewer may see it.

        Raises:
            NotYours: Somebody else than the owner asks for agents or people.
        """
        if viewer.role is Role.OWNER:
            whole = over_months(self._kept.rows(months, "organisation"), "organisation", "")
            rows = self._kept.rows(months, by, self._on_board(viewer) if by == "person" else None)
        elif by == "team":
            rows = self._kept.cells(months)
            whole = over_months([_everybody(self._kept.cells([month])) for month in months], "organisation", "")
        else:
            raise NotYours("Agents and people over a chosen time are the owner's to see.", "Ask for teams.")
        found = sorted(_by_unit(rows, by), key=lambda one: (-one.net.low, one.unit))
        return Chosen(tuple(months), whole, tuple(found), self._own(months, viewer))

    def each(self, months: Sequence[str], viewer: Viewer) -> list[tuple[str, Standing]]:
        """Everybody together month by month, as far as the viewer may see it."""
        if viewer.role is Role.OWNER:
            return self.of(months, "organisation", "")
        return [(month, _everybody(cells)) for month in months if (cells := self._kept.cells([month]))]

    def of(self, months: Sequence[str], by: Kind, unit: str) -> list[tuple[str, Standing]]:
        """One unit month by month, as it was told last; for the owner."""
        found = [(month, self._kept.rows([month], by, [unit])) for month in months]
        return [(month, rows[0]) for month, rows in found if rows]

    def by_name(self, months: Sequence[str], viewer: Viewer) -> list[Standing]:
        """Who asked to be shown, as they were published, and still wants to be; and the viewer's own row."""
        rows = _by_unit(self._kept.people(months, self._asked()), "person")
        found = {one.unit: one for one in rows}
        own = self._own(months, viewer)
        return list((found if own is None else {own.unit: own} | found).values())

    def own_agents(self, months: Sequence[str], viewer: Viewer) -> list[Standing]:
        """Agents of the viewer's own."""
        own = self._directory.pseudonym(viewer.person)
        who = self._facts.record(self._clock(), self._clock()).organisation()
        mine = [agent for agent in who.agents if own and who.behind(agent) == own]
        return list(_by_unit(self._kept.rows(months, "agent", mine), "agent"))

    def useful_weeks(self) -> list[UsefulWeek]:
        """Useful weeks of everybody together, as they were published with their months."""
        return self._kept.weeks(self._kept.published())

    def published_at(self, month: str) -> datetime | None:
        """When a month was published; None where it was not."""
        return self._kept.published_at(month)

    def _own(self, months: Sequence[str], viewer: Viewer) -> Standing | None:
        pseudonym = self._directory.pseudonym(viewer.person)
        own = self._kept.rows(months, "person", [pseudonym]) if pseudonym else []
        return over_months(own, "person", pseudonym) if own else None

    def _on_board(self, viewer: Viewer) -> set[str]:
        """Who asked to be shown, and the viewer."""
        own = self._directory.pseudonym(viewer.person)
        return {*self._asked()} | ({own} if own else set())

    def _asked(self) -> dict[str, str]:
        """The teams of those who asked to be shown."""
        end = self._clock()
        people = self._facts.record(end, end).organisation().people
        return {id_: person.team for id_, person in people.items() if person.on_board}


def _everybody(cells: Sequence[Standing]) -> Standing:
    return together(cells, "organisation", "", people=sum(one.people for one in cells))


def _by_unit(rows: Sequence[Standing], kind: Kind) -> Iterator[Standing]:
    for unit, months in groupby(rows, key=lambda one: one.unit):
        yield over_months(list(months), kind, unit)
