"""What every keeper of occurrences must do. Runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from gainful.core.ids import stable_id
from gainful.core.label import TYPED
from gainful.core.occurrence import Occurrence
from gainful.sdk.letter import message_id
from gainful.sdk.secret import Secret
from gainful.storage.agents.occurrence_store import Candidate, Mark, OccurrenceState, OccurrenceStore, run_id_of
from gainful.storage.database import open_database, transaction
from gainful.storage.schema import calls, object_labels

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(place: Path | str) -> Iterator[OccurrenceStore]:
    engine = open_database(place)
    yield OccurrenceStore(engine)
    engine.dispose()


def happening(number: int = 1, at: datetime = NOON, text: str = "Hello", **more: Any) -> Occurrence:
    return Occurrence(f"o{number}", "handbook", "mention", at, {"text": text}, TYPED, **more)


def claimed(store: OccurrenceStore, *candidates: Candidate, at: datetime = NOON) -> list[str]:
    return [occurrence.id for occurrence in store.claim(candidates, at)]


# --- once ---


def test_the_first_who_claims_has_it_and_nobody_after(store: OccurrenceStore) -> None:
    assert claimed(store, Candidate(happening(1)), Candidate(happening(2))) == ["o1", "o2"]
    assert claimed(store, Candidate(happening(2)), Candidate(happening(3))) == ["o3"]
    assert claimed(store) == []


def test_what_is_claimed_is_handed_out_until_it_is_started_or_refused(store: OccurrenceStore) -> None:
    for number in (2, 1, 3):
        claimed(store, Candidate(happening(number, NOON + number * MINUTE)))
    assert [each.id for each in store.unfinished()] == ["o1", "o2", "o3"]
    store.started("o1", NOON)
    store.refused("o2", "'handbook' was stopped by ada.", NOON)
    assert [each.id for each in store.unfinished()] == ["o3"]
    store.started("o2", NOON)
    store.refused("o1", "too late", NOON)
    found = [store.find(f"o{number}") for number in (1, 2)]
    assert [(each.state, each.note) for each in found if each] == [
        (OccurrenceState.STARTED, ""),
        (OccurrenceState.REFUSED, "'handbook' was stopped by ada."),
    ]


def test_what_was_claimed_just_now_is_left_to_whoever_claimed_it(store: OccurrenceStore) -> None:
    for number, at in enumerate((NOON - MINUTE, NOON, NOON + 3 * MINUTE)):
        claimed(store, Candidate(happening(number)), at=at)
    assert [each.id for each in store.unfinished(before=NOON)] == ["o0"]
    # Later than now: claimed before the clock was set back.
    assert [each.id for each in store.unfinished(NOON - MINUTE / 2, NOON + MINUTE)] == ["o0", "o2"]


def test_an_occurrence_comes_back_as_it_was(store: OccurrenceStore) -> None:
    occurrence = happening(words="Hello", hops=2, person="ada", work_item="chat:slack:C1:1")
    assert store.claim([Candidate(occurrence)], NOON) == [occurrence]
    assert store.unfinished() == [occurrence]
    record = store.of_run(run_id_of(occurrence))
    assert record is not None
    assert record.occurrence == occurrence
    assert record.run_id == stable_id("occurrence", "o1")
    assert (record.claimed_at, record.settled_at) == (NOON, None)
    assert store.of_run("other") is None
    assert store.find("other") is None


def test_secrets_are_neither_kept_nor_handed_on(store: OccurrenceStore) -> None:
    Secret("account:work", "open-sesame-42")
    occurrence = Occurrence(
        "o1",
        "handbook",
        "webhook",
        NOON,
        {"text": "it is open-sesame-42", "body": {"a": ["open-sesame-42", 1, None, True]}},
        TYPED,
        words="open-sesame-42",
    )
    (kept,) = store.claim([Candidate(occurrence)], NOON)
    assert kept.about == {"text": "it is ***", "body": {"a": ["***", 1, None, True]}}
    assert kept.words == "***"
    assert store.unfinished() == [kept]


def test_the_last_ones_come_first(store: OccurrenceStore) -> None:
    for number in range(5):
        claimed(store, Candidate(happening(number)), at=NOON + number * MINUTE)
    assert [record.occurrence.id for record in store.recent("handbook", 3)] == ["o4", "o3", "o2"]
    assert store.recent("other") == []


# --- unchanged ---


def test_the_same_input_as_the_last_time_starts_nothing(store: OccurrenceStore) -> None:
    assert claimed(store, Candidate(happening(1), "a")) == ["o1"]
    store.started("o1", NOON)
    assert claimed(store, Candidate(happening(2), "a")) == []
    assert claimed(store, Candidate(happening(3), "b")) == ["o3"]
    store.started("o3", NOON)
    assert claimed(store, Candidate(happening(4), "a")) == ["o4"]
    found = store.find("o2")
    assert found is not None
    assert (found.state, found.settled_at) == (OccurrenceState.UNCHANGED, NOON)
    assert store.unfinished()[0].id == "o4"


def test_what_does_not_ask_for_changes_is_always_started(store: OccurrenceStore) -> None:
    for number in (1, 2):
        assert claimed(store, Candidate(happening(number))) == [f"o{number}"]
        store.started(f"o{number}", NOON)


def test_an_input_whose_run_is_about_to_begin_counts_already(store: OccurrenceStore) -> None:
    assert claimed(store, Candidate(happening(1), "a"), Candidate(happening(2, NOON + MINUTE), "a")) == ["o1"]


def test_an_input_whose_run_was_refused_counts_as_new(store: OccurrenceStore) -> None:
    claimed(store, Candidate(happening(1), "a"))
    store.refused("o1", "stopped", NOON)
    assert claimed(store, Candidate(happening(2), "a")) == ["o2"]


def test_other_triggers_and_agents_have_inputs_of_their_own(store: OccurrenceStore) -> None:
    claimed(store, Candidate(happening(1), "a"))
    store.started("o1", NOON)
    others = [
        Occurrence("o2", "handbook", "direct", NOON, {}, TYPED),
        Occurrence("o3", "other", "mention", NOON, {}, TYPED),
    ]
    assert claimed(store, *(Candidate(other, "a") for other in others)) == ["o2", "o3"]


def test_a_clock_that_is_set_back_changes_nothing_about_what_was_last(store: OccurrenceStore) -> None:
    claimed(store, Candidate(happening(1), "a"), at=NOON)
    store.started("o1", NOON)
    claimed(store, Candidate(happening(2, NOON - 60 * MINUTE), "b"), at=NOON - 60 * MINUTE)
    store.started("o2", NOON - 60 * MINUTE)
    assert claimed(store, Candidate(happening(3, NOON - 59 * MINUTE), "a"), at=NOON - 59 * MINUTE) == ["o3"]


# --- missed and refused ---


def test_what_was_missed_is_written_down_and_not_started(store: OccurrenceStore) -> None:
    assert claimed(store, Candidate(happening(1), missed="Gainful did not run."), Candidate(happening(2))) == ["o2"]
    found = store.find("o1")
    assert found is not None
    assert (found.state, found.note) == (OccurrenceState.MISSED, "Gainful did not run.")
    assert claimed(store, Candidate(happening(1), missed="again")) == []


def test_what_was_missed_can_still_come(store: OccurrenceStore) -> None:
    claimed(store, Candidate(happening(1), missed="The clock had run ahead."))
    assert claimed(store, Candidate(happening(1))) == ["o1"]
    assert claimed(store, Candidate(happening(1))) == []


def test_what_goes_too_far_is_written_down_and_stays_so(store: OccurrenceStore) -> None:
    assert claimed(store, Candidate(happening(1), refused="3 agents' messages lie between it and a person.")) == []
    assert claimed(store, Candidate(happening(1))) == []
    found = store.find("o1")
    assert found is not None
    assert found.state is OccurrenceState.REFUSED


# --- marks ---


def test_a_mark_moves_with_what_is_claimed(store: OccurrenceStore) -> None:
    first = Mark("handbook", "cron 0 9 * * *", NOON, {"schedule": "0 9 * * * UTC"})
    assert store.mark("handbook", "cron 0 9 * * *") is None
    assert store.advance(None, first, [], NOON) == []
    assert store.mark("handbook", "cron 0 9 * * *") == first
    second = Mark("handbook", "cron 0 9 * * *", NOON + MINUTE)
    found = store.advance(first, second, [Candidate(happening(1))], NOON)
    assert found is not None
    assert [each.id for each in found] == ["o1"]
    assert store.marks() == {("handbook", "cron 0 9 * * *"): second}


def test_a_mark_that_another_has_moved_is_not_moved(store: OccurrenceStore) -> None:
    first = Mark("handbook", "cron", NOON)
    store.advance(None, first, [], NOON)
    assert store.advance(None, Mark("handbook", "cron", NOON + MINUTE), [Candidate(happening(1))], NOON) is None
    assert store.mark("handbook", "cron") == first
    assert store.find("o1") is None


def test_a_mark_keeps_what_the_last_run_was_told(store: OccurrenceStore) -> None:
    first = Mark("handbook", "mention", NOON)
    store.advance(None, first, [Candidate(happening(1), "a")], NOON)
    store.started("o1", NOON)
    assert store.mark("handbook", "mention") == first
    second = Mark("handbook", "mention", NOON + MINUTE, {"files": {"a": [1, 2]}})
    assert store.advance(first, second, [Candidate(happening(2), "a")], NOON) == []
    assert store.advance(second, second, [Candidate(happening(3), "b")], NOON) == [happening(3)]


# --- together ---


def test_of_many_threads_one_claims_each(store: OccurrenceStore) -> None:
    mine: list[str] = []

    def claim_all() -> None:
        for number in range(20):
            mine.extend(claimed(store, Candidate(happening(number))))

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mine) == sorted(f"o{number}" for number in range(20))


def _claim_all(place: Path | str, heard: Any) -> None:
    engine = open_database(place)
    store = OccurrenceStore(engine)
    for number in range(20):
        for each in store.claim([Candidate(happening(number))], NOON):
            heard.put(each.id)
    engine.dispose()


def test_of_two_processes_one_claims_each(place: Path | str, store: OccurrenceStore) -> None:
    context = multiprocessing.get_context("spawn")
    heard = context.Queue()
    processes = [context.Process(target=_claim_all, args=(place, heard)) for _ in range(2)]
    for process in processes:
        process.start()
    mine = [heard.get(timeout=300) for _ in range(20)]
    for process in processes:
        process.join(300)
        assert process.exitcode == 0
    assert sorted(mine) == sorted(f"o{number}" for number in range(20))
    assert heard.empty()


# --- how far from a person ---


def test_a_mail_that_a_run_has_sent_is_one_step_further_than_the_run(place: Path | str, store: OccurrenceStore) -> None:
    occurrence = happening(hops=1)
    store.claim([Candidate(occurrence)], NOON)
    own = message_id("key1", "ada@example.org")
    row = {"key": "key1", "seq": 1, "run_id": run_id_of(occurrence), "step": "1", "agent": "handbook", "state": "done"}
    row |= {"tool": "mail.send", "arguments": "{}", "digest": "", "intended_at": NOON.isoformat(), "settled_at": ""}
    row |= {"approval": "", "note": "", "result": json.dumps({"message_id": own})}
    engine = open_database(place)
    with transaction(engine) as connection:
        connection.execute(insert(calls), [row])
    engine.dispose()
    assert store.hops_of_mail(own, NOON - MINUTE) == 2
    assert store.hops_of_mail(own, NOON + MINUTE) == 0
    assert store.hops_of_mail(message_id("key2", "ada@example.org"), NOON - MINUTE) == 0
    assert store.hops_of_mail("<%@example.org>", NOON - MINUTE) == 0


def test_a_file_is_an_agents_until_somebody_else_changes_it(place: Path | str, store: OccurrenceStore) -> None:
    label = {"object": "file:notes/a.md", "label": "{}", "run_id": "run of nobody", "at": NOON.isoformat()}
    engine = open_database(place)
    with transaction(engine) as connection:
        connection.execute(insert(object_labels), [label])
    engine.dispose()
    assert store.hops_of_object("file:notes/a.md", NOON) == 1
    assert store.hops_of_object("file:notes/a.md", NOON + MINUTE) == 0
    assert store.hops_of_object("file:notes/b.md", NOON) == 0
