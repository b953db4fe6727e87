"""Reads facts from JSON Lines: what can be used, and what cannot with its reason.

    for found in read_lines(stream):
        found.fact, found.rejected       # one of the two

Nothing is dropped silently: a line that is no fact comes back as it stood, with its number and what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gainful.core.fact import Fact
from gainful.core.fact_json import FactInvalid, fact_from

LONGEST_LINE = 64 * 1024
"""Characters of a line; no fact needs as many."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no fact.

    Args:
        number: Of the line, from 1.
        line: As it stood, cut off where it is too long to be anything.
    """

    number: int
    reason: str
    line: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one line holds: a fact, or the reason why it holds none."""

    fact: Fact | None = None
    rejected: Rejected | None = None


def read_lines(lines: Iterable[str]) -> Iterator[Found]:
    """What each line that is not empty holds, in order."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _found(number, line)


def _found(number: int, line: str) -> Found:
    if len(line) > LONGEST_LINE:
        reason = f"It has {len(line)} characters; a fact has at most {LONGEST_LINE}."
        return Found(rejected=Rejected(number, reason, line[:200]))
    try:
        content = json.loads(line)
        if not isinstance(content, dict):
            return Found(rejected=Rejected(number, "It is no JSON object.", line.rstrip("\n")))
        return Found(fact=fact_from(content))
    except FactInvalid as error:
        return Found(rejected=Rejected(number, str(error), line.rstrip("\n")))
    except (ValueError, RecursionError):
        return Found(rejected=Rejected(number, "It is not JSON.", line.rstrip("\n")))
