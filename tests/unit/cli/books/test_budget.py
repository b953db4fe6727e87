"""`gainful budget`: what it refuses, and what it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.cli import exits
from gainful.cli.main import run
from gainful.core.money import Money
from gainful.storage.settings.config import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "triage", "1"], "agent:NAME"),
        (["set", "agent:triage"], "Nothing is limited"),
        (["set", "agent:triage", "ten"], "no amount in USD"),
        (["set", "agent:triage", "--", "-1"], "no amount in USD"),
        (["set", "agent:triage", "NaN"], "no amount in USD"),
        (["set", "agent:triage", "1e400"], "no amount in USD"),
        (["set", "agent:triage", "0.0000000001"], "no amount in USD"),
        (["set", "agent:triage", "--calls", "many"], "no number of calls"),
        (["set", "run", "1", "--period", "day"], "lasts one run"),
        (["set", "agent:\x1b[31m", "1"], "nothing that a budget can be set for"),
        (["list", "--run", "nonesuch"], "no run 'nonesuch'"),
    ],
)
def test_what_cannot_be_said(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert run(["--home", str(home), "budget", *arguments]) == exits.INVALID
    told = capsys.readouterr().err
    assert said in told
    assert "\x1b" not in told
    with Gainful.open(Home(home)) as gainful:
        assert gainful.budgets.limits() == []
        assert gainful.budgets.history() == []


def test_without_a_budget_it_says_how_to_set_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "budget", "list"]) == exits.OK
    assert "`gainful budget set agent:triage 10`" in capsys.readouterr().out
    assert run(["--home", str(home), "budget", "list", "--history"]) == exits.OK
    assert "No budget was ever set" in capsys.readouterr().out


def test_held_money_is_shown_apart(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "budget", "set", "everyone", "1", "--period", "day", "--json"]) == exits.OK
    assert json.loads(capsys.readouterr().out)["left"] == "1"
    with Gainful.open(Home(home)) as gainful:
        gainful.ledger.reserve(gainful.budgets.covering("triage", "r1"), Money("0.25"), "k", "openai:small", "r1")
    assert run(["--home", str(home), "budget", "list", "--json"]) == exits.OK
    (row,) = json.loads(capsys.readouterr().out)["budgets"]
    assert (row["used"], row["held"], row["left"], row["calls_held"]) == ("0", "0.25", "0.75", 1)
    assert run(["--home", str(home), "budget", "list"]) == exits.OK
    assert "everyone day 1.00 USD 0 USD 0.25 USD 0.75 USD 1" in " ".join(capsys.readouterr().out.split())


def test_removing_gives_way_to_the_settings(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    (home / "gainful.toml").write_text('[[budgets]]\nscope = "run"\ncap = 0.25\n', encoding="utf-8")
    assert run(["--home", str(home), "budget", "set", "run", "9"]) == exits.OK
    assert run(["--home", str(home), "budget", "remove", "run"]) == exits.OK
    assert "the one in gainful.toml stands again, at most 0.25 USD a run" in capsys.readouterr().out


def test_no_figure_is_cut_at_eighty_columns(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "agent:one-that-was-given-a-long-name-by-whoever-wrote-its-file"
    assert run(["--home", str(home), "budget", "set", long, "12345.67", "--calls", "12345"]) == exits.OK
    with Gainful.open(Home(home)) as gainful:
        gainful.ledger.reserve(
            gainful.budgets.covering(long.removeprefix("agent:"), "r1"), Money("1234.56"), "k", "openai:small", "r1"
        )
    capsys.readouterr()
    assert run(["--home", str(home), "budget"]) == exits.OK
    shown = capsys.readouterr().out
    for figure in ("12345.67 USD", "1234.56 USD", "11111.11 USD", "1 of 12,345"):
        assert figure in shown
    assert run(["--home", str(home), "ledger"]) == exits.OK
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert "1234.56" in shown


def test_a_budget_for_an_agent_that_there_is_not_is_remarked_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "budget", "set", "agent:tirage", "1"]) == exits.OK
    assert "No agent is called 'tirage' yet" in capsys.readouterr().err
    assert run(["--home", str(home), "budget", "set", "agent:triage", "1"]) == exits.OK
    assert capsys.readouterr().err == ""


def test_a_cap_that_a_longer_period_puts_out_of_reach_is_remarked_on_at_once(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def budget(*arguments: str) -> tuple[str, str]:
        assert run(["--home", str(home), "budget", *arguments]) == exits.OK
        told = capsys.readouterr()
        return told.out, told.err

    assert budget("set", "agent:triage", "5")[1] == ""
    never = (
        "agent:triage may use 20.00 USD a run, and agent:triage 5.00 USD a month: that of a run can never be reached."
    )
    assert never in budget("set", "agent:triage", "20", "--period", "run")[1]
    assert never in budget("list")[1]
    listed = json.loads(budget("list", "--json")[0])["budgets"]
    assert [one["beyond"] != "" for one in listed if one["scope"] == "agent:triage"] == [False, True]
    assert budget("set", "agent:triage", "20")[1] == ""
    # The one of a month, set after, is told of the one of a run that stood before.
    assert "that of a run can never be reached" in budget("set", "everyone", "10")[1]
    assert budget("set", "run", "--calls", "3")[1] == ""
    assert (
        "run may use 3 calls a run, and everyone 2 calls a day"
        in budget("set", "everyone", "--calls", "2", "--period", "day")[1]
    )
