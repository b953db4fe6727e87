"""The limited worker process around `read_mail`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import gainful
from gainful.core.mail import Mail
from gainful.jobs.triage.reading import worker
from gainful.jobs.triage.reading.mime import read_mail
from gainful.jobs.triage.reading.reader import Limits, Reader, ReaderBroken
from tests.fixtures.waiting import eventually

ROOT = Path(gainful.__file__).parents[1]


def raw(number: int) -> bytes:
    return (
        f"From: Ada <ada{number}@example.org>\r\nSubject: mail {number}\r\nMessage-ID: <m{number}@example.org>\r\n"
        f"Date: Tue, 03 Jun 2025 09:15:00 +0200\r\nX-Priority: 1\r\n\r\nGrüße {number}\r\n"
    ).encode()


# A worker as the real one, whose parser does harm on request.
HARMFUL = """
import os, sys, time
from gainful.jobs.triage.reading import reader as reading
from gainful.jobs.triage.reading import worker
honest = worker.read_mail
def harmful(raw, *, complete=True):
    if b"KILL" in raw: os.kill(os.getpid(), 9)
    if b"EXIT" in raw: os._exit(3)
    if b"SPIN" in raw:
        while True: pass
    if b"SLEEP" in raw: time.sleep(60)
    if b"EAT" in raw: return honest(raw + b"x" * 2**30, complete=complete)
    if b"PRINT" in raw: print("noise" * 10000, flush=True)
    if b"NOISE" in raw: os.write(5, b"\\xff" * 100); os._exit(0)
    if b"OPEN" in raw: [open(os.devnull) for _ in range(100)]
    if b"WRITE" in raw: os.write(os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY), b"x" * 10)
    return honest(raw, complete=complete)
