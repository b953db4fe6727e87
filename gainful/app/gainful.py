"""What the command line, the console and programs can ask for.

with Gainful.open(home) as gainful:
    report = gainful.triage.run("maildir:~/Mail", apply=True)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from gainful.app.accounts import Accounts, identity_of
from gainful.app.agent.agent_runs import JOB as AGENT_JOB
from gainful.app.agent.agent_runs import AgentRuns
from gainful.app.agent.agents import Agents
from gainful.app.agent.judging import Judging, look_for
from gainful.app.agent.trials import Trials
from gainful.app.books.cold_export import ColdExport
from gainful.app.books.reported import ReportedWork
from gainful.app.books.telemetry import SCOPE as INTAKE
from gainful.app.chat.handling import OnEvent
from gainful.app.chat.installed import installed_desk
from gainful.app.console.installed import installed_access
from gainful.app.deploying.followers import installed_followers, state_of
from gainful.app.deploying.for_agents import ForAgents
from gainful.app.deploying.hooks import DeployHooks
from gainful.app.deploying.installed import JOB as DEPLOY_JOB
from gainful.app.deploying.installed import installed_deployments
from gainful.app.explaining.policies import Policies
from gainful.app.explaining.replay import Replays
from gainful.app.explaining.today import LookingBack
from gainful.app.explaining.why import Explanation, Records, explain
from gainful.app.guarding.approvals import Approvals
from gainful.app.guarding.budgets import Budgets
from gainful.app.guarding.guards import Guards, Stopped
from gainful.app.jobs import Jobs
from gainful.app.local_zone import local_zone
from gainful.app.mail.triage import Triage
from gainful.app.models import Models
from gainful.app.remote.remote import SCOPE as REMOTE
from gainful.app.remote.remote import Remotes
from gainful.app.reporting import Reporting
from gainful.app.reporting.reporting import SCOPE as REPORT
from gainful.app.run_control import RunControl
from gainful.app.stores import Stores
from gainful.app.tooling.mcp_servers import McpServers
from gainful.app.tooling.scopes import declared_scopes
from gainful.app.tooling.toolbox import Toolbox
from gainful.app.tooling.tools import installed_tools
from gainful.app.tracing.sending import Tracing
from gainful.app.waking.leaving import Leaving
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.app.waking.wakeable import Wakeable
from gainful.app.waking.webhooks import SCOPE
from gainful.app.worth import Role, Viewer
from gainful.app.worth.installed import installed_hold_out, installed_people, installed_worth, own_facts
from gainful.app.worth.mending import Mending
from gainful.app.worth.told import SCOPE as OUTCOME
from gainful.app.worth.told import ToldOutcomes
from gainful.core.clock import Clock, system_clock
from gainful.core.errors import GainfulError, Refused
from gainful.gate.broker import Broker
from gainful.gate.redaction import install as install_redaction
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.runs.watch import Watcher
from gainful.sdk.chat import ChatEvent
from gainful.storage.cold.cold_months import ColdMonths
from gainful.storage.database import close_database
from gainful.storage.gate.manifest_store import ManifestStore
from gainful.storage.gate.organisation_file import OrganisationFile
from gainful.storage.gate.stop_store import StopStore
from gainful.storage.runs.trace_store import TraceStore
from gainful.storage.settings.config import Config, Home, load

OVERDUE_EVERY = 3600.0
"""Seconds between two looks for claims that nobody has judged in time."""

BOOKS_EVERY = 900.0
"""Seconds after which Gainful's own work is taken into the facts again, so that telling worth finds little to do."""


TELL_EVERY = timedelta(hours=6)
"""How old a telling of worth may be before `gainful serve` tells it anew, where facts have come."""


class NotShared(Refused):
    """A process can only be a worker for others where they share a database."""

    code = "database-not-shared"


