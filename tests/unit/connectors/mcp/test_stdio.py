"""Servers that are programs: whatever they do, a call ends, is told for what it is, and leaves nobody behind."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.mcp import ServerFile
from gainful.connectors.mcp import confine as confine_module
from gainful.connectors.mcp.errors import McpChanged, McpFileInvalid, McpRefused, McpUnpinned, McpUnreachable
from gainful.connectors.mcp.tools import LONGEST
from gainful.core.errors import Broken
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found, Schemed, Tool
from tests.fixtures.waiting import eventually
from tests.unit.connectors.mcp.conftest import HERE, ODD, REAL, Servers

Echo = Callable[..., Json]
GRANT = Grant("k", "odd.echo")


# --- the official library on the other side ---


def test_a_real_server_is_listed_pinned_and_called(servers: Servers) -> None:
    file = ServerFile(name="tickets", command=(*REAL, "stdio"), confined=False, tools={"search": {"effect": "read"}})
    server = servers.of(file)
    assert server.tools() == []
    server.pin.write(server.offered())
    (search,) = server.tools()
    assert isinstance(search, Tool)
    assert isinstance(search, Schemed)
    found = search.call(Grant("k", "tickets.search"), {"query": "printers"})
    assert found["structured"] == {"result": [{"id": 7, "title": "About printers"}]}
    assert found["error"] is False


# --- an older protocol, without the library ---


def test_a_server_of_an_older_protocol_is_spoken_to(echo: Echo) -> None:
    assert echo("Größe 日本") == {"error": False, "text": "Größe 日本"}
    assert echo("x", "noisy")["text"] == "x"
    assert echo("x", "lingers")["text"] == "x"
    assert echo("x", "stays")["text"] == "x"


def test_one_that_does_not_answer_the_first_question_is_asked_the_second(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp.client.session.DISCOVER_TIMEOUT_SECONDS", 0.3)
    assert echo("x", "ignores")["text"] == "x"


def test_a_grant_is_for_one_tool_and_nulls_are_left_out(servers: Servers) -> None:
    tool = servers.tool()
    with pytest.raises(Broken):
        tool.call(Grant("k", "odd.other"), {"text": "x"})
    assert tool.call(GRANT, {"text": None})["text"] == ""


def test_what_became_of_a_call_nobody_can_ask(servers: Servers) -> None:
    assert servers.tool().find("k", {}) == Found(done=False)
    assert servers.tool(tools={"echo": {}}).find("k", {}) is None


# --- the list ---


@pytest.mark.parametrize("habit", ["changed", "more", "output"])
def test_a_server_that_changes_its_list_is_stopped(servers: Servers, habit: str) -> None:
    servers.tool()
    with pytest.raises(McpChanged, match="has changed its tools") as caught:
        servers.tool(habit).call(GRANT, {"text": "x"})
    assert "gainful mcp pin odd" in caught.value.next_move
    # A person looks, and it goes on.
    server = servers.odd(habit)
    server.pin.write(server.offered())
    assert servers.tool(habit).call(GRANT, {"text": "x"})["text"] == "x"


def test_a_pin_that_changes_under_a_run_stops_it(servers: Servers) -> None:
    tool = servers.tool()
    servers.odd().pin.write(servers.odd("more").offered())
    with pytest.raises(McpUnpinned, match="others by now"):
        tool.call(GRANT, {"text": "x"})
    servers.odd().pin.file.unlink()
    with pytest.raises(McpUnpinned):
        tool.call(GRANT, {"text": "x"})


@pytest.mark.parametrize(
    ("habit", "told"),
    [
        ("twice", "two tools have one name"),
        ("large list", "too long to be looked at"),
        ("endless list", "does not end"),
        ("nonsense", "cannot be used"),
    ],
)
def test_a_list_that_cannot_be_looked_at(servers: Servers, habit: str, told: str) -> None:
    with pytest.raises(McpUnreachable, match=told) as caught:
        servers.odd(habit).offered()
    assert caught.value.sent is False


def test_a_list_of_many_pages_is_one_list(servers: Servers) -> None:
    assert set(servers.odd("pages").offered().tools) == {"one", "echo"}


# --- what servers do ---


@pytest.mark.parametrize(
    ("text", "habits"),
    [
        ("die", ()),
        ("large", ()),
        ("hang", ()),
        ("x", ("malformed",)),
        ("x", ("error -32603",)),
        ("x", ("error -32600",)),
    ],
)
def test_a_call_of_which_nobody_knows(echo: Echo, servers: Servers, text: str, habits: tuple[str, ...]) -> None:
    servers.tool()
    # The time is for starting it, too: where it need not run out there is plenty.
    with pytest.raises(McpUnreachable) as caught:
        echo(text, *habits, seconds=4 if text == "hang" else 120)
    assert caught.value.sent is True


@pytest.mark.parametrize("code", [-32601, -32602])
def test_a_call_that_the_server_does_not_take(echo: Echo, code: int) -> None:
    with pytest.raises(McpRefused, match="as told"):
        echo("x", f"error {code}")


@pytest.mark.parametrize(
    ("habit", "told"), [("dead", "Its last words: cannot find my settings in /etc/odd"), ("mute", ""), ("flood", "")]
)
def test_a_server_that_cannot_even_be_asked(servers: Servers, habit: str, told: str) -> None:
    with pytest.raises(McpUnreachable) as caught:
        servers.odd(habit, seconds=0.6 if habit == "mute" else 120).offered()
    assert told in str(caught.value)
    assert caught.value.sent is False


def test_a_program_that_is_not_there(servers: Servers) -> None:
    with pytest.raises(McpUnreachable, match="cannot be started"):
        servers.of(ServerFile(name="odd", command=("/nowhere/at/all",), confined=False)).offered()


def test_a_pattern_of_the_servers_is_never_tried(servers: Servers) -> None:
    # It would take hours, in our own process.
    server = servers.odd("output")
    server.pin.write(server.offered())
    assert servers.tool("output").call(GRANT, {"text": "x"})["structured"] == {"a": "a" * 40 + "!"}


def test_long_answers_are_cut(echo: Echo) -> None:
    found = echo("long")
    assert (len(found["text"]), found["cut"]) == (LONGEST, True)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_nobody_is_left_behind(echo: Echo, servers: Servers) -> None:
    child = int(echo("child")["text"])
    assert eventually(lambda: not alive(child))


def test_a_call_from_within_an_event_loop(echo: Echo) -> None:
    import asyncio

    async def calling() -> Json:
        return echo("x")

    assert asyncio.run(calling())["text"] == "x"


# --- what a server knows ---


def test_the_environment_is_not_handed_on(echo: Echo, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-yours")
    monkeypatch.setenv("GAINFUL_HOME", "/somewhere")
    given = {"environment": {"TICKETS_URL": "https://t.example.org"}, "secrets": {"TICKETS_TOKEN": "mcp:odd"}}
    seen = json.loads(echo("environment", **given)["text"])
    assert set(seen) <= {
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "LOGNAME",
        "USER",
        "TZ",
        "TICKETS_URL",
        "TICKETS_TOKEN",
        "LC_CTYPE",
    }
    assert (seen["TICKETS_URL"], seen["TICKETS_TOKEN"]) == ("https://t.example.org", "a-token-that-is-secret")


def test_a_secret_that_is_not_stored(servers: Servers) -> None:
    with pytest.raises(McpRefused, match="No secret 'mcp:other' is stored"):
        servers.odd(secrets={"TOKEN": "mcp:other"}).offered()


def test_a_secret_in_the_last_words_is_blotted_out(servers: Servers) -> None:
    script = "import sys,os; print('token', os.environ['T'], file=sys.stderr); sys.exit(1)"
    command = (sys.executable, "-c", script)
    with pytest.raises(McpUnreachable) as caught:
        servers.of(ServerFile(name="odd", command=command, confined=False, secrets={"T": "mcp:odd"})).offered()
    assert "Its last words: token" in str(caught.value)
    assert "a-token-that-is-secret" not in str(caught.value)


# --- walls ---


def within(servers: Servers, command: str, **more: Any) -> str:
    """What a shell command says within the walls."""
    more = {"confined": True, "folder": HERE, **more}
    return str(servers.tool(**more).call(GRANT, {"text": f"run {command}"})["text"])


def test_within_walls_nothing_is_changed_and_the_keys_are_out_of_sight(servers: Servers, tmp_path: Path) -> None:
    home, outside = servers.home, tmp_path / "outside"
    outside.mkdir()
    assert "the key to everything" in str(servers.tool().call(GRANT, {"text": f"run cat {home}/secret.key"})["text"])
    assert "No such file" in within(servers, f"cat {home}/secret.key")
    assert "Read-only" in within(servers, "touch /usr/x $HOME/x 2>&1; echo x > /proc/sys/kernel/core_pattern")
    assert within(servers, f"touch {outside}/x; echo $?").startswith("1")
    assert list(outside.iterdir()) == []
    # The processes of this machine, and the sockets of other programs.
    assert str(os.getpid()) not in within(servers, "ls /proc").split()
    with tempfile.NamedTemporaryFile(dir="/tmp") as other:
        assert Path(other.name).name not in within(servers, "ls -A /tmp")
    assert set(within(servers, "ls -A /run").split()) <= {"systemd", "NetworkManager", "resolvconf"}
    assert within(servers, "grep -c . /etc/resolv.conf").strip().isdecimal()


def test_within_walls_what_the_file_names_may_be_changed(servers: Servers, tmp_path: Path) -> None:
    work, kept = tmp_path / "work", tmp_path / "kept"
    for folder in (work, kept):
        folder.mkdir()
    (work / "settings").write_text("mine")
    command = (*ODD[:-1], str(shutil.copy(ODD[-1], work)))
    file = ServerFile(name="odd", command=command, folder=work, writable=(kept,), tools={"echo": {}})
    server = servers.of(file)
    server.pin.write(server.offered())
    (tool,) = server.tools()
    found = tool.call(GRANT, {"text": f"run pwd; cat settings; touch {kept}/made; touch here"})["text"]
    assert found.startswith(f"{work}\nmine")
    assert "Read-only" in found
    assert [one.name for one in kept.iterdir()] == ["made"]
    assert not (work / "here").exists()


def test_within_walls_there_can_be_no_network(servers: Servers) -> None:
    assert len(within(servers, "cat /proc/net/dev", network=False).strip().splitlines()) == 3
    outside = Path("/proc/net/dev").read_text().strip().splitlines()
    assert len(within(servers, "cat /proc/net/dev").strip().splitlines()) == len(outside)


def test_walls_are_not_left_out_in_silence(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine_module, "_PATH", "/nowhere")
    with pytest.raises(McpRefused, match="bubblewrap is not installed") as caught:
        servers.odd(confined=True).offered()
    assert "confined = false" in caught.value.next_move


def test_no_folder_opens_gainfuls_home(servers: Servers, tmp_path: Path) -> None:
    for given in ({"folder": servers.home}, {"writable": (tmp_path,)}, {"writable": (servers.home / "mcp",)}):
        with pytest.raises(McpFileInvalid, match="lie in one another"):
            servers.of(ServerFile(name="odd", command=ODD, **given)).offered()
