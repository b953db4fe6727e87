"""How a triage looks to a person: what needs them first, then the rest, then what it took and how to take it back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import cell, console, dollars, plural, safe, seconds
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
ACTIONS = {Action.LEAVE: "stays", Action.LABEL: "labelled", Action.ARCHIVE: "put away", Action.DRAFT: "draft"}
PLANNED = {Action.LEAVE: "stays", Action.LABEL: "label", Action.ARCHIVE: "put away", Action.DRAFT: "draft"}

AS_PLANNED = frozenset({"", "preview", "keywords", "move", "draft"})
"""Words of an outcome that say no more than the action does."""

GROUPS = (
    "Needs you now",
    "Today",
    "Undecided, so left in the inbox",
    "Later",
    "Labelled, nothing asked of you",
    "Put away",
)


def show(report: TriageReport, source: str, *, show_all: bool, out: Console | None = None) -> None:
    """Print the whole report."""
    screen = out or console()
    width = screen.width
    rows = sorted(report.rows, key=lambda row: (_group(row), -row.record.received_at.timestamp()))
    shown = rows if show_all else rows[:SHOWN]
    counts = Counter(_group(row) for row in rows)
    for number, title in enumerate(GROUPS):
        members = [row for row in shown if _group(row) == number]
        if members:
            screen.print(Text.assemble("\n ", (title, "bold underline"), (f"  {counts[number]:,}", "dim")))
        for row in members:
            screen.print(_mail(row, report.applied, width))
    if len(rows) > len(shown):
        screen.print(Text(f"\n … and {plural(len(rows) - len(shown), 'more mail')}; --all shows them.", style="dim"))
    screen.print(_summary(report, source, width))


def _group(row: TriageRow) -> int:
    decision = row.decision
    if decision.action is Action.ARCHIVE:
        return 5
    if decision.priority is Priority.NOW:
        return 0
    if decision.priority is Priority.TODAY:
        return 1
    if decision.decided_by is Means.UNDECIDED:
        return 2
    return 3 if decision.priority is Priority.LATER else 4


def _mail(row: TriageRow, applied: bool, width: int) -> RenderableType:
    """Two lines: what it is and what is done with it; who decided, how sure, and why."""
    record = row.record
    who = safe(record.from_name or record.from_addr, 80) or "(no sender)"
    subject = safe(record.subject, 200) or "(no subject)"
    identity = Text(record.id + "  ", style="dim")
    if width >= NARROW:
        rest = width - 2 - 12 - 22 - 12 - 10
        parts = (cell(who, 22, "bold"), cell(subject, rest, ""), cell(*_label(row)), _done(row, applied))
        head = [Text.assemble(identity, *parts, no_wrap=True, overflow="ellipsis")]
    else:
        head = [
            Text.assemble(identity, cell(*_label(row)), _done(row, applied), no_wrap=True, overflow="ellipsis"),
            Text.assemble((f"{who}  ", "bold"), subject, no_wrap=True, overflow="ellipsis"),
        ]
    lines = [
        Padding(head[0], (0, 0, 0, 2), expand=False),
        *(Padding(line, (0, 0, 0, 14), expand=False) for line in head[1:]),
    ]
    return Group(*lines, Padding(_why(row), (0, 1, 0, 14), expand=False))


def _label(row: TriageRow) -> tuple[str, int, str]:
    label = row.decision.label
    return (safe(label, 24), 12, STYLES.get(label, "bold")) if label else ("undecided", 12, "yellow")


def _done(row: TriageRow, applied: bool) -> Text:
    word = (ACTIONS if applied else PLANNED)[row.decision.action]
    odd = [part for part in row.outcome.split(", ") if part not in AS_PLANNED]
    return Text(safe(", ".join(odd), 40), style="red") if odd else Text(word, style="dim")


def _why(row: TriageRow) -> Text:
    decision = row.decision
    means = decision.decided_by
    reason = safe(decision.reason)
    if means is Means.UNDECIDED:
        return Text(reason, style="dim")
    # Never 100 %: nothing here is that sure.
    sure = f" {min(99, round(100 * decision.probability))} %  "
    return Text.assemble((means.value, MEANS_STYLES[means]), (sure + reason, "dim"))


def _summary(report: TriageReport, source: str, width: int) -> RenderableType:
    total = len(report.rows)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("Mails", f"{plural(total, 'mail')} in {seconds(report.seconds)}")
    if total:
        grid.add_row("Decided by", _means(report, min(30, width // 3)))
        if any(row.decision.label for row in report.rows):
            grid.add_row("Labels", _labels(report))
    grid.add_row("Cost", _cost(report))
    for text in report.notes:
        grid.add_row("Note", Text(safe(text), style="yellow"))
    if not total:
        grid.add_row("", Text("Nothing new since the last run.", style="dim"))
    elif report.applied:
        some = next((row.record.id for row in report.rows if row.outcome), report.rows[0].record.id)
        grid.add_row("Undo", Text.assemble((f"gainful undo {report.run_id}", "bold green"), "   all of it"))
        grid.add_row("", Text.assemble((f"gainful undo {some}", "green"), "   one mail"))
        grid.add_row("Teach", Text.assemble((f"gainful correct {some} --label LABEL", "green"), "   if one is wrong"))
        grid.add_row("", Text.assemble(("gainful review", "green"), "   one key a mail, undecided ones first"))
    else:
        grid.add_row("Preview", "Nothing was changed.")
        if report.account.startswith("mbox:"):
            grid.add_row("", "An mbox is only reported on; import it as a Maildir to act on its mail.")
        else:
            grid.add_row("Do it", Text(f"gainful triage {safe(source)} --apply", style="bold green"))
    return Padding(grid, (1, 1, 1, 1), expand=False)


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
