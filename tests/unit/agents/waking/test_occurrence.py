"""What a happening is for an agent: the same one has the same id, and nobody's words are taken for another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gainful.agents.waking.happening import Arrived, Asked, Changed, Delivered, Heard, RunEnded
from gainful.agents.waking.matching import Happening, fitting
from gainful.agents.waking.occurrence import compared, is_own, occurrence_of, slot_occurrence, too_far
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.occurrence import AnswerPlace, Occurrence, occurrence_from
from gainful.sdk.chat import EventKind
from tests.unit.agents.happenings import NOON, agent, heard, mail

HANDBOOK = agent(
    {"on": "mention"},
    {"on": "direct"},
    {"on": "reaction", "reaction": "ticket"},
    {"on": "command", "command": "/handbook"},
    {"on": "message", "pattern": "*"},
    {"on": "mail", "account": "work"},
    {"on": "webhook"},
    {"on": "file", "path": "handbook", "new": True},
    {"on": "run", "agent": "triage"},
)


def of(happening: Happening, **changes: Any) -> Occurrence:
    who = replace(HANDBOOK, **changes)
    trigger = fitting(who.triggers, happening)
    assert trigger is not None
    found = occurrence_of(who, trigger, happening)
    assert occurrence_from(found.as_json()) == found
    return found


def stranger(source: str) -> Label:
    return Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({source}))


# --- chat ---


def test_a_mention_is_answered_in_its_thread() -> None:
    found = of(heard(EventKind.MENTION, sender_name="Bo", person="bo"))
    assert found == Occurrence(
        id=found.id,
        agent="handbook",
        trigger="mention",
        at=NOON,
        about={
            "text": "What does it cost?",
            "sender": "Bo",
            "room": "slack:C1",
            "room_name": "help",
            "message": "100.1",
            "thread": "100.1",
            "link": "https://c/1",
        },
        label=stranger("chat:event"),
        person="bo",
        answer_to=AnswerPlace("slack", "C1", "100.1", "100.1", "U1"),
        work_item="chat:slack:C1:100.1",
    )
    within = of(heard(EventKind.MENTION, thread="90.1"))
    assert within.answer_to is not None
    assert within.answer_to.thread == "90.1"
    assert within.work_item == "chat:slack:C1:90.1"


def test_between_two_there_is_no_thread_unless_somebody_began_one() -> None:
    found = of(heard(EventKind.DIRECT))
    assert found.answer_to is not None
    assert found.answer_to.thread == ""
    assert found.work_item == "chat:slack:C1:100.1"
    begun = of(heard(EventKind.DIRECT, thread="90.1"))
    assert begun.answer_to is not None
    assert begun.answer_to.thread == "90.1"


def test_a_command_is_told_with_its_text() -> None:
    found = of(heard(EventKind.COMMAND, person="ada", detail={"command": "/handbook", "text": "holidays"}))
    assert found.about["text"] == "holidays"
    assert found.about["command"] == "/handbook"
    assert found.words == "holidays"
    assert found.answer_to == AnswerPlace("slack", "C1", member="U1")
    assert found.work_item == "chat:slack:C1:e1"


@pytest.mark.parametrize(
    ("happening", "words"),
    [
        (heard(EventKind.MENTION, person="ada"), "What does it cost?"),
        (heard(EventKind.DIRECT, person="ada"), "What does it cost?"),
        (heard(EventKind.MENTION, person="bo"), ""),
        (heard(EventKind.MENTION), ""),
        # Said to others, and only overheard.
        (heard(EventKind.MESSAGE, person="ada"), ""),
        # The message that the owner reacts to is somebody else's.
        (heard(EventKind.REACTION, person="ada", detail={"name": "ticket"}), ""),
        # An agent that writes in its owner's name.
        (heard(EventKind.MENTION, person="ada", by_agent=True), ""),
    ],
)
def test_only_what_its_owner_says_to_it_are_the_owners_words(happening: Heard, words: str) -> None:
    assert of(happening).words == words


def test_an_agent_without_an_owner_that_is_known_takes_nobodys_words_for_theirs() -> None:
    assert of(heard(EventKind.MENTION), owner="").words == ""


def test_the_same_event_is_the_same_occurrence_for_one_agent() -> None:
    first = of(heard(EventKind.MENTION))
    assert of(heard(EventKind.MENTION, "another text, same event")).id == first.id
    assert of(heard(EventKind.MENTION, event_id="e2")).id != first.id
    assert of(replace(heard(EventKind.MENTION), chat="matrix")).id != first.id
    assert of(heard(EventKind.MENTION), name="other").id != first.id


def test_the_same_reaction_on_the_same_message_is_one_whoever_adds_it() -> None:
    def added(by: str, event_id: str, name: str = "ticket") -> str:
        return of(heard(EventKind.REACTION, sender=by, event_id=event_id, detail={"name": name})).id

    assert added("U1", "e1") == added("U2", "e2")
    who = agent({"on": "reaction", "reaction": ["ticket", "eyes"]})
    assert len({occurrence_of(who, who.triggers[0], heard(EventKind.REACTION, detail={"name": name})).id
                for name in ("ticket", "eyes")}) == 2  # fmt: skip


@pytest.mark.parametrize(
    ("by_agent", "hops", "expected"), [(False, 0, 0), (True, 1, 1), (True, 0, 1), (True, 2, 2), (False, 3, 3)]
)
def test_hops_are_those_of_the_message(by_agent: bool, hops: int, expected: int) -> None:
    assert of(heard(EventKind.MENTION, by_agent=by_agent, hops=hops)).hops == expected


def test_a_persons_reaction_to_an_agents_message_is_a_persons() -> None:
    assert of(heard(EventKind.REACTION, by_agent=True, hops=2, detail={"name": "ticket"})).hops == 0


def test_circles_end() -> None:
    near, far = (of(heard(EventKind.MENTION, by_agent=True, hops=hops)) for hops in (2, 3))
    assert too_far(HANDBOOK, near) == ""
    assert too_far(HANDBOOK, far) == "3 agents' messages lie between it and a person; 2 are allowed."
    assert too_far(replace(HANDBOOK, hops=0), near) != ""
    assert is_own(HANDBOOK, heard(EventKind.MENTION, sender="BOT", me="BOT"))
    assert not is_own(HANDBOOK, heard(EventKind.MENTION, me="BOT"))
    assert is_own(HANDBOOK, RunEnded("r", "handbook", "done", NOON))
    assert not is_own(HANDBOOK, RunEnded("r", "triage", "done", NOON))
    assert not is_own(HANDBOOK, mail())


# --- the others ---


def test_a_mail_is_told_in_a_line_and_is_a_strangers() -> None:
    found = of(mail("bo@example.org", "Invoice 7", "receipt", "fyi"))
    assert found.about == {
        "id": "work:1:7:INBOX",
        "account": "work",
        "from": "bo@example.org",
        "from_name": "Bo",
        "subject": "Invoice 7",
        "label": "receipt, fyi",
    }
    assert (found.label, found.work_item, found.words) == (stranger("mail:event"), "mail:mail1", "")


def test_a_mail_is_known_by_its_bytes_wherever_it_lies() -> None:
    first = mail()
    moved = replace(first, tool_id="work:2:9:Archive", record=replace(first.record, id="other"))
    forged: Arrived = replace(first, record=replace(first.record, sha256="cd" * 32))
    assert of(first).id == of(moved).id
    assert of(forged).id != of(first).id


def test_a_webhook_is_told_as_data_or_as_text() -> None:
    found = of(Delivered("k1", {"action": "opened"}, NOON, "issues"))
    assert found.about == {"event": "issues", "body": {"action": "opened"}}
    assert found.label == stranger("webhook:event")
    assert of(Delivered("k1", "x" * 100_000, NOON)).about["text"] == "x" * 20_000
    assert of(Delivered("k2", {}, NOON)).id != of(Delivered("k1", {}, NOON)).id


def test_a_file_that_becomes_again_what_it_was_has_changed_again() -> None:
    ids = {of(Changed("handbook/a.md", digest, number, NOON)).id for number, digest in enumerate(("a", "b", "a"), 1)}
    assert len(ids) == 3
    assert of(Changed("handbook/a.md", "a", 1, NOON, is_new=True)).about == {
        "path": "handbook/a.md",
        "change": "new",
        "sha256": "a",
    }


def test_the_end_of_a_run_is_one_step_further_away() -> None:
    found = of(RunEnded("run1", "triage", "done", NOON, "Two mails wait.", hops=1))
    assert found.about == {"agent": "triage", "run": "run1", "state": "done", "text": "Two mails wait."}
    assert found.hops == 2
    assert found.label.tainted
    assert not of(RunEnded("run1", "triage", "done", NOON, label=TYPED)).label.tainted
    # It ends once, however it is told.
    assert of(RunEnded("run1", "triage", "done", NOON)).id == found.id


def test_by_hand() -> None:
    found = of(Asked("k1", "ada", "Look into it.", NOON))
    assert (found.person, found.words, found.label, found.about) == (
        "ada",
        "Look into it.",
        TYPED,
        {"text": "Look into it."},
    )
    other = of(Asked("k1", "bo", "Look into it.", NOON))
    assert (other.person, other.words, other.label) == ("bo", "", stranger("hand:event"))
    recorded = of(Asked("k1", "ada", "", NOON, {"text": "a recorded message"}))
    assert (recorded.words, recorded.label, recorded.about) == (
        "",
        stranger("hand:event"),
        {"text": "a recorded message"},
    )


def test_a_slot_tells_the_time_on_the_wall() -> None:
    who = agent({"on": "cron", "at": "0 9 * * *"})
    due = datetime(2026, 11, 30, 8, tzinfo=UTC)
    found = slot_occurrence(who, who.triggers[0], due, ZoneInfo("Europe/Berlin"))
    assert found.about == {"time": "Monday 2026-11-30T09:00+01:00"}
    assert not found.label.tainted
    assert found.id == slot_occurrence(who, who.triggers[0], due, ZoneInfo("UTC")).id


def test_what_names_an_occurrence_is_not_compared() -> None:
    assert compared(of(RunEnded("run1", "triage", "done", NOON, "x"))) == {
        "agent": "triage",
        "state": "done",
        "text": "x",
    }
