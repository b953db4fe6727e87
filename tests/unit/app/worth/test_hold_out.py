"""Items are dealt once, before anybody begins; what by hand takes is measured; twenty of them make a class known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from gainful.app import Gainful
from gainful.app.worth.by_hand import MeasuringAlready, NotMeasuring
from gainful.app.worth.hold_out import Deal, ItemBegun, OtherClass
from gainful.app.worth.outcomes import ItemUnknown
from gainful.core.fact import (
    Account,
    Agent,
    Call,
    Claim,
    Evidence,
    Fact,
    HumanTime,
    Person,
    Run,
    Verdict,
    WorkItem,
)
from gainful.ledger.outcome import WorkItem as OwnItem
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.settings.config import Home

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


class Wall:
    """A clock that tests set."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.prepare()
    found.config.write_text('[owner]\nname = "ada"\n[worth]\nhold_out = 0.5\nrate = 60\n')
    return found


@pytest.fixture
def app(home: Home, wall: Wall) -> Iterator[Gainful]:
    with Gainful.open(home, wall) as opened:
        yield opened


def dealt_to(app: Gainful, arm: str, begins: str = "T") -> str:
    """An item that chance gave to this arm."""
    for number in range(100):
        item = f"{begins}-{number}"
        if app.hold_outs.deal(item, "ticket", "ann").arm == arm:
            return item
    raise AssertionError("a hundred items of one arm")


# --- dealing ---


def test_an_item_that_nobody_knows_is_opened_and_dealt_once(app: Gainful) -> None:
    first = app.hold_outs.deal("T-1", "ticket", "ann")
    again = app.hold_outs.deal("T-1", "ticket", "bo", share=0.9)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.arm, again.share) == (first.arm, 0.5)
    assert app.hold_outs.arm("T-1") == first.arm
    assert app.hold_outs.arm("T-2") is None
    _, case = app.facts.case("T-1")
    assert case.item is not None
    assert case.item.requester == app.directory.pseudonym("ann")
    assert (case.arm.arm, case.arm.share) == (first.arm, 0.5) if case.arm else False


def test_another_process_deals_the_same(app: Gainful, home: Home, wall: Wall) -> None:
    arms = {f"T-{number}": app.hold_outs.deal(f"T-{number}", "ticket", "ann").arm for number in range(40)}
    assert set(arms.values()) == {"agent", "hand"}
    with Gainful.open(home, wall) as other:
        assert {item: other.hold_outs.deal(item, "ticket", "ann").arm for item in arms} == arms
        assert other.facts.verify() == ""


def test_another_installation_deals_otherwise(app: Gainful, tmp_path: Path) -> None:
    items = [f"T-{number}" for number in range(40)]
    with Gainful.open(Home(tmp_path / "other"), Wall()) as other:
        theirs = [other.hold_outs.deal(item, "ticket", "ann", share=0.5).arm for item in items]
    # That forty fair deals agree has a chance of one in a million million.
    assert [app.hold_outs.deal(item, "ticket", "ann").arm for item in items] != theirs


def test_nothing_is_dealt_where_the_share_is_nothing(app: Gainful) -> None:
    assert {app.hold_outs.deal(f"T-{number}", "ticket", "ann", share=0.0).arm for number in range(30)} == {"agent"}


