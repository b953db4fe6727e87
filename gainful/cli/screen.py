"""What reaches the terminal: text of strangers made harmless, and consoles that suit where they write to."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Cc: escape sequences. Cf: bidi overrides, zero width. Cs, Co, Cn: nothing a terminal can be trusted with.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_CODE = r"(?:0|[1-4]|2[2-4]|[349][0-7]|39|49|38;5;[0-9]{1,3})"
_COLOUR = re.compile(rf"(\x1b\[(?:{_CODE}(?:;{_CODE})*)?m)")
"""Bold, dim and colours, as they are written here; not those that turn letters round or hide them."""

_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor, sets a title or reorders. Joiners and such stay: some scripts need them."""

PIPE_WIDTH = 120
"""Columns where no terminal says how many there are."""


def safe(text: str, limit: int = 500) -> str:
    """The text on one line without anything that could move the cursor, hide, or reorder what is shown.

    Control, format and unassigned characters become `�`; runs of white space one space.
    """
    cut = " ".join(text[:limit].split())
    return "".join("�" if unicodedata.category(char) in _UNSAFE else char for char in cut)


def harmless(text: str) -> str:
    """The text with nothing in it that steers a terminal but colours of ours.

    `safe` is for each text of a stranger's; this is what stands behind it where one was forgotten, or where a server
    gives for an id or a date what is none.
    """
    if text.isascii() and "\x1b" not in text and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(part if _COLOUR.fullmatch(part) else _STEERS.sub("�", part) for part in _COLOUR.split(text))


class _Harmless:
    """A stream to which nothing else is written."""

    def __init__(self, inner: IO[str]) -> None:
        self._inner = inner

    def write(self, text: str) -> int:
        self._inner.write(harmless(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def console(stream: IO[str] | None = None) -> Console:
    """A console for a stream, standard output by default: colour and frames on terminals, plain text elsewhere.

    NO_COLOR, TERM=dumb and COLUMNS are obeyed.
    """
    from rich.console import Console

    # A named stream has bars that move the cursor, and words of ours alone.
    out = stream or cast("IO[str]", _Harmless(sys.stdout))
    made = Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not made.is_terminal and not made._environ.get("COLUMNS"):
        made.width = PIPE_WIDTH
    return made


def cell(text: str, width: int, style: str) -> Text:
    """The text cut or filled to so many columns, the last one blank."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    fits = cell_len(text) < width
    return Text(set_cell_size(text if fits else set_cell_size(text, width - 2) + "…", width), style=style)


def say(text: str = "") -> None:
    """Print one line of our own words to standard output."""
    click.echo(harmless(text))


def note(text: str) -> None:
    """Print one line for the person to standard error, where it does not disturb what is piped."""
    click.echo(harmless(text), err=True)


def emit(value: Any) -> None:
    """Print one JSON line. ASCII only, so that no character of a stranger's reaches the terminal."""
    click.echo(json.dumps(value, default=_plain, separators=(", ", ": ")))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def decimal(value: Decimal) -> str:
    """Digits without an exponent and without idle zeros: `0.0004`, `12`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def dollars(value: Decimal) -> str:
    """An amount for people: cents, or as many places as its first two digits need; `0 USD` when nothing."""
    if not value:
        return "0 USD"
    places = 2 if abs(value) >= Decimal("0.01") else min(9, 1 - value.adjusted())
    return f"{value:.{places}f} USD"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 mail`, `2 mails`, `10,000 mails`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """A duration for people: `0.4 s`, `3 min 20 s`, `2 h 5 min`."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
