"""How sure is sure enough: thresholds for each means and label, fitted on what the person said later.

Each decision stores what every means proposed at that moment. When the person's truth arrives, the two make one
observation; since the truth came after the prediction, the fit is on later mail (prequential). A thread counts once,
by its worst mail, because mails of one thread share their words and their mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gainful.core.mail import Means

LABEL_ERROR = 0.05
"""Highest accepted share of wrong labels, judged by the median of what the evidence allows."""
LABEL_CONFIDENCE = 0.5
ARCHIVE_ERROR = 0.02
"""Highest accepted share of mail wrongly put away: its 90 % upper bound must not exceed this."""
ARCHIVE_CONFIDENCE = 0.9
NEVER = 1.01
"""A threshold that no probability reaches."""

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
        rest = list(observations)
        for means in ORDER:
            cells = _by_label(rest, means)
            for key, seen in cells.items():
                least = start.least(means, key)
                label[means, key] = _fit_label(seen, means, key, least)
                decided = [o for o in seen if _probability(o, means) >= label[means, key]]
                if (means, key) in archive:
                    archive[means, key] = _fit_archive(decided, archive[means, key])
            rest = [o for o in rest if not _settled(o, means, label, start)]
        return cls(label, archive, start.others)

    def least(self, means: Means, label: str) -> float:
        """The least probability with which this means may give this label."""
        return self.label.get((means, label), self.others.get(means, NEVER))

    def least_quiet(self, means: Means, label: str) -> float:
        """The least quietness with which mail that this means gave this label may be put away."""
        return self.archive.get((means, label), NEVER)


_SHIPPED_OTHERS = {Means.RULE: 0.8, Means.HISTORY: 0.85, Means.LOCAL: 0.9, Means.LANGUAGE: 0.7}
_SHIPPED_LABEL: dict[Cell, float] = {}
_SHIPPED_ARCHIVE: dict[Cell, float] = {
    (means, label): 0.88 for means in ORDER for label in ("newsletter", "receipt", "junk", "update")
}
_SHIPPED_LABEL_EVIDENCE = (0, 14)
"""What the shipped label thresholds count as: just enough clean threads to be allowed, so one own error weighs."""
_SHIPPED_ARCHIVE_EVIDENCE = (0, 115)
"""The same for archiving: 115 clean threads bring the 90 % upper bound to 2 %."""


def _by_label(observations: Iterable[Observation], means: Means) -> dict[str, list[Observation]]:
    cells: dict[str, list[Observation]] = {}
    for observation in observations:
        proposal = observation.proposal(means)
        if proposal is not None:
            cells.setdefault(proposal[0], []).append(observation)
    return cells


def _probability(observation: Observation, means: Means) -> float:
    proposal = observation.proposal(means)
    return proposal[1] if proposal else 0.0


def _settled(observation: Observation, means: Means, label: Mapping[Cell, float], start: Thresholds) -> bool:
    proposal = observation.proposal(means)
    return proposal is not None and proposal[1] >= label.get((means, proposal[0]), start.least(means, proposal[0]))


def _fit_label(seen: Sequence[Observation], means: Means, key: str, shipped: float) -> float:
    return _lowest(
        seen,
        score=lambda o: _probability(o, means),
        wrong=lambda o: o.truth != key,
        shipped=shipped,
        evidence=_SHIPPED_LABEL_EVIDENCE,
        limit=LABEL_ERROR,
        confidence=LABEL_CONFIDENCE,
    )


def _fit_archive(decided: Sequence[Observation], shipped: float) -> float:
    return _lowest(
        [o for o in decided if not o.protected],
        score=lambda o: o.quiet,
        wrong=lambda o: not o.archive_ok,
        shipped=shipped,
        evidence=_SHIPPED_ARCHIVE_EVIDENCE,
        limit=ARCHIVE_ERROR,
        confidence=ARCHIVE_CONFIDENCE,
    )


def _lowest(
    seen: Sequence[Observation],
    *,
    score: Callable[[Observation], float],
    wrong: Callable[[Observation], bool],
    shipped: float,
    evidence: tuple[int, int],
    limit: float,
    confidence: float,
) -> float:
    """The lowest threshold above which the error's upper bound keeps the limit; NEVER where none does.

    From the shipped threshold upwards, the shipped evidence counts beside the person's own; below it, only their own.
    """
    scored = sorted(((score(o), wrong(o), o.thread) for o in seen), reverse=True)
    best = NEVER
    threads: dict[str, bool] = {}
    at = 0
    for threshold in sorted({value for value, _, _ in scored} | {shipped}, reverse=True):
        while at < len(scored) and scored[at][0] >= threshold:
            _, failed, thread = scored[at]
            threads[thread] = threads.get(thread, False) or failed
            at += 1
        base = evidence if threshold >= shipped else (0, 0)
        errors, trials = base[0] + sum(threads.values()), base[1] + len(threads)
        if upper_bound(errors, trials, confidence) <= limit:
            best = threshold
    return best
