"""Each rule alone, then together: the strongest opinion wins, and silence is a denial."""

from __future__ import annotations

from types import ModuleType

import pytest

from gainful.policy.decide import RULES, decide
from gainful.policy.decision import Decision, Opinion, Verdict, strongest
from gainful.policy.request import Effect, Facts, Request
from gainful.policy.rules import contained_is_free, keep_in_sight, nothing_leaves, preview_changes_nothing

ALLOW, ASK, DENY = Verdict.ALLOW, Verdict.ASK, Verdict.DENY
RULE_FILES = (contained_is_free, keep_in_sight, nothing_leaves, preview_changes_nothing)


def verdict(file: ModuleType, request: Request, facts: Facts) -> Verdict | None:
    opinion = file.rule(request, facts)
    if opinion is not None:
        assert opinion.rule == file.ID
        assert opinion.reason.endswith(".")
    return opinion.verdict if opinion else None


@pytest.mark.parametrize(
    ("effect", "contained", "leaves"),
    [
        (Effect.READ, ALLOW, None),
        (Effect.CONTAINED, ALLOW, None),
        (Effect.REVERSIBLE, ALLOW, None),
        (Effect.IRREVERSIBLE, None, ASK),
        (Effect.EGRESS, None, ASK),
    ],
)
def test_what_stays_and_can_be_undone_is_free_and_the_rest_is_asked(
    effect: Effect, contained: Verdict | None, leaves: Verdict | None
) -> None:
    request = Request("mail.any", effect)
    assert verdict(contained_is_free, request, Facts()) is contained
    assert verdict(nothing_leaves, request, Facts()) is leaves


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("applied", [True, False])
def test_a_preview_denies_every_change(effect: Effect, applied: bool) -> None:
    wanted = None if applied or effect is Effect.READ else DENY
    assert verdict(preview_changes_nothing, Request("mail.any", effect), Facts(applied=applied)) is wanted


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
    away = Request("mail.move", Effect.REVERSIBLE, takes_away=True)
    facts = Facts(applied=True, **{fact: True})

    opinion = keep_in_sight.rule(away, facts)

    assert opinion == Opinion(DENY, keep_in_sight.ID, reason)
    assert decide(away, facts) == Decision(DENY, (keep_in_sight.ID,), reason)
    # The same mail may be labelled, or brought back.
    assert keep_in_sight.rule(Request("mail.move", Effect.REVERSIBLE), facts) is None
    assert decide(Request("mail.change_keywords", Effect.CONTAINED), facts).allowed


def test_every_protecting_fact_has_its_reason_above() -> None:
    assert set(Facts.__dataclass_fields__) == {
        "applied",
        "action_label",
        "vip",
        "written_to",
        "unreadable",
        "put_back",
    }


def test_other_mail_may_be_taken_away() -> None:
    away = Request("mail.move", Effect.REVERSIBLE, takes_away=True)
    assert decide(away, Facts(applied=True)) == Decision(
        ALLOW, (contained_is_free.ID,), "Only its owner sees this, and it can be undone."
    )


def test_nobody_speaking_is_a_denial() -> None:
    request = Request("mail.any", Effect.READ)
    nobody = Decision(DENY, ("default-deny",), "No rule allows this.")
    assert decide(request, Facts(applied=True), rules=()) == nobody
    assert decide(request, Facts(applied=True), rules=[lambda _request, _facts: None]) == nobody
    assert not nobody.allowed


@pytest.mark.parametrize(
    ("opinions", "winner"),
    [
        ([ALLOW, ALLOW], ALLOW),
        ([ALLOW, ASK], ASK),
        ([ASK, DENY], DENY),
        ([DENY, ALLOW, ASK, ALLOW], DENY),
    ],
)
def test_the_strongest_opinion_wins_and_all_who_hold_it_are_named(opinions: list[Verdict], winner: Verdict) -> None:
    held = [Opinion(each, f"rule-{number}", f"Reason {number}.") for number, each in enumerate(opinions)]

    decision = strongest(held)

    assert decision.verdict is winner
    assert decision.rules == tuple(opinion.rule for opinion in held if opinion.verdict is winner)
    assert decision.reason == next(opinion.reason for opinion in held if opinion.verdict is winner)
    assert decision.allowed == (winner is ALLOW)


def test_all_rules_are_in_force() -> None:
    assert set(RULES) == {file.rule for file in RULE_FILES}
    assert len({file.ID for file in RULE_FILES}) == len(RULES)
