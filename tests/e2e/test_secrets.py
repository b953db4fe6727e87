"""Planted secrets: real runs against a real mail server and a model server, then a search for every one of them.

Each canary is a secret that the product really uses or is really given. None may be in a prompt, in anything printed or
logged with every library at DEBUG, or in any file of the home; not as it is, nor encoded, nor backwards. The one thing
left out of the search is the key itself.
"""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.model_server import ModelServer, Reply, Request
from tests.fixtures.terminal import type_unseen

GAINFUL = str(Path(sys.executable).parent / "gainful")
SETTINGS = """
[schedule]
nightly = "off"

[triage]
drafts = "model"

[model]
name = "openai:canary"
base_url = "{url}"
input_price = "1"
output_price = "1"
"""
LOGGING = """
import logging, os
logging.basicConfig(level=logging.DEBUG, filename=os.environ["CANARY_LOG"], format="%(name)s %(message)s %(args)s")
"""

PASSWORDS = {
    "plain": "canary-plain-4711-horse",
    "odd": 'cän"ary\\{5} %x 0815',
    "short": "cnry7xQz",
    "spaces": "can ary app pass word",
    "url": "can/ary+a=b&c?d#e@f",
    "percent": "canary%20%41%2F",
    "long": "canary" + "0123456789abcdef" * 16,
    "hex": "c0ffee" + "00ff" * 12,
    "json": 'canary\\n\\"x\\"',
    "markup": "<canary>&amp;</canary>",
    "sk": "sk-canary0123456789abcdefABCDEF",
    "jwt": "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.c2lnbmVkLWJ5LWNhbmFyeQ",
    "cyrillic": "кенарь-пароль-99",
}
"""Of accounts on the mail server: really signed in with."""

OTHERS = {
    "wrong": "canary-wrong-password-1",
    "environment": "canary-in-the-environment-2",
    "typed": "canary-typed-at-a-terminal-3",
    "token": "ya29.canary-access-token-4-abcdefghij",
    "stale token": "ya29.canary-stale-token-5-abcdefghij",
    "model key": "sk-proj-canary-model-key-6-abcdefgh",
    "second model key": "canary.model.key.of.no.known.shape.7",
    "provider's variable": "sk-canary-of-the-environment-8-abc",
    "in an address": "canary-in-an-address-9",
    "as an argument": "canary-as-an-argument-10",
    "somebody's in a mail": "ghp_canary" + "A1b2" * 8,
    "other variable": "canary-github-token-11",
}
CANARIES = {**PASSWORDS, **OTHERS}
TOKEN_OWNER = "olga@example.org"
SOMEBODYS = OTHERS["somebody's in a mail"]


def forms(secret: str) -> set[bytes]:
    """What a secret may look like, encoded by nobody's code but the standard library's."""
    raw = secret.encode()
    found = {
        raw,
        raw[::-1],
        secret[::-1].encode(),
        raw.hex().encode(),
        quote(secret).encode(),
        quote_plus(secret).encode(),
    }
    found |= {quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode()}
    found |= {repr(raw)[2:-1].encode(), raw.hex().upper().encode(), raw.decode("latin-1").encode("utf-16-le")}
    for before in (b"", b"\0", b"\0\0"):
        # Whole groups of three octets look the same wherever in a text they begin.
        for after in (b"", b"\0", b"\0\0"):
            text = base64.b64encode(before + raw + after)
            inner = text[4 if before else 0 : len(text) - 4]
            if len(inner) >= 8:
                found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {form for form in found if len(form) >= 6}


FORMS = {name: forms(secret) for name, secret in CANARIES.items()}


def leaks(where: str, data: bytes) -> list[str]:
    """Which canaries are in these octets, in whatever form."""
    return [f"{name} in {where}" for name, known in FORMS.items() if any(form in data for form in known)]


