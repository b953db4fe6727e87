"""Servers that are reached by streamable HTTP: one made with the official library, and some that misbehave."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.mcp import McpServer, ServerFile
from gainful.connectors.mcp.errors import McpFileInvalid, McpRefused, McpUnreachable
from gainful.connectors.mcp.server_file import read_server_file
from gainful.core.errors import GainfulError
from gainful.core.value import Json
from gainful.sdk.egress import EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.testing.web_server import Reply, Seen, WebServer
from tests.unit.connectors.mcp.conftest import REAL, Servers

TOKEN = "a-token-that-is-secret"
ECHO = {"name": "echo", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}}


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    """The address of a real server, which lets in who shows the token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*REAL, "http", str(port), TOKEN])
    try:
        end = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.wait()


def at(servers: Servers, url: str, **more: Any) -> McpServer:
    given = {"own_server": True, "seconds": 20, **more}
    return servers.of(ServerFile(name="tickets", url=url, **given))


def test_a_real_server_is_listed_pinned_and_called(servers: Servers, real: str) -> None:
    tools = {"search": {"effect": "read"}, "close": {}, "picture": {"effect": "read"}, "ask_the_model": {}}
    server = at(servers, real, secrets={"X-Token": "mcp:odd"}, tools=tools)
    server.pin.write(server.offered())
    made = {tool.spec.name.removeprefix("tickets."): tool for tool in server.tools()}

    def said(name: str, **given: Json) -> Json:
        return made[name].call(Grant("k", f"tickets.{name}"), given)

    assert said("search", query="x")["structured"] == {"result": [{"id": 7, "title": "About x"}]}
    assert said("close", number=3) == {"error": False, "text": "closed 3", "structured": {"result": "closed 3"}}
    assert said("close", number=-3)["error"] is True
    assert said("picture") == {"error": False, "text": "", "left_out": ["image"]}
    # A server may not ask us, or a model, anything.
    with pytest.raises(McpUnreachable):
        said("ask_the_model")
    with pytest.raises(GainfulError) as caught:
        at(servers, real).offered()
    assert isinstance(caught.value, McpUnreachable | McpRefused)


# --- where it may lead ---


@pytest.mark.parametrize(
    "url",
    [
        "http://mcp.example.org/mcp",
        "ftp://mcp.example.org/",
        "https://user:pw@mcp.example.org/",
        "https://",
        "x",
        "http://x y/",
    ],
)
def test_an_address_is_plain_and_by_tls(url: str) -> None:
    with pytest.raises(ValueError, match="has a url that cannot be used"):
        ServerFile(name="tickets", url=url)


def test_a_server_elsewhere_must_not_lead_into_the_own_network(servers: Servers) -> None:
    with pytest.raises(EgressRefused, match="not an address of the public internet"):
        at(servers, "https://localhost/mcp", own_server=False).offered()


