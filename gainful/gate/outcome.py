"""How a call through the door ended, or what it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.core.value import Value


@dataclass(frozen=True, slots=True)
class Done:
    """The tool answered."""

    value: Value


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


Outcome = Done | Denied | Asked | Declined | Failed | Uncertain
