"""The door to mailboxes: every effect once, known not to have happened, or marked uncertain. On the real journal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.core.errors import Refused
from gainful.core.mail import MailRecord, Place
from gainful.gate.effects import EffectDoor
from gainful.gate.guard import Guard
from gainful.gate.journal import Effect, Kind, State
from gainful.policy.request import Facts, MailFacts
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.mail import MailboxUnreachable
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox
from gainful.storage.errors import DiskFull
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.mail.mail_store import MailStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def mail(number: int, *, named: bool = True) -> bytes:
    name = f"Message-ID: <{number}@example.org>\r\n" if named else ""
    return f"From: ada@example.org\r\nSubject: Mail {number}\r\n{name}\r\nText {number}.\r\n".encode()


class Recorder(MemoryMailbox):
    """Remembers which changing calls reached it, and with which grant."""

    def __init__(self, store: Mailstore, **hooks: Any) -> None:
        super().__init__(store, **hooks)
        self.calls: list[tuple[str, list[str]]] = []
        self.grants: list[Grant] = []

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        self._note(grant, uids)
        super().change_keywords(grant, folder, uids, add=add, remove=remove)

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Any:
        self._note(grant, uids)
        return super().move(grant, folder, uids, to)

    def append_draft(self, grant: Grant, raw: bytes) -> Place | None:
        self._note(grant, [])
        return super().append_draft(grant, raw)

    def _note(self, grant: Grant, uids: Collection[str]) -> None:
        self.grants.append(grant)
        self.calls.append((grant.tool, list(uids)))


class Silent(Recorder):
    """A server without UIDPLUS: it moves, and does not say where to."""

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Any:
        super().move(grant, folder, uids, to)
        return {}


class World:
    """One account: a server's store, the books, and doors that are opened and lost like processes."""

    def __init__(self, engine: Engine, guard: Guard) -> None:
        self.guard = guard
        self.store = Mailstore()
        self.journal = EffectStore(engine)
        self.mails = MailStore(engine)
        self.facts = Facts(applied=True)
        self.slept: list[float] = []

    def arrive(self, raw: bytes, flags: Collection[str] = ()) -> MailRecord:
        """A mail in the inbox that the books know."""
        uid = self.store.put("INBOX", Kept(raw, set(flags)))
        record = MailRecord(
            id=f"mail{uid}",
            account="test",
            place=Place("INBOX", self.store.validity, uid),
            message_id=Kept(raw).message_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            thread="",
            from_addr="ada@example.org",
            from_name="",
            subject="",
            received_at=NOW,
            size=len(raw),
            flags=frozenset(flags),
        )
        self.mails.add([record])
        return record

    def door(self, mailbox: MemoryMailbox, journal: Any = None, facts: Callable[[Effect], Facts] | None = None) -> Any:
        chosen = facts or (lambda _: self.facts)
        return EffectDoor(
            "test",
            mailbox,
            journal or self.journal,
            chosen,
            lambda: NOW,
            self.slept.append,
            self.guard,
            declared("maildir"),
        )

    def state(self, effect: Effect) -> State:
        return self.journal.states([effect.key])[effect.key].state

    def place_of(self, record: MailRecord) -> Place:
        return self.mails.get([record.id])[record.id].place

    def subjects(self, folder: str) -> list[bytes]:
        return sorted(kept.raw for kept in self.store.folders.get(folder, {}).values())


@pytest.fixture
def world(database: Engine, free_guard: Guard) -> World:
    return World(database, free_guard)


def effect(record: MailRecord, kind: Kind, **fields: Any) -> Effect:
    made = Effect(
        key=f"{record.id}-{kind}",
        run_id="run",
        account="test",
        mail_id=record.id,
        kind=kind,
        place=record.place,
        message_id=record.message_id,
        sha256=record.sha256,
        flags=record.flags,
    )
    return replace(made, **fields)


def move(record: MailRecord, **fields: Any) -> Effect:
    return effect(record, Kind.MOVE, to="Archive", **fields)


def label(record: MailRecord, *add: str, remove: tuple[str, ...] = ()) -> Effect:
    return effect(record, Kind.KEYWORDS, add=add, remove=remove)


