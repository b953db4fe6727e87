"""Which mails a run looks at."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.jobs.triage.scan import PORTION_BYTES, PORTION_MAILS, scan


def uids(found: Any) -> list[str]:
    return [uid for portion in found.portions for uid in portion]


def test_an_empty_inbox_has_nothing_to_do(office: Any) -> None:
    found = scan(office.desk(), only_new=False, limit=None)
    assert (found.portions, found.total, found.last_uid, found.resynced) == ([], 0, "", 0)


@pytest.mark.usefixtures("unsure")
def test_only_mails_that_a_run_is_done_with_are_passed_over(office: Any) -> None:
    office.arrive(office.letter("asked"), office.letter("unclear", "x@elsewhere.example.com", "Hm."))
    office.triage()
    open_ = [office.record("unclear").place.uid]
    new = office.arrive(office.letter("new"))

    assert uids(scan(office.desk(), only_new=False, limit=None)) == sorted([*open_, *new], key=int)


def test_a_preview_is_done_with_nothing(office: Any) -> None:
    known = office.arrive(office.letter("one"), office.news("two"))
    office.triage(apply=False)
    assert uids(scan(office.desk(), only_new=False, limit=None)) == known


def test_for_new_mail_only_what_lies_behind_the_last_uid_is_listed(office: Any) -> None:
    office.arrive(office.letter("one"))
    office.triage()
    new = office.arrive(office.letter("two"), office.letter("three"))

    found = scan(office.desk(), only_new=True, limit=None)

    assert uids(found) == new
    assert found.last_uid == new[-1]


def test_a_limit_takes_the_newest_and_leaves_the_rest_for_later(office: Any) -> None:
    known = office.arrive(*(office.letter(f"mail {number}") for number in range(5)))

    assert uids(scan(office.desk(), only_new=False, limit=2)) == known[-2:]
    office.triage(limit=2)
    # A look for new mail must not begin behind mails that were left out.
    assert uids(scan(office.desk(), only_new=True, limit=None)) == known[:3]
    office.triage()
    assert scan(office.desk(), only_new=True, limit=None).total == 0


def test_portions_hold_a_limited_number_of_mails_oldest_first(office: Any) -> None:
    known = office.arrive(*(office.letter(f"mail {number}") for number in range(PORTION_MAILS * 2 + 1)))

    found = scan(office.desk(), only_new=False, limit=None)

    assert [len(portion) for portion in found.portions] == [PORTION_MAILS, PORTION_MAILS, 1]
    assert uids(found) == known
    assert found.total == len(known)


def test_portions_hold_a_limited_number_of_bytes(office: Any) -> None:
    third = "x" * (PORTION_BYTES // 3)
    huge = "x" * (PORTION_BYTES + 1)
    known = office.arrive(
        office.letter("a", body=third),
        office.letter("b", body=third),
        office.letter("c", body=third),
        office.letter("huge", body=huge),
        office.letter("d"),
    )

    found = scan(office.desk(), only_new=False, limit=None)

    assert found.portions == [known[:2], known[2:3], known[3:4], known[4:]]


@pytest.mark.parametrize("only_new", [True, False])
def test_after_a_new_uidvalidity_mails_keep_their_ids(office: Any, only_new: bool) -> None:
    office.arrive(
        office.letter("one"), office.letter("two", Message_ID=""), office.letter("twin"), office.letter("twin")
    )
    office.triage()
    before = office.mails.get([item.record.id for item in office.mails.decided_in("run1")])
    office.store.renumber()
    new = office.arrive(office.letter("new"))

    found = scan(office.desk(), only_new=only_new, limit=None)

    assert found.resynced == 4
    assert uids(found) == new
    after = office.mails.get(list(before))
    inbox = office.store.folders["INBOX"]
    assert len({record.place for record in after.values()}) == 4
    for mail_id, record in after.items():
        assert record.place.validity == office.store.validity
        assert record.sha256 == before[mail_id].sha256
        assert inbox[record.place.uid].message_id == before[mail_id].message_id


def test_mail_that_only_resembles_a_known_one_is_new(office: Any) -> None:
    office.arrive(office.letter("one"))
    office.triage()
    office.store.renumber()
    office.store.folders["INBOX"].clear()
    (edited,) = office.arrive(office.letter("one", body="Could you send me the other plan?"))

    found = scan(office.desk(), only_new=False, limit=None)

    assert found.resynced == 0
    assert uids(found) == [edited]
