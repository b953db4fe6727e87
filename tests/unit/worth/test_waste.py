"""Waste: what each detector sees, and the honest work that looks like it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.core.fact import Call, Evidence, Exploration, Read, Run, Verdict
from gainful.core.money import Money, Tokens
from gainful.worth.finding import KINDS, Fix, Remedy, WasteFinding
from gainful.worth.record import Case, HeldRecord, Use
from gainful.worth.waste import find_waste, kinds
from tests.unit.worth.organisations import BEGIN, END, SETTINGS, day, item, people, record, reversal, spent, use


def found(cases: list[Case] | None = None, loose: list[Use] | None = None, **change: Any) -> dict[str, WasteFinding]:
    """The findings about Bo's agent, by kind."""
    told = find_waste(replace(record(cases or [], loose), **change), SETTINGS)
    return {one.kind: one for one in told if one.agent == "bo-agent"}


def runs(count: int, every: timedelta = timedelta(hours=30), **run: Any) -> list[Use]:
    return [use(f"r{n:03d}", at=BEGIN + n * every, **run) for n in range(count)]


def later(case: Case, days: float) -> Case:
    """The same item with everything about it so many days later."""
    by = timedelta(days=days)

    def moved(facts: Any) -> tuple[Any, ...]:
        return tuple(replace(one, at=one.at + by) for one in facts)

    uses = tuple(Use(replace(one.run, at=one.run.at + by), moved(one.calls), moved(one.reads)) for one in case.uses)
    names = ("times", "claims", "verdicts", "evidence", "reversals", "audits")
    rest: dict[str, Any] = {name: moved(getattr(case, name)) for name in names}
    return replace(case, uses=uses, **rest)


def over_days(cases: list[Case]) -> list[Case]:
    """A case a day."""
    return [later(case, number) for number, case in enumerate(cases)]


def same(name: str) -> tuple[Evidence, ...]:
    return (Evidence(at=day(2), work_item=name, system="system:cluster", what="effect", before="s", after="s"),)


def test_what_changed_nothing_is_named_and_the_odd_restart_is_not() -> None:
    idle = over_days([item(f"D-{n}", evidence=same(f"D-{n}")) for n in range(5)])
    told = found(idle)["no-effect"]
    assert (told.cost, told.fix.remedy, told.team) == (Money("5"), Remedy.ON_CHANGE, "shop")
    assert told.proof == "5 of 5 claimed items changed nothing: the digests before and after agree."
    assert told.items == tuple(f"D-{n}" for n in range(5))
    busy = [item(f"T-{n}") for n in range(60)]
    assert "no-effect" not in found([*idle[:4], *busy])


def test_idle_deployments_are_held_against_other_deployments_and_not_against_letters() -> None:
    def deployed(name: str, **more: Any) -> Case:
        return item(name, work_class="deployment", **more)

    idle = over_days([deployed(f"D-{n}", evidence=same(f"D-{n}")) for n in range(8)])
    letters = [item(f"M-{n}", work_class="mail") for n in range(200)]
    assert (
        "8 of 20 claimed items" in found([*idle, *(deployed(f"E-{n}") for n in range(12)), *letters])["no-effect"].proof
    )


def test_the_restarts_of_one_incident_are_no_habit() -> None:
    assert "no-effect" not in found([item(f"D-{n}", evidence=same(f"D-{n}")) for n in range(9)])


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
    last = [
        replace(one, reads=(Read(at=END, run=one.run.id, by="ann"),) if one.run.id[-1] == "8" else ()) for one in talk
    ]
    assert "agents-talking" not in found(loose=last), "what hands a report on need not be read itself"


