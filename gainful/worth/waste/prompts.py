"""One question in many prompts: a sitting on one item that is cut into many runs, far more often than with others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_MANY = 4
_TOGETHER = timedelta(hours=3)
_SHARE = 0.1


class Prompts(Gathering):
    """Items on which a person started run after run in one sitting; beyond the first."""

    kind = "one-question-many-prompts"

    def __init__(self) -> None:
        super().__init__()
        self._many = Rates(unknown=0.1, floor=0.03)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Look for the sitting."""
        if not ran:
            return
        asked = [one for one in ran if one.run.trigger == "person" and one.run.status == "ok"]
        sitting = _sitting(asked)
        self._many.add(class_of(case), settled, bool(sitting))
        self.flags[settled.agent] += [one.flag for one in sitting[1:]]

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A habit that others with the same work do not have, and not a hard item."""
        del flags, period
        seen = self._many.seen(agent)
        if seen.hits < self.least or seen.share < _SHARE or not seen.beyond_chance:
            return None
        proof = (
            f"On {seen.hits} of {seen.of} items a question was put in {_MANY} or more runs within three hours; usual "
            f"for such work is {seen.usual:.0%}."
        )
        return Told(proof, Remedy.DECLARE, 0.9)


def _sitting(asked: Sequence[Ran]) -> Sequence[Ran]:
    """The runs of the first sitting that has many; none where no sitting has."""
    for begin in range(len(asked) - _MANY + 1):
        end = asked[begin].run.at + _TOGETHER
        if asked[begin + _MANY - 1].run.at <= end:
            return [one for one in asked[begin:] if one.run.at <= end]
    return []
