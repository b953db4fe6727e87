"""Records are kept with their labels, in one transaction, and found by their agent alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert

from gainful.core.label import TYPED, UNKNOWN, Confidentiality, Integrity, Label
from gainful.core.value import leaf
from gainful.gate.call import Recorded
from gainful.storage.agents import memory_store
from gainful.storage.agents.memory_store import MemoryFull, MemoryStore, object_of
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.schema import object_labels

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECRET = Label(Integrity.UNTRUSTED, Confidentiality.SECRET, frozenset({"mail:7#body", "files:files.read"}))


@pytest.fixture
def store(database: Engine) -> MemoryStore:
    return MemoryStore(database, lambda: NOON)


@pytest.fixture
def journal(database: Engine, tmp_path: Path) -> CallStore:
    audit = AuditStore(database, tmp_path / "audit.key", tmp_path / "audit" / "checkpoints.jsonl", lambda: NOON)
    return CallStore(database, audit, LedgerStore(database, lambda: NOON))


def called(key: str, label: Label) -> Recorded:
    arguments = {"text": leaf("The code is 7.", label)}
    return Recorded(key, "run1", "1", "handbook", "memory.remember", arguments, "d", NOON)


def test_the_label_is_that_with_which_the_call_was_decided(store: MemoryStore, journal: CallStore) -> None:
    journal.write(called("k", SECRET), [])
    record = store.remember("k", "handbook", "The code is 7.")
    (found,) = store.of_agent("handbook")
    assert (found.id, found.text, found.label, found.run_id) == (record, "The code is 7.", SECRET, "run1")
    assert found.source == "files:files.read, mail:7#body"
    assert journal.object_labels([object_of(record)]) == {object_of(record): SECRET}
    assert store.remember("k", "handbook", "The code is 7.") == record == store.remembered("k")
    assert len(store.of_agent("handbook")) == 1


def test_without_a_call_in_the_journal_it_is_anybodys(store: MemoryStore, journal: CallStore) -> None:
    record = store.remember("nobody", "handbook", "x")
    assert store.of_agent("handbook")[0].label == UNKNOWN
    assert journal.object_labels([object_of(record)])[object_of(record)].tainted


def test_what_a_person_says_is_typed(store: MemoryStore) -> None:
    record = store.tell("handbook", "Ask Bo.", "ada")
    assert store.of_agent("handbook") == [record]
    assert (record.label, record.source, record.run_id) == (TYPED, "ada", "")


def test_a_record_whose_label_is_gone_is_not_found(store: MemoryStore, database: Engine) -> None:
    record = store.tell("handbook", "Ask Bo.", "ada")
    with transaction(database) as connection:
        connection.execute(delete(object_labels).where(object_labels.c.object == object_of(record.id)))
    assert store.of_agent("handbook") == []
    assert [one.id for one, _ in store.all_of("handbook")] == [record.id]


def test_a_label_that_was_there_before_is_joined(store: MemoryStore, database: Engine, journal: CallStore) -> None:
    journal.write(called("k", Label(Integrity.TRUSTED)), [])
    name = object_of(memory_store._id("k"))
    row = {"object": name, "label": '{"integrity":"untrusted","confidentiality":"public","sources":["x"]}'}
    with transaction(database) as connection:
        connection.execute(insert(object_labels), [{**row, "run_id": "", "at": NOON.isoformat()}])
    store.remember("k", "handbook", "x")
    assert journal.object_labels([name])[name].tainted


def test_each_agent_has_its_own(store: MemoryStore) -> None:
    record = store.tell("handbook", "Mine.", "ada")
    assert store.of_agent("other") == []
    assert not store.forget("other", record.id)
    assert not store.bring_back("other", record.id)
    assert not store.forgotten("other", record.id)


def test_what_was_forgotten_is_kept_and_can_be_brought_back(store: MemoryStore) -> None:
    record = store.tell("handbook", "Mine.", "ada")
    assert store.forget("handbook", record.id)
    assert not store.forget("handbook", record.id)
    assert store.forgotten("handbook", record.id)
    assert store.of_agent("handbook") == []
    assert store.all_of("handbook") == [(record, NOON)]
    assert store.bring_back("handbook", record.id)
    assert not store.bring_back("handbook", record.id)
    assert store.of_agent("handbook") == [record]


def test_an_agent_remembers_only_so_much(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_store, "MOST", 2)
    first = store.tell("handbook", "1", "ada")
    store.tell("handbook", "2", "ada")
    with pytest.raises(MemoryFull):
        store.tell("handbook", "3", "ada")
    with pytest.raises(MemoryFull):
        store.remember("k", "handbook", "3")
    store.forget("handbook", first.id)
    store.remember("k", "handbook", "3")
    store.tell("other", "1", "ada")
