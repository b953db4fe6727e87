"""What a person typed, as whole tokens: an address, an id, a date, a number, a quoted text.

    tokens = typed("Send 'Hello you' to ada@example.org on 2026-12-01")
    "ada@example.org" in tokens      # True
    "example.org" in tokens          # False: a part of what was typed was not typed

Whether a text occurs somewhere in a prompt proves nothing: "June 13" would make a file with the id 13 the person's
choice.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from gainful.core.value import Json

_QUOTED = re.compile(
    r"(?<!\w)'([^'\n]{1,2000})'(?!\w)"
    r'|"([^"\n]{1,2000})"'
    r"|“([^“”\n]{1,2000})”"
    r"|„([^„“”\n]{1,2000})[“”]"
    r"|«([^«»\n]{1,2000})»"
    r"|`([^`\n]{1,2000})`"
)
_TOKEN = re.compile(r"\S+")
# A dot in front belongs to the word: `.env`, `./notes`.
_BEFORE = "([{<'\"“”„«»`"
_BEHIND = ".,;:!?)]}>'\"“”„«»`"
_CURRENCY = "$€£¥%"
# 1.000 is a thousand to one reader and one to the next: it is nobody's.
_NUMBER = re.compile(r"[-+]?[0-9]{1,25}(?:\.(?:[0-9]{1,2}|[0-9]{4,25}))?")
_DIGITS = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
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
_START, _END = r"(?<![\w.@/#-])", r"(?![\w@/-]|\.\w)"
_DAY = r"(?P<day{0}>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?"
_YEAR = r"(?:,?\s{{1,9}}(?P<year{0}>[0-9]{{4}}))?"
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_MONTH_FIRST = rf"(?P<month>{_NAMES})\s{{1,9}}" + _DAY.format("") + _YEAR.format("")
_DAY_FIRST = _DAY.format("2") + r"\s{1,9}(?:of\s{1,9})?(?P<month2>" + _NAMES + ")" + _YEAR.format("2")
_WRITTEN_DATE = re.compile(f"{_START}(?:{_MONTH_FIRST}|{_DAY_FIRST}){_END}", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_SPAN = re.compile(r"[-–—/]|(?<=[0-9])T(?=[0-9])")
_HALF = re.compile(r"(?<![\w.:-])([0-9]{1,2})(?::([0-9]{2}))?\s?([ap])\.?m\b\.?", re.IGNORECASE)
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{1,2}:[0-9]{2})(?::00)?)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """The tokens of what a person typed."""

    texts: frozenset[str]
    numbers: frozenset[Decimal]
    dates: frozenset[str]
    times: frozenset[str]

    def __contains__(self, value: Json) -> bool:
        """Whether the person typed this very value: no other case, no space around it, no part."""
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return _decimal(value) in self.numbers
        return isinstance(value, str) and (value in self.texts or self._is_moment(value))

    def _is_moment(self, value: str) -> bool:
        """A date that was typed in another form, and a time of day that was typed."""
        found = _MOMENT.fullmatch(value)
        if found is None or found[1] not in self.dates:
            return False
        return found[2] is None or _time(found[2]) in self.times


@lru_cache(maxsize=64)
def typed(prompt: str, year: int | None = None) -> Typed:
    """The tokens of this prompt.

    Args:
        year: Of dates that were typed without one; they are left out when it is None.
    """
    # An address or an id that merely looks like a number is a text; "13" in "June 13" is a part of a date.
    words = _HALF.sub(" ", _WRITTEN_DATE.sub(" ", prompt))
    tokens = [found.group(0).lstrip(_BEFORE).rstrip(_BEHIND) for found in _TOKEN.finditer(words)]
    parts = [part for token in tokens for part in (token, *_moments(token))]
    return Typed(
        frozenset(_texts(prompt, tokens)),
        frozenset(_numbers(tokens)),
        frozenset({*(part for part in parts if _DATE.fullmatch(part)), *_written_dates(prompt, year)}),
        frozenset({*(_time(part) for part in parts if _TIME.fullmatch(part)), *_halves(prompt)}),
    )


def _texts(prompt: str, tokens: Iterable[str]) -> Iterator[str]:
    for found in _QUOTED.finditer(prompt):
        yield from _same(next(group for group in found.groups() if group).strip())
    for token in tokens:
        if token and not _DIGITS.fullmatch(token):
            yield from _same(token)
            if token.endswith(("'s", "’s")):
                yield from _same(token[:-2])


def _moments(token: str) -> list[str]:
    """The parts of `10:00-11:00` and of `2026-12-01T10:00`; none of a token that is anything else."""
    if _DATE.fullmatch(token[:10]):
        rest = token[10:]
        return [token[:10], rest[1:]] if rest[:1] == "T" and _TIME.fullmatch(rest[1:]) else []
    parts = _SPAN.split(token)
    return parts if all(map(_TIME.fullmatch, parts)) else []


def _numbers(tokens: Iterable[str]) -> Iterator[Decimal]:
    for token in tokens:
        bare = token.strip(_CURRENCY)
        if _NUMBER.fullmatch(bare):
            yield Decimal(bare)


def _time(text: str) -> str:
    """`9:05` as `09:05`."""
    found = _TIME.fullmatch(text)
    return f"{int(found[1]):02}:{found[2]}" if found else text


def _halves(prompt: str) -> Iterator[str]:
    """`2:30 pm` as `14:30`."""
    for found in _HALF.finditer(prompt):
        hour = int(found[1])
        if 1 <= hour <= 12:
            yield f"{hour % 12 + (12 if found[3].lower() == 'p' else 0):02}:{found[2] or '00'}"


def _month(found: re.Match[str]) -> int:
    return _MONTHS[(found["month"] or found["month2"]).lower()]


def _written_dates(prompt: str, year: int | None) -> Iterator[str]:
    for found in _WRITTEN_DATE.finditer(prompt):
        month, day = _month(found), int(found["day"] or found["day2"])
        named = found["year"] or found["year2"] or year
        if 1 <= day <= 31 and named:
            yield f"{int(named):04}-{month:02}-{day:02}"


def _same(text: str) -> set[str]:
    """What was typed, as it was typed and as most programs store it: one text in two encodings."""
    return {text, unicodedata.normalize("NFC", text)}


def _decimal(number: float) -> Decimal | int | None:
    if isinstance(number, int):
        return number
    return Decimal(str(number)) if math.isfinite(number) else None
