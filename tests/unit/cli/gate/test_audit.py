"""`gainful audit` says what is in the log, and says what it cannot know."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.cli import exits
from gainful.cli.main import run
from gainful.core.chain import GENESIS
from gainful.gate.audit import AuditEvent, AuditKind, Recorded, record
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.settings.config import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENT = AuditEvent(
    NOON,
    AuditKind.DECISION,
    run_id="run1",
    step="4",
    agent="triage",
    actor="ada",
    tool="mail.send",
    verdict="ask",
    rules=("egress", "tainted"),
    effect="e" * 64,
    detail={"to": ["bob@example.org"], "subject": "Hi\x1b[2J\u202e", "labels": {"to": "untrusted"}},
)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAINFUL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "home"


@pytest.fixture
def audit(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `gainful audit …` and gives its status and what it said on both streams."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(["audit", *arguments])
        said = capsys.readouterr()
        return status, " ".join(said.out.split()), " ".join(said.err.split())

    return command


def fill(home: Path, *events: AuditEvent) -> None:
    with Gainful.open(Home(home)) as app:
        app.audit.append(events)


def damage(home: Path, statement: str) -> None:
    with sqlite3.connect(home / "gainful.sqlite") as rows:
        rows.execute(statement)
    rows.close()


def answer(said: str) -> Any:
    return json.loads(said)


def test_an_empty_log(audit: Command) -> None:
    assert audit("show") == (exits.OK, "The audit log is empty so far.", "")
    assert audit("show", "run1")[1] == "The audit log holds nothing about run 'run1'."
    assert audit("export") == (exits.OK, "", "")
    assert "sound: 0 entries" in audit("verify")[1]


def test_entries_are_shown_with_what_decided(home: Path, audit: Command) -> None:
    fill(home, EVENT, AuditEvent(NOON, AuditKind.STOP, run_id="run2", actor="ada"))
    said = audit("show", "run1")[1]
    for part in (
        "1 2026-11-22 12:00:00 decision mail.send ask",
        "by ada for triage",
        "run run1 step 4",
        "rules egress, tainted",
        'to ["bob@example.org"]',
        "subject Hi�[2J�",
    ):
        assert part in said
    assert "stop" not in said
    assert "stop" in audit("show", "--limit", "1")[1]
    shown = answer(audit("show", "run1", "--json")[1])
    assert (shown["seq"], shown["rules"], shown["detail"]) == (1, ["egress", "tainted"], EVENT.detail)


def test_spoilt_entries_are_shown_too(home: Path, audit: Command) -> None:
    fill(home, EVENT)
    damage(home, "UPDATE audit_entries SET rules = '7', detail = '[1]', tool = x'ff', at = 'x'")
    status, said, _ = audit("show")
    assert (status, "detail [1]" in said, "rules 7" in said) == (exits.OK, True, True)


def test_the_export_has_a_line_an_entry(home: Path, audit: Command, tmp_path: Path) -> None:
    fill(home, EVENT, EVENT)
    file = tmp_path / "log.jsonl"
    status, _, note = audit("export", "-o", str(file), "--run", "run1")
    assert (status, note) == (exits.OK, f"2 lines in {file}.")
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["seq"], second["seq"], second["previous"]) == (1, 2, first["digest"])
    assert answer(audit("export", "-o", str(file), "--since", "2026-11-23", "--json")[1]) == {
        "file": str(file),
        "lines": 0,
    }
    assert file.read_text() == ""


def test_verify_is_honest_about_what_is_not_signed(home: Path, audit: Command) -> None:
    fill(home, EVENT)
    status, said, _ = audit("verify")
    assert status == exits.OK
    assert "Nothing is signed yet: the end could be cut off unseen." in said
    audit("checkpoint")
    fill(home, EVENT)
    said = audit("verify")[1]
    assert "Signed up to entry 2; " in said
    assert "What came after entry 2 could be cut off unseen." in said
    assert "keep one elsewhere" in said


def test_verify_names_the_first_bad_entry(home: Path, audit: Command) -> None:
    fill(home, EVENT, EVENT, EVENT)
    damage(home, "UPDATE audit_entries SET verdict = 'allow' WHERE seq = 2")
    status, said, _ = audit("verify")
    assert status == exits.FINDINGS
    assert said.startswith("wrong [chain] Entry 2 was changed after it was written.")
    status, said, _ = audit("verify", "--json")
    assert status == exits.FINDINGS
    found = answer(said)
    assert (found["sound"], found["findings"][0]["seq"]) == (False, 2)
    status, _, error = audit("checkpoint")
    assert (status, "[audit-broken]" in error) == (exits.INVALID, True)


def test_a_kept_checkpoint_shows_what_this_machine_forgot(home: Path, audit: Command, tmp_path: Path) -> None:
    fill(home, EVENT, EVENT)
    kept = tmp_path / "kept.json"
    status, said, _ = audit("checkpoint", "--out", str(kept))
    assert (status, str(kept) in said) == (exits.OK, True)
    assert audit("verify", "--checkpoint", str(kept))[0] == exits.OK
    damage(home, "DELETE FROM audit_entries WHERE seq > 1")
    damage(home, "DELETE FROM audit_checkpoints")
    (home / "audit" / "checkpoints.jsonl").unlink()
    assert audit("verify")[0] == exits.OK
    status, said, _ = audit("verify", "--checkpoint", str(kept))
    assert (status, "the entries from 2 on were cut off" in said) == (exits.FINDINGS, True)


def test_a_file_that_holds_no_checkpoint(audit: Command, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("hello")
    status, _, error = audit("verify", "--checkpoint", str(tmp_path / "kept"))
    assert (status, "[checkpoint-invalid]" in error) == (exits.INVALID, True)


def test_who_had_it_signed_is_in_the_log(audit: Command) -> None:
    made = answer(audit("checkpoint", "--json")[1])
    entry = answer(audit("export")[1])
    assert (made["seq"], made["digest"]) == (entry["seq"], entry["digest"]) == (1, entry["digest"])
    assert (entry["kind"], entry["actor"] != "") == ("checkpoint", True)


def test_a_file_is_replaced_whole_or_left_alone(
    home: Path, audit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home, EVENT)
    (tmp_path / "log.jsonl").write_text("before")

    def fail(*_: object, **__: object) -> Iterator[Recorded]:
        yield record(1, EVENT, GENESIS)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(AuditStore, "rows", fail)
    status, _, error = audit("export", "-o", str(tmp_path / "log.jsonl"))
    assert (status, "[disk-full]" in error) == (exits.UNAVAILABLE, True)
    assert (tmp_path / "log.jsonl").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"home", "log.jsonl"}
    monkeypatch.undo()
    monkeypatch.setenv("GAINFUL_HOME", str(home))
    status, _, error = audit("checkpoint", "-o", str(tmp_path / "none" / "file"))
    assert (status, "[file-unusable]" in error) == (exits.INVALID, True)
    assert audit("export", "-o", "/dev/null")[0] == exits.OK
    assert Path("/dev/null").is_char_device()
