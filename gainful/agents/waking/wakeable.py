"""An agent as whoever wakes agents needs to know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gainful.agents.waking.trigger import Trigger
from gainful.core.occurrence import Occurrence

Gathering = Callable[[Occurrence], str]
"""The digest of what the run would gather before it asks a model."""


@dataclass(frozen=True, slots=True)
class WakeableAgent:
    """One agent that is enabled.

    Args:
        digest: Of the version that stands. A changed agent is woken even when what it would be told has not changed.
        since: When it was enabled last; what was due before that is not made up for.
        hops: How many agents' messages may lie between it and a person, as its manifest says.
        gathering: How to tell whether a slot of a clock has anything new to say; None when nothing is gathered.
    """

    name: str
    owner: str
    triggers: tuple[Trigger, ...]
    digest: str = ""
    since: datetime | None = None
    hops: int = 2
    gathering: Gathering | None = None
