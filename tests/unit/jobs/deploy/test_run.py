"""The job `deploy` from its order to its end, over a target that is a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gainful.core.deploy_event import DeployLock, State, Wish
from gainful.core.deployment import Action, Intent, Kind
from gainful.core.freeze import freeze_from
from gainful.gate.approval import Verdict
from gainful.policy.organisation import OrganisationRule
from tests.unit.jobs.deploy.conftest import World
from tests.unit.jobs.deploy.world import NEW, OLD, OTHER, Judgement

POINTLESS = Judgement(Kind.NOTHING_SHIPPED, Action.REFUSE, ("Only docs/index.md differs.",))
DOUBTFUL = Judgement(Kind.COMMENTS_ONLY, Action.FLAG, ("app/views.py differs in comments alone.",))


def test_a_good_one_is_promoted(world: World) -> None:
    ended = world.deploy()
    assert ended == {"state": "promoted", "why": "It is live. 400 requests.", "service": "shop"}
    assert world.target.verbs == ["stage", "shift", "promote"]
    assert world.target.live == NEW
    assert world.kinds() == [
        "planned", "begun", "staged", "healthy", "baseline", "shifted", "looked", "promoted",
    ]  # fmt: skip
    assert world.records.lock("shop") is None
    kept = world.kept()
    assert (kept.state, kept.approved_by, kept.plan_hash) == (State.PROMOTED, "ada", f"{OLD.id}-{NEW.id}")
    instants = [at for at in (kept.begun_at, kept.shifted_at, kept.promoted_at, kept.ended_at) if at is not None]
    assert len(instants) == 4
    assert instants == sorted(instants)


def test_what_happens_is_told_in_order(world: World) -> None:
    world.deploy()
    assert [key for _, key in world.told.events] == [event.key for event in world.records.events("d1")]


def test_a_bad_one_goes_back_and_asks_nobody(world: World) -> None:
    world.traffic.bad = {f"slot-{NEW.id}"}
    ended = world.deploy()
    assert ended["state"] == "rolled-back"
    assert "requests failed" in ended["why"]
    assert world.target.verbs == ["stage", "shift", "rollback"]
    assert (world.target.live, world.target.state().share) == (OLD, 0)


def test_one_that_does_not_answer_never_gets_traffic(world: World) -> None:
    world.target.well = False
    ended = world.deploy()
    assert ended["state"] == "failed"
    assert ended["why"].endswith("It never had traffic.")
    assert "shift" not in world.target.verbs
    assert "unhealthy" in world.kinds()


def test_the_first_one_has_nothing_to_be_compared_with(world: World) -> None:
    world.target.run(None)
    assert world.deploy()["state"] == "promoted"
    assert world.target.verbs == ["stage", "promote"]


def test_without_a_canary_the_baseline_is_read_before_it_is_staged(world: World) -> None:
    world.target.abilities = replace(world.target.abilities, canary=False)
    assert world.deploy()["state"] == "promoted"
    kinds = world.kinds()
    assert kinds.index("baseline") < kinds.index("staged")
    assert "shift" not in world.target.verbs


def test_without_numbers_only_its_health_is_looked_at(world: World) -> None:
    world.measured = False
    assert world.deploy()["why"] == "It is live. It has answered all the time; nothing else is measured."


# --- what is refused


def test_a_pointless_one_is_refused_with_its_proof(world: World) -> None:
    world.plans.verdict = POINTLESS
    ended = world.deploy()
    assert ended == {"state": "refused", "why": "nothing-shipped: Only docs/index.md differs.", "service": "shop"}
    assert world.target.verbs == []
    event = world.records.events("d1")[-1]
    assert event.detail == {
        "cause": "plan",
        "kind": "nothing-shipped",
        "action": "refuse",
        "proof": ["Only docs/index.md differs."],
    }


def test_a_forced_one_is_booked_as_such(world: World) -> None:
    world.plans.verdict = POINTLESS
    assert world.deploy(force=True, reason="The proxy wants it.")["state"] == "promoted"
    forced = next(event for event in world.records.events("d1") if event.kind == "forced")
    assert forced.detail["reason"] == "The proxy wants it."
    assert world.kept().forced


def test_a_plan_that_was_not_shown_is_not_carried_out(world: World) -> None:
    assert world.deploy(plan="another")["state"] == "refused"
    assert world.target.verbs == []


def test_a_freeze_names_its_end(world: World) -> None:
    world.service = replace(world.service, freezes=(freeze_from("Wed 08:00 - Wed 18:00", "UTC"),))
    assert "frozen until 2026-11-25 18:00 UTC" in world.deploy()["why"]
    assert world.deploy("d2", force=True, reason="It burns.")["state"] == "promoted"


def test_going_back_is_never_frozen(world: World) -> None:
    world.deploy()
    world.service = replace(world.service, freezes=(freeze_from("Wed 08:00 - Wed 18:00", "UTC"),), approval="always")
    world.stops.why = "Stopped by ada."
    ended = world.deploy("d2", intent=Intent.ROLLBACK, revision="")
    assert ended["state"] == "promoted"
    assert world.target.live == OLD


def test_one_at_a_time_and_the_holder_is_named(world: World) -> None:
    world.records.take_lock(DeployLock("shop", "d0", "bo", world.clock()))
    ended = world.deploy()
    assert ended["state"] == "refused"
    assert "is being deployed by bo since 2026-11-25 09:00 UTC: d0" in ended["why"]
    assert world.deploy("d2", steal=True)["state"] == "promoted"
    assert "stolen" in world.kinds("d2")


def test_one_whose_lock_is_taken_leaves_what_runs(world: World) -> None:
    def steal() -> None:
        if "shifted" in world.kinds():
            world.records.take_lock(DeployLock("shop", "d9", "bo", world.clock()), steal=True)

    world.clock.on_sleep = steal
    ended = world.deploy()
    assert ended["state"] == "failed"
    assert world.target.verbs == ["stage", "shift"]
    lock = world.records.lock("shop")
    assert lock is not None
    assert lock.deployment == "d9"


def test_while_deployments_are_stopped_none_begins(world: World) -> None:
    world.stops.why = "Everything was stopped by bo."
    ended = world.deploy()
    assert (ended["state"], ended["why"]) == ("refused", "Everything was stopped by bo.")


def test_one_that_is_stopped_under_way_goes_back(world: World) -> None:
    def stop() -> None:
        if "shifted" in world.kinds():
            world.stops.why = "Everything was stopped by bo."

    world.clock.on_sleep = stop
    assert world.deploy()["state"] == "rolled-back"
    assert world.target.live == OLD


# --- who is asked


@pytest.mark.parametrize("by", ["agent:helper", "hook"])
def test_what_nobody_started_at_a_terminal_is_asked_about(world: World, by: str) -> None:
    approval = world.parked(by=by)
    shown = world.book.find(approval, world.clock()).proposals[0]
    assert (shown.tool, shown.arguments["plan"]) == ("deploy.begin", f"{OLD.id}-{NEW.id}")
    assert "it's quick" in shown.arguments["summary"]
    assert world.target.verbs == []
    assert world.kept().state is State.WAITING
    world.answer(approval, Verdict.ACCEPT)
    assert world.deploy(by=by)["state"] == "promoted"
    assert world.kept().approved_by == "bo"


def test_a_no_ends_it(world: World) -> None:
    approval = world.parked(by="hook")
    world.answer(approval, Verdict.REFUSE)
    assert world.deploy(by="hook") == {"state": "declined", "why": "bo said no.", "service": "shop"}
    assert world.target.verbs == []


def test_nobody_answers_in_time(world: World) -> None:
    world.parked(by="hook")
    world.clock.now += timedelta(days=8)
    assert world.deploy(by="hook")["why"] == "Nobody answered in time."


def test_an_approval_is_void_once_something_else_is_live(world: World) -> None:
    approval = world.parked(by="hook")
    world.answer(approval, Verdict.ACCEPT)
    world.target.run(OTHER)
    ended = world.deploy(by="hook")
    assert ended["state"] == "refused"
    assert f"runs {OTHER.id} now" in ended["why"]
    assert world.target.verbs == []


def test_four_eyes_are_not_the_authors(world: World) -> None:
    from gainful.gate.approval import NotYourApproval

    world.service = replace(world.service, approval="four-eyes")
    approval = world.parked()
    with pytest.raises(NotYourApproval):
        world.answer(approval, Verdict.ACCEPT, by="ada")
    world.answer(approval, Verdict.ACCEPT, by="bo")
    assert world.deploy()["state"] == "promoted"


def test_a_flagged_plan_needs_a_word(world: World) -> None:
    world.plans.verdict = DOUBTFUL
    approval = world.parked()
    assert world.waiting == [approval]
    assert world.deploy("d2", confirmed=True)["state"] == "promoted"


def test_the_companys_own_rule_asks_too_but_never_about_going_back(world: World) -> None:
    world.organisation = (
        OrganisationRule(id="deploys", verdict="deny", reason="Not today.", tools=("deploy.promote",)),
    )
    assert world.deploy()["state"] == "rolled-back"


# --- before the last step


def test_a_migration_waits_for_a_person_and_is_watched_meanwhile(world: World) -> None:
    world.plans.migrations = ("app/migrations/1.py",)

    def approve() -> None:
        if world.waiting and world.clock() > began + timedelta(seconds=60):
            world.answer(world.waiting[0], Verdict.ACCEPT)

    began = world.clock()
    world.clock.on_sleep = approve
    assert world.deploy()["state"] == "promoted"
    assert "confirm" in world.kinds()
    assert world.clock() > began + timedelta(seconds=60)


def test_a_migration_that_turns_bad_while_it_waits_goes_back(world: World) -> None:
    world.plans.migrations = ("app/migrations/1.py",)

    def spoil() -> None:
        if world.waiting:
            world.traffic.bad = {f"slot-{NEW.id}"}

    world.clock.on_sleep = spoil
    assert world.deploy()["state"] == "rolled-back"


def test_nobody_answers_the_last_question(world: World) -> None:
    world.plans.migrations = ("app/migrations/1.py",)
    assert world.deploy()["why"] == "Nobody answered in 2 minutes."
    assert world.target.live == OLD


def test_too_little_traffic_is_an_answer_and_no_pass(world: World) -> None:
    world.least = 10**9
    world.service = replace(world.service, not_enough="rollback")
    assert world.deploy()["state"] == "rolled-back"
    world.service = replace(world.service, not_enough="promote")
    assert world.deploy("d2")["state"] == "promoted"


def test_too_little_traffic_asks(world: World) -> None:
    world.least = 10**9

    def approve() -> None:
        for one in world.waiting:
            world.answer(one, Verdict.ACCEPT)

    world.clock.on_sleep = approve
    assert world.deploy()["state"] == "promoted"
    assert "confirm" in world.kinds()


@pytest.mark.parametrize(("wish", "state"), [("promote", "promoted"), ("rollback", "rolled-back")])
def test_a_person_can_settle_it(world: World, wish: str, state: str) -> None:
    world.plans.migrations = ("app/migrations/1.py",)

    def ask() -> None:
        if "shifted" in world.kinds():
            world.records.ask_for("d1", Wish(wish, "bo"))

    world.clock.on_sleep = ask
    ended = world.deploy()
    assert (ended["state"], world.waiting) == (state, [])
    assert "bo said so." in ended["why"]


# --- troubles


def test_a_dead_source_leads_back(world: World) -> None:
    def die() -> None:
        world.traffic.dead = "shifted" in world.kinds()

    world.clock.on_sleep = die
    ended = world.deploy()
    assert ended["state"] == "rolled-back"
    assert ended["why"].startswith("Nothing could be measured for 60 s")
    assert world.kinds().count("held") == 1


def test_a_source_that_does_not_know_the_slot_yet_is_asked_again(world: World) -> None:
    def blink() -> None:
        world.traffic.dead = False

    world.clock.on_sleep = blink
    world.traffic.dead = True
    assert world.deploy()["state"] == "promoted"
    assert "held" not in world.kinds()


def test_a_source_that_is_dead_before_traffic_moves_fails_it(world: World) -> None:
    world.traffic.dead = True
    ended = world.deploy()
    assert ended["state"] == "failed"
    assert "It never had traffic." in ended["why"]
    assert world.target.verbs == ["stage", "rollback"]


def test_a_source_that_comes_back_is_only_told(world: World) -> None:
    def blink() -> None:
        shifted = world.kept().shifted_at
        world.traffic.dead = shifted is not None and world.clock() - shifted < timedelta(seconds=20)

    world.clock.on_sleep = blink
    assert world.deploy()["state"] == "promoted"
    assert world.kinds().count("held") == 1


def test_by_its_settings_it_stays_while_the_source_is_dead(world: World) -> None:
    world.service = replace(world.service, blind="stay")

    def blink() -> None:
        shifted = world.kept().shifted_at
        world.traffic.dead = shifted is not None and world.clock() - shifted < timedelta(minutes=2)

    world.clock.on_sleep = blink
    assert world.deploy()["state"] == "promoted"


def test_a_target_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    def blink(event: str) -> None:
        # Away when it is to get traffic, for two tries.
        if event == "baseline":
            world.target.dead = 2

    world.told.heard = blink
    assert world.deploy()["state"] == "promoted"
    assert world.target.verbs == ["stage", "shift", "promote"]


@pytest.mark.parametrize(("verb", "state"), [("stage", "failed"), ("shift", "rolled-back"), ("promote", "rolled-back")])
def test_a_target_that_says_no_leads_back(world: World, verb: str, state: str) -> None:
    world.target.refuses = verb
    ended = world.deploy()
    assert ended["state"] == state
    assert f"No {verb} today." in ended["why"]
    assert world.target.live == OLD


def test_one_that_cannot_even_go_back_says_so(world: World) -> None:
    world.traffic.bad = {f"slot-{NEW.id}"}
    world.target.refuses = "rollback"
    ended = world.deploy()
    assert ended["state"] == "failed"
    assert "It could not go back either: No rollback today." in ended["why"]
    assert world.records.events("d1")[-1].detail["stuck"] is True


def test_a_teller_that_fails_holds_nothing_up(world: World) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("The chat is down.")

    world.told.heard = fail
    assert world.deploy()["state"] == "promoted"


def test_the_same_deployment_again_does_nothing_more(world: World) -> None:
    world.deploy()
    before, events = world.target.verbs, world.kinds()
    assert world.deploy()["state"] == "promoted"
    assert (world.target.verbs, world.kinds()) == (before, events)


@pytest.mark.parametrize("intent", [Intent.RESTART, Intent.SECRETS, Intent.REBUILD, Intent.REPAIR])
def test_the_same_release_is_laid_anew(world: World, intent: Intent) -> None:
    world.plans.candidate = OLD
    assert world.deploy(intent=intent, reason="It leaks.")["state"] == "promoted"
    assert "stage" in world.target.verbs


def test_what_is_forced_although_it_runs_already_is_laid_anew(world: World) -> None:
    world.plans.candidate = OLD
    world.plans.verdict = POINTLESS
    assert world.deploy(force=True, reason="To see it done.")["state"] == "promoted"
    assert "stage" in world.target.verbs


def test_a_target_that_is_dead_fails_the_plan(world: World) -> None:
    from gainful.sdk.deploy_target import TargetUnreachable

    world.target.dead = 1
    with pytest.raises(TargetUnreachable):
        world.deploy()
    assert world.kept().state is State.FAILED


def test_forcing_needs_a_reason(world: World) -> None:
    from gainful.jobs.deploy.errors import ForceUnexplained

    with pytest.raises(ForceUnexplained):
        world.deploy(force=True)
