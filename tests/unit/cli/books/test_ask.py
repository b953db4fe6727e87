"""Months exported, and questions answered, as a person and as another program ask for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.cli.main import run
from gainful.gate.audit import AuditKind
from gainful.storage.settings.config import Home

Command = Callable[..., tuple[int, str, str]]
FACTS = """
{"kind": "run", "at": "2026-09-01T08:00:00Z", "id": "r1", "agent": "fixer", "person": "bo@example.org"}
{"kind": "call", "at": "2026-09-01T08:01:00Z", "id": "c1", "run": "r1", "model": "m", "cost": "0.25"}
{"kind": "call", "at": "2026-10-01T08:01:00Z", "id": "c2", "run": "r1", "model": "n", "cost": "1.50"}
"""


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["--home", str(tmp_path / "home"), *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    (tmp_path / "facts.jsonl").write_text(FACTS, encoding="utf-8")
    assert call("import", "events", str(tmp_path / "facts.jsonl"))[0] == 0
    return call


@pytest.fixture
def cold(command: Command, tmp_path: Path) -> str:
    assert command("export", "parquet", str(tmp_path / "cold"))[0] == 0
    return str(tmp_path / "cold")


def test_months_are_written_and_told(command: Command, tmp_path: Path) -> None:
    status, out, _ = command("export", "parquet", str(tmp_path / "cold"), "--until", "2026-09")
    assert status == 0
    assert out.splitlines() == [
        "calls  2026-09  1 row",
        "runs   2026-09  1 row",
        "2 files written, 0 as they were.",
    ]
    _, out, _ = command("export", "parquet", str(tmp_path / "cold"), "--json")
    told = json.loads(out)
    assert told == {"written": [{"table": "calls", "month": "2026-10", "rows": 1}], "kept": 2, "removed": 0}


def test_each_export_stands_in_the_audit_log(command: Command, cold: str, tmp_path: Path) -> None:
    command("export", "parquet", cold)
    with Gainful.open(Home(tmp_path / "home")) as app:
        events = [one for one in app.audit.rows() if one.kind == AuditKind.PRIVACY]
    assert [(one.verdict, json.loads(one.detail)["files"]) for one in events] == [("months-exported", 3)]


def test_a_month_that_is_none_is_said(command: Command, tmp_path: Path) -> None:
    status, _, err = command("export", "parquet", str(tmp_path / "cold"), "--until", "October")
    assert (status, "'October' is no month." in err) == (2, True)


def test_an_answer_is_a_table(command: Command, cold: str) -> None:
    question = "SELECT model, sum(cost_usd) AS usd FROM calls GROUP BY model ORDER BY usd DESC"
    status, out, _ = command("ask", question, "--in", cold)
    assert status == 0
    assert [line.split() for line in out.splitlines()] == [["model", "usd"], ["n", "1.5"], ["m", "0.25"]]


def test_an_answer_is_an_object_a_row_for_programs(command: Command, cold: str) -> None:
    question = "SELECT id, month, happened_at, cost_usd, failed, retry_of, 'inf'::DOUBLE AS x FROM calls ORDER BY id"
    _, out, _ = command("ask", question, "--in", cold, "--json")
    assert json.loads(out.splitlines()[0]) == {
        "id": "c1",
        "month": "2026-09",
        "happened_at": "2026-09-01T08:01:00",
        "cost_usd": "0.25",
        "failed": False,
        "retry_of": "",
        "x": None,
    }


def test_only_so_many_rows_are_shown(command: Command, cold: str) -> None:
    _, out, err = command("ask", "SELECT * FROM range(300)", "--in", cold)
    assert (len(out.splitlines()), "Only the first 100 rows" in err) == (101, True)
    assert len(command("ask", "SELECT * FROM range(300)", "--in", cold, "--json")[1].splitlines()) == 300
    assert len(command("ask", "SELECT * FROM range(300)", "--in", cold, "--limit", "3", "--json")[1].splitlines()) == 3


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ("SELEC 1", 2, "question-invalid"),
        ("SELECT nope FROM calls", 2, "question-invalid"),
        ("SELECT 1; SELECT 2", 3, "question-refused"),
        ("SELECT * FROM read_text('/etc/hostname')", 3, "question-refused"),
        ("COPY calls TO 'out.csv'", 3, "question-refused"),
    ],
)
def test_what_cannot_be_answered_says_why(question: str, status: int, code: str, command: Command, cold: str) -> None:
    found, out, err = command("ask", question, "--in", cold, "--json")
    assert (found, out, json.loads(err)["error"]["code"]) == (status, "", code)


def test_words_of_strangers_do_not_reach_the_terminal(command: Command, cold: str) -> None:
    _, out, _ = command("ask", "SELECT chr(27) || '[2J' AS x, NULL AS y", "--in", cold)
    assert "\x1b" not in out
    assert "–" in out


def test_a_folder_without_months_says_what_to_do(command: Command, tmp_path: Path) -> None:
    status, _, err = command("ask", "SELECT 1", "--in", str(tmp_path / "none"))
    assert status == 2
    assert "gainful export parquet" in err
