"""The stores of one installation, each once."""

from __future__ import annotations

from gainful.app.books.prices import prices_of
from gainful.core.clock import Clock
from gainful.gate.approval_export import event_of
from gainful.storage.agents.agent_store import AgentStore
from gainful.storage.agents.memory_store import MemoryStore
from gainful.storage.agents.occurrence_store import OccurrenceStore
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.budget_store import BudgetStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.console.access_store import AccessStore
from gainful.storage.console.identity_store import IdentityStore
from gainful.storage.database import is_shared, open_database
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.sums_repair import SumsRepair
from gainful.storage.facts.telemetry_store import TelemetryStore
from gainful.storage.facts.usage_store import UsageStore
from gainful.storage.gate.answer_store import AnswerStore
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.mail.truth_store import TruthStore
from gainful.storage.place import place_of
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.runs.pulse_store import PulseStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.runs.worker_store import WorkerStore
from gainful.storage.secrets.database_password import file_of
from gainful.storage.secrets.secret_store import SecretStore
from gainful.storage.settings.config import Config, Home
from gainful.storage.worth.assessment_store import AssessmentStore


class Stores:
    """Everything that is kept, on one database."""

    def __init__(self, home: Home, config: Config, clock: Clock) -> None:
        self.home = home
        self.config = config
        self.clock = clock
        self.database = open_database(place_of(home, config))
        self.workers = WorkerStore(self.database, clock) if is_shared(self.database) else None
        """The processes that share the database; None where it is a file."""
        self.mails = MailStore(self.database)
        self.truths = TruthStore(self.database)
        self.effects = EffectStore(self.database)
        self.runs = RunStore(self.database)
        self.ledger = LedgerStore(self.database, clock)
        self.audit = AuditStore(
            self.database, home.path / "audit.key", home.path / "audit" / "checkpoints.jsonl", clock
        )
        self.access_kept = AccessStore(self.database, self.audit)
        self.identities = IdentityStore(self.database, self.audit)
        self.versions = AgentStore(self.database, self.audit, clock)
        self.memories = MemoryStore(self.database, clock)
        self.calls = CallStore(self.database, self.audit, self.ledger)
        self.occurrences = OccurrenceStore(self.database)
        self.inbox = InboxStore(self.database)
        self.outbox = OutboxStore(self.database)
        self.cards = CardStore(self.database, self.outbox)
        self.members = PeopleStore(self.database, self.audit)
        self.turns = TurnStore(self.database, self.audit, self.ledger)
        # A question or an answer that the audit log cannot keep is not asked or given.
        self.book = ApprovalStore(
            self.database,
            config.approvals.terms,
            lambda connection, approval: self.audit.append_in(connection, [event_of(approval)]),
        )
        self.deployments_kept = DeploymentStore(self.database)
        self.work = WorkItemStore(self.database, self.ledger)
        self.directory = DirectoryStore(self.database)
        self.usage = UsageStore(self.database)
        self.sums = SumsRepair(self.database)
        self.prices = prices_of(config)
        self.facts = FactStore(self.database, self.directory, self.usage, self.prices.of, clock)
        self.telemetry = TelemetryStore(self.database, self.facts, self.prices.of_many, clock)
        self.marks = MarkStore(self.database)
        self.tellings = AssessmentStore(self.database)
        self.pulse = PulseStore(self.database)
        self.answers = AnswerStore(self.database, self.ledger)
        self.caps = BudgetStore(self.database, clock)
        self.secrets = SecretStore(
            self.database, home.key, clock, keep_key_in=config.secrets.keep_key_in, beside=file_of(home)
        )
