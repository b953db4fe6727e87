"""The lock that keeps two Gainfuls from one Maildir."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gainful.sdk.mail import MailboxBusy

FILE = ".gainful.lock"


class Lock:
    """Held until released, or until the process ends, however it ends.

    Args:
        root: The Maildir; the lock file stays in it, empty.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / FILE
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock, without waiting; taking it twice is fine.

        Raises:
            MailboxBusy: Another process or mailbox holds it.
        """
        if self._descriptor is not None:
            return
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise MailboxBusy(
                f"Another Gainful works on {self._path.parent}.", "Wait until it is done, or stop it."
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; safe without holding it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
