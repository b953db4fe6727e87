"""A stop counts before the next effect, also in the middle of a batch of them; what was held back is no verdict."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.app.guarding.guards import built_in
from gainful.core.mail import MailRecord, Place
from gainful.gate.effects import EffectDoor
from gainful.gate.guard import Guard
from gainful.gate.journal import Effect, Kind, State
from gainful.policy.request import Facts
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.gate.stop_store import Stop, StopStore
from gainful.storage.mail.mail_store import MailStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Office:
    """Three mails, and a mailbox during whose second command somebody stops triage."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.audit = AuditStore(engine, path / "audit.key", path / "audit" / "checkpoints.jsonl", lambda: NOW)
        self.stops = StopStore(engine, self.audit)
        self.journal = EffectStore(engine)
        self.store = Mailstore()
        self.calls = 0
        self.stop_at = 2
        office = self

        class Mailbox(MemoryMailbox):
            def change_keywords(
                self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
            ) -> None:
                office.calls += 1
                if office.calls == office.stop_at:
                    office.stops.put(Stop("triage", "ada", NOW, "enough"))
                super().change_keywords(grant, folder, uids, add=add, remove=remove)

        guard = Guard("triage", built_in("triage"), self.stops, self.audit)
        facts: Any = lambda _: Facts()  # noqa: E731
        box = Mailbox(self.store)
        self.door = EffectDoor(
            "test", box, self.journal, facts, lambda: NOW, lambda _: None, guard, declared("maildir")
        )
        self.records = [self.arrive(MailStore(engine), number) for number in range(3)]

    def arrive(self, mails: MailStore, number: int) -> MailRecord:
        raw = f"From: ada@example.org\nMessage-ID: <{number}@example.org>\n\nText.\n".encode()
        uid = self.store.put("INBOX", Kept(raw, set()))
        place = Place("INBOX", self.store.validity, uid)
        record = MailRecord(
            f"mail{number}", "test", place, f"<{number}@example.org>", "0" * 64, "", "ada@example.org", "", "", NOW, 1,
            frozenset(),
        )  # fmt: skip
        mails.add([record])
        return record

    def effects(self, run: str) -> list[Effect]:
        """One label each, and each another one: so many commands."""
        return [
            Effect(
                f"{run}-{one.id}", run, "test", one.id, Kind.KEYWORDS, one.place, one.message_id, one.sha256,
                add=(f"word{number}",),
            )
            for number, one in enumerate(self.records)
        ]  # fmt: skip


@pytest.fixture
def office(database: Engine, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def test_the_command_under_way_ends_and_no_other_begins(office: Office) -> None:
    outcomes = office.door.perform(office.effects("run1"))
    assert [one.state for one in outcomes] == [State.DONE, State.DONE, State.STOPPED]
    assert "enough" in outcomes[2].note
    assert office.calls == 2
    # Asked again while it is stopped: nothing is even tried, and the audit log says by which rule.
    again = office.door.perform(office.effects("run2"))
    assert {one.state for one in again} == {State.STOPPED}
    assert office.calls == 2
    denied = [entry for entry in office.audit.rows(run="run2") if entry.kind == "decision"]
    assert {(entry.verdict, entry.rules) for entry in denied} == {("deny", '["stopped"]')}


def test_let_go_on_it_is_done_by_another_run(office: Office) -> None:
    office.door.perform(office.effects("run1"))
    office.stops.lift(Stop("triage", "ada", NOW))
    assert {one.state for one in office.door.perform(office.effects("run2"))} == {State.DONE}


def test_what_a_dead_process_left_open_is_not_finished_while_stopped(office: Office) -> None:
    effects = office.effects("run1")
    office.journal.intend(effects, NOW)
    office.stops.put(Stop("all", "ada", NOW))
    assert {one.state for one in office.door.recover()} == {State.STOPPED}
    assert office.calls == 0