@pytest.mark.parametrize(
    ("fact", "sign"),
    [
        (Run(at=NOW, id="run-1", agent="helper", work_item="T-1"), "a run"),
        (Claim(at=NOW, work_item="T-1", claimant="helper"), "a claim"),
        (HumanTime(at=NOW, work_item="T-1", person="bo", what="hand", seconds=Decimal(60)), "time that somebody gave"),
    ],
)
def test_what_was_begun_is_not_dealt(app: Gainful, fact: Fact, sign: str) -> None:
    app.facts.append([WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann"), fact], "test")
    with pytest.raises(ItemBegun, match=f"there is {sign}"):
        app.hold_outs.deal("T-1", "ticket", "ann")
    assert app.hold_outs.arm("T-1") is None


def test_what_somebody_is_at_by_hand_is_not_dealt(app: Gainful) -> None:
    app.facts.append([WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann")], "test")
    app.by_hand.start("T-1", "bo")
    with pytest.raises(ItemBegun, match="somebody at it by hand"):
        app.hold_outs.deal("T-1", "ticket", "ann")


def test_what_gainfuls_own_agents_have_begun_is_not_dealt(app: Gainful) -> None:
    app.runs.start("run1", "helper", "agent:helper", "mention", applied=True, at=NOW)
    app.work.claim([OwnItem("chat:1", "chat", "ann", NOW)], "run1", NOW)
    with pytest.raises(ItemBegun):
        app.hold_outs.deal("chat:1", "chat", "ann")


def test_a_dealt_item_keeps_its_arm_when_work_begins(app: Gainful) -> None:
    item = dealt_to(app, "agent")
    app.facts.append([Run(at=NOW, id="run-1", agent="helper", work_item=item)], "test")
    assert app.hold_outs.deal(item, "ticket", "ann").arm == "agent"


def test_the_class_of_an_item_is_not_chosen_anew(app: Gainful) -> None:
    app.hold_outs.deal("T-1", "ticket", "ann")
    with pytest.raises(OtherClass, match="'ticket', and not of 'pull-request'"):
        app.hold_outs.deal("T-1", "pull-request", "ann")


def test_no_other_key_is_put_in_the_place_of_the_one_that_dealt(app: Gainful, home: Home) -> None:
    key = home.path / "hold-out.key"
    assert not key.exists()
    app.hold_outs.deal("T-1", "ticket", "ann")
    assert key.stat().st_mode & 0o777 == 0o600
    kept = key.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(KeyFileInvalid, match="does not hold the key"):
        app.hold_outs.deal("T-2", "ticket", "ann")
    key.unlink()
    with pytest.raises(KeyFileInvalid, match="is missing"):
        app.hold_outs.deal("T-2", "ticket", "ann")
    assert not key.exists()
    # What was dealt is known without it.
    assert not app.hold_outs.deal("T-1", "ticket", "ann").is_new
    key.write_bytes(kept)
    key.chmod(0o600)
    assert app.hold_outs.deal("T-2", "ticket", "ann").is_new


# --- by hand ---


def test_the_clock_runs_on_while_gainful_does_not(app: Gainful, home: Home, wall: Wall) -> None:
    item = dealt_to(app, "hand")
    assert app.by_hand.start(item, "Bo@example.org") == NOW
    app.close()
    wall.now = NOW + timedelta(minutes=21)
    with Gainful.open(home, wall) as other:
        took = other.by_hand.done(item, "bo@example.org")
        assert (took.seconds, took.measured, took.began_at) == (Decimal(1260), True, NOW)
        _, case = other.facts.case(item)
        (time,) = case.times
        assert (time.what, time.seconds, time.measured) == ("hand", Decimal(1260), True)
        assert time.person == other.directory.pseudonym("bo@example.org")
        assert other.directory.pseudonym("bo@example.org").startswith("p-")


def test_begin_and_end_belong_together(app: Gainful, wall: Wall) -> None:
    item = dealt_to(app, "hand")
    with pytest.raises(NotMeasuring, match="bo has not begun"):
        app.by_hand.done(item, "bo")
    app.by_hand.start(item, "bo")
    with pytest.raises(MeasuringAlready, match="since 2026-09-01 09:00 UTC"):
        app.by_hand.start(item, "bo")
    with pytest.raises(NotMeasuring):
        app.by_hand.done(item, "cy")
    wall.now += timedelta(minutes=1)
    app.by_hand.done(item, "bo")
    with pytest.raises(NotMeasuring):
        app.by_hand.done(item, "bo")


def test_stretches_add_up(app: Gainful, wall: Wall) -> None:
    item = dealt_to(app, "hand")
    for person, minutes in (("bo", 5), ("bo", 5), ("cy", 10)):
        app.by_hand.start(item, person)
        wall.now += timedelta(minutes=minutes)
        app.by_hand.done(item, person)
    _, case = app.facts.case(item)
    assert [time.seconds for time in case.times] == [300, 300, 600]


@pytest.mark.parametrize(
    ("took", "counts"),
    [(timedelta(hours=8), True), (timedelta(hours=8, seconds=1), False), (timedelta(minutes=-5), False)],
)
def test_what_nobody_works_without_a_break_does_not_count(
    app: Gainful, wall: Wall, took: timedelta, counts: bool
) -> None:
    item = dealt_to(app, "hand")
    app.by_hand.start(item, "bo")
    wall.now += took
    assert app.by_hand.done(item, "bo").measured is counts
    _, case = app.facts.case(item)
    assert [time.measured for time in case.times] == [counts]


def test_an_item_that_nobody_reported_is_not_measured(app: Gainful) -> None:
    with pytest.raises(ItemUnknown):
        app.by_hand.start("T-404", "bo")


# --- what comes of it ---


def test_twenty_items_by_hand_make_a_class_known_and_say_what_they_cost(app: Gainful, wall: Wall) -> None:
    who = [
        Person(at=NOW, id="bo", team="shop"),
        Person(at=NOW, id="ann", team="desk"),
        Agent(at=NOW, id="fixer", owner="bo", team="shop"),
        Account(at=NOW, id="fixer-bot", owner="bo"),
    ]
    app.facts.append(who, "test")
    by_hand = by_agent = number = 0
    while by_hand < 20 or by_agent < 5:
        number += 1
        item = f"T-{number}"
        arm = app.hold_outs.deal(item, "ticket", "ann").arm
        if arm == "hand" and by_hand < 20:
            by_hand += 1
            app.by_hand.start(item, "bo")
            wall.now += timedelta(minutes=30)
            app.by_hand.done(item, "bo")
        elif arm == "agent" and by_agent < 5:
            by_agent += 1
            app.facts.append(done_by_agent(item, wall.now), "test")
        if by_hand == 19:
            (unknown,) = app.worth.tell().kept.baselines
            assert (unknown.source, unknown.minutes) == ("unknown", None)
    wall.now += timedelta(days=20)
    told = app.worth.tell().kept
    (known,) = told.baselines
    assert (known.source, known.count) == ("hold-out", 20)
    assert known.minutes is not None
    assert known.minutes.middle == 30
    assert told.organisation.items["verified"] == 5
    # Of twenty items the agent would have saved 30 minutes each, of which 98 % are believed without a look, less six of
    # review: 20 × 23.4 minutes at 60 USD an hour.
    assert Decimal(told.hold_out_cost) == 468


def test_what_was_given_to_the_agents_and_done_by_hand_after_all_is_no_baseline(app: Gainful, wall: Wall) -> None:
    number = done = 0
    while done < 25:
        number += 1
        item = f"T-{number}"
        if app.hold_outs.deal(item, "ticket", "ann").arm == "agent":
            done += 1
            time = HumanTime(at=NOW, work_item=item, person="bo", what="hand", seconds=Decimal(9_000))
            app.facts.append([time], "test")
    wall.now += timedelta(days=1)
    assert app.worth.tell().kept.baselines == ()


def test_those_who_deal_at_once_hear_the_same_and_it_is_booked_once(app: Gainful) -> None:
    found: list[Deal] = []
    threads = [Thread(target=lambda: found.append(app.hold_outs.deal("T-1", "ticket", "ann"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({deal.arm for deal in found}) == 1
    assert sum(deal.is_new for deal in found) == 1
    assert app.facts.verify() == ""


def done_by_agent(item: str, at: datetime) -> list[Fact]:
    return [
        Run(at=at, id=f"run-{item}", agent="fixer", person="bo", work_item=item),
        Call(at=at, id=f"call-{item}", run=f"run-{item}", cost=Decimal("0.01")),
        HumanTime(at=at, work_item=item, person="bo", what="review", seconds=Decimal(360)),
        Claim(at=at, work_item=item, claimant="fixer", run=f"run-{item}"),
        Evidence(at=at, work_item=item, system="system:desk", what="effect", before="open", after="closed"),
        Verdict(at=at + timedelta(hours=1), work_item=item, by="ann", accepted=True),
    ]
