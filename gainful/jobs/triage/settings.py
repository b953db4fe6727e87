"""What the person has chosen about triage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gainful.jobs.triage.deciding.facts import PersonRule, address_fits


class Drafts(StrEnum):
    """Who writes the text of drafts."""

    OFF = "off"
    SKELETON = "skeleton"
    """Greeting, each question quoted with room for the answer, and a close: no model needed."""
    MODEL = "model"
    """The language model, within its budget; a skeleton where it does not answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One account's choices.

    Args:
        owner: The person's own addresses, lower-case; the first one writes the drafts.
        archive: Whether mail may be put away at all.
        vips: Addresses, or `@domain`, whose mail is never put away.
    """

    owner: tuple[str, ...] = ()
    owner_name: str = ""
    drafts: Drafts = Drafts.SKELETON
    archive: bool = True
    vips: tuple[str, ...] = ()
    rules: tuple[PersonRule, ...] = ()

    def is_vip(self, address: str) -> bool:
        """Whether this sender is one of the person's VIPs."""
        return any(address_fits(vip, address) for vip in self.vips)