class Gainful(Stores):
    """The composition root: the one that knows everybody. One per process."""

    def __init__(self, home: Home, config: Config, clock: Clock) -> None:
        super().__init__(home, config, clock)
        install_redaction()
        self._organisation = OrganisationFile(_policy(home, config), self.database, self.audit, clock)
        self.guards = Guards(
            StopStore(self.database, self.audit),
            ManifestStore(self.database, self.audit, clock),
            self._organisation,
            self.audit,
            clock,
            config.owner.person,
            config.team.members,
        )
        self.broker = Broker(self.secrets, self._scopes)
        self.accounts = Accounts(config, self.secrets, self.broker)
        self.toolbox = Toolbox(home, config, self.accounts, self.broker, clock)
        self.mcp = McpServers(home, self.broker)
        self.budgets = Budgets(config, self.caps, self.ledger, self.guards)
        self.models = Models(
            config.model,
            home.path / "answers",
            self.answers,
            self.turns,
            self.ledger,
            self.broker,
            self.budgets,
            self.guards,
            clock,
        )
        self.agents = Agents(self, self.guards, self.toolbox)
        self.labels = LabelSet.configured(config.labels)
        self.jobs = Jobs(self, self.guards, self.accounts, self.models, self.labels)
        self.chats = installed_desk(self, self.broker, self.guards, self.jobs.engine)
        self.agent_runs = AgentRuns(
            self, self.guards, self.agents, self.models, self.budgets, self.chats, self.jobs.engine
        )
        self.jobs.more[AGENT_JOB] = self.agent_runs.job
        self.followers = installed_followers(
            self,
            self.chats,
            lambda: self.toolbox.calendars,
            lambda service: state_of(self.deployments.services, service),
        )
        explainer = Explainer(lambda: self.models.door(DEPLOY_JOB))
        self.deployments = installed_deployments(
            self, self.guards, self.broker, self.jobs.engine, self.followers, explainer
        )
        self.jobs.more[DEPLOY_JOB] = self.deployments.runs.job
        self.deploy_hooks = DeployHooks(self.deployments, self.broker, clock)
        self.toolbox.more.append(ForAgents(self.deployments, self.guards.person).tools)
        self.judging = Judging(self, self.agents)
        self.approvals = Approvals(self.book, self.runs, config.owner.person, clock, self.jobs.engine)
        self.worth, self.looks, self.outcomes = installed_worth(self)
        self.access, self.by_provider = installed_access(self, self.broker)
        self.hold_outs, self.by_hand = installed_hold_out(self, self.worth)
        self.leaving = Leaving(self, self.agents, self.hold_outs)
        self.people, self.privacy = installed_people(self)
        months = ColdMonths(self.database, self.directory)
        self.cold = ColdExport(months, self.audit, self.worth.report, clock, config.owner.person)
        self.triage = Triage(self, self.guards, self.accounts, self.labels, self.jobs)

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
        self.jobs.stop()
        self.followers.close()
        # As late as can be: from here on other processes go on with what a thread of this one may still be at.
        self.jobs.close()
        close_database(self.database)
        # Without a database, so that nobody writes down as the failure of a run what a thread meets from here on.
        self.chats.close()
        self.models.close()
        self.toolbox.close()

    def __enter__(self) -> Gainful:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def viewer(self) -> Viewer:
        """Whoever works with this installation: it is theirs."""
        return Viewer(self.guards.person, Role.OWNER)

    @cached_property
    def told(self) -> ToldOutcomes:
        """What other systems tell of outcomes."""
        return ToldOutcomes(self.facts, self.broker, self.clock)

    @property
    def reported(self) -> ReportedWork:
        """What agents on people's own machines achieved, as those tell it."""
        believed = self.config.intake.believed
        return ReportedWork(self.facts, self.usage, self.directory, self.marks, self.clock, believed)

    @property
    def remotes(self) -> Remotes:
        """Other servers that are asked from here, with the tokens for them."""
        return Remotes(self.secrets, self.broker)

    @property
    def reporting(self) -> Reporting:
        """Tells a team's server of this installation's books."""
        settings, owner = self.config.report, self.guards.person
        facts_of = partial(own_facts(self).facts_of, by_hand=True)
        return Reporting(self.ledger, self.runs, self.marks, settings, owner, self.remotes, self.broker, facts_of)

    @property
    def replays(self) -> Replays:
        """Replays runs, read-only."""
        return Replays(self, LookingBack(self, self.guards, self.agents, self.accounts, self.labels), self.why)

    @cached_property
    def tracing(self) -> Tracing:
        """Sends what runs did to whom the settings name."""
        return Tracing(TraceStore(self.database), self.config.traces, self.broker, self._declared_tools, self.clock)

    def _declared_tools(self) -> frozenset[str]:
        """Names of every tool that somebody declared."""
        return frozenset({*installed_tools(), *self.toolbox.tools("")})

    @property
    def trials(self) -> Trials:
        """Tries agents on recorded input."""
        return Trials(self, self.agents, self.agent_runs, self.models, self.jobs.engine)

    @property
    def run_control(self) -> RunControl:
        """Resumes and stops single runs."""
        return RunControl(self, self.guards, self.jobs.engine)

    @property
    def mending(self) -> Mending:
        """Applies what mends a finding."""
        return self.mending_as(self.guards.person)

    def mending_as(self, person: str) -> Mending:
        """The same in another person's name: what they stop, they have stopped."""
        return Mending(self.guards.acting(person), self.budgets, self.agents, self.worth.as_told().tools_of)

    @property
    def policies(self) -> Policies:
        """The rules in force, where they come from, and what the gate would say."""
        return Policies(self.guards, self.agents, self._organisation)

    def why(self, target: str, step: str = "") -> Explanation:
        """Why a run did what it did: see `gainful.app.explaining.why.explain`.

        Raises:
            NothingToExplain: There is no such run, or no such step in it.
        """
        records = Records(
            self.runs,
            self.mails,
            self.effects,
            self.calls,
            self.audit,
            self.book,
            self.ledger,
            self.guards.manifests,
        )
        return explain(records, target, step, self.clock)

    def serve(
        self,
        stop: threading.Event,
        on_ready: Callable[[], None],
        complain: Callable[[GainfulError], None],
        doors: Callable[[Dispatcher], AbstractContextManager[object]] = lambda _wakers: nullcontext(),
    ) -> None:
        """Watch mail, chats, clocks and files, wake agents, and keep the nightly schedule, until told to stop.

        Args:
            doors: Where other systems reach the process meanwhile.
        """
        from gainful.app.serving import Server

        engine = self.jobs.engine(schedules=True, watches=True)

        def triage(name: str, trigger: str) -> object:
            report = self.triage.run(name, apply=True, trigger=trigger)
            wakers.nudge()
            if report.stopped:
                # Told where trouble is told, and asked for again until it has gone through.
                raise Stopped(report.stopped, self.guards.way_on("triage"))
            return report

        wakers = self.dispatcher(complain)

        def more(complain: Callable[[GainfulError], None]) -> list[Watcher]:
            triggers = Watcher("triggers", wakers.look, complain)
            # Also when it takes over from a process that died: what that one had claimed was not begun.
            triggers.begin = wakers.recover
            meetings = [Watcher("meetings", wakers.meet, complain)] if self.config.calendars else []
            return [
                triggers,
                Watcher("outcomes", look_for(self.judging, time.sleep, OVERDUE_EVERY), complain),
                Watcher("books", self._keep_books, complain),
                *([Watcher("report", self._report, complain)] if self.config.report.on else ()),
                *([Watcher("traces", self.tracing.look, complain)] if self.config.traces.endpoint else []),
                *meetings,
                *self.chats.watchers(_waking(wakers, self.judging), complain),
                *(self.followers.watchers(complain) if self.config.services else ()),
            ]

        server = Server(self.config, self.accounts, self.mails, self.runs, engine, triage, self.book, self.clock, more)
        with doors(wakers):
            server.run(stop, on_ready, complain)

    def serve_others(
        self, stop: threading.Event, on_ready: Callable[[], None], complain: Callable[[GainfulError], None]
    ) -> None:
        """Do runs that others have started, until told to stop; watch nothing, and listen nowhere.

        Raises:
            NotShared: The database is a file: nobody else could start any.
        """
        from gainful.app.serving import reapers

        if self.workers is None:
            raise NotShared(
                "A worker takes runs that other processes have started, and this database is a file of this machine.",
                "Name the team's database with --database, or run `gainful serve` without --worker.",
            )
        watchers = reapers(self.jobs.engine(schedules=True), complain)
        on_ready()
        stop.wait()
        for watcher in watchers:
            watcher.stop()

    def _keep_books(self) -> None:
        """Wait so long; then take this installation's own work into the facts, and delete what is not kept longer.

        As often as worth is told, sums that a process of another version has left out are mended.
        """
        time.sleep(BOOKS_EVERY)
        self.worth.report()
        if self.worth.tell_if_older(TELL_EVERY):
            self.sums.mend()
        self.privacy.delete_old()

    def _report(self) -> None:
        """Tell the team's server what is new; then wait so long."""
        self.reporting.send()
        time.sleep(self.config.report.minutes * 60)

    def _scopes(self) -> dict[str, tuple[str, ...]]:
        """Names of secrets by who may have them: connectors, tools, and the web server for its webhooks."""
        own = {scope: (f"{scope}:",) for scope in (SCOPE, INTAKE, OUTCOME, REMOTE)} | {REPORT: (REPORT,)}
        return {**declared_scopes(), **self.toolbox.outside.scopes(), **own}

    def dispatcher(self, complain: Callable[[GainfulError], None]) -> Dispatcher:
        """Wakes agents for what happens."""
        sources = Sources(
            self.mails,
            self.runs,
            {identity_of(account): account.name for account in self.config.accounts},
            self.config.files.folders,
            self.config.schedule.timezone or local_zone(),
            self.toolbox.calendars.meetings_over,
        )
        agents = Wakeable(self.agents, self.agent_runs, self.clock, complain)
        return Dispatcher(self.occurrences, self.agent_runs.start, agents, self.clock, sources, complain, self.leaving)


def _waking(wakers: Dispatcher, judging: Judging) -> OnEvent:
    """Wakes agents for what is heard in chats, and answers whom; takes note of what it says about their work."""

    def woken(*, chat: str, event: ChatEvent, person: str, room_name: str, sender_name: str, me: str) -> Sequence[str]:
        judging.heard(chat, event)
        found = wakers.chat(chat, event, person, room_name=room_name, sender_name=sender_name, me=me)
        return [occurrence.agent for occurrence in found]

    return woken


def _policy(home: Home, config: Config) -> Path | None:
    """The file of the organisation's rules, if the settings name one."""
    given = config.organisation.policy
    return home.path / Path(given).expanduser() if given else None
