"""A remote server as commands ask it: what they find here is called as it is in the application of this machine.

with RemoteDesk(remote) as app:
    app.approvals.waiting()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

from gainful.app.deploying import Status
from gainful.app.explaining.why import Explanation
from gainful.app.guarding.approvals import Told
from gainful.app.remote.errors import RemoteUnsupported
from gainful.app.remote.reading import (
    agent_row_from,
    approval_from,
    budget_row_from,
    deployment_from,
    explanation_from,
    recorded_from,
    run_from,
    sound,
    spending_from,
    status_from,
    stop_from,
    telling_from,
)
from gainful.app.remote.remote import Remote
from gainful.app.remote.server import RemoteServer
from gainful.app.worth import Telling
from gainful.app.worth.books import FindingUnknown
from gainful.app.worth.mending import Mended
from gainful.core.clock import Clock, system_clock
from gainful.core.deploy_event import Deployment
from gainful.core.errors import Invalid
from gainful.core.run import Run
from gainful.gate.approval import Approval, Verdict, preview
from gainful.jobs.deploy.planning import Plan
from gainful.jobs.deploy.planning.plan import plan_from_json
from gainful.ledger.chain import Recorded
from gainful.ledger.report import Spending
from gainful.storage.gate.stop_store import Stop
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.finding import WasteFinding
from gainful.worth.json import finding_from, standing_from
from gainful.worth.settings import WorthSettings

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Who:
    """For whom the token acts.

    Args:
        rights: What the token may, by name.
    """

    person: str
    role: str
    rights: tuple[str, ...]


class RemoteDesk:
    """One remote server, for as long as a command takes."""

    def __init__(self, remote: Remote, clock: Clock = system_clock, server: RemoteServer | None = None) -> None:
        self.clock = clock
        self.server = server or RemoteServer(remote)
        self.approvals = RemoteApprovals(self)
        self.guards = RemoteGuards(self)
        self.deployments = RemoteDeployments(self)

    def __enter__(self) -> RemoteDesk:
        self.server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.server.__exit__(kind, error, tb)

    def made(self, content: Any, maker: Callable[[Any], Made]) -> Made:
        """What an answer holds.

        Raises:
            RemoteAnswerUnreadable: It cannot be made of it.
        """
        try:
            made = maker(content)
            sound(made)
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, Invalid) as error:
            raise self.server.unreadable(f"{type(error).__name__}, {str(error)[:100]}") from None
        return made

    def listed(self, content: Any, maker: Callable[[Any], Made]) -> list[Made]:
        """The same of each in a list."""
        return self.made(content, lambda rows: [maker(row) for row in _list(rows)])

    @cached_property
    def who(self) -> Who:
        """For whom the token acts, as the server says."""
        return self.made(
            self.server.get("/me"), lambda told: Who(str(told["person"]), str(told["role"]), tuple(told["rights"]))
        )

    # --- agents and runs ----------------------------------------------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """Every agent as JSON."""
        return self.listed(self.server.get("/agents"), agent_row_from)

    def runs(self, days: int) -> list[Run]:
        """The runs of so many days, newest first."""
        return self.listed(self.server.get("/runs", days=str(days)), run_from)

    def why(self, target: str, step: str = "") -> Explanation:
        """Why a run did what it did; steps that are mails are told to nobody by a token."""
        return self.made(self.server.get(f"/runs/{_part(target)}/why", step=step), explanation_from)

    def brief(self) -> dict[str, Any]:
        """What waits and what goes on, without mails, as JSON."""
        return self.made(self.server.get("/brief"), dict)

    # --- the books ----------------------------------------------------------------------------------------------------

    def worth(self) -> tuple[Telling, list[UsefulWeek], WorthSettings]:
        """The page of worth, as it was told last."""
        return self.made(self.server.get("/worth"), telling_from)

    def board(self, by: str) -> list[Standing]:
        """The units, as far as the token's person may see them."""
        return self.listed(self.server.get(f"/boards/{by}"), standing_from)

    def findings(self) -> list[WasteFinding]:
        """Waste, the dearest first."""
        return self.listed(self.server.get("/findings"), finding_from)

    def finding(self, prefix: str) -> WasteFinding:
        """The finding whose id begins like this.

        Raises:
            FindingUnknown: None does, or several do.
        """
        found = [one for one in self.findings() if one.id.startswith(prefix)]
        if len(found) != 1:
            raise FindingUnknown(
                f"{len(found) or 'No'} findings' ids begin with '{prefix[:40]}'.", "`gainful audit` lists them."
            )
        return found[0]

    def mend(self, finding: str) -> Mended:
        """What mended a finding, or what is to be done by hand."""
        told = self.server.post(f"/findings/{_part(finding)}/fix", {})
        return self.made(told, lambda one: Mended(bool(one["done"]), str(one["said"]), str(one["undo"])))

    def budgets(self) -> list[dict[str, Any]]:
        """Every budget and how it stands, as JSON."""
        return self.listed(self.server.get("/budgets"), budget_row_from)

    def ledger(self, run: str, since: datetime | None, limit: int) -> tuple[dict[str, Spending], int, list[Recorded]]:
        """Spending by day, how many entries there are, and the last of them."""
        told = self.server.get("/ledger", run=run, since=str(int(since.timestamp())) if since else "", limit=str(limit))
        return self.made(
            told,
            lambda found: (
                {day["day"]: spending_from(day) for day in found["days"]},
                int(found["count"]),
                [recorded_from(one) for one in found["entries"]],
            ),
        )


