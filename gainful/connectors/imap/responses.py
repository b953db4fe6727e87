"""What IMAP servers say, turned into values: uid sets, COPYUID, flags, text that is safe to show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from gainful.core.errors import Invalid
from gainful.core.redaction import redact

SHOWN = 200
"""Characters of server text that an error repeats."""

_LARGEST_UID = 2**32 - 1
_SYSTEM = {name.lower(): name for name in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent")}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def uid_number(uid: str) -> int:
    """The uid as IMAP's number.

    Raises:
        Invalid: Not a number from 1 to 2³² - 1, so it never was a uid of this mailbox.
    """
    if uid.isascii() and uid.isdecimal() and 0 < int(uid) <= _LARGEST_UID:
        return int(uid)
    raise Invalid(f"{uid[:40]!r} is not an IMAP uid.", "Use the uids that the folder's listing gave.")


def uid_numbers(uids: Iterable[str]) -> list[int]:
    """The uids as numbers, each once, ascending."""
    return sorted({uid_number(uid) for uid in uids})


def uid_set(numbers: Collection[int]) -> str:
    """Ascending uids as IMAP writes a set: `1:4,7`. Only given uids are inside.

    Source: RFC 3501, section 9 (`sequence-set`).
    """
    parts: list[str] = []
    first = last = -1
    for number in [*sorted(numbers), -1]:
        if number == last + 1 and number > 0:
            last = number
            continue
        if first > 0:
            parts.append(str(first) if first == last else f"{first}:{last}")
        first = last = number
    return ",".join(parts)


def _expand(text: str, limit: int) -> list[int]:
    numbers: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        ends = sorted((uid_number(low), uid_number(high or low)))
        if ends[1] - ends[0] >= limit - len(numbers):
            raise Invalid("The server's uid set is larger than what was asked for.", "Ask the server's operator.")
        numbers.extend(range(ends[0], ends[1] + 1))
    return numbers


def copied_uids(data: bytes, asked: Collection[int]) -> tuple[str, dict[int, int]]:
    """UIDVALIDITY of the destination and new uid by old uid, out of a COPYUID response code's arguments.

    Nonsense gives no pairs: the caller then knows only that the mails have left.

    Source: RFC 4315, section 3; RFC 6851, section 4.3.
    """
    try:
        validity, old_set, new_set = data.decode("ascii").split()
        old, new = _expand(old_set, len(asked)), _expand(new_set, len(asked))
    except (Invalid, ValueError):
        return "", {}
    if len(old) != len(new) or not validity.isdecimal() or not set(old) <= set(asked):
        return "", {}
    return validity, dict(zip(old, new, strict=True))


def flag_names(flags: Iterable[object]) -> frozenset[str]:
    """Flags as the rooms spell them; `\\Recent`, which tells about the session only, is left out."""
    return frozenset(_flag_names(flags))


def _flag_names(flags: Iterable[object]) -> Iterator[str]:
    for flag in flags:
        # A keyword of digits alone comes out of the parser as a number.
        text = flag.decode("utf-8", "replace") if isinstance(flag, bytes) else str(flag)
        name = _SYSTEM.get(text.lower(), text)
        if name != "\\Recent":
            yield name


def shown(text: object) -> str:
    """Server text as an error may show it: one line, bounded, without control characters and secrets."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    # Before the text is cut: half a secret would not be known for one.
    plain = _UNSAFE.sub(" ", redact(plain)).strip()
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"
