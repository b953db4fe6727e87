"""What came of a deployment, by what runs and what was taken back, and by nobody's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gainful.core.deploy_event import Deployment
from gainful.core.deploy_event import EventKind as K
from gainful.core.deployment import Intent
from gainful.jobs.deploy.surviving import Step, counts, next_step, pointless, source, work_item
from gainful.ledger.outcome import Outcome
from tests.unit.jobs.deploy.courses import NOW, course, plan_of, release_of

DAY = timedelta(days=1)


def shipped(name: str, digest: str, hours: float = 0, **more: Any) -> Deployment:
    """A deployment that was promoted so many hours later."""
    given = {"plan": plan_of(digest), **more}
    return course(K.PLANNED, K.BEGUN, K.PROMOTED, id=name, at=NOW + timedelta(hours=hours), apart=0, **given)[0]


def back(name: str, digest: str, hours: float) -> Deployment:
    """A rollback to this release."""
    return shipped(name, digest, hours, intent=Intent.ROLLBACK)


A = shipped("a", "a")


def step(
    standing: Outcome = Outcome.ACCEPTED,
    later: tuple[Deployment, ...] = (),
    live: str | None = "a",
    hours: float = 25,
    incidents: tuple[str, ...] = (),
) -> Step | None:
    runs = release_of(live) if live else live
    return next_step(standing, A, later, runs, incidents, NOW + timedelta(hours=hours), DAY)


def after(found: Step | None) -> Outcome | None:
    return found.after if found is not None else None


def test_what_runs_is_accepted_at_once_and_verified_when_its_time_is_over() -> None:
    assert after(step(Outcome.CLAIMED, hours=0)) is Outcome.ACCEPTED
    assert step(hours=23.9) is None
    assert after(step(hours=24)) is Outcome.VERIFIED


def test_a_later_change_carries_it_on() -> None:
    assert after(step(later=(shipped("b", "b", 5),), live="b")) is Outcome.VERIFIED


@pytest.mark.parametrize(("standing", "gone"), [("claimed", "rejected"), ("accepted", "reversed")])
def test_what_was_taken_back_is_gone_at_once(standing: str, gone: str) -> None:
    found = step(Outcome(standing), (back("r", "0", 3),), "0", hours=3)
    assert found == Step(Outcome(gone), "rollback:r", "Deployment r took it back.")


def test_what_was_built_upon_it_may_be_taken_back() -> None:
    later = (shipped("b", "b", 1), back("r", "a", 2))
    assert after(step(later=later)) is Outcome.VERIFIED


def test_both_may_be_taken_back_together() -> None:
    later = (shipped("b", "b", 1), back("r", "0", 2))
    assert after(step(later=later, live="0")) is Outcome.REVERSED


def test_taken_back_after_its_time_it_had_survived() -> None:
    assert after(step(later=(back("r", "0", 30),), live="0", hours=40)) is Outcome.VERIFIED


def test_whoever_put_something_else_there_did_not_let_it_survive() -> None:
    assert step(live="x", hours=3) is None
    assert after(step(live="x")) is Outcome.REVERSED
    assert after(step(live="")) is Outcome.REVERSED


def test_while_the_target_cannot_be_asked_nothing_is_decided() -> None:
    assert step(live=None) is None
    assert after(step(live=None, later=(back("r", "0", 3),))) is Outcome.REVERSED


def test_an_incident_reverses_it() -> None:
    found = step(incidents=("https://example.org/7",))
    assert (after(found), found and found.evidence) == (Outcome.REVERSED, "incident:https://example.org/7")


@pytest.mark.parametrize("standing", [one for one in Outcome if one not in (Outcome.CLAIMED, Outcome.ACCEPTED)])
def test_what_is_settled_rests(standing: Outcome) -> None:
    assert step(standing, (back("r", "0", 3),), "0") is None


def test_the_same_release_is_the_same_work_whoever_deploys_it() -> None:
    assert work_item(shipped("b", "a", 9, author="bo")) == work_item(A) != work_item(shipped("c", "c"))


def test_the_work_came_from_the_authors_of_the_change() -> None:
    assert source(A) == "Ada, Bo"
    assert source(shipped("b", "b", plan={})) == "ada"


def test_only_a_real_change_that_is_live_counts() -> None:
    assert counts(A)
    for kind in ("same-tree", "nothing-shipped", "comments-only", "version-only", "loop", "rolled-back-before"):
        assert not counts(shipped("b", "b", plan=plan_of("b", kind, "refuse")))
    for intent in set(Intent) - {Intent.CHANGE}:
        assert not counts(shipped("b", "b", intent=intent))
    assert not counts(course(K.PLANNED, K.BEGUN, K.SHIFTED, K.ROLLED_BACK)[0])
    assert not counts(shipped("b", "b", plan={}))


def test_what_its_plan_refuses_is_pointless_forced_or_not() -> None:
    plan = plan_of("b", "same-tree", "refuse")
    assert pointless(shipped("b", "b", plan=plan, forced=True))
    assert pointless(course(K.PLANNED, K.REFUSED, plan=plan)[0])
    assert not pointless(course(K.PLANNED, K.BEGUN, plan=plan)[0])
    assert not pointless(shipped("b", "b", plan=plan, intent=Intent.RESTART))
    assert not pointless(shipped("b", "b", plan=plan_of("b", "version-only", "flag")))
    assert not pointless(A)


def test_a_loop_back_to_what_was_live_before_takes_it_away() -> None:
    loop = shipped("l", "0", 2, plan=plan_of("0", "loop", "flag"))
    assert after(step(later=(loop,), live="0", hours=3)) is Outcome.REVERSED
