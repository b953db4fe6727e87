"""Language models behind their doors: the one that jobs ask, and those with which agents speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gainful.app.guarding.budgets import Budgets
from gainful.app.guarding.guards import Guards
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.gate.broker import Broker
from gainful.gate.guard import Guard
from gainful.gate.model import TOOL, ModelDoor
from gainful.gate.model_permit import ModelPermit
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.run import Consultant
from gainful.jobs.triage.settings import Settings
from gainful.ledger.budget import Budget, Standing
from gainful.policy.manifest import Manifest
from gainful.sdk.declaration import declared
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.gate.answer_store import AnswerStore
from gainful.storage.settings.config import MODEL_KEY, Model

if TYPE_CHECKING:
    from gainful.connectors.llm.courier import Courier
    from gainful.gate.dialogue import DialogueDoor
    from gainful.gate.pricing import Pricing
    from gainful.sdk.dialogue import DialogueModel

SCRIPTED = "scripted:"


class NoModel(Invalid):
    """An agent names no language model, and the settings name none either."""

    code = "no-model"


class Models:
    """Makes doors to models at their first use: the libraries behind them take long to import.

    Args:
        kept: Folder for answers on their way into the books.
    """

    def __init__(
        self,
        wanted: Model,
        kept: Path,
        answers: AnswerStore,
        turns: TurnStore,
        ledger: LedgerStore,
        broker: Broker,
        budgets: Budgets,
        guards: Guards,
        clock: Clock,
    ) -> None:
        self._wanted = wanted
        self._kept = kept
        self._answers = answers
        self._turns = turns
        self._ledger = ledger
        self._broker = broker
        self._budgets = budgets
        self._guards = guards
        self._clock = clock
        self._doors: dict[str, ModelDoor] = {}
        self._courier: Courier | None = None

    def close(self) -> None:
        """Let the process that carries requests end, once what is under way is written down."""
        if self._courier is not None:
            self._courier.close()
            self._courier = None

    def door(self, job: str = "triage") -> ModelDoor | None:
        """A job's door to the configured language model; None when none is configured.

        Args:
            job: Whose manifest, stops and budgets its calls are held to.

        Raises:
            PriceUnknown, ModelNameInvalid, ModelKeyMissing: As they say.
        """
        if self._wanted.name and job not in self._doors:
            self._doors[job] = self._made(job)
        return self._doors.get(job)

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

    def _covering(self, job: str, run_id: str) -> tuple[Budget, ...]:
        own = self.budget()
        return (*self._budgets.covering(job, run_id), *((own,) if own is not None else ()))

    def _made(self, job: str) -> ModelDoor:
        from gainful.connectors.llm import OneRequestModel

        wanted = self._wanted
        pricing = self._pricing(wanted.name)
        model = OneRequestModel(wanted.name, wanted.base_url, self._broker.handle(MODEL_KEY))
        # Whether effects are asked for is seen to where they happen; a preview may ask the model too.
        guard = partial(self._guards.job, job, applied=False)
        permit = ModelPermit(guard, declared("llm")[TOOL], wanted.name, self._clock)
        covering = partial(self._covering, job)
        return ModelDoor(model, pricing, covering, self._ledger, self._answers, self._clock, permit=permit)

    # --- agents -------------------------------------------------------------------------------------------------------

    def dialogue(
        self, agent: str, name: str, folder: Path, run_id: str, guard: Callable[[], Guard], weights: Mapping[str, int]
    ) -> tuple[DialogueDoor, DialogueModel]:
        """The door by which one run speaks with a model, and the model, which the caller closes.

        Args:
            name: `PROVIDER:MODEL`; empty for the one of the settings; `scripted:FILE` for one that plays a file.
            folder: From where a script's relative path counts.
            weights: For which work items it speaks.

        Raises:
            NoModel, PriceUnknown, ModelNameInvalid, ScriptInvalid: As they say.
        """
        from gainful.gate.dialogue import DialogueDoor

        name = self._named(name)
        model = self._speaker(name, folder)
        permit = ModelPermit(guard, declared("llm")[TOOL], model.name, self._clock, agent)
        door = DialogueDoor(
            run_id,
            model,
            self._pricing(model.name),
            lambda run: self._agents_budgets(agent, run, permit.manifest),
            self._turns,
            permit,
            self._clock,
            weights,
        )
        return door, model

    def standings(self, agent: str, name: str, manifest: Manifest) -> tuple[str, Pricing, list[Standing]]:
        """The model that an agent speaks with, its price, and how every budget stands that covers a new run of it.

        Raises:
            NoModel, PriceUnknown: As they say.
        """
        name = self._named(name)
        pricing = self._pricing(name)
        return name, pricing, self._ledger.standings(self._agents_budgets(agent, "", manifest))

    def _named(self, name: str) -> str:
        """The model that an agent's file names, else that of the settings.

        Raises:
            NoModel: Neither names one.
        """
        name = name or self._wanted.name
        if not name:
            raise NoModel(
                "The agent names no language model, and the settings name none.",
                'Write `model: openai:gpt-5-mini` into its file, or name = "…" under [model] in gainful.toml.',
            )
        return name

    def _speaker(self, name: str, folder: Path) -> DialogueModel:
        if name.startswith(SCRIPTED):
            from gainful.connectors.llm.scripted import ScriptedDialogue

            return ScriptedDialogue(folder / Path(name.removeprefix(SCRIPTED)).expanduser())
        from gainful.connectors.llm.courier import Courier
        from gainful.connectors.llm.dialogue import ProviderDialogue

        if self._courier is None:
            self._courier = Courier(self._kept)
        return ProviderDialogue(name, self._courier, self._base_url(name), self._broker.handle(self._key_of(name)))

    def _pricing(self, name: str) -> Pricing:
        from gainful.gate.pricing import pricing_of

        # A price in the settings is that of the model in the settings.
        own = self._wanted if name == self._wanted.name else Model()
        return pricing_of(
            name,
            self._clock(),
            base_url=self._base_url(name),
            input_price=own.input_price,
            output_price=own.output_price,
        )

    def _base_url(self, name: str) -> str:
        return self._wanted.base_url if _provider(name) == _provider(self._wanted.name) else ""

    def _key_of(self, name: str) -> str:
        """Name of the secret: the settings' model has its own, another provider one of its name."""
        provider = _provider(name)
        return MODEL_KEY if provider == _provider(self._wanted.name) or not self._wanted.name else f"model:{provider}"

    def _agents_budgets(self, agent: str, run_id: str, manifest: Manifest | None) -> tuple[Budget, ...]:
        own = self.budget()
        return (*self._budgets.covering(agent, run_id, manifest=manifest), *((own,) if own is not None else ()))

    def consultant(self, settings: Settings, labels: LabelSet) -> Consultant | None:
        """The model's part in the triage of one account."""
        door = self.door()
        if door is None:
            return None
        from gainful.jobs.triage.consult import LanguageConsultant
        from gainful.jobs.triage.language import MailLanguage

        return LanguageConsultant(MailLanguage(door, labels), settings.drafts, settings.owner_name)


def _provider(name: str) -> str:
    return name.partition(":")[0]
