"""Trials of an agent on recorded input: every effect is held back, and what it may cost is said first.

trials.quote("answer", enabled=False).most          # 0.25 USD, or None where the model is free
trials.begin("answer", "o1", enabled=False, person="mira", agreed=Money("0.25")).run_id
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gainful.agents.file.agent_version import AgentVersion
from gainful.app.agent.agent_runs import AgentRuns
from gainful.app.agent.agents import Agents
from gainful.app.models import Models
from gainful.app.stores import Stores
from gainful.core.errors import Invalid, Refused
from gainful.core.ids import random_id
from gainful.core.money import Money
from gainful.storage.agents.occurrence_store import OccurrenceRecord, run_id_of
from gainful.storage.console.trial_store import Trial, TrialStore

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

RECENT = 20


class TrialUnderWay(Refused):
    """Somebody tries an agent already, and wants to try another one."""

    code = "trial-under-way"


class TrialUncapped(Refused):
    """What a trial would cost has no upper bound: no budget that covers it limits money."""

    code = "trial-uncapped"


class TrialDearer(Invalid):
    """A trial may cost more than what was agreed to."""

    code = "trial-dearer"


class NoSuchInput(Invalid):
    """What an agent is to be tried on was not recorded for it."""

    code = "no-such-input"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a trial may cost.

    Args:
        model: `PROVIDER:MODEL`.
        price: In words.
        most: No more than this can be spent; None where the model is free.
        by: The budget that sees to it; empty where the model is free.
    """

    model: str
    price: str
    most: Money | None
    by: str


class Trials:
    """Begins trials and knows how they stand."""

    def __init__(
        self, stores: Stores, agents: Agents, runs: AgentRuns, models: Models, launch: Callable[[], Engine]
    ) -> None:
        self._stores = stores
        self._agents = agents
        self._runs = runs
        self._models = models
        self._launch = launch
        self._kept = TrialStore(stores.database)

    def inputs(self, agent: str) -> list[OccurrenceRecord]:
        """What woke the agent last, newest first."""
        return self._stores.occurrences.recent(agent, RECENT)

    def quote(self, agent: str, *, enabled: bool) -> Quote:
        """What a trial of the agent may cost now.

        Args:
            enabled: Of the version that stands, and not of the file as it is.

        Raises:
            NoModel, PriceUnknown, TrialUncapped: As they say.
            NoSuchAgent, AgentNotEnabled, AgentFileInvalid: As they say.
        """
        file = self._version(agent, enabled=enabled).file
        manifest = file.manifest(self._agents.specs(agent))
        model, pricing, standings = self._models.standings(agent, file.model, manifest)
        if not pricing.bound(1_000_000, 1_000_000, self._stores.clock()):
            return Quote(model, pricing.shown, None, "")
        capped = [(one.left, one.budget.name) for one in standings if one.left is not None]
        if not capped:
            raise TrialUncapped(
                f"Nothing limits what a trial of '{agent}' may cost.",
                f"Set a budget: gainful budget set agent:{agent} 5, or `budget: {{run: 0.25}}` in its file.",
            )
        most, by = min(capped, key=lambda one: one[0])
        return Quote(model, pricing.shown, most, by)

    def begin(self, agent: str, recorded: str, *, enabled: bool, person: str, agreed: Money | None = None) -> Trial:
        """A new trial, which a server carries out soon.

        Args:
            recorded: Id of the occurrence that is the input.
            agreed: What the person has agreed to spend at most; None for nothing.

        Raises:
            NoSuchInput: It was not recorded for this agent.
            TrialDearer: It may cost more than was agreed to.
            TrialUnderWay: The person tries something already.
            As `quote`.
        """
        found = self._stores.occurrences.find(recorded)
        if found is None or found.occurrence.agent != agent:
            raise NoSuchInput(f"'{recorded[:80]}' is no recorded input of '{agent}'.", "Choose one of those shown.")
        quote, version = self.quote(agent, enabled=enabled), self._version(agent, enabled=enabled)
        if quote.most is not None and (agreed is None or agreed < quote.most):
            raise TrialDearer(
                f"A trial of '{agent}' asks {quote.model}, and may cost up to {quote.most}.",
                "Look at the page again, and agree to that amount.",
            )
        # A run of its own, and never the one that happened.
        occurrence = replace(found.occurrence, id=random_id())
        now = self._stores.clock()
        trial = Trial(
            run_id_of(occurrence), agent, person, found.run_id, version.digest,
            str(quote.most.amount) if quote.most is not None else "", now.isoformat(),
        )  # fmt: skip
        other = self._kept.begin(trial, self.is_over)
        if other is not None:
            raise TrialUnderWay(
                f"Your trial of '{other.agent}', run {other.run_id}, is not over.", "Wait for it, or stop it."
            )
        self._runs.start_rehearsal(occurrence, version)
        return trial

    def find(self, run_id: str) -> Trial | None:
        """The trial that this run is; None when it is none."""
        return self._kept.find(run_id)

    def last(self, person: str) -> Trial | None:
        """The person's last trial."""
        return self._kept.last(person)

    def is_over(self, trial: Trial) -> bool:
        """Whether nothing more will come of a trial."""
        run = self._stores.runs.find(trial.run_id)
        if run is not None:
            return run.ended_at is not None
        return str(self._launch().standing(trial.run_id)) in ("ended", "given up", "unknown")

    def _version(self, agent: str, *, enabled: bool) -> AgentVersion:
        return self._agents.version(agent) if enabled else self._agents.draft(agent).version
