"""The facts by which the gate protects mail come from the books, not from what triage believes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import SentMail
from gainful.gate.journal import Effect, Kind
from gainful.policy.request import Facts, MailFacts

NOTHING = Facts(applied=True)


def facts(office: Any, subject: str, *, run: str = "run1", applied: bool = True, prepare: bool = False) -> Facts:
    record = office.record(subject)
    effect = Effect("key", run, "test", record.id, Kind.MOVE, record.place, "", record.sha256)
    protection = office.desk(applied=applied).protection
    if prepare:
        protection.prepare(run, [record.id])
    found: Facts = protection.facts(effect)
    return found


def tell(office: Any, subject: str, source: Source, label: str = "") -> None:
    truth = Truth(f"{source}:{subject}", office.record(subject).id, Standing.REJECTED, source, office.now, label)
    office.truths.add([truth])


@pytest.fixture
def known(office: Any) -> Any:
    """An office that has decided about three mails, without effects."""
    office.arrive(office.news("kites"), office.letter("asked"), b"\x00 no mail")
    office.triage(apply=False)
    return office


def test_of_a_newsletter_nothing_protects(known: Any) -> None:
    assert facts(known, "kites") == NOTHING
    assert facts(known, "kites", prepare=True) == NOTHING


def test_a_preview_is_known_as_one(known: Any) -> None:
    assert facts(known, "kites", applied=False) == Facts(applied=False)


def test_a_decided_label_that_asks_for_something_protects(known: Any) -> None:
    assert facts(known, "asked") == replace(NOTHING, mail=MailFacts(action_label=True))
    # Decided by another run: this one has not said so.
    assert facts(known, "asked", run="run9") == NOTHING


def test_a_label_that_the_person_gave_protects_in_every_run(known: Any) -> None:
    tell(known, "kites", Source.CORRECTED, "todo")
    assert facts(known, "kites", run="run9") == replace(NOTHING, mail=MailFacts(action_label=True))


@pytest.mark.parametrize("vip", ["news@lists.example.net", "@example.net", "@lists.example.net"])
def test_vips_protect(known: Any, vip: str) -> None:
    known.choose(vips=(vip,))
    assert facts(known, "kites") == replace(NOTHING, mail=MailFacts(vip=True))


def test_a_mail_of_somebody_the_person_wrote_to_is_protected(known: Any) -> None:
    sent = SentMail("<s@example.org>", "", "<s@example.org>", ("news@lists.example.net",), known.now)
    known.truths.add_sent("other account", [sent])
    assert facts(known, "kites") == NOTHING
    known.truths.add_sent("test", [sent])
    assert facts(known, "kites") == replace(NOTHING, mail=MailFacts(written_to=True))


def test_a_conversation_in_which_the_person_wrote_is_protected(known: Any) -> None:
    thread = known.record("kites").thread
    known.truths.add_sent("test", [SentMail("<s@example.org>", "", thread, ("x@example.com",), known.now)])
    assert facts(known, "kites") == replace(NOTHING, mail=MailFacts(written_to=True))


def test_a_mail_that_was_moved_back_is_protected_and_so_is_its_sender(known: Any) -> None:
    known.arrive(known.news("more kites"), known.news("boats", "boats@lists.example.net"))
    known.triage(apply=False)
    tell(known, "kites", Source.MOVED_BACK)
    assert facts(known, "kites") == replace(NOTHING, mail=MailFacts(put_back=True))
    assert facts(known, "more kites", run="run2") == replace(NOTHING, mail=MailFacts(put_back=True))
    assert facts(known, "boats", run="run2") == NOTHING


def test_a_mail_that_could_not_be_read_is_protected(office: Any) -> None:
    office.arrive(b"From: x@example.com\r\nMessage-ID: <bad@example.net>\r\nSubject: bad\r\n" + b"X-A: b\r\n" * 200_000)
    office.triage(apply=False)
    (item,) = office.mails.decided_in("run1")
    effect = Effect("key", "run1", "test", item.record.id, Kind.MOVE, item.record.place, "", "")
    assert item.record.problem
    assert office.desk().protection.facts(effect).mail.unreadable


def test_a_mail_that_the_books_do_not_know_is_protected(known: Any) -> None:
    record = known.record("kites")
    effect = Effect("key", "run1", "test", "nobody", Kind.MOVE, record.place, "", "")
    assert known.desk().protection.facts(effect) == Facts(applied=True, mail=MailFacts(unreadable=True))
