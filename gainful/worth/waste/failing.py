"""Work that fails: agents whose results are refused and done again by hand, and calls tried again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from gainful.worth.finding import Remedy
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled, State
from gainful.worth.trust import by_chance
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_USUAL = 0.2
"""Share of refused results that is no sign of anything."""
_LEAST_SHARE = 0.3
_CHANCE = 1 / 2000
_ENDED = (State.VERIFIED, State.ACCEPTED, State.REJECTED, State.EXPIRED, State.REVERSED)


class Failing(Gathering):
    """Agents most of whose results are refused, or never even claimed, and done by hand in the end."""

    kind = "failing-agent"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._ended: defaultdict[str, int] = defaultdict(int)
        self._failed: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Flag it where it failed."""
        if not case.uses:
            return
        by_hand = any(time.what in ("hand", "rework") for time in case.times)
        given_up = settled.state is State.EXPECTED and by_hand
        if settled.state in _ENDED or given_up:
            self._ended[settled.agent] += 1
        if given_up or settled.state is State.REJECTED:
            self._failed[settled.agent] += 1
            self.flag_case(settled.agent, case, case.uses[0].run.at)

    def loose(self, use: Use) -> None:
        """Whether a run of no item failed at something is not known."""

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """More than what is usual and chance explain."""
        del flags
        failed, ended = self._failed[agent], self._ended[agent]
        if failed < self.least or share(failed, ended) < _LEAST_SHARE:
            return None
        if by_chance(ended, failed, _USUAL) >= _CHANCE:
            return None
        proof = f"{failed} of {ended} results were refused, or given up and done by hand."
        return Told(proof, Remedy.PAUSE, 0.95)


_UNDONE = 0.1


class Undone(Gathering):
    """Agents whose accepted results are undone again and again: reverted, re-opened, blamed for harm."""

    kind = "undone-work"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._accepted: defaultdict[str, int] = defaultdict(int)
        self._undone: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Flag it where it was undone."""
        if settled.state in (State.VERIFIED, State.ACCEPTED, State.REVERSED):
            self._accepted[settled.agent] += 1
        if settled.state is State.REVERSED:
            self._undone[settled.agent] += 1
            self.flag_case(settled.agent, case, case.reversals[-1].at)

    def loose(self, use: Use) -> None:
        """There is nothing to undo."""

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """More than what is usual and chance explain."""
        del flags
        undone, accepted = self._undone[agent], self._accepted[agent]
        if undone < self.least or by_chance(accepted, undone, _UNDONE) >= _CHANCE:
            return None
        proof = f"{undone} of {accepted} accepted results were undone later."
        return Told(proof, Remedy.LOOK, 0.95)


_TRIES = 3
_SPENT = Decimal("0.1")


class Retries(Gathering):
    """Calls that were tried again three times or more, and runs of the same input that failed each time."""

    kind = "failing-retries"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._lost: defaultdict[str, Decimal] = defaultdict(Decimal)

    def case(self, case: Case, settled: Settled) -> None:
        """Look at the calls of its runs."""
        super().case(case, settled)
        for use in case.uses:
            self._see(use)

    def loose(self, use: Use) -> None:
        """Look at its calls."""
        super().loose(use)
        self._see(use)

    def _see(self, use: Use) -> None:
        again = [call for call in use.calls if call.retry_of or call.failed]
        if len(again) >= _TRIES:
            lost = sum((call.cost for call in again if call.cost is not None), Decimal(0))
            self._lost[use.run.agent] += lost
            self.flag(use, cost=lost)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """A tenth of what it spends."""
        if self._lost[agent] < _SPENT * self.spent[agent]:
            return None
        proof = (
            f"In {len(flags)} of {self.runs[agent]} runs calls failed and were tried again {_TRIES} times or more: "
            f"{share(float(self._lost[agent]), float(self.spent[agent])):.0%} of what was spent."
        )
        return Told(proof, Remedy.BUDGET, 0.95)
