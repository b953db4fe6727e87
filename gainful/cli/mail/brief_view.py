"""How the morning's brief looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.mail.triage_view import NARROW, STYLES
from gainful.cli.screen import cell, console, dollars, plural, safe, seconds
from gainful.core.mail import Priority

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from gainful.app import Brief
    from gainful.app.waking.leaving import Left
    from gainful.core.mail import Decided

SHOWN = 15
MARKS = {Priority.NOW: ("now", 7, "bold red"), Priority.TODAY: ("today", 7, "yellow")}


def show(brief: Brief, stopped: Sequence[str] = (), left: Sequence[Left] = (), *, out: Console | None = None) -> None:
    """Print the brief, and on top of it why agents are stopped, and what chance left to be done by hand."""
    screen = out or console()
    since = brief.since.astimezone()
    title = Text.assemble(("\n Your brief", "bold"), (f"  since {since:%A %d %B, %H:%M}", "dim"))
    screen.print(title)
    for reason in stopped:
        screen.print(Text(f"\n {safe(reason)} `gainful stop --list` shows who is stopped.", style="bold red"))
    if left:
        screen.print(_left(left))
    if not brief.came:
        screen.print(Text("\n Nothing was triaged since then. Run `gainful triage SOURCE --apply`.\n", style="dim"))
        return
    screen.print(Text(f" {plural(brief.came, 'mail')} came in.\n"))
    screen.print(_section("Needs you", brief.needs_you, "Nothing. Enjoy it.", screen.width))
    if brief.drafts:
        screen.print(_section("Drafts waiting for you", brief.drafts, "", screen.width))
    if brief.undecided:
        screen.print(_section("Nobody was sure about, so still in the inbox", brief.undecided, "", screen.width))
    screen.print(_facts(brief))


def _left(left: Sequence[Left]) -> RenderableType:
    lines = [Text("\n Left to you, to measure what agents save", style="bold")]
    for one in left[:SHOWN]:
        line = Text("  ", no_wrap=True, overflow="ellipsis")
        line.append(cell(safe(one.agent, 40), 16, "bold"))
        line.append(safe(one.about, 120) or "(nothing is said of it)")
        lines += [line, Text(f"    gainful outcome hand {safe(one.item, 200)} start", style="dim")]
    if len(left) > SHOWN:
        lines.append(Text(f"  … and {len(left) - SHOWN} more", style="dim"))
    return Group(*lines)


def _section(title: str, items: Sequence[Decided], empty: str, width: int) -> RenderableType:
    lines = []
    for item in items[:SHOWN]:
        label = item.decision.label
        who = safe(item.record.from_name or item.record.from_addr, 80) or "(no sender)"
        line = Text("  ", no_wrap=True, overflow="ellipsis")
        line.append(item.record.id + "  ", style="dim")
        line.append(cell(*MARKS.get(item.decision.priority, ("", 7, ""))))
        line.append(cell(safe(label, 24), 13, STYLES.get(label, "bold")))
        if width >= NARROW:
            line.append(cell(who, 24, "bold"))
        line.append(safe(item.record.subject, 120) or "(no subject)")
        lines.append(line)
    head = Text.assemble((f" {title}", "bold"), (f"  {len(items)}" if items else "", "dim"))
    rest: list[RenderableType] = [*lines] if items else [Text(f"  {empty}", style="dim")]
    if len(items) > SHOWN:
        rest.append(Text(f"  … and {len(items) - SHOWN} more", style="dim"))
    return Padding(Group(head, *rest), (0, 0, 1, 0), expand=False)


def _facts(brief: Brief) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    away = sum(brief.put_away.values())
    listed = ", ".join(f"{count} {safe(name, 30)}" for name, count in brief.put_away.items())
    grid.add_row("Put away", f"{plural(away, 'mail')}: {listed}" if away else "nothing")
    if brief.previewed:
        grid.add_row("Preview", f"{plural(brief.previewed, 'mail')} would be put away with --apply")
    if brief.rejected:
        grid.add_row("You took back", f"{plural(len(brief.rejected), 'decision')}; learned")
    if brief.uncertain:
        words = f"{plural(len(brief.uncertain), 'change')} may or may not have happened; look at the mails yourself:"
        grid.add_row("Uncertain", Text(words, style="red"))
        for item in brief.uncertain[:SHOWN]:
            grid.add_row("", Text(f"{item.effect.mail_id}  {item.effect.kind}  {safe(item.note)}"))
    tokens = plural(brief.tokens.total, "token") if brief.tokens.total else "no language model was asked"
    grid.add_row("Cost", f"{dollars(brief.cost.amount)}, {tokens}")
    if brief.saved is not None:
        grid.add_row("Saved", f"{seconds(brief.saved.total_seconds())}, by your own figure for a mail")
    applied = [run for run in brief.runs if run.applied and run.job == "triage"]
    if applied:
        grid.add_row("Undo", Text.assemble((f"gainful undo {applied[0].id}", "green"), "   the last run"))
    return Padding(grid, (0, 1, 1, 1), expand=False)
