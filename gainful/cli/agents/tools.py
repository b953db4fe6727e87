"""`gainful tools`: which tools agents can be given here, what each does, and taking back what one has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.app.tooling.catalogue import Entry
    from gainful.connectors.files import FileStore


class ToolUnknown(Invalid):
    """There is no tool of that name."""

    code = "tool-unknown"


@click.group(short_help="Tools for agents: list, show, undo.")
@json_option
def tools() -> None:
    """Tools that agents can be given. What an agent may do with one is its manifest's matter."""


@tools.command("list", short_help="Show every tool, and what it still needs.")
@click.option("--ready", is_flag=True, help="Only those that are set up.")
@json_option
@click.pass_obj
def list_(context: Context, ready: bool) -> None:
    """Show every tool, how far it reaches, how well it was tried, and what it still needs."""
    with context.open() as app:
        entries = [entry for entry in _entries(app) if entry.ready or not ready]
    if context.as_json:
        for entry in entries:
            emit(_summary(entry))
        return
    from gainful.cli.agents.tools_view import show_list

    show_list(entries)


@tools.command(short_help="Show all that is known of the tool NAME.")
@click.argument("name")
@json_option
@click.pass_obj
def show(context: Context, name: str) -> None:
    """Show all that is known of the tool NAME: its arguments, whose words it brings, what it leaves behind."""
    with context.open() as app:
        entries = {entry.spec.name: entry for entry in _entries(app)}
    if name not in entries:
        raise ToolUnknown(f"There is no tool '{name[:80]}'.", "See them all: gainful tools list")
    if context.as_json:
        emit(_all(entries[name]))
        return
    from gainful.cli.agents.tools_view import show as show_entry

    show_entry(entries[name])


@tools.command(short_help="Take back what an agent wrote into a file.")
@click.argument("write", required=False)
@json_option
@click.pass_obj
def undo(context: Context, write: str | None) -> None:
    """Make a file again what it was before the WRITE of an agent, unless it was changed since.

    Without a WRITE: show those that can be taken back.
    """
    with context.open() as app:
        store = app.toolbox.files()
        path = _undone(app, store, write) if write is not None else ""
        writes = store.writes()
    if path:
        if context.as_json:
            emit({"write": write, "path": path, "undone": True})
        else:
            say(f"{safe(path)} is what it was before.")
        return
    for at, id_, written in writes:
        if context.as_json:
            emit({"write": id_, "at": at, "path": written})
        else:
            say(f"{id_}  {at:%Y-%m-%d %H:%M} UTC  {safe(written)}")
    if not writes and not context.as_json:
        say("No agent has written a file.")


def _undone(app: Gainful, store: FileStore, write: str) -> str:
    from gainful.gate.audit import AuditEvent, AuditKind

    path = store.undo(write)
    event = AuditEvent(
        app.clock(), AuditKind.RESULT, actor=app.guards.person, tool="files.undo", verdict="done", detail={"path": path}
    )
    app.audit.append([event])
    return path


def _entries(app: Gainful) -> list[Entry]:
    from gainful.app.tooling.catalogue import catalogue

    person = app.guards.person
    specs = {**app.toolbox.outside.specs(), **app.agents.specs(person)}
    return catalogue(specs, app.agents.ready(person))


def _summary(entry: Entry) -> dict[str, Any]:
    return {
        "tool": entry.spec.name,
        "effect": str(entry.spec.effect),
        "act": str(entry.spec.act),
        "connector": entry.connector,
        "grade": entry.grades,
        "ready": entry.ready,
        "needs": "" if entry.ready else entry.needs,
    }


def _all(entry: Entry) -> dict[str, Any]:
    from gainful.sdk.operation import type_of

    spec = entry.spec
    arguments = [
        {"name": name, "role": str(role), "type": type_of(spec, name), "required": name in spec.required}
        for name, role in spec.arguments.items()
    ]
    labels = {path or "the whole": label.as_json() for path, label in spec.returns.labels.items()}
    return {
        **_summary(entry),
        "about": spec.about,
        "arguments": arguments,
        "labels": labels,
        "default_label": spec.returns.default.as_json(),
        "writes": list(spec.writes),
        "scopes": list(entry.scopes),
        "rate": entry.rate,
        "stores": entry.stores,
        "evidence": [{"against": one.against, "grade": one.grade, "by": one.by} for one in entry.evidence],
    }
