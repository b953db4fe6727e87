"""The audit log is written whole or not at all, stays one chain, and is signed by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text

from gainful.core.errors import Invalid
from gainful.gate.audit import AuditEvent, AuditEventInvalid, AuditKind
from gainful.gate.checkpoint import CheckpointInvalid
from gainful.storage.database import open_database, reading, transaction
from gainful.storage.errors import DatabaseForbidden, DiskFull, KeyFileInvalid
from gainful.storage.gate.audit_store import AuditBroken, AuditStore
from gainful.storage.gate.checkpoint_file import AuditUnwritable, read_checkpoints
from gainful.storage.schema import answers, audit_checkpoints, audit_entries

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANSWER = {"digest": "a", "model": "m", "answer": "{}", "at": "2026-01-01T00:00:00+00:00"}
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gainful.core.clock import system_clock
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.database import open_database

home, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = AuditStore(open_database(home / "g.db"), home / "audit.key", home / "checkpoints.jsonl", system_clock, every=100)
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    log.append([AuditEvent(datetime.now(UTC), AuditKind.RESULT, run_id=name, step=str(number))])
"""


def event(number: int = 0, at: datetime = NOON, run: str = "run1") -> AuditEvent:
    return AuditEvent(at, AuditKind.EFFECT, run_id=run, step=str(number), tool="mail.move", detail={"to": "Archive"})


@pytest.fixture
def engine(database: Engine) -> Engine:
    return database


@pytest.fixture
def log(engine: Engine, tmp_path: Path) -> AuditStore:
    return store(engine, tmp_path)


def store(engine: Engine, folder: Path, every: int = 1000) -> AuditStore:
    return AuditStore(engine, folder / "audit.key", folder / "audit" / "checkpoints.jsonl", lambda: NOON, every)


def checks(log: AuditStore) -> list[tuple[str, int | None]]:
    return [(finding.check, finding.seq) for finding in log.verify().findings]


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(audit_entries)) or 0


# --- writing and reading ---


def test_events_come_back_in_order(log: AuditStore) -> None:
    log.append([])
    log.append([event(1), event(2)])
    log.append([event(3, NOON + timedelta(hours=1), "run2")])
    entries = list(log.rows())
    assert [(entry.seq, entry.run_id, entry.step) for entry in entries] == [
        (1, "run1", "1"),
        (2, "run1", "2"),
        (3, "run2", "3"),
    ]
    assert entries[2].as_json()["detail"] == {"to": "Archive"}
    assert [entry.seq for entry in log.rows(run="run2")] == [3]
    assert [entry.seq for entry in log.rows(since=NOON + timedelta(minutes=1))] == [3]
    assert [entry.seq for entry in log.rows(limit=2)] == [2, 3]
    assert [entry.seq for entry in log.rows(run="run1", limit=1)] == [2]
    report = log.verify()
    assert (report.entries, report.head, report.findings) == (3, entries[2].digest, ())


def test_many_entries_are_read_in_chunks(log: AuditStore) -> None:
    log.append([event(number) for number in range(2500)])
    assert [entry.seq for entry in log.rows()] == list(range(1, 2501))
    assert len(list(log.rows(limit=1500))) == 1500
    assert log.verify().entries == 2500