class Witness:
    """Somebody who runs commands and keeps everything that can be seen of them."""

    def __init__(self, path: Path, server: Dovecot, model: ModelServer) -> None:
        self.server, self.model = server, model
        self.home, self.log, self.given = path / "home", path / "debug.log", path / "given"
        self.home.mkdir(mode=0o700)
        self.given.mkdir()
        (path / "site").mkdir()
        (path / "site" / "sitecustomize.py").write_text(LOGGING, encoding="utf-8")
        (self.home / "gainful.toml").write_text(SETTINGS.format(url=model.url), encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "OPENAI"))}
        self.environment = {
            **keep,
            "GAINFUL_HOME": str(self.home),
            "GAINFUL_DEBUG": "1",
            "PYTHONPATH": str(path / "site"),
            "PYTHONFAULTHANDLER": "1",
            "CANARY_LOG": str(self.log),
            "SOME_API_TOKEN": OTHERS["other variable"],
        }
        self.seen: list[tuple[str, bytes]] = []

    def file(self, name: str) -> str:
        """A file outside of the home that holds this canary."""
        path = self.given / name.replace(" ", "-")
        path.write_text(CANARIES[name] + "\n", encoding="utf-8")
        return str(path)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [GAINFUL, *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, status: int = 0, said: str = "", **environment: str) -> str:
        """What the command printed; it must have ended with `status`."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(said.encode(), timeout=300)
        self.seen.append((" ".join(arguments[:2]), out + err))
        assert process.returncode == status, (arguments, process.returncode, out, err)
        return (out + err).decode()

    def type(self, answer: str, *arguments: str) -> None:
        """Run the command at a terminal and type the answer when it asks for a password."""
        parent, child = pty.openpty()
        process = subprocess.Popen(
            [GAINFUL, *arguments], env=self.environment, stdin=child, stdout=child, stderr=child, start_new_session=True
        )
        os.close(child)
        out, answered, end = b"", False, time.monotonic() + 300
        while time.monotonic() < end:
            if select.select([parent], [], [], 0.2)[0]:
                try:
                    out += os.read(parent, 65536)
                except OSError:
                    break
            if not answered and b"Password of" in out:
                # After the echo is off, as a person would.
                type_unseen(parent, answer)
                answered = True
        process.wait(300)
        os.close(parent)
        self.seen.append(("typed", out))
        assert answered, out
        assert process.returncode == 0, out

    def account(self, name: str, user: str, auth: str = "password", password_file: str = "") -> None:
        block = f'\n[[accounts]]\nname = "{name}"\nurl = "{self.server.url(user)}"\nauth = "{auth}"\n'
        if password_file:
            block += f'password_file = "{password_file}"\n'
        settings = self.home / "gainful.toml"
        settings.write_text(settings.read_text(encoding="utf-8") + block, encoding="utf-8")

    def found(self) -> list[str]:
        """Every leak, anywhere."""
        places = [*self.seen]
        places += [(str(file.relative_to(self.home)), file.read_bytes()) for file in self._files()]
        places.append(("the log", self.log.read_bytes()))
        places += [
            ("a prompt", json.dumps(request.body, ensure_ascii=False).encode()) for request in self.model.requests
        ]
        return [leak for where, data in places for leak in leaks(where, data)]

    def _files(self) -> Iterator[Path]:
        for file in self.home.rglob("*"):
            if file.is_file() and file.name != "secret.key":
                yield file


class Answers:
    """What the model server says next."""

    def __init__(self) -> None:
        self.next: Callable[[Request], Reply] = self.well

    def __call__(self, request: Request) -> Reply:
        return self.next(request)

    def well(self, request: Request) -> Reply:
        return Reply('{"1": {"label": "needs_reply", "sure": 0.9, "reply": 1, "why": "asks"}}')


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if not Dovecot.installed():
        pytest.skip("Dovecot is not installed")
    users = {f"{name}@example.org": secret for name, secret in PASSWORDS.items()}
    with Dovecot(users=users, tokens={OTHERS["token"]: TOKEN_OWNER}) as running:
        yield running


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def witness(tmp_path: Path, server: Dovecot, answers: Answers) -> Iterator[Witness]:
    with ModelServer(answers) as model:
        yield Witness(tmp_path, server, model)


def letter(number: int, words: str, subject: str = "Thing") -> bytes:
    return (
        f"From: Ada <ada{number}@people.example.net>\r\nTo: owner@example.org\r\nSubject: {subject} {number}\r\n"
        f"Message-ID: <{number}.{time.time_ns()}@example.net>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n"
        f"\r\n{words}\r\n"
    ).encode()


UNCERTAIN = "About the blue one from before: either way is fine, though perhaps rather soon. {}"


def test_the_search_finds_a_canary_in_every_form() -> None:
    for name, secret in CANARIES.items():
        line = f"user=me auth={secret}"
        for planted in (
            line.encode(),
            json.dumps({"it": secret}).encode(),
            base64.b64encode(f"\0me@example.org\0{secret}".encode()),
            base64.urlsafe_b64encode(secret.encode()),
            f"/x?token={quote(secret, safe='')}".encode(),
            secret.encode().hex().encode(),
            secret[::-1].encode(),
        ):
            assert f"{name} in it" in leaks("it", b"some text " + planted + b" and more"), (name, planted)
    assert leaks("it", b"ordinary text, horse, password, token") == []
    assert len(CANARIES) >= 20


def test_the_search_looks_everywhere(witness: Witness) -> None:
    witness.run("doctor")
    assert witness.found() == []
    secret = PASSWORDS["plain"]
    (witness.home / "notes").write_text(secret, encoding="utf-8")
    with sqlite3.connect(witness.home / "gainful.sqlite") as rows:
        rows.execute("CREATE TABLE planted AS SELECT ? AS it", ("somewhere " + secret[::-1],))
        rows.commit()
        in_database = {leak.rpartition(" in ")[2] for leak in witness.found()} - {"notes"}
        assert in_database & {"gainful.sqlite", "gainful.sqlite-wal"}
        rows.execute("DROP TABLE planted")
        rows.execute("VACUUM")
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows.close()
    witness.seen.append(("an output", secret.encode()))
    witness.log.write_text(secret, encoding="utf-8")
    witness.model.requests.append(Request({"messages": [{"content": secret}]}, "", 0))
    assert witness.found() == [f"plain in {where}" for where in ("an output", "notes", "the log", "a prompt")]


def test_signing_in_with_every_shape_of_password(witness: Witness) -> None:
    for number, name in enumerate(PASSWORDS):
        user = f"{name}@example.org"
        url = witness.server.url(user)
        if number % 3 == 0:
            init = ("init", "--account-url", url, "--name", name, "--yes", "--password-file", witness.file(name))
            witness.run(*init)
        elif number % 3 == 1:
            witness.account(name, user)
            witness.run("secrets", "set", f"account:{name}", said=PASSWORDS[name] + "\n")
        else:
            witness.account(name, user, password_file=witness.file(name))
    out = witness.run("doctor", "--json")
    works = [line for line in out.splitlines() if '"check": "account ' in line and '"state": "ok"' in line]
    assert len(works) == len(PASSWORDS), out
    witness.run("secrets", "rotate")
    witness.run("secrets", "list")
    assert witness.found() == []


def test_refusals_of_every_kind(witness: Witness) -> None:
    url = witness.server.url("plain@example.org")
    wrong, env = OTHERS["wrong"], OTHERS["environment"]
    witness.run("triage", url, "--password-file", witness.file("wrong"), status=3)
    witness.run("triage", url, "--json", status=3, GAINFUL_IMAP_PASSWORD=env)
    witness.run("init", "--account-url", url, "--name", "w", "--yes", status=3, GAINFUL_IMAP_PASSWORD=wrong)
    witness.account("olga", TOKEN_OWNER, "xoauth2", witness.file("stale token"))
    witness.run("triage", "olga", status=3)
    (witness.given / "stale-token").write_text(OTHERS["token"], encoding="utf-8")
    witness.run("triage", "olga")
    witness.run("triage", url.replace("@127", f":{OTHERS['in an address']}@127"), status=2)
    witness.run("secrets", "set", "model-key", OTHERS["as an argument"], status=2)
    assert witness.found() == []


def test_a_password_typed_at_the_terminal(witness: Witness) -> None:
    with Dovecot(password=OTHERS["typed"]) as own:
        url = own.url(own.new_user())
        witness.type(OTHERS["typed"], "init", "--account-url", url, "--name", "typed", "--yes")
        witness.run("triage", "typed", "--apply")
    assert witness.found() == []


def test_a_model_that_answers_refuses_dawdles_and_talks_nonsense(witness: Witness, answers: Answers) -> None:
    name, user = "plain", "plain@example.org"
    witness.account(name, user, password_file=witness.file(name))
    keys = [OTHERS["model key"], OTHERS["second model key"]]
    witness.run("secrets", "set", "model-key", said=keys[0] + "\n")
    replies = [
        Reply("", status=401),
        Reply("", status=500),
        Reply("", drop=True),
        Reply("Bearer of bad news: no JSON."),
        Reply('{"1": {"label": "poem"}}'),
    ]
    for number, reply in enumerate(replies):
        answers.next = lambda _, reply=reply: reply  # type: ignore[misc]
        words = f"my password is {PASSWORDS[name]}, the token {SOMEBODYS}"
        witness.server.deliver(user, letter(number, UNCERTAIN.format(words)))
        if number == 3:
            witness.run("secrets", "set", "model-key", said=keys[1] + "\n")
        witness.run("triage", name, *(("--apply",) if number % 2 else ("--json",)))
    answers.next = answers.well
    witness.server.deliver(user, letter(99, UNCERTAIN.format(PASSWORDS[name]), PASSWORDS[name]))
    witness.run("triage", name, "--apply")
    witness.run("secrets", "delete", "model-key")
    witness.run("triage", name, OPENAI_API_KEY=OTHERS["provider's variable"])
    for command in (["brief"], ["ledger", "export", "--format", "jsonl"], ["audit", "export"], ["audit", "show"]):
        witness.run(*command)
    witness.run("doctor", "--json")

    assert {request.authorization for request in witness.model.requests} >= {f"Bearer {key}" for key in keys}
    assert any("***" in json.dumps(request.body) for request in witness.model.requests)
    assert b"httpcore" in witness.log.read_bytes()
    assert witness.found() == []


def test_killed_in_the_middle_of_a_question(witness: Witness, answers: Answers) -> None:
    name, user = "long", "long@example.org"
    witness.account(name, user, password_file=witness.file(name))
    witness.run("secrets", "set", "model-key", said=OTHERS["model key"] + "\n")
    witness.server.deliver(user, letter(1, UNCERTAIN.format(PASSWORDS[name]), "Could you call me?"))
    running: list[subprocess.Popen[bytes]] = []

    def kill(_: Request) -> Reply:
        running[0].send_signal(signal.SIGKILL)
        return Reply("", drop=True)

    answers.next = kill
    running.append(witness.start("triage", name, "--apply"))
    out, err = running[0].communicate(timeout=300)
    witness.seen.append(("killed", out + err))
    assert running[0].returncode == -signal.SIGKILL
    assert witness.found() == []

    answers.next = answers.well
    witness.run("triage", name, "--apply")
    assert witness.found() == []
