"""The check names the first bad entry, and a checkpoint shows what the chain alone cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gainful.core.chain import GENESIS
from gainful.gate.audit import AuditEvent, AuditKind, Recorded, digest, record
from gainful.gate.audit_check import AuditReport, check
from gainful.gate.checkpoint import Checkpoint, sign

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
THIEF = Ed25519PrivateKey.from_private_bytes(b"1" * 32)


def log(length: int) -> list[Recorded]:
    rows: list[Recorded] = []
    for seq in range(1, length + 1):
        event = AuditEvent(NOON, AuditKind.RESULT, tool=f"tool{seq}", verdict="done", detail={"number": seq})
        rows.append(record(seq, event, rows[-1].digest if rows else GENESIS))
    return rows


def rechained(rows: Iterable[Recorded]) -> list[Recorded]:
    """The rows as somebody would leave them who can compute digests."""
    made: list[Recorded] = []
    for seq, row in enumerate(rows, 1):
        bare = replace(row, seq=seq, previous=made[-1].digest if made else GENESIS)
        made.append(replace(bare, digest=digest(bare)))
    return made


def signed(row: Recorded, key: Ed25519PrivateKey = KEY) -> Checkpoint:
    return sign(row.seq, row.digest, NOON, key)


def found(report: AuditReport) -> list[tuple[str, int | None]]:
    return [(finding.check, finding.seq) for finding in report.findings]


ROWS = log(9)
MARK = signed(ROWS[5])


def test_a_sound_log() -> None:
    assert check([]) == AuditReport(0, GENESIS, 0, 0, ())
    assert check(ROWS) == AuditReport(9, ROWS[-1].digest, 0, 0, ())
    assert check(ROWS, [MARK, signed(ROWS[2]), MARK], MARK.key) == AuditReport(9, ROWS[-1].digest, 6, 2, ())


def test_an_edit() -> None:
    rows = [*ROWS[:3], replace(ROWS[3], tool="other"), *ROWS[4:]]
    report = check(rows, [MARK])
    assert found(report) == [("chain", 4)]
    assert report.findings[0].message == "Entry 4 was changed after it was written."
    # A checkpoint behind the break confirms nothing.
    assert report.signed == 0


def test_an_edit_with_its_digest_put_right() -> None:
    forged = replace(ROWS[3], tool="other")
    rows = [*ROWS[:3], replace(forged, digest=digest(forged)), *ROWS[4:]]
    assert found(check(rows)) == [("chain", 5)]


def test_an_edit_with_all_digests_put_right_needs_a_checkpoint() -> None:
    rows = rechained([*ROWS[:3], replace(ROWS[3], tool="other"), *ROWS[4:]])
    assert found(check(rows)) == []
    report = check(rows, [signed(ROWS[1]), MARK])
    assert found(report) == [("checkpoint", 6)]
    assert "entries after 2 were written anew" in report.findings[0].message


@pytest.mark.parametrize("kept", [0, 3, 5])
def test_a_cut_off_end_needs_a_checkpoint(kept: int) -> None:
    assert found(check(ROWS[:kept])) == []
    report = check(ROWS[:kept], [MARK])
    assert found(report) == [("checkpoint", kept + 1)]
    assert f"ends at entry {kept}, but entry 6 was signed" in report.findings[0].message


def test_what_came_after_the_checkpoint_cannot_be_missed() -> None:
    assert found(check(ROWS[:6], [MARK])) == []


def test_a_deletion_and_an_insertion() -> None:
    assert found(check([*ROWS[:4], *ROWS[5:]])) == [("chain", 6)]
    assert "Entry 5 is missing" in check([*ROWS[:4], *ROWS[5:]]).findings[0].message
    assert found(check([replace(ROWS[0], seq=-3), *ROWS])) == [("chain", -3)]
    assert found(check(ROWS[1:])) == [("chain", 2)]


def test_a_forged_checkpoint() -> None:
    forged = replace(MARK, digest=ROWS[6].digest)
    report = check(ROWS, [forged])
    assert (found(report), report.checkpoints) == ([("signature", 6)], 0)
    # It proves nothing about an end either.
    assert found(check(ROWS[:2], [replace(MARK, seq=8)])) == [("signature", 8)]


def test_a_checkpoint_of_another_key() -> None:
    stolen = signed(ROWS[5], THIEF)
    assert found(check(ROWS, [stolen], MARK.key)) == [("key", 6)]
    assert found(check(ROWS, [stolen])) == []


def test_the_first_bad_entry_comes_first() -> None:
    rows = [*ROWS[:2], replace(ROWS[2], actor="x"), *ROWS[3:8]]
    assert found(check(rows, [replace(MARK, at="x"), signed(ROWS[8])])) == [
        ("chain", 3),
        ("signature", 6),
        ("checkpoint", 9),
    ]
