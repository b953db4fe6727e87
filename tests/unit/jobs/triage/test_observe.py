"""What the person does is evidence, each act counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gainful.core.evidence import Source, Standing
from gainful.core.mail import Action
from gainful.jobs.triage.observe import SENT_AT_MOST

ACCEPTED, REJECTED = Standing.ACCEPTED, Standing.REJECTED


def seen(office: Any) -> list[tuple[Source, Standing, str]]:
    return [(act.source, act.standing, act.label) for act in office.acts()]


def reply(office: Any, to: str, *, body: str = "Here it is.", subject: str = "answer", **headers: str) -> None:
    """The person's answer lies in the sent folder."""
    raw = office.letter(subject, "owner@example.org", body, In_Reply_To=office.name_of(to), **headers)
    office.arrive(
        raw.replace(b"To: owner@example.org", b"To: Ada <ADA@people.example.net>, b@x.example.com"), folder="Sent"
    )


def flag(office: Any, subject: str, flags: str) -> None:
    for kept in office.store.folders["INBOX"].values():
        if kept.message_id == office.name_of(subject):
            kept.flags.update(flags.split())


@pytest.mark.parametrize(
    ("mail", "standing", "label"),
    [("asked", ACCEPTED, "needs_reply"), ("noted", REJECTED, "needs_reply")],
)
def test_an_answer_shows_that_one_was_wanted(office: Any, mail: str, standing: Standing, label: str) -> None:
    office.arrive(office.letter("asked"), office.letter("noted", "bo@notes.example.net", "We met."))
    office.triage()
    reply(office, mail)

    office.triage()
    office.triage()

    assert seen(office) == [(Source.REPLIED, standing, label)]
    assert office.outcomes(mail) == ["claimed", str(standing)]


