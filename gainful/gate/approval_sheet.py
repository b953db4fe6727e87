"""What a person is shown of an approval, whole and in plain words, however it is then laid out.

Nothing is cut: what is approved is shown whole. Each line of an argument knows whether a stranger may have written it,
and every character that hides, reorders or imitates is shown by name.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gainful.core.label import UNKNOWN, Confidentiality, Integrity, Label
from gainful.core.visible import suspicious, visible
from gainful.gate.approval import Approval
from gainful.gate.proposal import Proposal

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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an argument. `sign`: `+`, `-` or a blank of a difference; empty where nothing is compared."""

    text: str
    label: Label
    sign: str = ""


class Tone(StrEnum):
    """What a remark is."""

    ORIGIN = "origin"
    STRANGER = "stranger"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence below an argument: where it came from, how it came about, or what in it may deceive."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ArgumentSheet:
    """One argument."""

    name: str
    lines: Sequence[Line]
    remarks: Sequence[Remark]


@dataclass(frozen=True, slots=True)
class EffectSheet:
    """One effect.

    Args:
        reach: How far it reaches, in words.
        arguments: Whom it concerns first, texts last.
        attached: Name and SHA-256 of each attached content.
        reasons: Why the person is asked, each with the rule's id.
    """

    act: str
    tool: str
    reach: str
    arguments: Sequence[ArgumentSheet]
    attached: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, str]]
    undo: str
    digest: str


def effects(approval: Approval) -> list[EffectSheet]:
    """Every effect that the approval covers; one that a person has edited with what they changed."""
    return [_effect(proposal, approval.edits.get(number)) for number, proposal in enumerate(approval.proposals)]


def tainted(approval: Approval) -> bool:
    """Whether a stranger may have written a line of what may happen."""
    return any(
        line.label.tainted
        for proposal in approval.effective
        for name, value in proposal.arguments.items()
        for line in _lines(proposal, name, value)
    )


def grave(approval: Approval) -> bool:
    """Whether something in it cannot be taken back."""
    return any(proposal.explanation.effect in ("irreversible", "egress") for proposal in approval.effective)


def gist(approval: Approval) -> str:
    """The first effect's arguments on one line, without texts."""
    first = approval.effective[0]
    return ", ".join(_gist(value) for name, value in _ordered(first) if _role(first, name) != "content")


def title(approval: Approval) -> str:
    """The first effect's act in a word."""
    first = approval.effective[0]
    return one_line(first.explanation.act or first.tool)


def who(approval: Approval) -> str:
    """Who may answer, as a sentence."""
    people = ", ".join(sorted(approval.approvers.people)) or "whoever may open this installation"
    return f"{people}, but not {approval.requester}, who asked." if approval.approvers.four_eyes else f"{people}."


def until(at: datetime, now: datetime) -> str:
    """How long until then, and when that is."""
    return f"{how_long(at, now)}, {at:%Y-%m-%d %H:%M} UTC"


def how_long(at: datetime, now: datetime) -> str:
    """How long until then: `in 6 days`."""
    left = max(at - now, timedelta())
    if left >= timedelta(days=2):
        return f"in {left.days} days"
    if left >= timedelta(hours=2):
        return f"in {left // timedelta(hours=1)} hours"
    minutes = left // timedelta(minutes=1)
    return f"in {minutes} minute{'' if minutes == 1 else 's'}"


def one_line(text: str) -> str:
    """The text on one line, with what hides shown by name."""
    return " ".join(visible(text).split())


# --- effects and arguments -------------------------------------------------------------------------------------------


def _effect(proposal: Proposal, edit: Proposal | None) -> EffectSheet:
    shown = proposal.explanation
    return EffectSheet(
        act=one_line(shown.act or proposal.tool),
        tool=one_line(proposal.tool),
        reach=REACH.get(shown.effect, one_line(shown.effect)),
        arguments=[_argument(proposal, edit, name, value) for name, value in _ordered(proposal)],
        attached=[(one_line(name), digest) for name, digest in sorted(proposal.attachments.items())],
        reasons=[(one_line(reason.rule), one_line(reason.sentence)) for reason in shown.reasons],
        undo=one_line(shown.undo) or "It cannot be taken back.",
        digest=proposal.digest,
    )


