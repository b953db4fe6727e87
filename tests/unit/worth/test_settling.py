"""How far an outcome has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gainful.core.fact import Claim, Evidence, Verdict, WorkItem
from gainful.worth.settling import State, settle
from tests.unit.worth.organisations import END, SETTINGS, day, item, people, reversal


def state(until: Any = END, **change: Any) -> State:
    return settle(item(**change), people(), SETTINGS, until).state


def said(by: str, accepted: bool = True, at: float = 3) -> Verdict:
    return Verdict(at=day(at), work_item="T-1", by=by, accepted=accepted)


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
        # Done again, and accepted again.
        ({"reversals": (reversal(5),), "verdicts": (said("ann", at=3), said("ann", at=8))}, State.VERIFIED),
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
