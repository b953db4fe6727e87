"""Everything that was done can be taken back; what the person has changed since is theirs."""

from __future__ import annotations

from typing import Any

import pytest


def snapshot(office: Any) -> dict[str, dict[str, set[str]]]:
    return {folder: office.lying(folder) for folder in ("INBOX", "Archive", "Drafts", "Sent", "Junk")}


@pytest.fixture
def full(office: Any) -> Any:
    """An office whose three mails were triaged; `before` tells how they lay."""
    office.arrive(office.letter("asked"), flags="\\Seen")
    office.arrive(office.news("kites"), flags="\\Flagged mine newsletter")
    office.arrive(office.news("boats"))
    office.before = snapshot(office)
    office.triage()
    assert set(office.lying("Archive")) == {"kites", "boats"}
    return office


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {subject: reason for _, subject, reason in answer["left"]}


def test_a_run_is_taken_back_to_the_last_flag(full: Any) -> None:
    answer = full.undo(run="run1")

    assert len(answer["restored"]) == 3
    assert answer["left"] == []
    assert snapshot(full) == full.before
    assert list(full.lying("Trash")) == ["Re: asked"]
    assert full.outcomes("kites") == ["claimed", "rejected"]


def test_what_was_taken_back_is_not_done_again_by_the_next_run(full: Any) -> None:
    full.undo(run="run1")
    assert full.triage()["mails"] == 0
    assert snapshot(full) == full.before


def test_one_mail_is_taken_back_and_the_others_stay(full: Any) -> None:
    answer = full.undo(mail=full.record("boats").id)

    assert answer["restored"] == [full.record("boats").id]
    assert full.lying("INBOX")["boats"] == set()
    assert set(full.lying("Archive")) == {"kites"}


@pytest.mark.parametrize("how", ["run", "mail"])
def test_undoing_twice_changes_nothing_more(full: Any, how: str) -> None:
    target = {"run": "run1"} if how == "run" else {"mail": full.record("boats").id}
    full.undo(**target)
    after = snapshot(full)

    assert full.undo(**target) == {"restored": [], "left": []}
    assert snapshot(full) == after


def test_a_label_that_the_mail_had_before_stays(full: Any) -> None:
    full.undo(run="run1")
    assert full.lying("INBOX")["kites"] == {"\\Flagged", "mine", "newsletter"}


def test_flags_that_the_person_gave_since_stay(full: Any) -> None:
    for folder in ("INBOX", "Archive"):
        for kept in full.store.folders[folder].values():
            kept.flags |= {"\\Seen", "\\Answered", "later"}

    full.undo(run="run1")

    assert full.lying("INBOX")["boats"] == {"\\Seen", "\\Answered", "later"}
    assert full.lying("INBOX")["asked"] == {"\\Seen", "\\Answered", "later"}


def test_a_label_that_the_person_took_off_is_no_obstacle(full: Any) -> None:
    for kept in full.store.folders["INBOX"].values():
        kept.flags.discard("needs_reply")
    assert full.undo(run="run1")["left"] == []
    assert snapshot(full) == full.before


@pytest.mark.parametrize("to", ["Trash", "INBOX", "Hobby"])
def test_a_mail_that_the_person_moved_since_is_left_where_it_is(full: Any, to: str) -> None:
    full.person_moves("boats", to)

    answer = full.undo(run="run1")

    assert reasons(answer) == {"boats": "You moved or deleted it since."}
    assert "boats" in full.lying(to)
    assert "kites" in full.lying("INBOX")
    assert full.outcomes("boats") == ["claimed"]


def test_a_mail_that_is_gone_for_good_is_named(full: Any) -> None:
    full.store.folders["Archive"].clear()
    answer = full.undo(run="run1")
    assert reasons(answer) == {
        "boats": "You moved or deleted it since.",
        "kites": "You moved or deleted it since.",
    }


def test_a_draft_that_the_person_touched_is_left(full: Any) -> None:
    full.store.folders["Drafts"].clear()

    answer = full.undo(run="run1")

    assert reasons(answer) == {"asked": "You edited, sent or deleted the draft since."}
    assert full.lying("INBOX")["asked"] == {"\\Seen"}, "its label is taken off all the same"


def test_after_a_new_uidvalidity_nothing_is_guessed(full: Any) -> None:
    full.store.renumber()
    after = snapshot(full)

    answer = full.undo(run="run1")

    assert answer["restored"] == []
    assert set(reasons(answer)) == {"asked", "boats", "kites"}
    assert snapshot(full) == after


def test_a_mail_that_is_undone_and_then_moved_about_is_no_evidence_against_the_run(full: Any) -> None:
    full.undo(run="run1")
    full.person_moves("boats", "Hobby")
    full.triage()
    full.person_moves("boats", "INBOX")

    full.triage()

    assert full.acts() == []
