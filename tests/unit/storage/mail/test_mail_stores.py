"""What the stores of mail, acts and runs promise beyond what triage happens to need of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import Action, Decided, Decision, MailRecord, Means, Place, Priority, SentMail
from gainful.core.money import Tokens
from gainful.storage.mail.mail_store import AmbiguousMail, MailStore, NoSuchMail
from gainful.storage.mail.truth_store import TruthStore
from gainful.storage.runs.run_store import RunStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def record(name: str, account: str = "a", **fields: object) -> MailRecord:
    values: dict[str, object] = {
        "place": Place("INBOX", "1", name),
        "message_id": f"<{name}@example.net>",
        "sha256": f"digest of {name}",
        "thread": "t",
        "from_addr": "ada@example.net",
        "from_name": "Ada",
        "subject": "Grüße \U0001f600",
        "received_at": NOON,
        "size": 7,
        "flags": frozenset({"\\Seen", "news"}),
        "problem": "",
    }
    return MailRecord(id=name, account=account, **{**values, **fields})  # type: ignore[arg-type]


def decided(mail: MailRecord, run: str, at: datetime = NOON) -> Decided:
    decision = Decision(
        ("todo", "fyi"), 0.9123, 0.25, Priority.TODAY, Action.LABEL, Means.LANGUAGE, "Because.", Tokens(1, 2, 3, 4),
        Decimal("0.000000017"),
    )  # fmt: skip
    return Decided(mail, decision, run, at, {"todo": 0.9, "fyi": 0.1}, b"\x00\xff")


def test_a_record_and_a_decision_come_back_as_they_were(database: Engine) -> None:
    mails = MailStore(database)
    mails.add([record("one")])
    mails.save_decisions("run", [decided(record("one"), "run")])
    assert mails.get(["one", "unknown"]) == {"one": record("one")}
    assert mails.decided_in("run") == [decided(record("one"), "run")]


def test_a_known_mail_is_not_recorded_anew(database: Engine) -> None:
    mails = MailStore(database)
    mails.add([record("one")])
    mails.add([record("one", subject="another"), record("two")])
    assert mails.get(["one"])["one"].subject == "Grüße \U0001f600"
    assert set(mails.get(["one", "two"])) == {"one", "two"}


def test_more_mails_than_one_statement_takes(database: Engine) -> None:
    mails = MailStore(database)
    many = [record(f"m{number:05}") for number in range(2_000)]
    mails.add(many)
    mails.settle([mail.id for mail in many[:1_500]])
    known = mails.known("a", "INBOX", "1")
    assert sum(settled for _, settled in known.values()) == 1_500
    assert len(mails.get([mail.id for mail in many])) == 2_000


def test_deciding_again_in_the_same_run_replaces_and_the_latest_run_wins(database: Engine) -> None:
    mails = MailStore(database)
    mails.add([record("one")])
    mails.save_decisions("run1", [decided(record("one"), "run1")])
    mails.save_decisions("run1", [decided(record("one"), "run1")])
    mails.save_decisions("run2", [decided(record("one"), "run2", NOON + timedelta(hours=1))])

    assert len(mails.decided_in("run1")) == 1
    latest = mails.latest_decision("one")
    assert latest is not None
    assert latest.run_id == "run2"
    before = mails.latest_decision("one", before=NOON)
    assert before is not None
    assert before.run_id == "run1"
    assert mails.latest_decision("one", before=NOON - timedelta(seconds=1)) is None
    assert [item.run_id for item in mails.decided_since("a", NOON)] == ["run2"]
    assert mails.decided_since("b", NOON) == []


@pytest.mark.parametrize("prefix", ["abc1", "ABC1", " abc1 "])
def test_a_mail_is_found_by_the_beginning_of_its_id(database: Engine, prefix: str) -> None:
    mails = MailStore(database)
    mails.add([record("abc1xyz"), record("abc2xyz")])
    assert mails.find(prefix).id == "abc1xyz"


@pytest.mark.parametrize(
    ("prefix", "error"), [("abc", AmbiguousMail), ("", NoSuchMail), ("%", NoSuchMail), ("a_c1", NoSuchMail)]
)
def test_not_exactly_one_mail_is_an_error(database: Engine, prefix: str, error: type[Exception]) -> None:
    mails = MailStore(database)
    mails.add([record("abc1xyz"), record("abc2xyz")])
    with pytest.raises(error):
        mails.find(prefix)


def test_accounts_do_not_see_each_others_mail(database: Engine) -> None:
    mails, truths = MailStore(database), TruthStore(database)
    mails.add([record("one", "a"), record("two", "b")])
    acts = [Truth(f"k{id_}", id_, Standing.REJECTED, Source.MOVED_BACK, NOON, "todo") for id_ in ("one", "two")]
    truths.add(acts)
    truths.add_sent("a", [SentMail("<s>", "", "t", ("x@example.com",), NOON)])

    assert set(mails.known("a", "INBOX", "1")) == {"one"}
    assert list(mails.by_hashes("b", ["digest of one"])) == []
    assert [truth.mail_id for truth in truths.judgements("a")] == ["one"]
    assert [truth.mail_id for truth in truths.since("b", NOON)] == ["two"]
    assert truths.label_counts("a") == [("ada@example.net", "t", "todo", 1)]
    assert truths.put_back_from("a", ["ada@example.net"]) == {"ada@example.net"}
    assert truths.written_to("b", ["x@example.com"]) == {}
    assert truths.own_threads("b", ["t"]) == set()
    assert truths.own_threads("a", ["t", "<s>", "u"]) == {"t", "<s>"}


def test_the_same_act_is_recorded_once(database: Engine) -> None:
    mails, truths = MailStore(database), TruthStore(database)
    mails.add([record("one")])
    act = Truth("k", "one", Standing.ACCEPTED, Source.STARRED, NOON)
    assert truths.add([act, act]) == [act]
    assert truths.add([act]) == []
    assert [truth.seq for truth in truths.judgements("a")] == [1]
    assert truths.judgements("a", after=1) == []


def test_how_far_a_folder_was_read_is_replaced(database: Engine) -> None:
    mails = MailStore(database)
    assert mails.folder_state("a", "INBOX") is None
    mails.save_folder_state("a", "INBOX", "1", "7")
    mails.save_folder_state("a", "INBOX", "2", "9")
    assert mails.folder_state("a", "INBOX") == ("2", "9")
    assert mails.folder_state("b", "INBOX") is None


def test_a_run_that_begins_again_keeps_its_beginning(database: Engine) -> None:
    runs = RunStore(database)
    runs.start("abc1", "triage", "a", "hand", applied=True, at=NOON)
    runs.start("abc1", "triage", "a", "hand", applied=True, at=NOON + timedelta(hours=1))
    running = runs.find("abc")
    assert running is not None
    assert (running.state, running.started_at, running.ended_at, running.summary) == ("running", NOON, None, {})

    runs.end("abc1", "done", {"mails": 3}, NOON + timedelta(hours=2))
    runs.start("abc2", "triage", "a", "nightly", applied=False, at=NOON + timedelta(hours=3))

    newest = runs.find("abc")
    assert newest is not None
    assert newest.id == "abc2"
    assert [(run.id, run.state) for run in runs.since("a", NOON)] == [("abc2", "running"), ("abc1", "done")]
    assert runs.since("b", NOON) == []
    last = runs.last("a", "hand")
    assert last is not None
    assert (last.id, dict(last.summary)) == ("abc1", {"mails": 3})
    assert runs.last("a", "new mail") is None
    assert runs.find("") is runs.find("%") is None