def test_an_entry_lives_and_dies_with_the_callers_transaction(log: AuditStore, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(insert(answers).values(**ANSWER))
        log.append_in(connection, [event()])
        log.append_in(connection, [event()])
    assert [entry.seq for entry in log.rows()] == [1, 2]
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        log.append_in(connection, [event()])
        raise ZeroDivisionError
    assert (count(engine), checks(log)) == (2, [])


def test_one_bad_event_leaves_none(log: AuditStore, engine: Engine) -> None:
    with pytest.raises(AuditEventInvalid):
        log.append([event(), AuditEvent(NOON, AuditKind.EFFECT, detail={"raw": b""})])
    assert count(engine) == 0


@pytest.mark.of_sqlite
def test_a_full_disk_leaves_no_entry(log: AuditStore, engine: Engine) -> None:
    log.append([event()])
    with pytest.raises(DiskFull, match="full"), transaction(engine) as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        log.append_in(connection, [event(number) for number in range(5000)])
    assert (count(engine), checks(log)) == (1, [])


@pytest.mark.of_sqlite
def test_a_database_that_cannot_be_written_leaves_no_entry(log: AuditStore, engine: Engine) -> None:
    log.append([event()])
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(DatabaseForbidden, match="cannot be opened for writing"):
        log.append([event()])
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
    assert (count(engine), checks(log)) == (1, [])


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name, "500"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    log = AuditStore(engine, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", lambda: NOON)
    report = log.verify()
    assert (report.entries, report.findings, report.signed) == (1000, (), 900)
    for name in ("one", "two"):
        assert [entry.step for entry in log.rows(run=name)] == [str(number) for number in range(500)]
    assert len(log.checkpoint_file.read()) == report.checkpoints == 9
    engine.dispose()


# --- what somebody may do to the file ---


@pytest.mark.of_sqlite
@pytest.mark.parametrize(
    ("damage", "seq"),
    [
        ("UPDATE audit_entries SET verdict = 'allow' WHERE seq = 4", 4),
        ("UPDATE audit_entries SET detail = CAST(detail AS BLOB) WHERE seq = 4", 4),
        ("UPDATE audit_entries SET tool = CAST(x'ff' AS TEXT) WHERE seq = 4", 4),
        ("UPDATE audit_entries SET digest = x'' WHERE seq = 4", 4),
        ("UPDATE audit_entries SET seq = -1 WHERE seq = 4", -1),
        ("UPDATE audit_entries SET seq = 9223372036854775807 WHERE seq = 4", 5),
        ("DELETE FROM audit_entries WHERE seq = 4", 5),
        ("DELETE FROM audit_entries WHERE seq >= 4", 4),
        ("DELETE FROM audit_entries", 1),
        ("UPDATE audit_checkpoints SET digest = 'x'", 6),
        ("UPDATE audit_checkpoints SET signature = CAST(x'ff' AS TEXT)", 6),
        ("UPDATE audit_checkpoints SET public_key = 7, at = x'00'", 6),
        ("UPDATE audit_checkpoints SET seq = 5", 5),
    ],
)
def test_what_sql_did_is_found(log: AuditStore, engine: Engine, damage: str, seq: int) -> None:
    log.append([event(number) for number in range(6)])
    log.checkpoint()
    with transaction(engine) as connection:
        connection.exec_driver_sql(damage)
    assert checks(log)[0][1] == seq
    # Still shown, as far as it can be.
    assert len([json.dumps(entry.as_json()) for entry in log.rows()]) == count(engine)


def test_nothing_is_added_to_a_log_that_was_cut_off(log: AuditStore, engine: Engine) -> None:
    log.append([event(), event()])
    log.checkpoint()
    with transaction(engine) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entries WHERE seq = 2")
    with pytest.raises(AuditBroken, match="ends at entry 1, but entry 2 was signed"):
        log.append([event()])
    assert count(engine) == 1


def test_the_file_beside_the_database_shows_what_the_table_forgot(log: AuditStore, engine: Engine) -> None:
    log.append([event(), event()])
    log.checkpoint()
    with transaction(engine) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entries WHERE seq = 2")
        connection.exec_driver_sql("DELETE FROM audit_checkpoints")
    assert checks(log) == [("checkpoint", 2)]


# --- checkpoints ---


def test_the_log_is_signed_every_so_many_entries(engine: Engine, tmp_path: Path) -> None:
    log = store(engine, tmp_path, every=3)
    for number in range(10):
        log.append([event(number)])
    assert [checkpoint.seq for checkpoint in log.checkpoint_file.read()] == [3, 6, 9]
    report = log.verify()
    assert (report.checkpoints, report.signed, report.findings) == (3, 9, ())
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "audit" / "checkpoints.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_first_entry_of_a_day_has_the_day_before_signed(log: AuditStore) -> None:
    log.append([event(), event()])
    log.append([event(at=NOON + timedelta(hours=11))])
    assert log.verify().signed == 0
    log.append([event(at=NOON + timedelta(hours=12))])
    log.append([event(at=NOON + timedelta(hours=13))])
    assert [checkpoint.seq for checkpoint in log.checkpoint_file.read()] == [3]


def test_only_what_is_durable_is_signed(engine: Engine, tmp_path: Path) -> None:
    log = store(engine, tmp_path, every=2)
    log.append([event()])
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        for _ in range(5):
            log.append_in(connection, [event()])
        raise ZeroDivisionError
    assert {checkpoint.seq for checkpoint in log.checkpoint_file.read()} == {1}
    log.append([event(1)])
    log.append([event(2)])
    assert checks(log) == []


def test_signing_twice_gives_the_same_checkpoint(log: AuditStore) -> None:
    with pytest.raises(Invalid, match="empty"):
        log.checkpoint()
    log.append([event()])
    first = log.checkpoint()
    assert (first.seq, first.genuine, log.checkpoint()) == (1, True, first)
    assert log.checkpoint_file.read() == [first]
    assert log.verify([first]).findings == ()


def test_a_foreign_checkpoint_is_not_handed_out(log: AuditStore, engine: Engine) -> None:
    log.append([event()])
    log.checkpoint()
    with transaction(engine) as connection:
        connection.execute(audit_checkpoints.update().values(digest="0" * 64))
    with pytest.raises(AuditBroken, match="entry 1 is not ours"):
        log.checkpoint()


def test_a_lost_key_is_not_replaced_unseen(log: AuditStore) -> None:
    log.append([event()])
    log.checkpoint()
    log.append([event()])
    log.key_file.unlink()
    with pytest.raises(KeyFileInvalid, match=r"audit\.key is missing"):
        log.checkpoint()
    with pytest.raises(KeyFileInvalid, match=r"audit\.key is missing"):
        log.append([event(at=NOON + timedelta(days=1))])
    assert log.verify().findings == ()


def test_another_key_is_found(log: AuditStore, engine: Engine) -> None:
    log.append([event()])
    log.checkpoint()
    log.key_file.unlink()
    with transaction(engine) as connection:
        connection.exec_driver_sql("DELETE FROM audit_checkpoints")
    log.append([event()])
    log.checkpoint()
    assert checks(log) == [("key", 1)]


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0o644, "can be read by others"),
        (b"no key", 0o600, "does not hold an Ed25519 key"),
        (b"", 0o600, "does not hold an Ed25519 key"),
    ],
)
def test_a_key_that_is_none_is_refused(log: AuditStore, content: bytes | None, mode: int, said: str) -> None:
    log.append([event()])
    log.checkpoint()
    if content is not None:
        log.key_file.write_bytes(content)
    log.key_file.chmod(mode)
    log.append([event()])
    with pytest.raises(KeyFileInvalid, match=said):
        log.checkpoint()
    with pytest.raises(KeyFileInvalid, match=said):
        log.verify()


