"""Which processes live: each holds a lock on a file of its own, and the kernel lets go of it when the process dies.

Unlike a heartbeat, a lock cannot go stale while its owner is merely slow, and it is free at once after a kill -9.
It tells about one machine; a team on PostgreSQL has heartbeats in its place, see `gainful.runs.heartbeat`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from gainful.runs.membership import Membership
from gainful.sdk.mail import MailboxBusy

_LOOK_AGAIN = 1.0
"""Seconds between two looks whether another machine is done with an account."""


class ExecutorLocks:
    """The lock files of all processes of one installation.

    Args:
        folder: Shared by the processes; created when absent.
        own: Id of this process, whose lock is taken at once.
    """

    shared = False

    def __init__(self, folder: Path, own: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self.own = own
        self._handle = _locked(folder / f"executor-{own}")

    def alive(self) -> set[str]:
        """Ids of the processes that live, this one included. Files of dead ones are removed."""
        living = {self.own}
        for path in self._folder.glob("executor-*"):
            executor = path.name.removeprefix("executor-")
            if executor == self.own:
                continue
            if _is_held(path, remove=True):
                living.add(executor)
        return living

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Waits until it is this one's turn, among all processes and threads, and holds it."""
        return turn(self._folder, name)

    def await_standing(self) -> int:
        """Never once: who holds a lock cannot be taken for dead."""
        return 0

    def has(self, duty: str) -> bool:  # noqa: ARG002 - as any member is asked
        """Yes: on one machine each process looks after everything, and locks of their own keep them apart."""
        return True

    def hold(self, name: str) -> bool:  # noqa: ARG002 - as any member is asked
        """Yes: on one machine the locks of accounts decide."""
        return True

    def let_go(self, name: str) -> None:
        """Nothing was taken."""

    def close(self) -> None:
        """Let go of this process's lock."""
        (self._folder / f"executor-{self.own}").unlink(missing_ok=True)
        with suppress(OSError):
            os.close(self._handle)


@contextmanager
def account_lock(folder: Path, name: str, shown: str, *, wait: bool) -> Iterator[None]:
    """Holds the right to change one account's mail: one process at a time, of all that share this folder.

    Args:
        name: File-safe name of the account.
        shown: The account as people know it.
        wait: Wait for the other process instead of raising.

    Raises:
        MailboxBusy: Another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = _open(folder / f"account-{name}")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise _busy(shown) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def account_right(
    members: Membership, name: str, shown: str, sleep: Callable[[float], None], *, wait: bool
) -> Iterator[None]:
    """Holds the same right among the machines of a team; on one machine `account_lock` is enough.

    Args:
        sleep: Waits so many seconds.

    Raises:
        MailboxBusy: A process on another machine holds it.
    """
    right = f"account {name}"
    while not members.hold(right):
        if not wait:
            raise _busy(shown)
        sleep(_LOOK_AGAIN)
    try:
        yield
    finally:
        members.let_go(right)


def _busy(shown: str) -> MailboxBusy:
    return MailboxBusy(
        f"Another Gainful is at work on {shown}.",
        "Wait until it is done, then run this again.",
        retry_after=timedelta(seconds=10),
    )


@contextmanager
def turn(folder: Path, name: str) -> Iterator[None]:
    """Waits until it is this one's turn, among all processes and threads that share the folder, and holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = _open(folder / f"turn-{name}")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def anybody_lives(folder: Path) -> bool:
    """Whether a process with an engine is at work in this installation."""
    return any(_is_held(path) for path in folder.glob("executor-*"))


class Sole:
    """The right to do one thing: of all processes and threads that share the folder, one has it at a time."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"sole-{name}"
        self._handle: int | None = None

    def take(self) -> bool:
        """Whether this one has it now; what it has it keeps until it lets go, or its process dies."""
        if self._handle is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = _open(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def leave(self) -> None:
        """Let go of it. Safe to call without having it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextmanager
def sole(folder: Path, name: str) -> Iterator[bool]:
    """Whether this one has the right to do one thing, as long as it is in here; see `Sole`. Never waits."""
    right = Sole(folder, name)
    try:
        yield right.take()
    finally:
        right.leave()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(path: Path) -> int:
    """The file, made and locked. Whoever looked between the two may have taken it for a dead one's and removed it."""
    while True:
        handle = _open(path)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(handle)):
                return handle
        os.close(handle)


def _is_held(path: Path, *, remove: bool = False) -> bool:
    """Whether a process that lives has locked this file.

    Args:
        remove: Let the file go where none has; before anybody else can lock it.
    """
    try:
        # Not made where it has just been removed.
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared, so that two who look at the same moment do not take each other for the one who lives.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if remove:
            path.unlink(missing_ok=True)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
