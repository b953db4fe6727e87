"""How agents look: in a list, by themselves, by version, and when they are about to be enabled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gainful.cli.gate.manifest_view import show_change, show_content
from gainful.cli.screen import console, plural, safe
from gainful.core.tool import ToolSpec

if TYPE_CHECKING:
    from gainful.agents.file.agent_file import AgentFile
    from gainful.agents.file.agent_version import AgentVersion
    from gainful.app.agent.agent_state import AgentState, Change
    from gainful.policy.manifest import Manifest
    from gainful.storage.agents.agent_store import Standing, StoredVersion

STATES = {"enabled": "green", "disabled": "dim", "new": "yellow"}


def show_list(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print each agent: whether it is woken, by what, and what is to be looked at."""
    table = _table("agent", "state", "woken by", "for", "to look at")
    for row in rows:
        known = row["purpose"] is not None
        table.add_row(
            safe(str(row["agent"]), 80),
            Text(safe(str(row["state"]), 20), style=STATES.get(str(row["state"]), "")),
            safe("; ".join(title for title in row["triggers"] if title != "hand") or "hand alone", 200)
            if known
            else "?",
            safe(str(row["purpose"]), 120) if known else "?",
            Text(_to_look_at(row["changed"], row["stopped"], row["problem"]), style="yellow"),
        )
    console().print(table)


def _to_look_at(changed: bool, stopped: str, problem: str) -> str:
    parts = ["changed since enabled"] if changed else []
    parts += ["stopped"] if stopped else []
    parts += [safe(problem, 200)] if problem else []
    return "; ".join(parts)


def show(version: AgentVersion, state: AgentState | None, manifest: Manifest, tools: Mapping[str, ToolSpec]) -> None:
    """Print one agent in full."""
    screen, file = console(), version.file
    screen.print(_head(file, state))
    screen.print(Text(f" {safe(file.purpose)}"))
    if state is not None and (note := _to_look_at(state.changed, state.stopped, state.problem)):
        screen.print(Text(f" {note}", style="yellow"))
    screen.print()
    for word, told in _lines(file):
        screen.print(Text.assemble((f" {word:<9}", "dim"), safe(told, 500)))
    screen.print()
    show_content(manifest, tools)
    screen.print(Text(f" Digest {version.digest}\n", style="dim"))
    for line in file.instructions.splitlines():
        screen.print(Text(f"   {safe(line, 2000)}"))


def _head(file: AgentFile, state: AgentState | None) -> Text:
    head = Text.assemble("\n ", (file.name, "bold"), "  ")
    if state is not None:
        head.append(state.state, style=STATES[state.state])
        if state.standing is not None:
            head.append(f", version {state.standing.version.number}")
    return head.append(f"  of {safe(file.owner, 60)}", style="dim")


def _lines(file: AgentFile) -> list[tuple[str, str]]:
    lines = [("woken by", _triggers(file))]
    lines += [("gathers", ", ".join(call.tool for call in file.gather))] if file.gather else []
    lines.append(
        ("answers", {"none": "to nobody: the text stays with the run"}.get(file.answers.tool, file.answers.tool))
    )
    lines.append(("model", file.model or "that of the settings"))
    lines += [("skills", ", ".join(file.skills))] if file.skills else []
    if file.outcome is not None:
        judged = f"judged by {file.outcome.judged_by}, within {plural(file.outcome.days, 'day')}"
        lines.append(("claims", f"{file.outcome.claims} ({judged})"))
    if file.hold_out:
        share = "the share in [worth]" if file.hold_out is True else f"{file.hold_out:.0%}"
        lines.append(("hold-out", f"{share} is left to be done by hand, to measure what it saves"))
    if file.quiet is not None:
        lines.append(("quiet", f"{file.quiet.from_} to {file.quiet.to}, {file.quiet.zone}"))
    return lines


def _triggers(file: AgentFile) -> str:
    return "; ".join(trigger.title for trigger in file.woken_by if trigger.on != "hand") or "hand alone"


def show_enabling(change: Change, tools: Mapping[str, ToolSpec]) -> None:
    """Print what enabling would bring into force: the agent, what changed in its file, and what it may do more."""
    screen = console()
    show(change.checked.draft.version, None, change.checked.manifest, tools)
    if change.before is not None and change.difference:
        screen.print(Text(f"\n Its file, against version {change.before.number}:\n", style="bold"))
        show_difference(change.difference)
    if change.manifest_difference:
        show_change(change.manifest_difference if change.before is not None else "", change.widens)
    for line in change.checked.notes:
        screen.print(Text(f" {safe(line)}", style="yellow"))


def show_difference(difference: str) -> None:
    """Print a unified diff of a file."""
    for line in difference.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        blanks = len(line) - len(line[1:].lstrip()) - 1
        console().print(Text(f"   {line[:1]}{' ' * blanks}{safe(line[1:], 2000)}", style=style))


def show_history(versions: Iterable[StoredVersion], standing: Standing | None) -> None:
    """Print every version, a line each."""
    table = _table("version", "", "first enabled", "owner", "skills", "digest")
    for version in versions:
        stands = standing is not None and standing.version.digest == version.digest
        table.add_row(
            str(version.number),
            Text("stands" if stands else "", style="green"),
            f"{version.at:%Y-%m-%d %H:%M} by {safe(version.by, 60)}",
            safe(version.owner, 60),
            safe(", ".join(version.pins), 120) or "–",
            version.digest[:12],
        )
    console().print(table)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 3, 0, 0))
    for name in names:
        table.add_column(name, header_style="dim", overflow="fold")
    return table
