"""Mail as rooms hand it to each other: where one lies, what it holds, what was decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gainful.core.money import NO_TOKENS, Tokens


class Role(StrEnum):
    """What a folder is for, whatever its name (RFC 6154)."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    DRAFTS = "drafts"
    SENT = "sent"
    TRASH = "trash"
    JUNK = "junk"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where one mail lies: unique for as long as `validity` holds.

    Args:
        folder: The server's own name of the folder.
        validity: IMAP UIDVALIDITY; `maildir` or the file's identity elsewhere.
        uid: IMAP UID in decimal; a Maildir's unique name; an mbox's ordinal.
    """

    folder: str
    validity: str
    uid: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a folder's listing: cheap to get, no content."""

    place: Place
    size: int
    flags: frozenset[str]
    """System flags in IMAP spelling (`\\Seen`), keywords plain (`newsletter`)."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as it lies in the mailbox.

    Args:
        received_at: The server's INTERNALDATE, or the file's time; aware UTC.
        raw: The whole message; headers alone where `complete` is false (larger than the caller's limit).
        size: Octets of the whole message.
    """

    place: Place
    size: int
    flags: frozenset[str]
    received_at: datetime
    raw: bytes
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as far as it could be read. Every text is untrusted and already cut to a sane length.

    Addresses are lower-case `local@domain`. `headers` holds lower-cased names of the few headers that rules look at,
    unfolded. `text` is what the writer themselves wrote: quotes and signature stripped; `quoted` is the rest.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    from_name: str = ""
    from_addr: str = ""
    reply_to: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    quoted: str = ""
    calendar_method: str = ""
    """`REQUEST`, `REPLY`, `CANCEL` … of a text/calendar part; empty without one."""
    attachments: tuple[str, ...] = ()
    links: int = 0
    problem: str = ""
    """Why the mail could not be read in full; empty when it could. Such a mail is never moved."""
    warnings: tuple[str, ...] = ()
    """Oddities that were survived: unknown charset, bad date, hidden characters."""


class Priority(StrEnum):
    """When the person should look."""

    NOW = "now"
    TODAY = "today"
    LATER = "later"
    NONE = "none"


class Action(StrEnum):
    """What is done with a mail."""

    LEAVE = "leave"
    LABEL = "label"
    ARCHIVE = "archive"
    DRAFT = "draft"


class Means(StrEnum):
    """What decided, cheapest first."""

    RULE = "rule"
    HISTORY = "sender history"
    LOCAL = "local model"
    LANGUAGE = "language model"
    UNDECIDED = "undecided"
    """No means was sure enough: the mail stays in the inbox and says so."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one mail.

    Args:
        labels: The main label first; empty when undecided.
        probability: That the main label is right, 0 … 1, calibrated where evidence allows.
        needs_reply: Probability that the mail asks its reader for an answer, 0 … 1.
        reason: One sentence for the person.
        tokens: This mail's share of the model calls made for it.
        cost: This mail's share of their price, in USD.
    """

    labels: tuple[str, ...]
    probability: float
    needs_reply: float
    priority: Priority
    action: Action
    decided_by: Means
    reason: str
    tokens: Tokens = NO_TOKENS
    cost: Decimal = Decimal(0)

    @property
    def label(self) -> str:
        """The main label, or an empty string when undecided."""
        return self.labels[0] if self.labels else ""


@dataclass(frozen=True, slots=True)
class MailRecord:
    """A mail that the books know.

    Args:
        id: Ten base-32 digits; what a person types.
        sha256: Hex digest of the whole message (`h:` and the digest of headers and size for oversized mail).
        thread: Id of the conversation: the Message-ID at its root.
        flags: As seen before Gainful first touched the mail.
    """

    id: str
    account: str
    place: Place
    message_id: str
    sha256: str
    thread: str
    from_addr: str
    from_name: str
    subject: str
    received_at: datetime
    size: int
    flags: frozenset[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """One mail with the decision made about it in one run.

    Args:
        scores: Probability by label at that time, whoever decided in the end.
        features: The hashed features, from which a model can learn; no text can be read out of them.
    """

    record: MailRecord
    decision: Decision
    run_id: str
    decided_at: datetime
    scores: Mapping[str, float]
    features: bytes


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail that the owner sent.

    Args:
        draft_of: Id of the mail that a draft of ours answered; empty when it was not our draft.
        body_digest: SHA-256 of the text without white space; tells whether a draft was edited.
    """

    message_id: str
    in_reply_to: str
    thread: str
    recipients: tuple[str, ...]
    at: datetime
    draft_of: str = ""
    body_digest: str = ""
