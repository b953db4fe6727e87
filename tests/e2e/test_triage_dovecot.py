"""The main job on a real mail server: triage, correct, undo, and everything that can get in between."""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gainful.app import Gainful, NothingToUndo
from gainful.core.errors import GainfulError
from gainful.gate.journal import State
from gainful.sdk.mail import LoginRefused, MailboxBusy, MailboxUnreachable
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.local_server import HOST
from gainful.storage.settings.config import Home
from tests.fixtures.waiting import eventually

SETTINGS = """
[[accounts]]
name = "work"
url = "imap://{user}@127.0.0.1:{port}"

[schedule]
nightly = "off"

[[rules]]
label = "newsletter"
from = "@lists.example.net"

[[rules]]
label = "needs_reply"
from = "@people.example.net"
"""


def letter(number: int, sender: str, body: str, subject: str = "") -> bytes:
    return (
        f"From: Sender <{sender}>\r\nTo: owner@example.org\r\nSubject: {subject or f'Mail {number}'}\r\n"
        f"Message-ID: <{number}@example.net>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def asking(number: int) -> bytes:
    return letter(number, f"ada{number}@people.example.net", "Could you send me the plan?")


def news(number: int) -> bytes:
    return letter(number, "news@lists.example.net", "News of kites.")


class Person:
    """Somebody with a mailbox on the server, a mail program, and a home for Gainful."""

    def __init__(self, server: Dovecot, home: Path) -> None:
        self.server = server
        self.user = server.new_user()
        self.home = Home(home)
        self.home.prepare()
        self.point_to(server.imap_port)

    def point_to(self, port: int) -> None:
        self.home.config.write_text(SETTINGS.format(user=self.user.replace("@", "%40"), port=port))

    @contextlib.contextmanager
    def gainful(self) -> Iterator[Gainful]:
        with Gainful.open(self.home) as opened:
            yield opened

    def receives(self, *raws: bytes) -> None:
        for raw in raws:
            self.server.deliver(self.user, raw)

    @contextlib.contextmanager
    def program(self) -> Iterator[imaplib.IMAP4]:
        """The person's own mail program."""
        client = imaplib.IMAP4(HOST, self.server.imap_port)
        try:
            client.login(self.user, self.server.password)
            yield client
        finally:
            client.logout()

    def sees(self) -> dict[str, dict[str, set[str]]]:
        """Flags by Message-ID by folder."""
        found: dict[str, dict[str, set[str]]] = {}
        with self.program() as client:
            for line in client.list()[1]:
                assert isinstance(line, bytes)
                folder = line.decode().rpartition(' "." ')[2] if ' "." ' in line.decode() else line.decode().split()[-1]
                state, (count,) = client.select(folder, readonly=True)
                assert state == "OK"
                if count == b"0":
                    continue
                _, answer = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
                for item in answer:
                    if not isinstance(item, tuple):
                        continue
                    flags = set(re.findall(r"FLAGS \(([^)]*)\)", item[0].decode())[0].split()) - {"\\Recent"}
                    name = item[1].decode().partition(":")[2].strip()
                    found.setdefault(folder.strip('"'), {})[name] = flags
        return found

    def moves(self, number: int, source: str, to: str) -> None:
        with self.program() as client:
            client.select(source)
            (uids,) = client.uid("SEARCH", f"HEADER Message-ID <{number}@example.net>")[1]
            assert client.uid("MOVE", uids.decode(), to)[0] == "OK"

    def flags(self, number: int, flags: str) -> None:
        with self.program() as client:
            client.select("INBOX")
            (uids,) = client.uid("SEARCH", f"HEADER Message-ID <{number}@example.net>")[1]
            assert client.uid("STORE", uids.decode(), "+FLAGS", f"({flags})")[0] == "OK"

    def without_drafts(self) -> dict[str, dict[str, set[str]]]:
        return {
            folder: mails
            for folder, all_ in self.sees().items()
            if (mails := {name: flags for name, flags in all_.items() if not name.startswith("<gainful.")})
        }


@pytest.fixture
def person(dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setenv("GAINFUL_IMAP_PASSWORD", dovecot.password)
    short = (timedelta(seconds=0.1), timedelta(seconds=0.2))
    monkeypatch.setattr("gainful.jobs.triage.desk.PAUSES", short)
    return Person(dovecot, tmp_path / "home")


# --- the main job ---


def test_a_preview_changes_nothing_and_then_the_work_is_done(person: Person) -> None:
    person.receives(asking(1), news(2), asking(3))
    person.flags(3, "\\Seen \\Flagged")
    before = person.sees()
    with person.gainful() as gainful:
        preview = gainful.triage.run("work")
        assert {row.outcome for row in preview.rows} == {"preview"}
        assert person.sees() == before

        report = gainful.triage.run("work", apply=True)

    assert not report.notes
    assert dict(report.by_action) == {"draft": 2, "archive": 1}
    after = person.sees()
    assert after["INBOX"] == {
        "<1@example.net>": {"needs_reply"},
        "<3@example.net>": {"\\Seen", "\\Flagged", "needs_reply"},
    }
    assert after["Archive"] == {"<2@example.net>": {"newsletter"}}
    assert list(after["Drafts"].values()) == [{"\\Draft", "\\Seen"}] * 2


def test_a_second_run_has_nothing_to_do(person: Person) -> None:
    person.receives(asking(1), news(2))
    with person.gainful() as gainful:
        gainful.triage.run("work", apply=True)
        done = person.sees()
        again = gainful.triage.run("work", apply=True)
    assert again.rows == ()
    assert person.sees() == done


def test_an_undo_restores_folders_and_flags_exactly(person: Person) -> None:
    person.receives(asking(1), news(2), news(3))
    person.flags(2, "\\Seen mine")
    before = person.without_drafts()
    with person.gainful() as gainful:
        run = gainful.triage.run("work", apply=True).run_id
        would = gainful.triage.undo(run, dry_run=True)
        assert person.without_drafts() != before

        undone = gainful.triage.undo(run)

        assert set(undone.restored) == set(would.restored)
        assert len(undone.restored) == 3
        assert undone.left == ()
        assert person.without_drafts() == before
        assert "Drafts" not in person.sees()
        with pytest.raises(NothingToUndo):
            gainful.triage.undo(run)
        # Undone is undone: the next run does not do it again.
        assert gainful.triage.run("work", apply=True).rows == ()


def test_an_undo_leaves_and_names_what_the_person_changed(person: Person) -> None:
    person.receives(news(1), news(2))
    with person.gainful() as gainful:
        run = gainful.triage.run("work", apply=True).run_id
        person.moves(1, "Archive", "Trash")

        undone = gainful.triage.undo(run)

    assert [reason for _, _, reason in undone.left] == ["You moved or deleted it since."]
    assert person.sees()["Trash"] == {"<1@example.net>": {"newsletter"}}
    assert person.sees()["INBOX"] == {"<2@example.net>": set()}


def test_the_brief_tells_what_was_done(person: Person) -> None:
    person.receives(asking(1), news(2), news(3))
    with person.gainful() as gainful:
        report = gainful.triage.run("work", apply=True)
        brief = gainful.triage.brief("work")

    assert brief.came == 3
    assert [item.record.message_id for item in brief.needs_you] == ["<1@example.net>"]
    assert [item.record.message_id for item in brief.drafts] == ["<1@example.net>"]
    assert dict(brief.put_away) == {"newsletter": 2}
    assert [run.id for run in brief.runs] == [report.run_id]
    assert brief.rejected == ()
    assert brief.uncertain == ()


def test_a_correction_is_carried_out_and_later_mail_of_the_kind_follows_it(person: Person) -> None:
    sender, body = "club@hobby.example.com", "The kite club meets on the hill, wind permitting."
    person.receives(*(letter(number, sender, body, f"Kite club {number}") for number in range(1, 7)))
    with person.gainful() as gainful:
        first = gainful.triage.run("work", apply=True)
        for row in first.rows:
            gainful.triage.correct(row.record.id, "update")
        person.receives(letter(9, sender, body, "Kite club 9"))

        second = gainful.triage.run("work", apply=True)

    (row,) = [row for row in second.rows if row.record.message_id == "<9@example.net>"]
    assert row.decision.label == "update"
    assert list(person.sees()["INBOX"].values()) == [{"update"}] * 7


def test_a_mail_that_the_person_moved_back_stays_for_good(person: Person) -> None:
    person.receives(news(1))
    with person.gainful() as gainful:
        mail_id = gainful.triage.run("work", apply=True).rows[0].record.id
        person.moves(1, "Archive", "INBOX")
        again = gainful.triage.run("work", apply=True)
        brief = gainful.triage.brief("work")

    assert [row.record.id for row in again.rows] == [mail_id]
    assert list(person.sees()["INBOX"]) == ["<1@example.net>"]
    assert [str(truth.source) for truth in brief.rejected] == ["moved back"]


# --- what gets in between ---

HOLD = """
import sys
from pathlib import Path
from gainful.core.ids import stable_id
from gainful.runs.executor import account_lock
with account_lock(Path(sys.argv[1]), stable_id(sys.argv[2]), "x", wait=False):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_gainfuls_at_once_on_one_account(person: Person) -> None:
    person.receives(news(1))
    with person.gainful() as gainful:
        identity = gainful.triage.run("work").account
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(person.home.path / "locks"), identity],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(MailboxBusy) as caught:
            gainful.triage.run("work", apply=True)
        other.kill()
        other.communicate()

        assert "Another Gainful is at work" in caught.value.what
        assert caught.value.next_move
        assert list(person.sees()["INBOX"]) == ["<1@example.net>"]
        assert len(gainful.triage.run("work", apply=True).rows) == 1


def test_a_wrong_password_is_refused_and_nothing_is_half_done(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.receives(news(1))
    before = person.sees()
    monkeypatch.setenv("GAINFUL_IMAP_PASSWORD", "not-the-password")
    with person.gainful() as gainful:
        with pytest.raises(LoginRefused) as caught:
            gainful.triage.run("work", apply=True)
        assert caught.value.next_move
        assert "not-the-password" not in str(caught.value)
        assert [run.state for run in gainful.triage.brief("work").runs] == ["failed"]
        assert person.sees() == before

        monkeypatch.setenv("GAINFUL_IMAP_PASSWORD", person.server.password)
        assert len(gainful.triage.run("work", apply=True).rows) == 1


class Wire:
    """A wire to the server that is pulled out at a word of the client's, before or after the server has heard it."""

    def __init__(self, port: int, word: bytes, *, after: bool) -> None:
        self._target = port
        self._word = word
        self._after = after
        self._whole = True
        self._pairs: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def mend(self) -> None:
        self._whole = True
        self._word = b"never said"

    def close(self) -> None:
        self._listener.close()
        self._cut()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._whole:
                    client.close()
                    continue
                server = socket.create_connection((HOST, self._target))
                self._pairs += [client, server]
                threading.Thread(target=self._forward, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, to: socket.socket, from_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if from_client and self._word in data:
                    self._whole = False
                    if self._after:
                        to.sendall(data)
                        time.sleep(0.3)
                    self._cut()
                    return
                if self._whole:
                    to.sendall(data)
            to.shutdown(socket.SHUT_WR)

    def _cut(self) -> None:
        for end in self._pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._pairs.clear()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("word", [b"FETCH", b"STORE", b"APPEND", b"MOVE"])
def test_a_server_that_goes_away_half_way_leaves_nothing_lost_or_doubled(
    person: Person, word: bytes, after: bool
) -> None:
    person.receives(asking(1), news(2), news(3))
    wire = Wire(person.server.imap_port, word, after=after)
    person.point_to(wire.port)
    with person.gainful() as gainful:
        with pytest.raises(MailboxUnreachable) as caught:
            gainful.triage.run("work", apply=True)
        assert caught.value.next_move
        wire.mend()

        gainful.triage.run("work", apply=True)

        assert gainful.triage.brief("work").uncertain == ()
        assert gainful.effects.unsettled(gainful.triage.brief("work").runs[0].account) == []
    wire.close()
    after_all = person.sees()
    assert after_all["INBOX"] == {"<1@example.net>": {"needs_reply"}}
    assert after_all["Archive"] == {"<2@example.net>": {"newsletter"}, "<3@example.net>": {"newsletter"}}
    assert len(after_all["Drafts"]) == 1


def renumber(person: Person) -> None:
    """What a restore from backup does: the folder's memory of its uids is gone."""
    (person.server.mail_root(person.user) / "dovecot-uidlist").unlink()
    for path in person.server.mail_root(person.user).glob("dovecot.index*"):
        path.unlink()


def test_after_a_new_uidvalidity_mails_keep_their_ids_and_nothing_is_done_twice(person: Person) -> None:
    person.receives(asking(1), asking(2))
    with person.gainful() as gainful:
        first = gainful.triage.run("work", apply=True)
        ids = {row.record.message_id: row.record for row in first.rows}
        done = person.sees()
        time.sleep(1.1)  # UIDVALIDITY is a time in seconds
        renumber(person)
        person.receives(asking(3))

        second = gainful.triage.run("work", apply=True)

        assert [row.record.message_id for row in second.rows] == ["<3@example.net>"]
        assert any("renumbered" in note for note in second.notes)
        for record in ids.values():
            now = gainful.mails.find(record.id)
            assert now.place.validity != record.place.validity
        assert len(person.sees()["Drafts"]) == 3
        assert {name: flags for name, flags in person.sees()["INBOX"].items() if "3" not in name} == done["INBOX"]


# --- the long-running process ---


@contextlib.contextmanager
def serving(gainful: Gainful) -> Iterator[list[GainfulError]]:
    """Gainful serving in a thread until the block ends; what it complained about."""
    stop, ready = threading.Event(), threading.Event()
    complaints: list[GainfulError] = []
    thread = threading.Thread(target=gainful.serve, args=(stop, ready.set, complaints.append))
    thread.start()
    try:
        assert ready.wait(60)
        yield complaints
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def runs(gainful: Gainful) -> int:
    with gainful.database.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM runs")) or 0


def test_serving_labels_new_mail_at_once_and_rests_while_none_comes(person: Person) -> None:
    person.receives(asking(1))
    with person.gainful() as gainful:
        with serving(gainful) as complaints:
            assert eventually(lambda: "needs_reply" in person.sees()["INBOX"]["<1@example.net>"])
            assert eventually(lambda: runs(gainful) == 1)
            time.sleep(2)
            assert runs(gainful) == 1
            person.receives(news(2))
            assert eventually(lambda: "<2@example.net>" in person.sees().get("Archive", {}))
            time.sleep(1)
        assert complaints == []
        assert [run.trigger for run in gainful.runs.since(None, gainful.clock() - timedelta(hours=1))] == [
            "new mail"
        ] * 2


def test_serving_an_inbox_without_news_makes_no_run(person: Person) -> None:
    with person.gainful() as gainful:
        with serving(gainful):
            time.sleep(1.5)
        assert runs(gainful) == 0


def test_serving_what_was_triaged_by_hand_makes_no_run(person: Person) -> None:
    person.receives(asking(1), news(2))
    with person.gainful() as gainful:
        gainful.triage.run("work", apply=True)
    with person.gainful() as gainful:
        with serving(gainful):
            time.sleep(1.5)
        assert runs(gainful) == 1
        assert not any(
            item.state is State.FAILED for item in gainful.effects.since(None, gainful.clock() - timedelta(1))
        )
