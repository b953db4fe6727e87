"""Whole runs: what they change, what they leave, what they say."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from gainful.core.mail import Decided
from gainful.jobs.triage.run import Order, TriageJob, UndoJob
from gainful.jobs.triage.settings import Settings
from gainful.runs.steps import DirectSteps
from gainful.sdk.mail import MailboxUnreachable
from gainful.sdk.testing.memory_mailbox import MemoryMailbox


def everything(office: Any) -> dict[str, list[tuple[bytes, frozenset[str]]]]:
    return {
        folder: [(kept.raw, frozenset(kept.flags)) for kept in mails.values()]
        for folder, mails in office.store.folders.items()
    }


def test_a_preview_decides_and_changes_nothing(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    before = everything(office)

    summary = office.triage(apply=False)

    assert summary["mails"] == 2
    assert set(office.decided("run1")) == {"asked", "kites"}
    assert everything(office) == before
    assert office.effects.since("test", office.now.replace(year=2000)) == []
    assert office.outcomes("asked") == []


def test_what_was_previewed_is_still_to_be_done(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    office.triage(apply=False)
    ids = {item.record.id for item in office.mails.decided_in("run1")}

    assert office.triage()["mails"] == 2
    assert {item.record.id for item in office.mails.decided_in("run2")} == ids
    assert list(office.lying("Archive")) == ["kites"]


def test_a_second_run_finds_nothing_to_do_and_decides_nothing_again(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    office.triage()
    before = everything(office)
    reads: list[str] = []

    summary = office.triage(mailbox=MemoryMailbox(office.store, before=reads.append))

    assert summary == {"run": "run2", "mails": 0, "notes": []}
    assert office.decided("run2") == {}
    assert everything(office) == before
    assert reads == [], "not even a mail was read"


@pytest.mark.usefixtures("unsure")
def test_undecided_mail_is_looked_at_again_by_the_next_run_but_not_for_each_new_mail(office: Any) -> None:
    office.arrive(office.letter("unclear", "x@elsewhere.example.com", "Hm."))
    office.triage()
    assert office.decided("run1")["unclear"].decision.labels == ()
    office.arrive(office.letter("asked"))

    assert office.triage(trigger="new mail")["mails"] == 1
    assert office.triage()["mails"] == 1
    assert office.lying("INBOX")["unclear"] == set()


def test_new_mail_alone_is_triaged_when_it_comes(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    office.arrive(office.news("kites"))

    assert office.triage(trigger="new mail")["mails"] == 1
    assert set(office.decided("run2")) == {"kites"}
    assert office.triage(trigger="new mail")["mails"] == 0


def test_the_same_run_carried_out_again_changes_nothing(office: Any) -> None:
    """As after a crash just before its end was recorded."""
    office.arrive(office.letter("asked"), office.news("kites"))
    office.triage(run_id="one")
    before = everything(office)
    office.triage(run_id="one")
    assert everything(office) == before
    assert office.outcomes("asked") == ["claimed"]


def test_a_renumbered_inbox_is_told(office: Any) -> None:
    office.arrive(office.letter("asked"), office.letter("asked too"))
    office.triage()
    office.store.renumber()
    before = everything(office)

    assert office.triage()["notes"] == ["The server renumbered the inbox; 2 mails were recognised by content."]
    assert everything(office) == before
    assert office.triage()["notes"] == []


def test_an_uncertain_effect_is_told_in_the_notes(office: Any) -> None:
    office.arrive(office.news("kites"))

    class Copying(MemoryMailbox):
        """Copies instead of moving, and breaks the connection: what a dying server leaves behind."""

        broken = False

        def move(self, *arguments: Any) -> Any:
            if not Copying.broken:
                Copying.broken = True
                raw = next(iter(self.store.folders["INBOX"].values())).raw
                office.arrive(raw, folder="Archive")
                raise MailboxUnreachable("Gone.", "Wait.")
            return super().move(*arguments)

    summary = office.triage(mailbox=Copying(office.store))

    (note,) = summary["notes"]
    assert "It lies in INBOX and a copy in Archive" in note
    assert len(office.store.folders["Archive"]) == 1
    assert len(office.store.folders["INBOX"]) == 1
    # Never repeated by itself.
    assert office.triage()["mails"] == 0


@pytest.mark.parametrize(
    ("operation", "when"),
    [
        ("fetch", "before"),
        *(
            (operation, when)
            for operation in ("change_keywords", "append_draft", "move")
            for when in ("before", "after")
        ),
    ],
)
def test_a_connection_that_breaks_now_and_then_does_not_end_a_run(office: Any, operation: str, when: str) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    left = [1, 1]

    def hook(name: str) -> None:
        if name == operation and left:
            left.pop()
            raise MailboxUnreachable("Gone.", "Wait.")

    office.triage(mailbox=MemoryMailbox(office.store, **{when: hook}))

    assert office.lying("INBOX") == {"asked": {"needs_reply"}}
    assert office.lying("Archive") == {"kites": {"newsletter"}}
    assert len(office.store.folders["Drafts"]) == 1


def test_a_server_that_stays_away_ends_the_run_and_the_next_one_finishes_its_work(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))

    def gone(operation: str) -> None:
        if operation == "append_draft":
            raise MailboxUnreachable("Gone.", "Wait.")

    with pytest.raises(MailboxUnreachable):
        office.triage(mailbox=MemoryMailbox(office.store, before=gone))
    assert office.lying("INBOX") == {"asked": {"needs_reply"}, "kites": {"newsletter"}}

    office.triage()

    assert office.lying("INBOX") == {"asked": {"needs_reply"}}
    assert office.lying("Archive") == {"kites": {"newsletter"}}
    assert len(office.store.folders["Drafts"]) == 1


class Consultant:
    """A language model's part that calls everything it is asked about fyi."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def consult(self, desk: Any, cascade: Any, run_id: str, decided: list[Decided]) -> list[Decided]:
        from dataclasses import replace

        from gainful.core.mail import Action, Means

        self.asked.append([item.record.subject for item in decided])
        return [
            replace(
                item,
                decision=replace(
                    item.decision, labels=("fyi",), action=Action.LABEL, decided_by=Means.LANGUAGE, probability=0.9
                ),
            )
            for item in decided
        ]

    def writer(self, run_id: str) -> None:
        return None


