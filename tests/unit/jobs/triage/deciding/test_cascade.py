from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gainful.core.mail import Action, Mail, Means
from gainful.jobs.triage.deciding.calibration import Thresholds
from gainful.jobs.triage.deciding.cascade import AnswerUnusable, Cascade
from gainful.jobs.triage.deciding.facts import Facts, PersonRule, RuleInvalid, SenderHistory
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.local_model import LocalModel

ME = "me@example.org"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEWS = Mail(
    from_addr="news@example.com",
    to=(ME,),
    subject="This week in gardens",
    text="Five articles we liked. Read more. Unsubscribe at any time.",
    headers={"list-unsubscribe": "<https://example.com/u>"},
    links=9,
)
QUESTION = Mail(
    from_addr="ann@example.com",
    to=(ME,),
    subject="Price",
    text="Could you tell me what it costs?\n\nThanks",
)
KNOWN = SenderHistory(received=5)


def facts(sender: SenderHistory = KNOWN, *, thread_mine: bool = False, vip: bool = False) -> Facts:
    return Facts(frozenset({ME}), sender, thread_mine, vip, NOW)


def cascade(*rules: PersonRule, thresholds: Thresholds | None = None, labels: LabelSet | None = None) -> Cascade:
    return Cascade(labels or LabelSet.standard(), LocalModel.prior(), thresholds or Thresholds.shipped(), rules)


BOLD = Thresholds(others=dict.fromkeys(Means, 0.0))


def test_bulk_mail_is_put_away_by_rule_with_a_reason() -> None:
    opinion = cascade().decide(NEWS, facts())
    assert opinion.decision.labels == ("newsletter",)
    assert opinion.decision.decided_by is Means.RULE
    assert opinion.decision.action is Action.ARCHIVE
    assert "unsubscribe" in opinion.decision.reason
    assert not opinion.ask
    assert opinion.scores["rule/newsletter"] == pytest.approx(opinion.decision.probability, abs=1e-3)


@pytest.mark.parametrize(
    "known",
    [
        facts(vip=True),
        facts(replace(KNOWN, written_to=True)),
        facts(thread_mine=True),
        facts(replace(KNOWN, kept=1)),
        facts(SenderHistory()),
    ],
    ids=["vip", "written to", "own thread", "kept before", "first mail"],
)
def test_what_is_protected_is_never_put_away(known: Facts) -> None:
    rule = PersonRule("newsletter", from_="news@example.com")
    assert cascade().decide(NEWS, known).decision.action is not Action.ARCHIVE
    if known.sender.received:
        assert cascade(rule).decide(NEWS, known).decision.action is not Action.ARCHIVE


def test_labels_that_ask_are_never_put_away_even_by_the_persons_own_rule() -> None:
    decision = cascade(PersonRule("todo", from_="@example.com")).decide(NEWS, facts()).decision
    assert decision.labels[0] == "todo"
    assert decision.action is Action.LABEL


def test_once_the_person_judges_only_agreed_senders_are_put_away() -> None:
    model = LocalModel.prior()
    taught = Cascade(LabelSet.standard(), model, Thresholds.shipped())
    features = taught.decide(NEWS, facts()).features
    for _ in range(20):
        model.learn(features, "newsletter")
    assert taught.decide(NEWS, facts()).decision.action is Action.LABEL
    judged = facts(replace(KNOWN, truths={"newsletter": 1}))
    assert taught.decide(NEWS, judged).decision.action is Action.ARCHIVE
    wary = facts(replace(KNOWN, truths={"fyi": 1, "update": 1}))
    assert taught.decide(NEWS, wary).decision.action is not Action.ARCHIVE


def test_undecided_is_left_and_says_so() -> None:
    opinion = cascade(thresholds=Thresholds()).decide(QUESTION, facts())
    decision = opinion.decision
    assert (decision.labels, decision.action, decision.decided_by) == ((), Action.LEAVE, Means.UNDECIDED)
    assert "best guess is needs_reply" in decision.reason
    assert opinion.ask
    assert opinion.features


