"""Every example in the pages runs: commands in a home of their own, settings through the settings' own reader.

A `console` block's lines that begin with `$ gainful` are run in order, page by page, in a fresh home whose `~/Mail`
holds the sample mailbox. Lines of output that a page shows must come, with `…` for what differs from run to run.
RUN and MAIL stand for the last run and for a mail that it changed. A comment before the block may say:

    <!-- needs: imap server -->      imaps://me@mail.example.org leads to a real server on loopback
    <!-- needs: repository -->       ~/shop is a repository with two pull requests, the second of them reverted
    <!-- needs: identity provider --> https://login.example.org is a real provider on loopback
    <!-- needs: gainful server -->   https://gainful.example.org leads to a server of the same home, from there on
    <!-- needs: approval -->         an agent has asked for something: APPROVAL is its id, CARD its card's digest
    <!-- parsed only: REASON -->     the command line is only checked
    <!-- exits: 6 -->                the last command ends with that status
    <!-- a policy -->                the TOML is an organisation's policy, not settings
    <!-- an MCP server -->           the TOML is a file about an MCP server
    <!-- file: PATH -->              the block is a part of that file
    <!-- write: PATH -->             the block is the content of that file in the home that the commands run in
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from demo.mailbox import lay
from gainful.app import Gainful
from gainful.cli.main import cli
from gainful.connectors.mcp import ServerFile
from gainful.core.ids import random_id
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.gate.approval import Approval, ask
from gainful.gate.proposal import Explanation, Proposal
from gainful.policy.organisation import organisation_rules
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.settings.config import Home, parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "reference"),
        *ROOT.glob("*.md"),
        *ROOT.glob("bench/*.md"),
    ]
)
SERVER = "imaps://me@mail.example.org"
CONSOLE = "https://gainful.example.org"


@dataclass(frozen=True)
class Block:
    """A fenced block, with the comment that stands before it."""

    line: int
    language: str
    text: str
    mark: str

    def said(self, word: str) -> str | None:
        """What the comment says after this word, if it says it."""
        found = re.search(rf"{word}: ?(.*)", self.mark)
        return found.group(1).strip() if found else None

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command of ours with the lines of output shown below it."""
        command = ""
        shown: list[str] = []
        for line in [*self.text.splitlines(), "$ end"]:
            if line.startswith("$ "):
                if command.startswith(("gainful ", "export ", "sed ")):
                    yield command, [text for text in shown if text.strip()]
                command, shown = line[2:], []
            else:
                shown.append(line)


def blocks(page: Path) -> list[Block]:
    """The page's fenced blocks."""
    pattern = re.compile(r"(?:<!-- (?P<mark>[^>]*?) -->\n+)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
    text = page.read_text(encoding="utf-8")
    return [
        Block(text[: found.start()].count("\n") + 1, found["language"], found["text"], found["mark"] or "")
        for found in pattern.finditer(text)
    ]


def _pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if any(block.language == language for block in blocks(page))]


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Shell:
    """Runs a page's commands as a person would type them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.approval: Approval | None = None
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "COV_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**keep, "HOME": str(home), "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"}

    def run(self, command: str, status: int = 0) -> str:
        """The command's output, both streams; fails when it ends otherwise than expected."""
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {self._fill_in(command)}"],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )
        assert done.returncode == status, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def ask(self) -> None:
        """Let an agent ask for a person's word, as a run of an agent would."""
        person = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))
        shown = Explanation("send", "egress", {"to": "target"}, {"to": TYPED, "body": person})
        arguments = {"to": ["ada@example.org"], "body": "Dear Ada, the invoice is paid."}
        with Gainful.open(Home(self.home / ".gainful")) as app:
            run_id = random_id()
            effect = Proposal("assistant", run_id, "step 1", "mail.send", arguments, "7f3a", explanation=shown)
            self.approval = app.book.ask(ask(random_id(), [effect], "mira", app.clock()))

    def _fill_in(self, command: str) -> str:
        if self.approval is not None:
            command = re.sub(r"\bAPPROVAL\b", self.approval.id, command)
            command = re.sub(r"\bCARD\b", self.approval.card[:12], command)
        if not re.search(r"\b(RUN|MAIL)\b", command):
            return command
        with sqlite3.connect(f"file:{self.home}/.gainful/gainful.sqlite?mode=ro", uri=True) as database:
            run, mail = database.execute(
                "SELECT run_id, mail_id FROM effects JOIN runs ON runs.id = run_id AND job = 'triage' ORDER BY seq DESC"
            ).fetchone()
        database.close()
        return re.sub(r"\bMAIL\b", mail, re.sub(r"\bRUN\b", run, command))


def _check_shown(output: str, shown: list[str], command: str) -> None:
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for wanted in shown:
        pattern = ".*".join(re.escape(part) for part in " ".join(wanted.split()).split("…"))
        assert any(re.fullmatch(pattern, line) for line in lines), f"$ {command}\nnever said: {wanted}\n{output}"


