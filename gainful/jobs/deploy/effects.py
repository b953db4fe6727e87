"""Calls the effects of one deployment through the door, once more where a call was lost, and says how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gainful.core.deployment import Intent
from gainful.gate.door import LOST, SPENT, ToolDoor
from gainful.gate.outcome import Asked, Declined, Done, Failed, Outcome, Uncertain
from gainful.jobs.deploy.asking import LONGEST_SUMMARY, TRIES, anew, arguments, frozen_plan, rules
from gainful.jobs.deploy.desk import Desk, Planned
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.tools import TargetTools, Terms
from gainful.runs.parked import Parked


@dataclass(frozen=True, slots=True)
class Result:
    """How an effect ended.

    Args:
        why: Where it did not happen.
        approval: Of the person who is asked first; empty when nobody is.
    """

    ok: bool
    why: str = ""
    approval: str = ""


def asked_again(outcome: Outcome) -> bool:
    """Whether the call was lost with its process, and is made once more under another name."""
    if isinstance(outcome, Failed):
        return outcome.reason == SPENT
    return isinstance(outcome, Uncertain) and outcome.reason.startswith(LOST)


class Effects:
    """The effects of one deployment."""

    def __init__(self, desk: Desk, order: Order, deployment: str, planned: Planned) -> None:
        self._desk = desk
        self._order = order
        self._planned = planned
        terms = Terms(
            deployment, order.person, planned.live, planned.candidate, anew=anew(order, planned),
            back=order.intent is Intent.ROLLBACK, steal=order.steal, force=order.force,
        )  # fmt: skip
        self._tools = TargetTools(desk.service, terms, desk.target, desk.records, desk.clock, desk.pause).made()
        self._arguments = arguments(desk.service.name, planned)

    @cached_property
    def summary(self) -> str:
        """What a person is shown who is asked."""
        return self._desk.planner.summary(self._planned)[:LONGEST_SUMMARY]

    @cached_property
    def door(self) -> ToolDoor:
        """The way to every effect but going back; the run is held to what it may call."""
        asking = rules(self._desk.service, self._order, self._planned)
        made = self._desk.open_door(self._tools, asking, self._order.intent is Intent.ROLLBACK)
        made.freeze(frozen_plan(self._desk.service, self._order, self._planned, self.summary))
        return made

    @cached_property
    def way_back(self) -> ToolDoor:
        """The way back: nobody is asked, and no stop holds it up."""
        # Made late: it takes from the journal what the other door has written there.
        return self._desk.open_door(self._tools, [], True)

    def call(self, name: str, tool: str, **more: Any) -> Result:
        """How this effect ended; parks the run while a person is asked."""
        result = self.try_call(name, tool, **more)
        if result.approval:
            raise Parked(result.approval)
        return result

    def try_call(self, name: str, tool: str, **more: Any) -> Result:
        """As `call`; where a person is asked, the approval for which it waits."""
        return self._called(self.door, name, tool, self._arguments | more)

    def go_back(self, tool: str, release: str) -> Result:
        """How going back to this release ended."""
        return self._called(self.way_back, "back", tool, self._arguments | {"release": release})

    def _called(self, door: ToolDoor, name: str, tool: str, given: Mapping[str, Any]) -> Result:
        for number in range(1, TRIES + 1):
            outcome = door.call(f"{name} {number}", tool, given)
            if not asked_again(outcome):
                break
        return _result(outcome)


def _result(outcome: Outcome) -> Result:
    match outcome:
        case Done():
            return Result(ok=True)
        case Asked(approval_id):
            return Result(ok=False, approval=approval_id)
        case Declined(text, _):
            return Result(ok=False, why=f"It was declined{f': {text}' if text else '.'}")
    return Result(ok=False, why=outcome.reason)
