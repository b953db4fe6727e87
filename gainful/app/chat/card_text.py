"""An approval as a message: what the command line shows, in markdown, with nothing that could pass for something else.

Every argument stands in a block of code, each of its lines behind a margin: there no markup works, and no text can pass
for a part of the card. An exclamation mark in the margin says that a stranger may have written the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gainful.core.visible import visible
from gainful.gate.approval import SHORTEST_DIGEST, Approval, State
from gainful.gate.approval_sheet import EffectSheet, effects, one_line, tainted, until

LONGEST = 8_000
"""Characters of a card that every chat takes as one message."""

NAMES = 12
"""Columns for the names of arguments."""

_JOINER = "\u2060"

RESULTS = {
    State.ACCEPTED: "Approved",
    State.SPENT: "Approved",
    State.EDITED: "Approved with changes",
    State.RESPONDED: "Answered otherwise",
    State.IGNORED: "Left without an answer",
    State.REFUSED: "Declined",
    State.EXPIRED: "Expired; nothing happens by it",
}


def question(approval: Approval, now: datetime) -> str:
    """The card while it waits; empty when it is too long to be shown whole, and so cannot be approved in a chat."""
    text = "\n".join([_head(approval), *_body(approval), _foot(approval, now)])
    return text if len(text) <= LONGEST else ""


def too_long(approval: Approval) -> str:
    """What stands there instead of a card that is too long."""
    return (
        f"{_head(approval)}\nIt is too long to be shown here whole, so it cannot be approved here. Read all of it with "
        f"`gainful approvals show {approval.id}`."
    )


def answered(approval: Approval) -> str:
    """The card when nothing can be pressed any more: what it asked, and what became of it."""
    text = "\n".join([_head(approval), *_body(approval), result(approval)])
    return text if len(text) <= LONGEST else f"{_head(approval)}\n{result(approval)}"


def changed(approval: Approval) -> str:
    """The card when something else is asked now under its name."""
    return f"{_head(approval)}\nWhat was shown here is not what would happen now; look for the new question."


def result(approval: Approval) -> str:
    """What became of it, in a sentence."""
    by = f" by {_word(approval.answered_by)}" if approval.answered_by else ""
    when = f", {approval.answered_at:%Y-%m-%d %H:%M} UTC" if approval.answered_at is not None else ""
    return f"**{RESULTS.get(approval.state, str(approval.state).capitalize())}{by}**{when}."


def _head(approval: Approval) -> str:
    return f"**{_word(approval.agent)} asks for your word**, on behalf of {_word(approval.requester)}"


def _body(approval: Approval) -> Iterator[str]:
    sheets = effects(approval)
    for number, sheet in enumerate(sheets, 1):
        which = f"{number} of {len(sheets)}: " if len(sheets) > 1 else ""
        yield f"\n{which}**{_word(sheet.act)}** with {_word(sheet.tool)}: {_word(sheet.reach)}"
        yield "\n".join(["```", *map(_harmless, _rows(sheet)), "```"])
    if tainted(approval):
        yield "`!` in the margin: a stranger may have written this line."


def _rows(sheet: EffectSheet) -> Iterator[str]:
    for argument in sheet.arguments:
        label = argument.name
        if len(label) > NAMES:
            yield label
            label = ""
        for line in argument.lines:
            sign = f"{line.sign} " if line.sign else ""
            yield f"{label:<{NAMES}} {'!' if line.label.tainted else ' '} │ {sign}{line.text}"
            label = ""
        for remark in argument.remarks:
            yield f"{'':<{NAMES}}   · {one_line(remark.text)}"
    if not sheet.arguments:
        yield "without arguments"
    for name, digest in sheet.attached:
        yield f"{'attached':<{NAMES}}   · {name}, SHA-256 {digest[:16]}…"
    for rule, sentence in sheet.reasons:
        yield f"{'asked because':<{NAMES}}  · {sentence} ({rule})"
    yield f"{'undo':<{NAMES}}   · {sheet.undo}"


def _foot(approval: Approval, now: datetime) -> str:
    return (
        f"It holds for exactly this, once. It expires {until(approval.expires_at, now)}. To change it: "
        f"`gainful approvals edit {approval.id}`. Card {approval.card[:SHORTEST_DIGEST]}."
    )


def _harmless(row: str) -> str:
    """A row that cannot end its block of code."""
    return row.replace("``", f"`{_JOINER}`").replace("``", f"`{_JOINER}`")


def _word(text: str) -> str:
    """A name outside of a block of code, without anything that markup could be made of."""
    return "".join(char if char.isalnum() or char in " .,-@+'" else "·" for char in visible(text))
