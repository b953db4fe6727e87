"""What a deploy target implements: say what runs, lay a release beside it, move traffic, and go back.

    target.state()                            # what runs now; a pure read
    target.stage(grant, release)              # ready beside the live one, without traffic
    target.health(release)                    # does it answer?
    target.shift(grant, release, 20)          # so many percent of the traffic
    target.promote(grant, release)            # all of it: this is live now
    target.rollback(grant, before)            # this takes all the traffic again

Every verb may be called again with the same release, after a crash at any point, and ends in the same state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gainful.core.deployment import Release, TargetState
from gainful.core.errors import Invalid, Refused
from gainful.sdk.grant import Grant
from gainful.sdk.tool import ToolUnreachable


class TargetUnreachable(ToolUnreachable):
    """The target did not answer, or answered in a way that nobody understands."""

    code = "target-unreachable"


class TargetRefused(Refused):
    """The target understood and said no: no such right, a verb that it does not have, no room."""

    code = "target-refused"


class ReleaseInvalid(Invalid):
    """The release cannot be made: no such commit, what it ships is not what its digest says, nothing in it ships."""

    code = "release-invalid"


class LiveMoved(Refused):
    """Something else is live than when this was planned; the plan, and every approval of it, is void."""

    code = "live-moved"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a target can do.

    Args:
        canary: It can give the candidate a part of the traffic. Without it, `stage` is where the candidate goes live,
            and it is watched against what was measured before.
        instant_rollback: Going back moves traffic alone; nothing is built or copied.
        finds_drift: It can tell whether what runs is what was deployed.
    """

    canary: bool
    instant_rollback: bool
    finds_drift: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a release answers as it should, before it gets traffic.

    Args:
        why: In words, where it does not; what its log says belongs here, cut and without secrets.
    """

    well: bool
    why: str = ""


@runtime_checkable
class DeployTarget(Protocol):
    """Where one service runs. One thread at a time.

    Any method may raise `TargetUnreachable` or `TargetRefused`.
    """

    @property
    def abilities(self) -> Abilities:
        """What it can do. Reaches nothing."""

    def state(self) -> TargetState:
        """What it runs at this moment, read from the target and not from anybody's notes."""

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:
        """Make a release ready beside the live one. Nothing half done is ever seen by traffic.

        Args:
            anew: Lay it again although the same release runs already: a restart, renewed secrets, a repair.

        Raises:
            ReleaseInvalid: It cannot be made.
        """

    def health(self, release: Release) -> Health:
        """Whether the staged release answers; waits as long as its settings let it start."""

    def shift(self, grant: Grant, release: Release, share: int) -> None:
        """Give the staged release so many percent of the traffic, 0 to 100; not one request is dropped.

        Raises:
            TargetRefused: It can only do all or nothing.
        """

    def promote(self, grant: Grant, release: Release) -> None:
        """Make the staged release the live one, with all the traffic. What was live before is kept for a rollback."""

    def rollback(self, grant: Grant, release: Release) -> None:
        """Give all the traffic to this release, which is live or was before; the other one gets none.

        Raises:
            ReleaseInvalid: It is not there any more and cannot be made.
        """

    def close(self) -> None:
        """Let go of every connection. Safe to call twice."""
