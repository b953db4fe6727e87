"""From decisions to keywords, drafts and moves."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from gainful.core.errors import Refused
from gainful.gate.journal import Kind, State
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.settings import Drafts
from gainful.sdk.mail import Ability
from gainful.sdk.testing.memory_mailbox import MemoryMailbox


def test_each_mail_gets_its_label_its_draft_and_its_place(office: Any) -> None:
    office.arrive(
        office.letter("asked"), office.news("kites"), office.letter("noted", "bo@notes.example.net", "We met.")
    )

    office.triage()

    assert office.lying("INBOX") == {"asked": {"needs_reply"}, "noted": {"fyi"}}
    assert office.lying("Archive") == {"kites": {"newsletter"}}
    assert office.lying("Drafts") == {"Re: asked": {"\\Draft", "\\Seen"}}
    assert office.outcomes("asked") == ["claimed"]


def test_a_label_is_stored_under_the_name_that_the_person_gave_it(office: Any) -> None:
    office.arrive(office.letter("asked"), office.news("kites"))
    labels = LabelSet.configured({"needs_reply": {"name": "Antworten"}, "newsletter": {"name": "Rundbrief"}})
    original = office.desk

    def desk(mailbox: Any = None, **options: Any) -> Any:
        from dataclasses import replace

        return replace(original(mailbox, **options), labels=labels)

    office.desk = desk
    office.triage()

    assert office.lying("INBOX") == {"asked": {"Antworten"}}
    assert office.lying("Archive") == {"kites": {"Rundbrief"}}
    assert office.decided("run1")["asked"].decision.labels == ("needs_reply",)


def test_a_label_that_the_mail_has_already_is_not_set_again(office: Any) -> None:
    office.arrive(office.letter("noted", "bo@notes.example.net", "We met."), flags="fyi \\Seen")
    office.triage()
    assert office.effects_of("noted") == []
    assert office.lying("INBOX") == {"noted": {"fyi", "\\Seen"}}


@pytest.mark.parametrize("missing", list(Ability))
def test_what_the_mailbox_cannot_do_is_left_out(office: Any, missing: Ability) -> None:
    class Limited(MemoryMailbox):
        abilities = frozenset(Ability) - {missing}

    office.arrive(office.letter("asked"), office.news("kites"))

    office.triage(mailbox=Limited(office.store))

    kinds = {item.effect.kind for subject in ("asked", "kites") for item in office.effects_of(subject)}
    left_out = {Ability.KEYWORDS: {Kind.KEYWORDS}, Ability.MOVE: {Kind.MOVE}, Ability.DRAFTS: {Kind.DRAFT}}
    assert kinds == set(Kind) - left_out.get(missing, set())


def test_a_mailbox_without_any_ability_is_read_and_nothing_else(office: Any) -> None:
    class ReadOnly(MemoryMailbox):
        abilities: frozenset[Ability] = frozenset()

    office.arrive(office.letter("asked"), office.news("kites"))

    office.triage(mailbox=ReadOnly(office.store))

    assert office.lying("INBOX") == {"asked": set(), "kites": set()}
    assert set(office.decided("run1")) == {"asked", "kites"}
    assert office.effects.since("test", office.now.replace(year=2000)) == []


def test_a_draft_joins_the_conversation_and_goes_to_the_sender_alone(office: Any) -> None:
    office.arrive(office.letter("asked", References="<root@example.net>", Cc="boss@example.com"))

    office.triage()

    (kept,) = office.store.folders["Drafts"].values()
    draft = message_from_bytes(kept.raw, policy=policy.default)
    assert draft["In-Reply-To"] == office.name_of("asked")
    assert draft["References"].split() == ["<root@example.net>", office.name_of("asked")]
    assert draft["From"].addresses[0].addr_spec == "owner@example.org"
    assert [address.addr_spec for address in draft["To"].addresses] == ["ada@people.example.net"]
    assert draft["Cc"] is draft["Bcc"] is None
    assert draft["Subject"] == "Re: asked"
    assert draft["X-Gainful-Draft"] == office.record("asked").id
    assert "> Could you send me the plan?" in draft.get_content()


def test_a_mail_is_drafted_for_once_whatever_happens_to_it_later(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage()
    office.mails.settle([office.record("asked").id], settled=False)

    office.triage()

    assert set(office.decided("run2")) == {"asked"}
    assert len(office.store.folders["Drafts"]) == 1


def test_drafts_that_are_switched_off_after_deciding_are_not_written(office: Any) -> None:
    office.arrive(office.letter("asked"))
    office.triage(apply=False)
    office.choose(drafts=Drafts.OFF)
    from gainful.jobs.triage.act import act_portion

    act_portion(office.desk(), "run1", [office.record("asked").id], None)

    assert office.lying("Drafts") == {}
    assert office.lying("INBOX") == {"asked": {"needs_reply"}}


def test_the_writers_words_go_into_the_draft_and_a_skeleton_where_it_has_none(office: Any) -> None:
    office.arrive(office.letter("one"), office.letter("two", body="Could you send me the map?"))
    office.triage(apply=False)
    from gainful.jobs.triage.act import act_portion

    records = [office.record("one"), office.record("two")]

    def writer(mail_id: str, mail: Any) -> str | None:
        return "The plan is attached." if mail_id == records[0].id else None

    act_portion(office.desk(), "run1", [record.id for record in records], writer)

    texts = sorted(kept.raw for kept in office.store.folders["Drafts"].values())
    assert sum(b"The plan is attached." in text for text in texts) == 1
    assert sum(b"> Could you send me the map?" in text for text in texts) == 1


def test_what_the_gate_denies_is_told_as_such_and_not_tried_again(office: Any) -> None:
    """The cascade holds back by itself; the gate does not rely on it."""
    office.arrive(office.news("kites"))
    office.triage(apply=False)
    office.choose(vips=("news@lists.example.net",))
    from gainful.jobs.triage.act import act_portion, failures

    settled = act_portion(office.desk(), "run1", [office.record("kites").id], None)

    assert failures(settled) == [(office.record("kites").id, State.DENIED, "Its sender is one of your VIPs.")]
    assert office.lying("INBOX") == {"kites": {"newsletter"}}
    assert office.triage()["mails"] == 0


def test_what_the_server_refused_is_noted_and_tried_again_by_the_next_run(office: Any) -> None:
    def refuse(operation: str) -> None:
        if operation == "move":
            raise Refused("Over quota.", "Make room.")

    office.arrive(office.news("kites"), office.letter("asked"))

    summary = office.triage(mailbox=MemoryMailbox(office.store, before=refuse))

    assert summary["notes"] == [f"{office.record('kites').id}: Over quota. Make room."]
    assert office.lying("INBOX") == {"asked": {"needs_reply"}, "kites": {"newsletter"}}

    assert office.triage() == {"run": "run2", "mails": 1, "notes": []}
    assert office.lying("Archive") == {"kites": {"newsletter"}}