encode = worker.encode
worker.encode = lambda mail: b'{"subject": 1}' if "LIE" in mail.text else encode(mail)
worker.read_mail = harmful
worker.main(float(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture
def harmful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Reader]:
    """A reader whose workers do harm when a mail says so."""
    script = tmp_path / "harmful.py"
    script.write_text(HARMFUL)
    spawn: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def replaced(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        at = command.index("-m")
        return spawn([*command[:at], str(script), *command[at + 2 :], str(tmp_path / "written")], **options)

    monkeypatch.setattr(subprocess, "Popen", replaced)
    # Far more than a harmless mail takes on a busy machine, and as much as is waited for one that stalls.
    with Reader(limits=Limits(seconds_per_mail=1.5)) as reader:
        yield reader


def test_mails_come_back_in_order_and_whole() -> None:
    items = [(raw(number), True) for number in range(50)]
    with Reader(workers=2) as reader:
        assert reader.read(items) == [read_mail(data) for data, _ in items]
        assert reader.read([]) == []


def test_headers_alone_are_passed_on_as_such() -> None:
    with Reader() as reader:
        mail = reader.read([(raw(1), False)])[0]
    assert mail.problem == "The mail is larger than 25 MiB: only the headers were read."


@pytest.mark.parametrize("word", ["KILL", "EXIT", "NOISE", "LIE"])
def test_a_mail_that_ends_the_worker_harms_no_other(harmful: Reader, word: str) -> None:
    mails = harmful.read([(raw(1), True), (raw(2) + word.encode(), True), (raw(3), True)])
    assert [mail.subject for mail in mails] == ["mail 1", "mail 2", "mail 3"]
    assert [bool(mail.problem) for mail in mails] == [False, True, False]
    assert "broke off" in mails[1].problem
    assert (mails[1].from_addr, mails[1].message_id, mails[1].text) == ("ada2@example.org", "<m2@example.org>", "")


@pytest.mark.parametrize("word", ["SPIN", "SLEEP"])
def test_a_mail_that_stalls_the_worker_is_given_up(harmful: Reader, word: str) -> None:
    mails = harmful.read([(raw(1) + word.encode(), True), (raw(2), True)])
    assert mails[0].problem == "The mail could not be read within 1.5 s: only its headers are shown."
    assert (mails[0].subject, mails[1].problem, mails[1].text) == ("mail 1", "", "Grüße 2")


@pytest.mark.parametrize("word", ["EAT", "OPEN", "WRITE"])
def test_the_worker_has_no_memory_files_or_disk_to_take(harmful: Reader, word: str, tmp_path: Path) -> None:
    mails = harmful.read([(raw(1) + word.encode(), True), (raw(2), True)])
    assert mails[0].problem
    assert mails[1].problem == ""
    written = tmp_path / "written"
    assert not written.exists() or written.stat().st_size == 0


def test_what_a_library_prints_is_no_answer(harmful: Reader) -> None:
    mail = harmful.read([(raw(1) + b"PRINT", True)])[0]
    assert (mail.subject, mail.problem) == ("mail 1", "")


def test_the_second_try_is_in_a_fresh_worker(harmful: Reader) -> None:
    harmful.read([(raw(1), True)])
    os.kill(harmful._workers[0].process.pid, signal.SIGKILL)
    assert harmful.read([(raw(2), True)])[0] == read_mail(raw(2))


def test_no_secret_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAINFUL_IMAP_PASSWORD", "open sesame")
    kept = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        with Reader() as reader:
            reader.read([(raw(1), True)])
            process = Path("/proc", str(reader._workers[0].process.pid))
            if not process.exists():
                pytest.skip("no /proc on this system")
            names = {entry.split(b"=")[0] for entry in (process / "environ").read_bytes().split(b"\0") if entry}
            files = {(process / "fd" / name.name).readlink() for name in (process / "fd").iterdir()}
            status = (process / "status").read_text()
    finally:
        os.close(kept)
    assert names == {b"PYTHONPATH"}
    assert {str(file).split(":")[0] for file in files} == {"/dev/null", "pipe"}
    assert "NoNewPrivs:\t1" in status


def test_the_worker_ends_with_its_parent() -> None:
    script = (
        "import sys, time\nfrom gainful.jobs.triage.reading.reader import Reader\n"
        "reader = Reader()\nreader.read([(b'From: a@example.org\\n\\nhi', True)])\n"
        "print(reader._workers[0].process.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        # The latter, where it ends between the opening and the reading.
        return False


def test_the_worker_loads_nothing_heavy() -> None:
    script = "import sys\nfrom gainful.jobs.triage.reading import worker\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    roots = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert not roots & {"sqlalchemy", "dbos", "pydantic", "pydantic_ai", "httpx", "imapclient", "asyncio", "rich"}


def test_a_worker_that_cannot_start_is_our_fault_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ReaderBroken, match="cannot be started") as caught:
        Reader().read([(raw(1), True)])
    assert caught.value.code == "reader-broken"
    assert caught.value.next_move


def test_a_worker_that_ends_at_once_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    spawn: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def replaced(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        return spawn([command[0], "-c", "raise SystemExit('no parser here')"], **options)

    monkeypatch.setattr(subprocess, "Popen", replaced)
    with pytest.raises(ReaderBroken, match="cannot be started with 512 MiB: no parser here"):
        Reader().read([(raw(1), True)])


def test_closed_twice_and_used_again() -> None:
    reader = Reader()
    reader.read([(raw(1), True)])
    reader.close()
    reader.close()
    assert reader.read([(raw(2), True)])[0].subject == "mail 2"
    reader.close()


def test_answers_are_checked_field_by_field() -> None:
    mail = read_mail(raw(1))
    assert worker.decode(worker.encode(mail)) == mail
    for wrong in (
        b"[]",
        b"{}",
        b"nonsense",
        worker.encode(mail).replace(b'"links":0', b'"links":"0"'),
        worker.encode(mail).replace(b'"to":[]', b'"to":[1]'),
    ):
        with pytest.raises(ValueError):
            worker.decode(wrong)
    assert worker.decode(worker.encode(Mail())) == Mail()
