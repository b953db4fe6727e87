"""Boards, findings, second looks and outcomes, as a person and as another system asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.app.trial.company import LOUD, QUIET, Company
from gainful.cli.books import board_view
from gainful.cli.main import run
from gainful.core.fact_json import fact_json

UNTIL = datetime(2026, 10, 5, tzinfo=UTC)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("facts") / "facts.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for fact in Company(1, UNTIL).facts():
            out.write(json.dumps(fact_json(fact)) + "\n")
    return file


@pytest.fixture(scope="module")
def home(reported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which the company's facts were imported."""
    place = tmp_path_factory.mktemp("home")
    assert run(["--home", str(place), "import", "events", str(reported)]) == 0
    return place


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["--home", str(home), *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_importing_again_changes_nothing(command: Command, reported: Path) -> None:
    status, out, _ = command("import", "events", str(reported), "--json")
    (done,) = rows(out)
    assert (status, done["new"], done["rejected"]) == (0, 0, 0)
    assert done["doubled"] > 50_000


def test_lines_that_are_no_facts_are_kept_with_their_reason(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    good = '{"kind": "team", "id": "new", "at": "2026-01-01T00:00:00Z"}'
    file.write_text(f'{good}\n\n{{"kind": "team"}}\n[1]\nno json\n{"x" * 70_000}\n', encoding="utf-8")
    status, out, err = command("import", "events", str(file))
    assert status == 6
    assert out == "1 new fact, 0 known already.\n"
    assert "line 3: A team needs 'at'." in err
    kept = rows((tmp_path / "some.jsonl.rejected.jsonl").read_text(encoding="utf-8"))
    assert [one["line"] for one in kept] == [3, 4, 5, 6]
    assert len(kept[-1]["content"]) == 200


def test_a_file_that_is_not_there_is_said(command: Command, tmp_path: Path) -> None:
    status, _, err = command("import", "events", str(tmp_path / "none.jsonl"))
    assert status == 2
    assert "cannot be read" in err


def test_the_quiet_team_stands_above_the_loud_one(command: Command) -> None:
    status, out, _ = command("board", "--json")
    board = rows(out)
    places = {one["unit"]: one["rank"] for one in board}
    assert status == 0
    assert places[QUIET] < 5
    assert places[LOUD] == len(board)
    assert not any("token" in name for one in board for name in one)


def test_the_board_fits_a_narrow_terminal(command: Command) -> None:
    _, out, _ = command("board", "--limit", "3")
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "An hour is assumed to cost 60 USD" in out


def test_agents_of_one_person_stand_on_no_public_board(command: Command) -> None:
    assert rows(command("board", "--by", "agent", "--json", "--public")[1]) == []
    assert len(rows(command("board", "--by", "agent", "--json")[1])) > 250
    # Nobody has asked to be shown.
    assert rows(command("board", "--by", "person", "--json")[1]) == []


def test_findings_come_by_money_and_name_work(command: Command) -> None:
    found = rows(command("audit", "--json")[1])
    costs = [Decimal(one["cost_usd"]) for one in found]
    assert costs == sorted(costs, reverse=True)
    assert {"agents-talking", "no-effect", "own-approval"} <= {one["kind"] for one in found}
    assert {one["team"] for one in found if one["kind"] == "agents-talking"} == {LOUD}
    _, shown, _ = command("audit", "--limit", "1")
    assert "A finding describes work, and nobody's intentions." in shown
    assert max(len(line) for line in shown.splitlines()[2:]) <= 80


def test_a_finding_about_another_product_is_mended_there(command: Command) -> None:
    found = rows(command("audit", "--json")[1])[0]
    status, shown, _ = command("audit", "fix", found["id"][:9])
    assert status == 0
    assert found["kind"] in shown
    assert "Nothing was changed yet." in shown
    (done,) = rows(command("audit", "fix", found["id"], "--apply", "--json")[1])
    assert (done["finding"], done["done"], done["undo"]) == (found["id"], False, "")
    assert len(done["said"]) > 40


def test_a_finding_that_is_none_is_not_mended(command: Command) -> None:
    status, _, told = command("audit", "fix", "nosuch", "--apply")
    assert status == 2
    assert "`gainful audit` lists them" in told


def test_the_page_of_worth_tells_what_is_not_known(command: Command) -> None:
    _, out, _ = command("worth")
    assert "with eight chances of ten" in out
    assert "hold-out, " in out
    assert "People with a useful week, against 80%" in out
    (told,) = rows(command("worth", "--json")[1])
    assert told["rate_assumed"] is True
    assert {one["source"] for one in told["baselines"]} == {"hold-out"}


def test_a_second_look_is_blind_and_confirmed(command: Command) -> None:
    (drawn,) = rows(command("audit", "next", "--json", "--count", "1")[1])
    assert set(drawn) == {"item", "work_class", "opened_at", "drawn_at", "confirms", "shown"}
    item = drawn["item"]
    assert rows(command("audit", "next", "--json")[1])[0]["item"] == item
    assert command("audit", "verdict", item, "fail", "--by", "zoe", "--minutes", "3")[0] == 0
    (again,) = rows(command("audit", "next", "--json")[1])
    assert (again["item"], again["confirms"]) == (item, True)
    status, _, err = command("audit", "verdict", item, "fail", "--by", "zoe")
    assert (status, "not-blind" in err) == (3, True)
    assert command("audit", "verdict", item, "pass", "--by", "yan", "--minutes", "20")[0] == 0
    assert command("audit", "verdict", item, "pass", "--by", "xi")[0] == 2


@pytest.mark.parametrize("minutes", ["many", "-1", "nan", "1e9"])
def test_minutes_that_cannot_be_are_refused(command: Command, minutes: str) -> None:
    status, _, err = command("audit", "verdict", "T-1", "pass", "--minutes", minutes)
    assert (status, "Invalid value" in err or "cannot be" in err or "no number" in err) == (2, True)


def test_an_outcome_is_claimed_accepted_and_says_what_it_lacks(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "item.jsonl"
    opened = {"kind": "work_item", "at": "2026-10-01T00:00:00Z", "id": "T-77", "work_class": "ticket"}
    file.write_text(json.dumps({**opened, "requester": "returns-1"}) + "\n", encoding="utf-8")
    command("import", "events", str(file))
    assert "is claimed." in command("outcome", "claim", "T-77", "--by", "billing-1", "--minutes", "30")[1]
    _, own, _ = command("outcome", "accept", "T-77", "--by", "billing-1")
    assert "Only the claimant's own side has accepted it; somebody else must." in own
    _, out, _ = command("outcome", "accept", "T-77", "--by", "returns-1")
    assert "T-77 is accepted." in out
    assert "No system of record has shown what it changed." in out
    assert "is rejected." in command("outcome", "reject", "T-77", "--by", "returns-2")[1]
    (shown,) = rows(command("outcome", "show", "T-77", "--json")[1])
    assert (shown["state"], shown["team"]) == ("rejected", "billing")


def test_an_item_that_nobody_reported_is_not_made_up(command: Command) -> None:
    status, _, err = command("outcome", "claim", "T-404")
    assert (status, "item-unknown" in err) == (2, True)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "0.00"), ("-0.0029", "-0.0029"), ("0.005", "0.0050"), ("-1234.5", "-1,234"), ("3.456", "3.46")],
)
def test_a_fraction_of_a_cent_is_neither_nothing_nor_less_than_nothing(amount: str, shown: str) -> None:
    assert board_view._usd(Decimal(amount)) == shown
