"""Logs as services write them, and as nobody should."""

from __future__ import annotations

import os
from math import inf
from pathlib import Path

import pytest

from gainful.connectors.logs import LogMetrics, Patterns, Tail
from gainful.sdk.excerpt import EXCERPT, log_end
from gainful.sdk.metrics import NOTHING, MetricsInvalid, MetricsUnreachable, Totals
from gainful.sdk.secret import Secret

PATTERNS = Patterns(request=r'"(GET|POST) ', error=r'" 5\d\d ', duration=r"took=([0-9.]+)ms", unit=0.001)
GOOD = '10.0.0.1 "GET / HTTP/1.1" 200 17 took=12.5ms\n'
BAD = '10.0.0.1 "GET / HTTP/1.1" 503 17 took=2.5ms\n'


def write(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def metrics(folder: Path, patterns: Patterns = PATTERNS) -> LogMetrics:
    return LogMetrics({"blue": folder / "blue.log", "green": folder / "green.log"}, patterns)


def test_it_counts_from_where_the_log_stood(tmp_path: Path) -> None:
    write(tmp_path / "blue.log", BAD * 5)
    source = metrics(tmp_path)
    assert source.read(["blue", "green"]) == {"blue": NOTHING, "green": NOTHING}
    write(tmp_path / "blue.log", GOOD * 3 + BAD + "starting up\n")
    write(tmp_path / "green.log", BAD)
    read = source.read(["blue", "green"])
    assert (read["blue"].requests, read["blue"].errors, read["green"].errors) == (4, 1, 1)
    counted = dict(read["blue"].buckets)
    assert (counted[inf], sum(1 for count in counted.values() if count == 1) > 0) == (4, True)
    source.close()


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    source = metrics(tmp_path)
    write(tmp_path / "blue.log", GOOD[:20])
    assert source.read(["blue"])["blue"] == NOTHING
    write(tmp_path / "blue.log", GOOD[20:])
    assert source.read(["blue"])["blue"].requests == 1


def test_a_rotated_log_loses_no_line(tmp_path: Path) -> None:
    log = tmp_path / "blue.log"
    write(log, GOOD)
    source = metrics(tmp_path)
    write(log, GOOD * 2)
    log.rename(tmp_path / "blue.log.1")
    write(tmp_path / "blue.log.1", GOOD)
    write(log, BAD * 4)
    assert source.read(["blue"])["blue"].requests == 7
    write(log, BAD)
    assert source.read(["blue"])["blue"].errors == 5


def test_a_log_that_was_emptied_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "blue.log"
    source = metrics(tmp_path)
    write(log, GOOD * 10 + GOOD[:5])
    assert source.read(["blue"])["blue"].requests == 10
    os.truncate(log, 0)
    write(log, GOOD)
    assert source.read(["blue"])["blue"].requests == 11


def test_a_log_that_is_away_for_a_while(tmp_path: Path) -> None:
    log = tmp_path / "blue.log"
    write(log, GOOD)
    source = metrics(tmp_path)
    log.unlink()
    assert source.read(["blue"])["blue"] == NOTHING
    write(log, GOOD)
    assert source.read(["blue"])["blue"].requests == 1


def test_a_line_of_megabytes_is_one_line_and_no_memory(tmp_path: Path) -> None:
    log = tmp_path / "blue.log"
    tail = Tail(log)
    with log.open("wb") as file:
        file.write(b'"GET ' + b"x" * 5_000_000)
    assert list(tail.lines()) == []
    with log.open("ab") as file:
        file.write(b'" 500 \nnext\r\n')
    lines = list(tail.lines())
    assert [len(line) for line in lines] == [16 * 1024, 4]
    assert lines[1] == b"next"
    tail.close()
    tail.close()


def test_no_line_makes_a_pattern_hang(tmp_path: Path) -> None:
    source = metrics(tmp_path, Patterns(request=r"(a+)+$", error=r"(x*)*y"))
    with (tmp_path / "blue.log").open("wb") as file:
        file.write(b"a" * 16_000 + b"!\n" + bytes(range(256)) + b"\n")
    assert source.read(["blue"])["blue"] == NOTHING


@pytest.mark.parametrize("took", ["took=1.2.3ms", "took=...ms", "took=ms", ""])
def test_a_time_that_is_no_number_is_left_out(tmp_path: Path, took: str) -> None:
    source = metrics(tmp_path)
    write(tmp_path / "blue.log", f'"GET /" 200 {took}\n')
    assert source.read(["blue"])["blue"] == Totals(1, 0)


def test_a_pipe_is_no_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "blue.log")
    with pytest.raises(MetricsInvalid):
        metrics(tmp_path)


def test_a_folder_on_the_way_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MetricsUnreachable):
        LogMetrics({"blue": tmp_path / "file" / "blue.log"}, PATTERNS)


@pytest.mark.parametrize(
    "patterns",
    [
        Patterns("(", "x"), Patterns("", "x"), Patterns("x", "(?=look)"), Patterns("x", "x", "no group"),
        Patterns("x" * 2000, "x"),
    ],
)  # fmt: skip
def test_patterns_that_cannot_be_meant(tmp_path: Path, patterns: Patterns) -> None:
    with pytest.raises(MetricsInvalid):
        metrics(tmp_path, patterns)


def test_a_slot_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(MetricsInvalid):
        metrics(tmp_path).read(["red"])


# --- its end, quoted --------------------------------------------------------------------------------------------------


def test_it_quotes_what_is_no_well_answered_request(tmp_path: Path) -> None:
    source = metrics(tmp_path)
    write(tmp_path / "blue.log", GOOD * 2 + "KeyError: 'gift'\n" + BAD + GOOD + "half a li")
    assert source.excerpt("blue") == ["KeyError: 'gift'", BAD.rstrip(), "half a li"]
    assert source.excerpt("green") == []
    assert source.excerpt("red") == []
    # Quoting moves nothing that is counted.
    assert source.read(["blue"])["blue"].requests == 4


def test_of_a_long_log_the_end_is_quoted_by_whole_lines(tmp_path: Path) -> None:
    source = metrics(tmp_path)
    write(tmp_path / "blue.log", "".join(f"line {number}\n" for number in range(100_000)))
    quoted = source.excerpt("blue")
    assert quoted[-1] == "line 99999"
    assert quoted == [f"line {number}" for number in range(100_000 - len(quoted), 100_000)]
    assert EXCERPT - 20 < sum(len(line) + 1 for line in quoted) <= EXCERPT


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert log_end(tmp_path / "pipe") == []
    assert log_end(tmp_path) == []


def test_a_known_secret_is_not_quoted(tmp_path: Path) -> None:
    Secret("of the shop", "tulips-and-more-tulips")
    write(tmp_path / "blue.log", "cannot sign in with tulips-and-more-tulips\n")
    assert log_end(tmp_path / "blue.log") == ["cannot sign in with ***"]