def _argument(proposal: Proposal, edit: Proposal | None, name: str, value: Any) -> ArgumentSheet:
    if edit is not None and edit.arguments[name] != value:
        return ArgumentSheet(one_line(name), list(_compared(proposal, edit, name)), list(_remarks(edit, name)))
    return ArgumentSheet(one_line(name), list(_lines(proposal, name, value)), list(_remarks(proposal, name)))


def _ordered(proposal: Proposal) -> list[tuple[str, Any]]:
    """The arguments, whom it concerns first, texts last."""
    return sorted(proposal.arguments.items(), key=lambda item: (ORDER.get(_role(proposal, item[0]), 2), item[0]))


def _role(proposal: Proposal, name: str) -> str:
    return str(proposal.explanation.roles.get(name, ""))


def _label(proposal: Proposal, path: str) -> Label:
    """The label of an argument, or of an item in it; what nobody labelled may be anybody's."""
    labels = proposal.explanation.labels
    return labels.get(path) or labels.get(path.partition("[")[0]) or UNKNOWN


def _lines(proposal: Proposal, name: str, value: Any) -> Iterator[Line]:
    """An argument line by line, each with whose words it holds."""
    before = proposal.explanation.before.get(name)
    if before is not None and isinstance(value, str):
        yield from _difference(before, value, _label(proposal, name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            for line in _text(item):
                yield Line(line, _label(proposal, f"{name}[{number}]"))
    else:
        for line in _text(value):
            yield Line(line, _label(proposal, name))


def _compared(proposal: Proposal, edit: Proposal, name: str) -> Iterator[Line]:
    """What the person made of an argument."""
    old, new = "\n".join(_text(proposal.arguments[name])), "\n".join(_text(edit.arguments[name]))
    yield from _difference(old, new, _label(edit, name), _label(proposal, name))


def _difference(old: str, new: str, label: Label, before: Label | None = None) -> Iterator[Line]:
    """A unified difference with every line that stays, so that the whole text is seen."""
    olds, news = visible(old).split("\n"), visible(new).split("\n")
    # Not ndiff: it looks for likenesses within lines, and a hostile text can keep it busy for hours.
    for tag, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, olds, news).get_opcodes():
        if tag == "equal":
            yield from (Line(line, label, " ") for line in news[new_from:new_to])
            continue
        yield from (Line(line, before or label, "-") for line in olds[old_from:old_to])
        yield from (Line(line, label, "+") for line in news[new_from:new_to])


def _text(value: Any) -> list[str]:
    """A value as lines that a person reads; a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return visible(value).split("\n") if value else ['""']
    if isinstance(value, dict | list) and value:
        return visible(json.dumps(value, ensure_ascii=False, indent=2)).split("\n")
    return [json.dumps(value)]


def _remarks(proposal: Proposal, name: str) -> Iterator[Remark]:
    """Below an argument: where it came from, how it came about, and what may deceive."""
    labels = proposal.explanation.labels
    paths = [path for path in labels if path == name or path.startswith(f"{name}[")] or [name]
    for path in sorted(paths):
        label = _label(proposal, path)
        which = "" if path == name else f"{one_line(path)}: "
        yield Remark(f"{which}{_origin(label)}", Tone.STRANGER if label.tainted else Tone.ORIGIN)
    if derived := proposal.explanation.derivations.get(name):
        yield Remark(f"it is {one_line(derived)}", Tone.ORIGIN)
    for sentence in dict.fromkeys(s for text in _strings(proposal.arguments[name]) for s in suspicious(text)):
        yield Remark(f"caution: {sentence}", Tone.CAUTION)


def _origin(label: Label) -> str:
    sources = ", ".join(one_line(source) for source in sorted(label.sources) if source != "you")
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
    return ", ".join(_gist(item) for item in value) if isinstance(value, list) else one_line(" ".join(_text(value)))