@pytest.mark.usefixtures("unsure")
def test_only_undecided_mail_is_asked_about_in_batches(office: Any) -> None:
    body = "Hi, thanks for the lunch. I will bring you the book on Friday; can we meet at the station? Pat"
    unclear = [office.letter(f"unclear {n}", f"pat{n}@elsewhere.example.com", body) for n in range(9)]
    office.arrive(office.letter("asked"), office.news("kites"), *unclear)
    consultant = Consultant()

    office.triage(consultant=consultant)

    assert [len(batch) for batch in consultant.asked] == [8, 1]
    assert {subject for batch in consultant.asked for subject in batch} == {f"unclear {n}" for n in range(9)}
    assert office.lying("INBOX") == {"asked": {"needs_reply"}} | {f"unclear {n}": {"fyi"} for n in range(9)}


def test_progress_is_told_from_nothing_to_all(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    told: list[tuple[str, int, int]] = []
    desk = office.desk()
    job = TriageJob(lambda *_: nullcontext(desk), lambda _: None, lambda _: lambda *words: told.append(words))

    job(DirectSteps(), "one", Order(source="test", apply=True).as_json())

    assert ("Deciding", 2, 2) in told
    assert told[-1] == ("Putting in order", 2, 2)
    assert all(done <= total for _, done, total in told)


def test_steps_are_named_so_that_a_resumed_run_finds_its_own(office: Any) -> None:
    office.arrive(office.letter("asked"))
    names: list[str] = []

    def steps(name: str, function: Any) -> Any:
        names.append(name)
        return function()

    desk = office.desk()
    TriageJob(lambda *_: nullcontext(desk), lambda _: None, lambda _: lambda *_: None)(
        steps, "one", Order(source="test", apply=True).as_json()
    )
    UndoJob(lambda *_: nullcontext(desk))(steps, "two", {"source": "test", "targets": [{"run": "one"}]})

    assert names == ["recover", "observe", "scan", "decide 0", "act 0", "recover", "undo"]


def test_an_order_comes_back_from_its_record() -> None:
    order = Order(source="work", apply=True, trigger="nightly", limit=5)
    assert Order(**order.as_json()) == order
    assert Settings().owner == ()
