"""How tools look: a line each, and one in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, safe
from gainful.core.tool import Effect
from gainful.sdk.operation import type_of

if TYPE_CHECKING:
    from gainful.app.tooling.catalogue import Entry
    from gainful.core.label import Label

STYLES = {Effect.EGRESS: "red", Effect.IRREVERSIBLE: "bold red", Effect.REVERSIBLE: "yellow", Effect.CONTAINED: "green"}
GRADES = {"A": "the real server or format", "B": "somebody else's emulator", "C": "our own imitation"}


def show_list(entries: Sequence[Entry]) -> None:
    """Print each tool on a line."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("tool", "reach", "act", "tried", "needs"):
        table.add_column(title, no_wrap=title != "needs")
    for entry in entries:
        spec = entry.spec
        table.add_row(
            Text(safe(spec.name), style="" if entry.ready else "dim"),
            Text(str(spec.effect), style=STYLES.get(spec.effect, "")),
            str(spec.act),
            entry.grades or "–",
            Text("" if entry.ready else entry.needs or "its settings", style="dim"),
        )
    screen = console()
    screen.print(table)
    screen.print(
        Text("\nReach: contained is seen by its owner alone, egress leaves for others. Tried against:", style="dim")
    )
    screen.print(Text("; ".join(f"{grade} {what}" for grade, what in GRADES.items()) + ".", style="dim"))


def show(entry: Entry) -> None:
    """Print one tool in full."""
    screen, spec = console(), entry.spec
    screen.print(Text.assemble("\n ", (safe(spec.name), "bold"), f"  {spec.effect}, {spec.act}  ", _state(entry)))
    screen.print(Text(f" {safe(spec.about, 2000)}\n"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in (" argument", "is", "type", ""):
        table.add_column(title)
    for name, role in spec.arguments.items():
        table.add_row(
            f" {safe(name)}", str(role), type_of(spec, name), "needed" if name in spec.required else "optional"
        )
    screen.print(table if spec.arguments else Text(" It takes no arguments."))
    screen.print(Text("\n Whose words it brings", style="dim"))
    for path, label in spec.returns.labels.items():
        screen.print(Text(f"   {safe(path)}: {label_words(label)}"))
    rest = "everything else" if spec.returns.labels else "everything"
    screen.print(Text(f"   {rest}: {label_words(spec.returns.default)}"))
    for title, words in (
        ("May reach", ", ".join(entry.scopes)),
        ("Limit", entry.rate),
        ("Leaves behind", entry.stores),
    ):
        if words:
            screen.print(Text.assemble((f"\n {title}  ", "dim"), safe(words, 1000)))
    if entry.evidence:
        screen.print(Text("\n How its connector was tried", style="dim"))
    for one in entry.evidence:
        screen.print(Text(f"   {one.grade}  {safe(one.against)}: {safe(one.by, 1000)}"))
    for grade in entry.grades:
        screen.print(Text(f"   {grade} means against {GRADES.get(grade, 'something else')}.", style="dim"))
    screen.print()


def label_words(label: Label) -> str:
    """A label as people read it."""
    whose = {"user": "yours", "trusted": "a system's own", "untrusted": "may be a stranger's"}
    return f"{whose[label.integrity]}, {label.confidentiality}"


def _state(entry: Entry) -> Text:
    if entry.ready:
        return Text("ready", style="green")
    return Text(f"not set up: it needs {entry.needs or 'its settings'}", style="yellow")