def test_a_chain_that_ends_in_an_item_serves_it() -> None:
    talk = [one for start in range(3) for one in chain(9, start)]
    served = [
        item(f"T-{n}", uses=(use(f"s{n}", at=day(n + 1), trigger="agent", caused_by=f"c{n}-8", work_item=f"T-{n}"),))
        for n in range(3)
    ]
    assert "agents-talking" not in found(served, talk)


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
        "14 scheduled runs, in rows of 10 or more, put out what nobody opened; 13 runs that nobody opened put out the "
        "same as the one before."
    )
    read = [
        replace(one, reads=(Read(at=one.run.at, run=one.run.id, by="ann"),)) if n % 5 == 0 else one
        for n, one in enumerate(idle)
    ]
    assert "idle-schedule" not in found(loose=read)


def test_a_nightly_job_whose_changes_are_read_may_run_for_weeks_without_one() -> None:
    nights = runs(70, timedelta(days=1), trigger="schedule")
    told = [
        replace(
            one,
            run=replace(one.run, output_hash=f"state {n // 20}"),
            reads=(Read(at=one.run.at, run=one.run.id, by="ann"),) if n % 20 == 0 else (),
        )
        for n, one in enumerate(nights)
    ]
    assert "idle-schedule" not in found(loose=told)
    unread = [replace(one, reads=()) for one in told]
    assert "idle-schedule" in found(loose=unread)


def test_a_schedule_that_nobody_could_have_read_yet_is_left_alone() -> None:
    assert "idle-schedule" not in found(loose=runs(40, timedelta(minutes=10), trigger="schedule"))


def test_the_same_input_again_is_named_and_a_retry_after_a_failure_is_not() -> None:
    again = runs(8, input_hash="x")
    told = found(loose=again)["repeated-work"]
    assert told.cost == Money(7)
    assert "repeated-work" not in found(loose=runs(8, input_hash="x", status="failed"))
    assert "repeated-work" not in found(loose=runs(8, timedelta(days=15), input_hash="x"))


def read(uses: list[Use]) -> list[Use]:
    return [replace(one, reads=(Read(at=one.run.at, run=one.run.id, by="ann"),)) for one in uses]


def test_asking_again_because_the_answer_changes_is_no_repeat() -> None:
    news = [
        replace(one, run=replace(one.run, output_hash=f"news {n}")) for n, one in enumerate(runs(12, input_hash="x"))
    ]
    assert "repeated-work" not in found(loose=read(news))
    assert "repeated-work" in found(loose=read(runs(12, input_hash="x", output_hash="as ever")))


def tried_on(name: str, days: tuple[float, ...], by: str = "bo") -> tuple[Use, ...]:
    return tuple(
        use(f"{name}-{n}", f"{by}-agent", at=day(at), work_item=name, input_hash=name) for n, at in enumerate(days)
    )


def test_items_that_hold_the_same_words_are_no_repeat_and_one_item_answered_twice_is() -> None:
    asked = over_days(
        [item(f"T-{n}", uses=(use(f"r{n}", work_item=f"T-{n}", input_hash="how do I log in"),)) for n in range(12)]
    )
    assert "repeated-work" not in found(asked)
    twice = over_days([item(f"T-{n}", uses=tried_on(f"T-{n}", (1, 1.2))) for n in range(8)])
    assert found(twice)["repeated-work"].cost == Money(8)


def test_another_try_after_a_refusal_is_no_repeat() -> None:
    def refused_once(name: str) -> Case:
        no = Verdict(at=day(1.1), work_item=name, by="ann", accepted=False)
        return item(name, uses=tried_on(name, (1, 1.2)), verdicts=(no, *item(name).verdicts))

    assert "repeated-work" not in found(over_days([refused_once(f"T-{n}") for n in range(8)]))


def test_finished_work_that_is_run_again_on_the_side_is_a_repeat() -> None:
    done = over_days([item(f"T-{n}", uses=tried_on(f"T-{n}", (1,))) for n in range(8)])
    again = [use(f"again-{n}", at=day(3 + n), input_hash=f"T-{n}") for n in range(8)]
    assert found(done, again)["repeated-work"].cost == Money(8)