def draft(record: MailRecord) -> Effect:
    raw = b"Message-ID: <draft-of-" + record.id.encode() + b"@example.org>\r\n\r\nDear Ada,\r\n"
    return effect(record, Kind.DRAFT, draft=raw, message_id=f"<draft-of-{record.id}@example.org>")


def breaking(operation: str) -> Callable[[str], None]:
    """A hook under which the connection breaks at this operation, the first time."""
    left = [1]

    def hook(name: str) -> None:
        if name == operation and left:
            left.pop()
            raise MailboxUnreachable("The connection broke.", "Try again.")

    return hook


# --- the plain case ---


def test_effects_happen_and_are_settled_with_where_the_mail_lies_now(world: World) -> None:
    one, two = world.arrive(mail(1)), world.arrive(mail(2))
    mailbox = Recorder(world.store)
    wanted = [label(one, "news"), label(two, "news"), draft(two), move(one)]

    outcomes = world.door(mailbox).perform(wanted)

    assert [outcome.effect.key for outcome in outcomes] == [item.key for item in wanted]
    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert world.subjects("Archive") == [mail(1)]
    assert world.place_of(one) == outcomes[3].after
    assert world.place_of(two) == two.place
    assert world.store.folders["INBOX"][two.place.uid].flags == {"news"}
    assert outcomes[2].after is not None
    assert outcomes[2].after.folder == "Drafts"


def test_like_effects_share_one_call_and_a_draft_has_its_own(world: World) -> None:
    records = [world.arrive(mail(number)) for number in range(4)]
    mailbox = Recorder(world.store)

    world.door(mailbox).perform([*(label(r, "news") for r in records), *(draft(r) for r in records[:2])])

    uids = [record.place.uid for record in records]
    assert mailbox.calls == [("mail.change_keywords", uids), ("mail.append_draft", []), ("mail.append_draft", [])]


@pytest.mark.parametrize("make", [move, lambda record: label(record, "news"), draft], ids=["move", "label", "draft"])
def test_the_same_key_acts_once(world: World, make: Callable[[MailRecord], Effect]) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)
    wanted = make(record)

    first = world.door(mailbox).perform([wanted])
    again = world.door(mailbox).perform([wanted])

    assert first == again
    assert len(mailbox.calls) == 1


def test_a_key_given_twice_in_one_call_acts_once(world: World) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)

    outcomes = world.door(mailbox).perform([draft(record), draft(record)])

    assert [outcome.state for outcome in outcomes] == [State.DONE, State.DONE]
    assert len(world.store.folders["Drafts"]) == 1


def test_the_intent_is_durable_before_the_mailbox_is_called(world: World) -> None:
    records = [world.arrive(mail(number)) for number in range(3)]
    wanted = [label(records[0], "news"), draft(records[1]), move(records[2])]
    seen: list[tuple[str, set[str]]] = []

    def look(operation: str) -> None:
        if operation != "fetch":
            seen.append((operation, {item.key for item in world.journal.unsettled("test")}))

    world.door(MemoryMailbox(world.store, before=look)).perform(wanted)

    keys = [item.key for item in wanted]
    assert seen == [
        ("change_keywords", set(keys)),
        ("append_draft", set(keys[1:])),
        ("move", set(keys[2:])),
    ]
    assert world.journal.unsettled("test") == []


def test_the_grant_tells_key_tool_and_rules(world: World) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)

    world.door(mailbox).perform([label(record, "news"), draft(record), move(record)])

    assert mailbox.grants == [
        Grant(f"{record.id}-keywords", "mail.change_keywords", ("contained-is-free",)),
        Grant(f"{record.id}-draft", "mail.append_draft", ("contained-is-free",)),
        Grant(f"{record.id}-move", "mail.move", ("contained-is-free",)),
    ]


# --- denied ---


def test_what_the_policy_denies_is_recorded_and_never_reaches_the_mailbox(world: World) -> None:
    kept, gone = world.arrive(mail(1)), world.arrive(mail(2))
    mailbox = Recorder(world.store)
    door = world.door(mailbox, facts=lambda item: Facts(applied=True, mail=MailFacts(vip=item.mail_id == kept.id)))

    outcomes = door.perform([move(kept), label(kept, "news"), move(gone)])

    assert [outcome.state for outcome in outcomes] == [State.DENIED, State.DONE, State.DONE]
    assert outcomes[0].note == "Its sender is one of your VIPs."
    assert world.subjects("INBOX") == [mail(1)]
    assert world.journal.states([move(kept).key])[move(kept).key].note == "Its sender is one of your VIPs."
    # Denied is an answer: asking again does not ask the policy anew.
    assert world.door(mailbox).perform([move(kept)])[0].state is State.DENIED


