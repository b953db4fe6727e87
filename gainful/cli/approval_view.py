"""How a question to a person looks: exactly what would happen, whose words it holds, and how to answer.

Nothing is cut: what is approved is shown whole. Every line of a text stands behind a margin, so that no text can pass
for a part of the card; a line that a stranger may have written has an exclamation mark in it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.screen import console, plural
from gainful.core.label import UNKNOWN, Confidentiality, Integrity, Label
from gainful.core.visible import suspicious, visible
from gainful.gate.approval import SHORTEST_DIGEST, Approval, State

if TYPE_CHECKING:
    from rich.console import Console

    from gainful.gate.proposal import Proposal

NAMES = 14
"""Columns for the names of arguments."""

TAINTED = "! │ "
CLEAN = "  │ "

ORDER = {"target": 0, "amount": 1, "option": 2, "content": 3}
"""What an argument is for, most telling first; an argument of unknown use stands before the text."""

REACH = {
    "read": "only reads",
    "contained": "only you see it",
    "reversible": "can be undone",
    "irreversible": "cannot be taken back",
    "egress": "something leaves",
}
INTEGRITY = {
    Integrity.USER: "the person typed it",
    Integrity.TRUSTED: "strangers cannot write to where it came from",
    Integrity.UNTRUSTED: "a stranger may have written it",
}
STATES = {
    State.WAITING: "yellow",
    State.ACCEPTED: "green",
    State.EDITED: "green",
    State.SPENT: "green",
    State.REFUSED: "red",
    State.EXPIRED: "red",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an argument. `sign`: `+`, `-` or a blank of a difference; empty where nothing is compared."""

    text: str
    label: Label
    sign: str = ""


def show_list(approvals: list[Approval], now: datetime, person: str, out: Console | None = None) -> None:
    """Print one block per approval: its id, who asks for what, until when."""
    screen = out or console()
    for approval in approvals:
        first = approval.effective[0]
        more = len(approval.proposals) - 1
        head = Text.assemble((approval.id, "bold"), "  ", _state(approval), "  ", (_one_line(approval.agent), "bold"))
        head.append(f"  {_one_line(first.explanation.act or first.tool)}")
        head.append(f" and {plural(more, 'other effect')}" if more else "")
        screen.print(Padding(head, (1, 1, 0, 1), expand=False))
        gist = ", ".join(_gist(value) for name, value in _ordered(first) if _role(first, name) != "content")
        screen.print(Padding(Text(gist, no_wrap=True, overflow="ellipsis"), (0, 1, 0, 3), expand=False))
        screen.print(Padding(Text(_who_and_when(approval, now, person), style="dim"), (0, 1, 0, 3), expand=False))


def show(approval: Approval, now: datetime, person: str, out: Console | None = None) -> None:
    """Print the whole card: every effect that it covers, in full."""
    screen = out or console()
    head = Text.assemble(("Approval ", "bold"), (approval.id, "bold"), "  ", _state(approval), "  ")
    head.append(f"{_one_line(approval.agent)} asks on behalf of {_one_line(approval.requester)}")
    screen.print(Padding(head, (1, 1, 0, 1), expand=False))
    total = len(approval.proposals)
    for number, proposal in enumerate(approval.proposals):
        _show_effect(screen, proposal, approval.edits.get(number), f"{number + 1} of {total}  " if total > 1 else "")
    if any(_is_tainted(proposal) for proposal in approval.effective):
        screen.print(Padding(Text("! in the margin: a stranger may have written this line."), (1, 1, 0, 1)))
    screen.print(_foot(approval, now, person))


