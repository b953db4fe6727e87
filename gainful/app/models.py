"""The configured language model, behind its door; None everywhere when the settings name none."""

from __future__ import annotations

from functools import partial

from gainful.app.budgets import Budgets
from gainful.app.guards import Guards
from gainful.core.clock import Clock
from gainful.core.money import Money
from gainful.gate.broker import Broker
from gainful.gate.model import TOOL, ModelDoor
from gainful.gate.model_permit import ModelPermit
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.run import Consultant
from gainful.jobs.triage.settings import Settings
from gainful.ledger.budget import Budget
from gainful.sdk.declaration import declared
from gainful.storage.answer_store import AnswerStore
from gainful.storage.config import MODEL_KEY, Model
from gainful.storage.ledger_store import LedgerStore


class Models:
    """Makes the door once, at its first use: the libraries behind it take long to import."""

    def __init__(
        self,
        wanted: Model,
        answers: AnswerStore,
        ledger: LedgerStore,
        broker: Broker,
        budgets: Budgets,
        guards: Guards,
        clock: Clock,
    ) -> None:
        self._wanted = wanted
        self._answers = answers
        self._ledger = ledger
        self._broker = broker
        self._budgets = budgets
        self._guards = guards
        self._clock = clock
        self._door: ModelDoor | None = None

    def door(self) -> ModelDoor | None:
        """The door to the configured language model; None when none is configured.

        Raises:
            PriceUnknown, ModelNameInvalid, ModelKeyMissing: As they say.
        """
        if self._wanted.name and self._door is None:
            self._door = self._made()
        return self._door

    def quote(self) -> str | None:
        """The language model, its price and its cap in one line; None when none is configured."""
        door = self.door()
        return door.quote() if door is not None else None

    def budget(self) -> Budget | None:
        """The model's own budget for a day, whoever asks it; None when none is configured."""
        if not self._wanted.name:
            return None
        return Budget(
            "model",
            Money(self._wanted.daily_budget),
            self._wanted.calls_per_day,
            raise_by="Raise daily_budget or calls_per_day under [model] in gainful.toml",
        )

    def _covering(self, run_id: str) -> tuple[Budget, ...]:
        own = self.budget()
        return (*self._budgets.covering("triage", run_id), *((own,) if own is not None else ()))

    def _made(self) -> ModelDoor:
        from gainful.connectors.llm import OneRequestModel
        from gainful.gate.pricing import pricing_of

        wanted = self._wanted
        pricing = pricing_of(
            wanted.name,
            self._clock(),
            base_url=wanted.base_url,
            input_price=wanted.input_price,
            output_price=wanted.output_price,
        )
        model = OneRequestModel(wanted.name, wanted.base_url, self._broker.handle(MODEL_KEY))
        # Whether effects are asked for is seen to where they happen; a preview may ask the model too.
        guard = partial(self._guards.job, "triage", applied=False)
        permit = ModelPermit(guard, declared("llm")[TOOL], wanted.name, self._clock)
        return ModelDoor(model, pricing, self._covering, self._ledger, self._answers, self._clock, permit=permit)

    def consultant(self, settings: Settings, labels: LabelSet) -> Consultant | None:
        """The model's part in the triage of one account."""
        door = self.door()
        if door is None:
            return None
        from gainful.jobs.triage.consult import LanguageConsultant
        from gainful.jobs.triage.language import MailLanguage

        return LanguageConsultant(MailLanguage(door, labels), settings.drafts, settings.owner_name)
