"""The desk of a chat, killed at every point: around each durable write and each thing that is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gainful.core.clock import system_clock
from gainful.gate.approval import State
from gainful.storage.chat.inbox_store import InboxState, InboxStore
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("chat_process.py")


def go(root: Path, *how: str) -> str:
    """What the processes print."""
    command = [sys.executable, str(PROCESS), str(root), *how]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "said").read_text().splitlines()]


def check(home: Path, where: str) -> None:
    """Everything was said once, one approval resulted, and nothing is left open."""
    lines = said(home)
    assert [line["text"] for line in lines if line["key"].startswith("reply-")] == ["On the shelf."], where
    cards = [line for line in lines if line["what"] == "post" and line["buttons"]]
    assert len(cards) == 1, where
    assert len([line for line in lines if line["what"] == "post"]) == 2, where
    edits = [line["text"] for line in lines if line["what"] == "edit"]
    assert edits, where
    assert all("**Approved by bo**" in text for text in edits), where
    engine = open_database(home / "gainful.sqlite")
    try:
        audit = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
        assert [entry.verdict for entry in audit.rows(limit=99)] == ["waiting", "accepted"], where
        assert ApprovalStore(engine).find("ap1", system_clock()).state is State.ACCEPTED, where
        assert InboxStore(engine).counts("team") == {InboxState.HANDLED: 3}, where
        assert OutboxStore(engine).open() == [], where
    finally:
        engine.dispose()


def test_killed_at_every_point_everything_is_said_once(tmp_path: Path) -> None:
    points = int(go(tmp_path))
    assert points > 40
    check(tmp_path / "whole", "undisturbed")
    for fatal in range(1, points + 1):
        check(tmp_path / str(fatal), f"killed at point {fatal}")


def test_three_processes_at_once_say_everything_once(tmp_path: Path) -> None:
    for number in range(4):
        root = tmp_path / str(number)
        root.mkdir()
        go(root, "at-once")
        check(root / "shared", f"round {number}")
