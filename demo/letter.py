"""One sample mail, and how it becomes bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

OWNER = "Mira Holm <mira@example.org>"


@dataclass(frozen=True)
class Letter:
    """A mail as its writer would describe it.

    Args:
        key: Makes the Message-ID; what `answers` refers to.
        age: Hours before the demo began.
        answers: Key of the mail that this one answers.
        invite: iCalendar text; its METHOD goes into the part's type.
        attachments: File names; each gets a few bytes.
        raw: The whole message as bytes, for mails that no polite program would write. `{date}` is filled in.
        seen: Whether it was read already.
    """

    key: str
    age: float
    sender: str = ""
    subject: str = ""
    text: str = ""
    to: str = OWNER
    cc: str = ""
    answers: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    invite: str = ""
    attachments: tuple[str, ...] = ()
    raw: bytes = b""
    seen: bool = False

    @property
    def message_id(self) -> str:
        """The Message-ID, with angle brackets."""
        return f"<{self.key}@mail.example.org>"

    def date(self, now: datetime) -> datetime:
        """When it was sent."""
        return now - timedelta(hours=self.age)

    def as_bytes(self, now: datetime, thread: Mapping[str, Letter]) -> bytes:
        """The message as it would arrive, dated relative to `now`."""
        date = format_datetime(self.date(now))
        if self.raw:
            return self.raw.replace(b"{date}", date.encode()).replace(b"\n", b"\r\n")
        mail = EmailMessage()
        mail["From"] = self.sender
        mail["To"] = self.to
        if self.cc:
            mail["Cc"] = self.cc
        mail["Subject"] = self.subject
        mail["Date"] = date
        mail["Message-ID"] = self.message_id
        if self.answers:
            mail["In-Reply-To"] = f"<{self.answers}@mail.example.org>"
            mail["References"] = " ".join(self._ancestors(thread))
        for name, value in self.headers.items():
            mail[name] = value
        mail.set_content(self.text.strip() + "\n")
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        if self.invite:
            method = self.invite.partition("METHOD:")[2].split()[0]
            mail.add_alternative(self.invite, subtype="calendar", params={"method": method})
        for name in self.attachments:
            content = f"%PDF-1.4 {name} is a sample and holds nothing".encode()
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return mail.as_bytes()

    def _ancestors(self, thread: Mapping[str, Letter]) -> list[str]:
        chain: list[str] = []
        parent = self.answers
        while parent and len(chain) < 20:
            chain.append(f"<{parent}@mail.example.org>")
            parent = thread[parent].answers if parent in thread else ""
        return chain[::-1]
