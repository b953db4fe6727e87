"""The journal of effects: what was meant to happen, written down before it is tried, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gainful.core.mail import Place


class Kind(StrEnum):
    """The three ways in which a mailbox is changed."""

    KEYWORDS = "keywords"
    MOVE = "move"
    DRAFT = "draft"


class State(StrEnum):
    """How far an effect has come."""

    INTENDED = "intended"
    DONE = "done"
    DENIED = "denied"
    STOPPED = "stopped"
    """Not tried, since a person had stopped the agent; another run may try."""
    FAILED = "failed"
    """Known not to have happened."""
    UNCERTAIN = "uncertain"
    """May or may not have happened; shown to a person, never repeated by itself."""
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Effect:
    """One change to one mailbox.

    Args:
        key: Idempotency key; the same key is the same effect, however often it is asked for.
        place: Where the mail lay when the effect was meant. For a draft: of the mail it answers.
        flags: The mail's flags and keywords at that time.
        add, remove: Keywords, for `KEYWORDS`.
        to: Destination folder, for `MOVE`.
        draft: The whole message, for `DRAFT`.
        message_id: Of the mail (for a draft: of the draft itself), to find it again after a crash.
        sha256: Digest of the mail's bytes, to be sure it is the same.
        reverses: Key of the effect that this one takes back; empty otherwise.
    """

    key: str
    run_id: str
    account: str
    mail_id: str
    kind: Kind
    place: Place
    message_id: str
    sha256: str
    flags: frozenset[str] = frozenset()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    to: str = ""
    draft: bytes = field(default=b"", repr=False)
    reverses: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """How one effect ended.

    Args:
        after: Where the mail (or the draft) lies now; None when unknown or unchanged.
        note: A sentence for the person when it did not simply happen.
    """

    effect: Effect
    state: State
    after: Place | None = None
    note: str = ""


class Journal(Protocol):
    """Where effects are recorded. Each method is one durable transaction."""

    def states(self, keys: Sequence[str]) -> dict[str, Settled]:
        """The recorded effects among these keys, with their present state."""

    def intend(self, effects: Sequence[Effect], at: datetime) -> None:
        """Record effects as intended; known keys stay as they are."""

    def settle(self, outcomes: Sequence[Settled], at: datetime) -> None:
        """Record how effects ended, where their mails lie now, and mark what they reverse as undone."""

    def unsettled(self, account: str) -> list[Effect]:
        """Effects that were intended and never settled: a process died in between. Oldest first."""

    def taken(self, account: str, places: Sequence[Place]) -> set[Place]:
        """Those of these places that are known to hold a mail already."""
