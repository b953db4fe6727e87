"""The chain names the first entry that was edited, taken out or moved; a known head shows a cut-off end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gainful.core.chain import GENESIS
from gainful.ledger.chain import Recorded, record, verify
from gainful.ledger.entry import Entry, Posting

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def chain(length: int) -> list[Recorded]:
    rows: list[Recorded] = []
    previous = GENESIS
    for seq in range(1, length + 1):
        postings = (Posting("a", Decimal(seq), "USD"), Posting("b", Decimal(-seq), "USD"))
        rows.append(record(seq, Entry(f"k{seq}", "test", NOON, postings), previous))
        previous = rows[-1].digest
    return rows


def test_a_sound_chain_has_no_findings() -> None:
    rows = chain(5)
    assert verify(rows) == verify(rows, rows[2].digest) == verify([]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"memo": "x"},
        {"key": "x"},
        {"kind": "x"},
        {"run_id": "x"},
        {"work_item": "x"},
        {"at": "2026-11-22T12:00:00.000001+00:00"},
        {"postings": (Posting("a", Decimal(4), "USD"), Posting("b", Decimal(-4), "USD"))},
        {"postings": (Posting("b", Decimal(-3), "USD"), Posting("a", Decimal(3), "USD"))},
        {"digest": "0" * 64},
    ],
)
def test_an_edit_is_found_where_it_is(change: dict[str, Any]) -> None:
    rows = chain(5)
    rows[2] = replace(rows[2], **change)
    (finding,) = verify(rows)
    assert (finding.check, finding.seq) == ("chain", 3)
    assert "changed after it was booked" in finding.message


def test_a_deletion_names_the_missing_entry() -> None:
    rows = chain(5)
    (finding,) = verify(rows[:2] + rows[3:])
    assert finding.message == "Entry 3 is missing: 4 comes next."


def test_a_deletion_renumbered_is_still_found() -> None:
    rows = chain(5)
    renumbered = rows[:2] + [replace(row, seq=row.seq - 1) for row in rows[3:]]
    (finding,) = verify(renumbered)
    assert (finding.seq, "does not follow" in finding.message) == (3, True)


def test_swapped_entries_are_found() -> None:
    rows = chain(5)
    rows[1], rows[2] = rows[2], rows[1]
    assert [finding.seq for finding in verify(rows)] == [3]


def test_a_cut_end_needs_a_known_head() -> None:
    rows = chain(5)
    assert verify(rows[:3]) == []
    (finding,) = verify(rows[:3], head=rows[4].digest)
    assert finding.message.startswith("The chain ends at entry 3 without the head")


def test_a_rewritten_chain_needs_a_known_head() -> None:
    head = chain(5)[4].digest
    rewritten = chain(4)
    rewritten.append(record(5, Entry("forged", "test", NOON, ()), rewritten[3].digest))
    assert verify(rewritten) == []
    assert len(verify(rewritten, head=head)) == 1
