"""The job `deploy`, step by step: plan, be let, begin; then its course. Each step may be done again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from gainful.core.deploy_event import Deployment, EventKind, State
from gainful.core.deployment import Action, Intent
from gainful.core.errors import GainfulError
from gainful.core.freeze import frozen_until
from gainful.gate.outcome import Asked, Declined, Done, Outcome
from gainful.jobs.deploy.asking import TRIES, arguments
from gainful.jobs.deploy.course import Course
from gainful.jobs.deploy.desk import Desk, Planned, instant
from gainful.jobs.deploy.diary import Diary
from gainful.jobs.deploy.effects import Effects, asked_again
from gainful.jobs.deploy.errors import ForceUnexplained, PlanChanged
from gainful.jobs.deploy.explaining import Explained, Explainer, log_lines
from gainful.jobs.deploy.order import HAND, Order, order_from
from gainful.jobs.deploy.tools import BEGIN, frozen, locked
from gainful.runs.parked import Parked
from gainful.runs.steps import Json, Steps

OpenDesk = Callable[[Order, str], AbstractContextManager[Desk]]
"""Lays the desk of one deployment, by its order and id; lets go of target and source at the end."""


class DeployJob:
    """The job `deploy`."""

    def __init__(self, open_desk: OpenDesk) -> None:
        self._open_desk = open_desk

    def __call__(self, steps: Steps, run_id: str, order: Mapping[str, Any]) -> Json:
        """How the deployment ended, as JSON: `state` and `why`."""
        read = order_from(order)
        with self._open_desk(read, run_id) as desk:
            return _Run(desk, steps, run_id, read).go()


class _Run:
    def __init__(self, desk: Desk, steps: Steps, run_id: str, order: Order) -> None:
        self._desk = desk
        self._steps = steps
        self._id = run_id
        self._order = order
        self._diary = Diary(run_id, desk.records, desk.teller, desk.clock, desk.on_event)

    def go(self) -> dict[str, Any]:
        """Plan, be let, begin, and take the course."""
        stored = self._steps("plan", self._plan)
        if stored is not None:
            planned: Planned = self._desk.planner.read(stored)
            effects = Effects(self._desk, self._order, self._id, planned)
            if self._steps("admit", lambda: self._admit(planned)):
                self._begin_and_go(planned, effects)
        ended = self._diary.deployment
        return {"state": str(ended.state), "why": ended.why, "service": ended.service}

    def _begin_and_go(self, planned: Planned, effects: Effects) -> None:
        if self._steps("begin", lambda: self._begin(planned, effects)):
            Course(self._desk, self._steps, self._order, self._diary, planned, effects).take()
        ended, explainer = self._diary.has("ended"), self._desk.explainer
        broke = ended is not None and bool(ended.detail.get("broke"))
        # Before the lock is left: the next release that is laid into the slot begins a log of its own.
        lines = self._steps("lines", self._lines) if broke and explainer is not None else []
        self._steps("leave", lambda: self._desk.records.leave_lock(self._order.service, self._id))
        if broke and explainer is not None:
            self._steps("explain", lambda: self._explain(explainer, lines))

    # --- explaining: nothing waits for it any more --------------------------------------------------------------------

    def _lines(self) -> Json:
        """The lines that may tell what broke; a log that cannot be read holds nobody up."""
        with suppress(Exception):
            return log_lines(self._desk.records.events(self._id), (self._desk.source, self._desk.target))
        return []

    def _explain(self, explainer: Explainer, lines: list[str]) -> Json:
        try:
            said = explainer.explain(self._diary.deployment, lines)
        except GainfulError as error:
            said = Explained(f"Not explained: {error}")
        if said is not None:
            self._diary.note("explained", EventKind.EXPLAINED, said.told, **said.detail())
        return said is not None and bool(said.model)

    # --- planning -----------------------------------------------------------------------------------------------------

    def _plan(self) -> Json:
        """The plan as it is kept; None when there is nothing to go on with."""
        order = self._order
        fresh = Deployment(
            self._id, order.service, order.revision, order.intent, order.person, order.by, State.PLANNED,
            order.asked_at, reason=order.reason,
        )  # fmt: skip
        if self._desk.records.begin(fresh).ended:
            return None
        try:
            if order.force and not order.reason:
                raise ForceUnexplained("Forcing a deployment needs a reason.", "Say it: --reason TEXT; it is booked.")
            planned: Planned = self._desk.planner.plan(order)
            self._desk.planner.keep(planned)
        except GainfulError as error:
            self._diary.note("planned", EventKind.FAILED, str(error), code=error.code)
            raise
        stored = planned.as_json()
        changes = {"plan": stored, "plan_hash": planned.hash}
        self._diary.change("planned", EventKind.PLANNED, _planned_text(planned), changes, **_verdict(planned))
        if order.plan and order.plan != planned.hash:
            self._refuse(PlanChanged("The plan is another one than was shown.", "Look at it, and start it again."))
            return None
        return stored

    def _admit(self, planned: Planned) -> bool:
        """Whether it may begin, as far as can be said before anybody is asked."""
        order, service = self._order, self._desk.service
        if order.intent is Intent.ROLLBACK:
            return True
        pointless = planned.verdict.action is Action.REFUSE
        end = frozen_until(service.freezes, self._desk.clock())
        held = self._desk.records.lock(service.name)
        if pointless and not order.force:
            self._diary.note("refused", EventKind.REFUSED, _planned_text(planned), cause="plan", **_verdict(planned))
            return False
        if end is not None and not order.force:
            return self._refuse(frozen(service.name, instant(end)))
        if held is not None and held.deployment != self._id and not order.steal:
            return self._refuse(locked(held))
        against = [_planned_text(planned)] if pointless else []
        against += [frozen(service.name, instant(end)).what] if end is not None else []
        if against:
            text = f"{order.person} goes on against it: {order.reason}"
            detail = _verdict(planned) | {"against": against, "reason": order.reason}
            self._diary.change("forced", EventKind.FORCED, text, {"forced": True}, **detail)
        return True

    def _refuse(self, error: GainfulError) -> bool:
        self._diary.note("refused", EventKind.REFUSED, str(error), cause=error.code)
        return False

    # --- beginning ----------------------------------------------------------------------------------------------------

    def _begin(self, planned: Planned, effects: Effects) -> bool:
        """Whether it may be carried out; parks the run while a person is asked."""
        asked = self._diary.has("asked")
        if asked is not None and self._desk.clock() > asked.at + self._desk.service.to_answer:
            self._diary.note("declined", EventKind.DECLINED, "Nobody answered in time.")
            return False
        given = arguments(self._order.service, planned) | {"summary": effects.summary}
        for number in range(1, TRIES + 1):
            outcome = effects.door.call(f"begin {number}", BEGIN, given)
            if not asked_again(outcome):
                break
        return self._let(outcome)

    def _let(self, outcome: Outcome) -> bool:
        match outcome:
            case Done(value):
                self._note_begun(str((value.plain or {}).get("stolen_from", "")))
                return True
            case Asked(approval_id):
                text = f"A person is asked: gainful approvals show {approval_id}"
                self._diary.note("asked", EventKind.ASKED, text, approval=approval_id)
                raise Parked(approval_id)
            case Declined(text, state):
                who = self._approver() or "Nobody"
                said = (
                    f"{who} said no{f': {text}' if text else '.'}" if state != "expired" else "Nobody answered in time."
                )
                self._diary.note("declined", EventKind.DECLINED, said, by=who)
            case _:
                self._diary.note("refused", EventKind.REFUSED, outcome.reason, cause="begin")
        return False

    def _note_begun(self, stolen_from: str) -> None:
        order, approver = self._order, self._approver()
        if stolen_from:
            text = f"{order.person} has taken the lock from deployment {stolen_from}."
            self._diary.note("stolen", EventKind.STOLEN, text, deployment=stolen_from)
        own_word = order.by == HAND
        by = approver or (order.person if own_word else "")
        text = f"{approver} approved it." if approver else f"{order.person} has started it."
        self._diary.change("begun", EventKind.BEGUN, text, {"approved_by": by}, approved_by=by)

    def _approver(self) -> str:
        asked = self._diary.has("asked")
        return self._desk.answered_by(str(asked.detail["approval"])) if asked is not None else ""


def _planned_text(planned: Planned) -> str:
    verdict = planned.verdict
    proof = " ".join(verdict.proof[:1])
    return f"{verdict.kind}: {proof}" if proof else f"{verdict.kind}."


def _verdict(planned: Planned) -> dict[str, Any]:
    verdict = planned.verdict
    return {"kind": str(verdict.kind), "action": str(verdict.action), "proof": list(verdict.proof)}
