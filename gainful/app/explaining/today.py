"""What today's rules would say to the recorded calls of a run. Reads alone: nothing is noted, adopted, held or done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gainful.app.accounts import Accounts
from gainful.app.agent.agents import Agents
from gainful.app.guarding.guards import BUILT_IN, Guards, built_in
from gainful.app.stores import Stores
from gainful.app.tooling.tools import installed_tools
from gainful.core.errors import GainfulError
from gainful.core.run import Run
from gainful.core.tool import ToolSpec
from gainful.gate.call import Recorded
from gainful.gate.course import Running
from gainful.gate.journal import Effect
from gainful.gate.model import TOOL as MODEL_TOOL
from gainful.gate.rejudging import Rejudging, Today, judged_effect, judged_question
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.protection import Protection
from gainful.policy.decision import Decision
from gainful.policy.manifest import Manifest
from gainful.sdk.declaration import declared

OF_MAIL = ("triage", "undo", "mend")
"""Jobs whose effects are changes to a mailbox, all under the manifest of triage."""


@dataclass(frozen=True, slots=True)
class TodaysVerdicts:
    """What would be decided now.

    Args:
        by: The manifest that is in force, in words.
        calls: By the call's key.
        effects: By the effect's key.
        question: About asking a language model; None where nothing can be said.
        problem: Why nothing can be said; empty when something can.
    """

    by: str
    calls: Mapping[str, Decision] = field(default_factory=dict)
    effects: Mapping[str, Decision] = field(default_factory=dict)
    question: Decision | None = None
    problem: str = ""


class LookingBack:
    """Judges runs that are over, or under way, once more."""

    def __init__(self, stores: Stores, guards: Guards, agents: Agents, accounts: Accounts, labels: LabelSet) -> None:
        self._stores = stores
        self._guards = guards
        self._agents = agents
        self._accounts = accounts
        self._labels = labels

    def verdicts(
        self, run: Run, calls: Sequence[Recorded], effects: Sequence[Effect], resumed_at: Sequence[datetime]
    ) -> TodaysVerdicts:
        """What would be decided about these calls and effects of this run.

        Args:
            calls: The whole journal of the run, in order.
            resumed_at: When people's answers let it go on.
        """
        agent = "triage" if run.job in OF_MAIL else run.job
        try:
            manifest, by = self._manifest(agent, run)
            today = Today(manifest, self._guards.organisation_now(), self._tools(agent, run))
            return TodaysVerdicts(
                by,
                self._calls(run, today, calls, resumed_at),
                self._effects(run, today, effects),
                judged_question(agent, MODEL_TOOL, today),
            )
        except GainfulError as error:
            return TodaysVerdicts("", problem=str(error))

    def _manifest(self, agent: str, run: Run) -> tuple[Manifest | None, str]:
        version = self._guards.manifests.active(agent)
        if version is not None:
            return version.manifest, f"version {version.number} of the manifest of '{agent}'"
        if agent in BUILT_IN:
            return built_in(agent), f"the manifest that this version of Gainful brings for '{agent}'"
        if not run.applied and agent in self._agents.folder.names():
            file = self._agents.draft(agent).version.file
            return file.manifest(self._agents.specs(agent)), f"what the file of '{agent}' asks for"
        return None, f"no manifest: nobody has approved one for '{agent}'"

    def _tools(self, agent: str, run: Run) -> Mapping[str, ToolSpec]:
        if agent == "triage":
            scheme = run.account.partition(":")[0]
            return {**installed_tools(), **declared("imap" if scheme.startswith("imap") else scheme)}
        return installed_tools() if agent in BUILT_IN else {**installed_tools(), **self._agents.specs(agent)}

    def _calls(
        self, run: Run, today: Today, calls: Sequence[Recorded], resumed_at: Sequence[datetime]
    ) -> Mapping[str, Decision]:
        occurrence = self._stores.occurrences.of_run(run.id)
        hops = occurrence.occurrence.hops if occurrence is not None else 0
        judging = Rejudging(Running(run.id, "", "", run.started_at, hops=hops), today, self._stores.calls)
        decided = zip(calls, judging.calls(calls, resumed_at), strict=True)
        return {call.key: decision for call, decision in decided if decision is not None}

    def _effects(self, run: Run, today: Today, effects: Sequence[Effect]) -> Mapping[str, Decision]:
        if not effects:
            return {}
        settings = self._accounts.settings(self._accounts.named(run.account))
        protection = Protection(
            run.account, self._stores.mails, self._stores.truths, self._labels, settings, applied=run.applied
        )
        protection.prepare(run.id, list(dict.fromkeys(effect.mail_id for effect in effects)))
        return {effect.key: judged_effect("triage", effect, protection.facts, today) for effect in effects}
