"""`gainful mcp`: which MCP servers there are, what they offer, and pinning what a person has looked at."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say
from gainful.core.errors import Invalid, Refused
from gainful.core.visible import visible

if TYPE_CHECKING:
    from gainful.connectors.mcp import Pinned

SHOWN = 4000
"""Characters of one part of a tool's description that are shown."""


class McpNotPinned(Refused):
    """Nobody said that the tools of an MCP server may be pinned; what was pinned before is as it was."""

    code = "mcp-not-pinned"


@click.group(short_help="MCP servers: list, show, pin their tools.")
@json_option
def mcp() -> None:
    """MCP servers as sources of tools. `mcp/NAME.toml` in Gainful's home says how one is reached.

    Agents are given a tool when its file declares it and its list is pinned. A server that changes its list is stopped
    until it is pinned anew.
    """


@mcp.command("list")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show every server, and which of its tools agents may be given. Reaches none of them."""
    with context.open() as app:
        states = app.mcp.states()
    for one in states:
        if context.as_json:
            emit({"server": one.name, "state": one.state, "tools": list(one.declared), "problem": one.problem})
        else:
            say(f"{safe(one.name):24} {one.state:9} {safe(', '.join(one.declared) or one.problem or 'no tools')}")
    if not states and not context.as_json:
        say("No MCP server is known. Write mcp/NAME.toml in Gainful's home; docs/how-to/mcp.md tells how.")


@mcp.command(short_help="Ask the server NAME for its tools.")
@click.argument("name")
@json_option
@click.pass_obj
def show(context: Context, name: str) -> None:
    """Ask the server NAME for its tools and show them, with what has changed since they were pinned."""
    with context.open() as app:
        server = app.mcp.server(name)
        pinned, offered = server.pin.read(), server.offered()
    _shown(context, name, pinned, offered)


@mcp.command(short_help="Let agents have tools of the server NAME.")
@click.argument("name")
@click.option("--digest", metavar="HEX", help="Pin without asking, if the list still has this digest.")
@json_option
@click.pass_obj
def pin(context: Context, name: str, digest: str | None) -> None:
    """Look at the tools of the server NAME, and let agents have those that its file declares.

    Until the list changes by one letter.
    """
    with context.open() as app:
        server = app.mcp.server(name)
        try:
            pinned = server.pin.read()
        except Invalid as error:
            # A damaged pin is what this command mends.
            say(safe(str(error)))
            pinned = None
        offered = server.offered()
        if not context.as_json:
            _shown(context, name, pinned, offered)
        if not _agreed(offered, digest):
            raise McpNotPinned(
                f"The tools of '{name[:60]}' were not pinned; their digest is {offered.digest}.",
                f"Look at them: gainful mcp show {name[:60]}",
            )
        app.mcp.pin(name, offered)
    if context.as_json:
        emit({"server": name, "digest": offered.digest, "pinned": True})
    else:
        say(f"Pinned {plural(len(offered.tools), 'tool')} of {safe(name)}.")


def _agreed(offered: Pinned, digest: str | None) -> bool:
    if digest is not None or not sys.stdin.isatty():
        return digest == offered.digest
    return click.confirm("Pin this list?", default=False)


def _shown(context: Context, name: str, pinned: Pinned | None, offered: Pinned) -> None:
    changes = pinned.changes(offered) if pinned is not None else []
    state = "unpinned" if pinned is None else "changed" if changes else "pinned"
    if context.as_json:
        tools = [{"name": tool, **content} for tool, content in sorted(offered.tools.items())]
        emit({"server": name, "state": state, "digest": offered.digest, "changes": changes, "tools": tools})
        return
    say(f"{safe(name)}: {state}, {plural(len(offered.tools), 'tool')}, digest {offered.digest}")
    for tool, content in sorted(offered.tools.items()):
        say(f"\n  {safe(tool)}")
        for name, part in sorted(content.items()):
            # Whatever a model may be shown, and whatever else counts: all of it, so that nothing is agreed to unseen.
            text = part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
            say(f"    {safe(name)}: {_whole(text)}")
    for line in changes:
        say(f"changed: {safe(line)}")


def _whole(text: str) -> str:
    """The text in words that can be judged by eye; where it is too long, how much of it is missing."""
    shown = visible(" ".join(text.split()))
    more = len(shown) - SHOWN
    return f"{safe(shown, SHOWN)} [… {more} more characters: look with --json]" if more > 0 else safe(shown, SHOWN)
