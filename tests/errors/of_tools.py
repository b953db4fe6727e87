"""Errors of the tools in the box, of MCP servers, and of what carries requests to models."""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from gainful.cli.main import cli
from gainful.connectors.files import FileStore
from gainful.connectors.git import Pushing, Repository, git_tools
from gainful.connectors.github import Api, github_tools
from gainful.connectors.github import fake as github_fake
from gainful.connectors.imap import ImapMailbox
from gainful.connectors.llm.courier import Courier
from gainful.connectors.mail import Box, mail_tools
from gainful.connectors.mcp import McpServer, Pin, ServerFile, read_server_file
from gainful.connectors.mcp.pin import pinned_from
from gainful.connectors.smtp import SmtpServer
from gainful.connectors.web import web_tools
from gainful.gate.dialogue import RecordedTurn
from gainful.sdk.egress import Egress
from gainful.sdk.grant import Grant
from gainful.sdk.http import HttpClient
from gainful.sdk.letter import Letter
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.web_server import Reply, WebServer
from gainful.storage.agents.turn_store import TurnStore
from tests.errors.registry import Place, reproduces
from tests.unit.connectors.smtp.conftest import OddSmtp, serving

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
NOBODY = Handle.of(None)
ODD = Path(__file__).parents[1] / "unit" / "connectors" / "mcp" / "odd_server.py"


def call(tools: list[Operation], name: str, **given: Any) -> object:
    (tool,) = [one for one in tools if one.spec.name == name]
    return tool.call(Grant("k", name), given)


# --- files ---


def store(place: Place) -> FileStore:
    folder = place.path / "notes"
    folder.mkdir(exist_ok=True)
    return FileStore({"notes": folder}, place.path / "kept")


@reproduces("file-path-invalid")
def _a_path_that_climbs(place: Place) -> None:
    store(place).read("notes/../secret")


@reproduces("file-missing")
def _a_file_that_is_not_there(place: Place) -> None:
    store(place).read("notes/none")


@reproduces("file-unsuitable")
def _a_picture(place: Place) -> None:
    files = store(place)
    (place.path / "notes" / "a").write_bytes(b"\x89PNG\xff")
    files.read("notes/a")


@reproduces("file-changed")
def _a_file_that_is_another_by_now(place: Place) -> None:
    store(place).write("k", "notes/a", "new", "0" * 64)


@reproduces("file-forbidden")
def _a_file_that_is_a_socket(place: Place) -> None:
    files = store(place)
    with socket.socket(socket.AF_UNIX) as listening:
        place.patch.chdir(place.path / "notes")
        listening.bind("a")
        files.read("notes/a")


@reproduces("file-store-unreachable")
def _no_descriptor_is_left(place: Place) -> None:
    files = store(place)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        files.read("notes/a")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@reproduces("folder-invalid")
def _a_folder_with_the_keys_in_it(place: Place) -> None:
    place.home.prepare()
    place.home.config.write_text(f'[files.folders]\nx = "{place.path}"\n', encoding="utf-8")
    with place.app() as app:
        app.toolbox.tools("helper")


@reproduces("tool-unknown")
def _a_tool_that_nobody_has(place: Place) -> None:
    place.patch.setenv("GAINFUL_HOME", str(place.home.path))
    typed("tools", "show", "coffee.make")


def typed(*words: str) -> None:
    from gainful.cli.context import Context, home_of

    cli.main(list(words), standalone_mode=False, obj=Context(home_of(None)))


# --- what every tool checks, and mail ---


@reproduces("argument-invalid")
def _an_argument_that_the_tool_has_not(place: Place) -> None:
    call(web_tools(partial(HttpClient, Egress())), "web.fetch", address="x")


@reproduces("letter-invalid")
def _a_recipient_that_begins_a_header(place: Place) -> None:
    Letter(("bo@example.org\r\nBcc: eve@example.org",), "Hello", "Hi")


def mail(place: Place) -> list[Operation]:
    def unreachable() -> ImapMailbox:
        return ImapMailbox("imap://ada@127.0.0.1:1", Secret("account:x", "secret"))

    return mail_tools({"work": Box(unreachable, "ada@example.org")}, lambda _: [], "helper", lambda: NOW)


@reproduces("mail-not-found")
def _an_account_that_is_not_there(place: Place) -> None:
    call(mail(place), "mail.search", account="home")


@reproduces("mail-tool-unreachable")
def _a_mailbox_that_nobody_serves(place: Place) -> None:
    call(mail(place), "mail.search")


@reproduces("smtp-unreachable")
def _a_mail_server_that_is_not_there(place: Place) -> None:
    SmtpServer("127.0.0.1", 1, False, "", NOBODY).send("a@b", ["c@d"], b"")


@reproduces("smtp-refused")
def _a_mail_server_without_tls(place: Place) -> None:
    with serving(OddSmtp({"EHLO": b"250 odd\r\n"})) as server:
        SmtpServer("127.0.0.1", server.port, False, "", NOBODY).send("a@b", ["c@d"], b"")


# --- the web ---


@contextmanager
def site(reply: Reply) -> Iterator[tuple[list[Operation], str]]:
    with WebServer() as server:
        server.replies["/"] = reply
        yield web_tools(partial(HttpClient, Egress(private_ok=frozenset({server.origin})))), f"{server.origin}/"


