"""How a manifest looks: what it grants and never grants, its limits, and what a proposed one would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, safe
from gainful.core.tool import ToolSpec
from gainful.policy.manifest_words import conditions, limits, never

if TYPE_CHECKING:
    from gainful.policy.manifest import Manifest
    from gainful.policy.manifest_version import ManifestVersion

_INDENTED = (0, 0, 0, 1)
"""A blank to the left, also of lines that are broken."""

STATES = {"active": "green", "proposed": "yellow", "replaced": "dim", "refused": "red"}


def show(version: ManifestVersion, tools: Mapping[str, ToolSpec]) -> None:
    """Print one version in full."""
    screen = console()
    manifest = version.manifest
    screen.print(_head(version))
    if manifest.about:
        screen.print(Padding(Text(safe(manifest.about)), _INDENTED))
    show_content(manifest, tools)
    screen.print(Text(f" Digest {version.digest}", style="dim"))


def show_content(manifest: Manifest, tools: Mapping[str, ToolSpec]) -> None:
    """Print what a manifest grants and never grants, and its limits."""
    screen = console()
    screen.print(_grants(manifest, tools))
    screen.print(Padding(Text(never(manifest, tools), style="bold"), _INDENTED))
    screen.print(Padding(Text("\n".join(limits(manifest))), _INDENTED))


def show_change(difference: str, wider: Sequence[str]) -> None:
    """Print what a version would change: what it widens, then line by line."""
    screen = console()
    if wider:
        screen.print(Text("\n It may do more than before:", style="bold red"))
        for sentence in wider:
            screen.print(Text(f"   {safe(sentence)}", style="red"))
    else:
        screen.print(Text("\n It only narrows what the agent may do.", style="green"))
    screen.print()
    for line in difference.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        # Indented by its own blanks: they show where a line belongs.
        blanks = len(line) - len(line[1:].lstrip()) - 1
        screen.print(Text(f"   {line[:1]}{' ' * blanks}{safe(line[1:], 2000)}", style=style))
    screen.print()


def show_history(versions: Iterable[ManifestVersion]) -> None:
    """Print every version, a line each."""
    table = _table("version", "state", "proposed", "approved", "since", "digest")
    for version in versions:
        since = f"{version.settled_at:%Y-%m-%d %H:%M}" if version.settled_at else ""
        table.add_row(
            str(version.number),
            Text(version.state, style=STATES[version.state]),
            f"{version.proposed_at:%Y-%m-%d %H:%M} by {safe(version.proposed_by, 60)}",
            f"by {', '.join(safe(name, 60) for name in version.approved_by)}" if version.approved_by else "–",
            since,
            version.digest[:12],
        )
    console().print(table)


def show_list(rows: Iterable[tuple[str, ManifestVersion | None, ManifestVersion | None, str]]) -> None:
    """Print each agent: its version in force, the proposed one, and why it is stopped."""
    table = _table("agent", "in force", "may", "waits", "stopped")
    for agent, active, proposed, stopped in rows:
        held = active.manifest if active is not None else None
        may = f"{len(held.reads)} reading, {len(held.effects)} acting tools" if held is not None else "–"
        table.add_row(
            agent,
            f"version {active.number}, of {safe(active.owner, 60)}" if active else "none yet",
            may,
            Text(f"version {proposed.number}", style="yellow") if proposed else "",
            Text("yes", style="red") if stopped else "",
        )
    console().print(table)


def _head(version: ManifestVersion) -> Text:
    head = Text.assemble("\n ", (version.agent, "bold"), "  ")
    if not version.number:
        return head.append("comes into force with the first run that may act", style="yellow")
    head.append(f"version {version.number}  ").append(version.state, style=STATES[version.state])
    head.append(f"  of {safe(version.owner, 60)}", style="dim")
    if version.approved_by:
        head.append(f", approved by {', '.join(safe(name, 60) for name in version.approved_by)}", style="dim")
    return head


def _grants(manifest: Manifest, tools: Mapping[str, ToolSpec]) -> Table:
    table = _table("may", "tool", "reach", "only with")
    for word, grants in (("read", manifest.reads), ("act", manifest.effects)):
        for grant in grants:
            reach = str(tools[grant.tool].effect) if grant.tool in tools else "?"
            table.add_row(word, grant.tool, reach, Text(safe(conditions(grant), 2000)))
    if not table.row_count:
        table.add_row("nothing", "", "", "")
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 3, 0, 0))
    for name in names:
        table.add_column(name, header_style="dim", overflow="fold")
    return table