@pytest.mark.parametrize(
    "mail",
    [
        replace(QUESTION, from_addr=ME),
        replace(QUESTION, text="", subject=""),
        replace(QUESTION, headers={"auto-submitted": "auto-generated"}),
        replace(QUESTION, headers={"authentication-results": "mx; dmarc=fail"}),
        replace(QUESTION, problem="cut off"),
    ],
    ids=["own", "empty", "machine", "forged", "broken"],
)
def test_a_language_model_is_asked_only_about_what_people_wrote(mail: Mail) -> None:
    assert not cascade(thresholds=Thresholds()).decide(mail, facts()).ask


def test_a_broken_mail_is_left_with_its_problem() -> None:
    opinion = cascade().decide(replace(NEWS, problem="nested too deeply"), facts())
    assert opinion.decision.action is Action.LEAVE
    assert "nested too deeply" in opinion.decision.reason


def test_a_question_gets_a_draft_only_when_a_person_asks_and_nothing_is_forged() -> None:
    sure = PersonRule("needs_reply", subject="Price")
    assert cascade(sure).decide(QUESTION, facts()).decision.action is Action.DRAFT
    machine = replace(QUESTION, headers={"auto-submitted": "auto-generated"})
    assert cascade(sure).decide(machine, facts()).decision.action is Action.LABEL
    forged = replace(QUESTION, headers={"authentication-results": "mx; dmarc=fail"})
    assert cascade(sure).decide(forged, facts()).decision.action is Action.LABEL


def test_a_forged_sender_does_not_get_the_real_ones_rule() -> None:
    rule = PersonRule("newsletter", from_="news@example.com")
    forged = replace(NEWS, headers={**NEWS.headers, "authentication-results": "mx; dmarc=fail"})
    assert "own rule" in cascade(rule).decide(NEWS, facts()).decision.reason
    assert "own rule" not in cascade(rule).decide(forged, facts()).decision.reason


def test_the_persons_own_truths_overrule_a_rule_of_thumb() -> None:
    judged = facts(replace(KNOWN, truths={"fyi": 3}))
    opinion = cascade().decide(NEWS, judged)
    assert "rule/newsletter" not in opinion.scores
    assert opinion.scores["history/fyi"] > 0


def test_an_invitation_is_a_meeting_whatever_it_reads_like() -> None:
    mail = replace(NEWS, headers={}, calendar_method="REQUEST", from_addr="ann@example.com")
    assert cascade().decide(mail, facts()).decision.labels[0] == "meeting"


def test_a_language_models_answer_labels_but_never_puts_away() -> None:
    means = cascade(thresholds=Thresholds(others={Means.LANGUAGE: 0.7}))
    opinion = means.decide(NEWS, facts())
    settled = means.settle(opinion, NEWS, facts(), "newsletter", 0.99, 0.0, "It is a digest")
    assert settled.decision.decided_by is Means.LANGUAGE
    assert settled.decision.action is Action.LABEL
    assert settled.decision.reason == "It is a digest"
    unsure = means.settle(opinion, NEWS, facts(), "newsletter", 0.5, 0.0, "Maybe")
    assert unsure.decision.decided_by is Means.UNDECIDED
    assert not unsure.ask
    with pytest.raises(AnswerUnusable, match="shopping"):
        means.settle(opinion, NEWS, facts(), "shopping", 0.9, 0.0, "")
    with pytest.raises(AnswerUnusable, match="between 0 and 1"):
        means.settle(opinion, NEWS, facts(), "fyi", 1.9, 0.0, "")


def test_a_keyword_of_an_own_label_counts_before_anything_was_learned() -> None:
    own: Mapping[str, object] = {"travel": {"description": "Trips", "keywords": ["boarding pass"]}}
    labels = LabelSet.configured(own)
    mail = replace(QUESTION, subject="Your boarding pass", text="Seat 4A")
    opinion = cascade(labels=labels).decide(mail, facts())
    assert opinion.decision.labels == ("travel",)
    assert "boarding pass" in opinion.decision.reason


def test_deciding_changes_nothing_and_repeats_exactly() -> None:
    means = cascade(thresholds=BOLD)
    assert means.decide(QUESTION, facts()) == means.decide(QUESTION, facts())


def test_a_rule_for_an_unknown_label_is_refused() -> None:
    with pytest.raises(RuleInvalid, match="newsleter"):
        cascade(PersonRule("newsleter", from_="@example.com"))
