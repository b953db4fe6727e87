"""The mailbox contract over a Maildir."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from gainful.connectors.maildir import MaildirMailbox
from gainful.sdk.mail import Mailbox
from gainful.sdk.testing.mailbox import MailboxContract

LETTERS = {"\\Seen": "S", "\\Flagged": "F", "\\Answered": "R"}


class TestMaildirMailbox(MailboxContract):
    absent_uid = "1600000000.M1P1.nowhere"

    @pytest.fixture(autouse=True)
    def account(self, tmp_path: Path) -> None:
        self.root = tmp_path / "Mail dir"
        for part in ("cur", "new", "tmp"):
            (self.root / part).mkdir(parents=True)
        self.numbers = itertools.count(1)

    def make(self) -> Mailbox:
        return MaildirMailbox(self.root)

    def deliver(self, raw: bytes) -> None:
        name = f"1772442000.M{next(self.numbers)}P1.host"
        (self.root / "tmp" / name).write_bytes(raw.replace(b"\r\n", b"\n"))
        (self.root / "tmp" / name).rename(self.root / "new" / name)

    def set_flags(self, folder: str, uid: str, flags: str) -> None:
        """Rename as a mail program does; keywords by the letters that the folder's file gives them."""
        letters = {LETTERS[flag] for flag in flags.split() if flag in LETTERS}
        keywords = [flag for flag in flags.split() if flag not in LETTERS]
        assert not (self.root / "dovecot-keywords").exists()
        (self.root / "dovecot-keywords").write_text("".join(f"{n} {name}\n" for n, name in enumerate(keywords)))
        letters |= {chr(ord("a") + n) for n in range(len(keywords))}
        (found,) = [path for part in ("new", "cur") for path in (self.root / part).glob(f"{uid}*")]
        found.rename(self.root / "cur" / f"{uid}:2,{''.join(sorted(letters))}")