class Scripted(WebServer):
    """Speaks the older protocol as far as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.on_call: Callable[[Any], Reply] = lambda number: result(number, {"content": []})

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if seen.method != "POST":
            return Reply(405)
        message = json.loads(seen.body)
        number, method = message.get("id"), message.get("method")
        if number is None:
            return Reply(202)
        if method == "initialize":
            about = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "x", "version": "1"},
            }
            return result(number, about)
        if method == "tools/list":
            return result(number, {"tools": [ECHO]})
        if method == "tools/call":
            return self.on_call(number)
        return reply({"jsonrpc": "2.0", "id": number, "error": {"code": -32601, "message": "no"}})


def reply(content: Any) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(content).encode())


def result(number: Any, content: Any) -> Reply:
    return reply({"jsonrpc": "2.0", "id": number, "result": content})


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


def call(servers: Servers, scripted: Scripted, **more: Any) -> Json:
    server = at(servers, f"{scripted.origin}/mcp", tools={"echo": {}}, **more)
    if server.pin.read() is None:
        server.pin.write(server.offered())
    (tool,) = server.tools()
    return tool.call(Grant("k", "tickets.echo"), {"text": "x"})


def test_secrets_go_to_the_server_as_headers_and_nothing_is_packed(servers: Servers, scripted: Scripted) -> None:
    assert call(servers, scripted, secrets={"Authorization": "mcp:odd"}) == {"error": False, "text": ""}
    assert {one.headers.get("authorization") for one in scripted.seen} == {TOKEN}
    assert not any("accept-encoding" in one.headers for one in scripted.seen)


def huge(number: Any) -> Reply:
    return result(number, {"content": [{"type": "text", "text": "x" * 5_000_000}]})


def bomb(number: Any) -> Reply:
    packed = gzip.compress(huge(number).body)
    return Reply(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, packed)


@pytest.mark.parametrize(
    ("on_call", "told"),
    [
        (huge, "larger than"),
        (bomb, "packs its answer"),
        (lambda _: Reply(202), ""),
        (lambda _: Reply(500), ""),
        (lambda _: Reply(401), ""),
        (lambda _: Reply(307, {"Location": "https://evil.example.net/mcp"}), ""),
        (lambda _: Reply(cut=0), ""),
        (lambda _: Reply(200, {"Content-Type": "application/json"}, b"{", cut=1), ""),
        (lambda _: Reply(200, {"Content-Type": "text/html"}, b"<p>"), ""),
        (lambda number: result(number, {"content": 7}), ""),
        (lambda number: reply({"jsonrpc": "2.0", "id": number, "error": {"code": -32603, "message": "no"}}), ""),
    ],
)
def test_a_call_of_which_nobody_knows(
    servers: Servers, scripted: Scripted, on_call: Callable[[Any], Reply], told: str
) -> None:
    scripted.on_call = on_call
    with pytest.raises(McpUnreachable) as caught:
        call(servers, scripted, seconds=4)
    assert caught.value.sent is True
    assert told in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_call_that_the_server_does_not_take(servers: Servers, scripted: Scripted) -> None:
    scripted.on_call = lambda number: reply(
        {"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": "text is missing"}}
    )
    with pytest.raises(McpRefused, match="text is missing"):
        call(servers, scripted)


def test_nobody_listens(servers: Servers) -> None:
    with pytest.raises(McpUnreachable) as caught:
        at(servers, "http://127.0.0.1:1/mcp").offered()
    assert caught.value.sent is False


def test_a_token_goes_to_its_own_server_alone(servers: Servers, scripted: Scripted) -> None:
    with Scripted() as elsewhere:
        scripted.on_call = lambda _: Reply(307, {"Location": f"{elsewhere.origin}/mcp"})
        with pytest.raises(McpUnreachable):
            call(servers, scripted, secrets={"Authorization": "mcp:odd"})
        assert elsewhere.seen == []


# --- the file about a server ---


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names a command, or a url"),
        ('command = ["a"]\nurl = "https://x.example.org/"', "and not both"),
        ('comand = ["a"]', "Extra inputs"),
        ('command = ["a\\u0000"]', "NUL"),
        ('command = ["a"]\nseconds = 0', "greater than 0"),
        ('command = ["a"]\nsecrets = { T = "account:work" }', "match pattern"),
        ('command = ["a"]\nsecrets = { "T\\r\\nX" = "mcp:x" }', "match pattern"),
        ('command = ["a"]\nfolder = "relative"', "whole path"),
        ('command = ["a"]\nwritable = ["relative"]', "whole path"),
        ('command = ["a"]\n[tools."a b"]', "match pattern"),
        ("command = [", ""),
        ("\\xff", ""),
    ],
)
def test_a_file_that_says_something_else(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "tickets.toml").write_text(text)
    with pytest.raises(McpFileInvalid, match=told or "cannot be used"):
        read_server_file(tmp_path / "tickets.toml")


def test_a_file_with_a_name_that_no_tool_can_have(tmp_path: Path) -> None:
    for name in ("My Server", "x.y", "-x", "ö"):
        (tmp_path / f"{name}.toml").write_text('command = ["a"]')
        with pytest.raises(McpFileInvalid):
            read_server_file(tmp_path / f"{name}.toml")
    with pytest.raises(McpFileInvalid):
        read_server_file(tmp_path / "none.toml")


def test_what_is_wrong_in_a_file_is_told_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "tickets.toml").write_text('command = ["a"]\nsecrets = { T = "sk-typed-here-by-mistake" }')
    with pytest.raises(McpFileInvalid) as caught:
        read_server_file(tmp_path / "tickets.toml")
    assert "sk-typed" not in str(caught.value)
    assert "secrets.T" in str(caught.value)
