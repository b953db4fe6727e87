"""Stopping from outside: real processes, a large mailbox, and the journal's own instants."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

GAINFUL = str(Path(sys.executable).parent / "gainful")
MAILS = 3000
KINDS = ("Newsletter", "Receipt")
RULES = """
[[rules]]
label = "newsletter"
subject = "newsletter"

[[rules]]
label = "receipt"
subject = "receipt"
"""
LATEST = timedelta(seconds=2)
"""How long after `gainful stop` has returned an effect may still begin: what had been allowed just before.

How long it takes to its end is the machine's doing.
"""


class Office:
    """A home, a mailbox with more mail than is put in order in a moment, and commands in processes of their own."""

    def __init__(self, path: Path) -> None:
        self.mail, self.home = path / "Mail", path / "home"
        for name in ("cur", "new", "tmp", ".Archive/cur", ".Archive/new", ".Archive/tmp"):
            (self.mail / name).mkdir(parents=True)
        self.home.mkdir(mode=0o700)
        (self.home / "gainful.toml").write_text(RULES, encoding="utf-8")
        for number in range(MAILS):
            raw = (
                f"From: News <news@lists.example.net>\nTo: me@example.org\nSubject: {KINDS[number % 2]} {number}\n"
                f"Precedence: bulk\nMessage-ID: <{number}@lists.example.net>\n\nThis week's news.\n"
            )
            (self.mail / "new" / f"{1000 + number}.M{number}P1.host").write_text(raw, encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "COV_"))}
        self.environment = {**keep, "GAINFUL_HOME": str(self.home), "COLUMNS": "120", "NO_COLOR": "1"}
        self.source = f"maildir:{self.mail}"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [GAINFUL, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}{err}"
        assert "Traceback" not in err
        return out + err

    def settled(self, moment: Literal["intended_at", "settled_at"] = "settled_at") -> list[tuple[datetime, str]]:
        """When each effect ended, or began, that really changed the mailbox, and in which run."""
        if not (self.home / "gainful.sqlite").exists():
            return []
        database = sqlite3.connect(f"file:{self.home / 'gainful.sqlite'}?mode=ro", uri=True, timeout=30)
        try:
            query = f"SELECT {moment}, run_id FROM effects WHERE state = 'done' ORDER BY {moment}"
            return [(datetime.fromisoformat(at), run) for at, run in database.execute(query)]
        except sqlite3.OperationalError:
            # The tables are not there yet.
            return []
        finally:
            database.close()

    def in_inbox(self) -> int:
        return sum(1 for name in ("cur", "new") for _ in (self.mail / name).iterdir())


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_stop_takes_effect_within_two_seconds_and_survives_restarts(office: Office) -> None:
    process = office.start("triage", office.source, "--apply")
    deadline = time.monotonic() + 240
    while len(office.settled()) < 100:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    began = time.monotonic()
    told = office.run("stop", "triage", "--reason", "too eager")
    returned = datetime.now(UTC)
    took = time.monotonic() - began
    out, err = process.communicate(timeout=300)
    assert process.returncode == 3, out + err
    assert "'triage' is stopped" in told
    # The report says that it was stopped, why, and what it had done.
    report = " ".join(out.split())
    assert "'triage' was stopped by" in report
    assert "too eager. " in report
    assert "were put in order before" in report
    assert "gainful resume triage" in report
    ended = office.settled()
    assert 100 <= len(ended) < MAILS
    late, begun = (max(office.settled(moment))[0] - returned for moment in ("settled_at", "intended_at"))
    print(f"stop took {took:.2f} s; last effect {late.total_seconds():+.2f} s after it returned; {len(ended)} effects")
    assert begun <= LATEST
    # A new process, and still nothing.
    assert "error [stopped]" in office.run("triage", office.source, "--apply", status=3)
    assert "error [stopped]" in office.run("triage", office.source, status=3)
    assert office.settled() == ended
    assert "too eager" in office.run("stop", "--list")
    assert "too eager" in office.run("brief")
    assert "was stopped by" in office.run("doctor")
    # Let go on, it finishes what it had left.
    office.run("resume", "triage")
    office.run("triage", office.source, "--apply", "--json")
    touched = {run for _, run in office.settled()}
    assert len(touched) == 2
    assert office.in_inbox() == 0
    assert json.loads(office.run("audit", "verify", "--json"))["sound"]


def test_everything_can_be_stopped_and_a_mistyped_name_stops_nobody(office: Office) -> None:
    assert "No agent is called 'traige'" in office.run("stop", "traige", status=2)
    office.run("stop", "all")
    assert "Everything was stopped by" in office.run("triage", office.source, "--apply", "--limit", "5", status=3)
    office.run("stop", "triage")
    # By name it stays stopped.
    assert "Still stopped" in office.run("resume", "all")
    office.run("triage", office.source, "--apply", "--limit", "5", status=3)
    office.run("resume", "triage")
    office.run("triage", office.source, "--apply", "--limit", "5", "--json")
    assert office.settled()
