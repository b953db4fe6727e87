"""Text without secrets: the last net, for what should not have been caught by any other.

    learn("hunter2hunter2")                    # every `Secret` does this when it comes to be
    redact("LOGIN me hunter2hunter2 failed")   # "LOGIN me *** failed"

What this process knows to be secret is kept in memory only. `redacted` is the same without the memory.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping

HIDDEN = "***"
"""Stands for what is not shown: shorter than anything it stands for, so that bounds on the text's length hold."""

SHORTEST = 3
"""Letters from which a value is looked for; a shorter one is no secret."""

_SHORTEST_PART = 6
"""Letters from which it is looked for within words too. Shorter ones are parts of ordinary words."""

_SHORTEST_CODED = 8

# Tokens that can be told by their look. Source: the issuers' public descriptions of their formats.
_SHAPES = re.compile(
    r"""
      -----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----.{0,20000}?-----END\ [A-Z ]{0,30}PRIVATE\ KEY-----
    | (?<![A-Za-z0-9])(?:
        sk-[A-Za-z0-9_-]{16,400}
      | gh[opsur]_[A-Za-z0-9]{30,300} | github_pat_[A-Za-z0-9_]{40,300} | glpat-[A-Za-z0-9_-]{20,300}
      | (?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,400}
      | (?:AKIA|ASIA)[0-9A-Z]{16} | AIza[0-9A-Za-z_-]{35} | ya29\.[0-9A-Za-z_-]{20,4000}
      | eyJ[0-9A-Za-z_-]{8,8000}\.[0-9A-Za-z_-]{8,8000}\.[0-9A-Za-z_-]{8,8000}
      | (?<=[Bb]earer\ )(?=\S{0,200}[0-9])[0-9A-Za-z._~+/=-]{16,8000}
      )
    | (?<=://)[^/\s:@]{0,200}:[^/\s@]{1,400}(?=@)
    """,
    re.VERBOSE | re.DOTALL,
)

_SECRET_VARIABLE = re.compile(r"(?:API_?KEY|ACCESS_KEY|SECRET|TOKEN|BEARER_TOKEN_\w+|PASSWORD|PASSWD)$")
_SHORTEST_IN_ENVIRONMENT = 8


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with `***` for each of these secrets, for what they look like encoded, and for well-known tokens."""
    return _cleared(text, _pattern(secrets))


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The values of those environment variables that by their name hold a secret, such as `OPENAI_API_KEY`."""
    return [
        value
        for name, value in environment.items()
        if _SECRET_VARIABLE.search(name) and len(value) >= _SHORTEST_IN_ENVIRONMENT
    ]


class Redactor:
    """Remembers secrets and keeps them out of text. Safe to share between threads."""

    def __init__(self) -> None:
        # A dict, because adding a key and listing the keys are each one step for other threads.
        self._known: dict[str, None] = {}
        self._made: tuple[int, re.Pattern[str] | None] = (0, None)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} secrets)"

    def learn(self, value: str) -> None:
        """Keep this value out of every text from now on."""
        self._known[value] = None

    def redact(self, text: str) -> str:
        """The text with `***` where a secret stood."""
        count, pattern = self._made
        if count != len(self._known):
            known = tuple(self._known)
            pattern = _pattern(known)
            self._made = (len(known), pattern)
        return _cleared(text, pattern)


_process = Redactor()


def learn(value: str) -> None:
    """Keep this value out of every text that this process shows, logs or records as an error."""
    _process.learn(value)


def redact(text: str) -> str:
    """The text with `***` for every secret that this process knows of, and for well-known tokens."""
    return _process.redact(text)


def _cleared(text: str, pattern: re.Pattern[str] | None) -> str:
    cleared = pattern.sub(HIDDEN, text) if pattern is not None else text
    return _SHAPES.sub(HIDDEN, cleared)


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    # The longest first: one secret may be the beginning of another.
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(_found_by, ordered))) if ordered else None


def _found_by(form: str) -> str:
    found = re.escape(form)
    return found if len(form) >= _SHORTEST_PART else rf"(?<!\w){found}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    """The secret as it is, and as JSON, a URL, a Python literal, hex and Base64 would carry it."""
    raw = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(raw)[2:-1]
    yield _quoted(raw, "")
    yield _quoted(raw, "/")
    yield raw.hex()
    for shift in range(3):
        yield from _base64(raw, shift)


def _quoted(raw: bytes, plain: str) -> str:
    letters = (chr(octet) for octet in raw)
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.-~" + plain) else f"%{ord(letter):02X}"
        for letter in letters
    )


def _base64(raw: bytes, shift: int) -> Iterator[str]:
    """What of the Base64 does not depend on the octets before and after, where `shift` octets of three stand before.

    A sign-in carries name and password in one such text, so the password begins anywhere in it.
    """
    first = -(-shift * 8 // 6)
    end = (shift + len(raw)) * 8 // 6
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        form = code(b"\0" * shift + raw).decode("ascii")[first:end]
        if len(form) >= _SHORTEST_CODED:
            yield form
