"""The audit log in SQL: each append is one durable transaction, chained to what was there, and signed now and then.

log = AuditStore(engine, home / "audit.key", home / "audit" / "checkpoints.jsonl", system_clock)
log.append([event])

with transaction(engine) as connection:      # a journal row and its audit entry, together or not at all
    connection.execute(...)
    log.append_in(connection, [event])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.gate.audit import AuditEvent, Recorded, record
from gainful.gate.audit_check import AuditCheck, AuditReport
from gainful.gate.checkpoint import Checkpoint, sign
from gainful.ledger.entry import instant
from gainful.storage.database import await_durable, reading, side_by_side, take_turn, transaction
from gainful.storage.gate.audit_rows import (
    CHUNK,
    Head,
    filtered,
    head_of,
    in_chunks,
    read_entries,
    stored_checkpoints,
)
from gainful.storage.gate.checkpoint_file import CheckpointFile
from gainful.storage.schema import audit_checkpoints, audit_entries
from gainful.storage.secrets.audit_key import known_fingerprint, signing_key
from gainful.storage.server import Turn

SIGNED_EVERY = 1000
"""Entries after which the log is signed by itself; the first entry of a new day has the day before signed, too."""


class AuditBroken(Invalid):
    """The audit log was changed from outside; nothing is added to it until a person has looked."""

    code = "audit-broken"


class AuditStore:
    """The audit log of one database. Safe to share between threads; several processes may each have one.

    Args:
        key_file: Where the signing key lies; made at the first signature.
        checkpoint_file: Gets a line for each checkpoint.
        clock: Dates checkpoints.
        every: Entries after which the log is signed.
    """

    def __init__(
        self, engine: Engine, key_file: Path, checkpoint_file: Path, clock: Clock, every: int = SIGNED_EVERY
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._every = every
        self.key_file = key_file
        self.checkpoint_file = CheckpointFile(checkpoint_file)

    # --- writing ----------------------------------------------------------------------------------------------------

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Record these events, all or none, in one durable transaction.

        Raises:
            AuditBroken, AuditUnwritable, KeyFileInvalid, DiskFull, DatabaseLocked, DatabaseForbidden: They could not
                be written. The caller must not act then.
        """
        if events:
            with side_by_side(self._engine) as connection:
                self.append_in(connection, events)

    def append_in(self, connection: Connection, events: Sequence[AuditEvent]) -> None:
        """Record these events inside the caller's `transaction`.

        Raises:
            As `append`.
        """
        if not events:
            return
        take_turn(connection, Turn.AUDIT)
        head = head_of(connection)
        if head.signed > head.seq:
            raise AuditBroken(
                f"The audit log ends at entry {head.seq}, but entry {head.signed} was signed: its end was cut off.",
                "Keep a copy of the database, run `gainful audit verify`, and restore a backup.",
            )
        if self._due(head, events[0]):
            self._sign_what_is_durable(connection, head)
        previous = head.digest
        chained = []
        for seq, event in enumerate(events, head.seq + 1):
            chained.append(record(seq, event, previous))
            previous = chained[-1].digest
        connection.execute(insert(audit_entries), [_row(entry) for entry in chained])

    def checkpoint(self) -> Checkpoint:
        """The last entry signed now: stored, and appended to the checkpoint file.

        Raises:
            Invalid: The log is empty.
            AuditBroken: The last entry has a checkpoint, but not ours.
            AuditUnwritable, KeyFileInvalid, DiskFull: As they say.
        """
        with transaction(self._engine) as connection:
            head = head_of(connection)
            if not head.seq:
                raise Invalid("The audit log is empty; there is nothing to sign.", "Sign it after the first run.")
            known = next((one for one in stored_checkpoints(connection) if one.seq == head.seq), None)
            if known is None:
                return self._sign(connection, head)
            if (known.digest, known.key, known.genuine) != (head.digest, known_fingerprint(self.key_file), True):
                raise AuditBroken(
                    f"The stored checkpoint of entry {head.seq} is not ours, or not of this entry.",
                    "Keep a copy of the database, and run `gainful audit verify`.",
                )
            return known

    def _due(self, head: Head, first: AuditEvent) -> bool:
        return head.seq > head.signed and (
            head.seq - head.signed >= self._every or head.at[:10] < instant(first.at)[:10]
        )

    def _sign_what_is_durable(self, connection: Connection, head: Head) -> None:
        """Signs the last committed entry: what the caller's transaction has added may still be rolled back."""
        with reading(self._engine) as other:
            durable = head_of(other)
        if durable.seq > head.signed:
            self._sign(connection, durable)

    def _sign(self, connection: Connection, head: Head) -> Checkpoint:
        # A signature leaves the database: what it is of must not be lost by a crash of the server.
        await_durable(self._engine)
        key = signing_key(self.key_file, create=not head.signed)
        checkpoint = sign(head.seq, head.digest, self._clock(), key)
        # The file first: a line too many, after a rollback, is true all the same.
        self.checkpoint_file.append(checkpoint)
        row = checkpoint.as_json()
        del row["key"]
        connection.execute(insert(audit_checkpoints), [row])
        return checkpoint

    # --- reading ----------------------------------------------------------------------------------------------------

    def rows(self, since: datetime | None = None, run: str = "", limit: int | None = None) -> Iterator[Recorded]:
        """The entries since an instant and of a run, oldest first; `limit` keeps the latest so many.

        Read in chunks, each its own short look: entries never change, so a writer in between does no harm.
        """
        query = filtered(since, run)
        if limit is not None:
            number = query.with_only_columns(audit_entries.c.seq).order_by(audit_entries.c.seq.desc())
            query = query.where(audit_entries.c.seq.in_(select(number.limit(limit).subquery().c.seq)))
        after = None
        while True:
            with reading(self._engine) as connection:
                chunk = read_entries(connection, query, after)
            yield from chunk
            if len(chunk) < CHUNK:
                return
            after = chunk[-1].seq

    def verify(self, kept: Iterable[Checkpoint] = ()) -> AuditReport:
        """What is wrong with the log, held against its checkpoints: stored, in the file beside it, and kept elsewhere.

        Raises:
            KeyFileInvalid: The signing key is there, but is open to others or no key.
        """
        key = known_fingerprint(self.key_file)
        # Read before the table is looked at: a checkpoint written meanwhile would seem to be of a missing entry.
        beside = self.checkpoint_file.read()
        with reading(self._engine) as connection:
            check = AuditCheck([*stored_checkpoints(connection), *beside, *kept], key)
            for chunk in in_chunks(connection, filtered(None, "")):
                for entry in chunk:
                    check.look(entry)
        return check.report()


def _row(entry: Recorded) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Recorded.__slots__}
