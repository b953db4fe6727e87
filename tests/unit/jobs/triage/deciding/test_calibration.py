from __future__ import annotations

import pytest

from gainful.core.mail import Means
from gainful.jobs.triage.deciding.calibration import NEVER, Observation, Thresholds, upper_bound


def seen(
    probability: float, right: bool = True, thread: str = "", means: str = "local", quiet: float = 0.5, ok: bool = True
) -> Observation:
    scores = {f"{means}/newsletter": probability, "quiet": quiet}
    return Observation(scores, "newsletter" if right else "fyi", thread or str(id(scores)), ok)


@pytest.mark.parametrize(
    ("errors", "trials", "confidence", "bound"),
    [(0, 114, 0.9, 0.0200), (0, 10, 0.95, 0.2589), (1, 100, 0.95, 0.0466), (3, 50, 0.9, 0.1288), (5, 5, 0.9, 1.0)],
)
def test_clopper_pearson_against_published_values(errors: int, trials: int, confidence: float, bound: float) -> None:
    assert upper_bound(errors, trials, confidence) == pytest.approx(bound, abs=2e-4)


def test_without_observations_the_shipped_ones_hold() -> None:
    assert Thresholds.fitted([]).label == {}
    assert Thresholds.fitted([]).archive == Thresholds.shipped().archive
    assert Thresholds.shipped().least_quiet(Means.LANGUAGE, "newsletter") == NEVER


def test_clean_evidence_lowers_the_local_threshold_and_wrong_evidence_raises_it() -> None:
    clean = [seen(0.5 + i / 1000, thread=f"c{i}") for i in range(150)]
    assert Thresholds.fitted(clean).least(Means.LOCAL, "newsletter") <= 0.5
    wrong = [seen(0.7 + i / 1000, right=i % 2 == 0, thread=f"w{i}") for i in range(150)]
    assert Thresholds.fitted(wrong).least(Means.LOCAL, "newsletter") > 0.8


def test_rules_are_never_made_looser_than_shipped() -> None:
    clean = [seen(0.5, means="rule", thread=f"r{i}") for i in range(150)]
    assert Thresholds.fitted(clean).least(Means.RULE, "newsletter") >= Thresholds.shipped().least(Means.RULE, "x")


def test_a_thread_counts_once_by_its_worst_mail() -> None:
    alone = [seen(0.95, right=False, thread=f"t{i}") for i in range(40)]
    one_thread = [seen(0.95, right=False, thread="t") for _ in range(40)]
    assert Thresholds.fitted(alone).least(Means.LOCAL, "newsletter") == NEVER
    others = [seen(0.96, thread=f"o{i}") for i in range(60)]
    assert Thresholds.fitted([*others, *one_thread]).least(Means.LOCAL, "newsletter") <= 0.95


def test_one_wrongly_archived_mail_raises_the_bar_above_it() -> None:
    mails = [seen(0.99, means="rule", quiet=0.95, thread=f"q{i}") for i in range(20)]
    mails.append(seen(0.99, means="rule", quiet=0.9, ok=False, thread="missed"))
    fitted = Thresholds.fitted(mails)
    assert 0.9 < fitted.least_quiet(Means.RULE, "newsletter") <= 0.95


def test_mail_that_could_not_be_archived_says_nothing_about_archiving() -> None:
    protected = Observation({"rule/newsletter": 0.99, "quiet": 0.99}, "newsletter", "t", False, protected=True)
    fitted = Thresholds.fitted([protected] * 3)
    assert fitted.archive == Thresholds.shipped().archive


def test_a_short_run_of_luck_does_not_make_the_local_model_bold() -> None:
    lucky = [
        Observation({"local/fyi": 0.3 + 0.01 * n, "fyi": 0.3, "quiet": 1.0}, "fyi", f"t{n}", archive_ok=False)
        for n in range(19)
    ]

    assert Thresholds.fitted(lucky).least(Means.LOCAL, "fyi") > 0.8


def test_many_judged_threads_lower_the_local_threshold_but_never_below_even_odds() -> None:
    proved = [
        Observation({"local/fyi": 0.3 + 0.004 * n, "fyi": 0.3, "quiet": 1.0}, "fyi", f"t{n}", archive_ok=False)
        for n in range(150)
    ]

    assert Thresholds.fitted(proved).least(Means.LOCAL, "fyi") == 0.5
