"""Manifests by version. What is in force is what the audit log says was approved, or nothing is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select, update

from gainful.core.clock import Clock
from gainful.gate.audit import AuditEvent, AuditKind, Recorded
from gainful.policy.manifest import Manifest, manifest_from, widenings
from gainful.policy.manifest_version import (
    SHIPPED,
    ManifestDamaged,
    ManifestState,
    ManifestUnchanged,
    ManifestVersion,
    NoManifest,
    approved,
    refused,
)
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.manifest_log import changes, last_entry
from gainful.storage.schema import manifests


class ManifestStore:
    """Every version of every agent's manifest. Each change is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore, clock: Clock) -> None:
        self._engine = engine
        self._audit = audit
        self._clock = clock

    # --- reading ----------------------------------------------------------------------------------------------------

    def active(self, agent: str) -> ManifestVersion | None:
        """The version in force; None when there is none.

        Raises:
            ManifestDamaged: It is not the one that was approved.
        """
        with reading(self._engine) as connection:
            return self._active(connection, agent)

    def proposed(self, agent: str) -> ManifestVersion | None:
        """The version that waits for approval, if there is one.

        Raises:
            ManifestDamaged: It is not the one that was proposed.
        """
        with reading(self._engine) as connection:
            return self._in_state(connection, agent, ManifestState.PROPOSED)

    def history(self, agent: str) -> list[ManifestVersion]:
        """Every version, oldest first.

        Raises:
            ManifestDamaged: One of them was changed.
        """
        query = select(manifests).where(manifests.c.agent == agent).order_by(manifests.c.version)
        with reading(self._engine) as connection:
            return [_version(row) for row in connection.execute(query)]

    def log(self, limit: int) -> list[Recorded]:
        """The last so many entries of the audit log about manifests and the organisation's policy, newest first."""
        with reading(self._engine) as connection:
            return changes(connection, limit)

    def agents(self) -> list[str]:
        """Every agent that has a version, by name."""
        with reading(self._engine) as connection:
            return list(connection.scalars(select(manifests.c.agent).distinct().order_by(manifests.c.agent)))

    # --- changing ---------------------------------------------------------------------------------------------------

    def propose(self, manifest: Manifest, by: str) -> ManifestVersion:
        """The new version, which waits for approval; one that waited before is replaced by it.

        Raises:
            ManifestUnchanged: It is in force, or waits, as it is.
            ManifestDamaged: As it says.
        """
        with transaction(self._engine) as connection:
            return self._propose(connection, manifest, by, owner=by)

    def approve(self, agent: str, digest: str, by: str, team: Collection[str] = ()) -> ManifestVersion:
        """The proposed version with this person's approval: in force, unless somebody else's is missing.

        Args:
            digest: Of what the person was shown, or at least its first 12 digits.
            team: People of the team; empty where none is configured.

        Raises:
            NoManifest, ManifestChanged, NotYourManifest, ManifestDamaged: As they say; nothing was changed.
        """
        with transaction(self._engine) as connection:
            active = self._active(connection, agent)
            in_force = active.manifest if active is not None else None
            after = approved(self._waiting(connection, agent), in_force, digest, by, team, self._clock())
            self._save(connection, after)
            self._record(connection, after, in_force, by, "active" if _is_active(after) else "approved")
        return after

    def refuse(self, agent: str, digest: str, by: str, team: Collection[str] = ()) -> ManifestVersion:
        """The proposed version, refused.

        Raises:
            NoManifest, ManifestChanged, NotYourManifest, ManifestDamaged: As they say; nothing was changed.
        """
        with transaction(self._engine) as connection:
            active = self._active(connection, agent)
            after = refused(self._waiting(connection, agent), digest, by, team, self._clock())
            self._save(connection, after)
            self._record(connection, after, active.manifest if active is not None else None, by, "refused")
        return after

    def adopt(self, shipped: Manifest, by: str) -> None:
        """Take over what an installed version of Gainful brings for one of its jobs.

        The first one comes into force with the person's word, who runs the job. A later one comes into force by itself
        where it only narrows; where it widens, it waits for the owner's approval, and the old one stays.

        Raises:
            ManifestDamaged: As it says.
        """
        with reading(self._engine) as connection:
            self._active(connection, shipped.agent)
            if self._has_seen(connection, shipped):
                return
        with transaction(self._engine) as connection:
            if self._has_seen(connection, shipped):
                return
            active = self._active(connection, shipped.agent)
            if active is None:
                first = self._propose(connection, shipped, by, owner=by)
                self._activate(connection, first, None, by, (by,))
            elif widenings(active.manifest, shipped):
                self._propose(connection, shipped, SHIPPED, owner=active.owner)
            else:
                narrower = self._propose(connection, shipped, SHIPPED, owner=active.owner)
                self._activate(connection, narrower, active.manifest, SHIPPED, ())

    # --- inside a transaction ---------------------------------------------------------------------------------------

    def _propose(self, connection: Connection, manifest: Manifest, by: str, owner: str) -> ManifestVersion:
        active = self._active(connection, manifest.agent)
        waiting = self._in_state(connection, manifest.agent, ManifestState.PROPOSED)
        for present in (active, waiting):
            if present is not None and present.digest == manifest.digest:
                word = "in force" if present is active else "waiting for approval"
                raise ManifestUnchanged(
                    f"This is version {present.number} of '{manifest.agent}', which is {word}.", "Propose a change."
                )
        at = self._clock()
        _close(connection, manifest.agent, ManifestState.PROPOSED, at)
        owner = active.owner if active is not None else owner
        state = ManifestState.PROPOSED
        made = ManifestVersion(_next(connection, manifest.agent), manifest, manifest.digest, state, owner, by, at)
        connection.execute(insert(manifests), [_row(made)])
        self._record(connection, made, active.manifest if active is not None else None, by, "proposed")
        return made

    def _activate(
        self,
        connection: Connection,
        version: ManifestVersion,
        before: Manifest | None,
        by: str,
        people: tuple[str, ...],
    ) -> None:
        after = ManifestVersion(
            version.number,
            version.manifest,
            version.digest,
            ManifestState.ACTIVE,
            version.owner,
            version.proposed_by,
            version.proposed_at,
            people,
            self._clock(),
        )
        self._save(connection, after)
        self._record(connection, after, before, by, "active")

    def _save(self, connection: Connection, version: ManifestVersion) -> None:
        if _is_active(version):
            _close(connection, version.agent, ManifestState.ACTIVE, None)
        # The content stays as it was proposed, to the letter: its digest stands for that.
        row = {name: value for name, value in _row(version).items() if name in ("state", "approved_by", "settled_at")}
        where = (manifests.c.agent == version.agent) & (manifests.c.version == version.number)
        connection.execute(update(manifests).where(where).values(**row))

    def _record(
        self, connection: Connection, version: ManifestVersion, before: Manifest | None, by: str, verdict: str
    ) -> None:
        detail = {
            "version": version.number,
            "owner": version.owner,
            "proposed by": version.proposed_by,
            "approved by": list(version.approved_by),
            "widens": widenings(before, version.manifest),
        }
        event = AuditEvent(
            self._clock(),
            AuditKind.MANIFEST,
            agent=version.agent,
            actor=by,
            verdict=verdict,
            effect=version.digest,
            detail=detail,
        )
        self._audit.append_in(connection, [event])

    def _waiting(self, connection: Connection, agent: str) -> ManifestVersion:
        waiting = self._in_state(connection, agent, ManifestState.PROPOSED)
        if waiting is None:
            raise NoManifest(
                f"Nothing is proposed for '{agent[:80]}'.", "`gainful manifest list` shows what waits for approval."
            )
        return waiting

    def _has_seen(self, connection: Connection, manifest: Manifest) -> bool:
        """Whether this content was ever a version: then its owner has answered about it, or is being asked."""
        same = (manifests.c.agent == manifest.agent) & (manifests.c.digest == manifest.digest)
        return connection.scalar(select(manifests.c.version).where(same).limit(1)) is not None

    def _active(self, connection: Connection, agent: str) -> ManifestVersion | None:
        """The version in force, if the table and the audit log agree about it."""
        rows = connection.execute(_IN_FORCE, {"agent": agent}).all()
        entry = last_entry(connection, agent, "", ("active",))
        witnessed = [entry.effect] if entry is not None else []
        if [row.digest for row in rows] != witnessed:
            raise _damaged(agent)
        return _version(rows[0]) if rows else None

    def _in_state(self, connection: Connection, agent: str, state: ManifestState) -> ManifestVersion | None:
        query = select(manifests).where(manifests.c.agent == agent, manifests.c.state == state)
        row = connection.execute(query.order_by(manifests.c.version.desc()).limit(1)).first()
        return _version(row) if row is not None else None


