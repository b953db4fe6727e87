"""One portion of the inbox: which mails are known again, and what is made of them."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import Action, Means
from gainful.jobs.triage.settings import Drafts


def corrected(office: Any, subject: str, label: str, at: Any = None) -> None:
    """What `gainful correct` records."""
    when = at or office.now
    truth = Truth(
        key=f"corrected:{subject}:{when.isoformat()}",
        mail_id=office.record(subject).id,
        standing=Standing.REJECTED,
        source=Source.CORRECTED,
        at=when,
        label=label,
    )
    office.truths.add([truth])


def test_a_mail_that_the_person_moved_back_is_known_again_and_stays(office: Any) -> None:
    office.arrive(office.news("kites"))
    office.triage()
    assert list(office.lying("Archive")) == ["kites"]
    before = office.record("kites")

    office.person_moves("kites", "INBOX")
    office.triage()
    office.triage()

    assert list(office.lying("INBOX")) == ["kites"]
    assert office.record("kites").id == before.id
    assert [(act.source, act.standing, act.run_id) for act in office.acts()] == [
        (Source.MOVED_BACK, Standing.REJECTED, "run1")
    ]
    # What was done again, to leave it in sight, is claimed again.
    assert office.outcomes("kites") == ["claimed", "rejected", "claimed"]


def test_later_mail_of_a_sender_whose_mail_was_moved_back_stays_too(office: Any) -> None:
    office.arrive(office.news("kites"), office.news("boats", "boats@lists.example.net"))
    office.triage()
    office.person_moves("kites", "INBOX")
    office.arrive(office.news("more kites"), office.news("more boats", "boats@lists.example.net"))

    office.triage()

    assert set(office.lying("INBOX")) == {"kites", "more kites"}
    assert office.decided("run2")["more kites"].decision.action is Action.LABEL


def test_a_mail_that_came_back_without_our_doing_is_no_evidence(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    before = office.record("asked")
    office.person_moves("asked", "Trash")
    office.triage()
    office.person_moves("asked", "INBOX")

    office.triage()

    assert office.record("asked").id == before.id
    assert [act.source for act in office.acts()] == []


def test_the_same_bytes_twice_are_two_mails(office: Any) -> None:
    office.arrive(office.news("kites"), office.news("kites"))
    office.triage()

    records = office.mails.by_message_ids("test", [office.name_of("kites")])[office.name_of("kites")]

    assert len({record.id for record in records}) == 2
    assert len(office.store.folders["Archive"]) == 2


def test_a_copy_that_comes_later_is_not_taken_for_the_first_one_moved_back(office: Any) -> None:
    office.arrive(office.news("kites"))
    office.triage()
    office.arrive(office.news("kites"))

    office.triage()

    assert office.acts() == []
    assert len(office.store.folders["Archive"]) == 2


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\x01\x02 no mail at all", b"From: x@lists.example.net\r\nSubject: deep\r\n" + b"X-A: b\r\n" * 200_000],
    ids=["empty", "noise", "endless header"],
)
def test_mail_that_cannot_be_read_in_full_stays_where_it_is(office: Any, raw: bytes) -> None:
    office.arrive(raw, office.news("kites"))

    office.triage()

    assert [kept.raw for kept in office.store.folders["INBOX"].values()] == [raw]
    (item,) = [item for item in office.mails.decided_in("run1") if item.record.message_id == ""]
    assert item.decision.action in (Action.LEAVE, Action.LABEL)


def test_an_oversized_mail_is_read_by_its_headers_and_stays(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.jobs.triage.desk.LARGEST", 2_000)
    office.arrive(office.letter("big", "news@lists.example.net", "x" * 5_000))

    office.triage()

    record = office.record("big")
    assert record.sha256.startswith("h:")
    assert record.problem
    assert list(office.lying("INBOX")) == ["big"]
    assert office.decided("run1")["big"].decision.decided_by is Means.UNDECIDED
    # Done with, all the same: it would read no better tomorrow.
    assert office.triage()["mails"] == 0


def test_what_the_person_said_of_this_very_mail_wins(office: Any) -> None:
    office.arrive(office.news("kites"))
    office.triage(apply=False)
    corrected(office, "kites", "todo")

    office.triage()

    decision = office.decided("run2")["kites"].decision
    assert (decision.labels, decision.probability, decision.action) == (("todo",), 1.0, Action.LABEL)
    assert decision.reason == "You said so yourself."
    assert office.lying("INBOX") == {"kites": {"todo"}}


def test_the_person_may_change_their_mind(office: Any) -> None:
    office.arrive(office.news("kites"))
    office.triage(apply=False)
    corrected(office, "kites", "todo")
    corrected(office, "kites", "fyi", office.now.replace(hour=13))

    office.triage()

    assert office.decided("run2")["kites"].decision.labels == ("fyi",)


@pytest.mark.parametrize(
    ("choice", "subject", "inbox"),
    [
        ({"archive": False}, "kites", {"kites": {"newsletter"}}),
        ({"drafts": Drafts.OFF}, "asked", {"asked": {"needs_reply"}}),
    ],
)
def test_what_the_person_switched_off_is_not_decided(
    office: Any, choice: dict[str, Any], subject: str, inbox: dict[str, set[str]]
) -> None:
    office.choose(**choice)
    office.arrive(office.news("kites") if subject == "kites" else office.letter("asked"))

    office.triage()

    assert office.decided("run1")[subject].decision.action is Action.LABEL
    assert office.lying("INBOX") == inbox
    assert office.lying("Drafts") == {}


def test_a_forged_sender_does_not_profit_from_the_persons_rule(office: Any) -> None:
    forged = office.news("kites").replace(b"From:", b"Authentication-Results: mx.example.org; dmarc=fail\r\nFrom:", 1)
    office.arrive(forged)

    office.triage()

    assert office.decided("run1")["kites"].decision.reason != "Your own rule says so (from @lists.example.net)"
