"""Maildirs on disk: names, keywords, folders, locks, and other programs at the same time."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.maildir import MaildirMailbox
from gainful.connectors.maildir.keywords import LOCK, Keywords
from gainful.connectors.maildir.names import FileName, folder_directory, folder_name
from gainful.core.errors import Invalid
from gainful.core.mail import Role
from gainful.sdk.mail import Ability, MailboxBusy, MailboxUnreachable
from gainful.sdk.testing.mailbox import INBOX, fetched, grant, message, uids_of


def make_maildir(path: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def put(root: Path, name: str, raw: bytes = b"Subject: x\n\nbody\n", part: str = "cur") -> str:
    (root / part / name).write_bytes(raw)
    return name.partition(":")[0]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_maildir(tmp_path / "Maildir")


def label(mailbox: MaildirMailbox, uids: list[str], *, add: str = "", remove: str = "", folder: str = INBOX) -> None:
    mailbox.change_keywords(grant("mail.change_keywords"), folder, uids, add=add.split(), remove=remove.split())


def names(root: Path) -> list[str]:
    return sorted(f"{part}/{path.name}" for part in ("cur", "new", "tmp") for path in (root / part).iterdir())


@pytest.mark.parametrize(
    ("name", "unique", "letters"),
    [
        ("1.M2P3.host:2,FS", "1.M2P3.host", "FS"),
        ("1.M2P3.host,S=12,W=14:2,Sab", "1.M2P3.host,S=12,W=14", "Sab"),
        ("1.M2P3.host", "1.M2P3.host", ""),
        ("1.M2P3.host:2,", "1.M2P3.host", ""),
        ("1.M2P3.host:1,experimental", "1.M2P3.host", ""),
    ],
)
def test_a_file_name_is_taken_apart(name: str, unique: str, letters: str) -> None:
    assert FileName.parse(name) == FileName(unique, letters)


def test_flags_and_unknown_letters_survive_a_label(root: Path) -> None:
    put(root, "1.M1P1.host:2,FPRSq")
    mailbox = MaildirMailbox(root)
    label(mailbox, ["1.M1P1.host"], add="todo")
    assert mailbox.flags(INBOX, ["1.M1P1.host"])["1.M1P1.host"] == {"\\Flagged", "\\Answered", "\\Seen", "todo"}
    assert names(root) == ["cur/1.M1P1.host:2,FPRSaq"]
    label(mailbox, ["1.M1P1.host"], remove="TODO")
    assert names(root) == ["cur/1.M1P1.host:2,FPRSq"]


def test_a_label_does_not_make_new_mail_seen(root: Path) -> None:
    uid = put(root, "1.M1P1.host", part="new")
    mailbox = MaildirMailbox(root)
    label(mailbox, [uid], remove="todo")
    assert names(root) == ["new/1.M1P1.host"]
    label(mailbox, [uid], add="todo")
    assert names(root) == ["cur/1.M1P1.host:2,a"]
    assert mailbox.flags(INBOX, [uid]) == {uid: {"todo"}}


def test_new_mail_without_flags_stays_new_when_moved(root: Path) -> None:
    uid = put(root, "1.M1P1.host", part="new")
    mailbox = MaildirMailbox(root)
    mailbox.move(grant("mail.move"), INBOX, [uid], "Archive")
    assert names(root) == []
    assert names(root / ".Archive") == ["new/1.M1P1.host"]
    assert (root / ".Archive" / "maildirfolder").exists()


def test_keywords_are_translated_into_the_other_folders_letters(root: Path) -> None:
    (root / "dovecot-keywords").write_text("0 fyi\n1 todo\n2 $Junk\n")
    other = make_maildir(root / ".Archive")
    (other / "dovecot-keywords").write_text("0 todo\n3 old\n")
    uid = put(root, "1.M1P1.host:2,Sabd")
    mailbox = MaildirMailbox(root)
    mailbox.move(grant("mail.move"), INBOX, [uid], "Archive")
    # d means nothing here, and "old" there: it is left behind.
    assert mailbox.flags("Archive", [uid]) == {uid: {"\\Seen", "todo", "fyi"}}
    assert (other / "dovecot-keywords").read_text() == "0 todo\n1 fyi\n3 old\n"


def test_the_27th_keyword_is_refused_and_nothing_is_half_done(root: Path) -> None:
    uid = put(root, "1.M1P1.host", part="new")
    mailbox = MaildirMailbox(root)
    label(mailbox, [uid], add=" ".join(f"label{number}" for number in range(26)))
    before = names(root)
    with pytest.raises(Invalid, match="26"):
        label(mailbox, [uid], add="one_more")
    assert names(root) == before
    label(mailbox, [uid], add="LABEL3")
    assert len(mailbox.flags(INBOX, [uid])[uid]) == 26
    full = make_maildir(root / ".Full")
    (full / "dovecot-keywords").write_text("".join(f"{number} other{number}\n" for number in range(26)))
    with pytest.raises(Invalid):
        mailbox.move(grant("mail.move"), INBOX, [uid], "Full")
    assert names(root) == before


def test_a_held_keyword_lock_is_respected_and_a_stale_one_is_not(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.connectors.maildir.keywords.PATIENCE_SECONDS", 0.1)
    (root / LOCK).touch()
    with pytest.raises(MailboxBusy):
        Keywords(root).take_letters(["todo"])
    os.utime(root / LOCK, (1, 1))
    assert Keywords(root).take_letters(["todo"]) == {"todo": "a"}
    assert not (root / LOCK).exists()


def test_a_keywords_file_with_rubbish_is_survived(root: Path) -> None:
    (root / "dovecot-keywords").write_bytes(b"0 todo\nx y\n99 far\n5\n\xff\xfe\n2 fyi\n")
    assert Keywords(root).by_letter() == {"a": "todo", "c": "fyi"}


def test_two_gainfuls_on_one_maildir(root: Path) -> None:
    first = MaildirMailbox(root, exclusive=True)
    with pytest.raises(MailboxBusy, match="Another Gainful"):
        MaildirMailbox(root, exclusive=True)
    second = MaildirMailbox(root)
    with pytest.raises(MailboxBusy), second.lock():
        pass
    first.close()
    with second.lock(), pytest.raises(MailboxBusy):
        MaildirMailbox(root, exclusive=True)
    MaildirMailbox(root, exclusive=True).close()
    assert MaildirMailbox(root).listing(INBOX) == []


def test_what_is_no_maildir_says_what_to_type(tmp_path: Path) -> None:
    mbox = tmp_path / "old.mbox"
    mbox.write_bytes(b"From x\n")
    with pytest.raises(Invalid, match=f"mbox:{mbox}"):
        MaildirMailbox(mbox)
    with pytest.raises(Invalid, match="nothing at"):
        MaildirMailbox(tmp_path / "absent")
    make_maildir(tmp_path / "Mail" / "work")
    with pytest.raises(Invalid, match=f"maildir:{tmp_path / 'Mail' / 'work'}"):
        MaildirMailbox(tmp_path / "Mail")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Invalid, match="cur and new"):
        MaildirMailbox(tmp_path / "empty")


def test_the_account_is_the_same_by_every_path(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert MaildirMailbox(tmp_path / "link").account == MaildirMailbox(root).account == f"maildir:{root.resolve()}"


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "", ".", "..", "a..b", ".hidden", "end.", "nul\0", "new\nline", "x" * 300]
)
def test_folder_names_cannot_leave_the_maildir(root: Path, name: str) -> None:
    uid = put(root, "1.M1P1.host", part="new")
    with pytest.raises(Invalid):
        MaildirMailbox(root).move(grant("mail.move"), INBOX, [uid], name)
    assert names(root) == ["new/1.M1P1.host"]
    assert [path.name for path in root.parent.iterdir()] == ["Maildir"]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="/."), min_size=1, max_size=20
    )
)
def test_folder_names_survive_the_disk(name: str) -> None:
    assert folder_name(folder_directory(name)) == name


@pytest.mark.parametrize("directory", [".Entwürfe", ".&bad", ".A & B", ".&AGE-"])
def test_directories_of_other_programs_keep_a_name_of_their_own(root: Path, directory: str) -> None:
    make_maildir(root / directory)
    put(root / directory, "1.M1P1.host:2,S")
    mailbox = MaildirMailbox(root)
    assert uids_of(mailbox, directory[1:]) == ["1.M1P1.host"]


@pytest.mark.parametrize(
    ("directory", "role"),
    [(".Archiv", Role.ARCHIVE), (".INBOX.Drafts", Role.DRAFTS), (".Spam", Role.JUNK), (".Gesendete Objekte", Role.SENT),
     (".Papelera", Role.TRASH)],
)  # fmt: skip
def test_roles_by_name(root: Path, directory: str, role: Role) -> None:
    make_maildir(root / directory)
    assert MaildirMailbox(root).folder(role) == directory[1:]
    assert MaildirMailbox(root).folder(Role.INBOX) == INBOX


def test_deeper_folders_have_no_role(root: Path) -> None:
    make_maildir(root / ".Projects.Archive")
    mailbox = MaildirMailbox(root)
    assert mailbox.folder(Role.ARCHIVE) == "Archive"
    assert mailbox.folder(Role.DRAFTS) is None


def test_a_mail_in_new_and_cur_at_once_is_listed_once(root: Path) -> None:
    put(root, "1.M1P1.host", part="new")
    put(root, "1.M1P1.host:2,S")
    put(root, ".hidden")
    (root / "cur" / "directory").mkdir()
    (listed,) = MaildirMailbox(root).listing(INBOX)
    assert listed.flags == {"\\Seen"}


def test_a_move_never_overwrites(root: Path) -> None:
    make_maildir(root / ".Archive")
    put(root, "1.M1P1.host:2,S", b"one")
    put(root / ".Archive", "1.M1P1.host:2,S", b"other")
    mailbox = MaildirMailbox(root)
    places = mailbox.move(grant("mail.move"), INBOX, ["1.M1P1.host"], "Archive")
    assert {mail.raw for mail in fetched(mailbox, "Archive")} == {b"one", b"other"}
    assert places["1.M1P1.host"].uid != "1.M1P1.host"


def test_arrival_decides_the_order(root: Path) -> None:
    for name, time in (("9.M1P1.host", 100), ("1.M1P1.host", 300), ("5.M20P1.host", 200), ("5.M3P1.host", 200)):
        put(root, name, part="new")
        os.utime(root / "new" / name, (time, time))
    mailbox = MaildirMailbox(root)
    assert uids_of(mailbox) == ["9.M1P1.host", "5.M3P1.host", "5.M20P1.host", "1.M1P1.host"]
    assert [int(mail.received_at.timestamp()) for mail in fetched(mailbox)] == [100, 200, 200, 300]


def test_another_program_may_rename_while_we_read_and_label(root: Path) -> None:
    for number in range(200):
        put(root, f"{number}.M1P1.host", message(number), part="new")
    mailbox = MaildirMailbox(root)
    uids = uids_of(mailbox)

    def mark_seen_once(uid: str) -> bool:
        found = [*(root / "new").glob(f"{uid}*"), *(root / "cur").glob(f"{uid}*")]
        path = found[0] if found else root
        name = FileName.parse(path.name)
        with contextlib.suppress(FileNotFoundError):
            if name.unique == uid:
                path.rename(root / "cur" / str(FileName(uid, name.letters + "S")))
                return True
        return False

    def mark_seen() -> None:
        for uid in uids[::2]:
            while not mark_seen_once(uid):
                pass

    other = threading.Thread(target=mark_seen)
    other.start()
    try:
        read = [mail.place.uid for mail in mailbox.fetch(INBOX, uids, 10_000)]
        label(mailbox, uids, add="todo")
    finally:
        other.join()
    assert read == uids
    flags = mailbox.flags(INBOX, uids)
    assert len(flags) == 200
    assert all("todo" in found for found in flags.values())
    assert {uid for uid, found in flags.items() if "\\Seen" in found} == set(uids[::2])


def test_a_full_disk_is_told_and_leaves_no_half_draft(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    mailbox = MaildirMailbox(root)
    mailbox.append_draft(grant("mail.append_draft"), b"first")
    monkeypatch.setattr("gainful.connectors.maildir.files.os.fsync", full)
    with pytest.raises(MailboxUnreachable) as told:
        mailbox.append_draft(grant("mail.append_draft"), b"second")
    assert told.value.next_move == "Free some space on that disk."
    assert [mail.raw for mail in fetched(mailbox, "Drafts")] == [b"first"]
    assert not list((root / ".Drafts" / "tmp").iterdir())


def test_a_vanished_maildir_is_told(root: Path) -> None:
    mailbox = MaildirMailbox(root)
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(MailboxUnreachable):
        mailbox.listing(INBOX)
    with pytest.raises(MailboxUnreachable):
        mailbox.reconnect()


def test_changed_flags_end_a_wait(root: Path) -> None:
    put(root, "1.M1P1.host", part="new")
    mailbox = MaildirMailbox(root, poll=timedelta(seconds=0.02))
    mailbox.listing(INBOX)
    assert mailbox.wait(INBOX, timedelta(seconds=0.1)) is False
    (root / "new" / "1.M1P1.host").rename(root / "cur" / "1.M1P1.host:2,S")
    assert mailbox.wait(INBOX, timedelta(seconds=120)) is True
    assert mailbox.wait(INBOX, timedelta(seconds=0.1)) is False


def test_it_can_do_everything(root: Path) -> None:
    assert MaildirMailbox(root).abilities == frozenset(Ability)
