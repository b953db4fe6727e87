"""A mail that an agent writes: checked, and put into the form in which mail travels.

    raw = Letter(to=("bo@example.org",), subject="Hello", text="…").raw("ada@example.org", "Ada", agent, key, now)

Its Message-ID follows from the key of the effect: the same effect has the same one, by which it is found again.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from gainful.core.errors import Invalid

MOST_RECIPIENTS = 50
LONGEST_SUBJECT = 500
LONGEST_TEXT = 200_000

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,240}>")
_ENCODED = "=?"
"""So begins what mail programs decode: what was shown to a person would read otherwise to whoever gets it."""


class LetterInvalid(Invalid):
    """A mail has a recipient, a subject or a text that mail cannot carry."""

    code = "letter-invalid"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be written, and to whom.

    Args:
        to, cc: Bare addresses.
        answers: Message-ID, with angle brackets, of the mail that this one answers; empty for none.

    Raises:
        LetterInvalid: One of them cannot be sent.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    answers: str = ""

    def __post_init__(self) -> None:
        for address in self.recipients:
            _check_address(address)
        if len(self.recipients) > MOST_RECIPIENTS:
            raise LetterInvalid(
                f"{len(self.recipients)} recipients are too many for one mail.", f"At most {MOST_RECIPIENTS}."
            )
        # A line break would begin another header.
        if not self.subject.isprintable() or len(self.subject) > LONGEST_SUBJECT:
            raise LetterInvalid(
                f"The subject {self.subject[:60]!r} has line breaks or other control characters, or is too long.",
                f"Write one line of at most {LONGEST_SUBJECT} characters.",
            )
        if "\0" in self.text or len(self.text) > LONGEST_TEXT or not _whole(self.text):
            raise LetterInvalid(
                "The text holds a NUL or half a letter, or is too long.", f"At most {LONGEST_TEXT} characters of text."
            )
        if self.answers and not _MESSAGE_ID.fullmatch(self.answers):
            raise LetterInvalid(f"{self.answers[:60]!r} is no Message-ID.", "Take it from mail.read as it is.")

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody it goes to, each once."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))

    def raw(self, sender: str, name: str, agent: str, key: str, at: datetime) -> bytes:
        """The message as it travels, with CRLF.

        Args:
            name: The sender's own, shown before the address.
            agent: Who wrote it for them: other programs see by it that no person did.

        Raises:
            LetterInvalid: The sender's address is none.
        """
        _check_address(sender)
        headers = {
            "From": f"{_phrase(name)} <{sender}>" if name.strip() else sender,
            "To": ",\r\n ".join(self.to),
            "Cc": ",\r\n ".join(self.cc),
            "Subject": _words(self.subject),
            "Date": format_datetime(at),
            "Message-ID": message_id(key, sender),
            # As they are: Python's own mail policies encode what is longer than a line, and then nobody finds it.
            "In-Reply-To": self.answers,
            "References": self.answers,
            # RFC 3834: so that no other machine answers it.
            "Auto-Submitted": "auto-generated",
            "X-Gainful-Agent": re.sub(r"[^A-Za-z0-9._-]", "-", agent)[:64],
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "quoted-printable",
        }
        lines = [f"{header}: {value}" for header, value in headers.items() if value or header == "Subject"]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + _printable(self.text)


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the effect with this key, with angle brackets."""
    return f"<{hashlib.sha256(b'mail ' + key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address) or ".." in address or _ENCODED in address:
        raise LetterInvalid(f"'{address[:100]}' is no mail address.", "Write name@example.org alone.")


def _words(text: str) -> str:
    """A header's text: as it is where it can be, in encoded words of RFC 2047 otherwise."""
    if text.isascii() and _ENCODED not in text:
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _phrase(name: str) -> str:
    """A name before an address."""
    line = "".join(char if char.isprintable() else " " for char in " ".join(name.split()))
    quoted = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"' if line.isascii() and _ENCODED not in line else _words(line)


def _printable(text: str) -> bytes:
    """The text in quoted-printable (RFC 2045), in lines that end in CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return b"".join(b2a_qp(line.encode(), istext=False).replace(b"=\n", b"=\r\n") + b"\r\n" for line in lines)


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
