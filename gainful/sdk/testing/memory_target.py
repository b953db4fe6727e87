"""A deploy target in memory that keeps the contract: for tests of everything that deploys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gainful.core.deployment import Release, Running, TargetState
from gainful.sdk.deploy_target import Abilities, Health, ReleaseInvalid, TargetRefused
from gainful.sdk.grant import Grant

SINCE = datetime(2026, 11, 30, 9, tzinfo=UTC)


@dataclass
class MemoryWorld:
    """What a target changes: it is there whatever becomes of the target.

    Args:
        known: Releases that can be made, by the digest that they have in truth.
        sick: Ids of releases that never answer.
        drift: What is not as it was deployed, of whatever is live.
    """

    known: dict[str, Release] = field(default_factory=dict)
    sick: set[str] = field(default_factory=set)
    drift: tuple[str, ...] = ()
    live: Release | None = None
    candidate: Release | None = None
    share: int = 0
    slot: str = "blue"
    kept: list[Release] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """Each verb that changed something, in order."""


class MemoryTarget:
    """A target over such a world.

    Args:
        canary: Whether it can give a part of the traffic; without it, what is staged is live.
        fail: Called with its name at the beginning and at the end of every verb; what it raises is raised.
    """

    def __init__(
        self, world: MemoryWorld, *, canary: bool = True, fail: Callable[[str], None] = lambda _: None
    ) -> None:
        self.world = world
        self._canary = canary
        self._fail = fail

    @property
    def abilities(self) -> Abilities:
        """As it was made."""
        return Abilities(canary=self._canary, instant_rollback=self._canary, finds_drift=True)

    def state(self) -> TargetState:
        """What runs."""
        self._fail("state")
        world = self.world
        other = "green" if world.slot == "blue" else "blue"
        live = Running(world.live, world.slot, SINCE, world.drift) if world.live is not None else None
        candidate = Running(world.candidate, other, SINCE) if world.candidate is not None else None
        return TargetState(live, candidate, world.share if candidate else 0, tuple(world.kept))

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:  # noqa: ARG002 - proof of the gate
        """Make it ready."""
        self._fail("stage")
        world = self.world
        made = world.known.get(release.commit)
        if made is None or made.digest != release.digest:
            raise ReleaseInvalid(f"{release.commit[:12]} does not ship {release.digest}.", "Plan again.")
        if anew or release.id not in {one.id for one in (world.live, world.candidate) if one is not None}:
            world.done.append(f"stage {release.id}")
            if self._canary:
                world.candidate, world.share = release, 0
            else:
                self._lead(release)
        self._fail("staged")

    def health(self, release: Release) -> Health:
        """Whether it answers."""
        self._fail("health")
        there = release.id in {one.id for one in (self.world.live, self.world.candidate) if one is not None}
        if not there:
            return Health(False, "It is in no slot.")
        sick = release.id in self.world.sick
        return Health(not sick, "It answers /health with 503." if sick else "")

    def shift(self, grant: Grant, release: Release, share: int) -> None:  # noqa: ARG002 - proof of the gate
        """Move traffic."""
        self._fail("shift")
        world = self.world
        if not self._canary or world.candidate is None or world.candidate.id != release.id:
            raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")
        if not 0 <= share <= 100:
            raise TargetRefused(f"{share} is no percentage.", "Give a number from 0 to 100.")
        if world.share != share:
            world.done.append(f"shift {release.id} {share}")
        world.share = share
        self._fail("shifted")

    def promote(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """Make it the live one."""
        self._fail("promote")
        world = self.world
        if world.candidate is not None and world.candidate.id == release.id:
            world.done.append(f"promote {release.id}")
            self._lead(release)
            world.slot = "green" if world.slot == "blue" else "blue"
        elif world.live is None or world.live.id != release.id:
            raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")
        self._fail("promoted")

    def rollback(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """Go back to it."""
        self._fail("rollback")
        world = self.world
        if world.live is None or world.live.id != release.id:
            if release.id not in {one.id for one in world.kept} and release.commit not in world.known:
                raise ReleaseInvalid(f"{release.id} is not there any more.", "Deploy another commit.")
            world.done.append(f"rollback {release.id}")
            world.live, world.kept = release, [one for one in world.kept if one.id != release.id]
            world.slot = "green" if world.slot == "blue" else "blue"
            world.drift = ()
        world.candidate, world.share = None, 0
        self._fail("rolled back")

    def close(self) -> None:
        """Nothing is held open."""

    def _lead(self, release: Release) -> None:
        world = self.world
        if world.live is not None and world.live.id != release.id:
            world.kept = [world.live, *(one for one in world.kept if one.id != release.id)]
        world.live, world.candidate, world.share, world.drift = release, None, 0, ()
