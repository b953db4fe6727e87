"""What work was worth: entries above, sums below. A minute is a dollar, and a ticket takes thirty by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from statistics import fmean
from typing import Any

import pytest

from gainful.core.fact import Evidence, Exploration, WorkItem
from gainful.core.money import Money
from gainful.worth.assess import assess, examine
from gainful.worth.assessment import Assessment
from gainful.worth.baseline import Timing, far_above, measured
from gainful.worth.record import Case, Use
from gainful.worth.trust import FIRST_GUESS
from tests.unit.worth.organisations import (
    BEGIN,
    END,
    SETTINGS,
    audit,
    by_hand,
    day,
    item,
    people,
    record,
    reversal,
    spent,
    use,
)


def told(*cases: Case, loose: list[Use] | None = None, **settings: Any) -> Assessment:
    return assess(record(list(cases), loose), replace(SETTINGS, **settings))


def bo(found: Assessment) -> Any:
    return found.agents["bo-agent"]


def net(found: Assessment) -> float:
    return round(float(bo(found).net.middle), 6)


TRUSTED = 30 * FIRST_GUESS
"""Minutes that an item is worth at which nobody has looked."""


def test_a_verified_ticket() -> None:
    found = bo(told(item(times=(spent("prompt", 2), spent("review", 3), spent("rework", 1)))))
    assert float(found.worth.middle) == pytest.approx(TRUSTED)
    assert (found.cost, found.review) == (Money("1"), Money("6"))
    assert float(found.net.middle) == pytest.approx(TRUSTED - 7)
    assert found.items == {"verified": 1}
    assert (found.waste, found.pending) == (Money(0), Money(0))
    assert found.cost_per_outcome == Money("7")


def test_what_is_not_verified_costs_and_brings_nothing() -> None:
    rejected = replace(item().verdicts[0], accepted=False)
    found = bo(told(item(verdicts=(rejected,), times=(spent("rework", 10),))))
    assert (found.worth.middle, float(found.net.middle), found.waste) == (0, -11.0, Money("1"))
    assert found.items == {"rejected": 1}


def test_what_was_undone_keeps_its_cost() -> None:
    undone = replace(reversal(), cost=Decimal(4))
    assert net(told(item(reversals=(undone,), times=(spent("rework", 5),)))) == -10.0


def test_a_persons_own_estimate_counts_for_nothing() -> None:
    claim = replace(item().claims[0], minutes=Decimal(900))
    assert net(told(item(claims=(claim,)))) == net(told(item()))
    # Nor does time that nobody measured make a baseline, or cost anything.
    assert net(told(item(times=(spent("review", 500, measured=False),)))) == net(told(item()))


def test_a_class_that_was_measured_too_seldom_adds_nothing_and_is_shown() -> None:
    found = told(item(work_class="odd"), *by_hand(19, 50, "odd"))
    assert (bo(found).worth.middle, bo(found).unknown) == (0, 1)
    assert (found.baselines["odd"].source, found.baselines["odd"].count, found.baselines["odd"].minutes) == (
        "unknown",
        19,
        None,
    )
    assert told(item(work_class="odd"), *by_hand(20, 50, "odd")).baselines["odd"].source == "hold-out"


def test_timed_history_serves_where_there_is_no_hold_out() -> None:
    history = [replace(case, arm=None) for case in by_hand(25, 40, "old")]
    found = told(item(work_class="old"), *history)
    assert found.baselines["old"].source == "history"
    assert float(bo(found).worth.middle) == pytest.approx(40 * FIRST_GUESS)


def test_parts_of_an_item_are_worth_what_it_is() -> None:
    opened = WorkItem(at=day(1), id="", work_class="ticket", requester="ann", part_of="whole")
    parts = [item(f"part-{number}", item=replace(opened, id=f"part-{number}")) for number in range(5)]
    found = bo(told(*parts))
    assert float(found.worth.middle) == pytest.approx(TRUSTED)
    assert found.cost == Money("5")


def test_money_is_added_and_a_share_that_is_left_counts_as_such() -> None:
    effect = item().evidence[0]
    brought = Evidence(at=day(4), work_item="T-1", system="system:desk", what="money", money=Decimal("12.5"))
    left = Evidence(at=day(9), work_item="T-1", system="system:desk", what="survived", share=0.5)
    assert float(bo(told(item(evidence=(effect, brought, left)))).worth.middle) == pytest.approx(TRUSTED / 2 + 12.5)


def test_what_a_document_had_answered_saves_nothing() -> None:
    known = Evidence(at=day(4), work_item="T-1", system="system:wiki", what="documented")
    assert net(told(item(evidence=(*item().evidence, known)))) == -1.0


def test_an_hour_by_hand_on_an_item_that_is_claimed_was_rework() -> None:
    assert net(told(item(times=(spent("hand", 25),)))) == pytest.approx(TRUSTED - 26)


def test_runs_of_no_item_cost_and_are_waste_once_they_are_old() -> None:
    old, fresh = use("old"), use("fresh", at=END)
    found = bo(told(loose=[old, fresh]))
    assert (found.cost, found.waste, found.pending, found.net.middle) == (Money(2), Money(1), Money(1), Decimal(-2))


def test_a_declared_exploration_is_apart_up_to_its_share() -> None:
    declared = Exploration(at=BEGIN, id="x", team="shop", budget=Decimal(100), ends_at=END)
    who = replace(people(), explorations={"x": declared})
    runs = [use(f"x{number}", exploration="x") for number in range(3)]
    spending = [item(f"T-{number}") for number in range(17)]
    found = assess(record(spending, runs, who), SETTINGS)
    # 15 % of the 20 dollars that the team spent.
    assert (bo(found).exploration, bo(found).waste) == (Money(3), Money(0))
    more = [use(f"y{number}", exploration="x") for number in range(3)]
    assert bo(assess(record(spending, [*runs, *more], who), SETTINGS)).waste == Money(3)


def test_an_item_at_which_two_looked_is_known() -> None:
    bad = item(audits=(audit(False, "dee"), audit(False, "eve")))
    found = bo(told(bad))
    # The two minutes that found it are its claimant's to pay.
    assert (found.worth.middle, float(found.net.middle)) == (0, -3.0)
    good = item(audits=(audit(True, "dee"),))
    assert float(bo(told(good)).worth.middle) == pytest.approx(30)


def test_one_failed_look_waits_to_be_confirmed() -> None:
    assert net(told(item(audits=(audit(False, "dee"),)))) == net(told(item()))
    _, claimed = examine(record([item(audits=(audit(False, "dee"),)), item("T-2")]), SETTINGS)
    assert {one.id: one.again for one in claimed} == {"T-1": True, "T-2": False}


@pytest.mark.parametrize("auditor", ["bo", "cy", "ann"])
def test_who_has_a_stake_or_is_of_the_team_has_not_looked(auditor: str) -> None:
    """Bo claims it, Cy is of his team, Ann accepted it."""
    assert net(told(item(audits=(audit(False, auditor), audit(False, auditor))))) == net(told(item()))


def test_bad_items_make_the_others_of_the_claimant_worth_less_and_nobody_elses() -> None:
    bad = [item(f"bad-{n}", audits=(audit(False, "dee"), audit(False, "eve"))) for n in range(4)]
    good = [item(f"good-{n}", audits=(audit(True, "dee"),)) for n in range(4)]
    unseen, other = item("unseen"), item("other", by="cy")
    found = told(*bad, *good, unseen, other)
    assert bo(found).trust < 0.55
    assert found.agents["cy-agent"].net == told(other).agents["cy-agent"].net


def test_items_that_are_far_smaller_than_their_class_count_for_less() -> None:
    small = [item(f"T-{n}", audits=(audit(True, "dee", "2"),)) for n in range(6)]
    hands = [replace(case, times=(spent("hand", 20 + n),)) for n, case in enumerate(by_hand(20, 30))]
    found = assess(replace(record(small), held=[*hands, *small]), SETTINGS)
    assert bo(found).trust < 0.3
    assert [one.kind for one in found.findings] == ["trivial-outcomes"]


def test_auditors_who_miss_planted_items_weigh_nothing() -> None:
    planted = [
        Case(
            f"P-{n}",
            audits=(
                audit(False, "system:key", planted=True), audit(True, "eve", planted=True),
                audit(False, "dee", planted=True),
            ),
        )
        for n in range(12)
    ]  # fmt: skip
    bad = item(audits=(audit(False, "dee"), audit(True, "eve")))
    before, after = told(bad), told(bad, *planted)
    # Eve passes everything: her word no longer stands against Dee's, whose own waits to be confirmed.
    assert net(before) == net(after)
    twice = item(audits=(audit(False, "dee"), audit(False, "dee", "5"), audit(True, "eve")))
    assert bo(told(twice, *planted)).worth.middle == 0


def test_the_interval_holds_against_a_bootstrap() -> None:
    chance = random.Random(4)
    minutes = [chance.lognormvariate(3, 0.7) for _ in range(60)]
    hands = [replace(case, times=(spent("hand", minutes[n]),)) for n, case in enumerate(by_hand(60, 1))]
    items = [item(f"T-{n}", audits=(audit(True, "dee"),)) for n in range(40)]
    found = bo(assess(replace(record([]), held=[*hands, *items]), SETTINGS))
    nets = []
    for _ in range(4000):
        drawn = [chance.choice(minutes) for _ in minutes]
        nets.append(40 * fmean(drawn) + sum(chance.choice(minutes) - fmean(minutes) for _ in range(40)) - 40)
    nets.sort()
    low, high = nets[400], nets[3600]
    assert float(found.net.low) == pytest.approx(low, abs=0.12 * (high - low))
    assert float(found.net.high) == pytest.approx(high, abs=0.12 * (high - low))


def test_drawn_out_times_hardly_move_a_baseline() -> None:
    chance = random.Random(2)
    honest = [Timing("t", f"p{n % 40}", chance.lognormvariate(3, 0.5)) for n in range(400)]
    drawn_out = [Timing("t", f"p{n % 4}", 4 * chance.lognormvariate(3, 0.5)) for n in range(40)]
    assert far_above([one for one in honest if one.person not in {"p0", "p1", "p2", "p3"}] + drawn_out) == {
        "p0", "p1", "p2", "p3",
    }  # fmt: skip
    assert far_above(honest) == set()
    assert measured("hold-out", [10.0] * 99 + [9000.0]).mean == pytest.approx(99.9)


def test_engagement_counts_people_with_a_useful_week_once() -> None:
    found = told(item("T-1"), item("T-2"), item("T-3", by="dee"), loose=[use("ping", "cy-agent")])
    week = {one.team: (one.eligible, one.useful) for one in found.weeks if one.week == "2026-01-05"}
    assert week == {"desk": (1, 0), "lab": (2, 1), "shop": (2, 1)}


def test_the_hold_out_has_a_cost() -> None:
    found = told(item(times=(spent("review", 5),)))
    assert float(found.hold_out_cost.amount) == pytest.approx(20 * (TRUSTED - 5))
