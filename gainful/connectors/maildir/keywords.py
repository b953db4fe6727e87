"""The keywords of one Maildir folder: which letter means which, in Dovecot's `dovecot-keywords` file."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from gainful.connectors.maildir.files import durable_write
from gainful.connectors.maildir.names import LETTERS
from gainful.core.errors import Invalid
from gainful.sdk.mail import MailboxBusy

FILE = "dovecot-keywords"
LOCK = "dovecot-keywords.lock"
PATIENCE_SECONDS = 5.0
STALE_SECONDS = 120.0
"""As Dovecot: a lock that old was left behind by a program that died."""


class Keywords:
    """Letters and names of one folder's keywords.

    Args:
        directory: The folder, with `cur` and `new` in it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def by_letter(self) -> dict[str, str]:
        """Keyword name by letter, as the file says now; nothing where there is no file."""
        try:
            text = (self._directory / FILE).read_text("utf-8", "replace")
        except FileNotFoundError:
            return {}
        found: dict[str, str] = {}
        for line in text.splitlines():
            number, _, name = line.partition(" ")
            if number.isdecimal() and int(number) < len(LETTERS) and name:
                found[LETTERS[int(number)]] = name
        return found

    def letters(self, names: Collection[str]) -> dict[str, str]:
        """Letter by lower-case name, for those of the names that have one."""
        wanted = {name.lower() for name in names}
        return {name.lower(): letter for letter, name in self.by_letter().items() if name.lower() in wanted}

    def take_letters(self, names: Collection[str]) -> dict[str, str]:
        """Letter by lower-case name, for all the names; new ones are written down before anything uses them.

        Raises:
            Invalid: The folder would have more than 26 keywords.
            MailboxBusy: Another program keeps the lock.
        """
        if self._missing(names, self.by_letter()):
            with self._locked():
                self._add(names)
        return self.letters(names)

    def _add(self, names: Collection[str]) -> None:
        present = self.by_letter()
        free = [letter for letter in LETTERS if letter not in present]
        missing = self._missing(names, present)
        if len(missing) > len(free):
            raise Invalid(
                f"{self._directory} has {len(present)} keywords; {missing[len(free)]!r} would be one over 26, "
                "and a Maildir folder holds no more.",
                "Use fewer labels, or remove unused lines from its dovecot-keywords while nobody uses it.",
            )
        present.update(zip(free, missing, strict=False))
        lines = sorted((LETTERS.index(letter), name) for letter, name in present.items())
        durable_write(self._directory / FILE, "".join(f"{number} {name}\n" for number, name in lines).encode())

    @staticmethod
    def _missing(names: Collection[str], present: dict[str, str]) -> list[str]:
        # IMAP keywords are the same in any case of letters.
        known = {name.lower() for name in present.values()}
        return sorted({name.lower(): name for name in names if name.lower() not in known}.values())

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold Dovecot's own lock on the file, so that a running server and we do not overwrite each other."""
        lock = self._directory / LOCK
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                break
            except FileExistsError:
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - lock.stat().st_mtime > STALE_SECONDS:
                        lock.unlink()
                        continue
            if time.monotonic() > end:
                raise MailboxBusy(f"{lock} is held by another program.", "Try again when that program is done.")
            time.sleep(0.05)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
