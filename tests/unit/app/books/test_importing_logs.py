"""Importing what other tools wrote down: each call once, whatever becomes of the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.books.importing_logs import Imported, ImportingLogs
from gainful.intake.logs import claude_code, openai_usage
from gainful.intake.logs.table import table
from gainful.storage.facts.usage_store import Spent
from gainful.storage.settings.config import Home
from tests.unit.intake.log_files import AT, lines
from tests.unit.intake.test_claude_code import message
from tests.unit.intake.test_exports import page, used

NOW = datetime(2026, 11, 3, tzinfo=UTC)
LATE = NOW + timedelta(days=1)


class Place:
    """An installation, at a time that tests choose."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        self.app = Gainful.open(Home(path), lambda: self.now)

    def take(self, *files: Path, dry: bool = False) -> Imported:
        app = self.app
        logs = ImportingLogs(app.facts, app.marks, app.prices, "ann", app.clock, dry=dry)
        return logs.files(claude_code.FORMAT, files)

    def spent(self) -> list[Spent]:
        return self.app.usage.spent("model", (NOW - timedelta(days=400)).date(), LATE.date())

    def output(self) -> int:
        return sum(one.tokens.output for one in self.spent())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "home")
    yield made
    made.app.close()


def written(file: Path, at: datetime) -> Path:
    """The file, as if it had been written then."""
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


OLD = NOW - timedelta(hours=2)


def test_only_what_was_added_is_read(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9)), OLD)
    assert (place.take(file).new, place.take(file).unchanged) == (1, 1)
    written(lines(file, message("m1", 9), message("m2", 4)), NOW)
    done = place.take(file)
    assert (done.files, done.new, done.doubled) == (1, 1, 0)
    assert place.output() == 13


def test_a_file_that_was_cut_off_or_written_anew_is_read_from_the_beginning(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9), message("m2", 4)), OLD)
    place.take(file)
    written(lines(file, message("m3", 2)), NOW)
    assert (place.take(file).new, place.output()) == (1, 15)
    # Longer than before, and something else.
    written(lines(file, message("m4", 1), message("m1", 9), message("m5", 1)), NOW + timedelta(seconds=1))
    done = place.take(file)
    assert (done.new, done.doubled, place.output()) == (2, 1, 17)


def test_a_file_under_another_name_brings_nothing_new(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9)), OLD)
    place.take(file)
    done = place.take(file.rename(tmp_path / "b.jsonl"))
    assert (done.new, done.doubled) == (0, 1)


def test_a_message_that_is_not_whole_comes_with_the_next_import(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9), message("m2", 1, stop=None)), NOW)
    done = place.take(file)
    assert (done.new, done.waiting) == (1, 1)
    assert place.take(file).unchanged == 1
    # Nobody went on: it is as whole as it gets.
    place.now = LATE
    assert (place.take(file).new, place.output()) == (1, 10)
    assert place.take(file).unchanged == 1


def test_looking_books_nothing(tmp_path: Path, place: Place) -> None:
    files = [written(lines(tmp_path / name, message("m1", 9)), OLD) for name in ("a.jsonl", "b.jsonl")]
    for _ in range(2):
        done = place.take(*files, dry=True)
        assert (done.new, done.doubled, done.models[("anthropic", "claude-sonnet-4-5")].calls) == (1, 1, 1)
    assert place.spent() == []
    assert place.take(*files).new == 1


def test_dates_that_cannot_be_are_said(tmp_path: Path, place: Place) -> None:
    ahead, never = {**message("m2", 4), "timestamp": "2031-01-01T00:00:00Z"}, {**message("m3", 4), "timestamp": 0}
    done = place.take(written(lines(tmp_path / "a.jsonl", message("m1", 9), ahead, never), OLD))
    assert (done.new, done.unread) == (1, 2)
    assert [(one.line, one.reason) for one in done.skipped] == [
        (2, "It is dated 2031-01-01, which cannot be."),
        (3, "It is dated 1970-01-01, which cannot be."),
    ]


def test_a_file_that_is_gone_or_closed_is_said_and_the_others_count(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9)), OLD)
    done = place.take(tmp_path / "gone.jsonl", tmp_path, file)
    assert (done.new, done.unread) == (1, 2)
    assert {one.reason for one in done.skipped} == {
        "It cannot be read: No such file or directory.",
        "It cannot be read: Is a directory.",
    }


def test_what_a_cache_keeps_for_an_hour_costs_more(tmp_path: Path, place: Place) -> None:
    def usage(**kept: int) -> dict[str, object]:
        return {"input_tokens": 0, "output_tokens": 0, "cache_creation": kept}

    short = message("m1", 0, usage=usage(ephemeral_5m_input_tokens=1_000_000))
    long = message("m2", 0, usage=usage(ephemeral_1h_input_tokens=1_000_000))
    (short_done, long_done) = (
        place.take(written(lines(tmp_path / name, row), OLD)) for name, row in (("a.jsonl", short), ("b.jsonl", long))
    )
    costs = [next(iter(done.models.values())).cost for done in (short_done, long_done)]
    # By the list: 1.25 and 2 times what fresh tokens cost; the whole prompt is long, which doubles it.
    assert costs[0] == Decimal("7.5")
    assert costs[1] - costs[0] == Decimal("4.5")


def test_days_of_an_organisation_are_nobodys_and_batches_cost_half(tmp_path: Path, place: Place) -> None:
    app = place.app
    logs = ImportingLogs(app.facts, app.marks, app.prices, "", app.clock)
    file = lines(tmp_path / "u.json", page(used(), used(batch=True)))
    done = logs.files(openai_usage.FORMAT, [file])
    # 200 fresh tokens at 0.25, 800 cached ones at 0.025, 500 of output at 2 USD for a million; and half of that.
    whole = (200 * Decimal("0.25") + 800 * Decimal("0.025") + 500 * Decimal(2)) / 1_000_000
    assert done.models[("openai", "gpt-5-mini")].cost == whole * Decimal("1.5")
    assert sum((one.cost.amount for one in place.spent()), Decimal(0)) == whole * Decimal("1.5")


def test_a_price_that_nobody_knows_is_not_nothing(tmp_path: Path, place: Place) -> None:
    file = written(lines(tmp_path / "a.jsonl", message("m1", 9, model="claude-unheard-of")), OLD)
    (use,) = place.take(file).models.values()
    assert (use.calls, use.unpriced, use.cost) == (1, 1, Decimal(0))
    assert [one.unpriced for one in place.spent()] == [1]


def test_what_is_older_than_what_is_kept_is_not_told_as_new(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.config.write_text("[privacy]\nkeep_days = { call = 60 }\n", encoding="utf-8")
    place = Place(home.path)
    old = {**message("m1", 9), "timestamp": "2026-08-01T09:00:00Z"}
    assert place.take(written(lines(tmp_path / "a.jsonl", old), OLD)).new == 1
    assert place.app.privacy.delete_old()["call"] == 1
    done = place.take(written(lines(tmp_path / "b.jsonl", old, message("m2", 4)), OLD))
    assert (done.new, done.doubled) == (1, 1)
    place.app.close()


def test_calls_that_stand_twice_in_a_table_are_told_as_known(tmp_path: Path, place: Place) -> None:
    app = place.app
    file = lines(tmp_path / "t.csv", "when,model,id", f"{AT},gpt-5,1", f"{AT},gpt-5,1")
    logs = ImportingLogs(app.facts, app.marks, app.prices, "", app.clock)
    done = logs.files(table({"when": "at", "model": "model", "id": "id"}, "t"), [file])
    assert (done.new, done.doubled) == (1, 1)
