"""How a question to a person looks: exactly what would happen, whose words it holds, and how to answer.

Nothing is cut: what is approved is shown whole. Every line of a text stands behind a margin, so that no text can pass
for a part of the card; a line that a stranger may have written has an exclamation mark in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, plural
from gainful.core.visible import visible
from gainful.gate.approval import SHORTEST_DIGEST, Approval, State
from gainful.gate.approval_sheet import (
    ArgumentSheet,
    EffectSheet,
    Tone,
    effects,
    gist,
    one_line,
    tainted,
    title,
    until,
    who,
)

if TYPE_CHECKING:
    from rich.console import Console

NAMES = 14
"""Columns for the names of arguments."""

TAINTED = "! │ "
CLEAN = "  │ "

TONES = {Tone.ORIGIN: "dim", Tone.STRANGER: "red", Tone.CAUTION: "yellow"}
STATES = {
    State.WAITING: "yellow",
    State.ACCEPTED: "green",
    State.EDITED: "green",
    State.SPENT: "green",
    State.REFUSED: "red",
    State.EXPIRED: "red",
}


def show_list(approvals: list[Approval], now: datetime, person: str, out: Console | None = None) -> None:
    """Print one block per approval: its id, who asks for what, until when."""
    screen = out or console()
    for approval in approvals:
        more = len(approval.proposals) - 1
        head = Text.assemble((approval.id, "bold"), "  ", _state(approval), "  ", (one_line(approval.agent), "bold"))
        head.append(f"  {title(approval)}")
        head.append(f" and {plural(more, 'other effect')}" if more else "")
        screen.print(Padding(head, (1, 1, 0, 1), expand=False))
        screen.print(Padding(Text(gist(approval), no_wrap=True, overflow="ellipsis"), (0, 1, 0, 3), expand=False))
        screen.print(Padding(Text(_who_and_when(approval, now, person), style="dim"), (0, 1, 0, 3), expand=False))


def show(approval: Approval, now: datetime, person: str, out: Console | None = None) -> None:
    """Print the whole card: every effect that it covers, in full."""
    screen = out or console()
    head = Text.assemble(("Approval ", "bold"), (approval.id, "bold"), "  ", _state(approval), "  ")
    head.append(f"{one_line(approval.agent)} asks on behalf of {one_line(approval.requester)}")
    screen.print(Padding(head, (1, 1, 0, 1), expand=False))
    sheets = effects(approval)
    for number, sheet in enumerate(sheets, 1):
        _show_effect(screen, sheet, f"{number} of {len(sheets)}  " if len(sheets) > 1 else "")
    if tainted(approval):
        screen.print(Padding(Text("! in the margin: a stranger may have written this line."), (1, 1, 0, 1)))
    screen.print(_foot(approval, now, person))


def _show_effect(screen: Console, sheet: EffectSheet, number: str) -> None:
    head = Text.assemble((number, "dim"), (sheet.act, "bold underline"))
    head.append(f"  {sheet.tool}", style="dim")
    head.append(f"  {sheet.reach}", style="bold")
    screen.print(Padding(head, (1, 1, 0, 1), expand=False))
    for argument in sheet.arguments:
        _show_argument(screen, argument)
        for remark in argument.remarks:
            screen.print(Padding(Text(remark.text, style=TONES[remark.tone]), (0, 1, 0, NAMES + 6)))
    if not sheet.arguments:
        screen.print(Padding(Text("without arguments", style="dim"), (0, 1, 0, 3)))
    screen.print(_facts(sheet))


def _facts(sheet: EffectSheet) -> Padding:
    grid = _grid()
    for name, digest in sheet.attached:
        grid.add_row("Attached", Text(f"{name}  SHA-256 {digest[:16]}…"))
    for rule, sentence in sheet.reasons:
        grid.add_row("Asked because", Text.assemble(sentence, (f"  {rule}", "dim")))
    grid.add_row("Undo", Text(sheet.undo))
    grid.add_row("Digest", Text(sheet.digest[:16] + "…", style="dim"))
    return Padding(grid, (0, 1, 0, 1), expand=False)


def _foot(approval: Approval, now: datetime, person: str) -> Padding:
    grid = _grid()
    if approval.state is State.WAITING:
        grid.add_row("Expires", Text(until(approval.expires_at, now)))
    objection = approval.approvers.objection(person, approval.requester)
    grid.add_row("May answer", Text(one_line(who(approval))))
    if objection and approval.state is State.WAITING:
        grid.add_row("You", Text(one_line(objection), style="yellow"))
    if approval.answered_by and approval.answered_at:
        when = f"{approval.answered_at:%Y-%m-%d %H:%M} UTC"
        grid.add_row("Answered", Text(f"{approval.state} by {one_line(approval.answered_by)}, {when}"))
    for line in visible(approval.text).splitlines():
        grid.add_row("Said", Text(line))
    card = approval.card[:SHORTEST_DIGEST]
    grid.add_row("Card", Text(card, style="bold"))
    if approval.state is State.WAITING and not objection:
        command = f"gainful approvals accept {approval.id}"
        grid.add_row("Accept", Text.assemble((command, "bold green"), (f"   or, in scripts, --digest {card}", "dim")))
        others = ("edit", "respond", "ignore", "refuse")
        grid.add_row("Or", Text(f"{' · '.join(others)} {approval.id}", style="green"))
    return Padding(grid, (1, 1, 1, 1), expand=False)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True, min_width=NAMES)
    grid.add_column(overflow="fold")
    return grid


def _show_argument(screen: Console, argument: ArgumentSheet) -> None:
    label = argument.name
    if len(label) > NAMES:
        screen.print(Padding(Text(label, style="bold"), (0, 1, 0, 3)))
        label = ""
    width = max(20, screen.width - NAMES - 9)
    for line in argument.lines:
        style = {"+": "green", "-": "red"}.get(line.sign, "")
        body = Text(f"{line.sign} {line.text}" if line.sign else line.text, style=style)
        body.expand_tabs(4)
        for piece in body.wrap(screen, width) or [body]:
            margin = Text(TAINTED if line.label.tainted else CLEAN, style="bold red" if line.label.tainted else "dim")
            row = Text.assemble("   ", Text(label.ljust(NAMES), style="bold"), " ", margin, piece)
            screen.print(row, no_wrap=True, overflow="ignore", crop=False)
            label = ""


# --- who and when ---


def _state(approval: Approval) -> Text:
    return Text(approval.state, style=STATES.get(approval.state, "dim"))


def _who_and_when(approval: Approval, now: datetime, person: str) -> str:
    if approval.state is not State.WAITING:
        return f"asked {approval.asked_at:%Y-%m-%d %H:%M} UTC"
    objection = approval.approvers.objection(person, approval.requester)
    return f"{one_line(objection) + ' ' if objection else ''}expires {until(approval.expires_at, now)}"
