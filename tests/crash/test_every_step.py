"""A process may die between any two operations: before one, or after it but before knowing that it worked.

Each case lets the Nth operation on the mailbox or the database be the last one, for every N, then runs again to the
end and counts: every mail once, `\\Seen` as it was, one draft a mail at most. Then everything is undone and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.jobs.triage.deciding.facts import PersonRule
from gainful.jobs.triage.run import Order, TriageJob, UndoJob
from gainful.jobs.triage.settings import Settings
from gainful.runs.steps import DirectSteps
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox

SETTINGS = Settings(
    owner=("owner@example.org",),
    rules=(
        PersonRule("newsletter", from_="@lists.example.net"),
        PersonRule("needs_reply", from_="@people.example.net"),
    ),
)
WRITES = ("intend", "settle", "save_decisions", "add", "relocate", "save_folder_state", "claim", "judge")


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product catches it."""


class Countdown:
    """Raises `Killed` at the Nth operation it is told of; 0 for never."""

    def __init__(self, last: int) -> None:
        self.left = last
        self.passed = 0

    def __call__(self, _operation: str) -> None:
        self.passed += 1
        if self.left and self.passed == self.left:
            raise Killed


class Mortal:
    """A store whose writes are operations too: counted before they commit, and again after."""

    def __init__(self, store: Any, count: Countdown) -> None:
        self._store = store
        self._count = count

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in WRITES:
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._count(name)
            result = found(*arguments, **named)
            self._count(name)
            return result

        return call


def mail(number: int) -> bytes:
    host = "lists" if number % 2 else "people"
    body = "News of kites." if number % 2 else "Could you send me the plan?"
    return (
        f"From: Sender <s{number}@{host}.example.net>\r\nTo: owner@example.org\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <{number}@{host}.example.net>\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def full_inbox() -> Mailstore:
    store = Mailstore()
    for number in range(6):
        store.put("INBOX", Kept(mail(number), {"\\Seen"} if number % 3 else set()))
    # The same bytes twice: a sender's retry. Each copy is a mail of its own.
    store.put("INBOX", Kept(mail(1)))
    # No Message-ID: only its bytes tell where it went.
    store.put("INBOX", Kept(mail(9).replace(b"Message-ID: <9@lists.example.net>\r\n", b"")))
    return store


def contents(store: Mailstore, *, drafts: bool = False) -> Counter[tuple[Any, ...]]:
    """Every mail by folder, bytes and flags; drafts of ours left out unless asked for."""
    return Counter(
        (folder, kept.raw, frozenset(kept.flags))
        for folder, mails in store.folders.items()
        for kept in mails.values()
        if drafts or b"X-Gainful-Draft" not in kept.raw
    )


def by_bytes(store: Mailstore) -> Counter[tuple[bytes, bool]]:
    return Counter({(raw, "\\Seen" in flags): n for (_, raw, flags), n in contents(store).items()})


@pytest.fixture
def play(database: Engine, lay_desk: Callable[..., Any]) -> Callable[[Mailstore, int, str], int]:
    """Runs one job to the Nth operation; answers how many operations there were."""

    def go(store: Mailstore, last: int, job: str = "triage") -> int:
        count = Countdown(last)
        mailbox = MemoryMailbox(store, before=count, after=count)

        desk = lay_desk(database, mailbox, SETTINGS, wrap=lambda store: Mortal(store, count))
        if job == "undo":
            UndoJob(lambda *_: nullcontext(desk))(
                DirectSteps(), "undo", {"source": "test", "targets": [{"run": "run"}]}
            )
        else:
            order = Order(source="test", apply=True).as_json()
            triage = TriageJob(lambda *_: nullcontext(desk), lambda _: None, lambda _: lambda *_: None)
            triage(DirectSteps(), "run", order)
        return count.passed

    return go


def test_an_undisturbed_run_files_labels_and_drafts(play: Callable[..., int]) -> None:
    store = full_inbox()

    operations = play(store, 0)

    assert len(store.folders["Archive"]) == 5
    assert len(store.folders["Drafts"]) == 3
    assert 20 < operations < 80


@pytest.mark.parametrize("last", range(1, 80))
def test_after_death_at_any_operation_nothing_is_lost_or_doubled(play: Callable[..., int], last: int) -> None:
    store = full_inbox()
    before, inbox = by_bytes(store), contents(store)

    try:
        play(store, last)
    except Killed:
        assert sum(contents(store).values()) == 8
        play(store, 0)

    assert by_bytes(store) == before
    assert len(store.folders["Archive"]) == 5
    drafts = [kept.message_id for kept in store.folders["Drafts"].values()]
    assert len(drafts) == len(set(drafts)) == 3
    play(store, 0, "undo")
    assert contents(store) == inbox
    assert not store.folders["Drafts"]


@pytest.mark.parametrize("last", range(1, 50))
def test_an_undo_that_dies_is_gone_on_with(play: Callable[..., int], database: Engine, last: int) -> None:
    store = full_inbox()
    inbox = contents(store)
    play(store, 0)

    try:
        play(store, last, "undo")
    except Killed:
        play(store, 0, "undo")

    assert contents(store) == inbox
    assert not store.folders["Drafts"]


def test_a_mail_that_the_person_moved_meanwhile_is_left_and_told(
    play: Callable[..., int], database: Engine, lay_desk: Callable[..., Any]
) -> None:
    store = full_inbox()
    play(store, 0)
    uid = next(iter(store.folders["Archive"]))
    store.folders["Trash"][uid] = store.folders["Archive"].pop(uid)

    desk = lay_desk(database, MemoryMailbox(store), SETTINGS)
    order = {"source": "test", "targets": [{"run": "run"}]}
    undone = UndoJob(lambda *_: nullcontext(desk))(DirectSteps(), "undo", order)

    assert len(undone["restored"]) == 7
    assert [reason for _, _, reason in undone["left"]] == ["You moved or deleted it since."]
    assert store.folders["Trash"][uid].raw