# Asked before each call of a model, so it is put together once.
_IN_FORCE = select(manifests).where(
    manifests.c.agent == bindparam("agent"), manifests.c.state == str(ManifestState.ACTIVE)
)


def _is_active(version: ManifestVersion) -> bool:
    return version.state is ManifestState.ACTIVE


def _close(connection: Connection, agent: str, state: ManifestState, at: datetime | None) -> None:
    """Mark what is in this state as replaced; what was in force keeps the instant at which it came into force."""
    values: dict[str, str] = {"state": ManifestState.REPLACED}
    if at is not None:
        values["settled_at"] = at.isoformat()
    where = (manifests.c.agent == agent) & (manifests.c.state == state)
    connection.execute(update(manifests).where(where).values(**values))


def _next(connection: Connection, agent: str) -> int:
    last = select(func.coalesce(func.max(manifests.c.version), 0)).where(manifests.c.agent == agent)
    return int(connection.scalar(last) or 0) + 1


def _row(version: ManifestVersion) -> dict[str, object]:
    return {
        "agent": version.agent,
        "version": version.number,
        "digest": version.digest,
        "content": version.manifest.text,
        "state": version.state,
        "owner": version.owner,
        "proposed_by": version.proposed_by,
        "proposed_at": version.proposed_at.isoformat(),
        "approved_by": json.dumps(list(version.approved_by)),
        "settled_at": version.settled_at.isoformat() if version.settled_at else "",
    }


def _version(row: Row[Any]) -> ManifestVersion:
    content = str(row.content)
    # Over the stored text and not over what is read from it: a later Gainful may write the same content in other words.
    if hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest() != row.digest:
        raise _damaged(row.agent)
    manifest = manifest_from(content)
    if manifest.agent != row.agent:
        raise _damaged(row.agent)
    try:
        return ManifestVersion(
            number=row.version,
            manifest=manifest,
            digest=row.digest,
            state=ManifestState(row.state),
            owner=row.owner,
            proposed_by=row.proposed_by,
            proposed_at=datetime.fromisoformat(row.proposed_at),
            approved_by=tuple(json.loads(row.approved_by)),
            settled_at=datetime.fromisoformat(row.settled_at) if row.settled_at else None,
        )
    except (ValueError, TypeError):
        raise _damaged(row.agent) from None


def _damaged(agent: str) -> ManifestDamaged:
    return ManifestDamaged(
        f"The manifest of '{agent}' is not the one that was approved: the database was changed from outside.",
        f"'{agent}' may do nothing. Find out who can write the database, run `gainful audit verify`, and restore it "
        "from a backup.",
    )
