"""Triage as people ask for it: run it, look it over, put it right, take it back, read the brief."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gainful.app.accounts import Accounts, identity_of
from gainful.app.guarding.guards import Guards
from gainful.app.jobs import Jobs, silent
from gainful.app.mail.reporter import Reporter
from gainful.app.mail.reports import CorrectionReport, TriageReport, UndoReport
from gainful.app.stores import Stores
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.core.evidence import Source, Standing, Truth
from gainful.core.ids import random_id
from gainful.core.mail import Decided, MailRecord
from gainful.jobs.digest.brief import Brief, brief_of
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.teaching import Open, worth_reviewing
from gainful.jobs.triage.run import Order, Progress
from gainful.ledger.attention import attention
from gainful.ledger.outcome import Outcome
from gainful.storage.settings.config import Account

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

REVIEWED = timedelta(days=30)
"""How far back mails are offered for review."""


class ReportOnly(Refused):
    """Effects were asked for on a mailbox that is only read."""

    code = "report-only"


class NothingToUndo(Invalid):
    """No run and no mail has this id, or nothing of it stands any more."""

    code = "nothing-to-undo"


class Triage:
    """Everything that can be asked about the triage of mail."""

    def __init__(self, stores: Stores, guards: Guards, accounts: Accounts, labels: LabelSet, jobs: Jobs) -> None:
        self._stores = stores
        self._guards = guards
        self._accounts = accounts
        self._labels = labels
        self._jobs = jobs
        self._reporter = Reporter(stores.mails, stores.effects, stores.runs, stores.ledger, guards, self.label_name)

    def run(
        self,
        source: str,
        *,
        apply: bool = False,
        limit: int | None = None,
        progress: Progress | None = None,
        trigger: str = "hand",
    ) -> TriageReport:
        """Decide about the mail in an inbox and, with `apply`, act on it.

        Args:
            source: An account's name, or a mailbox such as `maildir:~/Mail`.
            limit: The newest so many mails only.

        Raises:
            Stopped: A person has stopped triage, and it was not let go on.
            GainfulError: What stopped the run; what it had done stays done and is known to undo.
        """
        self._guards.check("triage")
        account = self._accounts.named(source)
        if apply and account.scheme == "mbox":
            raise ReportOnly(
                f"An mbox is only reported on; nothing in {account.path} can be changed.",
                "Leave out --apply, or import it as a Maildir and triage that.",
            )
        engine = self._jobs.engine()
        finished, notes = self._finish_interrupted(engine, account, progress or silent)
        run_id = random_id()
        order = Order(source=source, apply=apply, trigger=trigger, limit=limit or self._stores.config.triage.max_mails)
        if trigger == "new mail":
            order = Order(source=source, apply=apply, trigger=trigger)
        with self._jobs.watched(run_id, progress or silent):
            summary = self._jobs.run("triage", run_id, order.as_json())
        report = self._reporter.triage(run_id, account, apply, summary, finished)
        return replace(report, notes=(*notes, *report.notes))

    def _finish_interrupted(
        self, engine: Engine, account: Account, progress: Progress
    ) -> tuple[tuple[str, ...], list[str]]:
        """Finish this account's runs that a dead process left, before a new one looks at the same mail.

        Returns their ids, and a sentence about each that could not be finished: the new run takes over its mail.
        """
        finished, notes = [], []
        for run_id in engine.interrupted():
            run = self._stores.runs.find(run_id)
            if run is not None and run.account == identity_of(account):
                try:
                    with self._jobs.watched(run_id, progress):
                        self._jobs.resume(run_id)
                    finished.append(run_id)
                except GainfulError as error:
                    # What stopped it then may be recorded as its end, long after the disk was freed.
                    notes.append(f"The interrupted run {run_id} ended with: {error.what} This run takes its mail over.")
        return tuple(finished), notes

    def label_name(self, key: str) -> str:
        """The label as people see it; a dash for none."""
        return self._labels[key].name if key in self._labels else key or "–"

    # --- learning and undoing ---

    def correct(self, mail_id: str, label: str, spent: timedelta | None = None) -> CorrectionReport:
        """Note what a mail really is, and put it right in the mailbox where a run has touched it.

        The local model learns it before the next decision.

        Args:
            spent: Time the person measurably gave to it; booked, since a person's time is a cost too.

        Raises:
            NoSuchMail, AmbiguousMail, LabelInvalid: As they say.
        """
        record = self._stores.mails.find(mail_id)
        wanted = self._labels.named(label)
        decided = self._stores.mails.latest_decision(record.id)
        before = decided.decision.label if decided else ""
        at = self._stores.clock()
        right = before == wanted.key
        truth = Truth(
            key=f"corrected:{record.id}:{at.isoformat()}",
            mail_id=record.id,
            standing=Standing.ACCEPTED if right else Standing.REJECTED,
            source=Source.CORRECTED,
            at=at,
            label=wanted.key,
            run_id=decided.run_id if decided else "",
            detail=f"You confirmed {wanted.name}." if right else f"You said it is {wanted.name}.",
        )
        self._stores.truths.add([truth])
        work_item = f"mail:{record.id}"
        for outcome in (Outcome.ACCEPTED,) if right else (Outcome.REJECTED, Outcome.REVERSED):
            self._stores.work.judge(work_item, outcome, truth.key, at, truth.run_id, truth.detail)
        if spent is not None:
            self._stores.ledger.append([attention(f"attention:{truth.key}", spent, "review", at, work_item=work_item)])
        changed, problem = self._mend(record, wanted.key) if self._acted_on(decided) else (False, "")
        return CorrectionReport(record, self.label_name(before), wanted.name, changed, problem)

    def _acted_on(self, decided: Decided | None) -> bool:
        """Whether the person has let a run act on this mail, and not only look at it."""
        run = self._stores.runs.find(decided.run_id) if decided is not None else None
        return run is not None and run.applied

    def _mend(self, record: MailRecord, label: str) -> tuple[bool, str]:
        """Put the mailbox right after a correction; why not, where it cannot be done now. The lesson stands anyway."""
        order = {"source": record.account, "mail": record.id, "label": label, "trigger": "correction"}
        try:
            return bool(self._jobs.run("mend", random_id(), order)), ""
        except GainfulError as error:
            return False, str(error)

    def to_review(self, source: str | None, limit: int) -> list[Decided]:
        """Mails that the person's word would teach most about: uncertain ones first, then some that seemed sure.

        Mails about which they have spoken already are left out.
        """
        account = identity_of(self._accounts.named(source)) if source is not None else None
        decided = self._stores.mails.decided_since(account, self._stores.clock() - REVIEWED)
        spoken = self._stores.truths.about([item.record.id for item in decided])
        open_ = [item for item in decided if not any(truth.label for truth in spoken.get(item.record.id, []))]
        accounts = {item.record.account for item in open_}
        judged = {address for name in accounts for address, *_ in self._stores.truths.label_counts(name)}
        items = [Open(item.decision, item.record.from_addr in judged) for item in open_]
        # Drawn by what has been judged so far: asked again, it shows the same mails.
        chance = random.Random(len(judged))  # noqa: S311 -- which mails are shown is no secret
        return [open_[index] for index in worth_reviewing(items, limit, chance)]

    def undo(self, target: str, *, dry_run: bool = False) -> UndoReport:
        """Take back what a run, or every run together, did to mail.

        Args:
            target: Id of a run or of a mail, or its beginning.
            dry_run: Only tell what would be taken back.

        Raises:
            NothingToUndo: Nothing with this id stands.
        """
        run = self._stores.runs.find(target)
        if run is not None and run.job == "triage":
            standing = [item.effect.mail_id for item in self._stores.effects.done_in(run.id)]
            return self._undo(run.account, {"run": run.id}, standing, dry_run)
        try:
            record = self._stores.mails.find(target)
        except Invalid:
            raise NothingToUndo(
                f"Neither a run nor a mail has the id '{target}'.", "`gainful runs` lists runs, `gainful brief` mails."
            ) from None
        standing = [item.effect.mail_id for item in self._stores.effects.done_to(record.id)]
        return self._undo(record.account, {"mail": record.id}, standing, dry_run)

    def _undo(self, source: str, target: dict[str, str], mail_ids: list[str], dry_run: bool) -> UndoReport:
        ids = tuple(dict.fromkeys(mail_ids))
        if not ids:
            raise NothingToUndo("Nothing of this stands any more.", "It was a preview, or was undone before.")
        if dry_run:
            return UndoReport("", ids, ())
        engine = self._jobs.engine()
        run_id = random_id()
        if "run" in target and target["run"] in engine.interrupted():
            # It died half way; resumed later it would do again what is being undone now.
            engine.cancel(target["run"])
        done = self._jobs.run("undo", run_id, {"source": source, "targets": [target]})
        return UndoReport(run_id, tuple(done["restored"]), tuple((m, s, r) for m, s, r in done["left"]))

    # --- the morning ---

    def brief(self, source: str | None = None, since: datetime | None = None) -> Brief:
        """What came in, what needs the person first, what was put away, what it cost and saved.

        Args:
            since: Aware UTC instant; a day ago by default.
        """
        account = None
        if source is not None:
            account = identity_of(self._accounts.named(source))
        start = since or self._stores.clock() - timedelta(days=1)
        return brief_of(
            self._stores.mails.decided_since(account, start),
            self._stores.runs.since(account, start),
            self._stores.truths.since(account, start),
            self._stores.effects.since(account, start),
            self._stores.ledger.spending(since=start),
            self._labels,
            self._stores.config.value.seconds_per_mail,
            start.astimezone(UTC),
            self._stores.clock(),
        )
