"""The settings that a service is given beside its files: their digest, and what differs, without secrets.

before = shown_of(settings)            # kept when a release is planned
settings_diff(before, settings)        # of a later one
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ShownFile:
    """What of a file with settings may be kept and shown.

    Args:
        digest: Of the whole content, hexadecimal: what is not shown may differ too.
        lines: Without values that look secret; None of a file that is too large to show.
    """

    digest: str
    lines: tuple[str, ...] | None


def shown_of(settings: Settings) -> dict[str, ShownFile]:
    """Each file as it may be kept, by name."""
    return {name: _shown_file(content) for name, content in settings.items()}


def _shown_file(content: bytes) -> ShownFile:
    lines = tuple(_cleared(content)) if len(content) <= LARGEST else None
    return ShownFile(hashlib.sha256(content).hexdigest(), lines)


def config_digest(settings: Settings) -> str:
    """The digest that stands in `Release.config`; empty where there are no settings."""
    return content_digest((name, "100644", content) for name, content in settings.items()) if settings else ""


def settings_diff(before: Mapping[str, ShownFile] | None, after: Settings) -> tuple[str, ...]:
    """What differs, as lines of a unified difference. Values that look secret, or are known to be, are not shown.

    Args:
        before: As `shown_of` gave it; None where nobody kept it, and there is nothing to compare with.
    """
    if before is None:
        return ()
    now = shown_of(after)
    lines = [line for name in sorted({*before, *now}) for line in _of_file(name, before.get(name), now.get(name))]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} lines more"]
    return tuple(lines)


def _of_file(name: str, before: ShownFile | None, after: ShownFile | None) -> Iterator[str]:
    if before is not None and after is not None and before.digest == after.digest:
        return
    shown = visible(name).replace("\n", " ")[:LONGEST_LINE]
    old, new = (() if side is None else side.lines for side in (before, after))
    if old is None or new is None:
        yield f"{shown}: changed, and too large to show"
        return
    if old == new:
        yield f"{shown}: changed in values that are not shown"
        return
    was, becomes = ("/dev/null" if side is None else shown for side in (before, after))
    for line in difflib.unified_diff(old, new, was, becomes, lineterm="", n=1):
        yield line[:LONGEST_LINE]


def _cleared(content: bytes) -> list[str]:
    # A key of many lines is hidden as a whole, so before anything is cut into lines.
    text = visible(redact(content.decode("utf-8", "replace")))
    return [_SECRET.sub(rf"\g<1>{HIDDEN}", line) for line in text.split("\n")]
