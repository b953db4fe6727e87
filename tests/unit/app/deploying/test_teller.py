"""Deployments in a chat: one thread, few messages, none lost and none twice, and nobody disturbed without need."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from gainful.app.deploying.herald import Herald
from gainful.app.deploying.teller import BACK, Channel
from gainful.core.deploy_event import EventKind as K
from gainful.core.errors import GainfulError
from gainful.jobs.deploy.telling import BLIND_FOR
from gainful.storage.chat.outbox_store import PostState
from tests.unit.app.deploying.town import Town

BEGUN = (K.PLANNED, K.BEGUN, K.STAGED, K.HEALTHY, K.BASELINE)
WATCHED = (*BEGUN, (K.SHIFTED, {"share": 20}), K.LOOKED, K.LOOKED)


def test_a_good_one_is_one_message_that_changes(town: Town) -> None:
    town.deploy()
    town.happens(*WATCHED)
    assert "**watched, with 20 % of the traffic**" in town.room()[-1].text
    town.happens(K.PROMOTED)
    (only,) = town.room()
    assert "**live**" in only.text
    assert town.told_alone(town.world.ada) == []


def test_a_rollback_is_told_below_and_calls_whoever_is_on_call(town: Town) -> None:
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    head, end = town.room()
    assert "**rolled back**" in head.text
    assert end.message.place.thread == head.message.place.message
    assert end.message.mentions == (town.world.bo,)


def test_an_explanation_is_an_edit_and_no_message(town: Town) -> None:
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK, K.EXPLAINED)
    head, end = town.room()
    assert "model    │ It is explained." in head.text
    assert "explained" not in end.text


def test_the_author_is_called_where_nobody_is_on_call(town: Town) -> None:
    town.channels["shop"] = Channel("team:#help", "")
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    assert town.room()[-1].message.mentions == (town.world.ada,)


def test_a_calendar_that_names_nobody_leaves_the_author(town: Town) -> None:
    town.on_call = {}
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    assert town.room()[-1].message.mentions == (town.world.ada,)


def test_whom_nobody_has_linked_is_not_called_and_all_is_told(town: Town) -> None:
    town.channels["shop"] = Channel("team:#help", "")
    town.deploy(author="zoe")
    town.happens(*WATCHED, K.ROLLED_BACK)
    assert [one.message.mentions for one in town.room()] == [(), ()]


# --- in a meeting ---


def test_in_a_meeting_nothing_is_posted_and_one_message_tells_it_afterwards(town: Town) -> None:
    town.meets("ada", hours=1)
    town.deploy()
    town.happens(*WATCHED, K.PROMOTED)
    assert town.room() == []
    town.clock.wait(hours=1)
    town.say()
    (only,) = town.room()
    assert "**live**" in only.text
    assert town.told_alone(town.world.ada) == []


def test_several_in_one_meeting_are_one_message_afterwards(town: Town) -> None:
    town.meets("ada", hours=1)
    for service in ("shop", "till"):
        town.deploy(service, service=service)
        town.happens(*WATCHED, K.PROMOTED, of=service)
    assert town.room() == []
    town.clock.wait(hours=1)
    town.say()
    (only,) = town.room()
    assert only.text.count("**live**") == 2


def test_begun_before_the_meeting_and_ended_in_it_waits_for_the_author_alone(town: Town) -> None:
    for service in ("shop", "till"):
        town.deploy(service, service=service)
        town.happens(*WATCHED, of=service)
    town.meets("ada", hours=1)
    town.happens(K.PROMOTED, of="shop")
    town.happens(K.PROMOTED, of="till")
    assert (len(town.room()), len(town.told_alone(town.world.ada))) == (2, 0)
    town.clock.wait(hours=1)
    town.say()
    (digest,) = town.told_alone(town.world.ada)
    assert digest.text.count("is live") == 2
    assert len(town.room()) == 2


def test_a_rollback_in_a_meeting_is_told_at_once_with_all_that_was_held_back(town: Town) -> None:
    town.meets("ada", hours=1)
    town.deploy()
    town.happens(*WATCHED)
    assert town.room() == []
    town.happens(K.ROLLED_BACK)
    head, end = town.room()
    assert "**rolled back**" in head.text
    assert end.message.place.thread == head.message.place.message
    assert end.message.mentions == (town.world.bo,)


def test_what_never_had_traffic_waits_for_the_end_of_the_meeting(town: Town) -> None:
    town.deploy()
    town.happens(*BEGUN)
    town.meets("ada", hours=1)
    town.happens(K.UNHEALTHY, K.FAILED)
    assert len(town.room()) == 1
    town.clock.wait(hours=1)
    town.say()
    assert "was not deployed" in town.room()[-1].text
    assert town.room()[-1].message.mentions == (town.world.ada,)


def test_one_that_goes_on_after_the_digest_ends_below_it(town: Town) -> None:
    town.meets("ada", hours=1)
    for service in ("shop", "till"):
        town.deploy(service, service=service)
        town.happens(*WATCHED, of=service)
    town.clock.wait(hours=1)
    town.say()
    (digest,) = town.room()
    town.happens(K.ROLLED_BACK, of="till")
    assert [one.message.place.thread for one in town.room()] == ["", digest.message.place.message]


def test_quiet_hours_hold_what_can_wait(make_town: Callable[..., Town]) -> None:
    town = make_town(quiet="08:00-10:00")
    town.deploy()
    town.happens(*WATCHED, K.PROMOTED)
    assert town.room() == []
    town.clock.wait(hours=1)
    town.say()
    assert len(town.room()) == 1


def test_nobodys_calendar_is_asked_before_a_rollback_is_told(town: Town) -> None:
    town.deploy()
    for kind in (*BEGUN, K.SHIFTED, K.ROLLED_BACK):
        town.note("dep1", kind)
    town.say()
    assert town.asked == []
    assert len(town.room()) == 2


def test_a_watch_that_stays_blind_is_noticed_by_the_clock(town: Town) -> None:
    town.deploy()
    town.happens(*WATCHED, K.HELD)
    assert len(town.room()) == 1
    town.clock.wait(seconds=BLIND_FOR.total_seconds())
    town.say()
    assert "nobody can tell" in town.room()[-1].text
    town.happens(K.ROLLED_BACK)
    assert (len(town.room()), len(town.threads())) == (3, 1)


# --- whatever crashes ---


@pytest.mark.parametrize("end", [K.PROMOTED, K.ROLLED_BACK])
def test_killed_at_any_write_each_thing_is_said_once(town: Town, monkeypatch: pytest.MonkeyPatch, end: K) -> None:
    """Each process dies at its n-th write to the outbox or call of the chat, for every n; the next one goes on."""
    town.deploy()
    for kind in (*BEGUN, K.SHIFTED):
        town.note("dep1", kind)
    for dies_at in count(1):
        killed = _killing(town, monkeypatch, dies_at)
        with suppress(KeyboardInterrupt):
            town.say()
        monkeypatch.undo()
        town.world.before = town.world.after = lambda _: None
        town.world.new_desk()
        town.new_teller()
        if not killed:
            break
        if dies_at == 4:
            town.note("dep1", end)
    town.clock.wait(minutes=20)
    town.say()
    assert len(town.room()) == (2 if end is K.ROLLED_BACK else 1)
    assert len(town.threads()) == 1
    assert town.room()[0].text.startswith("**shop**")
    assert ("**rolled back**" if end is K.ROLLED_BACK else "**live**") in town.room()[0].text


def _killing(town: Town, monkeypatch: pytest.MonkeyPatch, at: int) -> list[str]:
    steps, killed = count(1), list[str]()

    def step(name: str) -> None:
        if next(steps) == at:
            killed.append(name)
            raise KeyboardInterrupt

    outbox = town.world.outbox
    for name in ("put", "edit", "again", "claim", "posted", "opened"):
        whole = getattr(outbox, name)

        def breaking(*arguments: Any, _whole: Any = whole, _name: str = name, **more: Any) -> Any:
            step(f"before {_name}")
            found = _whole(*arguments, **more)
            step(f"after {_name}")
            return found

        monkeypatch.setattr(outbox, name, breaking)
    town.world.before = town.world.after = step
    return killed


def test_told_again_and_again_it_says_nothing_twice(town: Town) -> None:
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    found = town.records.find("dep1")
    assert found is not None
    for _ in range(3):
        for event in town.records.events("dep1"):
            town.teller.told(found, event)
        town.new_teller()
        town.say()
    assert len(town.room()) == 2
    assert town.world.outbox.open() == []


def test_what_ended_long_ago_is_not_told_any_more(town: Town) -> None:
    town.deploy()
    for kind in (*WATCHED, K.PROMOTED):
        town.note("dep1", kind if isinstance(kind, K) else kind[0])
    town.clock.now += BACK
    town.new_teller()
    town.say()
    assert town.room() == []


def test_a_chat_that_is_away_is_told_when_it_is_back(town: Town) -> None:
    town.world.server.faults.unreachable = True
    town.deploy()
    town.note("dep1", K.BEGUN)
    with pytest.raises(GainfulError):
        town.teller.look()
    town.note("dep1", K.SHIFTED)
    town.note("dep1", K.ROLLED_BACK)
    with pytest.raises(GainfulError):
        town.teller.look()
    town.world.server.faults.unreachable = False
    town.say()
    assert len(town.room()) == 2


def test_a_room_that_is_not_there_keeps_nothing_from_the_others(town: Town) -> None:
    town.channels["till"] = Channel("team:#nowhere")
    town.deploy("till", service="till")
    town.deploy()
    town.note("till", K.BEGUN)
    town.note("dep1", K.BEGUN)
    with pytest.raises(GainfulError, match="nowhere"):
        town.teller.look()
    town.world.send()
    assert len(town.room()) == 1


def test_without_a_chat_nothing_is_told(town: Town) -> None:
    town.channels.clear()
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    assert town.world.outbox.recent(10) == []


def test_told_to_one_member_alone(town: Town) -> None:
    town.channels["shop"] = Channel("team:@bo", "bo")
    town.deploy()
    town.happens(*WATCHED, K.ROLLED_BACK)
    head, end = town.told_alone(town.world.bo)
    assert end.message.place.thread == head.message.place.message
    assert town.room() == []


def test_the_herald_says_what_is_left_when_it_ends(town: Town) -> None:
    complaints: list[GainfulError] = []
    herald = Herald(town.teller, town.world.desk.send, complaints.append, every=60)
    herald.start()
    town.deploy()
    town.note("dep1", K.BEGUN)
    herald.stop(timedelta(seconds=30))
    assert not herald.is_alive()
    assert [post.state for post in town.world.outbox.recent(10)] == [PostState.POSTED]
    assert complaints == []


def test_the_herald_complains_once_and_goes_on(town: Town) -> None:
    complaints: list[GainfulError] = []
    town.channels["shop"] = Channel("team:#nowhere")
    herald = Herald(town.teller, town.world.desk.send, complaints.append)
    town.deploy()
    town.note("dep1", K.BEGUN)
    for _ in range(3):
        herald._once()
    assert [error.code for error in complaints] == ["no-such-room"]
