"""A mail that an agent writes: checked, and put into the form in which mail travels.

    raw = Letter(to=("bo@example.org",), subject="Hello", text="…").raw("ada@example.org", "Ada", agent, key, now)

Its Message-ID follows from the key of the effect: the same effect has the same one, by which it is found again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gainful.core.errors import Invalid

MOST_RECIPIENTS = 50
LONGEST_SUBJECT = 500
LONGEST_TEXT = 200_000

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,240}>")


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
            if not _ADDRESS.fullmatch(address) or ".." in address:
                raise LetterInvalid(f"'{address[:100]}' is no mail address.", "Write name@example.org alone.")
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
        if "\0" in self.text or len(self.text) > LONGEST_TEXT or not _whole(self.text + self.subject):
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
        """
        message = EmailMessage(policy=SMTP.clone(max_line_length=76))
        message["From"] = Address(" ".join(name.split()), addr_spec=sender) if name else sender
        if self.to:
            message["To"] = ", ".join(self.to)
        if self.cc:
            message["Cc"] = ", ".join(self.cc)
        message["Subject"] = self.subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = message_id(key, sender)
        if self.answers:
            message["In-Reply-To"] = self.answers
            message["References"] = self.answers
        # RFC 3834: so that no other machine answers it.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Gainful-Agent"] = re.sub(r"[^A-Za-z0-9._-]", "-", agent)[:64]
        message.set_content(self.text.replace("\r\n", "\n").replace("\r", "\n"), cte="quoted-printable")
        return bytes(message)


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the effect with this key, with angle brackets."""
    return f"<{hashlib.sha256(b'mail ' + key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
