"""Waste: what each detector sees, and the honest work that looks like it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from gainful.core.fact import Call, Evidence, Exploration, Read, Run
from gainful.core.money import Money, Tokens
from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case, HeldRecord, Use
from gainful.worth.waste import find_waste, kinds
from tests.unit.worth.organisations import BEGIN, END, SETTINGS, day, item, people, record, spent, use


def found(cases: list[Case] | None = None, loose: list[Use] | None = None, **change: Any) -> dict[str, WasteFinding]:
    """The findings about Bo's agent, by kind."""
    told = find_waste(replace(record(cases or [], loose), **change), SETTINGS)
    return {one.kind: one for one in told if one.agent == "bo-agent"}


def runs(count: int, every: timedelta = timedelta(hours=30), **run: Any) -> list[Use]:
    return [use(f"r{n:03d}", at=BEGIN + n * every, **run) for n in range(count)]


def same(name: str) -> tuple[Evidence, ...]:
    return (Evidence(at=day(2), work_item=name, system="system:cluster", what="effect", before="s", after="s"),)


def test_what_changed_nothing_is_named_and_the_odd_restart_is_not() -> None:
    idle = [item(f"D-{n}", evidence=same(f"D-{n}")) for n in range(5)]
    told = found(idle)["no-effect"]
    assert (told.cost, told.fix.remedy, told.team) == (Money("5"), Remedy.ON_CHANGE, "shop")
    assert told.proof == "5 of 5 claimed items changed nothing: the digests before and after agree."
    assert told.items == tuple(f"D-{n}" for n in range(5))
    busy = [item(f"T-{n}") for n in range(60)]
    assert "no-effect" not in found([*idle[:4], *busy])


def chain(length: int, start: int = 0, **run: Any) -> list[Use]:
    """A run by the clock, and others that each set the next one off."""
    return [
        use(
            f"c{start}-{n}",
            f"{('bo', 'cy')[n % 2]}-agent",
            at=day(start) + timedelta(minutes=n),
            trigger="agent" if n else "schedule",
            caused_by=f"c{start}-{n - 1}" if n else "",
            **run,
        )
        for n in range(length)
    ]


def test_agents_that_set_each_other_off_are_named_and_a_helper_of_a_helper_is_not() -> None:
    talk = [one for start in range(3) for one in chain(9, start)]
    told = found(loose=talk)["agents-talking"]
    assert told.fix.remedy is Remedy.PAUSE
    assert "up to 8 in a row" in told.proof
    handed_on = [one for start in range(20) for one in chain(3, start)]
    assert "agents-talking" not in found(loose=handed_on)
    read = [replace(one, reads=(Read(at=END, run=one.run.id, by="ann"),)) for one in talk]
    assert "agents-talking" not in found(loose=read)


def test_a_circle_of_agents_is_a_chain_too() -> None:
    circle = chain(8)
    circle[0] = replace(circle[0], run=replace(circle[0].run, trigger="agent", caused_by="c0-7"))
    more = [one for start in (5, 9) for one in chain(8, start)]
    assert "agents-talking" in found(loose=[*circle, *more])


def test_a_schedule_that_nobody_reads_is_named_and_one_that_is_read_now_and_then_is_not() -> None:
    idle = runs(14, timedelta(days=1), trigger="schedule", output_hash="same")
    told = found(loose=idle)["idle-schedule"]
    assert told.cost == Money(14)
    assert told.proof == (
        "14 scheduled runs in a row put out what nobody opened; 13 of them put out the same as the run before."
    )
    read = [
        replace(one, reads=(Read(at=one.run.at, run=one.run.id, by="ann"),)) if n % 5 == 0 else one
        for n, one in enumerate(idle)
    ]
    assert "idle-schedule" not in found(loose=read)


def test_the_same_input_again_is_named_and_a_retry_after_a_failure_is_not() -> None:
    again = runs(8, input_hash="x")
    told = found(loose=again)["repeated-work"]
    assert told.cost == Money(7)
    assert "repeated-work" not in found(loose=runs(8, input_hash="x", status="failed"))
    assert "repeated-work" not in found(loose=runs(8, timedelta(days=15), input_hash="x"))


def sitting(name: str, count: int, every: timedelta) -> Case:
    asked = [use(f"{name}-{n}", at=day(1) + n * every, work_item=name) for n in range(count)]
    return item(name, uses=tuple(asked))


def test_one_question_in_many_prompts_is_named_and_days_of_work_on_one_item_are_not() -> None:
    told = found([sitting(f"T-{n}", 6, timedelta(minutes=5)) for n in range(6)])["one-question-many-prompts"]
    assert told.cost == Money(30)
    assert not found([sitting(f"T-{n}", 6, timedelta(hours=5)) for n in range(6)])


def tried(number: int, fails: int) -> Use:
    calls = tuple(
        Call(at=day(number), id=f"{number}-{n}", run=f"t{number}", model="m", cost=Decimal(1), failed=n < fails)
        for n in range(5)
    )
    return Use(Run(at=day(number), id=f"t{number}", agent="bo-agent", person="bo", work_item=f"T-{number}"), calls)


def test_calls_that_fail_again_and_again_are_named_and_a_flaky_one_is_not() -> None:
    told = found([item(f"T-{n}", uses=(tried(n, 4),)) for n in range(6)])["failing-retries"]
    assert (told.cost, told.fix.remedy) == (Money(24), Remedy.BUDGET)
    assert "failing-retries" not in found([item(f"T-{n}", uses=(tried(n, 1),)) for n in range(20)])


