"""The commands as a person types them, each in a process of its own, on the sample mailbox."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.mailbox import INBOX, lay
from demo.run import SETTINGS
from gainful.sdk.testing.dovecot import Dovecot
from tests.fixtures.terminal import type_keys
from tests.fixtures.waiting import eventually

GAINFUL = str(Path(sys.executable).parent / "gainful")
FIELDS = [
    "id",
    "message_id",
    "labels",
    "needs_reply",
    "priority",
    "action",
    "decided_by",
    "probability",
    "reason",
    "tokens",
    "cost_usd",
]
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Person:
    """Somebody with a home and a mailbox, at a keyboard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path / "home"
        self.mail = path / "Mail"
        lay(self.mail, datetime.now(UTC))
        self.home.mkdir(mode=0o700)
        (self.home / "gainful.toml").write_text(SETTINGS.format(mail=self.mail), encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith("GAINFUL")}
        self.environment = {**keep, "GAINFUL_HOME": str(self.home), "COLUMNS": "100"}
        self.environment.pop("FORCE_COLOR", None)

    def run(self, *arguments: str, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """The ended command, which must have ended with `status`."""
        done = subprocess.run(
            [GAINFUL, *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def lines(self, *arguments: str) -> list[dict[str, object]]:
        """The JSON lines of a command."""
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.splitlines()]

    def files(self) -> dict[str, str]:
        """Every mail by its unique name, with folder and flags."""
        return {
            file.name.partition(":")[0]: f"{file.parent.parent.relative_to(self.mail)} {file.name.partition(':')[2]}"
            for file in self.mail.rglob("*")
            if file.is_file() and file.parent.name in ("cur", "new")
        }


@pytest.fixture
def mira(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_triage_prints_one_documented_line_a_mail(mira: Person) -> None:
    before = mira.files()
    lines = mira.lines("triage", "demo")
    assert len(lines) == len(INBOX)
    assert all(list(line) == FIELDS for line in lines)
    assert len({line["id"] for line in lines}) == len(lines)
    assert {line["tokens"] for line in lines} == {0}
    assert mira.files() == before


def test_apply_then_undo_leaves_every_mail_as_it_was(mira: Person) -> None:
    before = mira.files()
    mira.run("triage", "demo", "--apply")
    applied = mira.files()
    assert before.keys() <= applied.keys()
    assert applied != before
    run_id = mira.lines("brief")[0]["runs"][0]  # type: ignore[index]
    preview = mira.lines("undo", str(run_id), "--dry-run")[0]
    assert mira.files() == applied
    done = mira.lines("undo", str(run_id))[0]
    assert done["restored"] == preview["restored"]
    after = mira.files()
    # What lay in `new`, where names have no flags, may lie in `cur` with none: still unread.
    assert {name: after[name].removesuffix("2,").strip() for name in before} == {
        k: v.strip() for k, v in before.items()
    }
    mira.run("undo", str(run_id), status=2)


def test_a_second_run_repeats_nothing_and_loses_nothing(mira: Person) -> None:
    mira.run("triage", "demo", "--apply")
    between = mira.files()
    again = mira.lines("triage", "demo", "--apply")
    assert not [line for line in again if line["decided_by"] == "rule"]
    after = mira.files()
    moved = [name for name in between if after.get(name, "gone").split()[0] != between[name].split()[0]]
    assert moved == []


def test_a_correction_is_learned(mira: Person) -> None:
    lines = mira.lines("triage", "demo", "--apply")
    wrong = next(line for line in lines if line["message_id"] == "<backup@mail.example.org>")
    answer = mira.lines("correct", str(wrong["id"]), "--label", "fyi")[0]
    assert answer["label"] == "fyi"
    assert mira.lines("brief")[0]["taken_back"]
    mira.run("correct", str(wrong["id"]), "--label", "nonsense", status=2)


def test_a_review_takes_one_key_a_mail(mira: Person) -> None:
    mira.run("triage", "demo", "--apply")
    listed = mira.lines("review", "--count", "3")
    assert len(listed) == 3
    shown = _on_a_terminal(mira, "review", "--count", "3", keys="1sq")
    assert "1 mail taught" in shown
    assert listed[0]["id"] not in {line["id"] for line in mira.lines("review", "--count", "100")}
    assert "answer-missing" in mira.run("review", status=2).stderr


def test_books_are_shown_verified_and_exported(mira: Person) -> None:
    mira.run("triage", "demo", "--apply")
    assert "in all" in mira.run("ledger").stdout
    verdict = mira.lines("ledger", "verify")[0]
    assert verdict["sound"] is True
    exported = mira.run("ledger", "export", "--format", "jsonl").stdout.splitlines()
    assert len(exported) == verdict["entries"]
    assert json.loads(exported[-1])["digest"] == verdict["head"]
    mira.run("ledger", "export", "-o", str(mira.path / "books.csv"))
    assert (mira.path / "books.csv").read_text(encoding="utf-8").startswith("ChargePeriodStart,")
    assert mira.run("ledger", "verify", "--head", "0" * 63 + "1", status=6).stdout.startswith("wrong")


def test_an_edited_book_is_found(mira: Person) -> None:
    import sqlite3

    mira.run("triage", "demo", "--apply")
    with sqlite3.connect(mira.home / "gainful.sqlite") as books:
        books.execute("UPDATE postings SET amount = '2' WHERE entry_seq = 1 AND amount = '1'")
    books.close()
    found = json.loads(mira.run("ledger", "verify", "--json", status=6).stdout)
    assert found["sound"] is False
    assert found["findings"][0]["seq"] == 1
    assert "fail  books" in mira.run("doctor", status=6).stdout


def test_a_strangers_characters_do_not_reach_the_terminal(mira: Person) -> None:
    for command in (["triage", "demo", "--all"], ["triage", "demo", "--apply", "--all"], ["brief"]):
        shown = mira.run(*command).stdout
        assert not UNSAFE.search(shown.replace("\n", "")), command


@pytest.mark.parametrize("columns", ["40", "70", "100", "180"])
def test_output_fits_the_terminal(mira: Person, columns: str) -> None:
    for command in (["triage", "demo"], ["brief"], ["ledger"]):
        shown = mira.run(*command, COLUMNS=columns).stdout
        too_wide = [line for line in shown.splitlines() if len(line.rstrip()) > int(columns)]
        assert too_wide == [], command


def _on_a_terminal(person: Person, *arguments: str, keys: str = "", **environment: str) -> str:
    """What the command writes to a terminal, where somebody types a key at each prompt."""
    pid, handle = pty.fork()
    if pid == 0:
        os.execve(GAINFUL, [GAINFUL, *arguments], {**person.environment, "TERM": "xterm-256color", **environment})
    shown = b""
    typed = 0
    try:
        while chunk := os.read(handle, 65536):
            shown += chunk
            while typed < min(shown.count(b"q end"), len(keys)):
                type_keys(handle, keys[typed])
                typed += 1
    except OSError:
        pass  # Linux says so when the other end has gone.
    os.close(handle)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return shown.decode("utf-8", "replace")


def test_colour_on_a_terminal_only_and_not_with_no_color(mira: Person) -> None:
    coloured = _on_a_terminal(mira, "triage", "demo")
    assert "\x1b[1" in coloured
    colours = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7])m")
    assert colours.search(coloured)
    assert not colours.search(_on_a_terminal(mira, "triage", "demo", NO_COLOR="1"))
    assert "\x1b" not in mira.run("triage", "demo").stdout


def test_progress_goes_to_standard_error(mira: Person) -> None:
    done = mira.run("triage", "demo")
    assert "Deciding" in done.stderr
    assert "Deciding" not in done.stdout
    assert mira.run("triage", "demo", "--json").stderr == ""


def test_doctor_is_content(mira: Person) -> None:
    lines = mira.lines("doctor")
    assert {line["state"] for line in lines} == {"ok"}
    assert {"python", "home", "disk", "settings", "database", "books", "clock", "secrets", "account demo"} <= {
        str(line["check"]) for line in lines
    }


def test_doctor_names_what_to_mend(mira: Person) -> None:
    mira.home.chmod(0o755)
    (mira.home / "gainful.toml").write_text("[triage]\ndrafts = 'of'\n", encoding="utf-8")
    shown = mira.run("doctor", status=6).stdout
    assert "chmod 700" in shown
    assert "config-invalid" in shown


def test_a_damaged_database_is_named(mira: Person) -> None:
    (mira.home / "gainful.sqlite").write_bytes(b"not a database at all, sorry " * 50)
    assert "database-corrupt" in mira.run("triage", "demo", status=2).stderr


def test_mistakes_get_a_next_move(mira: Person, tmp_path: Path) -> None:
    assert "Write maildir:PATH" in mira.run("triage", "dmeo", status=2).stderr
    assert "usage" in mira.run("triage", "demo", "--limit", "none", status=2).stderr
    missing = mira.run("triage", f"maildir:{tmp_path}/nowhere", status=2).stderr
    assert "nowhere" in missing
    (tmp_path / "empty").mkdir()
    mira.run("triage", f"maildir:{tmp_path}/empty", status=2)
    mira.run("triage", f"mbox:{tmp_path}/nowhere", status=2)
    mira.run("brief", "--since", "yesterday-ish", status=2)


def test_init_sets_a_maildir_up_and_keeps_comments(mira: Person) -> None:
    settings = mira.home / "gainful.toml"
    settings.write_text("# mine, all mine\n", encoding="utf-8")
    done = mira.lines("init", "--account-url", f"maildir:{mira.mail}", "--address", "mira@example.org", "--yes")[0]
    assert done["mails"] == len(INBOX)
    assert settings.read_text(encoding="utf-8").startswith("# mine, all mine\n")
    assert "set up already" in mira.run("init", "--account-url", f"maildir:{mira.mail}", "--yes", status=2).stderr
    assert "--account-url" in mira.run("init", "--yes", status=2).stderr


def test_init_seals_the_password(mira: Person, dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    dovecot.seed(user, [b"From: Ada <ada@example.net>\r\nSubject: Hello\r\n\r\nCould you call me back today?\r\n"])
    url = dovecot.url(user, tls=True)
    (tmp_path / "password").write_text(dovecot.password + "\n", encoding="utf-8")
    wrong = ("init", "--account-url", url, "--name", "work", "--yes")
    before = (mira.home / "gainful.toml").read_text(encoding="utf-8")
    assert "login-refused" in mira.run(*wrong, status=3, GAINFUL_IMAP_PASSWORD="wrong-horse").stderr
    assert (mira.home / "gainful.toml").read_text(encoding="utf-8") == before
    assert "password" in mira.run(*wrong, status=2).stderr
    done = mira.run(*wrong, "--password-file", str(tmp_path / "password"))
    assert "1 mail in the inbox" in done.stdout
    assert len(mira.lines("triage", "work")) == 1
    for file in mira.home.rglob("*"):
        if file.is_file():
            assert dovecot.password.encode() not in file.read_bytes(), file
    assert (mira.home / "secret.key").stat().st_mode & 0o077 == 0
    assert mira.run("doctor").stdout.count("ok  ") >= 10


def test_a_mailbox_on_a_server_without_setting_it_up(mira: Person, dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    dovecot.seed(user, [b"From: Ada <ada@example.net>\r\nSubject: Hello\r\n\r\nHello.\r\n"])
    (tmp_path / "password").write_text(dovecot.password, encoding="utf-8")
    assert "password" in mira.run("triage", dovecot.url(user), status=2).stderr
    done = mira.run("triage", dovecot.url(user), "--json", "--password-file", str(tmp_path / "password"))
    assert len(done.stdout.splitlines()) == 1


@pytest.fixture
def serving(mira: Person) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(
        [GAINFUL, "serve", "--json"],
        env=mira.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield server
    if server.poll() is None:
        server.kill()
    server.communicate(timeout=300)


def test_serve_triages_new_mail_and_stops_when_asked(mira: Person, serving: subprocess.Popen[str]) -> None:
    assert serving.stdout is not None
    assert select.select([serving.stdout], [], [], 300)[0]
    assert json.loads(serving.stdout.readline())["event"] == "ready"
    assert eventually(lambda: [place for place in mira.files().values() if re.search(r",[A-Z]*[a-z]", place)])
    serving.send_signal(signal.SIGTERM)
    out, err = serving.communicate(timeout=300)
    assert serving.returncode == 0
    assert json.loads(out.splitlines()[-1])["event"] == "stopped"
    assert "Traceback" not in err


def test_serve_once_is_for_cron(mira: Person) -> None:
    done = mira.lines("serve", "--once")
    assert [line["account"] for line in done] == ["demo"]
    assert done[0]["mails"] == len(INBOX)


def test_ctrl_c_leaves_nothing_half_said(mira: Person) -> None:
    server = subprocess.Popen(
        [GAINFUL, "serve"], env=mira.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline().startswith("ready")
    server.send_signal(signal.SIGINT)
    out, err = server.communicate(timeout=300)
    assert server.returncode == 0
    assert out.strip().endswith("stopped")
    assert "Traceback" not in err


def test_the_demo_runs(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "demo" / "run.py"), str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for expected in ("Decided by", "0 USD, 0 tokens", "gainful undo", "Your brief", "Needs you"):
        assert expected in done.stdout
