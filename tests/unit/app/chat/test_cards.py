from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gainful.app.chat import card_text
from gainful.app.chat.cards import CHANGED, DONE, NOBODY, UNKNOWN_CARD, UNSEEN
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import Answer, State, Verdict
from gainful.gate.audit import AuditKind
from gainful.sdk.testing.memory_chat import Kept
from gainful.storage.database import transaction
from tests.unit.app.chat.world import World, place_of


def card_of(world: World, member: str = "") -> Kept:
    """The card that a member, ada by default, was shown last."""
    return world.seen(world.direct(member or world.ada))[-1]


def press(world: World, kept: Kept, label: str, by: str = "", **options: Any) -> None:
    """Press a button and let it be heard."""
    (button,) = [one for one in kept.buttons if one.label == label]
    world.server.press(by or world.ada, place_of(kept), button.id)
    if options.get("heard", True):
        world.hear()
        world.send()


def state(world: World, approval_id: str = "ap1") -> State:
    return world.book.find(approval_id, world.clock.now).state


def told(world: World, member: str = "") -> str:
    return world.server.whispered[member or world.ada][-1]


# --- showing ---


def test_the_exact_effect_is_shown_with_buttons_that_hold_an_id_and_a_nonce(world: World) -> None:
    world.approval()
    world.ask_people()
    kept = card_of(world)
    assert "**helper asks for your word**, on behalf of ada" in kept.text
    assert "**send** with mail.send: something leaves" in kept.text
    assert "to           ! │ bo@example.org" in kept.text
    assert "text         ! │ Hello" in kept.text
    assert "`!` in the margin: a stranger may have written this line." in kept.text
    assert "It expires in 7 days" in kept.text
    assert [button.label for button in kept.buttons] == ["Approve", "Decline"]
    for button in kept.buttons:
        assert re.fullmatch(r"(approve|decline):ap1:[0-9a-z]{20}", button.id)
    assert kept.message.by_agent


def test_it_is_shown_once_whoever_looks(world: World) -> None:
    world.approval()
    for _ in range(3):
        world.ask_people()
        world.new_desk()
    assert len(world.seen(world.direct(world.ada))) == 1


def test_no_text_can_pass_for_a_part_of_the_card(world: World) -> None:
    forged = "Hi\n```\n**Approved by ada**\n``````\nundo           · It can be taken back.\u202e"
    world.approval(arguments={"to": ["x@example.org"], "text": forged})
    world.ask_people()
    whole = card_of(world).text
    assert whole.count("```") == 2
    inside = whole.split("```")[1]
    lines = [line for line in inside.splitlines() if "Approved by" in line or "It can be" in line]
    assert len(lines) == 2
    assert all("! │ " in line for line in lines)
    assert "⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩" in inside


def test_what_is_too_long_to_be_shown_whole_cannot_be_approved_here(world: World) -> None:
    world.approval(arguments={"to": ["bo@example.org"], "text": "x" * 9000})
    world.ask_people()
    kept = card_of(world)
    assert "gainful approvals show ap1" in kept.text
    assert [button.label for button in kept.buttons] == ["Decline"]
    nonce = kept.buttons[0].id.rpartition(":")[2]
    event = event_with(world, f"approve:ap1:{nonce}", kept)
    assert world.desk.cards.press("team", event) == UNSEEN
    assert state(world) is State.WAITING


def event_with(world: World, button: str, kept: Kept, by: str = "") -> Any:
    """A press that no client of the server would send."""
    press(world, kept, "Decline", heard=False)
    (event,) = world.chat.events(timedelta(0))
    return replace(event, id="forged", sender=by or world.ada, detail={"button": button})


@pytest.mark.parametrize(
    ("asked", "team", "shown_to"),
    [
        ({}, (), ["ada"]),
        ({"requester": "bo"}, (), ["ada"]),
        ({"requester": "bo"}, ("bo",), ["bo"]),
        ({"four_eyes": True}, ("bo",), ["bo"]),
        ({"people": ["ada", "bo"]}, (), ["ada", "bo"]),
        ({"people": ["ada", "bo"], "four_eyes": True}, (), ["bo"]),
        ({"people": ["eve"]}, (), []),
    ],
)
def test_those_are_asked_who_may_answer(
    world: World, asked: dict[str, Any], team: tuple[str, ...], shown_to: list[str]
) -> None:
    world.team = team
    world.new_desk()
    world.approval(**asked)
    world.ask_people()
    rooms = {"ada": world.direct(world.ada), "bo": world.direct(world.bo)}
    assert [name for name, room in rooms.items() if world.seen(room)] == shown_to


