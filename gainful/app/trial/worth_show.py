"""What `gainful demo worth` shows: the board that counting tokens would have made, and the books as they are.

shown = WorthShow(folder, now).play(report)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gainful.app.gainful import Gainful
from gainful.app.trial.company import Company, tokens_by_team
from gainful.app.worth import Telling
from gainful.core.clock import Clock
from gainful.storage.settings.config import Home
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.finding import WasteFinding

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of it.

    Args:
        tokens: By team, as a board of consumption would count them.
        board: Of teams, as the books have it.
    """

    company: Company
    facts: int
    tokens: dict[str, int]
    board: tuple[Standing, ...]
    findings: tuple[WasteFinding, ...]
    telling: Telling
    weeks: tuple[UsefulWeek, ...]


class WorthShow:
    """Plays ten weeks of a company into a home of its own."""

    def __init__(self, folder: Path, now: datetime, clock: Clock) -> None:
        self._home = Home(folder / "home")
        self._company = Company(1, now)
        self._clock = clock

    def play(self, report: Callable[[int, int], None]) -> Shown:
        """Report everything, and tell what it was worth.

        Args:
            report: Told how many facts are booked, and of how many.
        """
        facts = list(self._company.facts())
        with Gainful.open(self._home, self._clock) as app:
            for start in range(0, len(facts), BATCH):
                app.facts.append(facts[start : start + BATCH], "demo")
                report(min(start + BATCH, len(facts)), len(facts))
            telling = app.worth.tell()
            return Shown(
                self._company,
                len(facts),
                tokens_by_team(self._company, facts),
                tuple(app.worth.board("team", app.viewer)),
                tuple(app.worth.findings()),
                telling,
                tuple(app.worth.engagement_together(app.viewer)),
            )