def asides(by: str, inputs: list[str], start: float = 0) -> list[Use]:
    return [use(f"{by}-{n}", f"{by}-agent", at=day(start + n / 2), input_hash=given) for n, given in enumerate(inputs)]


def test_two_agents_that_do_the_same_are_named_once_and_a_letter_to_all_is_not() -> None:
    letters = [f"letter {n}" for n in range(20)]
    told = find_waste(record([], [*asides("bo", letters), *asides("cy", letters, 1)]), SETTINGS)
    (both,) = [one for one in told if one.kind == "duplicated-work"]
    assert (both.agent, both.cost) == ("cy-agent", Money(20))
    own = [f"own {n}" for n in range(40)]
    mixed = [*asides("bo", [*letters[:14], *own]), *asides("cy", [*letters[:14], *(f"mine {n}" for n in range(40))])]
    assert "duplicated-work" not in {one.kind for one in find_waste(record([], mixed), SETTINGS)}
    months_later = [*asides("bo", letters), *asides("cy", letters, 60)]
    assert "duplicated-work" not in {one.kind for one in find_waste(record([], months_later), SETTINGS)}


def sitting(name: str, count: int, every: timedelta) -> Case:
    asked = [use(f"{name}-{n}", at=day(1) + n * every, work_item=name) for n in range(count)]
    return item(name, uses=tuple(asked))


def test_one_question_in_many_prompts_is_named_and_days_of_work_on_one_item_are_not() -> None:
    told = found(over_days([sitting(f"T-{n}", 6, timedelta(minutes=5)) for n in range(6)]))["one-question-many-prompts"]
    assert told.cost == Money(30)
    assert not found(over_days([sitting(f"T-{n}", 6, timedelta(hours=5)) for n in range(6)]))


def test_a_sitting_counts_although_the_item_was_begun_days_before() -> None:
    def resumed(name: str) -> Case:
        first = use(f"{name}-first", at=day(-3), work_item=name)
        return replace(
            sitting(name, 5, timedelta(minutes=5)), uses=(first, *sitting(name, 5, timedelta(minutes=5)).uses)
        )

    assert found(over_days([resumed(f"T-{n}") for n in range(6)]))["one-question-many-prompts"].cost == Money(24)


def peers(count: int = 8) -> Any:
    """Bo's agent beside others."""
    more = {
        f"p{n}-agent": replace(people().agents["bo-agent"], id=f"p{n}-agent", team=f"team {n // 2}")
        for n in range(count)
    }
    return replace(people(), agents={**people().agents, **more})


def of_peers(make: Any, count: int = 8, each: int = 12) -> list[Case]:
    """What others' agents did, a day each."""
    return [case for peer in range(count) for case in over_days([make(f"p{peer}", n) for n in range(each)])]


def test_a_class_of_work_in_which_everybody_asks_often_makes_nobody_a_finding() -> None:
    def often(by: str, number: int) -> Case:
        name = f"{by}-{number}"
        count = 6 if number % 10 < 8 else 1
        asked = [use(f"{name}-{n}", f"{by}-agent", at=day(1) + n * timedelta(minutes=5)) for n in range(count)]
        return item(name, by, uses=tuple(asked))

    mine = over_days([often("bo", n) for n in range(12)])
    assert "one-question-many-prompts" in found(mine, who=peers())
    assert "one-question-many-prompts" not in found([*mine, *of_peers(often)], who=peers())


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


def test_runs_of_one_input_that_fail_each_time_are_named_from_the_third_on() -> None:
    told = found(loose=runs(9, input_hash="x", status="failed"))["failing-retries"]
    assert (told.cost, told.fix.remedy) == (Money(7), Remedy.BUDGET)
    different = [
        replace(one, run=replace(one.run, input_hash=f"x{n}")) for n, one in enumerate(runs(9, status="failed"))
    ]
    assert "failing-retries" not in found(loose=different)


