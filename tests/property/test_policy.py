"""What holds for every request, every state of knowledge and every set of rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gainful.policy.decide import RULES, Rule, decide
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Effect, Facts, Request

REACH = {Verdict.ALLOW: 2, Verdict.ASK: 1, Verdict.DENY: 0}

requests = st.builds(Request, st.text(max_size=10), st.sampled_from(Effect), st.booleans())
facts = st.builds(Facts, *(st.booleans() for _ in Facts.__dataclass_fields__))
verdicts = st.sampled_from(Verdict)


def saying(verdict: Verdict) -> Rule:
    return lambda _request, _facts: Opinion(verdict, f"says-{verdict}", "Because.")


@given(requests, facts, st.permutations(RULES))
def test_the_order_of_the_rules_does_not_matter(request: Request, known: Facts, order: list[Rule]) -> None:
    assert decide(request, known, order).verdict is decide(request, known).verdict
    assert set(decide(request, known, order).rules) == set(decide(request, known).rules)


@given(requests, facts, st.lists(verdicts, max_size=4))
def test_a_rule_that_denies_never_widens(request: Request, known: Facts, others: list[Verdict]) -> None:
    rules = [*RULES, *map(saying, others)]

    decision = decide(request, known, [*rules, saying(Verdict.DENY)])

    assert decision.verdict is Verdict.DENY
    assert "says-deny" in decision.rules


@given(requests, facts, verdicts)
def test_where_a_rule_speaks_no_further_rule_widens(request: Request, known: Facts, verdict: Verdict) -> None:
    before = decide(request, known)
    after = decide(request, known, [*RULES, saying(verdict)])

    assert before.rules == ("default-deny",) or REACH[after.verdict] <= REACH[before.verdict]


@given(requests, facts)
def test_what_matters_to_the_person_is_never_taken_away(request: Request, known: Facts) -> None:
    matters = known.action_label or known.vip or known.written_to or known.unreadable or known.put_back
    if request.takes_away and matters:
        assert decide(request, known).verdict is Verdict.DENY


@given(requests, facts)
def test_a_preview_never_allows_a_change(request: Request, known: Facts) -> None:
    if not known.applied and request.effect is not Effect.READ:
        assert decide(request, known).verdict is Verdict.DENY


@given(requests, facts)
def test_what_others_see_or_nobody_can_undo_is_never_simply_allowed(request: Request, known: Facts) -> None:
    if request.effect in (Effect.EGRESS, Effect.IRREVERSIBLE):
        assert not decide(request, known).allowed


@given(requests, facts)
def test_knowing_more_that_protects_never_allows_more(request: Request, known: Facts) -> None:
    protected = Facts(known.applied, True, True, True, True, True)
    assert REACH[decide(request, protected).verdict] <= REACH[decide(request, known).verdict]