def test_a_preview_touches_nothing(world: World) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)
    world.facts = Facts(applied=False)

    outcomes = world.door(mailbox).perform([move(record), label(record, "news"), draft(record)])

    assert {outcome.state for outcome in outcomes} == {State.DENIED}
    assert mailbox.calls == []


def test_a_move_back_is_not_denied_by_what_protects_a_mail(world: World) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)
    (moved,) = world.door(mailbox).perform([move(record)])
    world.facts = Facts(applied=True, mail=MailFacts(vip=True, put_back=True, action_label=True))
    back = replace(move(record), key="back", place=moved.after, to="INBOX", reverses=moved.effect.key)

    (outcome,) = world.door(mailbox).perform([back])

    assert outcome.state is State.DONE
    assert world.state(moved.effect) is State.UNDONE
    assert world.place_of(record).folder == "INBOX"


# --- the connection breaks ---


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("operation", "make"),
    [
        ("change_keywords", lambda record: label(record, "news")),
        ("append_draft", draft),
        ("move", move),
    ],
)
def test_a_broken_connection_leaves_intents_that_recovery_finishes_once(
    world: World, when: str, operation: str, make: Callable[[MailRecord], Effect]
) -> None:
    record = world.arrive(mail(1))
    wanted = make(record)
    broken = MemoryMailbox(world.store, **{when: breaking(operation)})

    with pytest.raises(MailboxUnreachable):
        world.door(broken).perform([wanted])
    assert world.state(wanted) is State.INTENDED

    (outcome,) = world.door(MemoryMailbox(world.store)).recover()

    assert outcome.state is State.DONE
    assert world.state(wanted) is State.DONE
    assert len(world.store.folders["Drafts"]) == (operation == "append_draft")
    assert len(world.store.folders.get("Archive", {})) == (operation == "move")
    assert sum(len(mails) for mails in world.store.folders.values()) == 1 + (operation == "append_draft")
    assert world.slept == [1.0]
    if operation == "move":
        assert world.place_of(record) == outcome.after
    assert world.door(MemoryMailbox(world.store)).recover() == []


def test_performing_again_after_a_break_finishes_what_was_intended(world: World) -> None:
    records = [world.arrive(mail(number)) for number in range(3)]
    wanted = [draft(record) for record in records]
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, after=breaking("append_draft"))).perform(wanted)

    outcomes = world.door(MemoryMailbox(world.store)).perform(wanted)

    assert [outcome.state for outcome in outcomes] == [State.DONE] * 3
    assert len(world.store.folders["Drafts"]) == 3


@pytest.mark.parametrize("again", ["recover", "perform"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_left_is_finished_in_the_order_in_which_it_was_meant(world: World, when: str, again: str) -> None:
    """A label is set where the mail lies before its move, whatever the keys are."""
    records = [world.arrive(mail(number)) for number in range(4)]
    labels = [replace(label(record, "news"), key=f"z{record.id}") for record in records]
    moves = [replace(move(record), key=f"a{record.id}") for record in records]
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, **{when: breaking("change_keywords")})).perform([*labels, *moves])
    door = world.door(MemoryMailbox(world.store))

    outcomes = door.recover() if again == "recover" else door.perform([*labels, *moves])

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert [kept.flags for kept in world.store.folders["Archive"].values()] == [{"news"}] * 4


def test_recovery_asks_the_policy_anew(world: World) -> None:
    record = world.arrive(mail(1))
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, before=breaking("move"))).perform([move(record)])
    world.facts = Facts(applied=True, mail=MailFacts(written_to=True))

    (outcome,) = world.door(MemoryMailbox(world.store)).recover()

    assert outcome.state is State.DENIED
    assert world.subjects("INBOX") == [mail(1)]


