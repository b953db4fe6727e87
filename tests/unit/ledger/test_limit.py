"""Limits: what can be limited, and which budgets cover a call."""

from __future__ import annotations

import pytest

from gainful.core.money import Money
from gainful.ledger.budget import Budget, Period
from gainful.ledger.limit import Limit, LimitInvalid, check, covering, usual_period


def limit(scope: str, cap: str | None = "1", calls: int | None = None, period: Period | None = None) -> Limit:
    money = Money(cap) if cap is not None else None
    return Limit(scope, period or usual_period(scope), money, calls, "robin")


@pytest.mark.parametrize(
    "scope",
    ["run", "run:7h2k9", "agent:triage", "person:ann@example.org", "team:r-d", "everyone", "person:Jürgen"],
)
def test_scopes(scope: str) -> None:
    check(scope, usual_period(scope))


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "triage",
        "agent:",
        "agent:a b",
        "agent:a:b",
        "agent:../x",
        "Everyone",
        "everyone:x",
        "model",
        "run:",
        "a" * 99,
    ],
)
def test_what_is_no_scope(scope: str) -> None:
    with pytest.raises(LimitInvalid, match="nothing that a budget can be set for"):
        check(scope, "month")


def test_runs_have_no_days() -> None:
    with pytest.raises(LimitInvalid, match="lasts one run, not a day"):
        limit("run", period="day")
    with pytest.raises(LimitInvalid, match="'week' is no period"):
        check("everyone", "week")
    assert limit("agent:triage", period="run").budget().period == "run"


def test_a_limit_limits_something() -> None:
    for cap, calls, problem in (
        (None, None, "Nothing is limited"),
        ("-1", None, "A budget of -1"),
        (None, -1, "-1 calls"),
    ):
        with pytest.raises(LimitInvalid, match=problem):
            limit("everyone", cap, calls)


def test_its_budget_says_how_to_raise_it() -> None:
    assert limit("agent:triage", "10", 200).budget() == Budget(
        "agent:triage",
        Money(10),
        200,
        "month",
        "Raise it with `gainful budget set agent:triage {cap} --calls {calls} --period month`",
    )
    assert limit("run:7h2k9", None, 5).budget().raise_by == (
        "Raise it with `gainful budget set run:7h2k9 --calls {calls} --period run`"
    )


LIMITS = [
    limit("everyone"),
    limit("agent:triage"),
    limit("agent:triage", period="day"),
    limit("agent:other"),
    limit("person:robin"),
    limit("person:ann"),
    limit("team:support"),
]


def names(budgets: tuple[Budget, ...]) -> list[str]:
    return [f"{budget.name} {budget.period}" for budget in budgets]


def test_a_call_is_covered_by_all_that_it_belongs_to() -> None:
    assert names(covering(LIMITS, run_id="r1", agent="triage", person="robin", team="support")) == [
        "run run",
        "agent:triage month",
        "agent:triage day",
        "person:robin month",
        "team:support month",
        "everyone month",
    ]
    assert names(covering(LIMITS, run_id="r1")) == ["run run", "everyone month"]


def test_a_run_without_a_limit_is_counted_all_the_same() -> None:
    assert covering([], run_id="r1", agent="triage") == (Budget("run", period="run"),)


def test_a_runs_own_limit_comes_before_the_one_for_each_run() -> None:
    limits = [limit("run", "1"), limit("run:r1", "5")]
    assert [budget.cap for budget in covering(limits, run_id="r1")] == [Money(5)]
    assert [budget.cap for budget in covering(limits, run_id="r2")] == [Money(1)]
    # Both are one budget in the books, so that raising it keeps what the run has spent.
    assert {budget.name for number in "12" for budget in covering(limits, run_id=f"r{number}")} == {"run"}
