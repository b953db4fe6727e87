"""A release under watch as a page shows it: the verdict in one sentence, what is still needed, a chart a respect."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from gainful.core.deploy_event import State
from gainful.jobs.deploy.watching import Line, Series, Verdict
from gainful.jobs.deploy.watching.series import Proof
from gainful.jobs.deploy.watching.window import spoken
from gainful.web.console.bands import Moment, Reading, bands

_NAMES = {"errors": "Requests that fail", "latency": "Requests that are slow"}
_SAID = {
    Verdict.GO_ON: "Nothing is proven yet",
    Verdict.GOOD: "It is no worse: it can be promoted",
    Verdict.BAD: "It is worse: it goes back",
    Verdict.NOT_ENOUGH: "Too little traffic to tell",
    Verdict.HOLD: "Something is wrong elsewhere: it waits",
}
_ENDED = {
    State.PROMOTED: "Promoted",
    State.ROLLED_BACK: "Rolled back",
    State.FAILED: "Failed",
    State.REFUSED: "Refused",
    State.DECLINED: "Declined",
}
_WORDS = {
    Verdict.GO_ON: "watching", Verdict.GOOD: "stands", Verdict.BAD: "failed", Verdict.NOT_ENOUGH: "flag",
    Verdict.HOLD: "held",
}  # fmt: skip
_CLAIMS = {"worse": "that it is worse at all", "beyond_margin": "that it is worse by more than the margin"}


@dataclass(frozen=True, slots=True)
class Respect:
    """One respect in which the two are compared.

    Args:
        told: Both rates and the interval of their difference, in a sentence.
        proofs: What is known for a rollback: a sentence, and how far along it is, 0 to 1.
    """

    name: str
    told: str
    chart: Markup
    proofs: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Canary:
    """A watch, ready for a page.

    Args:
        word: The verdict in a word or two; `sign` is how it looks, as a state.
        why: The verdict in one sentence.
        needs: What is still needed before it is promoted; empty once it has ended.
        sample: How much of the needed requests it has answered, 0 to 1; None where no number is needed.
    """

    word: str
    sign: str
    why: str
    needs: str
    sample: float | None
    respects: tuple[Respect, ...]
    unwatched: str


def canary(series: Series | None) -> Canary | None:
    """The watch for a page; None where there was none."""
    if series is None:
        return None
    verdict = Verdict(series.verdict) if series.verdict else None
    ended = State(series.state) if series.state else None
    word = _ENDED[ended] if ended is not None else _SAID[verdict] if verdict is not None else "It is looked at"
    sign = str(ended) if ended is not None else _WORDS[verdict] if verdict is not None else "watching"
    going_on = ended is None and verdict is Verdict.GO_ON
    return Canary(
        word=word,
        sign=sign,
        why=series.why,
        needs=_needs(series) if going_on else "",
        sample=min(1.0, series.seen / series.sample) if going_on and series.sample else None,
        respects=tuple(_respect(series, line) for line in series.lines),
        unwatched=series.unwatched if ended is None else "",
    )


def _needs(series: Series) -> str:
    wanted = [f"{series.missing:,} more requests answered, of {series.sample:,}"] if series.missing else []
    wanted += [f"{spoken(series.left)} of its window"] if series.left >= 1 else []
    if not wanted:
        return "Enough was seen; it is watched on because one of its rates looks worse."
    return f"To be promoted it needs {' and '.join(wanted)}, with neither rate beyond the margin."


def _respect(series: Series, line: Line) -> Respect:
    newest = line.points[-1]
    kind = _NAMES[line.what]
    if line.what == "latency" and series.bound is not None:
        kind = f"Requests that take longer than {series.bound * 1000:g} ms"
    readings = [Reading(one.elapsed, one.low, one.middle, one.high, one.allowed) for one in line.points]
    told = (
        f"{line.candidate.rate:.2%} of the candidate's {line.candidate.of:,.0f} requests, {line.live.rate:.2%} of the "
        f"{line.live.of:,.0f} beside it. The difference lies between {_points(newest.low)} and {_points(newest.high)} "
        "percentage points, with 95 % at all looks together."
    )
    end = max(series.window, series.elapsed) if series.decided is None else series.elapsed
    chart = bands(f"{kind}: the candidate's share less the live one's", readings, end, _moment(series))
    return Respect(kind, told, chart, tuple(_proof(one) for one in line.proofs))


def _moment(series: Series) -> Moment | None:
    if series.decided is None:
        return None
    bad = series.state not in (State.PROMOTED,)
    return Moment(series.decided, f"{_ENDED[State(series.state)]} after {spoken(series.decided)}", bad)


def _proof(proof: Proof) -> tuple[str, float]:
    known = max(proof.now, 0.0)
    told = f"Evidence {_CLAIMS[proof.claim]}: {known:.1f} of {proof.needed:.1f}"
    return told, min(1.0, known / proof.needed) if proof.needed else 0.0


def _points(share: float) -> str:
    return f"{'−' if share < 0 else '+'}{abs(share) * 100:.2f}"
