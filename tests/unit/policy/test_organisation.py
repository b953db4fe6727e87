"""An organisation's policy: data that can only tighten."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.core.label import TYPED
from gainful.core.tool import Act, Effect, ToolSpec
from gainful.core.value import uniform
from gainful.policy.organisation import OrganisationPolicyInvalid, organisation_rules
from gainful.policy.request import Facts, Request
from gainful.policy.rules.organisation import rules

RULE = {"id": "house", "verdict": "ask", "reason": "House rule."}


def test_rules_are_read_in_order_with_their_words() -> None:
    first, second = organisation_rules(
        {
            "rules": [
                {**RULE, "acts": ["send"], "effects": ["egress"], "unless": {"to": ["*@example.org"]}},
                {**RULE, "id": "pay", "verdict": "deny", "over": {"amount": 99.5}, "four_eyes": True},
            ]
        }
    )
    assert (first.id, first.acts, first.effects, first.unless) == (
        "house",
        (Act.SEND,),
        (Effect.EGRESS,),
        {"to": ("*@example.org",)},
    )
    assert (second.verdict, str(second.over["amount"]), second.four_eyes) == ("deny", "99.5", True)
    assert organisation_rules({}) == ()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"rule": []}, "'rule'"),
        ({"rules": [{**RULE, "verdict": "allow"}]}, "'rules.0.verdict'"),
        ({"rules": [{**RULE, "tool": ["x"]}]}, "'rules.0.tool'"),
        ({"rules": [{**RULE, "acts": ["dance"]}]}, "'rules.0.acts.0'"),
        ({"rules": [{**RULE, "id": "No Name"}]}, "'rules.0.id'"),
        ({"rules": [{**RULE, "reason": ""}]}, "'rules.0.reason'"),
        ({"rules": [{**RULE, "reason": "x" * 301}]}, "'rules.0.reason'"),
        ({"rules": [{**RULE, "tainted": "yes"}]}, "'rules.0.tainted'"),
        ({"rules": [{**RULE, "over": {"amount": "NaN"}}]}, "'rules.0.over.amount'"),
        ({"rules": [{"id": "house"}]}, "'rules.0.verdict'"),
        ({"rules": RULE}, "'rules'"),
    ],
)
def test_what_is_no_policy_is_refused_at_its_place(content: Any, place: str) -> None:
    with pytest.raises(OrganisationPolicyInvalid) as raised:
        organisation_rules(content)
    assert place in raised.value.what


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(OrganisationPolicyInvalid, match="'house'"):
        organisation_rules({"rules": [RULE, RULE]})


@pytest.mark.parametrize(
    ("to", "excepted"),
    [
        ("ada@example.org", True),
        (["ada@example.org", "bob@example.org"], True),
        (["ada@example.org", "eve@evil.net"], False),
        ("eve@evil.net, ada@example.org", False),
        ({"eve@evil.net": "ada@example.org"}, False),
        ([], False),
        (None, False),
    ],
)
def test_an_exception_holds_only_where_every_word_fits(to: Any, excepted: bool) -> None:
    policy = organisation_rules({"rules": [{**RULE, "unless": {"to": ["*@example.org"]}}]})
    request = Request("a", ToolSpec("send", Effect.EGRESS, Act.SEND, {}), {"to": uniform(to, TYPED)})
    assert (rules(request, Facts(organisation=policy)) == []) is excepted


@pytest.mark.parametrize(
    ("amount", "speaks"),
    [(100, False), (100.01, True), (-500, True), (float("nan"), True), ("5", True), (True, True), (None, False)],
)
def test_a_rule_about_large_numbers_speaks_where_it_cannot_tell(amount: Any, speaks: bool) -> None:
    policy = organisation_rules({"rules": [{**RULE, "over": {"amount": 100}}]})
    request = Request("a", ToolSpec("pay", Effect.IRREVERSIBLE, Act.PAY, {}), {"amount": uniform(amount, TYPED)})
    assert (rules(request, Facts(organisation=policy)) != []) is speaks