def test_days_on_which_everybody_fails_are_nobodys_habit() -> None:
    def failing_on(by: str, days: tuple[int, ...]) -> list[Use]:
        made = []
        for number in range(40):
            calls = tuple(
                Call(at=day(number), id=f"{by}{number}-{n}", model="m", cost=Decimal(1), failed=number in days)
                for n in range(3)
            )
            made.append(Use(Run(at=day(number), id=f"{by}{number}", agent=by, input_hash=f"{by}{number}"), calls))
        return made

    outages = (3, 12, 20, 29, 36)
    everybody = [one for peer in range(8) for one in failing_on(f"p{peer}-agent", (*outages, 5 + peer))]
    assert "failing-retries" not in found(loose=[*everybody, *failing_on("bo-agent", outages)], who=peers())
    alone = failing_on("bo-agent", (4, 9, 16, 23, 31))
    assert "failing-retries" in found(loose=[*everybody, *alone], who=peers())


def test_what_a_document_had_answered_is_named() -> None:
    def documented(name: str) -> Case:
        known = Evidence(at=day(2), work_item=name, system="system:wiki", what="documented")
        return item(name, evidence=(*item(name).evidence, known))

    told = found(over_days([documented(f"T-{n}") for n in range(6)]))
    assert told["document-answers"].fix.remedy is Remedy.DOCUMENT
    assert "document-answers" not in found(over_days([documented(f"T-{n}") for n in range(4)]))


def refused(name: str) -> Case:
    return item(name, verdicts=(replace(item(name).verdicts[0], accepted=False),), times=(spent("rework", 20),))


def test_an_agent_that_mostly_fails_is_named_and_one_that_fails_now_and_then_is_not() -> None:
    told = found(over_days([refused(f"T-{n}") for n in range(12)]))["failing-agent"]
    # People's time goes with it: twenty minutes of rework an item.
    assert told.seconds == 12 * 20 * 60
    some = over_days([refused(f"T-{n}") for n in range(9)]) + [item(f"G-{n}") for n in range(40)]
    assert "failing-agent" not in found(some)


def attempt(by: str, number: int, fails: int) -> Case:
    """One in so many of ten fails."""
    name = f"{by}-{number}"
    case = item(name, by)
    return replace(case, verdicts=(replace(case.verdicts[0], accepted=number % 10 >= fails),))


def test_hard_work_that_fails_with_everybody_is_no_finding_and_failing_beside_others_is() -> None:
    mine = over_days([attempt("bo", n, 5) for n in range(40)])
    assert "failing-agent" in found([*mine, *of_peers(lambda by, n: attempt(by, n, 1), each=30)], who=peers())
    assert "failing-agent" not in found([*mine, *of_peers(lambda by, n: attempt(by, n, 4), each=30)], who=peers())


def test_failing_a_little_more_often_than_others_is_no_finding_however_often_it_was_seen() -> None:
    mine = over_days([attempt("bo", n, 4) for n in range(100)])
    others = of_peers(lambda by, n: attempt(by, n, 3), each=100)
    more = [replace(later(case, n), id=f"{case.id}-{n}") for n in range(6) for case in mine]
    assert "failing-agent" not in found([*more, *others], who=peers())
    assert "failing-agent" in found([*more, *of_peers(lambda by, n: attempt(by, n, 2), each=100)], who=peers())


def test_a_team_that_wastes_together_does_not_make_that_usual() -> None:
    """Twelve agents of one team fail half of the time, and two each of four others seldom do."""
    many = {f"q{n}-agent": replace(people().agents["bo-agent"], id=f"q{n}-agent", team="rockets") for n in range(12)}
    who = replace(peers(), agents={**peers().agents, **many})
    loud = [case for n in range(12) for case in over_days([attempt(f"q{n}", number, 5) for number in range(30)])]
    quiet = of_peers(lambda by, n: attempt(by, n, 1), each=30)
    told = find_waste(replace(record([*loud, *quiet]), who=who), SETTINGS)
    assert {one.agent for one in told if one.kind == "failing-agent"} == set(many)
    # Agents of one team alone say nothing of what is usual; a fixed share does.
    alone = find_waste(replace(record(loud), who=who), SETTINGS)
    assert {one.agent for one in alone if one.kind == "failing-agent"} == set(many)


