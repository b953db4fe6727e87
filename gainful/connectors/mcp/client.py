"""One conversation with a server, from its start to its end. Only here is the MCP library spoken to."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from gainful.connectors.mcp.confine import confined
from gainful.connectors.mcp.errors import McpChanged, McpRefused, McpUnreachable
from gainful.connectors.mcp.network import Guarded
from gainful.connectors.mcp.pin import Pinned, pinned_from
from gainful.connectors.mcp.process import environment, spoken_to
from gainful.connectors.mcp.server_file import ServerFile
from gainful.core.errors import GainfulError
from gainful.core.value import Json

Found = TypeVar("Found")

_MOST_PAGES = 50
_NOT_TAKEN = (types.METHOD_NOT_FOUND, types.INVALID_PARAMS)
"""With these the server says that it did nothing. The library itself says others of answers that it cannot read."""

# The library writes what servers say into the log, and that is the servers' text.
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("client").setLevel(logging.CRITICAL)


class Conversation:
    """How far a conversation has come, and why it ended.

    Args:
        home: Gainful's home, which no server sees.
    """

    def __init__(self, server: ServerFile, secrets: Mapping[str, str], home: Path) -> None:
        self.server = server
        self.secrets = secrets
        self.home = home
        self.asked = False
        self.guard: Guarded | None = None
        self.complaints = bytearray()


def listed(server: ServerFile, secrets: Mapping[str, str], home: Path) -> Pinned:
    """The tools that the server offers now.

    Args:
        secrets: The values by variable or header.

    Raises:
        McpUnreachable, McpRefused, McpFileInvalid, EgressRefused: As they say.
    """
    return _held(Conversation(server, secrets, home), _tools)


def called(
    server: ServerFile, secrets: Mapping[str, str], home: Path, pinned: Pinned, name: str, arguments: Mapping[str, Json]
) -> Json:
    """What the tool answers, if the server still offers exactly what was pinned.

    Raises:
        McpChanged: It offers something else; the tool was not called.
        McpUnreachable, McpRefused, McpFileInvalid, EgressRefused: As they say.
    """
    talk = Conversation(server, secrets, home)

    async def ask(client: Client) -> Json:
        now = await _tools(client)
        if now.digest != pinned.digest:
            raise McpChanged(
                f"The MCP server '{server.name}' has changed its tools: {'; '.join(pinned.changes(now))[:300]}.",
                f"Look at them: gainful mcp pin {server.name}",
            )
        talk.asked = True
        # One request. The library's own `call_tool` may send it again, and takes what it brings apart by expressions
        # that the server has written.
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=dict(arguments)))
        found = await client.session.send_request(request, types.CallToolResult, server.seconds)
        return found.model_dump(mode="json", by_alias=True, exclude_none=True)

    return _held(talk, ask)


def _held(talk: Conversation, ask: Callable[[Client], Awaitable[Found]]) -> Found:
    """What a conversation brings, held in a thread of its own: whoever calls may be in an event loop."""
    box: list[Found] = []
    failed: list[BaseException] = []

    async def converse() -> None:
        with anyio.fail_after(talk.server.seconds):
            async with _connected(talk) as client:
                box.append(await ask(client))

    def run() -> None:
        try:
            anyio.run(converse)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name=f"mcp-{talk.server.name}", daemon=True)
    thread.start()
    thread.join()
    if box:
        # However the goodbye went.
        return box[0]
    raise _sorted(talk, failed[0]) from failed[0]


@asynccontextmanager
async def _connected(talk: Conversation) -> AsyncGenerator[Client, None]:
    server = talk.server
    async with AsyncExitStack() as held:
        if server.command:
            env = environment({**server.environment, **talk.secrets}, os.environ)
            folder = str(server.folder) if server.folder is not None else None
            transport: Any = spoken_to(confined(server, talk.home), env, folder, talk.complaints)
        else:
            talk.guard = Guarded(server.egress(), talk.secrets)
            wait = httpx2.Timeout(server.seconds)
            http = await held.enter_async_context(
                httpx2.AsyncClient(transport=talk.guard, timeout=wait, trust_env=False)
            )
            transport = streamable_http_client(server.url, http_client=http)
        # No cache: the list is asked for each time. No callbacks: a server may not ask us, or a model, anything.
        yield await held.enter_async_context(Client(transport, cache=None, read_timeout_seconds=server.seconds))


async def _tools(client: Client) -> Pinned:
    found: list[Mapping[str, Any]] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            return pinned_from(found)
    raise ValueError("the list of tools does not end")


def _sorted(talk: Conversation, error: BaseException) -> GainfulError:
    """Our error for whatever ended the conversation."""
    name, causes = talk.server.name, _flat(error)
    said = next((one for one in causes if isinstance(one, MCPError)), None)
    if said is not None and said.error.code in _NOT_TAKEN:
        text = " ".join(said.error.message.split())[:300]
        return McpRefused(f"The MCP server '{name}' does not take the call: {text}", "Correct the arguments.")
    if not talk.asked:
        ours = next((one for one in causes if isinstance(one, GainfulError)), None)
        ours = ours or (talk.guard.problem if talk.guard is not None else None)
        if ours is not None:
            return ours
    # From here on, refused would mean that nothing happened, and something may have.
    what = f"The MCP server '{name}' {_how(causes, talk)}."
    words = " ".join(talk.complaints.decode("utf-8", "replace").split())
    if words:
        what += f" Its last words: {words}"
    return McpUnreachable(what, f"Try it: gainful mcp show {name}", sent=talk.asked)


def _how(causes: list[BaseException], talk: Conversation) -> str:
    if talk.guard is not None and talk.guard.problem is not None:
        return f"was left: {talk.guard.problem.what}"
    if any(isinstance(one, TimeoutError) for one in causes):
        return f"did not answer within {talk.server.seconds:g} seconds"
    bad = next((one for one in causes if isinstance(one, ValueError)), None)
    if bad is not None and not talk.asked:
        return f"says what cannot be used: {' '.join(str(bad).split())[:200]}"
    if any(isinstance(one, OSError) for one in causes) and not talk.asked:
        return "cannot be started or reached"
    return "broke off, or said what is not read"


def _flat(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [one for inner in error.exceptions for one in _flat(inner)]
    return [error, *(_flat(error.__cause__) if error.__cause__ is not None else [])]
