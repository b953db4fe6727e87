"""How an explanation looks: asked, read, decided, approved, happened, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, dollars, plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from gainful.app.explaining.why import Explanation, Reading, Step

SHOWN = 20
"""Steps of a run that are listed unless all are asked for."""

VERDICTS = {"allow": "green", "ask": "yellow", "deny": "red"}
WORDS = {
    "user": "the person's own",
    "trusted": "no stranger can write it",
    "untrusted": "a stranger may have written it",
}


def show(found: Explanation, *, one: bool, all_: bool) -> None:
    """Print the run, then one step in full or a line for each of several."""
    screen = console()
    run = found.run
    head = Text.assemble("\n ", (f"Run {safe(run.id, 60)}", "bold"), f"  {safe(run.job, 60)}  {safe(run.state, 60)}  ")
    screen.print(head.append(f"{run.started_at:%Y-%m-%d %H:%M} UTC", style="dim"))
    screen.print(_rows([("Asked", found.asked), *_context(found)]))
    if one and found.steps:
        for step in found.steps:
            screen.print(_step(step))
        return
    screen.print(_decisions(found))
    screen.print(_list(found.steps if all_ else found.steps[:SHOWN]))
    left = len(found.steps) - SHOWN
    if left > 0 and not all_:
        screen.print(Text(f" … and {plural(left, 'more step')}; --all shows them.", style="dim"))
    if found.steps:
        screen.print(Text(f" gainful why {run.id} {found.steps[0].id}   explains one of them", style="dim"))
    screen.print()


def _context(found: Explanation) -> Iterable[tuple[str, str]]:
    if found.manifest:
        yield "Manifest", found.manifest
    for sentence in found.noticed:
        yield "Noticed", sentence
    tokens = found.spent.tokens.total
    spent = f"{dollars(found.spent.cost.amount)}, {plural(tokens, 'token')}"
    yield "Cost", spent if tokens else "0 USD, no language model was asked"
    if found.undo:
        yield "Undo", found.undo


def _rows(rows: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    last = ""
    for name, text in rows:
        grid.add_row(name if name != last else "", Text(safe(text, 2000)))
        last = name
    return Padding(grid, (0, 1, 0, 1), expand=False)


def _decisions(found: Explanation) -> RenderableType:
    table = Table(box=None, pad_edge=True, padding=(0, 2, 0, 0))
    for name in ("decided", "tool", "times", "by rule"):
        table.add_column(name, header_style="dim", overflow="fold")
    for (tool, verdict, rules), count in sorted(found.verdicts.items()):
        sentences = "; ".join(f"{rule}: {found.rules.get(rule) or 'not known here'}" for rule in rules)
        table.add_row(
            Text(safe(verdict), style=VERDICTS.get(verdict, "")), safe(tool), f"{count:,}", Text(safe(sentences))
        )
    return Padding(table, (1, 0, 1, 0), expand=False) if found.verdicts else Text("")


def _list(steps: Iterable[Step]) -> RenderableType:
    table = Table(box=None, pad_edge=True, padding=(0, 2, 0, 0))
    for name in ("step", "about", "happened"):
        table.add_column(name, header_style="dim", overflow="fold")
    for step in steps:
        about = Text(safe(step.title, 60))
        table.add_row(safe(step.id, 40), about, Text(safe(" ".join(step.happened), 100), style="dim"))
    return table


def _step(step: Step) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(safe(step.id, 60)), Text(safe(step.title, 300), style="bold"))
    _add(grid, "Read", [_label(reading) for reading in step.read])
    _add(grid, "Chosen", [Text(safe(step.chosen))] if step.chosen else [])
    lines = []
    for one in step.verdicts:
        line = Text.assemble((safe(one.verdict), VERDICTS.get(one.verdict, "")), f"  {safe(one.tool)}  ")
        lines.append(line.append(safe(one.reason)))
        lines += [
            Text(f"  {safe(rule, 80)}: {safe(text) or 'not known here'}", style="dim") for rule, text in one.rules
        ]
    _add(grid, "Decided", lines or [Text("Nothing had to be decided by the policy.", style="dim")])
    asked = [
        Text(f"{safe(one.said, 200)}; approval {one.id}{f', card {one.card[:12]}' if one.card else ''}")
        for one in step.approvals
    ]
    _add(grid, "Approved", asked or [Text("Nobody had to be asked.", style="dim")])
    _add(grid, "Happened", [Text(safe(sentence)) for sentence in step.happened])
    _add(grid, "Undo", [Text(safe(step.undo), style="green")] if step.undo else [])
    return Padding(grid, (1, 1, 1, 1), expand=False)


def _label(reading: Reading) -> Text:
    label = reading.label
    text = Text.assemble(f"{safe(reading.what)}: ", (WORDS[label.integrity], "red" if label.tainted else "green"))
    text.append(f", {label.confidentiality}")
    if label.sources:
        text.append(f", from {', '.join(safe(source, 80) for source in sorted(label.sources)[:5])}", style="dim")
    return text


def _add(grid: Table, name: str, lines: Iterable[Text]) -> None:
    for number, line in enumerate(lines):
        grid.add_row(name if not number else "", line)
