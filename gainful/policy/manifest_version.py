"""A version of a manifest: proposed by a person, approved by its owner, and in force until another one is.

proposed ──▶ active ──▶ replaced      the owner approved it; a widening in a team: a second person too
    ├──────▶ refused
    └──────▶ replaced                 another one was proposed in its place
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gainful.core.errors import Broken, Invalid, Refused
from gainful.policy.manifest import Manifest, widenings

SHIPPED = "this version of Gainful"
"""Who proposes what an installed version of Gainful brings. It is nobody, so it counts as no second person."""

SHORTEST_DIGEST = 12
"""Hexadecimal digits of a digest that an approval must name: 48 bits cannot be met by chance or by trying."""


class NoManifest(Invalid):
    """An agent has no manifest, or none that waits for approval."""

    code = "no-manifest"


class ManifestUnchanged(Invalid):
    """A proposal says what is in force already."""

    code = "manifest-unchanged"


class ManifestChanged(Refused):
    """What was approved is not what is proposed now."""

    code = "manifest-changed"


class NotYourManifest(Refused):
    """Somebody else has to approve or refuse it: the owner, or a second person."""

    code = "not-your-manifest"


class ManifestDamaged(Broken):
    """A manifest is not the one that was approved: somebody changed the database."""

    code = "manifest-damaged"


class ManifestState(StrEnum):
    """How far a version has come."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ManifestVersion:
    """One version of one agent's manifest.

    Args:
        number: From 1 on, by agent.
        digest: SHA-256 (hex) of its text, as it was proposed.
        owner: Whose word is always needed.
        approved_by: People who approved it, in that order; empty for what only narrows and came with an upgrade.
        settled_at: When it came into force, or was refused or replaced before.
    """

    number: int
    manifest: Manifest
    digest: str
    state: ManifestState
    owner: str
    proposed_by: str
    proposed_at: datetime
    approved_by: tuple[str, ...] = ()
    settled_at: datetime | None = None

    @property
    def agent(self) -> str:
        """The agent or job whose it is."""
        return self.manifest.agent


def approved(
    version: ManifestVersion, active: Manifest | None, digest: str, by: str, team: Collection[str], at: datetime
) -> ManifestVersion:
    """The version with this person's approval; in force when nobody else's is missing.

    Args:
        active: What is in force now.
        digest: Of what the person was shown, or at least its first 12 digits.
        team: People of the team; empty where none is configured.

    Raises:
        ManifestChanged, NotYourManifest: As they say.
    """
    _check_shown(version, digest)
    _check_person(version, by, team)
    if by in version.approved_by:
        raise NotYourManifest(
            f"{by} has approved it already; it waits for {missing(version, active, team)}.",
            f"Let them run `gainful manifest approve {version.agent}`.",
        )
    after = replace(version, approved_by=(*version.approved_by, by))
    if missing(after, active, team):
        return after
    return replace(after, state=ManifestState.ACTIVE, settled_at=at)


def refused(version: ManifestVersion, digest: str, by: str, team: Collection[str], at: datetime) -> ManifestVersion:
    """The version after this person's no.

    Raises:
        ManifestChanged, NotYourManifest: As they say.
    """
    if digest:
        _check_shown(version, digest)
    if by != version.proposed_by:
        # Whoever proposed it may take it back.
        _check_person(version, by, team)
    return replace(version, state=ManifestState.REFUSED, settled_at=at)


def missing(version: ManifestVersion, active: Manifest | None, team: Collection[str]) -> str:
    """Whose approval is still missing, in words; empty when nobody's is."""
    if version.owner not in version.approved_by:
        return f"its owner {version.owner}"
    people = {version.proposed_by, *version.approved_by} - {SHIPPED}
    if set(team) - {version.owner} and widenings(active, version.manifest) and len(people) < 2:
        return "a second person of the team, since it widens what the agent may do"
    return ""


def _check_shown(version: ManifestVersion, digest: str) -> None:
    wanted = digest.strip().lower()
    if len(wanted) < SHORTEST_DIGEST or not version.digest.startswith(wanted):
        raise ManifestChanged(
            f"'{wanted[:64]}' is not the digest of what is proposed for '{version.agent}'.",
            f"Read it with `gainful manifest show {version.agent} --proposed`, and give at least {SHORTEST_DIGEST} "
            "digits of the digest that stands there.",
        )


def _check_person(version: ManifestVersion, by: str, team: Collection[str]) -> None:
    if by == version.owner or by in team:
        return
    others = f", or one of {', '.join(sorted(team))}," if team else ""
    raise NotYourManifest(
        f"{by or 'Nobody'} may not answer for '{version.agent}': it belongs to {version.owner}.",
        f"Let {version.owner}{others} run `gainful manifest approve {version.agent}`.",
    )
