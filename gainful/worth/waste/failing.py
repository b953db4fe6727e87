"""Work that fails: agents whose results are refused and done again by hand, or taken back later."""

from __future__ import annotations

from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_LEAST_SHARE = 0.2
_TIMES = 1.5
"""So many times what is usual: somewhat worse than others is no waste yet."""
_ENDED = (State.VERIFIED, State.ACCEPTED, State.REJECTED, State.EXPIRED, State.REVERSED)
_BY_HAND = ("hand", "rework")


class Failing(Gathering):
    """Agents whose results are refused, or never even claimed and done by hand in the end, far more than others'."""

    kind = "failing-agent"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._failed = Rates(unknown=0.2, floor=0.12)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Flag it where it failed."""
        if not ran:
            return
        given_up = settled.state is State.EXPECTED and any(time.what in _BY_HAND for time in case.times)
        failed = given_up or settled.state is State.REJECTED
        if given_up or settled.state in _ENDED:
            self._failed.add(class_of(case), settled, failed)
        if failed:
            self.flag_case(settled.agent, case, ran, ran[0].run.at)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """More than what is usual and chance explain."""
        del flags, period
        seen = self._failed.seen(agent)
        if seen.hits < self.least or seen.share < max(_LEAST_SHARE, _TIMES * seen.usual) or not seen.beyond_chance:
            return None
        proof = (
            f"{seen.hits} of {seen.of} results were refused, or given up and done by hand; usual for such work is "
            f"{seen.usual:.0%}."
        )
        return Told(proof, Remedy.PAUSE, 0.95)


class Undone(Gathering):
    """Agents whose accepted results are undone again and again: reverted, re-opened, blamed for harm."""

    kind = "undone-work"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._undone = Rates(unknown=0.1, floor=0.06)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Flag it where it was undone."""
        undone = settled.state is State.REVERSED
        if undone or settled.state in (State.VERIFIED, State.ACCEPTED):
            self._undone.add(class_of(case), settled, undone)
        if undone:
            self.flag_case(settled.agent, case, ran, case.reversals[-1].at)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """More than what is usual and chance explain."""
        del flags, period
        seen = self._undone.seen(agent)
        if seen.hits < self.least or seen.share < _TIMES * seen.usual or not seen.beyond_chance:
            return None
        proof = f"{seen.hits} of {seen.of} accepted results were undone later; usual for such work is {seen.usual:.0%}."
        return Told(proof, Remedy.LOOK, 0.95)
