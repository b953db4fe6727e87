"""`gainful import` of logs and exports, as a person sees it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.cli.main import run
from tests.unit.intake.log_files import AT, lines
from tests.unit.intake.test_claude_code import message
from tests.unit.intake.test_codex import TURN, begin, total
from tests.unit.intake.test_copilot import span
from tests.unit.intake.test_exports import page, report, reported, spent, used
from tests.unit.intake.test_gemini_cli import ANSWER
from tests.unit.intake.test_openclaw import BEGIN, answer
from tests.unit.intake.test_tables import SPENT


class Shell:
    """Runs commands in a home of their own."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._home = path / "gainful"
        self._capsys = capsys

    def __call__(self, *words: str | Path, status: int = 0) -> tuple[str, str]:
        assert run(["--home", str(self._home), "import", *map(str, words)]) == status
        shown = self._capsys.readouterr()
        return shown.out, shown.err


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, capsys)


def test_new_calls_by_model_with_what_they_cost(tmp_path: Path, shell: Shell) -> None:
    folder = tmp_path / "projects"
    odd = message("m4", 1, model="claude-unheard-of")
    lines(folder / "p" / "a.jsonl", message("m1", 9), message("m2", 3_000_000))
    lines(folder / "p" / "sub" / "resumed.jsonl", message("m1", 9), odd)
    out, _ = shell("claude-code", folder)
    assert out.splitlines() == [
        "Claude Code: 3 new calls from 2 files, 1 known already.",
        "",
        "  model                         calls         cost    fresh   read  written  output",
        "  claude-sonnet-4-5                 2    45.00 USD        6    200       40    3.0M",
        "  claude-unheard-of                 1      unknown        3    100       20       1",
        "  all                               3    45.00 USD",
        "1 call is of a model whose price nobody knows, and not in the cost; see [[prices]].",
    ]
    assert shell("claude-code", folder)[0] == (
        "Claude Code: 0 new calls from 0 files, 0 known already. 2 files have not changed.\n"
    )


def test_what_cannot_be_used_is_said(tmp_path: Path, shell: Shell) -> None:
    file = lines(tmp_path / "a.jsonl", message("m1", 9), "broken \x1b[2J", *(message("", 1) for _ in range(6)))
    out, err = shell("claude-code", file, status=6)
    assert out.startswith("Claude Code: 1 new call from 1 file, 0 known already.\n")
    assert f"7 things could not be used:\n  {file}, line 2: It is not JSON.\n" in err
    assert err.endswith("  and 2 more\n")


def test_a_dry_run_books_nothing(tmp_path: Path, shell: Shell) -> None:
    file = lines(tmp_path / "a.jsonl", message("m1", 9))
    for _ in range(2):
        assert shell("claude-code", file, "--dry-run")[0].startswith(
            "Claude Code: 1 new call would be booked from 1 file, 0 known already.\n"
        )


def test_it_looks_where_tools_keep_their_files(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    person = tmp_path / "person"
    lines(person / ".claude" / "projects" / "p" / "a.jsonl", message("m1", 9))
    lines(person / ".codex" / "sessions" / "2026" / "11" / "r.jsonl", begin("s1"), TURN, total(10, 4, 1))
    lines(person / ".gemini" / "tmp" / "x" / "chats" / "c.json", {"sessionId": "g1", "messages": [ANSWER]})
    lines(person / ".gemini" / "tmp" / "x" / "logs.json", [])
    lines(person / ".copilot" / "otel" / "o.jsonl", span())
    lines(person / ".openclaw" / "agents" / "main" / "sessions" / "s.jsonl.deleted.2026-11-02", BEGIN, answer())
    for name in ("claude-code", "codex", "gemini-cli", "copilot", "openclaw"):
        assert ": 1 new call from 1 file, " in shell(name)[0]
    # The same folder by another way, and folders that lead back to themselves.
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(person / ".claude"))
    (person / ".claude" / "projects" / "loop").symlink_to(person / ".claude")
    (person / ".claude" / "projects" / "gone.jsonl").symlink_to(person / "nowhere")
    assert "1 file has not changed" in shell("claude-code")[0]


@pytest.mark.parametrize(
    ("name", "content", "first"),
    [
        ("openai", page(used(), used(model="gpt-5")), "OpenAI: 2 new calls from 1 file, 0 known already."),
        ("openai", page(spent()), "OpenAI: 1 new call from 1 file, 0 known already."),
        ("anthropic", report(reported()), "Anthropic: 1 new call from 1 file, 0 known already."),
        ("litellm", SPENT, "LiteLLM: 1 new call from 1 file, 0 known already."),
    ],
)
def test_exports(tmp_path: Path, shell: Shell, name: str, content: object, first: str) -> None:
    file = lines(tmp_path / "export.json", content)
    assert shell(name, file)[0].splitlines()[0] == first


def test_a_day_that_was_not_over_comes_later(tmp_path: Path, shell: Shell) -> None:
    file = lines(tmp_path / "export.json", page(used(), day=4_000_000_000))
    assert "1 file is not whole yet; what is left of it comes with the next import." in shell("openai", file)[0]


def test_for_other_systems(tmp_path: Path, shell: Shell) -> None:
    found = json.loads(shell("litellm", lines(tmp_path / "s.jsonl", SPENT, "x"), "--json", status=6)[0])
    assert (found["new"], found["unread"], found["skipped"][0]["line"]) == (1, 1, 2)
    (model,) = found["models"]
    assert (model["model"], Decimal(model["cost_usd"]), model["tokens"]["fresh"]) == ("gpt-5", Decimal("0.0125"), 10)


def test_a_table_needs_its_columns_named(tmp_path: Path, shell: Shell) -> None:
    file = lines(tmp_path / "t.csv", "when,model,tokens", f"{AT},gpt-5,12")
    base = ["csv", str(file), "--map", "when=at", "--map", "model=model", "--map"]
    assert "'mood' is no field" in shell(*base, "tokens=mood", status=2)[1]
    assert shell(*base, "tokens=input")[0].startswith("csv: 1 new call from 1 file")


def test_calls_that_name_nobody_are_whose_one_says(
    tmp_path: Path, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    file = lines(tmp_path / "t.csv", "when,model,usd,who", f"{AT},gpt-5,1,", f"{AT},gpt-5,2,bo@example.org")
    columns = ("when=at", "model=model", "usd=cost", "who=person")
    mapped = [word for one in columns for word in ("--map", one)]
    shell("csv", str(file), *mapped, "--person", "ann@example.org")
    home = ["--home", str(tmp_path / "gainful")]
    for person in ("ann@example.org", "bo@example.org"):
        assert run([*home, "people", "export", person]) == 0
        capsys.readouterr()
    assert run([*home, "people", "export", "cy@example.org"]) == 2


def test_nothing_to_import_is_said(tmp_path: Path, shell: Shell) -> None:
    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        assert "nothing-to-import" in shell("codex", place, status=2)[1]


def test_what_is_imported_is_in_the_worth(tmp_path: Path, shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell("claude-code", lines(tmp_path / "a.jsonl", message("m1", 90_000)))
    assert run(["--home", str(tmp_path / "gainful"), "worth", "--json"]) == 0
    assert Decimal(json.loads(capsys.readouterr().out)["organisation"]["cost_usd"]) > 1
