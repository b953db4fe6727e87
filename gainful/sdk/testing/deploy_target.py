"""The contract that every deploy target fulfils, as test classes to inherit. Needs pytest.

A target's test derives from `CanaryContract`, or from `AllAtOnceContract` where no part of the traffic can be given,
and says in the hooks how to open the target, and which releases there are. Each test begins with a world of its own,
in which nothing was ever deployed. `make` is called anew for almost every step: a target remembers nothing that the
world does not.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from gainful.core.deployment import Release, TargetState
from gainful.sdk.deploy_target import DeployTarget, Health, ReleaseInvalid, TargetRefused
from gainful.sdk.grant import Grant

Verb = Callable[[DeployTarget], None]


def grant(tool: str = "deploy.stage", key: str = "effect-1") -> Grant:
    """A grant as the gate mints it, for one call in a test."""
    return Grant(key=key, tool=tool)


class DeployTargetContract:
    """What holds for every deploy target."""

    finds_drift = False
    knows_commits = True
    """It sees at `stage` that there is no such commit; one that only names an image sees it by its health."""
    checks_digests = True
    """It compares what it lays with the release's digest; one that lets others build it cannot."""

    # --- hooks --------------------------------------------------------------------------------------------------------

    def make(self) -> DeployTarget:
        """Open the test's target; called again, another object over the same world."""
        raise NotImplementedError

    def release(self, number: int) -> Release:
        """One of at least four releases that are well."""
        raise NotImplementedError

    def sick(self) -> Release:
        """A release that can be made, and never answers."""
        raise NotImplementedError

    def spoil(self) -> None:
        """Let somebody change by hand what is live; needed where `finds_drift`."""
        raise NotImplementedError

    def served(self) -> set[str] | None:
        """Ids of the releases that answer those who use the service now; None where that cannot be asked."""
        return None

    def settle(self) -> None:
        """Let the world do by itself what it would do within minutes, such as carry a workflow out."""

    # --- verbs --------------------------------------------------------------------------------------------------------

    def do(self, verb: Verb, times: int = 1) -> None:
        """Call a verb as often, each time by another object."""
        for _ in range(times):
            with closing(self.make()) as target:
                verb(target)
            self.settle()

    def stage(self, release: Release, *, anew: bool = False, times: int = 1) -> None:
        """Stage it."""
        self.do(lambda target: target.stage(grant(), release, anew=anew), times)

    def promote(self, release: Release, times: int = 1) -> None:
        """Promote it."""
        self.do(lambda target: target.promote(grant("deploy.promote"), release), times)

    def rollback(self, release: Release, times: int = 1) -> None:
        """Roll back to it."""
        self.do(lambda target: target.rollback(grant("deploy.rollback"), release), times)

    def shift(self, release: Release, share: int, times: int = 1) -> None:
        """Shift so much to it."""
        self.do(lambda target: target.shift(grant("deploy.shift"), release, share), times)

    def health(self, release: Release) -> Health:
        """How it is."""
        with closing(self.make()) as target:
            return target.health(release)

    def state(self) -> TargetState:
        """What runs."""
        with closing(self.make()) as target:
            return target.state()

    def deploy(self, release: Release) -> None:
        """Bring it all the way."""
        self.stage(release)
        assert self.health(release) == Health(True)
        self.promote(release)

    def live(self) -> str:
        """Id of what is live; empty where nothing is."""
        found = self.state().live
        return found.release.id if found is not None else ""

    def assert_served(self, *releases: Release) -> None:
        """Only these answer those who use the service, where that can be asked."""
        found = self.served()
        assert found is None or found == {one.id for one in releases}

    # --- tests --------------------------------------------------------------------------------------------------------

    def test_it_is_a_target(self) -> None:
        with closing(self.make()) as target:
            assert isinstance(target, DeployTarget)
            assert target.abilities.finds_drift == self.finds_drift

    def test_nothing_was_ever_deployed(self) -> None:
        assert self.state() == TargetState(None)

    def test_the_first_release(self) -> None:
        first = self.release(0)
        self.deploy(first)
        state = self.state()
        assert state.live is not None
        assert (state.live.release, state.live.drift) == (first, ())
        assert (state.candidate, state.share, state.kept) == (None, 0, ())
        self.assert_served(first)

    def test_what_was_live_is_kept(self) -> None:
        first, second, third = (self.release(number) for number in range(3))
        for release in (first, second, third):
            self.deploy(release)
        state = self.state()
        assert self.live() == third.id
        assert [one.id for one in state.kept[:2]] == [second.id, first.id]
        self.assert_served(third)

    def test_rolled_back_after_it_was_promoted(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.deploy(second)
        self.rollback(first, times=2)
        state = self.state()
        assert (self.live(), state.candidate, state.share) == (first.id, None, 0)
        self.assert_served(first)

    def test_a_release_after_a_rollback(self) -> None:
        first, second, third = (self.release(number) for number in range(3))
        self.deploy(first)
        self.deploy(second)
        self.rollback(first)
        self.deploy(third)
        assert self.live() == third.id
        self.assert_served(third)

    def test_back_and_forth(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.deploy(second)
        self.rollback(first)
        self.deploy(second)
        assert self.live() == second.id
        self.assert_served(second)

    def test_rolled_back_to_one_from_long_before(self) -> None:
        releases = [self.release(number) for number in range(4)]
        for release in releases:
            self.deploy(release)
        self.rollback(releases[0])
        assert self.live() == releases[0].id
        self.assert_served(releases[0])

    def test_rolled_back_to_what_is_live(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.deploy(second)
        self.rollback(second, times=2)
        assert self.live() == second.id
        self.assert_served(second)

    def test_promoted_twice(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        assert self.health(second) == Health(True)
        self.promote(second, times=3)
        state = self.state()
        assert (self.live(), state.candidate) == (second.id, None)
        assert [one.id for one in state.kept] == [first.id]

    def test_a_release_that_was_never_staged_is_not_promoted(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        with pytest.raises(TargetRefused):
            self.promote(second)
        assert self.live() == first.id

    def test_the_same_again_changes_nothing(self) -> None:
        first = self.release(0)
        self.deploy(first)
        self.assert_served(first)
        before = self.state()
        self.stage(first)
        self.promote(first)
        assert self.state() == before

    def test_the_same_anew(self) -> None:
        first = self.release(0)
        self.deploy(first)
        self.stage(first, anew=True)
        assert self.health(first) == Health(True)
        self.promote(first)
        state = self.state()
        assert (self.live(), state.candidate) == (first.id, None)
        self.assert_served(first)

    def test_a_release_that_is_nowhere_is_not_well(self) -> None:
        assert not self.health(self.release(0)).well

    def test_no_such_commit(self) -> None:
        first = self.release(0)
        self.deploy(first)
        if self.knows_commits:
            with pytest.raises(ReleaseInvalid):
                self.stage(replace(self.release(1), commit="0" * 40))
            assert self.live() == first.id

    def test_what_it_ships_is_not_what_its_digest_says(self) -> None:
        first = self.release(0)
        self.deploy(first)
        if self.checks_digests:
            with pytest.raises(ReleaseInvalid):
                self.stage(replace(self.release(1), digest="sha256:" + "0" * 64))
            state = self.state()
            assert (self.live(), state.candidate) == (first.id, None)

    def test_what_somebody_changed_by_hand_is_found_and_repaired(self) -> None:
        first = self.release(0)
        self.deploy(first)
        if not self.finds_drift:
            return
        self.spoil()
        state = self.state()
        assert state.live is not None
        assert state.live.drift != ()
        self.stage(first, anew=True)
        assert self.health(first) == Health(True)
        self.promote(first)
        state = self.state()
        assert state.live is not None
        assert state.live.drift == ()

    def test_closed_twice(self) -> None:
        target = self.make()
        target.close()
        target.close()


class CanaryContract(DeployTargetContract):
    """What holds where a part of the traffic can be given."""

    def test_it_says_so(self) -> None:
        with closing(self.make()) as target:
            assert target.abilities.canary

    def test_a_staged_release_has_no_traffic(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second, times=2)
        state = self.state()
        assert state.candidate is not None
        assert (self.live(), state.candidate.release, state.share) == (first.id, second, 0)
        self.assert_served(first)
        assert self.health(second) == Health(True)
        self.assert_served(first)

    def test_the_first_one_is_staged_before_it_is_live(self) -> None:
        first = self.release(0)
        self.stage(first)
        state = self.state()
        assert state.candidate is not None
        assert (state.live, state.candidate.release, state.share) == (None, first, 0)

    def test_a_part_of_the_traffic(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        assert self.health(second) == Health(True)
        self.shift(second, 20, times=2)
        state = self.state()
        assert state.live is not None
        assert state.candidate is not None
        assert (state.live.release, state.candidate.release, state.share) == (first, second, 20)
        assert state.live.slot != state.candidate.slot
        self.assert_served(first, second)

    def test_all_of_it_and_none(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        assert self.health(second) == Health(True)
        self.shift(second, 50)
        self.shift(second, 0, times=2)
        assert self.state().share == 0
        self.assert_served(first)

    def test_rolled_back_while_it_is_staged(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        self.rollback(first, times=2)
        state = self.state()
        assert (self.live(), state.candidate, state.share) == (first.id, None, 0)
        self.assert_served(first)

    def test_rolled_back_while_it_has_a_part_of_the_traffic(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        assert self.health(second) == Health(True)
        self.shift(second, 20)
        self.rollback(first, times=2)
        state = self.state()
        assert (self.live(), state.candidate, state.share) == (first.id, None, 0)
        self.assert_served(first)

    def test_another_candidate_takes_the_place_of_the_first(self) -> None:
        first, second, third = (self.release(number) for number in range(3))
        self.deploy(first)
        self.stage(second)
        assert self.health(second) == Health(True)
        self.shift(second, 20)
        self.stage(third)
        state = self.state()
        assert state.candidate is not None
        assert (state.candidate.release, state.share) == (third, 0)
        self.assert_served(first)

    def test_a_release_that_is_sick_is_seen_before_it_gets_traffic(self) -> None:
        first, sick = self.release(0), self.sick()
        self.deploy(first)
        self.stage(sick)
        health = self.health(sick)
        assert not health.well
        assert health.why
        self.assert_served(first)
        self.rollback(first)
        assert self.state().candidate is None

    def test_only_what_is_staged_gets_traffic(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        with pytest.raises(TargetRefused):
            self.shift(second, 20)
        assert self.state().share == 0

    @pytest.mark.parametrize("share", [-1, 101])
    def test_no_percentage(self, share: int) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        with pytest.raises(TargetRefused):
            self.shift(second, share)


class AllAtOnceContract(DeployTargetContract):
    """What holds where what is staged is live."""

    def test_it_says_so(self) -> None:
        with closing(self.make()) as target:
            assert not target.abilities.canary

    def test_what_is_staged_is_live(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second, times=2)
        assert self.health(second) == Health(True)
        state = self.state()
        assert (self.live(), state.candidate, state.share) == (second.id, None, 0)
        self.assert_served(second)

    def test_no_part_of_the_traffic(self) -> None:
        first, second = self.release(0), self.release(1)
        self.deploy(first)
        self.stage(second)
        with pytest.raises(TargetRefused):
            self.shift(second, 20)

    def test_a_release_that_is_sick(self) -> None:
        first, sick = self.release(0), self.sick()
        self.deploy(first)
        self.stage(sick)
        health = self.health(sick)
        assert not health.well
        assert health.why
        self.rollback(first)
        assert self.live() == first.id
        self.assert_served(first)
