"""Engagement: how many of those who could had something useful in a week.

A person's week is useful when an item of theirs was accepted by somebody independent, who or whose system had asked for
it, and the system of record does not say that nothing changed; and when that was not undone since. Runs, calls,
prompts, what one asks and accepts oneself, and runs on other people's items make no week useful. The share is held
against a target line, and nothing above the line is credited: whoever has one useful week has as many as can be had.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from gainful.worth.assessment import UsefulWeek
from gainful.worth.record import Case, Organisation
from gainful.worth.settling import Settled, State

_WEEK = timedelta(weeks=1)


class Weeks:
    """Counts useful weeks of one organisation."""

    def __init__(self, who: Organisation, since: datetime, until: datetime) -> None:
        self._who = who
        self._since = since
        self._until = until
        self._useful: defaultdict[date, set[str]] = defaultdict(set)

    def look(self, case: Case, settled: Settled) -> None:
        """Take note of one item."""
        if settled.state not in (State.ACCEPTED, State.VERIFIED) or settled.accepted_at is None:
            return
        if settled.asked_by_itself or settled.unchanged or not self._since <= settled.accepted_at < self._until:
            return
        # A run on somebody else's item is no work of one's own, unless it is claimed; nor is a claim without a run.
        ran = {self._who.behind(use.run.person) for use in case.uses if use.run.person}
        claimed = {self._who.behind(claim.claimant) for claim in case.claims}
        self._useful[monday(settled.accepted_at)] |= (ran & claimed) | {settled.person}

    def told(self) -> tuple[UsefulWeek, ...]:
        """Each week and team, in order."""
        return tuple(
            UsefulWeek(week.isoformat(), team, len(members), len(members & self._useful[week]))
            for week in self._weeks()
            for team, members in sorted(self._eligible(week).items())
        )

    def _weeks(self) -> list[date]:
        first, last = monday(self._since), monday(self._until - timedelta(microseconds=1))
        return [first + number * _WEEK for number in range((last - first) // _WEEK + 1)]

    def _eligible(self, week: date) -> dict[str, set[str]]:
        end = datetime.combine(week, datetime.min.time(), self._until.tzinfo) + _WEEK
        teams: defaultdict[str, set[str]] = defaultdict(set)
        for id_, person in self._who.people.items():
            if person.eligible and person.at < end and (person.left_at is None or person.left_at > end - _WEEK):
                teams[person.team].add(id_)
        return teams


def monday(at: datetime) -> date:
    """The Monday of a moment's week, UTC."""
    day = at.date()
    return day - timedelta(days=day.weekday())
