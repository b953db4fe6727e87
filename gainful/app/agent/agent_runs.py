"""Runs of agents: from what woke one to what came of it, each run durable.

runs.start(occurrence)                        # soon, in the server
runs.run(occurrence, listener)                # now, here: Ended, or ParkedRun while a person is asked
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.agent_version import AgentVersion
from gainful.agents.file.gather import REPLY_TOOL
from gainful.agents.running.brief import Brief, Shown
from gainful.agents.running.loop import Ended, Listener, Loop
from gainful.app.agent.agents import Agents
from gainful.app.chat import ChatDesk, Voice
from gainful.app.chat.listener import ChatListener
from gainful.app.guarding.budgets import Budgets
from gainful.app.guarding.guards import Guards
from gainful.app.models import Models
from gainful.app.stores import Stores
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.core.label import TYPED, UNKNOWN
from gainful.core.occurrence import Occurrence, occurrence_from
from gainful.core.value import Json
from gainful.gate.approval import Approvers
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.gate.outcome import Outcome
from gainful.ledger.outcome import WorkItem
from gainful.policy.decision import Verdict
from gainful.runs.parked import Parked, ParkedRun
from gainful.runs.steps import Steps
from gainful.sdk.dialogue import Turn
from gainful.sdk.tool import Schemed, Tool
from gainful.storage.agents.occurrence_store import run_id_of
from gainful.storage.chat.people_store import PeopleStore

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

JOB = "agent"
HAND = "hand"


class Silent:
    """A listener where nobody looks on."""

    live = False

    def text(self, piece: str) -> None:
        """Nothing."""

    def turned(self, turn: Turn, *, recorded: bool) -> None:
        """Nothing."""

    def calling(self, tool: str, arguments: Mapping[str, Json]) -> None:
        """Nothing."""

    def called(self, tool: str, outcome: Outcome) -> None:
        """Nothing."""


class AgentRuns:
    """Starts runs of agents, and is what the engine calls to do one.

    Args:
        engine: Gives the process's engine.
    """

    def __init__(
        self,
        stores: Stores,
        guards: Guards,
        agents: Agents,
        models: Models,
        budgets: Budgets,
        desk: ChatDesk,
        engine: Callable[[], Engine],
    ) -> None:
        self._stores = stores
        self._guards = guards
        self._agents = agents
        self._models = models
        self._budgets = budgets
        self._desk = desk
        self._engine = engine
        self._listeners: dict[str, Listener] = {}

    # --- starting -----------------------------------------------------------------------------------------------------

    def start(self, occurrence: Occurrence) -> str:
        """Id of the run that a server makes of it, soon. The same occurrence is the same run.

        Raises:
            AgentNotEnabled, AgentDamaged: No version of the agent stands.
            Stopped: A person has stopped the agent.
        """
        self._guards.check(occurrence.agent)
        run_id = run_id_of(occurrence)
        self._engine().start(JOB, run_id, self._arguments(occurrence))
        return run_id

    def run(self, occurrence: Occurrence, listener: Listener | None = None) -> tuple[str, Ended | ParkedRun]:
        """Make the run now, in this process; its id, and how it ended or that it waits for a person.

        Raises:
            Stopped: A person has stopped the agent.
            GainfulError: What stopped the run.
        """
        self._guards.check(occurrence.agent)
        return self._run(occurrence, self._arguments(occurrence), listener)

    def rehearse(
        self, occurrence: Occurrence, version: AgentVersion, listener: Listener | None = None
    ) -> tuple[str, Ended | ParkedRun]:
        """Make a run of this version that reads, and holds every effect back.

        Raises:
            GainfulError: What stopped it.
        """
        return self._run(occurrence, _rehearsing(occurrence, version), listener)

    def start_rehearsal(self, occurrence: Occurrence, version: AgentVersion) -> str:
        """Id of such a run, which a server makes soon."""
        run_id = run_id_of(occurrence)
        self._engine().start(JOB, run_id, _rehearsing(occurrence, version))
        return run_id

    def _run(
        self, occurrence: Occurrence, arguments: Mapping[str, Any], listener: Listener | None
    ) -> tuple[str, Ended | ParkedRun]:
        run_id = run_id_of(occurrence)
        self._listeners[run_id] = listener or Silent()
        try:
            result = self._engine().run(JOB, run_id, arguments)
        finally:
            del self._listeners[run_id]
        return run_id, result if isinstance(result, ParkedRun) else Ended(**result)

    def by_hand(self, version: AgentVersion, text: str) -> Occurrence:
        """The occurrence of the person's own request."""
        person = self._guards.person
        own = person == version.file.owner
        # Whoever is not the owner gives material, not orders.
        label = TYPED if own else UNKNOWN
        about = {"text": text} if text else {}
        at = self._stores.clock()
        return Occurrence(random_id(), version.file.name, HAND, at, about, label, person, text if own else "")

    def _arguments(self, occurrence: Occurrence) -> dict[str, Any]:
        version = self._agents.version(occurrence.agent)
        # The run keeps to the version that stood when it was started, whatever is enabled meanwhile.
        return {"occurrence": occurrence.as_json(), "version": version.digest, "rehearsal": False}

    # --- doing --------------------------------------------------------------------------------------------------------

    def job(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """What the engine calls. Everything in it is written down by the doors, so it needs no steps of its own."""
        del steps
        occurrence = occurrence_from(arguments["occurrence"])
        rehearsal = bool(arguments["rehearsal"])
        runs, clock = self._stores.runs, self._stores.clock
        account = f"agent:{occurrence.agent}"
        runs.start(run_id, occurrence.agent, account, occurrence.trigger, applied=not rehearsal, at=clock())
        try:
            version = self._version(occurrence.agent, arguments)
            with self._loop(run_id, occurrence, version, rehearsal=rehearsal) as loop:
                ended = loop.run()
        except GainfulError as error:
            runs.end(run_id, "failed", error.as_json(), clock())
            raise
        if ended.state == "done" and not rehearsal:
            self._claim(run_id, occurrence, version)
        state, summary = ended.state, ended.as_json()
        stopped = self._guards.stops.reason(occurrence.agent, run_id)
        if stopped and state == "failed":
            state, summary = "stopped", {**summary, "stopped": stopped}
        runs.end(run_id, state, summary, clock())
        self._guards.stops.forget(run_id)
        return ended.as_json()

    def gathered(self, version: AgentVersion, occurrence: Occurrence) -> str:
        """The digest of what the run of this occurrence would gather before it asks a model.

        The calls are made, and written down as those of the run: if it is started, it need not make them again.

        Raises:
            GainfulError: It cannot be gathered now.
        """
        try:
            with self._loop(run_id_of(occurrence), occurrence, version, rehearsal=False) as loop:
                found = [(one.tool, one.text) for one in loop.gather()]
        except Parked:
            # Somebody has to be asked: that is for the run to do.
            return occurrence.id
        return hashlib.sha256(json.dumps(found).encode()).hexdigest()

    def _version(self, agent: str, arguments: Mapping[str, Any]) -> AgentVersion:
        draft = arguments.get("draft")
        if draft is None:
            return self._agents.stored(agent, str(arguments["version"]))
        return AgentVersion(agent_file_from(draft["text"], agent), draft["text"], draft["pins"])

    @contextmanager
    def _loop(self, run_id: str, occurrence: Occurrence, version: AgentVersion, *, rehearsal: bool) -> Iterator[Loop]:
        file, clock = version.file, self._stores.clock
        guard = partial(self._guard_of, version, run_id, rehearsal=rehearsal)
        voice = Voice(
            file.name,
            run_id,
            occurrence.person or file.owner,
            occurrence.answer_to,
            occurrence.hops,
            file.quiet.hours if file.quiet is not None else None,
            file.owner,
        )
        tools = {**self._agents.tools(version), **{tool.spec.name: tool for tool in self._desk.tools(voice)}}
        weights = {occurrence.work_item or f"occurrence:{occurrence.id}": 1}
        dialogue, model = self._models.dialogue(
            file.name, file.model, self._agents.folder.of(file.name), run_id, guard, weights
        )
        running = Running(
            run_id,
            occurrence.person or file.owner,
            f"{file.instructions}\n\n{occurrence.words}".strip(),
            occurrence.at,
            hops=occurrence.hops,
        )
        door = ToolDoor(
            running,
            guard(),
            tools,
            self._stores.calls,
            self._stores.book,
            Spending(lambda run: self._budgets.covering(file.name, run, of_model=False)),
            clock,
            approvers=Approvers(frozenset({file.owner, *self._guards.team})),
            terms=self._stores.config.approvals.terms,
            rehearsal=rehearsal,
        )
        brief = brief_of(version, occurrence, tools)
        stream = None
        listener = self._listeners.get(run_id) or Silent()
        if run_id not in self._listeners and brief.answer_tool == REPLY_TOOL and not rehearsal:
            stream = self._desk.reply_stream(voice)
            listener = ChatListener(stream, lambda: _speaks(brief, door))
        try:
            yield Loop(brief, dialogue, door, listener, time.sleep)
        finally:
            if stream is not None:
                stream.leave()
            model.close()

    def _guard_of(self, version: AgentVersion, run_id: str, *, rehearsal: bool) -> Guard:
        """What holds for the agent now; a rehearsal is held to what its file asks for, approved or not."""
        if not rehearsal:
            return self._guards.guard(version.file.name, run_id)
        return self._guards.rehearsing(version.file.manifest(self._agents.specs(version.file.name)), run_id)

    def _claim(self, run_id: str, occurrence: Occurrence, version: AgentVersion) -> None:
        """Book that the agent says it has done something for somebody; what that was worth, others say."""
        # Work that nobody else asked for is no outcome, however well it is done.
        if version.file.outcome is None or occurrence.trigger == HAND:
            return
        work = work_of(occurrence, self._stores.members)
        self._stores.work.claim([work], run_id, self._stores.clock())


def _rehearsing(occurrence: Occurrence, version: AgentVersion) -> dict[str, Any]:
    return {
        "occurrence": occurrence.as_json(),
        "rehearsal": True,
        "version": version.digest,
        # It may be a draft that nobody has enabled.
        "draft": {"text": version.text, "pins": dict(version.pins)},
    }


def work_of(occurrence: Occurrence, members: PeopleStore) -> WorkItem:
    """What somebody wants of an agent that was woken: the item, its class and who asked for it."""
    item = occurrence.work_item or f"occurrence:{occurrence.id}"
    place = occurrence.answer_to
    # A member whose person is known stands as that person: an owner who asks their own agent is no other person.
    known = members.person(place.chat, place.member) if place is not None else ""
    source = str(known or occurrence.about.get("sender") or occurrence.trigger)
    return WorkItem(item, item.partition(":")[0], source, occurrence.at)


def brief_of(version: AgentVersion, occurrence: Occurrence, tools: Mapping[str, Tool]) -> Brief:
    """What the version and the occurrence make of a run."""
    file = version.file
    return Brief(
        agent=file.name,
        instructions=file.instructions,
        occurrence=occurrence,
        gather=file.gathered(occurrence.about),
        # A tool that is not set up here is not shown; a call of it would be denied anyway.
        tools=[_shown(tools[name]) for name in file.shown if name in tools],
        answer=file.answers,
        bounds=file.bounds,
    )


def _speaks(brief: Brief, door: ToolDoor) -> bool:
    """Whether what the model says now is its answer, and may be shown as it comes."""
    # With tools at hand it may only be saying what it is about to do.
    return not brief.tools and door.foresee(REPLY_TOOL, {"text": "an answer"}) is Verdict.ALLOW


def _shown(tool: Tool) -> Shown:
    return Shown(tool.spec, tool.schema if isinstance(tool, Schemed) else None)