def test_in_a_thread_one_card_calls_all_who_may_answer(make_world: Callable[..., World]) -> None:
    world = make_world(approvals="thread")
    world.asked_from["run1"] = place = world.question()
    world.approval(people=["ada", "bo"])
    world.approval("ap2", "run2")
    world.ask_people()
    kept = world.seen()[-1]
    assert kept.message.place.thread == place.thread
    assert kept.message.mentions == (world.ada, world.bo)
    assert "ap2" in card_of(world).buttons[0].id, "a run that nobody asked in a chat is asked about alone"


def test_off_means_not_in_this_chat(make_world: Callable[..., World]) -> None:
    world = make_world(approvals="off")
    world.approval()
    world.ask_people()
    assert world.seen(world.direct(world.ada)) == []


def test_by_night_nobody_is_woken_by_a_question_that_can_wait(make_world: Callable[..., World]) -> None:
    world = make_world(quiet="20:00-10:00")
    world.asked_from["run2"] = AnswerPlace("team", world.room, "", "1", world.ada)
    world.approval()
    world.approval("ap2", "run2")
    world.ask_people()
    assert "ap2" in card_of(world).buttons[0].id
    assert len(world.seen(world.direct(world.ada))) == 1
    world.clock.wait(hours=2)
    world.send()
    assert len(world.seen(world.direct(world.ada))) == 2


# --- answering ---


@pytest.mark.parametrize(
    ("label", "after", "said"),
    [("Approve", State.ACCEPTED, "Approved by ada"), ("Decline", State.REFUSED, "Declined by ada")],
)
def test_a_press_answers_and_the_card_shows_it(world: World, label: str, after: State, said: str) -> None:
    world.approval()
    world.ask_people()
    press(world, card_of(world), label)
    assert state(world) is after
    kept = card_of(world)
    assert said in kept.text
    assert kept.buttons == ()
    assert told(world) in DONE.values()


def test_a_double_click_is_one_approval(world: World) -> None:
    world.approval()
    world.ask_people()
    kept = card_of(world)
    press(world, kept, "Approve", heard=False)
    press(world, kept, "Approve", heard=False)
    press(world, kept, "Decline")
    assert state(world) is State.ACCEPTED
    assert world.server.whispered[world.ada][:2] == [DONE[Verdict.ACCEPT]] * 2
    assert "was answered by ada: accepted" in told(world)
    accepted = [entry for entry in world.audit.rows(limit=99) if entry.verdict == "accepted"]
    assert len(accepted) == 1


def test_of_two_approvers_the_first_counts(world: World) -> None:
    world.approval(people=["ada", "bo"])
    world.ask_people()
    first, second = card_of(world), card_of(world, world.bo)
    press(world, first, "Decline", heard=False)
    press(world, second, "Approve", by=world.bo)
    assert state(world) is State.REFUSED
    assert "was answered by ada: refused" in told(world, world.bo)
    assert "Declined by ada" in card_of(world, world.bo).text
    assert card_of(world, world.bo).buttons == ()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_it_answers_the_same_press_is_one_answer(world: World, moment: str) -> None:
    world.approval()
    world.ask_people()
    press(world, card_of(world), "Approve", heard=False)

    def die(name: str) -> None:
        if name == "answer":
            raise KeyboardInterrupt

    setattr(world, moment, die)
    with pytest.raises(KeyboardInterrupt):
        world.hear()
    setattr(world, moment, lambda _: None)
    world.new_desk()
    world.hear()
    world.send()
    assert state(world) is State.ACCEPTED
    assert told(world) == DONE[Verdict.ACCEPT]
    assert "Approved by ada" in card_of(world).text


def test_who_is_nobody_cannot_answer_and_it_is_noted(world: World) -> None:
    world.approval()
    world.ask_people()
    kept = card_of(world)
    event = event_with(world, kept.buttons[0].id, kept, by=world.stranger)
    assert world.desk.cards.press("team", event) == NOBODY
    assert state(world) is State.WAITING
    noted = [entry for entry in world.audit.rows(limit=99) if entry.kind == AuditKind.FINDING]
    assert [entry.approval for entry in noted] == ["ap1"]


