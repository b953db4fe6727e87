"""The composition root: the one place that knows every room and puts them together.

with Gainful.open(home) as gainful:
    report = gainful.triage("maildir:~/Mail", apply=True)
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gainful.core.clock import Clock, system_clock
from gainful.core.errors import GainfulError, Invalid
from gainful.core.evidence import Source, Standing, Truth
from gainful.core.ids import random_id, stable_id
from gainful.core.mail import Decision, MailRecord, Role
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.core.run import Run
from gainful.gate.effects import EffectDoor
from gainful.gate.model import ModelDoor
from gainful.jobs.digest.brief import Brief, brief_of
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.facts import PersonRule
from gainful.jobs.triage.labels import LabelSet
from gainful.jobs.triage.protection import Protection
from gainful.jobs.triage.reading import Reader
from gainful.jobs.triage.run import Consultant, Order, Progress, TriageJob, UndoJob
from gainful.jobs.triage.settings import Drafts, Settings
from gainful.ledger.outcome import Outcome
from gainful.ledger.reservation import Budget
from gainful.runs.executor import account_lock
from gainful.runs.watch import Watcher
from gainful.sdk.mail import Mailbox
from gainful.storage.answer_store import AnswerStore
from gainful.storage.config import MODEL_KEY, Account, Config, Home, load
from gainful.storage.database import open_database
from gainful.storage.effect_store import EffectStore
from gainful.storage.ledger_store import LedgerStore
from gainful.storage.mail_store import MailStore
from gainful.storage.run_store import RunStore
from gainful.storage.secret_store import SecretStore
from gainful.storage.truth_store import TruthStore
from gainful.storage.work_item_store import WorkItemStore

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

PASSWORD_VARIABLE = "GAINFUL_IMAP_PASSWORD"  # noqa: S105 - the name of a variable, not a password
LONGEST_WAIT = timedelta(minutes=9)
"""How long one IDLE lasts; then the folder is scanned even if the server said nothing."""


class PasswordMissing(Invalid):
    """A mailbox needs a password and none was stored or given."""

    code = "password-missing"


class NothingToUndo(Invalid):
    """No run and no mail has this id, or nothing of it stands any more."""

    code = "nothing-to-undo"


@dataclass(frozen=True, slots=True)
class TriageRow:
    """One mail in a report. `outcome`: what happened to it, for people."""

    record: MailRecord
    decision: Decision
    outcome: str


@dataclass(frozen=True, slots=True)
class TriageReport:
    """What one triage run decided and did.

    Args:
        seconds: Wall time, to the millisecond.
        notes: Sentences about what went otherwise than usual.
        finished: Ids of runs that had been interrupted and were finished first.
    """

    run_id: str
    account: str
    applied: bool
    rows: tuple[TriageRow, ...]
    by_means: Mapping[str, int]
    by_label: Mapping[str, int]
    by_action: Mapping[str, int]
    tokens: Tokens
    cost: Money
    seconds: float
    notes: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """What a correction taught."""

    record: MailRecord
    before: str
    label: str
    """The label's name, as people see it."""


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo restored, and what it left alone: (mail id, subject, reason)."""

    run_id: str
    restored: tuple[str, ...]
    left: tuple[tuple[str, str, str], ...]


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


class Gainful:
    """Everything that the command line, the console and programs can ask for. One per process."""

    def __init__(self, home: Home, config: Config, clock: Clock) -> None:
        self.home = home
        self.config = config
        self.clock = clock
        self.ask_password: Callable[[Account], str] | None = None
        """How to get a password that is neither stored nor in the environment; None: fail instead."""
        self._progress: dict[str, Progress] = {}
        self._engine: Engine | None = None
        self._door: ModelDoor | None = None
        self._stopping = threading.Event()
        self.database = open_database(home.database)
        self.mails = MailStore(self.database)
        self.truths = TruthStore(self.database)
        self.effects = EffectStore(self.database)
        self.runs = RunStore(self.database)
        self.ledger = LedgerStore(self.database, clock)
        self.work = WorkItemStore(self.database, self.ledger)
        self.secrets = SecretStore(self.database, home.key, clock)
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

    # --- mailboxes ---

    def account(self, source: str) -> Account:
        """The account with this name, URL or identity; one made from the URL when none is configured.

        Raises:
            SourceInvalid: `source` is neither a name nor a mailbox.
        """
        for account in self.config.accounts:
            if source in (account.name, account.url) or source == identity_of(account):
                return account
        return self.config.account(source)

    def connect(self, account: Account) -> Mailbox:
        """The account's mailbox, signed in.

        Raises:
            MailboxUnreachable, LoginRefused, PasswordMissing, Invalid: As they say.
        """
        if account.scheme == "maildir":
            from gainful.connectors.maildir import MaildirMailbox

            return MaildirMailbox(account.path)
        if account.scheme == "mbox":
            from gainful.connectors.mbox import MboxMailbox

            return MboxMailbox(account.path)
        from gainful.connectors.imap import ImapMailbox

        url = account.url if not account.cafile else f"{account.url}?cafile={account.cafile}"
        return ImapMailbox(url, lambda: self.password(account), auth=account.auth)

    def password(self, account: Account) -> str:
        """The account's password or token: from the environment, sealed, or asked for.

        Raises:
            PasswordMissing: None of these has it.
        """
        given = os.environ.get(PASSWORD_VARIABLE) or self.secrets.get(account.secret)
        if given is None and self.ask_password is not None:
            given = self.ask_password(account)
        if given is None:
            raise PasswordMissing(
                f"No password is stored for {account.url}.",
                f"Run `gainful init --account-url {account.url}`, or set {PASSWORD_VARIABLE}.",
            )
        return given

    def settings(self, account: Account) -> Settings:
        """What the person has chosen about triage of this account."""
        rules = tuple(
            PersonRule(rule.label, from_=rule.sender, subject=rule.subject, list_id=rule.list_id, to=rule.to)
            for rule in self.config.rules
        )
        return Settings(
            owner=account.own_addresses,
            owner_name=account.display_name,
            drafts=Drafts(self.config.triage.drafts),
            archive=self.config.triage.archive,
            vips=self.config.triage.vips,
            rules=rules,
        )

    @contextmanager
    def _desk(self, order: Order) -> Iterator[Desk]:
        """An account's desk, with its lock held. Nobody else changes this account's mail meanwhile."""
        account = self.account(order.source)
        identity = identity_of(account)
        patient = order.trigger not in ("hand", "undo")
        with account_lock(self._locks, stable_id(identity), identity, wait=patient):
            mailbox = self.connect(account)
            try:
                with Reader() as reader:
                    yield self._laid(account, mailbox, reader, applied=order.apply)
            finally:
                mailbox.close()

    def _laid(self, account: Account, mailbox: Mailbox, reader: Reader, *, applied: bool) -> Desk:
        settings = self.settings(account)
        identity = identity_of(account)
        protection = Protection(identity, self.mails, self.truths, self.labels, settings, applied=applied)
        return Desk(
            account=identity,
            mailbox=mailbox,
            mails=self.mails,
            evidence=self.truths,
            effects=self.effects,
            door=EffectDoor(identity, mailbox, self.effects, protection.facts, self.clock, time.sleep),
            work=self.work,
            reader=reader,
            labels=self.labels,
            settings=settings,
            protection=protection,
            clock=self.clock,
            sleep=time.sleep,
        )

    def model_door(self) -> ModelDoor | None:
        """The door to the configured language model; None when none is configured.

        Raises:
            PriceUnknown, ModelNameInvalid, ModelKeyMissing: As they say.
        """
        wanted = self.config.model
        if not wanted.name:
            return None
        if self._door is None:
            from gainful.connectors.llm import OneRequestModel
            from gainful.gate.pricing import pricing_of

            pricing = pricing_of(
                wanted.name,
                self.clock(),
                base_url=wanted.base_url,
                input_price=wanted.input_price,
                output_price=wanted.output_price,
            )
            budget = Budget(
                "model",
                Money(wanted.daily_budget),
                wanted.calls_per_day,
                raise_by="Raise daily_budget or calls_per_day under [model] in gainful.toml",
            )
            model = OneRequestModel(wanted.name, wanted.base_url, self.secrets.get(MODEL_KEY) or "")
            answers = AnswerStore(self.database, self.ledger)
            self._door = ModelDoor(model, pricing, budget, self.ledger, answers, self.clock)
        return self._door

    def quote(self) -> str | None:
        """The language model, its price and its cap in one line; None when none is configured."""
        door = self.model_door()
        return door.quote() if door is not None else None

    def _consultant(self, settings: Settings) -> Consultant | None:
        door = self.model_door()
        if door is None:
            return None
        from gainful.jobs.triage.consult import LanguageConsultant
        from gainful.jobs.triage.language import MailLanguage

        return LanguageConsultant(MailLanguage(door, self.labels), settings.drafts, settings.owner_name)

    @property
    def _locks(self) -> Any:
        return self.home.path / "locks"

    def _launch(self, *, schedules: bool = False) -> Engine:
        if self._engine is None:
            from gainful.runs.engine import Engine

            triage = TriageJob(self._desk, self._consultant, lambda run_id: self._progress.get(run_id, _silent))
            jobs = {"triage": self._recorded("triage", triage), "undo": self._recorded("undo", UndoJob(self._desk))}
            self._engine = Engine(self.database, self._locks, jobs, self.clock, schedules=schedules)
        return self._engine

    def _recorded(self, name: str, job: Callable[[Any, str, Mapping[str, Any]], Any]) -> Any:
        """The job, with its beginning and end noted where people look for runs."""

        def recorded(steps: Any, run_id: str, arguments: Mapping[str, Any]) -> Any:
            account = identity_of(self.account(str(arguments["source"])))
            applied = bool(arguments.get("apply", True))
            trigger = str(arguments.get("trigger", "hand"))
            self.runs.start(run_id, name, account, trigger, applied=applied, at=self.clock())
            try:
                summary = job(steps, run_id, arguments)
            except GainfulError as error:
                self.runs.end(run_id, "failed", error.as_json(), self.clock())
                raise
            self.runs.end(run_id, "done", summary, self.clock())
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
            GainfulError: What stopped the run; what it had done stays done and is known to undo.
        """
        account = self.account(source)
        engine = self._launch()
        finished = self._finish_interrupted(engine, account, progress or _silent)
        run_id = random_id()
        order = Order(source=source, apply=apply, trigger=trigger, limit=limit or self.config.triage.max_mails)
        if trigger == "new mail":
            order = Order(source=source, apply=apply, trigger=trigger)
        self._progress[run_id] = progress or _silent
        try:
            summary = engine.run("triage", run_id, order.as_json())
        finally:
            del self._progress[run_id]
        return self._report(run_id, account, apply, summary, finished)

    def _finish_interrupted(self, engine: Engine, account: Account, progress: Progress) -> tuple[str, ...]:
        """Finish this account's runs that a dead process left, before a new one looks at the same mail."""
        finished = []
        for run_id in engine.interrupted():
            run = self.runs.find(run_id)
            if run is not None and run.account == identity_of(account):
                self._progress[run_id] = progress
                engine.resume(run_id)
                self._progress.pop(run_id, None)
                finished.append(run_id)
        return tuple(finished)

    def _report(
        self, run_id: str, account: Account, applied: bool, summary: Mapping[str, Any], finished: tuple[str, ...]
    ) -> TriageReport:
        decided = self.mails.decided_in(run_id)
        outcomes = self._outcomes(run_id) if applied else {}
        rows = tuple(
            TriageRow(item.record, item.decision, outcomes.get(item.record.id, "" if applied else "preview"))
            for item in decided
        )
        run = self.runs.find(run_id)
        seconds = ((run.ended_at or run.started_at) - run.started_at).total_seconds() if run else 0.0
        decisions = [item.decision for item in decided]
        return TriageReport(
            run_id=run_id,
            account=identity_of(account),
            applied=applied,
            rows=rows,
            by_means=Counter(str(decision.decided_by) for decision in decisions),
            by_label=Counter(self.label_name(decision.label) for decision in decisions),
            by_action=Counter(str(decision.action) for decision in decisions),
            tokens=sum((decision.tokens for decision in decisions), NO_TOKENS),
            cost=Money(sum((decision.cost for decision in decisions), Decimal(0))),
            seconds=round(seconds, 3),
            notes=tuple(summary.get("notes", ())),
            finished=finished,
        )

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

    def correct(self, mail_id: str, label: str) -> CorrectionReport:
        """Note what a mail really is. The local model learns it before the next decision.

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
        return CorrectionReport(record, self.label_name(before), wanted.name)

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
        done = engine.run("undo", run_id, {"source": source, "targets": [target]})
        return UndoReport(run_id, tuple(done["restored"]), tuple((m, s, r) for m, s, r in done["left"]))

    # --- the morning ---

    def brief(self, source: str | None = None, since: datetime | None = None) -> Brief:
        """What came in, what needs the person first, what was put away, what it cost and saved.

        Args:
            since: Aware UTC instant; a day ago by default.
        """
        account = None
        if source is not None:
            account = identity_of(self.account(source))
        start = since or self.clock() - timedelta(days=1)
        return brief_of(
            self.mails.decided_since(account, start),
            self.runs.since(account, start),
            self.truths.since(account, start),
            self.effects.since(account, start),
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
        engine = self._launch(schedules=True)
        for run_id in engine.interrupted():
            engine.resume_later(run_id)
        names = set()
        watchers = []
        schedule = self.config.schedule
        for account in self.config.accounts:
            if account.scheme == "mbox":
                continue
            if schedule.nightly is not None:
                name = f"nightly {account.name}"
                names.add(name)
                order = Order(source=account.name, apply=True, trigger="nightly")
                cron = f"{schedule.nightly.minute} {schedule.nightly.hour} * * *"
                engine.schedule(name, cron, schedule.timezone or _local_zone(), "triage", order.as_json())
            if schedule.watch:
                watchers.append(Watcher(account.name, _Look(self, account), complain))
        engine.unschedule_except(names)
        for watcher in watchers:
            watcher.start()
        on_ready()
        stop.wait()
        for watcher in watchers:
            watcher.stop()


class _Look:
    """One account's watch: triage what has come, then wait for the server's hint and look again."""

    def __init__(self, gainful: Gainful, account: Account) -> None:
        self._gainful = gainful
        self._account = account
        self._mailbox: Mailbox | None = None

    def __call__(self) -> None:
        """Look once, then wait. A run starts only for mail that is not known, so an idle mailbox costs nothing."""
        try:
            if self._mailbox is None:
                self._mailbox = self._gainful.connect(self._account)
            folder = self._mailbox.folder(Role.INBOX) or "INBOX"
            if self._news(self._mailbox, folder):
                self._gainful.triage(self._account.name, apply=True, trigger="new mail")
            self._mailbox.wait(folder, LONGEST_WAIT)
        except GainfulError:
            if self._mailbox is not None:
                self._mailbox.close()
            self._mailbox = None
            raise

    def _news(self, mailbox: Mailbox, folder: str) -> bool:
        """Whether a mail lies in the folder that no run has settled. The hint may be wrong; the uids are not."""
        identity = identity_of(self._account)
        validity = mailbox.validity(folder)
        state = self._gainful.mails.folder_state(identity, folder)
        if state is None or state[0] != validity:
            return True
        known = self._gainful.mails.known(identity, folder, validity)
        return any(listed.place.uid not in known for listed in mailbox.listing(folder, state[1] or None))


def identity_of(account: Account) -> str:
    """The name under which the books know an account, however its URL is written."""
    if account.is_server:
        from gainful.connectors.imap.address import ImapAddress

        return ImapAddress.parse(account.url).account
    return f"{account.scheme}:{account.path}"


def _local_zone() -> str:
    """The machine's IANA time zone, UTC when it does not tell."""
    zone = os.environ.get("TZ", "")
    if not zone:
        target = os.path.realpath("/etc/localtime")
        zone = target.partition("zoneinfo/")[2]
    return zone or "UTC"


__all__ = ["Brief", "CorrectionReport", "Gainful", "Run", "TriageReport", "TriageRow", "UndoReport"]