def test_a_checkpoint_that_cannot_be_written_stops_the_entry(log: AuditStore, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file where the folder should be")
    log.append([event()])
    with pytest.raises(AuditUnwritable, match=r"checkpoints\.jsonl cannot be written"):
        log.append([event(at=NOON + timedelta(days=1))])
    assert count(engine) == 1


@pytest.mark.of_sqlite
def test_a_full_disk_leaves_no_half_line(log: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append([event()])
    whole = log.checkpoint()
    log.append([event()])
    real = __import__("os").write
    monkeypatch.setattr("os.write", lambda descriptor, data: real(descriptor, data[:20]))
    with pytest.raises(AuditUnwritable, match="No space left"):
        log.checkpoint()
    monkeypatch.undo()
    assert log.checkpoint_file.path.read_text() == json.dumps(whole.as_json()) + "\n"
    assert log.checkpoint().seq == 2


def test_a_torn_line_is_passed_over_and_swallows_nothing(log: AuditStore) -> None:
    log.append([event()])
    first = log.checkpoint()
    with log.checkpoint_file.path.open("a") as file:
        file.write('{"seq": 2, "dig')
    log.append([event()])
    second = log.checkpoint()
    assert log.checkpoint_file.read() == [first, second]


def test_a_kept_file_is_read_strictly(log: AuditStore, tmp_path: Path) -> None:
    log.append([event()])
    made = log.checkpoint()
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(made.as_json()) + "\n\n")
    assert read_checkpoints(kept) == [made]
    kept.write_text(json.dumps(made.as_json()) + "\nhello\n")
    with pytest.raises(CheckpointInvalid, match="Line 2 of"):
        read_checkpoints(kept)
    kept.write_bytes(b"\xff\n")
    with pytest.raises(CheckpointInvalid, match="Line 1 of"):
        read_checkpoints(kept)
    kept.write_text("")
    with pytest.raises(CheckpointInvalid, match="holds no checkpoint"):
        read_checkpoints(kept)
    with pytest.raises(CheckpointInvalid, match="cannot be read"):
        read_checkpoints(tmp_path / "none")
