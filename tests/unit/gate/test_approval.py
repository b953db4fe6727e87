from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.gate.approval import (
    Answer,
    AnswerInvalid,
    Approval,
    ApprovalClosed,
    Approvers,
    CardChanged,
    NotYourApproval,
    State,
    Terms,
    Verdict,
    answer,
    ask,
    preview,
)
from gainful.gate.approval_book import Answered, Taken, Waiting, standing
from gainful.gate.proposal import Explanation, Proposal

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TERMS = Terms(timedelta(days=7), timedelta(minutes=15))
SEND = Proposal("assistant", "run1", "step 1", "mail.send", {"to": "ada@example.org", "n": 1}, "7f3a")
FILE = Proposal("assistant", "run1", "step 2", "file.write", {"path": "notes.txt"}, "7f3a")


def asked(*proposals: Proposal, approvers: Approvers | None = None) -> Approval:
    return ask("ap1", proposals or (SEND,), "mira", NOW, approvers or Approvers(), TERMS)


def said(approval: Approval, verdict: Verdict, **given: Any) -> Approval:
    given = {"by": "ada", "at": NOW, "card": approval.card, **given}
    return answer(approval, Answer(verdict, **given), TERMS)


def test_accepted_it_may_happen_within_the_time_to_execute() -> None:
    accepted = said(asked(), Verdict.ACCEPT, at=NOW + timedelta(days=3))
    assert accepted.state is State.ACCEPTED
    assert standing(accepted, SEND.digest, NOW + timedelta(days=3)) == Taken("ap1", SEND.digest, "ada")
    late = NOW + timedelta(days=3, minutes=15)
    assert standing(accepted, SEND.digest, late) == Answered("ap1", State.EXPIRED, "ada")
    assert standing(replace(accepted, used=frozenset({0})), SEND.digest, NOW) == Answered("ap1", State.SPENT, "ada")


def test_it_says_nothing_about_any_other_effect() -> None:
    assert standing(said(asked(), Verdict.ACCEPT), FILE.digest, NOW) is None


def test_until_answered_it_waits_and_then_expires() -> None:
    assert standing(asked(), SEND.digest, NOW) == Waiting("ap1", NOW + timedelta(days=7))
    assert standing(asked(), SEND.digest, NOW + timedelta(days=7)) == Answered("ap1", State.EXPIRED)


def test_an_expired_one_cannot_be_answered() -> None:
    with pytest.raises(ApprovalClosed, match="expired"):
        said(asked(), Verdict.ACCEPT, at=NOW + timedelta(days=7))


@pytest.mark.parametrize("first", list(Verdict))
def test_an_answer_is_given_once(first: Verdict) -> None:
    answered = said(asked(), first, text="x", changes={0: {"n": 2}})
    with pytest.raises(ApprovalClosed):
        said(answered, Verdict.ACCEPT)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.RESPOND, State.RESPONDED),
        (Verdict.IGNORE, State.IGNORED),
        (Verdict.REFUSE, State.REFUSED),
    ],
)
def test_other_answers_let_nothing_happen_and_tell_the_agent(verdict: Verdict, state: State) -> None:
    answered = said(asked(), verdict, text="Not so.", card="")
    assert standing(answered, SEND.digest, NOW) == Answered("ap1", state, "ada", "Not so.")


def test_an_edit_becomes_the_effect_and_both_are_kept() -> None:
    edited = said(asked(SEND, FILE), Verdict.EDIT, changes={0: {"to": "eve@example.org", "n": 1}})
    theirs = edited.effective[0]
    assert edited.proposals[0] == SEND
    assert theirs.arguments == {"to": "eve@example.org", "n": 1}
    assert standing(edited, SEND.digest, NOW) == Answered("ap1", State.EDITED, "ada", edit=theirs)
    assert isinstance(standing(edited, theirs.digest, NOW), Taken)
    assert isinstance(standing(edited, FILE.digest, NOW), Taken)


@pytest.mark.parametrize(
    "changes", [{}, {0: {}}, {0: {"n": 1}}, {0: {"cc": "x"}}, {7: {"n": 2}}, {-1: {"n": 2}}], ids=str
)
def test_an_edit_that_changes_nothing_or_what_is_not_there_is_refused(changes: dict[int, dict[str, Any]]) -> None:
    with pytest.raises(AnswerInvalid):
        said(asked(), Verdict.EDIT, changes=changes)
    with pytest.raises(AnswerInvalid):
        preview(asked(), changes)


def test_a_number_of_another_kind_is_a_change() -> None:
    assert said(asked(), Verdict.EDIT, changes={0: {"n": True}}).effective[0].digest != SEND.digest


def test_a_response_needs_words() -> None:
    with pytest.raises(AnswerInvalid, match="empty"):
        said(asked(), Verdict.RESPOND, text=" ")


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.EDIT])
@pytest.mark.parametrize("card", ["", "0" * 64, "short"])
def test_what_was_not_shown_is_not_accepted(verdict: Verdict, card: str) -> None:
    with pytest.raises(CardChanged):
        said(asked(), verdict, card=card, changes={0: {"n": 2}})


def test_a_beginning_of_the_digest_is_enough_if_it_is_long() -> None:
    assert said(asked(), Verdict.ACCEPT, card=asked().card[:12].upper()).state is State.ACCEPTED
    with pytest.raises(CardChanged):
        said(asked(), Verdict.ACCEPT, card=asked().card[:11])


def test_the_card_covers_what_is_only_shown_too() -> None:
    shown = replace(SEND, explanation=Explanation(undo="gainful undo x"))
    assert asked(shown).card != asked(SEND).card
    assert asked(SEND, FILE).card != asked(FILE, SEND).card
    assert asked(approvers=Approvers(four_eyes=True)).card != asked().card


def test_four_eyes_keep_the_requester_from_accepting_but_not_from_withdrawing() -> None:
    approval = asked(approvers=Approvers(four_eyes=True))
    for verdict in (Verdict.ACCEPT, Verdict.EDIT):
        with pytest.raises(NotYourApproval, match="mira asked for this"):
            said(approval, verdict, by="mira", changes={0: {"n": 2}})
    assert said(approval, Verdict.REFUSE, by="mira").state is State.REFUSED
    assert said(approval, Verdict.ACCEPT, by="ada").state is State.ACCEPTED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_the_named_may_answer(verdict: Verdict) -> None:
    approval = asked(approvers=Approvers(frozenset({"ada"})))
    with pytest.raises(NotYourApproval, match="not among"):
        said(approval, verdict, by="eve", text="x", changes={0: {"n": 2}})
    with pytest.raises(NotYourApproval):
        said(approval, verdict, by="", text="x", changes={0: {"n": 2}})


@pytest.mark.parametrize("proposals", [(), (SEND, SEND), (SEND, replace(FILE, run_id="run2"))])
def test_a_question_is_about_different_effects_of_one_run(proposals: tuple[Proposal, ...]) -> None:
    with pytest.raises(AnswerInvalid):
        ask("ap1", proposals, "mira", NOW)
