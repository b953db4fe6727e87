"""What the proof of the sequential test rests on, for any counts."""

from __future__ import annotations

from math import comb, exp, isclose, log, log1p

from hypothesis import assume, given
from hypothesis import strategies as st

from gainful.jobs.deploy.watching.counted import Counted, added, counted_from, totals_from, totals_json
from gainful.jobs.deploy.watching.evidence import (
    Claim,
    Counts,
    best_on_edge,
    interval,
    log_evidence,
    log_evidence_for,
    log_mixture,
    prior_from,
)
from gainful.sdk.metrics import NOTHING, Totals

RATES = st.floats(0.001, 0.999)
CLAIMS = st.builds(Claim, plus=st.floats(-0.3, 0.3))


@st.composite
def counts(draw: st.DrawFn, most: int = 100_000) -> Counts:
    trials = draw(st.integers(0, most))
    return Counts(trials, draw(st.integers(0, trials)))


def likelihood(one: Counts, rate: float) -> float:
    return one.hits * log(rate) + (one.trials - one.hits) * log1p(-rate)


@given(before=counts(), now=counts())
def test_a_mixture_spreads_over_what_comes_next(before: Counts, now: Counts) -> None:
    """The chances of a next hit and a next miss add up to the chance so far: with that it is a martingale."""
    for guesses in (prior_from(before).live, prior_from(before).candidate):
        hit, miss = Counts(now.trials + 1, now.hits + 1), Counts(now.trials + 1, now.hits)
        so_far = log_mixture(now, guesses)
        parts = exp(log_mixture(hit, guesses) - so_far) + exp(log_mixture(miss, guesses) - so_far)
        assert isclose(parts, 1.0, rel_tol=1e-6)


@given(before=counts(), live=st.integers(0, 7), candidate=st.integers(0, 7), rate=RATES, other=RATES, claim=CLAIMS)
def test_where_the_claim_holds_evidence_is_below_one_on_average(
    before: Counts, live: int, candidate: int, rate: float, other: float, claim: Claim
) -> None:
    assume(claim.allows(rate, other))
    prior, mean = prior_from(before), 0.0
    for hits in range(live + 1):
        for own in range(candidate + 1):
            chance = comb(live, hits) * rate**hits * (1 - rate) ** (live - hits)
            chance *= comb(candidate, own) * other**own * (1 - other) ** (candidate - own)
            mean += chance * exp(log_evidence(Counts(live, hits), Counts(candidate, own), claim, prior))
    assert mean <= 1 + 1e-9


@given(live=counts(), candidate=counts(), rate=RATES, claim=CLAIMS)
def test_no_rate_on_the_edge_fits_the_counts_better(live: Counts, candidate: Counts, rate: float, claim: Claim) -> None:
    other = rate + claim.plus
    assume(0.001 < other < 0.999)
    most = best_on_edge(live, candidate, claim)
    assert most >= likelihood(live, rate) + likelihood(candidate, other) - 1e-6 * (1 + abs(most))


@given(live=counts(2000), candidate=counts(2000), before=counts())
def test_the_difference_lies_in_its_interval(live: Counts, candidate: Counts, before: Counts) -> None:
    prior = prior_from(before)
    low, high = interval(live, candidate, prior)
    assert -1 <= low <= candidate.rate - live.rate <= high <= 1


@given(live=counts(), candidate=counts(), claim=CLAIMS)
def test_a_claim_and_its_opposite_are_never_both_refuted(live: Counts, candidate: Counts, claim: Claim) -> None:
    prior = prior_from(Counts(1000, 10))
    against, in_favour = log_evidence(live, candidate, claim, prior), log_evidence_for(live, candidate, claim, prior)
    assert min(against, in_favour) <= 1e-6 * (1 + live.trials + candidate.trials)


BUCKETS = (0.1, 0.5)


@st.composite
def totals(draw: st.DrawFn) -> Totals:
    requests = draw(st.integers(0, 1000))
    low = draw(st.integers(0, requests))
    high = draw(st.integers(low, requests))
    return Totals(requests, draw(st.integers(0, requests)), tuple(zip(BUCKETS, (low, high), strict=True)))


@given(steps=st.lists(totals(), max_size=8), restart=st.integers(0, 8))
def test_restarts_of_what_counts_lose_nothing_that_was_read(steps: list[Totals], restart: int) -> None:
    counted, wanted, shown = Counted(NOTHING), NOTHING, NOTHING
    for number, step in enumerate(steps):
        # A restart shows as a counter that fell; one that grew past its old value meanwhile cannot be told.
        fresh = number == restart and step.requests < shown.requests
        shown = step if fresh else added(shown, step)
        wanted = added(wanted, step)
        counted = counted_from(counted.then(shown).as_json())
        assert counted.total == wanted


@given(kept=totals())
def test_totals_survive_the_journal(kept: Totals) -> None:
    assert totals_from(totals_json(kept)) == kept
