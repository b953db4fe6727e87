"""The settings that a service is given beside its files: their digest, and what differs, without secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from gainful.core.redaction import HIDDEN, redact
from gainful.core.shipped import content_digest
from gainful.core.visible import visible

MOST_LINES = 60
LONGEST_LINE = 160
LARGEST = 64 * 1024

Settings = Mapping[str, bytes]
"""Content by the file's name."""

_SECRET = re.compile(
    r"""(?ix) ^ (.{0,200}? (?:pass(?:word|wd|phrase)?|secret|token|api_?-?key|access_?-?key|private_?-?key|credential
    |auth|dsn|salt|signing_?-?key|encryption_?-?key) [\w.-]{0,60} ["']? \s* [:=] [>=]? \s* ) (\S.*) $"""
)
"""A line that gives a value to something that is called a secret."""


def config_digest(settings: Settings) -> str:
    """The digest that stands in `Release.config`; empty where there are no settings."""
    return content_digest((name, "100644", content) for name, content in settings.items()) if settings else ""


def settings_diff(before: Settings | None, after: Settings) -> tuple[str, ...]:
    """What differs, as lines of a unified difference. Values that look secret, or are known to be, are not shown.

    Args:
        before: None where nobody kept them; then there is nothing to compare with.
    """
    if before is None:
        return ()
    lines = [line for name in sorted({*before, *after}) for line in _of_file(name, before.get(name), after.get(name))]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} lines more"]
    return tuple(lines)


def _of_file(name: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    if before == after:
        return
    shown = visible(name).replace("\n", " ")[:LONGEST_LINE]
    if max(len(before or b""), len(after or b"")) > LARGEST:
        yield f"{shown}: changed, and too large to show"
        return
    sides = [_cleared(side or b"") for side in (before, after)]
    if sides[0] == sides[1]:
        yield f"{shown}: changed in values that are not shown"
        return
    old, new = ("/dev/null" if side is None else shown for side in (before, after))
    for line in difflib.unified_diff(sides[0], sides[1], old, new, lineterm="", n=1):
        yield line[:LONGEST_LINE]


def _cleared(content: bytes) -> list[str]:
    # A key of many lines is hidden as a whole, so before anything is cut into lines.
    text = visible(redact(content.decode("utf-8", "replace")))
    return [_SECRET.sub(rf"\g<1>{HIDDEN}", line) for line in text.split("\n")]
