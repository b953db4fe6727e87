"""What a person typed, as whole tokens: an address, an id, a date, a number, a quoted text.

    tokens = typed("Send 'Hello you' to ada@example.org on 2026-12-01")
    "ada@example.org" in tokens      # True
    "example.org" in tokens          # False: a part of what was typed was not typed

Whether a text occurs somewhere in a prompt proves nothing: "June 13" would make a file with the id 13 the person's
choice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from gainful.core.value import Json

_QUOTED = re.compile(
    r"'([^'\n]{1,2000})'(?!\w)"
    r'|"([^"\n]{1,2000})"'
    r"|“([^”\n]{1,2000})”"
    r"|„([^“”\n]{1,2000})[“”]"
    r"|«([^»\n]{1,2000})»"
)
_OPENING = re.compile(r"(?<!\w)$")
_TOKEN = re.compile(r"\S+")
_EDGES = ".,;:!?()[]{}<>'\"“”„«»"
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_WRITTEN_DATE = re.compile(
    r"\b(?P<month>[A-Za-z]{3,9})\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?\b"
    r"|\b(?P<day2>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month2>[A-Za-z]{3,9})(?:,?\s+(?P<year2>\d{4}))?\b"
)
_DATE = re.compile(r"(?<![\d-])\d{4}-\d\d-\d\d(?![\d-])")
_TIME = re.compile(r"(?<![\d:])\d{1,2}:\d\d(?![\d:])")


@dataclass(frozen=True, slots=True)
class Typed:
    """The tokens of what a person typed."""

    texts: frozenset[str]
    numbers: frozenset[Decimal]
    dates: frozenset[str]
    times: frozenset[str]

    def __contains__(self, value: Json) -> bool:
        """Whether the person typed this very value."""
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return _decimal(value) in self.numbers
        return isinstance(value, str) and (_same(value) in self.texts or self._is_moment(value))

    def _is_moment(self, value: str) -> bool:
        """A date that was typed in another form, and a time of day that was typed."""
        day, _, time = value.replace("T", " ").partition(" ")
        return day in self.dates and (not time or time.removesuffix(":00") in self.times or time in self.times)


@lru_cache(maxsize=64)
def typed(prompt: str, year: int | None = None) -> Typed:
    """The tokens of this prompt.

    Args:
        year: Of dates that were typed without one; they are left out when it is None.
    """
    texts = set(_texts(prompt))
    # An address or an id that merely looks like a number is a text; "13" in "June 13" is a part of a date.
    numbers = set(_numbers(prompt))
    dates = {*_DATE.findall(prompt), *_written_dates(prompt, year)}
    return Typed(frozenset(texts), frozenset(numbers), frozenset(dates), frozenset(_TIME.findall(prompt)))


def _texts(prompt: str) -> Iterable[str]:
    for found in _QUOTED.finditer(prompt):
        # An apostrophe inside a word opens no quotation.
        if found.group(0)[0] != "'" or _OPENING.search(prompt[: found.start()]):
            yield _same(next(group for group in found.groups() if group))
    without_dates = _WRITTEN_DATE.sub(lambda found: " " if _month(found) else found.group(0), prompt)
    for found in _TOKEN.finditer(without_dates):
        token = found.group(0).strip(_EDGES)
        if token and not _NUMBER.fullmatch(token):
            yield _same(token)
            if token.endswith(("'s", "’s")):
                yield _same(token[:-2])


def _numbers(prompt: str) -> Iterable[Decimal]:
    without_dates = _WRITTEN_DATE.sub(lambda found: " " if _month(found) else found.group(0), prompt)
    for found in _TOKEN.finditer(_DATE.sub(" ", without_dates)):
        token = found.group(0).strip(_EDGES + "$€£%")
        if _NUMBER.fullmatch(token):
            yield Decimal(token)


def _month(found: re.Match[str]) -> int:
    return _MONTHS.get((found["month"] or found["month2"]).lower(), 0)


def _written_dates(prompt: str, year: int | None) -> Iterable[str]:
    for found in _WRITTEN_DATE.finditer(prompt):
        month, day = _month(found), int(found["day"] or found["day2"])
        named = found["year"] or found["year2"] or year
        if month and 1 <= day <= 31 and named:
            yield f"{int(named):04}-{month:02}-{day:02}"


def _same(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _decimal(number: float) -> Decimal | None:
    try:
        return Decimal(str(number))
    except InvalidOperation:
        return None