@reproduces("page-refused")
def _a_page_that_is_not_given(place: Place) -> None:
    with site(Reply(404)) as (tools, url):
        call(tools, "web.fetch", url=url)


@reproduces("page-unreadable")
def _a_page_that_is_a_picture(place: Place) -> None:
    with site(Reply(headers={"Content-Type": "image/png"}, body=b"x")) as (tools, url):
        call(tools, "web.fetch", url=url)


@reproduces("page-unreachable")
def _a_server_in_trouble(place: Place) -> None:
    with site(Reply(500)) as (tools, url):
        call(tools, "web.fetch", url=url)


# --- git and GitHub ---


def repository(place: Place, settings: str = "") -> list[Operation]:
    git = place.path / "site" / ".git"
    (git / "objects").mkdir(parents=True)
    (git / "refs").mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n{settings}")
    repositories = {"site": Repository("site", place.path / "site")}
    return git_tools(repositories, Pushing([str(place.path)], lambda _: NOBODY), "helper")


@reproduces("git-invalid")
def _a_commit_that_is_none(place: Place) -> None:
    call(repository(place), "git.show", repository="site", revision="--output=x")


@reproduces("git-refused")
def _a_repository_that_would_run_a_program(place: Place) -> None:
    call(repository(place, "\tfsmonitor = /bin/true\n"), "git.status", repository="site")


@reproduces("git-unreachable")
def _a_system_without_git(place: Place) -> None:
    tools = repository(place)
    place.patch.setattr("gainful.connectors.git.program._PATH", "/nowhere")
    call(tools, "git.status", repository="site")


@contextmanager
def github(token: str = "known") -> Iterator[tuple[list[Operation], github_fake.FakeGitHub]]:
    with github_fake.FakeGitHub({"ada/site": github_fake.Repository()}, ("known",)) as server:
        api = Api(server.origin, ["ada/*"], Handle.of(Secret("github", token)), lambda: NOW, own=True)
        yield github_tools(api, "helper"), server


@reproduces("github-invalid")
def _an_issue_that_is_not_there(place: Place) -> None:
    with github() as (tools, _):
        call(tools, "github.issue", repository="ada/site", number=99)


@reproduces("github-refused")
def _a_token_that_is_not_known(place: Place) -> None:
    with github("stolen") as (tools, _):
        call(tools, "github.issues", repository="ada/site")


@reproduces("github-unreachable")
def _github_in_trouble(place: Place) -> None:
    with github() as (tools, server):
        server.next.append(Reply(500))
        call(tools, "github.issues", repository="ada/site")


# --- MCP servers ---


def mcp(place: Place, *habits: str, secrets: dict[str, str] | None = None) -> McpServer:
    file = ServerFile(
        name="odd",
        command=(sys.executable, "-I", "-S", str(ODD), *habits),
        confined=False,
        secrets=secrets or {},
        tools={"echo": {}},
    )
    return McpServer(file, Pin(place.path / "odd.pin"), place.path, lambda _: NOBODY)


@reproduces("mcp-file-invalid")
def _a_file_with_a_word_that_nobody_knows(place: Place) -> None:
    (place.path / "odd.toml").write_text('comand = ["odd"]')
    read_server_file(place.path / "odd.toml")


@reproduces("mcp-unknown")
def _a_server_that_nobody_wrote_about(place: Place) -> None:
    with place.app() as app:
        app.mcp.server("odd")


@reproduces("mcp-unpinned")
def _a_pin_that_was_changed_by_hand(place: Place) -> None:
    (place.path / "odd.pin").write_text("{}")
    mcp(place).tools()


@reproduces("mcp-changed")
def _a_server_that_says_something_else(place: Place) -> None:
    server = mcp(place, "changed")
    server.pin.write(pinned_from([{"name": "echo"}]))
    (tool,) = server.tools()
    tool.call(Grant("k", "odd.echo"), {})


@reproduces("mcp-refused")
def _a_secret_that_is_not_stored(place: Place) -> None:
    mcp(place, secrets={"TOKEN": "mcp:odd"}).offered()


@reproduces("mcp-unreachable")
def _a_server_that_dies(place: Place) -> None:
    mcp(place, "dead").offered()


@reproduces("mcp-not-pinned")
def _nobody_says_yes(place: Place) -> None:
    place.patch.setenv("GAINFUL_HOME", str(place.home.path))
    folder = place.home.path / "mcp"
    folder.mkdir(parents=True)
    command = f'["{sys.executable}", "-I", "-S", "{ODD}"]'
    (folder / "odd.toml").write_text(f"command = {command}\nconfined = false\n")
    typed("mcp", "pin", "odd", "--digest", "0" * 64)


# --- models ---


@reproduces("courier-missing")
def _a_folder_for_answers_that_is_a_file(place: Place) -> None:
    (place.path / "answers").write_text("no folder")
    Courier(place.path / "answers").send("k", {}, b"")


@reproduces("turn-missing")
def _a_turn_without_its_hold(place: Place) -> None:
    with place.app() as app:
        turns = TurnStore(app.database, app.audit, app.ledger)
        turns.held(RecordedTurn("run", "1", "helper", "openai:small", NOW))
