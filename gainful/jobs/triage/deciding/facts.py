"""What is known about a mail beyond the mail itself: its sender, its thread, the person's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gainful.core.errors import Invalid
from gainful.core.mail import Mail


class RuleInvalid(Invalid):
    """A person's own rule in the configuration cannot be used."""

    code = "rule-invalid"


@dataclass(frozen=True, slots=True)
class SenderHistory:
    """What happened with a sender before this mail.

    Args:
        received: Mails from this address before.
        truths: How often the person gave each label to this address, by label key.
        domain_truths: The same for everybody else of the sender's domain.
        replied: Mails of this address that the person answered.
        written_to: The person has written to this address.
        kept: Mails of this address that would have been put away, and that the person moved back or starred.
    """

    received: int = 0
    truths: Mapping[str, int] = field(default_factory=dict)
    domain_truths: Mapping[str, int] = field(default_factory=dict)
    replied: int = 0
    written_to: bool = False
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the decision may use beside the mail.

    Args:
        owner: The person's own addresses, lower-case.
        thread_mine: The person wrote in this thread.
        vip: The person named the sender as important.
        now: The moment of deciding, aware UTC.
        thread_truths: How often the person gave each label to earlier mail of this thread.
    """

    owner: frozenset[str]
    sender: SenderHistory
    thread_mine: bool
    vip: bool
    now: datetime
    thread_truths: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonRule:
    """A person's own rule: mail that fits every given part gets the label.

    Args:
        label: Key of the label.
        from_: An address, or `@example.org` for a domain and those below it.
        subject: Words that stand in the subject, in any case.
        list_id: Words that stand in the List-Id header.
        to: An address or `@domain` among the recipients.

    Raises:
        RuleInvalid: No part is given: the rule would fit all mail.
    """

    label: str
    from_: str = ""
    subject: str = ""
    list_id: str = ""
    to: str = ""

    def __post_init__(self) -> None:
        if not (self.from_ or self.subject or self.list_id or self.to):
            raise RuleInvalid(
                f"A rule for '{self.label}' names no sender, subject, list or recipient.",
                "Give at least one of from, subject, list_id, to.",
            )

    def fits(self, mail: Mail) -> bool:
        """Whether every given part stands in the mail."""
        return (
            (not self.from_ or address_fits(self.from_, mail.from_addr))
            and (not self.subject or self.subject.casefold() in mail.subject.casefold())
            and (not self.list_id or self.list_id.casefold() in mail.headers.get("list-id", "").casefold())
            and (not self.to or any(address_fits(self.to, address) for address in (*mail.to, *mail.cc)))
        )

    def __str__(self) -> str:
        parts = (("from", self.from_), ("subject", self.subject), ("list", self.list_id), ("to", self.to))
        return ", ".join(f"{name} {value}" for name, value in parts if value)


def address_fits(pattern: str, address: str) -> bool:
    """Whether an address is the pattern, or lies in its domain where the pattern starts with `@`."""
    wanted, found = pattern.casefold(), address.casefold()
    if wanted.startswith("@"):
        return found.endswith(wanted) or found.rpartition("@")[2].endswith("." + wanted[1:])
    return wanted == found


def domain_of(address: str) -> str:
    """The part behind the last `@`, lower-case; empty without one."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
