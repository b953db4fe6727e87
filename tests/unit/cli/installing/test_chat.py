from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.chat.connections import Connections
from gainful.cli import exits
from gainful.cli.main import run
from gainful.sdk.chat import Words
from gainful.sdk.testing.memory_chat import MemoryChat, MemoryServer
from gainful.storage.chat.inbox_store import InboxState
from gainful.storage.chat.outbox_store import Post, PostState
from gainful.storage.settings.config import Home

SETTINGS = """
[owner]
name = "ada"

[[chats]]
name = "team"
kind = "slack"
quiet = "20:00-08:00"
zone = "Europe/Berlin"
"""

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MemoryServer:
    server = MemoryServer()
    monkeypatch.setattr(Connections, "_open", lambda self, setting: MemoryChat(server))
    return server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "gainful.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def gainful(home: Path, server: MemoryServer, capsys: pytest.CaptureFixture[str]) -> Say:
    def say(*words: str) -> tuple[int, str, str]:
        status = run(["--home", str(home), "chat", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return say


def post(app: Gainful, key: str, state: PostState = PostState.WAITING, **more: Any) -> None:
    now = app.clock()
    app.chats.outbox.put(Post(key, "team", "C1", Words(f"text of {key}", "helper", 1), now, now, **more))
    if state is not PostState.WAITING:
        app.chats.outbox.end(key, state, now, "nobody knows")


def test_without_a_chat_it_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list"], ["check"], ["people"], ["outbox"], ["inbox"]):
        assert run(["--home", str(tmp_path), "chat", *words]) == exits.OK
    assert "docs/how-to/chat.md" in capsys.readouterr().out


def test_the_list_tells_what_waits(gainful: Say, home: Path) -> None:
    with Gainful.open(Home(home)) as app:
        post(app, "one")
        post(app, "two", PostState.UNCERTAIN)
    assert "asks by direct, quiet 20:00-08:00 Europe/Berlin, 1 waiting, 1 uncertain" in gainful("list")[1]
    row = json.loads(gainful("list", "--json")[1])
    assert (row["chat"], row["kind"], row["waiting"], row["uncertain"], row["failed"]) == ("team", "slack", 1, 1, 0)


def test_a_check_shows_whose_account_it_is_and_where(gainful: Say, server: MemoryServer) -> None:
    assert "no room yet: invite it" in gainful("check")[1]
    server.room("help")
    status, out, _ = gainful("check", "team")
    assert (status, out.split()[:3]) == (exits.OK, ["ok", "team", "gainful"])
    assert "in help" in out
    server.faults.unreachable = True
    status, out, _ = gainful("check")
    assert status == exits.UNAVAILABLE
    assert out.startswith("FAIL  team")
    assert json.loads(gainful("check", "--json")[1])["problem"]["code"] == "chat-unreachable"
    assert gainful("check", "other")[0] == exits.INVALID


def test_people_are_linked_and_unlinked(gainful: Say, server: MemoryServer) -> None:
    bo = server.person("bo", address="bo@example.org")
    assert "Nobody is known" in gainful("people")[1]
    assert f"{bo} is bo." in gainful("link", "team", "bo@example.org", "bo")[1]
    assert json.loads(gainful("people", "--json")[1]) == {"chat": "team", "member": bo, "person": "bo", "by": "ada"}
    assert "is nobody now" in gainful("unlink", "team", bo)[1]
    assert "was nobody" in gainful("unlink", "team", bo)[1]
    assert gainful("link", "team", "bo")[0] == exits.INVALID
    assert gainful("link", "team", "U999", "bo")[0] == exits.INVALID


def test_a_code_links_whoever_sends_it(gainful: Say, server: MemoryServer, home: Path) -> None:
    ada = server.person("ada")
    _, out, _ = gainful("link", "team")
    server.say_directly(ada, next(line for line in out.splitlines() if line.startswith("  link ")))
    with Gainful.open(Home(home)) as app:
        app.chats.look("team", timedelta(0))
        app.chats.handling(lambda **_: []).look()
    assert gainful("people")[1].split()[:3] == ["ada", "team", ada]
    assert json.loads(gainful("link", "team", "--person", "bo", "--json")[1])["person"] == "bo"


def test_the_outbox_shows_what_is_open_and_a_person_settles_it(gainful: Say, home: Path) -> None:
    assert "Nothing waits" in gainful("outbox")[1]
    with Gainful.open(Home(home)) as app:
        post(app, "abc1", PostState.UNCERTAIN)
        post(app, "abc2")
        post(app, "gone", PostState.DROPPED)
    _, out, _ = gainful("outbox")
    assert "uncertain" in out
    assert "nobody knows" in out
    assert "gone" not in out
    assert len(gainful("outbox", "--all", "--json")[1].splitlines()) == 3
    assert gainful("settle", "abc1")[0] == exits.INVALID
    assert gainful("settle", "abc", "--posted")[0] == exits.INVALID
    assert gainful("settle", "abc1", "--again")[1] == "It is not there, says ada.\n"
    assert gainful("settle", "abc1", "--again")[0] == exits.REFUSED


def test_what_could_not_be_handled_can_be_tried_again(gainful: Say, home: Path, server: MemoryServer) -> None:
    assert "Everything that was heard was handled." in gainful("inbox")[1]
    bo = server.person("bo")
    server.say_directly(bo, "Hello\x1b[2J")
    with Gainful.open(Home(home)) as app:
        app.chats.look("team", timedelta(0))
        (heard,) = app.chats.inbox.new()
        app.chats.inbox.settle(heard, InboxState.FAILED, app.clock(), "KeyError: 'x'")
    _, out, _ = gainful("inbox")
    assert "KeyError: 'x'" in out
    assert "\x1b" not in out
    assert "1 event will be handled again." in gainful("inbox", "--retry")[1]
    with Gainful.open(Home(home)) as app:
        assert len(app.chats.inbox.new()) == 1