def _show_effect(screen: Console, proposal: Proposal, edit: Proposal | None, number: str) -> None:
    shown = proposal.explanation
    title = Text.assemble((number, "dim"), (_one_line(shown.act or proposal.tool), "bold underline"))
    title.append(f"  {_one_line(proposal.tool)}", style="dim")
    title.append(f"  {REACH.get(shown.effect, _one_line(shown.effect))}", style="bold")
    screen.print(Padding(title, (1, 1, 0, 1), expand=False))
    for name, value in _ordered(proposal):
        edited = edit is not None and edit.arguments[name] != value
        lines = list(_compared(proposal, edit, name) if edit and edited else _lines(proposal, name, value))
        _show_argument(screen, name, lines)
        for text in _remarks((edit if edited and edit else proposal), name):
            screen.print(Padding(text, (0, 1, 0, NAMES + 6)))
    if not proposal.arguments:
        screen.print(Padding(Text("without arguments", style="dim"), (0, 1, 0, 3)))
    screen.print(_facts(proposal))


def _facts(proposal: Proposal) -> Padding:
    shown = proposal.explanation
    grid = _grid()
    for name, digest in sorted(proposal.attachments.items()):
        grid.add_row("Attached", Text(f"{_one_line(name)}  SHA-256 {digest[:16]}…"))
    for reason in shown.reasons:
        grid.add_row("Asked because", Text.assemble(_one_line(reason.sentence), (f"  {_one_line(reason.rule)}", "dim")))
    grid.add_row("Undo", Text(_one_line(shown.undo) or "It cannot be taken back."))
    grid.add_row("Digest", Text(proposal.digest[:16] + "…", style="dim"))
    return Padding(grid, (0, 1, 0, 1), expand=False)


def _foot(approval: Approval, now: datetime, person: str) -> Padding:
    grid = _grid()
    if approval.state is State.WAITING:
        grid.add_row("Expires", Text(_until(approval.expires_at, now)))
    objection = approval.approvers.objection(person, approval.requester)
    grid.add_row("May answer", Text(_one_line(_who(approval))))
    if objection and approval.state is State.WAITING:
        grid.add_row("You", Text(_one_line(objection), style="yellow"))
    if approval.answered_by and approval.answered_at:
        when = f"{approval.answered_at:%Y-%m-%d %H:%M} UTC"
        grid.add_row("Answered", Text(f"{approval.state} by {_one_line(approval.answered_by)}, {when}"))
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


# --- arguments ---


def _ordered(proposal: Proposal) -> list[tuple[str, Any]]:
    """The arguments, whom it concerns first, texts last."""
    return sorted(proposal.arguments.items(), key=lambda item: (ORDER.get(_role(proposal, item[0]), 2), item[0]))


def _role(proposal: Proposal, name: str) -> str:
    return str(proposal.explanation.roles.get(name, ""))


def _label(proposal: Proposal, path: str) -> Label:
    """The label of an argument, or of an item in it; what nobody labelled may be anybody's."""
    labels = proposal.explanation.labels
    return labels.get(path) or labels.get(path.partition("[")[0]) or UNKNOWN


def _is_tainted(proposal: Proposal) -> bool:
    return any(line.label.tainted for name, value in _ordered(proposal) for line in _lines(proposal, name, value))