def test_the_answered_flag_says_the_same_without_a_sent_folder(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    flag(office, "asked", "\\Answered")

    office.triage()
    office.triage()

    assert seen(office) == [(Source.REPLIED, ACCEPTED, "needs_reply")]


def test_one_answer_that_shows_in_two_places_is_one_act(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    flag(office, "asked", "\\Answered")
    reply(office, "asked")

    office.triage()
    office.triage()

    assert seen(office) == [(Source.REPLIED, ACCEPTED, "needs_reply")]


@pytest.mark.parametrize(("mail", "standing", "label"), [("asked", ACCEPTED, "needs_reply"), ("noted", REJECTED, "")])
def test_a_star_says_that_a_mail_matters(office: Any, mail: str, standing: Standing, label: str) -> None:
    office.arrive(office.letter("asked"), office.letter("noted", "bo@notes.example.net", "We met."))
    office.triage()
    flag(office, mail, "\\Flagged")

    office.triage()
    office.triage()

    assert seen(office) == [(Source.STARRED, standing, label)]


@pytest.mark.parametrize("flags", ["\\Flagged", "\\Answered", "\\Seen"])
def test_flags_that_a_mail_had_before_are_no_act(office: Any, flags: str) -> None:
    office.arrive(office.letter("asked"), flags=flags)
    office.triage()
    office.triage()
    assert seen(office) == []


def test_reading_a_mail_is_no_act(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    flag(office, "asked", "\\Seen")
    office.triage()
    assert seen(office) == []


def test_deleting_what_was_called_unwanted_confirms_it(office: Any) -> None:
    office.choose(archive=False)
    office.arrive(office.news("kites"), office.letter("asked"))
    office.triage()
    office.person_moves("kites", "Trash")
    office.person_moves("asked", "Trash")

    office.triage()
    office.triage()

    # Deleting a mail that asks for something may mean that it was dealt with: no evidence.
    assert seen(office) == [(Source.DELETED, ACCEPTED, "newsletter")]


def test_filing_a_mail_elsewhere_is_no_deletion(office: Any) -> None:
    office.choose(archive=False)
    office.arrive(office.news("kites"))
    office.triage()
    office.person_moves("kites", "Hobby")
    office.triage()
    assert seen(office) == []


def sent_draft(office: Any, *, edit: bytes = b"", drop_mark: bool = False) -> None:
    """The person sends the only draft, perhaps edited, perhaps by a program that drops unknown headers."""
    ((uid, kept),) = office.store.folders["Drafts"].items()
    del office.store.folders["Drafts"][uid]
    raw = kept.raw + edit
    if drop_mark:
        raw = b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(b"X-Gainful-Draft"))
    office.arrive(raw, folder="Sent", flags="\\Seen")


@pytest.mark.parametrize("drop_mark", [True, False])
def test_a_draft_that_was_sent_as_it_was_is_accepted(office: Any, drop_mark: bool) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    sent_draft(office, drop_mark=drop_mark)

    office.triage()
    office.triage()

    assert seen(office) == [(Source.REPLIED, ACCEPTED, "needs_reply"), (Source.DRAFT_SENT, ACCEPTED, "")]


def test_a_draft_that_was_edited_before_sending_is_told_apart(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    sent_draft(office, edit=b"One more thing: bring cake.\r\n")

    office.triage()
    office.triage()

    assert seen(office) == [(Source.REPLIED, ACCEPTED, "needs_reply"), (Source.DRAFT_EDITED, REJECTED, "")]


def test_an_answer_written_afresh_says_nothing_about_the_draft(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    reply(office, "asked")
    office.triage()
    assert [source for source, _, _ in seen(office)] == [Source.REPLIED]


def test_people_the_person_wrote_to_are_learned_and_their_mail_is_never_put_away(office: Any) -> None:
    reply(office, "something older", subject="hello")
    office.arrive(office.news("kites", "b@x.example.com"), office.news("boats", "ada@people.example.net"))
    office.choose(rules=(*office.settings.rules, *_newsletter_from("b@x.example.com", "ada@people.example.net")))

    office.triage()

    assert office.truths.written_to("test", ["ada@people.example.net", "b@x.example.com", "c@x.example.com"]) == {
        "ada@people.example.net": 1,
        "b@x.example.com": 1,
    }
    assert set(office.lying("INBOX")) == {"kites", "boats"}
    assert all(item.decision.action is not Action.ARCHIVE for item in office.decided("run1").values())


def _newsletter_from(*addresses: str) -> tuple[Any, ...]:
    from gainful.jobs.triage.deciding.facts import PersonRule

    return tuple(PersonRule("newsletter", from_=address) for address in addresses)


def test_mail_in_a_conversation_of_the_persons_own_is_never_put_away(office: Any) -> None:
    office.arrive(office.letter("my question", "owner@example.org"), folder="Sent")
    answer = office.letter(
        "news",
        "news@lists.example.net",
        In_Reply_To=office.name_of("my question"),
        References=office.name_of("my question"),
    )
    office.arrive(answer)

    office.triage()

    assert list(office.lying("INBOX")) == ["news"]


def test_sent_mail_is_counted_once_and_new_sent_mail_is_added(office: Any) -> None:
    reply(office, "older", subject="first")
    office.triage()
    reply(office, "older", subject="second")
    office.triage()
    office.store.renumber()
    office.triage()
    assert office.truths.written_to("test", ["b@x.example.com"]) == {"b@x.example.com": 2}


def test_of_a_huge_sent_folder_the_newest_are_read(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SENT_AT_MOST >= 1000
    monkeypatch.setattr("gainful.jobs.triage.observe.SENT_AT_MOST", 150)
    for number in range(200):
        raw = office.letter(f"s{number}", "owner@example.org")
        office.arrive(raw.replace(b"To: owner", f"To: friend{number}".encode()), folder="Sent")
    office.triage()
    found = office.truths.written_to("test", [f"friend{number}@example.org" for number in range(200)])
    assert set(found) == {f"friend{number}@example.org" for number in range(50, 200)}


def test_a_look_for_new_mail_does_not_observe(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    reply(office, "asked")
    office.triage(trigger="new mail")
    assert seen(office) == []
    office.triage()
    assert len(seen(office)) == 1


def test_mail_is_watched_for_a_month(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    flag(office, "asked", "\\Flagged")
    office.now += timedelta(days=31)
    office.triage()
    assert seen(office) == []


def test_an_act_is_timed_in_utc_whatever_the_senders_clock_says(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    raw = office.letter("answer", "owner@example.org", In_Reply_To=office.name_of("asked"))
    office.arrive(raw.replace(b"09:00:00 +0000", b"23:30:00 +1100"), folder="Sent")
    office.now += timedelta(hours=2)
    office.triage()

    (act,) = office.acts()

    assert act.at.utcoffset() == timedelta(0)
    assert act.at.hour == 12
    assert office.truths.since("test", act.at) == [act]
    assert office.truths.since("test", act.at + timedelta(seconds=1)) == []


@pytest.mark.parametrize("when", ["judge", "add", "save_folder_state"])
def test_an_act_seen_just_before_a_crash_is_still_booked_once(office: Any, when: str) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    reply(office, "asked")

    class Dying:
        """A store in which one kind of write is the last thing that a process does."""

        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            found = getattr(self._store, name)
            if name != when or (name == "add" and not hasattr(self._store, "judgements")):
                return found

            def last(*arguments: Any, **named: Any) -> Any:
                found(*arguments, **named)
                raise SystemExit(9)

            return last

    original = office.desk
    office.desk = lambda mailbox=None, **options: original(mailbox, wrap=Dying, **options)
    with pytest.raises(SystemExit):
        office.triage()
    office.desk = original
    office.triage()

    assert seen(office) == [(Source.REPLIED, ACCEPTED, "needs_reply")]
    assert office.outcomes("asked") == ["claimed", "accepted"]
