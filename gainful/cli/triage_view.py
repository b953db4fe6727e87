"""How a triage looks to a person: what needs them first, then the rest, then what it took and how to take it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, dollars, plural, safe, seconds
from gainful.core.mail import Action, Means, Priority

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from gainful.app import TriageReport, TriageRow

SHOWN = 60
"""Mails shown unless `--all` asks for more."""

NARROW = 88
"""Columns below which a mail is shown as a few lines instead of a table's row."""

STYLES = {
    "needs_reply": "bold yellow",
    "todo": "bold magenta",
    "meeting": "bold cyan",
    "fyi": "blue",
    "update": "white",
    "newsletter": "green",
    "receipt": "green",
    "junk": "red",
}
MEANS_STYLES = {
    Means.RULE: "cyan",
    Means.HISTORY: "blue",
    Means.LOCAL: "green",
    Means.LANGUAGE: "magenta",
    Means.UNDECIDED: "yellow",
}
ACTIONS = {Action.LEAVE: "stays", Action.LABEL: "labelled", Action.ARCHIVE: "put away", Action.DRAFT: "draft written"}
PLANNED = {Action.LEAVE: "stays", Action.LABEL: "label", Action.ARCHIVE: "put away", Action.DRAFT: "write a draft"}

GROUPS = (
    "Needs you now",
    "Today",
    "Undecided, so left in the inbox",
    "Later",
    "To know",
    "Put away",
)


def show(report: TriageReport, source: str, *, show_all: bool, out: Console | None = None) -> None:
    """Print the whole report."""
    screen = out or console()
    width = screen.width
    rows = sorted(report.rows, key=lambda row: (_group(row), -row.record.received_at.timestamp()))
    shown = rows if show_all else rows[:SHOWN]
    for number, title in enumerate(GROUPS):
        members = [row for row in shown if _group(row) == number]
        if members:
            count = sum(1 for row in rows if _group(row) == number)
            screen.print(Text.assemble("\n ", (title, "bold"), ("  " + plural(count, "mail"), "dim")))
            screen.print(_list(members, report.applied) if width < NARROW else _table(members, report.applied, width))
    if len(rows) > len(shown):
        screen.print(Text(f"\n … and {plural(len(rows) - len(shown), 'more mail')}; --all shows them.", style="dim"))
    screen.print(_summary(report, source, width))


def _group(row: TriageRow) -> int:
    decision = row.decision
    if decision.action is Action.ARCHIVE:
        return 5
    if decision.decided_by is Means.UNDECIDED:
        return 2
    return {Priority.NOW: 0, Priority.TODAY: 1, Priority.LATER: 3, Priority.NONE: 4}[decision.priority]


def _label(row: TriageRow) -> Text:
    label = row.decision.label
    return Text(safe(label, 24), style=STYLES.get(label, "bold")) if label else Text("undecided", style="yellow")


def _sure(row: TriageRow) -> str:
    """Never `100 %`: nothing here is that sure."""
    if row.decision.decided_by is Means.UNDECIDED:
        return ""
    return f"{min(99, round(100 * row.decision.probability))} %"


def _done(row: TriageRow, applied: bool) -> str:
    words = (ACTIONS if applied else PLANNED)[row.decision.action]
    return f"{words}: {safe(row.outcome, 60)}" if row.outcome and row.outcome not in ("done", "planned") else words


