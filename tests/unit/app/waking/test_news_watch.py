"""Mails that were decided and runs that have ended, as the books tell of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gainful.core.mail import Action, Decided, Decision, MailRecord, Means, Place, Priority
from tests.unit.app.wakers import NOON, World


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


def arrives(
    world: World, number: int, *labels: str, received_at: datetime | None = None, subject: str = "Invoice"
) -> None:
    """A mail comes, and triage decides about it."""
    record = MailRecord(
        id=f"mail{number}",
        account="imap://me@mail.example.org",
        place=Place("INBOX", "1", str(number)),
        message_id=f"<{number}@example.org>",
        sha256=f"{number:064}",
        thread=f"<{number}@example.org>",
        from_addr="bo@example.org",
        from_name="Bo",
        subject="Invoice",
        received_at=received_at or world.now,
        size=100,
        flags=frozenset(),
    )
    decision = Decision(labels, 0.9, 0.1, Priority.TODAY, Action.LABEL, Means.RULE, "A rule says so.")
    world.mails.add([record])
    world.mails.save_decisions(f"run{number}", [Decided(record, decision, f"run{number}", world.now, {}, b"")])


def ends(world: World, run_id: str, job: str = "triage", state: str = "done", *, applied: bool = True) -> None:
    world.runs.start(run_id, job, "work", "hand", applied=applied, at=world.now)
    world.runs.end(run_id, state, {"text": "Two mails wait."}, world.now)


def told(world: World) -> list[str]:
    """What was started by one look: of mails the id, of runs theirs."""
    world.after(seconds=5).dispatcher.news()
    return [str(occurrence.about.get("id") or occurrence.about["run"]) for occurrence in world.taken()]


# --- mails ---


def test_a_mail_that_fits_wakes_once(world: World) -> None:
    world.agent({"on": "mail", "account": "work", "label": "receipt"})
    assert told(world) == []
    arrives(world, 1, "receipt")
    arrives(world, 2, "fyi")
    assert told(world) == ["work:1:1:INBOX"]
    assert told(world) == []


def test_old_mail_wakes_nobody_however_late_it_is_read(world: World) -> None:
    arrives(world, 1, "receipt")
    world.after(minutes=1)
    world.agent({"on": "mail", "account": "work"})
    assert told(world) == []
    arrives(world, 2, received_at=NOON - timedelta(days=900))
    assert told(world) == []


def test_mail_that_came_while_nobody_looked_wakes_all_the_same(world: World) -> None:
    world.agent({"on": "mail", "account": "work"})
    told(world)
    for number in range(3):
        world.after(hours=20)
        arrives(world, number)
    world.after(hours=20)
    world.dispatcher = world.process()
    assert sorted(told(world)) == [f"work:1:{number}:INBOX" for number in range(3)]
    world.dispatcher = world.process()
    assert told(world) == []


def test_a_mail_that_is_labelled_later_wakes_then(world: World) -> None:
    world.agent({"on": "mail", "label": "receipt"})
    told(world)
    arrives(world, 1)
    assert told(world) == []
    world.after(hours=2)
    world.mails.save_decisions("later", [decided_again(world, "receipt")])
    assert told(world) == ["work:1:1:INBOX"]


def decided_again(world: World, label: str) -> Decided:
    (record,) = world.mails.get(["mail1"]).values()
    decision = Decision((label,), 0.9, 0.1, Priority.TODAY, Action.LABEL, Means.RULE, "A rule says so.")
    return Decided(record, decision, "later", world.now, {}, b"")


def test_while_it_is_disabled_mail_passes_an_agent_by(world: World) -> None:
    world.agent({"on": "mail", "account": "work"})
    told(world)
    world.agents.clear()
    world.after(hours=3)
    arrives(world, 1)
    world.after(hours=3)
    world.agent({"on": "mail", "account": "work"}, since=world.now)
    assert told(world) == []
    arrives(world, 2)
    assert told(world) == ["work:1:2:INBOX"]


def test_a_new_version_loses_no_mail(world: World) -> None:
    world.agent({"on": "mail", "account": "work"})
    told(world)
    arrives(world, 1)
    world.after(seconds=1).agents.clear()
    world.agent({"on": "mail", "account": "work"}, since=world.now, digest="another")
    assert told(world) == ["work:1:1:INBOX"]


def test_a_clock_that_is_set_back_loses_no_mail(world: World) -> None:
    world.agent({"on": "mail", "account": "work"})
    told(world)
    world.after(hours=5)
    told(world)
    world.after(hours=-8)
    arrives(world, 1)
    assert told(world) == ["work:1:1:INBOX"]
    arrives(world, 2)
    world.dispatcher = world.process()
    assert told(world) == ["work:1:2:INBOX"]


def test_the_books_are_not_asked_for_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.agent({"on": "mention"})
    monkeypatch.setattr(world.mails, "decided_since", None)
    monkeypatch.setattr(world.runs, "ended_since", None)
    assert told(world) == []


def test_a_mail_known_at_once_is_not_told_again_by_the_books(world: World) -> None:
    world.agent({"on": "mail", "account": "work"})
    told(world)
    arrives(world, 1)
    (decided,) = world.mails.decided_since(None, NOON)
    assert len(world.dispatcher.mail(world.dispatcher._arrived(decided))) == 1
    world.taken()
    assert told(world) == []


# --- runs ---


def test_the_end_of_a_run_wakes_who_waits_for_it(world: World) -> None:
    world.agent({"on": "run", "agent": "triage"})
    world.agent({"on": "run", "agent": ["digest", "triage"], "state": ["failed", "stopped"]}, name="nurse")
    told(world)
    ends(world, "run1")
    ends(world, "run2", state="failed")
    ends(world, "run3", "digest")
    world.after(seconds=5).dispatcher.news()
    assert [(occurrence.agent, occurrence.about["run"]) for occurrence in world.taken()] == [
        ("handbook", "run1"),
        ("nurse", "run2"),
    ]
    assert told(world) == []


def test_a_preview_and_what_ended_before_wake_nobody(world: World) -> None:
    ends(world, "run1")
    world.after(seconds=1)
    world.agent({"on": "run", "agent": "triage"})
    told(world)
    ends(world, "run2", applied=False)
    world.runs.start("run3", "triage", "work", "hand", applied=True, at=world.now)
    assert told(world) == []


def test_runs_that_wake_each_other_come_to_an_end(world: World) -> None:
    world.agent({"on": "run", "agent": "pong"}, name="ping")
    world.agent({"on": "run", "agent": "ping"}, {"on": "run", "agent": "pong", "name": "own"}, name="pong")
    told(world)
    ends(world, "run0", "ping")
    rounds = 0
    while rounds < 10:
        world.after(seconds=5).dispatcher.news()
        started = world.taken()
        if not started:
            break
        rounds += 1
        for occurrence in started:
            record = world.store.find(occurrence.id)
            assert record is not None
            ends(world, record.run_id, occurrence.agent)
    assert rounds == 2
    (last,) = [record for record in world.store.recent("pong") if record.state == "refused"]
    assert last.note == "3 agents' messages lie between it and a person; 2 are allowed."


def test_a_run_told_at_once_is_not_told_again_by_the_books(world: World) -> None:
    world.agent({"on": "run", "agent": "triage"})
    told(world)
    ends(world, "run1")
    (run,) = world.runs.ended_since(NOON)
    assert len(world.dispatcher.run_ended(world.dispatcher._run_ended(run, world.now))) == 1
    world.taken()
    assert told(world) == []
