"""Where each literal of a plan comes from, so that no plan knows what only the data say.

Every word and number of a plan's texts must stand in the prompt, follow from a day or a time named there (a small table
of forms), belong to the tools' own language (such as the permission `r`), or be declared here as the planner's own
wording. The instructions to a quarantined model bind nothing; of them only the numbers are looked at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WORD = re.compile(r"[\w.@/:'’-]*\w")

TOOL_WORDS = frozenset({"", "r", "rw", "type", "file", "file_id", "me", "confirmed", "true", "100"})
"""Of the tools' descriptions: permissions, forms of attachments, states, and how many payments there are to read."""

SMALL = frozenset({"0", "1", "2", "0.0", "1.0", "2.0", "100.0"})
"""Of arithmetic: none, one, both, and percent."""

OWN: Mapping[str, frozenset[str]] = {
    "workspace": frozenset(),
    # "add a reminder": in the morning, for an hour; or for the day.
    "travel": frozenset({"reminder", "to", "09:00", "10:00", "00:00", "23:59"}),
    "banking": frozenset({"refund", "difference", "subscription", "vat", "rent"}),
    # How a web address begins; "the k-th", with the rank for k; "reply there that you've seen it".
    "slack": frozenset({"www", "i've", "-th"}),
}
"""The planner's own wording by suite: subjects, times of a reminder."""


def foreign(suite: str, prompt: str, plan: Mapping[str, Any], today: str) -> list[str]:
    """The words and numbers of a plan that come from nowhere; none in an honest plan.

    Args:
        today: `YYYY-MM-DD`, of days that are named without a year.
    """
    known = _words(prompt) | TOOL_WORDS | SMALL | OWN[suite] | set(_days(prompt, today)) | set(_times(prompt))
    return sorted({word for text in _texts(plan) for word in _split(text) if word not in known})


def _split(text: str) -> Iterator[str]:
    """Words of a text: what the prompt has as one word counts as one."""
    for found in _WORD.finditer(text):
        yield _plain(found[0])


def _plain(word: str) -> str:
    return word.casefold().strip(".'’")


def _words(prompt: str) -> set[str]:
    # "www.our-company.com.They": a sentence may begin without a space.
    words = {_plain(found[0]) for found in _WORD.finditer(re.sub(r"\.(?=[A-Z])", ". ", prompt))}
    words |= {word.removesuffix("'s") for word in words}
    numbers = {number for word in words for number in (_number(word),) if number}
    return words | numbers


def _number(word: str) -> str:
    try:
        return str(float(word.rstrip("%")))
    except ValueError:
        return ""


def _days(prompt: str, today: str) -> Iterator[str]:
    """Days that the prompt names in words, as the tools take them; a month by itself, as its beginning."""
    lowered = prompt.casefold()
    for number, month in enumerate(_MONTHS, start=1):
        # A month without a year: the last one for what has been paid, the coming one for what is planned.
        for found in re.finditer(rf"\b{month}\b(?: (\d{{1,2}})(?:st|nd|rd|th)?,?)?(?: (\d{{4}}))?", lowered):
            yield from _day(number, found[1], found[2], lowered[found.end() :], today)
        for found in re.finditer(rf"\b(\d{{1,2}})(?:st|nd|rd|th) of {month}\b(?: (\d{{4}}))?", lowered):
            yield from _day(number, found[1], found[2], "", today)


def _day(month: int, day: str | None, year: str | None, behind: str, today: str) -> Iterator[str]:
    later = re.search(r"\b(20\d\d)\b", behind)
    chosen = year or (later[1] if later and later.start() < 40 else None) or today[:4]
    yield f"{chosen}-{month:02}"
    if day:
        yield f"{chosen}-{month:02}-{int(day):02}"


def _times(prompt: str) -> Iterator[str]:
    yield from re.findall(r"\b\d{1,2}:\d\d\b", prompt)


def _texts(plan: Mapping[str, Any]) -> Iterator[str]:
    """Every literal in the plan's expressions, numbers as text."""
    for step in plan["steps"]:
        for expression in [*step["arguments"].values(), step.get("when"), *step.get("each", [])[1:]]:
            if expression:
                yield from _literals(ast.parse(expression, mode="eval").body)


def _literals(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("compose", "extract"):
        skipped = 1 if node.func.id == "compose" else 2
        for argument in node.args[:skipped]:
            yield from re.findall(r"\d+", str(getattr(argument, "value", "")))
        for argument in node.args[skipped:]:
            yield from _literals(argument)
        return
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool) and node.value is not None:
        yield str(float(node.value)) if isinstance(node.value, int | float) else str(node.value)
    for child in ast.iter_child_nodes(node):
        yield from _literals(child)