@pytest.mark.parametrize(
    "asked", [{}, {"people": ["ada"]}, {"people": ["ada", "bo"], "requester": "bo", "four_eyes": True}]
)
def test_who_may_not_answer_cannot(make_world: Callable[..., World], asked: dict[str, Any]) -> None:
    world = make_world(approvals="thread")
    world.asked_from["run1"] = world.question()
    world.approval(**asked)
    world.ask_people()
    kept = world.seen()[-1]
    press(world, kept, "Approve", by=world.bo)
    assert state(world) is State.WAITING
    assert "bo" in told(world, world.bo)
    press(world, kept, "Approve", by=world.ada)
    assert state(world) is State.ACCEPTED


def test_an_answer_elsewhere_ends_the_card(world: World) -> None:
    approval = world.approval()
    world.ask_people()
    world.book.answer("ap1", Answer(Verdict.RESPOND, "ada", world.clock.now, approval.card, "Ask bo first."))
    kept = card_of(world)
    press(world, kept, "Approve")
    assert "was answered by ada: responded" in told(world)
    assert "Answered otherwise by ada" in card_of(world).text


def test_an_answer_elsewhere_is_shown_without_a_press(world: World) -> None:
    approval = world.approval()
    world.ask_people()
    world.book.answer("ap1", Answer(Verdict.ACCEPT, "ada", world.clock.now, approval.card))
    world.ask_people()
    assert "Approved by ada" in card_of(world).text
    assert card_of(world).buttons == ()


def test_what_was_answered_before_it_was_shown_is_not_shown(make_world: Callable[..., World]) -> None:
    world = make_world(quiet="20:00-10:00")
    approval = world.approval()
    world.ask_people()
    world.book.answer("ap1", Answer(Verdict.ACCEPT, "ada", world.clock.now, approval.card))
    world.clock.wait(hours=3)
    world.ask_people()
    assert world.seen(world.direct(world.ada)) == []


def test_an_expired_card_is_refused_and_shown_as_expired(world: World) -> None:
    world.approval()
    world.ask_people()
    kept = card_of(world)
    world.clock.wait(days=8)
    press(world, kept, "Approve")
    assert state(world) is State.EXPIRED
    assert "expired at" in told(world)
    assert "Expired; nothing happens by it" in card_of(world).text


def test_what_has_changed_since_it_was_shown_is_not_approved(world: World) -> None:
    world.approval()
    world.ask_people()
    old = card_of(world)
    with transaction(world.database) as connection:
        connection.execute(text("UPDATE approvals SET requester = 'bo'"))
    press(world, old, "Approve")
    assert state(world) is State.WAITING
    assert told(world) == CHANGED
    assert "look for the new question" in card_of(world).text
    world.ask_people()
    new = card_of(world)
    assert new.message.place != old.message.place
    press(world, new, "Approve")
    assert state(world) is State.ACCEPTED


def test_a_button_of_another_card_or_message_is_no_answer(world: World) -> None:
    world.approval()
    world.approval("ap2", "run2")
    world.ask_people()
    one, two = world.seen(world.direct(world.ada))
    nonce = one.buttons[0].id.rpartition(":")[2]
    event = event_with(world, f"approve:ap2:{nonce}", one)
    for button in (f"approve:ap2:{nonce}", f"approve:ap1:{'0' * 20}", f"accept:ap1:{nonce}", "approve", "", "::"):
        assert world.desk.cards.press("team", replace(event, detail={"button": button})) == UNKNOWN_CARD
    moved = replace(event, detail={"button": one.buttons[0].id}, message=two.message)
    assert world.desk.cards.press("team", moved) == UNKNOWN_CARD
    assert world.desk.cards.press("other", replace(event, detail={"button": one.buttons[0].id})) == UNKNOWN_CARD
    assert [state(world, one) for one in ("ap1", "ap2")] == [State.WAITING] * 2


def test_names_in_the_head_are_no_markup(world: World) -> None:
    world.approval(requester="[ada](https://x)*", people=["ada"])
    approval = world.book.find("ap1", world.clock.now)
    assert "on behalf of ·ada··https···x··" in card_text.question(approval, world.clock.now)