class RemoteGuards:
    """Stops agents in the name of the token's person, and lets them go on."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk
        self.stops = RemoteStops(desk)

    def stop(self, agent: str, reason: str = "") -> bool:
        """Let this agent, or `all`, do nothing more. False: it was stopped already."""
        return self._asked(agent, "stop", {"reason": reason}, "stopped_now")

    def resume(self, agent: str) -> bool:
        """Let this agent, or `all`, go on. False: it was not stopped."""
        return self._asked(agent, "resume", {}, "resumed")

    def _asked(self, agent: str, what: str, body: Mapping[str, Any], name: str) -> bool:
        told = self._desk.server.post(f"/agents/{_part(agent)}/{what}", body)
        self.stops.told = self._desk.listed(self._desk.made(told, lambda one: one["stops"]), stop_from)
        return self._desk.made(told, lambda one: bool(one[name]))


class RemoteStops:
    """Who is stopped over there."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk
        self.told: list[Stop] | None = None
        """As the last answer had it: a token that may stop need not be one that may look."""

    def all(self) -> list[Stop]:
        """Every stop."""
        return self._desk.listed(self._desk.server.get("/stops"), stop_from) if self.told is None else self.told


class RemoteApprovals:
    """What the token's person can see and answer. The gate over there decides whose word counts."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk

    @property
    def person(self) -> str:
        """Who answers."""
        return self._desk.who.person

    def waiting(self) -> list[Approval]:
        """Those that wait for an answer, oldest first."""
        return self._desk.listed(self._desk.server.get("/approvals"), approval_from)

    def recent(self) -> list[Approval]:
        """The last ones, whatever became of them, newest first."""
        return self._desk.listed(self._desk.server.get("/approvals", recent="true"), approval_from)

    def find(self, prefix: str) -> Approval:
        """The one whose id begins like this."""
        return self._desk.made(self._desk.server.get(f"/approvals/{_part(prefix)}"), approval_from)

    def edited(self, prefix: str, changes: Mapping[int, Mapping[str, Any]]) -> Approval:
        """How it would be with these arguments."""
        return preview(self.find(prefix), changes)

    def answer(
        self,
        prefix: str,
        verdict: Verdict,
        *,
        card: str = "",
        text: str = "",
        changes: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Told:
        """Answer it; the run that waits for it goes on over there."""
        given = [{"effect": number, "arguments": dict(new)} for number, new in (changes or {}).items()]
        body = {"verdict": str(verdict), "card": card, "text": text, "changes": given}
        told = self._desk.server.post(f"/approvals/{_part(prefix)}/answer", body)
        return self._desk.made(told, lambda one: Told(approval_from(one), str(one["run"]), str(one["problem"])))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be planned over there."""

    service: str
    revision: str
    intent: str
    reason: str


class RemoteDeployments:
    """Deployments as the token's person may see and take back."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk

    def status(self, service: str = "") -> list[Status]:
        """How this service stands, or each of them."""
        server = self._desk.server
        told = [server.get(f"/deployments/{_part(service)}")] if service else server.get("/deployments")
        return self._desk.listed(told, status_from)

    def history(self, service: str, limit: int = 20) -> list[Deployment]:
        """The service's last deployments, newest first."""
        told = self._desk.server.get(f"/deployments/{_part(service)}/history", limit=str(limit))
        return self._desk.listed(told, deployment_from)

    def plan(self, wanted: Wanted) -> Plan:
        """What it would do. A pure read."""
        told = self._desk.server.get(
            f"/deployments/{_part(wanted.service)}/plan",
            revision=wanted.revision,
            intent=wanted.intent,
            reason=wanted.reason,
        )
        return self._desk.made(told, plan_from_json)

    def rollback(self, service: str, reason: str, patience: timedelta, to: str = "") -> Deployment:
        """The deployment that goes back; it is carried out over there, and not waited for."""
        del patience
        if to:
            raise RemoteUnsupported(
                "Which release to go back to cannot be chosen through a remote.",
                "Leave --to out to go back to the one before, or run this on the server.",
            )
        told = self._desk.server.post(f"/deployments/{_part(service)}/rollback", {"reason": reason})
        return self._desk.made(told, deployment_from)


def _part(text: str) -> str:
    """A part of a path, whatever stands in it; nothing of it leads elsewhere."""
    return quote(text, safe="").replace(".", "%2E") if text.strip(".") == "" else quote(text, safe="")


def _list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise TypeError("no list")
    return content
