"""Each rule alone, then together: the strongest opinion wins, and silence is a denial."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from gainful.core.label import TYPED, Confidentiality, Integrity, Label, join
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import Value, leaf, uniform
from gainful.policy.decide import RULES, decide
from gainful.policy.decision import Decision, Opinion, Verdict, strongest
from gainful.policy.manifest import manifest_from
from gainful.policy.organisation import organisation_rules
from gainful.policy.plan import Delegated, Planned, Unclear, Unplanned
from gainful.policy.request import Course, Facts, MailFacts, Request
from gainful.policy.rules import (
    as_planned,
    contained_is_free,
    grave_needs_a_plan,
    keep_in_sight,
    manifest,
    organisation,
    owner_lets_pass,
    preview_changes_nothing,
    secrets_stay,
    stopped,
    strangers_words_stay,
    targets_are_yours,
    well_formed,
    within_limits,
    you_said_so,
)

ALLOW, ASK, DENY = Verdict.ALLOW, Verdict.ASK, Verdict.DENY
RULE_FILES = (
    as_planned,
    contained_is_free,
    grave_needs_a_plan,
    keep_in_sight,
    manifest,
    owner_lets_pass,
    preview_changes_nothing,
    secrets_stay,
    stopped,
    strangers_words_stay,
    targets_are_yours,
    well_formed,
    within_limits,
    you_said_so,
)

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7#body"}))
SYSTEM = Label(Integrity.TRUSTED)
SECRET = Label(Integrity.USER, Confidentiality.SECRET)

ARGUMENTS = {"to": Role.TARGET, "text": Role.CONTENT, "amount": Role.AMOUNT, "guests": Role.TARGET, "file": Role.TARGET}
ALL_TOOLS = manifest_from({"agent": "helper", "effects": [{"tool": "any.tool"}]})
KNOWN = Facts(manifest=ALL_TOOLS)


def tool(effect: Effect = Effect.EGRESS, act: Act = Act.SEND, **fields: Any) -> ToolSpec:
    return replace(ToolSpec("any.tool", effect, act, ARGUMENTS), **fields)


def request(spec: ToolSpec | None = None, takes_away: bool = False, **arguments: Value) -> Request:
    return Request("helper", spec or tool(), arguments, takes_away)


def verdict(file: ModuleType, asked: Request, facts: Facts) -> Verdict | None:
    opinion = file.rule(asked, facts)
    if opinion is not None:
        assert opinion.rule == file.ID
        assert opinion.reason.endswith(".")
    return opinion.verdict if opinion else None


# --- words that the owner lets pass ---

LETTING = manifest_from(
    {"agent": "helper", "effects": [{"tool": "any.tool", "arguments": {"to": ["team"]}, "words_from": ["mail:*"]}]}
)
CHAT = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"chat:1#text"}))


@pytest.mark.parametrize(
    ("to", "text", "allowed"),
    [
        (leaf("team", TYPED), leaf("News", STRANGER), ALLOW),
        (leaf("team", SYSTEM), leaf("News", STRANGER), ALLOW),
        (leaf("team", STRANGER), leaf("News", STRANGER), ASK),
        (leaf("team", TYPED), leaf("News", CHAT), ASK),
        (leaf("team", TYPED), leaf("News", join(STRANGER, CHAT)), ASK),
        (leaf("team", TYPED), leaf("News", join(STRANGER, SECRET)), ASK),
        (leaf("others", TYPED), leaf("News", STRANGER), DENY),
    ],
)
def test_named_sources_pass_to_a_target_that_no_stranger_chose(to: Value, text: Value, allowed: Verdict) -> None:
    assert decide(request(to=to, text=text), Facts(manifest=LETTING)).verdict is allowed


@pytest.mark.parametrize(
    "spec",
    [tool(act=Act.SHARE), tool(Effect.IRREVERSIBLE, Act.PAY), tool(act=Act.FETCH), tool(Effect.REVERSIBLE, Act.WRITE)],
)
def test_only_sending_is_let_pass(spec: ToolSpec) -> None:
    asked = request(spec, to=leaf("team", TYPED), text=leaf("News", STRANGER))
    assert verdict(owner_lets_pass, asked, Facts(manifest=LETTING)) is None
    assert decide(asked, Facts(manifest=LETTING)).verdict is not ALLOW


def test_a_file_of_a_stranger_is_still_asked_about() -> None:
    asked = request(to=leaf("team", TYPED), text=leaf("News", STRANGER))
    facts = Facts(manifest=LETTING, exposed={"file:7": STRANGER})
    assert decide(asked, facts).verdict is ASK


# --- what a call reaches ---


@pytest.mark.parametrize(
    ("effect", "free"),
    [
        (Effect.READ, ALLOW),
        (Effect.CONTAINED, ALLOW),
        (Effect.REVERSIBLE, ALLOW),
        (Effect.IRREVERSIBLE, None),
        (Effect.EGRESS, None),
    ],
)
def test_what_stays_and_can_be_undone_is_free(effect: Effect, free: Verdict | None) -> None:
    assert verdict(contained_is_free, request(tool(effect, Act.WRITE)), KNOWN) is free


def test_fetching_is_no_plain_reading() -> None:
    fetch = tool(Effect.READ, Act.FETCH)
    stranger = request(fetch, to=leaf("http://example.net/?secret", STRANGER))
    assert verdict(contained_is_free, stranger, KNOWN) is None
    assert decide(stranger, KNOWN).verdict is ASK
    assert decide(request(fetch, to=leaf("http://example.org", TYPED)), KNOWN).verdict is ALLOW


def test_inviting_others_makes_a_private_event_leave() -> None:
    event = tool(Effect.CONTAINED, Act.WRITE, attends=frozenset({"guests"}))
    assert request(event, text=leaf("Lunch", TYPED)).effect is Effect.CONTAINED
    assert request(event, guests=uniform([], TYPED)).effect is Effect.CONTAINED
    assert request(event, guests=uniform(["ada@example.org"], TYPED)).effect is Effect.EGRESS


# --- whose words ---


def test_what_the_person_fixed_needs_no_second_word() -> None:
    sent = request(to=leaf("ada@example.org", TYPED), text=leaf("Hello", TYPED), amount=leaf(5, SYSTEM))
    assert decide(sent, replace(KNOWN, tainted=True)) == Decision(
        ALLOW, (you_said_so.ID,), "You fixed what it does and whom it concerns."
    )


@pytest.mark.parametrize("name", ["to", "amount", "file"])
@pytest.mark.parametrize("effect", [Effect.CONTAINED, Effect.REVERSIBLE, Effect.IRREVERSIBLE, Effect.EGRESS])
def test_a_strangers_choice_of_target_or_amount_is_asked_about(name: str, effect: Effect) -> None:
    asked = Request("helper", tool(effect), {name: leaf("x", STRANGER)})
    assert verdict(targets_are_yours, asked, KNOWN) is ASK
    assert decide(asked, KNOWN).verdict is ASK


def test_one_strange_item_of_many_is_enough() -> None:
    several = Value(None, TYPED, items=(leaf("ada@example.org", TYPED), leaf("x@example.net", STRANGER)))
    assert decide(request(to=several), KNOWN).verdict is ASK


@pytest.mark.parametrize(
    ("effect", "wanted"),
    [(Effect.CONTAINED, None), (Effect.REVERSIBLE, ASK), (Effect.IRREVERSIBLE, ASK), (Effect.EGRESS, ASK)],
)
def test_a_strangers_words_stay_with_the_owner(effect: Effect, wanted: Verdict | None) -> None:
    said = request(tool(effect), to=leaf("ada@example.org", TYPED), text=leaf("x", STRANGER))
    assert verdict(strangers_words_stay, said, KNOWN) is wanted
    assert decide(said, KNOWN).verdict is (wanted or ALLOW)


def test_an_object_that_a_strangers_words_were_written_on_does_not_leave_unseen() -> None:
    shared = request(tool(act=Act.SHARE), to=leaf("ada@example.org", TYPED), file=leaf("7", SYSTEM))
    assert decide(shared, KNOWN).verdict is ALLOW
    assert decide(shared, replace(KNOWN, exposed={"file:7": STRANGER})).verdict is ASK
    assert decide(shared, replace(KNOWN, exposed={"file:7": SYSTEM})).verdict is ALLOW


def test_secrets_leave_only_with_a_word() -> None:
    said = request(to=leaf("ada@example.org", TYPED), text=leaf("hunter2", SECRET))
    assert verdict(secrets_stay, said, KNOWN) is ASK
    assert verdict(secrets_stay, request(tool(Effect.CONTAINED), text=leaf("hunter2", SECRET)), KNOWN) is None
    shared = request(file=leaf("7", TYPED))
    assert verdict(secrets_stay, shared, replace(KNOWN, exposed={"file:7": SECRET})) is ASK


@pytest.mark.parametrize("act", [Act.PAY, Act.DELETE, Act.DEPLOY, Act.ADMINISTER])
def test_a_grave_act_after_reading_strangers_needs_a_plan(act: Act) -> None:
    paid = request(tool(Effect.IRREVERSIBLE, act), amount=leaf(10001, TYPED))
    assert verdict(grave_needs_a_plan, paid, KNOWN) is None
    assert verdict(grave_needs_a_plan, paid, replace(KNOWN, tainted=True)) is ASK
    assert verdict(grave_needs_a_plan, paid, replace(KNOWN, tainted=True, match=Planned("pay", "", {}))) is None


# --- the plan ---


@pytest.mark.parametrize(
    ("match", "wanted"),
    [
        (None, None),
        (Planned("s", "", {}), None),
        (Unclear("s", "", {}, "two of them"), ASK),
        (Delegated("mail"), ASK),
        (Unplanned("the plan has no any.tool"), DENY),
    ],
)
def test_effects_follow_the_plan(match: Any, wanted: Verdict | None) -> None:
    facts = replace(KNOWN, match=match)
    assert verdict(as_planned, request(), facts) is wanted
    assert verdict(as_planned, request(tool(Effect.READ, Act.FETCH)), facts) is wanted
    # Reading more than was planned does nobody harm.
    assert verdict(as_planned, request(tool(Effect.READ, Act.READ)), facts) is None


# --- the manifest ---


@pytest.mark.parametrize(
    ("grant", "arguments", "wanted"),
    [
        ({}, {"to": "x@example.net"}, None),
        ({"arguments": {"to": ["*@example.org"]}}, {"to": "Ada@Example.org"}, None),
        ({"arguments": {"to": ["*@example.org"]}}, {"to": "ada@example.org.evil.net"}, DENY),
        ({"arguments": {"to": ["*@example.org"]}}, {"to": ["ada@example.org", "x@example.net"]}, DENY),
        ({"arguments": {"to": []}}, {"to": "ada@example.org"}, DENY),
        ({"arguments": {"to": []}}, {"text": "Hi"}, None),
        ({"arguments": {"to": []}}, {"to": None}, None),
        ({"arguments": {"file": ["notes/*"]}}, {"file": "notes/day.txt"}, None),
        ({"arguments": {"file": ["notes/*"]}}, {"file": "notes/../secret"}, DENY),
        ({"arguments": {"file": ["a?c"]}}, {"file": "abc"}, None),
        ({"arguments": {"file": ["a.c"]}}, {"file": "abc"}, DENY),
        ({"arguments": {"to": ["<known>"]}}, {"to": "anybody@example.net"}, None),
        ({"at_most": {"amount": 100}}, {"amount": 100}, None),
        ({"at_most": {"amount": 100}}, {"amount": 100.01}, DENY),
        ({"at_most": {"amount": 100}}, {"amount": "100"}, DENY),
        ({"at_most": {"amount": 100}}, {"amount": True}, DENY),
    ],
)
def test_outside_the_manifest_is_denied(grant: Any, arguments: Any, wanted: Verdict | None) -> None:
    granted = manifest_from({"agent": "helper", "effects": [{"tool": "any.tool", **grant}]})
    asked = Request("helper", tool(), {name: uniform(value, TYPED) for name, value in arguments.items()})
    assert verdict(manifest, asked, Facts(manifest=granted)) is wanted


def test_a_target_that_a_stranger_named_is_not_known() -> None:
    granted = manifest_from({"agent": "helper", "effects": [{"tool": "any.tool", "arguments": {"to": ["<known>"]}}]})
    assert verdict(manifest, request(to=leaf("DE12", STRANGER)), Facts(manifest=granted)) is DENY


def test_one_fitting_grant_of_several_is_enough() -> None:
    grants = [{"tool": "any.tool", "arguments": {"to": [to]}} for to in ("a@example.org", "b@example.org")]
    facts = Facts(manifest=manifest_from({"agent": "helper", "effects": grants}))
    assert verdict(manifest, request(to=leaf("b@example.org", TYPED)), facts) is None
    assert verdict(manifest, request(to=leaf("c@example.org", TYPED)), facts) is DENY


def test_without_manifest_or_grant_nothing_happens() -> None:
    assert decide(request(tool(Effect.READ, Act.READ)), Facts()).rules == (manifest.ID,)
    other = manifest_from({"agent": "helper", "reads": [{"tool": "other.tool"}]})
    assert verdict(manifest, request(), Facts(manifest=other)) is DENY


def test_rates_are_part_of_the_manifest() -> None:
    granted = manifest_from({"agent": "helper", "effects": [{"tool": "any.tool", "per_run": 2, "per_day": 3}]})
    facts = Facts(manifest=granted)
    assert verdict(manifest, request(), replace(facts, course=Course(in_run=1, in_day=2))) is None
    assert verdict(manifest, request(), replace(facts, course=Course(in_run=2))) is DENY
    assert verdict(manifest, request(), replace(facts, course=Course(in_day=3))) is DENY


# --- form, limits, stops ---


@pytest.mark.parametrize(
    "arguments",
    [
        {"extra": leaf(1, TYPED)},
        {"text": leaf("x" * 1_000_001, TYPED)},
        {"amount": leaf(float("nan"), TYPED)},
        {"amount": leaf(float("inf"), TYPED)},
        {"to": uniform(["x"] * 2_001, TYPED)},
        {},
    ],
)
def test_what_no_person_could_check_is_denied(arguments: dict[str, Value]) -> None:
    asked = Request("helper", tool(required=frozenset({"amount"} if not arguments else set())), arguments)
    assert verdict(well_formed, asked, KNOWN) is DENY


def test_a_call_in_good_form_is_left_to_the_others() -> None:
    assert verdict(well_formed, request(amount=leaf(1, TYPED), text=leaf(None, TYPED)), KNOWN) is None


@pytest.mark.parametrize(
    "course",
    [
        Course(same_call=3),
        Course(hops=3),
        Course(steps=60),
        Course(refusals=5),
        Course(lasted=timedelta(minutes=61)),
    ],
)
def test_a_run_that_goes_in_circles_is_stopped(course: Course) -> None:
    assert verdict(within_limits, request(tool(Effect.READ, Act.READ)), replace(KNOWN, course=course)) is DENY


def test_a_run_within_its_limits_goes_on() -> None:
    course = Course(steps=59, lasted=timedelta(minutes=60), same_call=2, refusals=4, hops=2)
    assert verdict(within_limits, request(), replace(KNOWN, course=course)) is None


def test_who_was_stopped_does_nothing() -> None:
    facts = replace(KNOWN, stopped="'helper' was stopped by ada.")
    assert verdict(stopped, request(tool(Effect.READ, Act.READ)), facts) is DENY
    assert verdict(stopped, request(), KNOWN) is None


# --- the organisation ---


def opinions(rule: dict[str, Any], asked: Request, facts: Facts = KNOWN) -> list[Opinion]:
    rules = organisation_rules({"rules": [{"id": "house", "reason": "House rule.", "verdict": "deny", **rule}]})
    return organisation.rules(asked, replace(facts, organisation=rules))


def test_an_organisation_rule_speaks_where_all_its_conditions_hold() -> None:
    asked = request(to=leaf("x@example.net", TYPED), amount=leaf(50, TYPED))
    assert opinions({}, asked) == [Opinion(DENY, "organisation:house", "House rule.")]
    assert opinions({"tools": ["any.*"], "agents": ["help*"], "acts": ["send"], "effects": ["egress"]}, asked)
    for off in (
        {"tools": ["mail.*"]},
        {"agents": ["other"]},
        {"acts": ["pay"]},
        {"effects": ["read"]},
        {"tainted": True},
        {"over": {"amount": 50}},
        {"unless": {"to": ["*@example.net"]}},
    ):
        assert opinions({"tools": ["any.*"], **off}, asked) == []
    assert opinions({"over": {"amount": 49.99}}, asked)
    assert opinions({"tainted": True}, asked, replace(KNOWN, tainted=True))
    assert opinions({"unless": {"to": ["*@example.org"]}}, asked)
    # Where nothing is given that could be excepted, nothing is.
    assert opinions({"unless": {"to": ["*@example.org"]}}, request(amount=leaf(5, TYPED)))


# --- mail ---


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("applied", [True, False])
def test_a_preview_denies_every_change(effect: Effect, applied: bool) -> None:
    wanted = None if applied or effect is Effect.READ else DENY
    asked = request(tool(effect, Act.WRITE))
    assert verdict(preview_changes_nothing, asked, Facts(applied=applied)) is wanted


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ("action_label", "It asks you for something."),
        ("vip", "Its sender is one of your VIPs."),
        ("written_to", "You have written to its sender."),
        ("unreadable", "It could not be read in full."),
        ("put_back", "You moved mail of this sender back once."),
    ],
)
def test_mail_that_matters_is_not_taken_away_and_the_reason_is_told(fact: str, reason: str) -> None:
    away = request(tool(Effect.REVERSIBLE, Act.WRITE), takes_away=True)
    facts = replace(KNOWN, mail=MailFacts(**{fact: True}))

    assert keep_in_sight.rule(away, facts) == Opinion(DENY, keep_in_sight.ID, reason)
    assert decide(away, facts) == Decision(DENY, (keep_in_sight.ID,), reason)
    # The same mail may be labelled, or brought back.
    assert keep_in_sight.rule(replace(away, takes_away=False), facts) is None
    assert decide(request(tool(Effect.CONTAINED, Act.WRITE)), facts).allowed


def test_every_protecting_fact_has_its_reason_above() -> None:
    assert set(MailFacts.__dataclass_fields__) == {"action_label", "vip", "written_to", "unreadable", "put_back"}


def test_other_mail_may_be_taken_away() -> None:
    away = request(tool(Effect.REVERSIBLE, Act.WRITE), takes_away=True)
    assert decide(away, KNOWN) == Decision(
        ALLOW, (contained_is_free.ID,), "Only its owner sees this, and it can be undone."
    )


# --- together ---


def test_nobody_speaking_is_a_denial() -> None:
    nobody = Decision(DENY, ("default-deny",), "No rule allows this.")
    assert decide(request(), Facts(), rules=()) == nobody
    assert decide(request(), Facts(), rules=[lambda _request, _facts: None]) == nobody
    assert not nobody.allowed


@pytest.mark.parametrize(
    ("held", "winner"),
    [
        ([ALLOW, ALLOW], ALLOW),
        ([ALLOW, ASK], ASK),
        ([ASK, DENY], DENY),
        ([DENY, ALLOW, ASK, ALLOW], DENY),
    ],
)
def test_the_strongest_opinion_wins_and_all_who_hold_it_are_named(held: list[Verdict], winner: Verdict) -> None:
    given = [Opinion(each, f"rule-{number}", f"Reason {number}.") for number, each in enumerate(held)]

    decision = strongest(given)

    assert decision.verdict is winner
    assert decision.rules == tuple(opinion.rule for opinion in given if opinion.verdict is winner)
    assert decision.reason == next(opinion.reason for opinion in given if opinion.verdict is winner)
    assert decision.allowed == (winner is ALLOW)


def test_all_rules_are_in_force() -> None:
    assert set(RULES) == {file.rule for file in RULE_FILES}
    assert len({file.ID for file in RULE_FILES}) == len(RULES)
