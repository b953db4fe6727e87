"""The reading part of the mailbox contract over an mbox file."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from gainful.connectors.mbox import MboxMailbox
from gainful.sdk.mail import Mailbox
from gainful.sdk.testing.mailbox import ReadingContract


class TestMboxMailbox(ReadingContract):
    absent_uid = "9999-123456789"

    @pytest.fixture(autouse=True)
    def account(self, tmp_path: Path) -> None:
        self.path = tmp_path / "mail.mbox"
        self.path.touch()

    def make(self) -> Mailbox:
        return MboxMailbox(self.path)

    def deliver(self, raw: bytes) -> None:
        quoted = re.sub(rb"^(>*From )", rb">\1", raw.replace(b"\r\n", b"\n"), flags=re.MULTILINE)
        stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime()).encode()
        with self.path.open("ab") as file:
            file.write(b"From ada@example.org " + stamp + b"\n" + quoted + (b"" if quoted.endswith(b"\n") else b"\n"))
            file.write(b"\n")
