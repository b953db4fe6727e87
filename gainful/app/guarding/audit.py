"""What a person may have done with the audit log: have it looked through, have it signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.audit_check import AuditReport
from gainful.gate.checkpoint import Checkpoint
from gainful.storage.gate.audit_store import AuditBroken, AuditStore
from gainful.storage.gate.checkpoint_file import read_checkpoints


def verified(log: AuditStore, kept: Iterable[Path]) -> AuditReport:
    """What is wrong with the log, held against all checkpoints that are known here and those in `kept`.

    Raises:
        CheckpointInvalid: A file of `kept` holds something else.
        KeyFileInvalid: The signing key is open to others, or is no key.
    """
    return log.verify([checkpoint for file in kept for checkpoint in read_checkpoints(file)])


def signed(log: AuditStore, at: datetime, person: str) -> Checkpoint:
    """A checkpoint of the log as it is now; that it was asked for is its last entry.

    Args:
        person: Who asked for it.

    Raises:
        AuditBroken: The log is not sound. A signature would vouch for it.
        AuditUnwritable, KeyFileInvalid, DiskFull: As they say.
    """
    findings = log.verify().findings
    if findings:
        raise AuditBroken(
            f"The audit log is not sound: {findings[0].message}",
            "It was not signed. Keep a copy of the database, then compare it with a backup.",
        )
    log.append([AuditEvent(at, AuditKind.CHECKPOINT, actor=person)])
    return log.checkpoint()