def test_a_copy_at_both_places_is_uncertain_and_never_repeated(world: World) -> None:
    record = world.arrive(mail(1))
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, before=breaking("move"))).perform([move(record)])
    # A server that moves by copying died in the middle.
    world.store.put("Archive", Kept(mail(1)))
    mailbox = Recorder(world.store)

    (outcome,) = world.door(mailbox).recover()
    (again,) = world.door(mailbox).perform([move(record)])

    assert outcome.state is again.state is State.UNCERTAIN
    assert outcome.note == "It lies in INBOX and a copy in Archive. Delete the one you do not want."
    assert mailbox.calls == []
    assert [item.effect.key for item in world.journal.uncertain("test")] == [move(record).key]


def test_a_mail_that_vanished_meanwhile_is_not_chased(world: World) -> None:
    moved, labelled = world.arrive(mail(1)), world.arrive(mail(2))
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, before=breaking("move"))).perform([move(moved)])
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, before=breaking("change_keywords"))).perform([label(labelled, "news")])
    for record in (moved, labelled):
        world.store.folders["Trash"][record.place.uid] = world.store.folders["INBOX"].pop(record.place.uid)

    outcomes = world.door(Recorder(world.store)).recover()

    assert [outcome.state for outcome in outcomes] == [State.UNCERTAIN, State.FAILED]
    assert all("no longer in INBOX" in outcome.note for outcome in outcomes)
    assert len(world.store.folders["Trash"]) == 2


@pytest.mark.parametrize("named", [True, False], ids=["with Message-ID", "without Message-ID"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_identical_twins_get_places_of_their_own(world: World, named: bool, when: str) -> None:
    twins = [world.arrive(mail(1, named=named)) for _ in range(3)]
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, **{when: breaking("move")})).perform([move(twin) for twin in twins])

    outcomes = world.door(MemoryMailbox(world.store)).recover()

    assert [outcome.state for outcome in outcomes] == [State.DONE] * 3
    assert len({outcome.after for outcome in outcomes}) == 3
    assert len(world.store.folders["Archive"]) == 3
    assert len({world.place_of(twin) for twin in twins}) == 3


def test_a_twin_that_was_put_away_earlier_is_not_mistaken_for_this_one(world: World) -> None:
    first = world.arrive(mail(1))
    world.door(MemoryMailbox(world.store)).perform([move(first)])
    second = world.arrive(mail(1))
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, before=breaking("move"))).perform([move(second)])

    (outcome,) = world.door(MemoryMailbox(world.store)).recover()

    assert outcome.state is State.DONE
    assert len(world.store.folders["Archive"]) == 2
    assert world.place_of(first) != world.place_of(second)


def test_a_server_that_does_not_say_where_it_moved_a_mail_is_looked_into(world: World) -> None:
    records = [world.arrive(mail(1)), world.arrive(mail(2, named=False))]

    outcomes = world.door(Silent(world.store)).perform([move(record) for record in records])

    assert [outcome.state for outcome in outcomes] == [State.DONE, State.DONE]
    for record, outcome in zip(records, outcomes, strict=True):
        assert outcome.after is not None
        kept = world.store.folders["Archive"][outcome.after.uid]
        assert hashlib.sha256(kept.raw).hexdigest() == record.sha256


# --- the server renumbers ---


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_new_uidvalidity_between_intent_and_recovery_moves_no_other_mail(world: World, when: str) -> None:
    record, other = world.arrive(mail(1)), world.arrive(mail(2))
    with pytest.raises(MailboxUnreachable):
        world.door(MemoryMailbox(world.store, **{when: breaking("move")})).perform([move(record)])
    world.store.renumber()
    # The worst case: the old number now belongs to another mail.
    inbox = world.store.folders["INBOX"]
    other_uid = next(uid for uid, kept in inbox.items() if kept.raw == mail(2))
    inbox[record.place.uid] = inbox.pop(other_uid)
    mailbox = Recorder(world.store)

    (outcome,) = world.door(mailbox).recover()

    assert mailbox.calls == []
    assert outcome.state is (State.DONE if when == "after" else State.UNCERTAIN)
    assert mail(2) in world.subjects("INBOX")
    assert other.id != record.id


