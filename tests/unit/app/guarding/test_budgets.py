"""Which limits stand, where they come from, and which of them cover a call."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.app import Gainful
from gainful.app.guarding.budgets import Budgets
from gainful.core.money import Money
from gainful.ledger.budget import Budget
from gainful.ledger.limit import SETTINGS, LimitInvalid, NoSuchLimit
from gainful.storage.books.budget_store import BudgetStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.settings.config import Config, Home, parse
from gainful.storage.settings.findings import ConfigInvalid

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

SETTINGS_TEXT = """
[owner]
name = "robin"
team = "support"

[[budgets]]
scope = "run"
cap = 0.25

[[budgets]]
scope = "agent:triage"
cap = "10"
calls = 2000
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "g.db")
    yield engine
    engine.dispose()


def made(engine: Engine, text: str = SETTINGS_TEXT) -> Budgets:
    config = parse(text, Path("gainful.toml"))
    return Budgets(config, BudgetStore(engine, lambda: NOON), LedgerStore(engine, lambda: NOON))


def caps(budgets: tuple[Budget, ...]) -> dict[str, str]:
    return {f"{each.name} {each.period}": f"{each.cap} {each.calls}" for each in budgets}


def test_the_settings_cover_a_call(engine: Engine) -> None:
    assert caps(made(engine).covering("triage", "r1")) == {
        "run run": "0.25 USD None",
        "agent:triage month": "10.00 USD 2000",
    }
    assert caps(made(engine, "").covering("triage", "r1")) == {"run run": "None None"}


def test_what_a_person_set_comes_before_the_settings_until_it_is_removed(engine: Engine) -> None:
    budgets = made(engine)
    budgets.set("agent:triage", None, Money(20), None, keep_calls=True)
    budgets.set("team:support", "day", None, 50)
    budgets.set("person:robin", None, Money(5), None)
    assert caps(budgets.covering("triage", "r1")) == {
        "run run": "0.25 USD None",
        "agent:triage month": "20.00 USD 2000",
        "person:robin month": "5.00 USD None",
        "team:support day": "None 50",
    }
    assert caps(budgets.covering("triage", "r1", person="ann")).keys() == {"run run", "agent:triage month"}
    restored = budgets.remove("agent:triage", None)
    assert restored is not None
    assert (restored.cap, restored.set_by) == (Money(10), SETTINGS)
    assert budgets.remove("person:robin", "month") is None
    assert [(change.scope, str(change.cap), change.removed, change.set_by) for change in budgets.history()] == [
        ("agent:triage", "20.00 USD", False, "robin"),
        ("team:support", "None", False, "robin"),
        ("person:robin", "5.00 USD", False, "robin"),
        ("agent:triage", "None", True, "robin"),
        ("person:robin", "None", True, "robin"),
    ]


def test_a_cap_can_be_lifted_and_the_other_one_kept(engine: Engine) -> None:
    budgets = made(engine)
    assert budgets.set("agent:triage", None, None, None, keep_calls=True).cap is None
    assert budgets.set("agent:triage", None, Money(3), None, keep_calls=True).calls == 2000
    with pytest.raises(LimitInvalid, match="Nothing is limited"):
        budgets.set("agent:triage", None, None, None)


def test_what_cannot_be_removed(engine: Engine) -> None:
    budgets = made(engine)
    with pytest.raises(NoSuchLimit):
        budgets.remove("everyone", None)
    with pytest.raises(LimitInvalid, match="stands in the settings"):
        budgets.remove("agent:triage", None)
    budgets.set("everyone", "day", Money(1), None)
    budgets.set("everyone", "month", Money(9), None)
    with pytest.raises(LimitInvalid, match="several budgets, for day and month"):
        budgets.remove("everyone", None)
    budgets.remove("everyone", "day")
    with pytest.raises(NoSuchLimit):
        BudgetStore(engine, lambda: NOON).remove("everyone", "day", "robin")
    assert [limit.period for limit in budgets.limits() if limit.scope == "everyone"] == ["month"]


def test_another_process_sees_a_changed_cap_at_once(engine: Engine, tmp_path: Path) -> None:
    here, there = made(engine), made(open_database(tmp_path / "g.db"))
    there.set("run", None, Money(7), None)
    assert caps(here.covering("triage", "r1"))["run run"] == "7.00 USD None"


def test_a_listing_shows_how_budgets_stand_in_a_run(engine: Engine) -> None:
    budgets = made(engine)
    budgets.set("run:r2", None, Money(1), None)
    books = LedgerStore(engine, lambda: NOON)
    for run in ("r1", "r2"):
        books.reserve(budgets.covering("triage", run), Money("0.1"), run, "openai:small", run)
    shown = {item.scope: (str(item.standing.left), item.set_by) for item in budgets.listed("r1")}
    assert shown == {
        "agent:triage": ("9.80 USD", SETTINGS),
        "run": ("0.15 USD", SETTINGS),
        "run:r2": ("0.9 USD", "robin"),
    }
    model = Budget("model", Money("0.5"))
    assert next(iter(budgets.listed(more=[model]))).scope == "model"


def test_without_a_name_the_person_is_the_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    assert Config().owner.person == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd(("EXAMPLE\\ann lee", "", 1, 1, "", "", "")))
    assert Config().owner.person == "EXAMPLE-ann-lee"

    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert Config().owner.person == f"uid{os.getuid()}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[budgets]]\nscope = "triage"\ncap = 1\n', "nothing that a budget can be set for"),
        ('[[budgets]]\nscope = "run"\n', "Nothing is limited"),
        ('[[budgets]]\nscope = "run"\ncap = 1\nperiod = "day"\n', "lasts one run, not a day"),
        ('[[budgets]]\nscope = "everyone"\ncap = -1\n', "cap"),
        ('[[budgets]]\nscope = "everyone"\ncalls = 1.5\n', "calls"),
        ('[[budgets]]\nscope = "run"\ncap = 1\n' * 2, "two budgets are set for 'run' a run"),
        ('[owner]\nname = "Ann Lee"\n', "name"),
    ],
)
def test_settings_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        parse(text, Path("gainful.toml"))


def test_a_line_of_history_stands_in_the_books_too(tmp_path: Path) -> None:
    """A changed cap is an entry of its own, at the first call that it counts for."""
    with Gainful.open(Home(tmp_path / "home")) as gainful:
        for cap in ("0.5", "2"):
            gainful.budgets.set("everyone", None, Money(cap), None)
            budgets = gainful.budgets.covering("triage", "r1")
            gainful.ledger.reserve(budgets, Money("0.1"), f"call at {cap}", "openai:small", "r1")
        grants = [row for row in gainful.ledger.rows() if row.kind == "grant"]
        assert [row.memo for row in grants] == ["cap 0.5 USD", "cap 2.00 USD"]
        assert [str(row.postings[0].amount.normalize()) for row in grants] == ["0.5", "1.5"]
        assert gainful.ledger.verify() == []
        assert [item.scope for item in gainful.budgets.listed()] == ["everyone"]
