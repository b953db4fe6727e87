"""Values about deployments that rooms share: what is shipped, what runs, what is planned, how one ended."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a candidate is, compared with what is live."""

    REAL = "real"
    """Something that ships is different."""
    SAME_TREE = "same-tree"
    NOTHING_SHIPPED = "nothing-shipped"
    """Files differ, and none of them ships: documents, tests, settings of the build server."""
    COMMENTS_ONLY = "comments-only"
    """Files that ship differ in comments, blank lines or form alone."""
    VERSION_ONLY = "version-only"
    """The one difference that ships is the product's own version number."""
    LOOP = "loop"
    """It was live a short while ago, was replaced, and comes back."""
    ROLLED_BACK_BEFORE = "rolled-back-before"
    """Exactly this was deployed before and hurt."""
    SUPERSEDED = "superseded"
    """A newer plan for the same service is under way or has been carried out."""


class Action(StrEnum):
    """What becomes of a plan."""

    PROCEED = "proceed"
    FLAG = "flag"
    """It may go on when a person who has read why says so; one word is enough."""
    REFUSE = "refuse"
    """It is not carried out unless a person forces it, with a reason that is booked."""


class Intent(StrEnum):
    """Why somebody deploys, where it is not the change alone: none of these is ever refused."""

    CHANGE = "change"
    ROLLBACK = "rollback"
    RESTART = "restart"
    """To clear state; needs a reason."""
    SECRETS = "secrets"
    """Secrets or configuration outside the repository were renewed."""
    REBUILD = "rebuild"
    """A new base image, or dependencies solved anew, under the same source."""
    REPAIR = "repair"
    """What runs is not what was deployed."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a service can run: the source it is made from, and the digest of what ships of it.

    Args:
        commit: Full id of the commit; empty where the target does not tell.
        digest: Of the content of the shipped files, `sha256:` and hexadecimal; two commits that ship the same have
            the same. Of the files, never of an archive or an image: those drift under the same content.
        config: Digest of the settings that are given to the service beside its files; empty where there are none.
        tree: Id of git's tree; empty where the target does not tell.
    """

    commit: str
    digest: str
    config: str = ""
    tree: str = ""

    @property
    def id(self) -> str:
        """Short name of this content with these settings, fit for a folder; whoever deploys it, it is the same."""
        return hashlib.sha256(f"{self.digest}\n{self.config}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Running:
    """A release as a target runs it.

    Args:
        slot: Where: a slot, a revision, a replica set. Sources of metrics know it by this name.
        since: When it came there; None where the target does not tell.
        drift: Paths, or settings, that are not as they were deployed; empty where all is, or nobody can tell.
    """

    release: Release
    slot: str
    since: datetime | None = None
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetState:
    """What a target runs at this moment.

    Args:
        live: What takes the traffic, or most of it; None where nothing was ever deployed.
        candidate: What is ready beside it; None where nothing is.
        share: Percent of the traffic that the candidate takes, 0 to 100.
        kept: Earlier releases that are still there and could take over at once, newest first.
    """

    live: Running | None
    candidate: Running | None = None
    share: int = 0
    kept: tuple[Release, ...] = ()
