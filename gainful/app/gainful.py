"""What the command line, the console and programs can ask for.

with Gainful.open(home) as gainful:
    report = gainful.triage("maildir:~/Mail", apply=True)
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gainful.app.accounts import Accounts, identity_of
from gainful.app.approvals import Approvals
from gainful.app.budgets import Budgets
from gainful.app.guards import Guards, Stopped
from gainful.app.models import Models
from gainful.app.reports import CorrectionReport, TriageReport, TriageRow, UndoReport
from gainful.app.scopes import declared_scopes
from gainful.app.why import Explanation, Records, explain
from gainful.core.clock import Clock, system_clock
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.core.evidence import Source, Standing, Truth
from gainful.core.ids import random_id, stable_id
from gainful.core.mail import Action, Decided, MailRecord
from gainful.gate.approval_export import event_of
from gainful.gate.broker import Broker
from gainful.gate.effects import EffectDoor
from gainful.gate.guard import Guard
from gainful.gate.redaction import install as install_redaction
from gainful.jobs.digest.brief import Brief, brief_of
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.teaching import Open, worth_reviewing
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.protection import Protection
from gainful.jobs.triage.reading.reader import Reader
from gainful.jobs.triage.run import Consultant, MendJob, Order, Progress, TriageJob, UndoJob
from gainful.jobs.triage.settings import Settings
from gainful.ledger.attention import attention
from gainful.ledger.outcome import Outcome
from gainful.runs.executor import account_lock
from gainful.runs.steps import Job, Json, Steps
from gainful.sdk.declaration import declared
from gainful.sdk.mail import Mailbox
from gainful.storage.answer_store import AnswerStore
from gainful.storage.approval_store import ApprovalStore
from gainful.storage.audit_store import AuditStore
from gainful.storage.budget_store import BudgetStore
from gainful.storage.call_store import CallStore
from gainful.storage.config import Account, Config, Home, load
from gainful.storage.database import open_database, translated
from gainful.storage.effect_store import EffectStore
from gainful.storage.ledger_store import LedgerStore
from gainful.storage.mail_store import MailStore
from gainful.storage.manifest_store import ManifestStore
from gainful.storage.organisation_file import OrganisationFile
from gainful.storage.run_store import RunStore
from gainful.storage.secret_store import SecretStore
from gainful.storage.stop_store import StopStore
from gainful.storage.truth_store import TruthStore
from gainful.storage.work_item_store import WorkItemStore

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


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


class Gainful:
    """Everything that the command line, the console and programs can ask for. One per process."""

    def __init__(self, home: Home, config: Config, clock: Clock) -> None:
        self.home = home
        self.config = config
        self.clock = clock
        self._progress: dict[str, Progress] = {}
        self._engine: Engine | None = None
        self.database = open_database(home.database)
        self.mails = MailStore(self.database)
        self.truths = TruthStore(self.database)
        self.effects = EffectStore(self.database)
        self.runs = RunStore(self.database)
        self.ledger = LedgerStore(self.database, clock)
        self.audit = AuditStore(
            self.database, home.path / "audit.key", home.path / "audit" / "checkpoints.jsonl", clock
        )
        self.guards = Guards(
            StopStore(self.database, self.audit),
            ManifestStore(self.database, self.audit, clock),
            OrganisationFile(_policy(home, config), self.database, self.audit, clock),
            self.audit,
            clock,
            config.owner.person,
            config.team.members,
        )
        # A question or an answer that the audit log cannot keep is not asked or given.
        self.book = ApprovalStore(
            self.database,
            config.approvals.terms,
            lambda connection, approval: self.audit.append_in(connection, [event_of(approval)]),
        )
        self.approvals = Approvals(self.book, self.runs, config.owner.person, clock, self._launch)
        self.work = WorkItemStore(self.database, self.ledger)
        install_redaction()
        self.secrets = SecretStore(self.database, home.key, clock, keep_key_in=config.secrets.keep_key_in)
        self.broker = Broker(self.secrets, declared_scopes)
        self.accounts = Accounts(config, self.secrets, self.broker)
        answers = AnswerStore(self.database, self.ledger)
        self.budgets = Budgets(config, BudgetStore(self.database, clock), self.ledger)
        self.models = Models(config.model, answers, self.ledger, self.broker, self.budgets, self.guards, clock)
        self.labels = LabelSet.configured(config.labels)

    @classmethod
    def open(cls, home: Home, clock: Clock = system_clock) -> Gainful:
        """Gainful with the settings and the database of this home, both made when absent.

        Raises:
            ConfigInvalid, LabelInvalid, DatabaseCorrupt, DatabaseLocked, DiskFull: As they say.
        """
        home.prepare()
        return cls(home, load(home), clock)

    def close(self) -> None:
        """Let go of the database; runs still under way are resumed by the next process."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self.database.dispose()

    def __enter__(self) -> Gainful:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _desk(self, order: Order) -> Iterator[Desk]:
        """An account's desk, with its lock held. Nobody else changes this account's mail meanwhile."""
        account = self.accounts.named(order.source)
        identity = identity_of(account)
        patient = order.trigger not in ("hand", "undo")
        with account_lock(self._locks, stable_id(identity), identity, wait=patient):
            mailbox = self.accounts.connect(account, exclusive=True)
            try:
                with Reader() as reader:
                    yield self._laid(account, mailbox, reader, self._guard_of(order), applied=order.apply)
            finally:
                mailbox.close()

    def _guard_of(self, order: Order) -> Guard:
        # What a person takes back or puts right is their own act, also after they have stopped triage.
        if order.trigger in ("undo", "correction"):
            return self.guards.by_hand("triage")
        return self.guards.job("triage", applied=order.apply)

    def _laid(self, account: Account, mailbox: Mailbox, reader: Reader, guard: Guard, *, applied: bool) -> Desk:
        settings = self.accounts.settings(account)
        identity = identity_of(account)
        protection = Protection(identity, self.mails, self.truths, self.labels, settings, applied=applied)
        return Desk(
            account=identity,
            mailbox=mailbox,
            mails=self.mails,
            evidence=self.truths,
            effects=self.effects,
            door=EffectDoor(
                identity,
                mailbox,
                self.effects,
                protection.facts,
                self.clock,
                time.sleep,
                guard,
                declared("imap" if account.is_server else account.scheme),
            ),
            work=self.work,
            reader=reader,
            labels=self.labels,
            settings=settings,
            protection=protection,
            clock=self.clock,
            sleep=time.sleep,
        )

    @property
    def _locks(self) -> Path:
        return self.home.path / "locks"

    def _launch(self, *, schedules: bool = False) -> Engine:
        if self._engine is None:
            from gainful.runs.engine import Engine

            def consultant(settings: Settings) -> Consultant | None:
                return self.models.consultant(settings, self.labels)

            triage = TriageJob(self._desk, consultant, lambda run_id: self._progress.get(run_id, _silent))
            jobs: dict[str, Job] = {"triage": triage, "undo": UndoJob(self._desk), "mend": MendJob(self._desk)}
            recorded = {name: self._recorded(name, job) for name, job in jobs.items()}
            self._engine = Engine(self.database, self._locks, recorded, self.clock, self.runs, schedules=schedules)
        return self._engine

    def _run(self, job: str, run_id: str, arguments: Mapping[str, Any]) -> Any:
        # DBOS writes into our database too; when the disk is full under it, that must read as when it is under us.
        with translated(self.database):
            return self._launch().run(job, run_id, arguments)

    def _recorded(self, name: str, job: Job) -> Job:
        """The job, with its beginning and end noted where people look for runs."""

        def recorded(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
            account = identity_of(self.accounts.named(str(arguments["source"])))
            applied = bool(arguments.get("apply", True))
            trigger = str(arguments.get("trigger", "hand"))
            self.runs.start(run_id, name, account, trigger, applied=applied, at=self.clock())
            try:
                summary = job(steps, run_id, arguments)
            except GainfulError as error:
                self.runs.end(run_id, "failed", error.as_json(), self.clock())
                raise
            state = "stopped" if isinstance(summary, dict) and summary.get("stopped") else "done"
            self.runs.end(run_id, state, summary, self.clock())
            return summary

        return recorded

    # --- triage ---

    def triage(
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
        self.guards.check("triage")
        account = self.accounts.named(source)
        if apply and account.scheme == "mbox":
            raise ReportOnly(
                f"An mbox is only reported on; nothing in {account.path} can be changed.",
                "Leave out --apply, or import it as a Maildir and triage that.",
            )
        engine = self._launch()
        finished, notes = self._finish_interrupted(engine, account, progress or _silent)
        run_id = random_id()
        order = Order(source=source, apply=apply, trigger=trigger, limit=limit or self.config.triage.max_mails)
        if trigger == "new mail":
            order = Order(source=source, apply=apply, trigger=trigger)
        self._progress[run_id] = progress or _silent
        try:
            summary = self._run("triage", run_id, order.as_json())
        finally:
            del self._progress[run_id]
        report = self._report(run_id, account, apply, summary, finished)
        return replace(report, notes=(*notes, *report.notes))

    def _finish_interrupted(
        self, engine: Engine, account: Account, progress: Progress
    ) -> tuple[tuple[str, ...], list[str]]:
        """Finish this account's runs that a dead process left, before a new one looks at the same mail.

        Returns their ids, and a sentence about each that could not be finished: the new run takes over its mail.
        """
        finished, notes = [], []
        for run_id in engine.interrupted():
            run = self.runs.find(run_id)
            if run is not None and run.account == identity_of(account):
                self._progress[run_id] = progress
                try:
                    with translated(self.database):
                        engine.resume(run_id)
                    finished.append(run_id)
                except GainfulError as error:
                    # What stopped it then may be recorded as its end, long after the disk was freed.
                    notes.append(f"The interrupted run {run_id} ended with: {error.what} This run takes its mail over.")
                finally:
                    del self._progress[run_id]
        return tuple(finished), notes

    def _report(
        self, run_id: str, account: Account, applied: bool, summary: Mapping[str, Any], finished: tuple[str, ...]
    ) -> TriageReport:
        decided = self.mails.decided_in(run_id)
        outcomes = self._outcomes(run_id) if applied else {}
        stopped = str(summary.get("stopped", ""))
        rows = tuple(
            TriageRow(item.record, item.decision, outcomes.get(item.record.id) or _untouched(item, applied, stopped))
            for item in decided
        )
        run = self.runs.find(run_id)
        seconds = ((run.ended_at or run.started_at) - run.started_at).total_seconds() if run else 0.0
        decisions = [item.decision for item in decided]
        # From the books rather than from the decisions: drafts and failed calls cost too.
        spent = self.ledger.spending(run=run_id)
        return TriageReport(
            run_id=run_id,
            account=identity_of(account),
            applied=applied,
            rows=rows,
            by_means=Counter(str(decision.decided_by) for decision in decisions),
            by_label=Counter(self.label_name(decision.label) for decision in decisions),
            by_action=Counter(str(decision.action) for decision in decisions),
            tokens=spent.tokens,
            cost=spent.cost,
            seconds=round(seconds, 3),
            notes=(*summary.get("notes", ()), *self._standing_notes(run_id, applied, stopped)),
            finished=finished,
            stopped=stopped,
        )

    def _standing_notes(self, run_id: str, applied: bool, stopped: str) -> Iterator[str]:
        """What is to be said of the agent besides what the run noted itself."""
        if stopped:
            done = len({item.effect.mail_id for item in self.effects.done_in(run_id)})
            what = f"{done:,} {'mail was' if done == 1 else 'mails were'} put in order before." if applied else ""
            yield " ".join(filter(None, (stopped, what, self.guards.way_on("triage"))))
        if applied and (waiting := self.guards.waiting("triage")):
            yield waiting

    def _outcomes(self, run_id: str) -> dict[str, str]:
        """What happened to each mail of a run, in a few words."""
        words: dict[str, list[str]] = {}
        for item in self.effects.of_run(run_id):
            words.setdefault(item.effect.mail_id, []).append(item.state if item.note else str(item.effect.kind))
        return {mail_id: ", ".join(parts) for mail_id, parts in words.items()}

    def label_name(self, key: str) -> str:
        """The label as people see it; a dash for none."""
        return self.labels[key].name if key in self.labels else key or "–"

    # --- learning and undoing ---

    def correct(self, mail_id: str, label: str, spent: timedelta | None = None) -> CorrectionReport:
        """Note what a mail really is, and put it right in the mailbox where a run has touched it.

        The local model learns it before the next decision.

        Args:
            spent: Time the person measurably gave to it; booked, since a person's time is a cost too.

        Raises:
            NoSuchMail, AmbiguousMail, LabelInvalid: As they say.
        """
        record = self.mails.find(mail_id)
        wanted = self.labels.named(label)
        decided = self.mails.latest_decision(record.id)
        before = decided.decision.label if decided else ""
        at = self.clock()
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
        self.truths.add([truth])
        work_item = f"mail:{record.id}"
        for outcome in (Outcome.ACCEPTED,) if right else (Outcome.REJECTED, Outcome.REVERSED):
            self.work.judge(work_item, outcome, truth.key, at, truth.run_id, truth.detail)
        if spent is not None:
            self.ledger.append([attention(f"attention:{truth.key}", spent, "review", at, work_item=work_item)])
        changed, problem = self._mend(record, wanted.key) if self._acted_on(decided) else (False, "")
        return CorrectionReport(record, self.label_name(before), wanted.name, changed, problem)

    def _acted_on(self, decided: Decided | None) -> bool:
        """Whether the person has let a run act on this mail, and not only look at it."""
        run = self.runs.find(decided.run_id) if decided is not None else None
        return run is not None and run.applied

    def _mend(self, record: MailRecord, label: str) -> tuple[bool, str]:
        """Put the mailbox right after a correction; why not, where it cannot be done now. The lesson stands anyway."""
        order = {"source": record.account, "mail": record.id, "label": label, "trigger": "correction"}
        try:
            return bool(self._run("mend", random_id(), order)), ""
        except GainfulError as error:
            return False, str(error)

    def to_review(self, source: str | None, limit: int) -> list[Decided]:
        """Mails that the person's word would teach most about: uncertain ones first, then some that seemed sure.

        Mails about which they have spoken already are left out.
        """
        account = identity_of(self.accounts.named(source)) if source is not None else None
        decided = self.mails.decided_since(account, self.clock() - REVIEWED)
        spoken = self.truths.about([item.record.id for item in decided])
        open_ = [item for item in decided if not any(truth.label for truth in spoken.get(item.record.id, []))]
        accounts = {item.record.account for item in open_}
        judged = {address for name in accounts for address, *_ in self.truths.label_counts(name)}
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
        run = self.runs.find(target)
        if run is not None and run.job == "triage":
            standing = [item.effect.mail_id for item in self.effects.done_in(run.id)]
            return self._undo(run.account, {"run": run.id}, standing, dry_run)
        try:
            record = self.mails.find(target)
        except Invalid:
            raise NothingToUndo(
                f"Neither a run nor a mail has the id '{target}'.", "`gainful brief` lists the last runs."
            ) from None
        standing = [item.effect.mail_id for item in self.effects.done_to(record.id)]
        return self._undo(record.account, {"mail": record.id}, standing, dry_run)

    def _undo(self, source: str, target: dict[str, str], mail_ids: list[str], dry_run: bool) -> UndoReport:
        ids = tuple(dict.fromkeys(mail_ids))
        if not ids:
            raise NothingToUndo("Nothing of this stands any more.", "It was a preview, or was undone before.")
        if dry_run:
            return UndoReport("", ids, ())
        engine = self._launch()
        run_id = random_id()
        if "run" in target and target["run"] in engine.interrupted():
            # It died half way; resumed later it would do again what is being undone now.
            engine.cancel(target["run"])
        done = self._run("undo", run_id, {"source": source, "targets": [target]})
        return UndoReport(run_id, tuple(done["restored"]), tuple((m, s, r) for m, s, r in done["left"]))

    def why(self, target: str, step: str = "") -> Explanation:
        """Why a run did what it did: see `gainful.app.why.explain`.

        Raises:
            NothingToExplain: There is no such run, or no such step in it.
        """
        records = Records(
            self.runs,
            self.mails,
            self.effects,
            CallStore(self.database, self.audit, self.ledger),
            self.audit,
            self.book,
            self.ledger,
            self.guards.manifests,
        )
        return explain(records, target, step, self.clock)

    # --- the morning ---

    def brief(self, source: str | None = None, since: datetime | None = None) -> Brief:
        """What came in, what needs the person first, what was put away, what it cost and saved.

        Args:
            since: Aware UTC instant; a day ago by default.
        """
        account = None
        if source is not None:
            account = identity_of(self.accounts.named(source))
        start = since or self.clock() - timedelta(days=1)
        return brief_of(
            self.mails.decided_since(account, start),
            self.runs.since(account, start),
            self.truths.since(account, start),
            self.effects.since(account, start),
            self.ledger.spending(since=start),
            self.labels,
            self.config.value.seconds_per_mail,
            start.astimezone(UTC),
            self.clock(),
        )

    # --- the long-running process ---

    def serve(
        self, stop: threading.Event, on_ready: Callable[[], None], complain: Callable[[GainfulError], None]
    ) -> None:
        """Watch every account for new mail and keep the nightly schedule, until told to stop."""
        from gainful.app.serving import Server

        engine = self._launch(schedules=True)

        def triage(name: str, trigger: str) -> object:
            report = self.triage(name, apply=True, trigger=trigger)
            if report.stopped:
                # Told where trouble is told, and asked for again until it has gone through.
                raise Stopped(report.stopped, self.guards.way_on("triage"))
            return report

        server = Server(self.config, self.accounts, self.mails, self.runs, engine, triage, self.book, self.clock)
        server.run(stop, on_ready, complain)


def _policy(home: Home, config: Config) -> Path | None:
    """The file of the organisation's rules, if the settings name one."""
    given = config.organisation.policy
    return home.path / Path(given).expanduser() if given else None


def _untouched(item: Decided, applied: bool, stopped: str) -> str:
    """What is said of a mail to which nothing was done."""
    if not applied:
        return "preview"
    return "stopped" if stopped and item.decision.action is not Action.LEAVE else ""