def _table(rows: Sequence[TriageRow], applied: bool, width: int) -> RenderableType:
    """Two columns of fixed things, two that share what is left: the mail and the reason."""
    left = width - 10 - 14 - 14 - 2 - 5 * 2
    mail = min(44, left * 53 // 100)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=10, no_wrap=True)
    table.add_column(width=mail, no_wrap=True, overflow="ellipsis")
    table.add_column(width=14, overflow="fold")
    table.add_column(width=14, no_wrap=True)
    table.add_column(width=min(60, left - mail), overflow="fold")
    for row in rows:
        record = row.record
        who = safe(record.from_name or record.from_addr, 80) or "(no sender)"
        subject = safe(record.subject, 120) or "(no subject)"
        table.add_row(
            Text(record.id, style="dim"),
            Group(
                Text(who, style="bold", no_wrap=True, overflow="ellipsis"),
                Text(subject, no_wrap=True, overflow="ellipsis"),
            ),
            Group(_label(row), Text(_done(row, applied), style="dim")),
            Group(
                Text(row.decision.decided_by.value, style=MEANS_STYLES[row.decision.decided_by]),
                Text(_sure(row), style="dim"),
            ),
            Text(safe(row.decision.reason), style="dim"),
        )
    return Padding(table, (0, 0, 0, 2))


def _list(rows: Sequence[TriageRow], applied: bool) -> RenderableType:
    lines = []
    for row in rows:
        record = row.record
        head = Text.assemble((record.id, "dim"), "  ", _label(row), (f" · {_done(row, applied)}", "dim"))
        who = safe(record.from_name or record.from_addr, 60) or "(no sender)"
        mail = Text(f"{who}: {safe(record.subject, 120) or '(no subject)'}", no_wrap=True, overflow="ellipsis")
        means = row.decision.decided_by
        sure = f" {_sure(row)}" if _sure(row) else ""
        why = Text.assemble((means.value, MEANS_STYLES[means]), (f"{sure}: {safe(row.decision.reason)}", "dim"))
        lines += [Padding(head, (0, 0, 0, 1)), Padding(mail, (0, 0, 0, 3)), Padding(why, (0, 0, 0, 3))]
    return Group(*lines)


def _summary(report: TriageReport, source: str, width: int) -> RenderableType:
    total = len(report.rows)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("Mails", f"{plural(total, 'mail')} in {seconds(report.seconds)}")
    if total:
        grid.add_row("Decided by", _means(report, min(30, width // 3)))
        grid.add_row("Labels", _labels(report))
    grid.add_row("Cost", _cost(report))
    for text in report.notes:
        grid.add_row("Note", Text(safe(text), style="yellow"))
    if not total:
        grid.add_row("", Text("Nothing new since the last run.", style="dim"))
    elif report.applied:
        some = report.rows[0].record.id
        grid.add_row("Undo", Text.assemble((f"gainful undo {report.run_id}", "bold green"), "   all of it"))
        grid.add_row("", Text.assemble((f"gainful undo {some}", "green"), "   one mail"))
        grid.add_row("Teach", Text.assemble((f"gainful correct {some} --label LABEL", "green"), "   if one is wrong"))
    else:
        grid.add_row("Preview", "Nothing was changed.")
        grid.add_row("Do it", Text(f"gainful triage {safe(source)} --apply", style="bold green"))
    return Padding(grid, (1, 1, 1, 1))


def _means(report: TriageReport, width: int) -> RenderableType:
    counts = Counter(row.decision.decided_by for row in report.rows)
    total = len(report.rows)
    table = Table.grid(padding=(0, 2))
    for means in Means:
        count = counts.get(means, 0)
        bar = "━" * max(1 if count else 0, round(width * count / total))
        table.add_row(
            Text(means.value, style=MEANS_STYLES[means]),
            Text(f"{count:>6,}"),
            Text(bar, style=MEANS_STYLES[means]),
        )
    return table


def _labels(report: TriageReport) -> Text:
    counts = Counter(row.decision.label for row in report.rows if row.decision.label)
    text = Text()
    for label, count in counts.most_common():
        text.append(safe(label, 24), style=STYLES.get(label, "bold")).append(f" {count:,}   ")
    return text


def _cost(report: TriageReport) -> Text:
    if not report.tokens.total:
        return Text.assemble(("0 USD", "bold"), ", 0 tokens: no language model was asked")
    share = report.cost.amount / len(report.rows)
    words = f", {plural(report.tokens.total, 'token')}: {dollars(share)} a mail"
    return Text.assemble((dollars(report.cost.amount), "bold"), words)