def _check_parses(command: str) -> None:
    words = shlex.split(re.split(r"[|>]", command)[0])[1:]
    current: click.Command = cli
    context = click.Context(cli)
    while isinstance(current, click.Group):
        name, found, words = current.resolve_command(context, words)
        assert found is not None, command
        current = found
        if isinstance(current, click.Group) and (not words or words[0].startswith("-")):
            break
    current.make_context(name, words, resilient_parsing=False, obj=None)


@pytest.mark.parametrize("page", _pages_with("console"), ids=_name)
def test_commands_run(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    lay(tmp_path / "Mail", datetime.now(UTC))
    shell = Shell(tmp_path)
    ran = 0
    for block in blocks(page):
        if (place := block.said("write")) is not None:
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(block.text, encoding="utf-8")
        if block.language != "console":
            continue
        rewrite: Callable[[str], str] = str
        if block.said("needs") == "imap server":
            server: Dovecot = request.getfixturevalue("dovecot")
            shell.environment["GAINFUL_IMAP_PASSWORD"] = server.password
            rewrite = _rewriter(server, tmp_path)
        if block.said("needs") == "identity provider":
            _let_a_provider_answer(tmp_path, request)
        if block.said("needs") == "gainful server":
            rewrite = _served(shell, request)
        if block.said("needs") == "repository":
            _lay_repository(tmp_path / "shop")
        if block.said("needs") == "approval":
            shell.ask()
        listed = list(block.commands())
        for number, (command, shown) in enumerate(listed, 1):
            ran += 1
            if block.said("parsed only") is not None:
                _check_parses(command)
                continue
            status = int(block.said("exits") or 0) if number == len(listed) else 0
            _check_shown(shell.run(rewrite(command), status), shown, command)
    assert ran


def _let_a_provider_answer(home: Path, request: pytest.FixtureRequest) -> None:
    """Start a real identity provider, and let the settings name it instead of the page's."""
    started = request.getfixturevalue("identity_provider")([], ["https://gainful.example.org/sign-in/provider/back"])
    request.addfinalizer(started.stop)
    issuer = started.start().issuer
    settings = home / ".gainful" / "gainful.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("https://login.example.org/realms/work", issuer), encoding="utf-8")


def _served(shell: Shell, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Lets the page's server be that of its own home, until the page is at its end."""
    (port,) = free_ports(1)
    command = [str(Path(sys.executable).parent / "gainful"), "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=subprocess.PIPE, text=True)

    def end() -> None:
        process.terminate()
        with process:
            # However long: ending takes a second of computing, which a busy machine may spread over minutes.
            assert process.wait() == 0

    request.addfinalizer(end)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("console:"):
        assert process.poll() is None
    return lambda command: command.replace(CONSOLE, f"http://127.0.0.1:{port}")


def _lay_repository(where: Path) -> None:
    where.mkdir()
    author = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org"}
    merger = {"GIT_COMMITTER_NAME": "Bo", "GIT_COMMITTER_EMAIL": "bo@example.org"}

    def git(day: int, *arguments: str) -> None:
        at = f"2026-09-{day:02}T09:00:00Z"
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **author, **merger, **dates}
        subprocess.run(["git", *arguments], cwd=where, env=environment, check=True, capture_output=True)

    git(1, "init", "--quiet", "--initial-branch=main")
    for day, message in enumerate(("First", "Sell shoes (#1)", "Sell hats (#2)"), 1):
        (where / f"{day}.py").write_text(f"sold = {day}\n", encoding="utf-8")
        git(day, "add", "--all")
        git(day, "commit", "--quiet", f"--message={message}")
    git(4, "revert", "--no-edit", "HEAD")


def _rewriter(server: Dovecot, home: Path) -> Callable[[str], str]:
    marker = home / "user"
    if not marker.exists():
        user = server.new_user()
        server.seed(user, [b"From: Ada <ada@example.net>\r\nSubject: Hello\r\n\r\nCould you call me back today?\r\n"])
        marker.write_text(user, encoding="utf-8")
    url = server.url(marker.read_text(encoding="utf-8"), tls=True)
    return lambda command: command.replace(SERVER, f"'{url}'")


@pytest.mark.parametrize("page", _pages_with("toml"), ids=_name)
def test_settings_are_read(page: Path) -> None:
    found = [block for block in blocks(page) if block.language == "toml" and block.said("file") is None]
    for block in found:
        if block.mark == "a policy":
            assert organisation_rules(tomllib.loads(block.text)), f"{page}:{block.line}"
        elif block.mark == "an MCP server":
            assert ServerFile.model_validate({**tomllib.loads(block.text), "name": "tickets"}), f"{page}:{block.line}"
        else:
            assert parse(block.text, page) is not None, f"{page}:{block.line}"


def test_the_pages_have_examples() -> None:
    assert len(_pages_with("console")) >= 8
    assert len(_pages_with("toml")) >= 4


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [*PAGES, *(ROOT / "docs" / "reference").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{_name(page)}: {target}")
    assert broken == []


def test_every_page_of_the_reference_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_reference.py"), "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
