"""How a call through the door ended, or what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gainful.core.value import Json, Value


@dataclass(frozen=True, slots=True)
class Done:
    """The tool answered.

    Args:
        arguments: As it was carried out: a person who was asked may have changed them.
    """

    value: Value
    arguments: Mapping[str, Json] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Denied:
    """It may not happen: by these rules, or because the budget has no room."""

    reason: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A person was asked, and the run has to wait."""

    approval_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The person who was asked did not approve it; what they said, if anything."""

    text: str
    state: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The tool said no, or could not be reached: nothing has happened."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may or may not have happened. It is shown to a person, and never repeated by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A rehearsal: it was decided and not done.

    Args:
        verdict: What would happen: `allow`, or `ask`.
    """

    verdict: str
    reason: str


Outcome = Done | Denied | Asked | Declined | Failed | Uncertain | HeldBack
