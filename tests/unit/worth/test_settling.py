"""How far an outcome has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gainful.core.fact import Claim, Evidence, Verdict, WorkItem
from gainful.worth.settling import State, settle
from tests.unit.worth.organisations import END, SETTINGS, day, item, people, reversal, use


def state(until: Any = END, **change: Any) -> State:
    return settle(item(**change), people(), SETTINGS, until).state


def said(by: str, accepted: bool = True, at: float = 3) -> Verdict:
    return Verdict(at=day(at), work_item="T-1", by=by, accepted=accepted)


CLAIM = item().claims[0]
AGAIN = replace(CLAIM, at=day(6))
EFFECT = item().evidence[0]


def test_accepted_asked_for_changed_and_survived_is_verified() -> None:
    settled = settle(item(), people(), SETTINGS, END)
    assert (settled.state, settled.agent, settled.person, settled.team) == (State.VERIFIED, "bo-agent", "bo", "shop")
    assert settled.verifier == "ann"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"claims": ()}, State.EXPECTED),
        ({"verdicts": ()}, State.EXPIRED),
        ({"verdicts": (), "until": day(10)}, State.CLAIMED),
        ({"until": day(10)}, State.ACCEPTED),
        ({"evidence": ()}, State.ACCEPTED),
        ({"item": None}, State.ACCEPTED),
        ({"verdicts": (said("ann", accepted=False),)}, State.REJECTED),
        ({"verdicts": (said("ann", at=3), said("dee", accepted=False, at=4))}, State.REJECTED),
        ({"verdicts": (said("ann", accepted=False, at=3), said("dee", at=4))}, State.VERIFIED),
        ({"reversals": (reversal(),)}, State.REVERSED),
        # After the horizon as well.
        ({"reversals": (reversal(90),)}, State.REVERSED),
        # Another yes alone does not bring back what was undone; nor does another claim, nor both of them.
        ({"reversals": (reversal(5),), "verdicts": (said("ann", at=3), said("ann", at=8))}, State.REVERSED),
        ({"reversals": (reversal(5),), "claims": (CLAIM, AGAIN)}, State.EXPIRED),
        ({"reversals": (reversal(5),), "claims": (CLAIM, AGAIN), "verdicts": (said("ann", at=8),)}, State.ACCEPTED),
        # Done again, with an effect, and accepted again.
        (
            {
                "reversals": (reversal(5),),
                "claims": (CLAIM, AGAIN),
                "verdicts": (said("ann"), said("ann", at=8)),
                "evidence": (EFFECT, replace(EFFECT, at=day(7), before="open")),
            },
            State.VERIFIED,
        ),
        ({"verdicts": (said("system:desk"),)}, State.VERIFIED),
    ],
)
def test_each_state(change: dict[str, Any], wanted: State) -> None:
    assert state(**change) is wanted


@pytest.mark.parametrize("by", ["bo", "svc-bo", "bo-agent"])
def test_the_claimants_own_side_accepts_nothing(by: str) -> None:
    settled = settle(item(verdicts=(said(by),)), people(), SETTINGS, END)
    assert (settled.state, settled.own_word) == (State.EXPIRED, True)


@pytest.mark.parametrize("requester", ["bo", "svc-bo", "bo-agent"])
def test_what_one_asks_for_oneself_is_never_verified(requester: str) -> None:
    opened = WorkItem(at=day(1), id="T-1", work_class="ticket", requester=requester)
    settled = settle(item(item=opened), people(), SETTINGS, END)
    assert (settled.state, settled.asked_by_itself) == (State.ACCEPTED, True)


def test_the_same_before_and_after_is_no_effect() -> None:
    same = Evidence(at=day(2), work_item="T-1", system="system:desk", what="effect", before="a", after="a")
    settled = settle(item(evidence=(same,)), people(), SETTINGS, END)
    assert (settled.state, settled.unchanged) == (State.ACCEPTED, True)


def test_what_is_left_of_it_is_its_share() -> None:
    first = item().evidence[0]
    left = [replace(first, at=day(at), what="survived", share=share) for at, share in ((10, 0.9), (20, 0.6))]
    assert settle(item(evidence=(first, *left)), people(), SETTINGS, END).share == 0.6


def test_a_claim_by_the_person_counts_as_the_agents_that_ran() -> None:
    settled = settle(item(claims=(Claim(at=day(2), work_item="T-1", claimant="bo"),)), people(), SETTINGS, END)
    assert (settled.agent, settled.person) == ("bo-agent", "bo")


def test_a_yes_that_is_repeated_begins_no_new_horizon_and_a_no_in_between_does() -> None:
    repeated = (said("ann", at=3), said("system:desk", at=20))
    settled = settle(item(verdicts=repeated), people(), SETTINGS, day(18))
    assert (settled.state, settled.accepted_at, settled.verifier) == (State.VERIFIED, day(3), "ann")
    refused = (*repeated, said("dee", accepted=False, at=10))
    assert state(day(30), verdicts=refused) is State.ACCEPTED


@pytest.mark.parametrize("by", ["ann-agent", "cy-agent"])
def test_no_agent_accepts_anything_and_any_agent_may_refuse(by: str) -> None:
    assert state(verdicts=(said(by),)) is State.EXPIRED
    assert state(verdicts=(said("ann"), said(by, accepted=False, at=4))) is State.REJECTED


def test_a_system_that_claims_does_not_accept() -> None:
    claim = Claim(at=day(2), work_item="T-1", claimant="system:desk")
    assert state(claims=(claim,), verdicts=(said("system:desk"),)) is State.EXPIRED
    settled = settle(item(claims=(claim,)), people(), SETTINGS, END)
    # It is Bo's work all the same, since his agent did it.
    assert (settled.state, settled.agent, settled.person) == (State.VERIFIED, "bo-agent", "bo")


def test_a_claim_by_a_bystander_takes_nothing_from_who_worked_on_it() -> None:
    first = Claim(at=day(1), work_item="T-1", claimant="cy")
    settled = settle(item(claims=(first, CLAIM)), people(), SETTINGS, END)
    assert (settled.agent, settled.person) == ("bo-agent", "bo")
    assert settle(item(claims=(first,)), people(), SETTINGS, END).person == "bo"
    assert "cy" in settled.side


def test_an_agent_that_many_use_works_for_whoever_it_ran_for() -> None:
    """The agent's owner has a stake, and somebody else's items are somebody else's to answer for."""
    ran = use("run-T-1", "bo-agent", work_item="T-1", person="dee")
    settled = settle(item(uses=(ran,)), people(), SETTINGS, END)
    assert (settled.agent, settled.person, settled.side) == ("bo-agent", "dee", frozenset({"bo", "dee"}))


def test_nobody_asked_for_what_names_no_requester() -> None:
    opened = WorkItem(at=day(1), id="T-1", work_class="ticket", requester="")
    assert settle(item(item=opened), people(), SETTINGS, END).asked_by_itself


def test_no_later_report_makes_more_of_it_survive() -> None:
    left = [replace(EFFECT, at=day(at), what="survived", share=share) for at, share in ((10, 0.4), (20, 3.0))]
    assert settle(item(evidence=(EFFECT, *left)), people(), SETTINGS, END).share == 0.4
    assert settle(item(evidence=(EFFECT, left[1])), people(), SETTINGS, END).share == 1.0


def test_what_should_have_come_is_no_longer_pending() -> None:
    assert settle(item(evidence=()), people(), SETTINGS, day(10)).pending
    assert not settle(item(evidence=()), people(), SETTINGS, day(18)).pending
    assert settle(item(verdicts=()), people(), SETTINGS, day(10)).pending
    assert not settle(item(verdicts=()), people(), SETTINGS, day(17)).pending