def _lines(proposal: Proposal, name: str, value: Any) -> Iterator[_Line]:
    """An argument line by line, each with whose words it holds."""
    before = proposal.explanation.before.get(name)
    if before is not None and isinstance(value, str):
        yield from _difference(before, value, _label(proposal, name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            for line in _text(item):
                yield _Line(line, _label(proposal, f"{name}[{number}]"))
    else:
        for line in _text(value):
            yield _Line(line, _label(proposal, name))


def _compared(proposal: Proposal, edit: Proposal, name: str) -> Iterator[_Line]:
    """What the person made of an argument."""
    old, new = "\n".join(_text(proposal.arguments[name])), "\n".join(_text(edit.arguments[name]))
    yield from _difference(old, new, _label(edit, name), _label(proposal, name))


def _difference(old: str, new: str, label: Label, before: Label | None = None) -> Iterator[_Line]:
    """A unified difference with every line that stays, so that the whole text is seen."""
    olds, news = visible(old).split("\n"), visible(new).split("\n")
    # Not ndiff: it looks for likenesses within lines, and a hostile text can keep it busy for hours.
    for tag, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, olds, news).get_opcodes():
        if tag == "equal":
            yield from (_Line(line, label, " ") for line in news[new_from:new_to])
            continue
        yield from (_Line(line, before or label, "-") for line in olds[old_from:old_to])
        yield from (_Line(line, label, "+") for line in news[new_from:new_to])


def _text(value: Any) -> list[str]:
    """A value as lines that a person reads; a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return visible(value).split("\n") if value else ['""']
    if isinstance(value, dict | list) and value:
        return visible(json.dumps(value, ensure_ascii=False, indent=2)).split("\n")
    return [json.dumps(value)]


def _show_argument(screen: Console, name: str, lines: list[_Line]) -> None:
    label = _one_line(name)
    if len(label) > NAMES:
        screen.print(Padding(Text(label, style="bold"), (0, 1, 0, 3)))
        label = ""
    width = max(20, screen.width - NAMES - 9)
    for line in lines:
        style = {"+": "green", "-": "red"}.get(line.sign, "")
        body = Text(f"{line.sign} {line.text}" if line.sign else line.text, style=style)
        body.expand_tabs(4)
        for piece in body.wrap(screen, width) or [body]:
            margin = Text(TAINTED if line.label.tainted else CLEAN, style="bold red" if line.label.tainted else "dim")
            row = Text.assemble("   ", Text(label.ljust(NAMES), style="bold"), " ", margin, piece)
            screen.print(row, no_wrap=True, overflow="ignore", crop=False)
            label = ""


def _remarks(proposal: Proposal, name: str) -> Iterator[Text]:
    """Below an argument: where it came from, how it came about, and what may deceive."""
    labels = proposal.explanation.labels
    paths = [path for path in labels if path == name or path.startswith(f"{name}[")] or [name]
    for path in sorted(paths):
        label = _label(proposal, path)
        which = "" if path == name else f"{_one_line(path)}: "
        style = "red" if label.tainted else "dim"
        yield Text(f"{which}{_origin(label)}", style=style)
    if derived := proposal.explanation.derivations.get(name):
        yield Text(f"it is {_one_line(derived)}", style="dim")
    for sentence in dict.fromkeys(s for text in _strings(proposal.arguments[name]) for s in suspicious(text)):
        yield Text(f"caution: {sentence}", style="yellow")


def _origin(label: Label) -> str:
    sources = ", ".join(_one_line(source) for source in sorted(label.sources) if source != "you")
    secrecy = "" if label.confidentiality is Confidentiality.PUBLIC else f"; {label.confidentiality}"
    return f"{f'from {sources}: ' if sources else ''}{INTEGRITY[label.integrity]}{secrecy}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from (name, *_strings(part))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _gist(value: Any) -> str:
    return ", ".join(_gist(item) for item in value) if isinstance(value, list) else _one_line(" ".join(_text(value)))


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


# --- who and when ---


def _state(approval: Approval) -> Text:
    return Text(approval.state, style=STATES.get(approval.state, "dim"))


def _who_and_when(approval: Approval, now: datetime, person: str) -> str:
    if approval.state is not State.WAITING:
        return f"asked {approval.asked_at:%Y-%m-%d %H:%M} UTC"
    objection = approval.approvers.objection(person, approval.requester)
    return f"{_one_line(objection) + ' ' if objection else ''}expires {_until(approval.expires_at, now)}"


def _who(approval: Approval) -> str:
    who = ", ".join(sorted(approval.approvers.people)) or "whoever may open this installation"
    return f"{who}, but not {approval.requester}, who asked." if approval.approvers.four_eyes else f"{who}."


def _until(at: datetime, now: datetime) -> str:
    left = max(at - now, timedelta())
    if left >= timedelta(days=2):
        words = f"in {left.days} days"
    elif left >= timedelta(hours=2):
        words = f"in {left // timedelta(hours=1)} hours"
    else:
        words = f"in {plural(left // timedelta(minutes=1), 'minute')}"
    return f"{words}, {at:%Y-%m-%d %H:%M} UTC"
