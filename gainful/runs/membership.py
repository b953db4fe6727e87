"""Which processes share the runs of one database, and who of them lives."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """A process as the others know it.

    Args:
        id: Nobody had it before.
        machine: Name of its machine.
        pid: Its number there.
        version: Of Gainful.
    """

    id: str
    machine: str
    pid: int
    version: str


class Membership(Protocol):
    """This process among those that share the runs. Safe to share between threads."""

    @property
    def own(self) -> str:
        """Id of this process."""

    @property
    def shared(self) -> bool:
        """Whether other machines may have a part in it."""

    def alive(self) -> set[str]:
        """Ids of the processes that live, this one included."""

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Waits until it is this one's turn, among all processes and threads, and holds it."""

    def await_standing(self) -> int:
        """Wait until the others cannot soon take this process for dead; how often they have done so already."""

    def has(self, duty: str) -> bool:
        """Whether this process, of all, has this duty now."""

    def hold(self, name: str) -> bool:
        """Whether this process has the right of this name now; it keeps it until it lets go, or is dead."""

    def let_go(self, name: str) -> None:
        """Let another process have the right."""

    def close(self) -> None:
        """Leave: what this process held is free at once."""


class Roster(Protocol):
    """Where a team's processes are noted. Each method is one durable transaction."""

    def join(self, member: Member) -> None:
        """Note that it is there."""

    def beat(self, member_id: str, duties: frozenset[str]) -> frozenset[str] | None:
        """Note that it lives, and take those of these duties that nobody has; all that it has now.

        None where it is not noted: the others took it for dead.
        """

    def beats(self) -> dict[str, int]:
        """How often each has beaten."""

    def bury(self, member_id: str, beats: int) -> bool:
        """Strike it off with all that it held, unless it has beaten since; whether it was struck off now."""

    def take(self, name: str, member_id: str) -> bool:
        """Give it the right of this name, unless another one that is noted has it; whether it has it now."""

    def give_back(self, name: str, member_id: str) -> None:
        """Free the right, if it is its own."""

    def leave(self, member_id: str) -> None:
        """Strike it off with all that it held."""

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Waits until it is this one's turn, and holds it."""
