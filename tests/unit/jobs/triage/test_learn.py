"""What was said once changes what is decided next, and is not forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from gainful.core.evidence import Source, Standing, Truth
from gainful.jobs.triage import learn

BODY = "The kite club meets on the hill on Sunday, wind permitting. Bring a line."


def kites(office: Any, number: int, sender: str = "club@hobby.example.com") -> bytes:
    raw: bytes = office.letter(f"Kite club {number}", sender, BODY)
    return raw


def correct(
    office: Any, subject: str, label: str, *, at: timedelta = timedelta(0), source: Source = Source.CORRECTED
) -> None:
    """What `gainful correct` records, some time after the decision."""
    when = office.now + at
    key = f"{source}:{subject}:{when.isoformat()}"
    act = Truth(key, office.record(subject).id, Standing.REJECTED, source, when, label=label)
    assert office.truths.add([act])


def score(office: Any, label: str, subject: str) -> float:
    (latest,) = [item for item in office.mails.decided_since("test", office.now) if item.record.subject == subject]
    return float(latest.scores[label])


def test_a_correction_changes_the_next_decision_about_such_mail(office: Any) -> None:
    office.arrive(*(kites(office, number, f"member{number}@hobby.example.com") for number in range(3)))
    office.triage()
    before = {item.record.subject: item.scores["update"] for item in office.mails.decided_in("run1")}
    for number in range(3):
        correct(office, f"Kite club {number}", "update")
    office.now += timedelta(hours=1)
    # Somebody else writes: it is the text that was learned, not the sender.
    office.arrive(kites(office, 9, "somebody@elsewhere.example.com"))

    office.triage()

    assert office.decided("run2")["Kite club 9"].scores["update"] > max(before.values()) + 0.1


def test_what_was_learned_survives_and_is_learned_once(office: Any) -> None:
    office.arrive(kites(office, 1))
    office.triage()
    correct(office, "Kite club 1", "update")

    first = learn.local_model(office.desk())
    again = learn.local_model(office.desk())

    assert first.corrections == again.corrections == 1
    assert first.to_bytes() == again.to_bytes()
    stored = office.truths.model("test", learn.KIND)
    assert stored is not None
    assert stored[1] == office.acts()[-1].seq


def test_one_accounts_corrections_do_not_teach_anothers_model(office: Any) -> None:
    office.arrive(kites(office, 1))
    office.triage()
    correct(office, "Kite club 1", "update")
    from dataclasses import replace

    assert learn.local_model(replace(office.desk(), account="other")).corrections == 0
    assert learn.local_model(office.desk()).corrections == 1


def test_an_act_that_tells_no_label_teaches_none(office: Any) -> None:
    office.arrive(office.news("kites"))
    office.triage()
    office.person_moves("kites", "INBOX")
    office.triage()
    assert [act.source for act in office.acts()] == [Source.MOVED_BACK]
    assert learn.local_model(office.desk()).corrections == 0


def test_a_mail_that_was_never_decided_teaches_nothing(office: Any, database: Engine) -> None:
    office.arrive(kites(office, 1))
    office.triage()
    correct(office, "Kite club 1", "update")
    with database.begin() as connection:
        from gainful.storage.schema import decisions

        connection.execute(decisions.delete())
    assert learn.local_model(office.desk()).corrections == 0
    assert learn.observations(office.desk()) == []


def test_calibration_sees_the_decision_that_was_made_before_the_truth(office: Any) -> None:
    office.arrive(kites(office, 1))
    office.triage(apply=False)
    first = office.decided("run1")["Kite club 1"]
    correct(office, "Kite club 1", "update", at=timedelta(minutes=1))
    office.now += timedelta(hours=1)
    office.triage()
    later = office.decided("run2")["Kite club 1"]
    assert later.scores != first.scores, "the second decision has learned from the truth"

    (observed,) = learn.observations(office.desk())

    assert observed.scores == first.scores
    assert observed.truth == "update"


def test_a_truth_older_than_every_decision_calibrates_nothing(office: Any) -> None:
    office.arrive(kites(office, 1))
    office.triage()
    correct(office, "Kite club 1", "update", at=timedelta(hours=-1))
    assert learn.observations(office.desk()) == []


def test_what_was_moved_back_should_not_have_been_put_away_whatever_its_label(office: Any) -> None:
    office.arrive(office.news("kites"), office.news("boats"), office.letter("asked"))
    office.triage()
    office.now += timedelta(hours=1)
    office.person_moves("kites", "INBOX")
    office.triage()
    correct(office, "boats", "newsletter")
    correct(office, "asked", "needs_reply")

    found = {(item.truth, item.archive_ok) for item in learn.observations(office.desk())}

    assert found == {("newsletter", False), ("newsletter", True), ("needs_reply", False)}


def test_a_label_that_was_abolished_calibrates_nothing(office: Any) -> None:
    office.arrive(kites(office, 1))
    office.triage()
    correct(office, "Kite club 1", "hobby")
    assert learn.observations(office.desk()) == []


def test_a_senders_history_is_what_the_person_said_of_their_mail(office: Any) -> None:
    office.arrive(kites(office, 1), kites(office, 2), kites(office, 3, "chair@hobby.example.com"))
    office.triage()
    for number in (1, 2, 3):
        correct(office, f"Kite club {number}", "update")
    desk = office.desk()
    record = office.record("Kite club 1")
    (read,) = desk.read_records([record]).values()

    facts = learn.senders(desk, [(record, read)]).facts(desk, record, read, office.now)

    assert facts.sender.received == 1
    assert dict(facts.sender.truths) == {"update": 2}
    assert dict(facts.sender.domain_truths) == {"update": 1}
    assert not facts.sender.written_to
    assert not facts.thread_mine
    assert facts.owner == {"owner@example.org"}
