"""How a manifest looks: what it grants and never grants, its limits, and what a proposed one would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, decimal, plural, safe
from gainful.core.tool import Act, ToolSpec

if TYPE_CHECKING:
    from decimal import Decimal

    from gainful.policy.manifest import Manifest, Spending, ToolGrant
    from gainful.policy.manifest_version import ManifestVersion

GRAVE = (Act.SEND, Act.SHARE, Act.PAY, Act.DELETE, Act.DEPLOY, Act.FETCH, Act.ADMINISTER)
"""What a person asks first whether an agent may do it."""

STATES = {"active": "green", "proposed": "yellow", "replaced": "dim", "refused": "red"}


def show(version: ManifestVersion, tools: Mapping[str, ToolSpec]) -> None:
    """Print one version in full."""
    screen = console()
    manifest = version.manifest
    screen.print(_head(version))
    if manifest.about:
        screen.print(Text(f" {safe(manifest.about)}"))
    show_content(manifest, tools)
    screen.print(Text(f" Digest {version.digest}", style="dim"))


def show_content(manifest: Manifest, tools: Mapping[str, ToolSpec]) -> None:
    """Print what a manifest grants and never grants, and its limits."""
    screen = console()
    screen.print(_grants(manifest, tools))
    screen.print(Text(f" {never(manifest, tools)}", style="bold"))
    screen.print(_limits(manifest))


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


def never(manifest: Manifest, tools: Mapping[str, ToolSpec]) -> str:
    """What the agent may never do, in a sentence or two."""
    granted = [grant.tool for grant in (*manifest.reads, *manifest.effects)]
    others = "use any tool that is not named above."
    unknown = sorted({name for name in granted if name not in tools})
    if unknown:
        return f"It may never {others} What {', '.join(unknown)} can do is not known here."
    acts = {tools[name].act for name in granted}
    barred = [str(act) for act in GRAVE if act not in acts]
    return f"It may never {_or(barred)}, nor {others}" if barred else f"It may never {others}"


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


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
            table.add_row(word, grant.tool, reach, Text(_conditions(grant)))
    if not table.row_count:
        table.add_row("nothing", "", "", "")
    return table


def _conditions(grant: ToolGrant) -> str:
    parts = [f"{name}: {', '.join(patterns) or 'nothing'}" for name, patterns in grant.arguments.items()]
    parts += [f"{name} at most {most}" for name, most in grant.at_most.items()]
    parts += [f"{grant.per_run} times a run"] if grant.per_run is not None else []
    parts += [f"{grant.per_day} times a day"] if grant.per_day is not None else []
    parts = parts or ["any arguments"]
    # Last, so that it stands by itself: it is what the owner lets pass without being asked.
    parts += [f"unasked with words from {', '.join(grant.words_from)}"] if grant.words_from else []
    return safe("; ".join(parts), 2000)


def _limits(manifest: Manifest) -> Text:
    limits = manifest.limits
    lines = [
        f"One run: {plural(limits.steps, 'call')}, {plural(limits.minutes, 'minute')}, the same call "
        f"{plural(limits.same_call, 'time')}, {plural(limits.refusals, 'refusal')}; "
        f"{plural(limits.hops, 'hop')} away from a person.",
    ]
    for period in ("run", "month"):
        spending = getattr(manifest.budgets, period)
        if spending.money is not None or spending.calls is not None:
            lines.append(f"It may spend {_spending(spending)} a {period}.")
    return Text("\n".join(f" {line}" for line in lines))


def _spending(spending: Spending) -> str:
    money: Decimal | None = spending.money
    parts = [f"{decimal(money)} USD"] if money is not None else []
    parts += [plural(spending.calls, "call")] if spending.calls is not None else []
    return " and ".join(parts)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 3, 0, 0))
    for name in names:
        table.add_column(name, header_style="dim", overflow="fold")
    return table
