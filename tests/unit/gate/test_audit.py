"""What an audit entry keeps of an event: everything that tells, nothing that is long, whatever it was made of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gainful.core.chain import GENESIS
from gainful.gate.audit import DEEPEST, LARGEST_DETAIL, AuditEvent, AuditEventInvalid, AuditKind, digest, record

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(**given: Any) -> AuditEvent:
    return AuditEvent(**{"at": NOON, "kind": AuditKind.DECISION, **given})


def detail(given: dict[str, Any]) -> Any:
    return record(1, event(detail=given), GENESIS).as_json()["detail"]


def test_an_event_is_kept_whole() -> None:
    entry = record(
        7,
        event(
            run_id="run1",
            step="3",
            agent="triage",
            actor="ada",
            tool="mail.move",
            verdict="allow",
            rules=("contained", "own"),
            approval="ap1",
            effect="e" * 64,
            detail={"to": "Archive", "labels": {"to": {"integrity": "user"}}, "count": 2, "dry": False, "note": None},
        ),
        "p" * 64,
    )
    assert entry.as_json() == {
        "seq": 7,
        "at": "2026-11-22T12:00:00.000000+00:00",
        "kind": "decision",
        "run_id": "run1",
        "step": "3",
        "agent": "triage",
        "actor": "ada",
        "tool": "mail.move",
        "verdict": "allow",
        "rules": ["contained", "own"],
        "approval": "ap1",
        "effect": "e" * 64,
        "detail": {"to": "Archive", "labels": {"to": {"integrity": "user"}}, "count": 2, "dry": False, "note": None},
        "previous": "p" * 64,
        "digest": digest(entry),
    }


def test_the_digest_covers_every_field() -> None:
    entry = record(1, event(), GENESIS)
    for name in (name for name in type(entry).__slots__ if name != "digest"):
        other: dict[str, Any] = {name: 2 if name == "seq" else getattr(entry, name) + "x"}
        changed = replace(entry, **other)
        assert digest(changed) != entry.digest, name


def test_instants_are_kept_in_utc_and_need_a_zone() -> None:
    east = datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=2)))
    assert record(1, event(at=east), GENESIS).at == "2026-11-22T12:00:00.000000+00:00"
    with pytest.raises(AuditEventInvalid, match="no time zone"):
        event(at=datetime(2026, 11, 22, 12))  # noqa: DTZ001 - that is the point


def test_a_long_text_leaves_its_digest_only() -> None:
    body = "Dear Ada, " * 100
    kept = detail({"text": body, "mails": [{"body": body}]})
    left = {"characters": 1000, "sha256": hashlib.sha256(body.encode()).hexdigest()}
    assert kept == {"text": left, "mails": [{"body": left}]}


def test_a_huge_detail_leaves_its_digest_only() -> None:
    entry = record(1, event(detail={"to": [f"a{number}@example.org" for number in range(20_000)]}), GENESIS)
    assert len(entry.detail) < 200 < LARGEST_DETAIL
    assert set(entry.as_json()["detail"]["left out"]) == {"characters", "sha256"}


def test_a_bottomless_detail_is_cut() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]
    kept = detail({"deep": deep})["deep"]
    for _ in range(DEEPEST - 1):
        (kept,) = kept
    assert kept == "(nested too deep)"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_are_written_out(number: float) -> None:
    assert detail({"amount": number}) == {"amount": str(number)}


def test_hostile_names_become_storable() -> None:
    entry = record(1, event(tool="x" * 10_000, actor="a\0b\ud800", rules=("y" * 10_000,)), GENESIS)
    assert entry.tool == f"sha256:{hashlib.sha256(b'x' * 10_000).hexdigest()}"
    assert entry.actor == "a\\x00b\\ud800"
    assert len(entry.rules) < 100
    entry.as_json()
    record(1, event(detail={"\ud800" * 600: "\ud800" * 600, "short": "\ud800\0"}), GENESIS).detail.encode()


def test_what_is_not_json_is_our_fault() -> None:
    with pytest.raises(AuditEventInvalid, match="bytes"):
        record(1, event(detail={"raw": b"bytes"}), GENESIS)


def test_a_spoilt_entry_can_still_be_shown() -> None:
    entry = replace(record(1, event(), GENESIS), rules="[", detail="{" * 100_000)
    assert (entry.as_json()["rules"], entry.as_json()["detail"]) == ("[", "{" * 100_000)
    assert replace(entry, detail="[" * 100_000).as_json()["detail"][:2] == "[["


def test_equal_details_have_one_text() -> None:
    one = record(1, event(detail={"b": 1, "a": (1, 2)}), GENESIS)
    assert one == record(1, event(detail={"a": [1, 2], "b": 1}), GENESIS)
    assert one.detail == json.dumps({"a": [1, 2], "b": 1}, separators=(",", ":"))
