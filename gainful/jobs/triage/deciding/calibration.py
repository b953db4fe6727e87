"""How sure is sure enough: thresholds for each means and label, fitted on what the person said later.

Each decision stores what every means proposed at that moment. When the person's truth arrives, the two make one
observation; since the truth came after the prediction, the fit is on later mail (prequential). A thread counts once,
by its worst mail, because mails of one thread share their words and their mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gainful.core.mail import Means

LABEL_ERROR = 0.05
"""Highest accepted share of wrong labels."""
SLIPS = 0.015
"""Share of the person's own answers that is assumed to be a slip: disagreement that is nobody's error."""
DISAGREEMENT = LABEL_ERROR + SLIPS
"""Highest accepted share of labels that the person's answers contradict; the median of what the evidence allows."""
LABEL_CONFIDENCE = 0.5
ARCHIVE_ERROR = 0.02
"""Highest accepted share of mail wrongly put away: its 90 % upper bound must not exceed this."""
ARCHIVE_CONFIDENCE = 0.9
CHANCE = 0.05
"""A label's own errors count against it once they are less likely than this at the accepted rate."""
RECENT = 150
"""The local model improves with each correction, so only its last proposals say how good it is now."""
NEVER = 1.01
"""A threshold that no probability reaches."""
EVEN = 0.5
"""Below even odds a guess is not a decision, whatever luck the evidence had."""
LEAST_RAW = 0.4
"""The same for the probability that a person is shown, which for a well-proven label may look a little low."""
PRIOR_ERRORS = 4.5
"""Errors that a label is taken to have made exactly as often as its probabilities said, beside those it really made."""
ENOUGH = 30
"""Threads that the local model itself must have been judged on before it may decide below where it started: until then
a short run of luck, or the sureness of the rules before it, would speak for it."""

Cell = tuple[Means, str]
ORDER = (Means.RULE, Means.HISTORY, Means.LOCAL)
_SHORT = {Means.RULE: "rule", Means.HISTORY: "history", Means.LOCAL: "local"}
_QUIET = "quiet"


