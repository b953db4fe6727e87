"""The mailbox contract over the mailbox in memory: what tests use has to behave like what people use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gainful.sdk.mail import Mailbox
from gainful.sdk.testing.mailbox import MailboxContract
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox


class TestMemoryMailbox(MailboxContract):
    @pytest.fixture(autouse=True)
    def account(self) -> None:
        self.store = Mailstore()

    def make(self) -> Mailbox:
        return MemoryMailbox(self.store)

    def deliver(self, raw: bytes) -> None:
        self.store.put("INBOX", Kept(raw, received_at=datetime.now(UTC)))

    def set_flags(self, folder: str, uid: str, flags: str) -> None:
        self.store.folders[folder][uid].flags.update(flags.split())