def test_equal_digests_are_no_matter_of_what_others_do() -> None:
    def idle(by: str, number: int) -> Case:
        return item(f"{by}-{number}", by, evidence=same(f"{by}-{number}"))

    told = found([*over_days([idle("bo", n) for n in range(12)]), *of_peers(idle)], who=peers())
    assert "no-effect" in told


def test_work_that_is_undone_again_and_again_is_named() -> None:
    undone = over_days([item(f"T-{n}", reversals=(reversal(),)) for n in range(8)])
    assert "undone-work" in found([*undone, *(item(f"G-{n}") for n in range(8))])
    assert "undone-work" not in found([*undone[:4], *(item(f"G-{n}") for n in range(40))])


def test_claims_that_nobody_answers_are_named() -> None:
    silent = over_days([item(f"M-{n}", verdicts=()) for n in range(10)])
    assert found(silent)["unread-output"].cost == Money(10)
    assert "unread-output" not in found([*silent[:9], *(item(f"G-{n}") for n in range(60))])


def test_where_nobody_answers_anybody_an_unanswered_claim_says_nothing() -> None:
    mine = over_days([item(f"M-{n}", verdicts=()) for n in range(10)])
    others = of_peers(lambda by, n: item(f"{by}-{n}", by, verdicts=()))
    assert "unread-output" not in found([*mine, *others], who=peers())
    answered = of_peers(lambda by, n: item(f"{by}-{n}", by))
    assert "unread-output" in found([*mine, *answered], who=peers())


def test_a_weekly_run_for_its_own_sake_is_named_and_somebody_with_work_is_not() -> None:
    weekly = runs(8, timedelta(weeks=1))
    assert "weekly-ping" in found(loose=weekly)
    assert "weekly-ping" not in found([item(f"T-{n}") for n in range(5)], weekly)
    assert "weekly-ping" not in found(loose=runs(8, timedelta(weeks=1), cost="0.005")), (
        "four cents are not worth a word"
    )
    unpriced = [replace(one, calls=tuple(replace(call, cost=None) for call in one.calls)) for one in weekly]
    assert "weekly-ping" in found(loose=unpriced), "an unknown price is not nothing"


def test_a_binge_at_the_end_of_months_is_named_and_even_use_is_not() -> None:
    ends = [day(25.5), day(53.5), day(84.5)]
    binge = [use(f"b{n}", at=ends[n % 3] + timedelta(minutes=n)) for n in range(30)]
    told = found([item("T-1")], binge)["end-of-period"]
    assert told.fix == Fix(Remedy.BUDGET, "bo-agent", "1")
    assert "end-of-period" not in found([item("T-1")], runs(90))


def test_people_whose_work_comes_at_the_end_of_the_month_ask_more_then() -> None:
    ends = [day(25.5), day(53.5), day(84.5)]
    asides_then = [use(f"b{n}", at=ends[n % 3] + timedelta(minutes=n)) for n in range(15)]
    closing = [
        item(f"C-{n}", uses=(use(f"c{n}", at=ends[n % 3] + timedelta(minutes=n), work_item=f"C-{n}"),))
        for n in range(60)
    ]
    assert "end-of-period" not in found(closing, asides_then)


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


def test_naming_an_exploration_declares_none_and_its_budget_ends_it() -> None:
    aside = runs(20, exploration="x")
    assert "orphan-runs" in found(loose=aside)
    small = Exploration(at=BEGIN, id="x", team="shop", budget=Decimal(5), ends_at=END)
    told = found(loose=aside, who=replace(people(), explorations={"x": small}))["orphan-runs"]
    assert told.cost == Money(15)
    over = replace(small, budget=Decimal(99), ends_at=BEGIN)
    assert "orphan-runs" in found(loose=aside, who=replace(people(), explorations={"x": over}))


