"""An office for triage tests: one person's mailbox in memory, real books, and jobs that run over them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from gainful.core.evidence import Truth
from gainful.core.mail import Decided, MailRecord
from gainful.gate.journal import Settled
from gainful.jobs.triage.deciding.facts import PersonRule
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.run import Order, TriageJob, UndoJob
from gainful.jobs.triage.settings import Settings
from gainful.runs.steps import DirectSteps
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.mail.truth_store import TruthStore
from gainful.storage.schema import entries, postings

OWNER = "owner@example.org"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def letter(
    subject: str, sender: str = "ada@people.example.net", body: str = "Could you send me the plan?", **headers: str
) -> bytes:
    """A mail to the owner; its Message-ID follows from its subject. `headers`: further ones, `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"From: Ada <{sender}>\r\nTo: {OWNER}\r\nSubject: {subject}\r\nMessage-ID: {name_of(subject)}\r\n"
        f"Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n{more}\r\n{body}\r\n"
    ).encode()


def news(subject: str, sender: str = "news@lists.example.net") -> bytes:
    """A mail that the person's rule puts away."""
    return letter(subject, sender, "News of kites.")


def name_of(subject: str) -> str:
    """The Message-ID of the letter with this subject."""
    return f"<{subject.replace(' ', '-')}@example.net>"


class Office:
    """One person's mailbox and books.

    Args:
        now: The present; move it on between runs.
    """

    letter = staticmethod(letter)
    news = staticmethod(news)
    name_of = staticmethod(name_of)

    def __init__(self, engine: Engine, lay: Callable[..., Desk]) -> None:
        self._engine = engine
        self._lay = lay
        self._runs = 0
        self.store = Mailstore()
        self.mails = MailStore(engine)
        self.truths = TruthStore(engine)
        self.effects = EffectStore(engine)
        self.now = NOON
        self.settings = Settings(
            owner=(OWNER,),
            rules=(
                PersonRule("newsletter", from_="@lists.example.net"),
                PersonRule("needs_reply", from_="@people.example.net"),
                PersonRule("fyi", from_="@notes.example.net"),
            ),
        )

    def choose(self, **settings: Any) -> None:
        """Change the person's settings."""
        self.settings = replace(self.settings, **settings)

    def arrive(self, *raws: bytes, folder: str = "INBOX", flags: str = "") -> list[str]:
        """Let mails arrive; their uids."""
        return [
            self.store.put(folder, Kept(raw, set(flags.split()), received_at=self.now - timedelta(hours=1)))
            for raw in raws
        ]

    def desk(self, mailbox: MemoryMailbox | None = None, **options: Any) -> Desk:
        """A desk as a run gets it."""
        chosen = mailbox or MemoryMailbox(self.store)
        return self._lay(self._engine, chosen, self.settings, clock=lambda: self.now, **options)

    def triage(
        self,
        *,
        apply: bool = True,
        trigger: str = "hand",
        limit: int | None = None,
        mailbox: MemoryMailbox | None = None,
        run_id: str = "",
        consultant: Any = None,
    ) -> dict[str, Any]:
        """The summary of one run, with its id as `run`."""
        self._runs += 1
        run_id = run_id or f"run{self._runs}"
        desk = self.desk(mailbox, applied=apply)
        job = TriageJob(lambda *_: nullcontext(desk), lambda _: consultant, lambda _: lambda *_: None)
        order = Order(source="test", apply=apply, trigger=trigger, limit=limit)
        return {"run": run_id, **job(DirectSteps(), run_id, order.as_json())}

    def undo(self, **target: str) -> dict[str, Any]:
        """What an undo of `run=…` or `mail=…` answered."""
        self._runs += 1
        desk = self.desk()
        job = UndoJob(lambda *_: nullcontext(desk))
        answer: dict[str, Any] = job(DirectSteps(), f"undo{self._runs}", {"source": "test", "targets": [target]})
        return answer

    def person_moves(self, subject: str, to: str, *, source: str = "") -> str:
        """Move a mail as the person's own mail program does; its new uid."""
        folder, uid = next(
            (folder, uid)
            for folder, mails in self.store.folders.items()
            for uid, kept in mails.items()
            if kept.message_id == name_of(subject) and source in ("", folder)
        )
        return self.store.put(to, self.store.folders[folder].pop(uid))

    def lying(self, folder: str) -> dict[str, set[str]]:
        """Flags by subject of the mails in a folder."""
        found = {}
        for kept in self.store.folders.get(folder, {}).values():
            subject = next(line for line in kept.raw.decode().splitlines() if line.startswith("Subject: "))
            found[subject.removeprefix("Subject: ")] = set(kept.flags)
        return found

    def record(self, subject: str) -> MailRecord:
        """What the books know of the only mail with this subject."""
        (record,) = self.mails.by_message_ids("test", [name_of(subject)])[name_of(subject)]
        return record

    def decided(self, run: str) -> dict[str, Decided]:
        """A run's decisions by subject."""
        return {item.record.subject: item for item in self.mails.decided_in(run)}

    def effects_of(self, subject: str) -> list[Settled]:
        """Everything that was ever intended for a mail."""
        wanted = self.record(subject).id
        return [
            item for item in self.effects.since("test", NOON - timedelta(days=999)) if item.effect.mail_id == wanted
        ]

    def acts(self) -> list[Truth]:
        """All that is known of what the person did."""
        return self.truths.judgements("test")

    def outcomes(self, subject: str) -> list[str]:
        """The outcomes that were booked for a mail's triage, one after the other."""
        wanted = f"mail:{self.record(subject).id}"
        query = (
            select(postings.c.account)
            .join(entries, entries.c.seq == postings.c.entry_seq)
            .where(entries.c.work_item == wanted, postings.c.amount.not_like("-%"))
            .order_by(entries.c.seq)
        )
        with self._engine.connect() as connection:
            return [account.rpartition(":")[2] for account in connection.scalars(query)]


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """No means is ever sure enough; only the person's own rules decide."""
    monkeypatch.setattr("gainful.jobs.triage.deciding.calibration.Thresholds.least", lambda *_: 2.0)


@pytest.fixture
def office(database: Engine, lay_desk: Callable[..., Desk]) -> Office:
    """An empty mailbox, and books without an entry."""
    return Office(database, lay_desk)
