from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.core.mail import Means
from gainful.jobs.triage.deciding.calibration import ORDER, Observation, Thresholds, upper_bound

LABELS = ("newsletter", "receipt", "fyi", "todo")


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    scores = {
        f"{short}/{draw(st.sampled_from(LABELS))}": draw(st.floats(0, 1))
        for short in draw(st.sets(st.sampled_from(("rule", "history", "local"))))
    }
    scores["quiet"] = draw(st.floats(0, 1))
    return Observation(
        scores,
        draw(st.sampled_from(LABELS)),
        draw(st.sampled_from("abcdefgh")),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.05, 0.99))
def test_the_bound_lies_above_the_observed_rate_side_and_falls_with_evidence(e: int, n: int, confidence: float) -> None:
    errors = min(e, n)
    bound = upper_bound(errors, n, confidence)
    assert 0 <= bound <= 1
    assert upper_bound(errors, n + 10, confidence) <= bound + 1e-12
    if errors < n:
        assert upper_bound(errors + 1, n, confidence) >= bound
    if confidence >= 0.9:
        assert bound >= errors / n


@settings(max_examples=60, deadline=None)
@given(st.lists(observations(), max_size=40))
def test_fitting_is_deterministic_and_never_loosens_rules_or_history(seen: list[Observation]) -> None:
    fitted, shipped = Thresholds.fitted(seen), Thresholds.shipped()
    assert fitted == Thresholds.fitted(seen)
    for means in (Means.RULE, Means.HISTORY):
        for label in LABELS:
            assert fitted.least(means, label) >= shipped.least(means, label)
    assert set(fitted.archive) == set(shipped.archive)


@settings(max_examples=60, deadline=None)
@given(st.lists(observations(), max_size=40), st.sampled_from(LABELS))
def test_archiving_keeps_the_bound_on_the_persons_own_threads(seen: list[Observation], label: str) -> None:
    """Wherever a threshold lies below the shipped one, the own evidence alone must carry it."""
    fitted, shipped = Thresholds.fitted(seen), Thresholds.shipped()
    for means in ORDER:
        least = fitted.least_quiet(means, label)
        if least < shipped.least_quiet(means, label):
            own: dict[str, bool] = {}
            for o in seen:
                proposal = o.proposal(means)
                if proposal and proposal[0] == label and o.quiet >= least and not o.protected:
                    own[o.thread] = own.get(o.thread, False) or not o.archive_ok
            assert len(own) >= 114