def upper_bound(errors: int, trials: int, confidence: float) -> float:
    """The highest error rate that still fits: one-sided Clopper-Pearson bound.

    Args:
        errors: Wrong ones among `trials`.
        confidence: Such as 0.9 for the 90 % upper bound.

    Returns:
        The rate at which so few errors would be seen with probability 1 - confidence; 1 without trials.

    Source: Clopper and Pearson, Biometrika 26 (1934); solved by bisection on the binomial distribution.
    """
    if errors >= trials:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(errors, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(errors: int, trials: int, rate: float) -> float:
    """Probability of at most so many errors."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return float(errors >= trials)
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    total = math.lgamma(trials + 1)
    return sum(
        math.exp(total - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * log_rate + (trials - k) * log_rest)
        for k in range(errors + 1)
    )


def proposal_key(means: Means, label: str) -> str:
    """Under which name a decision's scores keep what a means proposed."""
    return f"{_SHORT[means]}/{label}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One mail that was decided and later judged by the person.

    Args:
        scores: `Opinion.scores` as stored with the decision: the local probability by label, what each means
            proposed, and how surely nothing is asked (`quiet`).
        truth: Key of the label that the person gave or confirmed.
        thread: Id of the conversation.
        archive_ok: Putting it away was, or would have been, right for the person.
        protected: It could not have been archived anyway (VIP, person written to, own thread).
    """

    scores: Mapping[str, float]
    truth: str
    thread: str
    archive_ok: bool
    protected: bool = False

    def proposal(self, means: Means) -> tuple[str, float] | None:
        """What a means proposed: label and probability."""
        start = _SHORT[means] + "/"
        found = [(key[len(start) :], value) for key, value in self.scores.items() if key.startswith(start)]
        return max(found, key=lambda item: item[1]) if found else None

    @property
    def quiet(self) -> float:
        """How surely nothing is asked of the person, 0 … 1."""
        return self.scores.get(_QUIET, 0.0)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability each means decides, and from which quietness a mail is put away.

    Args:
        label: By means and label: least probability.
        archive: By means and label: least quietness (1 minus the probability of every label that asks for action).
        others: By means: least probability for labels without an entry.
    """

    label: Mapping[Cell, float] = field(default_factory=dict)
    archive: Mapping[Cell, float] = field(default_factory=dict)
    others: Mapping[Means, float] = field(default_factory=dict)

    @classmethod
    def shipped(cls) -> Thresholds:
        """Where everybody starts, before any correction: measured on simulated mailboxes, on the careful side."""
        return cls(dict(_SHIPPED_LABEL), dict(_SHIPPED_ARCHIVE), dict(_SHIPPED_OTHERS))

    @classmethod
    def fitted(cls, observations: Iterable[Observation]) -> Thresholds:
        """The thresholds that this person's own evidence supports.

        A threshold is lowered only as far as the person's own threads alone prove it safe, and raised as soon as they
        contradict what was shipped. Means are fitted in the order they speak, each on the mail that the ones before it
        left over.
        """
        start = cls.shipped()
        label, archive = dict(start.label), dict(start.archive)
        others = dict(start.others)
        everything = list(observations)
        young = {id(o) for o in everything[:-RECENT]}
        rest = everything
        decided_before: list[_Seen] = []
        for means in ORDER:
            seen = [_Seen(*proposal, o) for o in rest if (proposal := o.proposal(means)) is not None]
            own = [one for one in seen if means is not Means.LOCAL or id(one.of) not in young]
            odds = _odds(own) if means is Means.LOCAL else {}
            judged = [one.weighed(odds) for one in own]
            shipped = start.others[means] if means is not Means.LOCAL else _local_start(len(everything))
            fit = _fit_means(judged, shipped, decided_before)
            others[means] = _bold(fit, judged, shipped) if means is Means.LOCAL else max(fit, shipped)
            for key in sorted({one.label for one in seen}):
                cell = [one for one in seen if one.label == key]
                least = _unweighed(others[means], odds.get(key, 1.0))
                label[means, key] = _guarded([one for one in own if one.label == key], least)
                if (means, key) in archive:
                    decided = [one.of for one in cell if one.probability >= label[means, key]]
                    archive[means, key] = _fit_archive(decided, archive[means, key])
            decided_before += [one for one in seen if one.probability >= label[means, one.label]]
            settled = {id(one.of) for one in decided_before}
            rest = [o for o in rest if id(o) not in settled]
        return cls(label, archive, others)

    def least(self, means: Means, label: str) -> float:
        """The least probability with which this means may give this label."""
        return self.label.get((means, label), self.others.get(means, NEVER))

    def least_quiet(self, means: Means, label: str) -> float:
        """The least quietness with which mail that this means gave this label may be put away."""
        return self.archive.get((means, label), NEVER)


_SHIPPED_OTHERS = {Means.RULE: 0.85, Means.HISTORY: 0.9, Means.LOCAL: 0.9, Means.LANGUAGE: 0.7}
_LOCAL_GROWN = 0.6
_SHIPPED_LABEL: dict[Cell, float] = {}
_SHIPPED_ARCHIVE: dict[Cell, float] = {
    (means, label): 0.88 for means in ORDER for label in ("newsletter", "receipt", "junk", "update")
}
_SHIPPED_LABEL_EVIDENCE = (3, 100)
"""Errors and threads that the shipped label thresholds count as: 100 own threads weigh as much."""
_SHIPPED_ARCHIVE_EVIDENCE = (0, 115)
"""The same for archiving: 115 clean threads bring the 90 % upper bound to 2 %."""


def _local_start(corrections: int) -> float:
    """Where the local model's threshold starts: its probabilities become reliable as it is corrected.

    Measured on simulated mailboxes: at 150 corrections, proposals from 0.6 up are wrong as rarely as those from 0.9
    up are at the start.
    """
    grown = min(1.0, corrections / RECENT)
    return _SHIPPED_OTHERS[Means.LOCAL] + grown * (_LOCAL_GROWN - _SHIPPED_OTHERS[Means.LOCAL])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one means proposed for one observed mail."""

    label: str
    probability: float
    of: Observation

    @property
    def wrong(self) -> bool:
        return self.label != self.of.truth

    def weighed(self, odds: Mapping[str, float]) -> _Seen:
        """The same with its probability of being wrong multiplied by its label's odds."""
        wrong = odds.get(self.label, 1.0) * (1 - self.probability)
        return replace(self, probability=max(0.0, 1 - wrong))


def _odds(seen: Sequence[_Seen]) -> dict[str, float]:
    """How much more often than the average label each label is wrong, against what its probabilities say.

    A model that is sure of newsletters and merely bold about tasks has one threshold that fits neither; weighed by
    these, equal probabilities mean equal risks.
    """
    average = _excess(seen)
    labels = {one.label for one in seen}
    return {key: _excess([one for one in seen if one.label == key]) / average for key in labels}


def _excess(seen: Sequence[_Seen]) -> float:
    """Errors made over errors foretold, both with some foretold ones added, so that few mails change little."""
    foretold = sum(1 - one.probability for one in seen)
    made = sum(one.wrong for one in seen)
    return min(4.0, max(0.25, (made + PRIOR_ERRORS) / (foretold + PRIOR_ERRORS)))


def _unweighed(threshold: float, odds: float) -> float:
    """The probability of a label that, weighed, is just the threshold; never below `LEAST_RAW`."""
    return min(NEVER, max(1 - (1 - threshold) / odds, LEAST_RAW))


def _fit_means(seen: Sequence[_Seen], shipped: float, decided_before: Sequence[_Seen]) -> float:
    """One threshold for all labels of a means: single labels have too few corrections to be fitted alone.

    The limit holds for everything decided up to and with this means, so sure rules leave room for a bolder model.
    """
    scored = [(one.probability, one.wrong, one.of.thread) for one in seen]
    scored += [(NEVER, one.wrong, one.of.thread) for one in decided_before]
    return _lowest(scored, shipped, _SHIPPED_LABEL_EVIDENCE, DISAGREEMENT, LABEL_CONFIDENCE)


def _bold(fit: float, seen: Sequence[_Seen], shipped: float) -> float:
    """The fitted threshold as far as enough of the model's own proposals stand behind it."""
    least = max(fit, EVEN)
    behind = {one.of.thread for one in seen if one.probability >= least}
    return least if len(behind) >= ENOUGH else max(least, shipped)


def _guarded(cell: Sequence[_Seen], threshold: float) -> float:
    """The means' threshold, raised for a label whose own errors cannot be chance at the accepted rate."""
    for least in sorted({threshold} | {one.probability for one in cell if one.probability > threshold}):
        threads: dict[str, bool] = {}
        for one in cell:
            if one.probability >= least:
                threads[one.of.thread] = threads.get(one.of.thread, False) or one.wrong
        errors = sum(threads.values())
        # So many errors or more at the accepted rate: 1 - P(at most errors - 1).
        if not errors or 1 - _at_most(errors - 1, len(threads), DISAGREEMENT) >= CHANCE:
            return least
    return NEVER


def _fit_archive(decided: Sequence[Observation], shipped: float) -> float:
    scored = [(o.quiet, not o.archive_ok, o.thread) for o in decided if not o.protected]
    return _lowest(scored, shipped, _SHIPPED_ARCHIVE_EVIDENCE, ARCHIVE_ERROR, ARCHIVE_CONFIDENCE)


def _lowest(
    scored: Sequence[tuple[float, bool, str]],
    shipped: float,
    evidence: tuple[int, int],
    limit: float,
    confidence: float,
) -> float:
    """The lowest threshold above which the error's upper bound keeps the limit; NEVER where none does.

    From the shipped threshold upwards, the shipped evidence counts beside the person's own; below it, only their own.

    Args:
        scored: Score, whether it was wrong, and the thread.
    """
    falling = sorted(scored, reverse=True)
    best = NEVER
    threads: dict[str, bool] = {}
    at = 0
    for threshold in sorted({min(score, NEVER) for score, _, _ in falling} | {shipped}, reverse=True):
        while at < len(falling) and falling[at][0] >= threshold:
            _, failed, thread = falling[at]
            threads[thread] = threads.get(thread, False) or failed
            at += 1
        base = evidence if threshold >= shipped else (0, 0)
        errors, trials = base[0] + sum(threads.values()), base[1] + len(threads)
        if upper_bound(errors, trials, confidence) <= limit:
            best = threshold
    return best