def prompted(by: str, number: int, tokens: int) -> Case:
    name = f"{by}-{number}"
    calls = tuple(
        Call(at=day(1), id=f"{name}-{n}", run=name, model="m", tokens=Tokens(tokens), cost=Decimal(1)) for n in range(2)
    )
    return item(name, by, uses=(Use(Run(at=day(1), id=name, agent=f"{by}-agent", person=by, work_item=name), calls),))


def test_padded_context_is_named_where_it_brings_nothing() -> None:
    who = peers(6)
    others = [prompted(f"p{peer}", n, 5000) for peer in range(6) for n in range(10)]
    padded = over_days([prompted("bo", n, 90_000) for n in range(10)])
    told = found([*others, *padded], who=who)["padded-context"]
    assert told.fix.remedy is Remedy.SHORTEN
    assert Decimal("18") < told.cost.amount < Decimal("19.5")
    assert "18 times as many" in told.proof
    longer = over_days([prompted("bo", n, 12_000) for n in range(10)])
    assert "padded-context" not in found([*others, *longer], who=who)


def test_context_that_pays_is_not_padded() -> None:
    def refused_half(case: Case, number: int) -> Case:
        return replace(case, verdicts=(replace(case.verdicts[0], accepted=number % 2 == 0),))

    others = [refused_half(prompted(f"p{peer}", n, 5000), n) for peer in range(6) for n in range(10)]
    good = over_days([prompted("bo", n, 90_000) for n in range(10)])
    assert "padded-context" not in found([*others, *good], who=peers(6))
    no_better = [refused_half(one, n) for n, one in enumerate(good)]
    assert "padded-context" in found([*others, *no_better], who=peers(6))


def test_padding_is_found_among_many_runs_and_those_as_usual_are_left_out() -> None:
    others = [prompted(f"p{peer}", n, 4000 + 300 * peer) for peer in range(8) for n in range(60)]
    mine = over_days([prompted("bo", n, 60_000 if n % 2 else 5000) for n in range(60)])
    # Cases come in the order of their ids: these when the line of what is kept has long been drawn.
    last = [replace(one, id=f"z-{one.id}") for one in mine]
    told = found([*others, *last], who=peers())["padded-context"]
    assert len(told.runs) == 30
    assert Decimal(50) < told.cost.amount < Decimal(60)


def test_a_run_is_named_once_and_all_findings_cost_no_more_than_was_spent() -> None:
    loose = runs(30, timedelta(hours=6), input_hash="x")
    told = find_waste(HeldRecord(BEGIN, END, people(), [], loose), SETTINGS)
    named = [run for one in told for run in one.runs]
    assert len(named) == len(set(named))
    assert sum((one.cost.amount for one in told), Decimal(0)) <= 30


def test_no_finding_names_a_person() -> None:
    loose = [one for start in range(3) for one in chain(9, start)] + runs(20)
    told = find_waste(record(over_days([refused(f"T-{n}") for n in range(12)]), loose), SETTINGS)
    assert len(told) >= 3
    for one in told:
        words = one.proof.replace(",", " ").replace(".", " ").split()
        assert not set(words) & set(people().people)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_stands_on_the_page_about_waste(kind: str) -> None:
    from pathlib import Path

    page = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "waste.md").read_text(encoding="utf-8")
    assert f"`{kind}`" in page


def test_every_kind_has_words_and_every_kind_is_explained() -> None:
    explained = Path("docs/explanation/waste.md").read_text(encoding="utf-8")
    assert {*kinds()} <= {*KINDS}
    assert {kind for kind in KINDS if f"| `{kind}` |" not in explained} == set()