def test_what_a_document_had_answered_is_named() -> None:
    def documented(name: str) -> Case:
        known = Evidence(at=day(2), work_item=name, system="system:wiki", what="documented")
        return item(name, evidence=(*item(name).evidence, known))

    assert found([documented(f"T-{n}") for n in range(6)])["document-answers"].fix.remedy is Remedy.DOCUMENT
    assert "document-answers" not in found([documented(f"T-{n}") for n in range(4)])


def refused(name: str) -> Case:
    return item(name, verdicts=(replace(item(name).verdicts[0], accepted=False),), times=(spent("rework", 20),))


def test_an_agent_that_mostly_fails_is_named_and_one_that_fails_now_and_then_is_not() -> None:
    assert "failing-agent" in found([refused(f"T-{n}") for n in range(12)])
    some = [refused(f"T-{n}") for n in range(9)] + [item(f"G-{n}") for n in range(40)]
    assert "failing-agent" not in found(some)


def test_work_that_is_undone_again_and_again_is_named() -> None:
    from tests.unit.worth.organisations import reversal

    undone = [item(f"T-{n}", reversals=(reversal(),)) for n in range(8)]
    assert "undone-work" in found([*undone, *(item(f"G-{n}") for n in range(8))])
    assert "undone-work" not in found([*undone[:4], *(item(f"G-{n}") for n in range(40))])


def test_claims_that_nobody_answers_are_named() -> None:
    silent = [item(f"M-{n}", verdicts=()) for n in range(10)]
    assert found(silent)["unread-output"].cost == Money(10)
    assert "unread-output" not in found([*silent[:9], *(item(f"G-{n}") for n in range(60))])


def test_a_weekly_run_for_its_own_sake_is_named_and_somebody_with_work_is_not() -> None:
    weekly = runs(8, timedelta(weeks=1))
    assert "weekly-ping" in found(loose=weekly)
    assert "weekly-ping" not in found([item(f"T-{n}") for n in range(5)], weekly)


def test_a_binge_at_the_end_of_months_is_named_and_even_use_is_not() -> None:
    ends = [day(25.5), day(53.5), day(84.5)]
    binge = [use(f"b{n}", at=ends[n % 3] + timedelta(minutes=n)) for n in range(30)]
    assert "end-of-period" in found([item("T-1")], binge)
    assert "end-of-period" not in found([item("T-1")], runs(90))


def test_runs_that_serve_nothing_are_named_and_declared_or_read_ones_are_not() -> None:
    aside = runs(20)
    told = found(loose=aside)["orphan-runs"]
    assert told.fix.remedy is Remedy.DECLARE
    assert "orphan-runs" not in found([item(f"T-{n}") for n in range(90)], aside)
    who = replace(
        people(),
        explorations={"x": Exploration(at=BEGIN, id="x", team="shop", budget=Decimal(99), ends_at=END)},
    )
    assert not found(loose=runs(20, exploration="x"), who=who)


def prompted(by: str, number: int, tokens: int) -> Case:
    name = f"{by}-{number}"
    calls = tuple(
        Call(at=day(1), id=f"{name}-{n}", run=name, model="m", tokens=Tokens(tokens), cost=Decimal(1)) for n in range(2)
    )
    return item(name, by, uses=(Use(Run(at=day(1), id=name, agent=f"{by}-agent", person=by, work_item=name), calls),))


def test_padded_context_is_named_where_it_brings_nothing() -> None:
    who = replace(
        people(),
        agents={
            **people().agents,
            **{f"p{n}-agent": replace(people().agents["bo-agent"], id=f"p{n}-agent", owner="cy") for n in range(6)},
        },
    )
    others = [prompted(f"p{peer}", n, 5000) for peer in range(6) for n in range(10)]
    padded = [prompted("bo", n, 90_000) for n in range(10)]
    told = found([*others, *padded], who=who)["padded-context"]
    assert told.fix.remedy is Remedy.SHORTEN
    assert Decimal("18") < told.cost.amount < Decimal("19.5")
    assert "18 times as many" in told.proof
    assert "padded-context" not in found([*others, *(prompted("bo", n, 12_000) for n in range(10))], who=who)


def test_a_run_is_named_once_and_all_findings_cost_no_more_than_was_spent() -> None:
    loose = runs(30, timedelta(hours=6), input_hash="x")
    told = find_waste(HeldRecord(BEGIN, END, people(), [], loose), SETTINGS)
    named = [run for one in told for run in one.runs]
    assert len(named) == len(set(named))
    assert sum((one.cost.amount for one in told), Decimal(0)) <= 30


def test_no_finding_names_a_person() -> None:
    loose = [one for start in range(3) for one in chain(9, start)] + runs(20)
    told = find_waste(record([refused(f"T-{n}") for n in range(12)], loose), SETTINGS)
    assert len(told) >= 3
    for one in told:
        words = one.proof.replace(",", " ").replace(".", " ").split()
        assert not set(words) & set(people().people)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_stands_on_the_page_about_waste(kind: str) -> None:
    from pathlib import Path

    page = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "waste.md").read_text(encoding="utf-8")
    assert f"`{kind}`" in page