@pytest.mark.parametrize("make", [move, lambda record: label(record, "news")], ids=["move", "label"])
def test_an_effect_meant_before_a_new_uidvalidity_touches_nothing(
    world: World, make: Callable[[MailRecord], Effect]
) -> None:
    """Decided, then the server renumbers, then the run goes on: the uid may be another mail's now."""
    record = world.arrive(mail(1))
    wanted = make(record)
    world.store.renumber()
    inbox = world.store.folders["INBOX"]
    inbox.clear()
    inbox[record.place.uid] = Kept(mail(2))
    mailbox = Recorder(world.store)

    (outcome,) = world.door(mailbox).perform([wanted])

    assert outcome.state is State.FAILED
    assert "renumbered" in outcome.note
    assert mailbox.calls == []
    assert inbox[record.place.uid].flags == set()


# --- the mailbox says no ---


def refusing(operation: str) -> Callable[[str], None]:
    def hook(name: str) -> None:
        if name == operation:
            raise Refused("The server says no.", "Ask its owner.")

    return hook


def test_a_refusal_is_an_answer_and_the_rest_goes_on(world: World) -> None:
    records = [world.arrive(mail(number)) for number in range(2)]
    mailbox = MemoryMailbox(world.store, before=refusing("change_keywords"))
    wanted = [*(label(record, "news") for record in records), draft(records[0]), move(records[1])]

    outcomes = world.door(mailbox).perform(wanted)

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.FAILED, State.DONE, State.DONE]
    assert outcomes[0].note == "The server says no. Ask its owner."
    assert world.journal.unsettled("test") == []


def test_a_keyword_that_cannot_be_one_fails_alone(world: World) -> None:
    records = [world.arrive(mail(number)) for number in range(2)]

    outcomes = world.door(MemoryMailbox(world.store)).perform(
        [label(records[0], "two words"), label(records[1], "news")]
    )

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.DONE]
    assert "'two words' cannot be a keyword" in outcomes[0].note


class HalfWay(Recorder):
    """Does the first mail of a batch, then refuses the rest."""

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        super().change_keywords(grant, folder, list(uids)[:1], add=add, remove=remove)
        raise Refused("Quota exceeded.")

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Any:
        super().move(grant, folder, list(uids)[:1], to)
        raise Refused("Quota exceeded.")


@pytest.mark.parametrize("make", [move, lambda record: label(record, "news")], ids=["move", "label"])
def test_a_batch_refused_half_way_is_told_apart_mail_by_mail(
    world: World, make: Callable[[MailRecord], Effect]
) -> None:
    records = [world.arrive(mail(number)) for number in range(3)]

    outcomes = world.door(HalfWay(world.store)).perform([make(record) for record in records])

    assert [outcome.state for outcome in outcomes] == [State.DONE, State.FAILED, State.FAILED]
    assert [outcome.note for outcome in outcomes] == ["", "Quota exceeded.", "Quota exceeded."]
    if outcomes[0].effect.kind is Kind.MOVE:
        assert [world.place_of(record).folder for record in records] == ["Archive", "INBOX", "INBOX"]


def test_a_refused_removal_of_a_keyword_is_not_taken_for_done(world: World) -> None:
    record = world.arrive(mail(1), ["news"])
    mailbox = MemoryMailbox(world.store, before=refusing("change_keywords"))

    (outcome,) = world.door(mailbox).perform([label(record, remove=("news",))])

    assert outcome.state is State.FAILED


def test_an_effect_on_a_mail_that_is_gone_fails_without_a_guess(world: World) -> None:
    record = world.arrive(mail(1))
    world.store.folders["INBOX"].clear()

    (outcome,) = world.door(MemoryMailbox(world.store)).perform([move(record)])

    assert outcome.state is State.UNCERTAIN
    assert "no longer in INBOX" in outcome.note


# --- our own disk is full ---


class FullJournal:
    """A journal on a disk that has no room for an intent."""

    def __init__(self, journal: EffectStore) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def intend(self, effects: Any, at: datetime) -> None:
        raise DiskFull("The disk is full.", "Make room.")


def test_without_room_for_the_intent_the_mailbox_is_not_touched(world: World) -> None:
    record = world.arrive(mail(1))
    mailbox = Recorder(world.store)

    with pytest.raises(DiskFull):
        world.door(mailbox, FullJournal(world.journal)).perform([label(record, "news"), move(record)])

    assert mailbox.calls == []
    assert world.subjects("INBOX") == [mail(1)]
