"""What holds for every request, every state of knowledge and every set of rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.label import Confidentiality, Integrity, Label, join
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import Value, leaf
from gainful.policy.decide import RULES, Rule, decide
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.manifest import Manifest, ToolGrant
from gainful.policy.organisation import OrganisationRule
from gainful.policy.plan import Delegated, Planned, Unclear, Unplanned
from gainful.policy.request import Course, Facts, MailFacts, Request

REACH = {Verdict.ALLOW: 2, Verdict.ASK: 1, Verdict.DENY: 0}
STRANGER = Label(Integrity.UNTRUSTED)

names = st.sampled_from(["to", "text", "amount", "option"])
labels = st.builds(Label, st.sampled_from(Integrity), st.sampled_from(Confidentiality))
values = st.builds(leaf, st.one_of(st.text(max_size=5), st.integers(0, 200), st.none()), labels)
specs = st.builds(
    ToolSpec,
    st.sampled_from(["mail.send", "pay"]),
    st.sampled_from(Effect),
    st.sampled_from(Act),
    st.dictionaries(names, st.sampled_from(Role), min_size=2),
    attends=st.sets(names, max_size=1).map(frozenset),
)
requests = st.builds(Request, st.just("helper"), specs, st.dictionaries(names, values), st.booleans())
grants = st.builds(
    ToolGrant,
    tool=st.sampled_from(["mail.send", "pay"]),
    arguments=st.dictionaries(names, st.sampled_from([("*",), ("a*", "<known>"), ()]), max_size=1),
    per_run=st.none() | st.integers(0, 3),
)
manifests = st.builds(Manifest, agent=st.just("helper"), effects=st.lists(grants, max_size=3).map(tuple))
matches = st.sampled_from([None, Planned("s", "", {}), Unclear("s", "", {}, "two"), Delegated("s"), Unplanned("no")])
mail = st.builds(MailFacts, *(st.booleans() for _ in MailFacts.__dataclass_fields__))
courses = st.builds(Course, st.integers(0, 70), st.just(timedelta(0)), st.integers(0, 4), st.integers(0, 6))
house = st.builds(
    OrganisationRule,
    id=st.sampled_from(["one", "two"]),
    verdict=st.sampled_from(["ask", "deny"]),
    reason=st.just("House rule."),
    acts=st.lists(st.sampled_from(Act), max_size=2).map(tuple),
    tainted=st.booleans(),
)
facts = st.builds(
    Facts,
    manifest=st.none() | manifests,
    applied=st.booleans(),
    tainted=st.booleans(),
    match=matches,
    exposed=st.dictionaries(st.just("file:1"), labels),
    stopped=st.sampled_from(["", "Stopped."]),
    course=courses,
    organisation=st.lists(house, max_size=2).map(tuple),
    mail=mail,
)
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


@given(requests, facts, house)
def test_an_organisation_can_only_tighten(request: Request, known: Facts, rule: OrganisationRule) -> None:
    more = replace(known, organisation=(*known.organisation, rule))
    before, after = decide(request, known), decide(request, more)
    assert before.rules == ("default-deny",) or REACH[after.verdict] <= REACH[before.verdict]


@given(requests, facts)
def test_what_the_manifest_does_not_grant_never_happens(request: Request, known: Facts) -> None:
    if known.manifest is None or not known.manifest.grants(request.spec.name):
        assert decide(request, known).verdict is Verdict.DENY


@given(requests, facts, names)
def test_a_value_of_worse_origin_never_opens_anything(request: Request, known: Facts, name: str) -> None:
    given_ = request.arguments.get(name)
    if given_ is None:
        return
    worse = Value(given_.data, join(given_.label, STRANGER))
    spoiled = replace(request, arguments={**request.arguments, name: worse})
    before, after = decide(request, known), decide(spoiled, known)
    # A denial of one kind may give way to a denial of another, never to more.
    assert before.rules == ("default-deny",) or REACH[after.verdict] <= REACH[before.verdict]


@given(requests, facts)
def test_nothing_of_a_strangers_choosing_is_ever_silent(request: Request, known: Facts) -> None:
    tainted = any(value.label.tainted for _, value in request.in_role(Role.TARGET, Role.AMOUNT))
    if tainted and not request.is_plain_read:
        assert not decide(request, known).allowed


@given(requests, facts)
def test_nothing_that_leaves_holds_a_strangers_words_unseen(request: Request, known: Facts) -> None:
    tainted = any(value.label.tainted for value in request.arguments.values())
    if tainted and request.consequential:
        assert not decide(request, known).allowed


@given(requests, facts)
def test_what_matters_to_the_person_is_never_taken_away(request: Request, known: Facts) -> None:
    seen = known.mail
    matters = seen.action_label or seen.vip or seen.written_to or seen.unreadable or seen.put_back
    if request.takes_away and matters:
        assert decide(request, known).verdict is Verdict.DENY


@given(requests, facts)
def test_a_preview_never_allows_a_change(request: Request, known: Facts) -> None:
    if not known.applied and request.effect is not Effect.READ:
        assert decide(request, known).verdict is Verdict.DENY


@given(requests, facts)
def test_whoever_is_stopped_does_nothing(request: Request, known: Facts) -> None:
    assert decide(request, replace(known, stopped="Stopped.")).verdict is Verdict.DENY


@given(requests, facts)
def test_knowing_more_that_protects_never_allows_more(request: Request, known: Facts) -> None:
    protected = replace(known, mail=MailFacts(True, True, True, True, True))
    assert REACH[decide(request, protected).verdict] <= REACH[decide(request, known).verdict]
