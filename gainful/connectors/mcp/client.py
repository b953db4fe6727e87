"""One conversation with a server, from its start to its end. Only here is the MCP library spoken to."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from gainful.connectors.mcp.errors import McpChanged, McpRefused, McpUnreachable
from gainful.connectors.mcp.network import Guarded
from gainful.connectors.mcp.pin import Pinned, pinned_from
from gainful.connectors.mcp.process import environment, spoken_to
from gainful.connectors.mcp.server_file import ServerFile
from gainful.core.errors import GainfulError
from gainful.core.value import Json

Found = TypeVar("Found")

_MOST_PAGES = 50
_NOT_TAKEN = (-32600, -32601, -32602)
"""JSON-RPC: not a request, no such method, wrong arguments. Nothing was done."""

# The library writes what servers say into the log, and that is the servers' text.
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("client").setLevel(logging.CRITICAL)


class Conversation:
    """How far a conversation has come, and why it ended."""

    def __init__(self, server: ServerFile) -> None:
        self.server = server
        self.asked = False
        self.guard: Guarded | None = None


def listed(server: ServerFile, secrets: Mapping[str, str]) -> Pinned:
    """The tools that the server offers now.

    Args:
        secrets: The values by variable or header.

    Raises:
        McpUnreachable, McpRefused, EgressRefused: As they say.
    """

    async def ask(client: Client, _talk: Conversation) -> Pinned:
        return await _tools(client)

    return _held(server, secrets, ask)


def called(
    server: ServerFile, secrets: Mapping[str, str], pinned: Pinned, name: str, arguments: Mapping[str, Json]
) -> Json:
    """What the tool answers, if the server still offers exactly what was pinned.

    Raises:
        McpChanged: It offers something else; the tool was not called.
        McpUnreachable, McpRefused, EgressRefused: As they say.
    """

    async def ask(client: Client, talk: Conversation) -> Json:
        now = await _tools(client)
        if now.digest != pinned.digest:
            raise McpChanged(
                f"The MCP server '{server.name}' has changed its tools: {'; '.join(pinned.changes(now))[:300]}.",
                f"Look at them: gainful mcp pin {server.name}",
            )
        talk.asked = True
        found = await client.call_tool(name, dict(arguments), read_timeout_seconds=server.seconds)
        return found.model_dump(mode="json", by_alias=True, exclude_none=True)

    return _held(server, secrets, ask)


def _held(
    server: ServerFile, secrets: Mapping[str, str], ask: Callable[[Client, Conversation], Awaitable[Found]]
) -> Found:
    """What a conversation brings, held in a thread of its own: whoever calls may be in an event loop."""
    talk = Conversation(server)
    box: list[Found] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            box.append(anyio.run(_conversation, talk, secrets, ask))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name=f"mcp-{server.name}", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise _sorted(talk, failed[0]) from failed[0]
    return box[0]


async def _conversation(
    talk: Conversation, secrets: Mapping[str, str], ask: Callable[[Client, Conversation], Awaitable[Found]]
) -> Found:
    with anyio.fail_after(talk.server.seconds):
        async with _connected(talk, secrets) as client:
            return await ask(client, talk)


@asynccontextmanager
async def _connected(talk: Conversation, secrets: Mapping[str, str]) -> AsyncGenerator[Client, None]:
    server = talk.server
    async with AsyncExitStack() as held:
        if server.command:
            env = environment({**server.environment, **secrets}, os.environ)
            transport: Any = spoken_to(server.command, env, server.folder)
        else:
            talk.guard = Guarded(server.egress(), secrets)
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


def _sorted(talk: Conversation, error: BaseException) -> BaseException:
    """Our error for whatever ended the conversation."""
    name = talk.server.name
    causes = list(_flat(error))
    ours = next((one for one in causes if isinstance(one, GainfulError)), None)
    problem = talk.guard.problem if talk.guard is not None else None
    if ours is None and problem is not None:
        # Refused means that nothing happened, and something may have.
        ours = McpUnreachable(problem.what, problem.next_move, sent=True) if talk.asked else problem
    if ours is not None:
        return ours
    said = next((one for one in causes if isinstance(one, MCPError)), None)
    if said is not None and said.error.code in _NOT_TAKEN:
        text = " ".join(said.error.message.split())[:300]
        return McpRefused(f"The MCP server '{name}' does not take the call: {text}", "Correct the arguments.")
    bad = next((one for one in causes if isinstance(one, ValueError)), None)
    how = f"says what cannot be used: {str(bad)[:200]}" if bad is not None and not talk.asked else _how(causes, talk)
    return McpUnreachable(f"The MCP server '{name}' {how}.", f"Try it: gainful mcp show {name}", sent=talk.asked)


def _how(causes: list[BaseException], talk: Conversation) -> str:
    if any(isinstance(one, TimeoutError) for one in causes):
        return f"did not answer within {talk.server.seconds:g} seconds"
    if any(isinstance(one, OSError) for one in causes) and not talk.asked:
        return "cannot be started or reached"
    return "broke off, or said more than is read"


def _flat(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [one for inner in error.exceptions for one in _flat(inner)]
    return [error, *(_flat(error.__cause__) if error.__cause__ is not None else [])]
