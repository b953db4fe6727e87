"""The course of a deployment that has begun: stage, look at it, give it traffic, watch, promote or go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gainful.core.deploy_event import EventKind
from gainful.core.deployment import Intent
from gainful.core.errors import GainfulError, Unavailable
from gainful.jobs.deploy.asking import GOOD, NOT_ENOUGH, WORD, anew
from gainful.jobs.deploy.desk import Desk, Planned, release_json
from gainful.jobs.deploy.diary import Diary
from gainful.jobs.deploy.effects import Effects, Result
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.tools import PROMOTE, ROLLBACK, SHIFT, STAGE
from gainful.jobs.deploy.vigil import (
    EVERY,
    Answering,
    Ending,
    Measured,
    Vigil,
    Watched,
    baseline_from,
    baseline_json,
    begun_from,
)
from gainful.runs.steps import Json, Steps
from gainful.sdk.metrics import MetricSource, Totals


class Course:
    """Takes one deployment from its beginning to its end."""

    def __init__(
        self, desk: Desk, steps: Steps, order: Order, diary: Diary, planned: Planned, effects: Effects
    ) -> None:
        self._desk = desk
        self._steps = steps
        self._order = order
        self._diary = diary
        self._planned = planned
        self._effects = effects
        self._canary = desk.target.abilities.canary and planned.live is not None
        self._baseline: dict[str, Any] = {}

    def take(self) -> None:
        """Everything up to the end; whatever goes wrong on the way leads back to what was live."""
        if self._order.intent is Intent.ROLLBACK:
            self._steps("rollback", self._return)
            return
        watched = self._planned.live is not None and self._desk.source is not None
        if watched and not self._canary and not self._step("baseline", self._measure, traffic=False):
            return
        if not self._step("stage", self._stage, traffic=not self._canary):
            return
        if not self._step("health", self._health, traffic=not self._canary):
            return
        if watched and self._canary and not self._step("baseline", self._measure, traffic=False):
            return
        if self._planned.live is None:
            self._steps("promote", self._promote_first)
            return
        if not self._step("shift", self._shift, traffic=True):
            return
        self._end(Ending(**self._steps("watch", self._watch)))

    def _step(self, name: str, work: Callable[[], Result], *, traffic: bool) -> bool:
        """Whether this step went well; the deployment has gone back otherwise.

        Args:
            traffic: The release may have had traffic by then.
        """

        def safely() -> Json:
            try:
                return asdict(work())
            except GainfulError as error:
                return asdict(Result(ok=False, why=str(error)))

        found = Result(**self._steps(name, safely))
        if not found.ok:
            broke = self._diary.has("unhealthy") is not None
            self._steps("rollback", lambda: self._back(found.why, traffic=traffic, broke=broke))
        return found.ok

    # --- step by step -------------------------------------------------------------------------------------------------

    def _stage(self) -> Result:
        staged = self._effects.call("stage", STAGE, anew=anew(self._order, self._planned))
        if staged.ok:
            self._diary.note("staged", EventKind.STAGED, "The release is ready beside the live one.")
        return staged

    def _health(self) -> Result:
        health = self._desk.target.health(self._planned.candidate)
        if health.well:
            self._diary.note("healthy", EventKind.HEALTHY, "It answers.")
        else:
            self._diary.note("unhealthy", EventKind.UNHEALTHY, f"It does not answer as it should: {health.why}")
        return Result(health.well, "" if health.well else f"It does not answer as it should: {health.why}")

    def _measure(self) -> Result:
        """Reads the counters twice before traffic moves; what it found is in the record, not in the result."""
        desk, source = self._desk, self._desk.source
        if source is None or self._diary.has("baseline") is not None:
            return Result(ok=True)
        slots = [one.slot for one in (self._state.live, self._state.candidate) if one is not None]
        first, began = self._read(source, slots), desk.clock()
        desk.sleep(desk.service.baseline.total_seconds())
        then, lasted = self._read(source, slots), desk.clock() - began
        measured = baseline_json(first, then, lasted)
        live = self._state.live.slot if self._state.live is not None else ""
        before = baseline_from(measured, live, canary=self._canary).before
        text = f"{before.requests:,} requests in {lasted.total_seconds():.0f} s, {before.errors:,} of them failed."
        self._diary.note("baseline", EventKind.BASELINE, text, slot=live, **measured)
        return Result(ok=True)

    def _read(self, source: MetricSource, slots: Sequence[str]) -> Mapping[str, Totals]:
        """The counters; a source that does not have the new slot yet, or is away, is given the time it has in a watch.

        Prometheus knows nothing of a slot between its start and the next scrape.
        """
        desk = self._desk
        until = desk.clock() + desk.service.blind_after
        while True:
            try:
                return source.read(slots)
            except Unavailable:
                if desk.clock() >= until:
                    raise
                desk.sleep(EVERY)

    def _shift(self) -> Result:
        share = self._desk.service.share
        if self._canary:
            shifted = self._effects.call("shift", SHIFT, share=share)
            if not shifted.ok:
                return shifted
        text = f"It has {share} % of the traffic." if self._canary else "It has all the traffic."
        self._diary.note("shifted", EventKind.SHIFTED, text, share=share if self._canary else 100)
        return Result(ok=True)

    def _watch(self) -> Json:
        return self._vigil().keep().as_json()

    def _vigil(self) -> Vigil:
        deployment = self._diary.deployment
        since = deployment.shifted_at or self._desk.clock()
        return Vigil(self._desk, self._diary, self._watched(), since, deployment.id)

    def _watched(self) -> Watched:
        measured, source = self._diary.has("baseline"), self._desk.source
        if measured is None or source is None:
            return Answering(self._desk, self._desk.service.unmeasured)
        state = self._state
        mine = next(
            (one for one in (state.candidate, state.live) if one and one.release.id == self._planned.candidate.id), None
        )
        live = str(measured.detail["slot"]) if self._canary else ""
        baseline = baseline_from(measured.detail, str(measured.detail["slot"]), canary=self._canary)
        slot = mine.slot if mine is not None else ""
        begun, warm_up = begun_from(measured.detail), self._desk.service.warm_up
        return Measured(source, self._desk.watch(baseline), begun, live, slot, warm_up)

    @property
    def _state(self) -> Any:
        return self._desk.target.state()

    # --- the end ------------------------------------------------------------------------------------------------------

    def _end(self, ending: Ending) -> None:
        if ending.what == "lost":
            self._steps("stop", lambda: self._lose(ending.why))
        elif ending.what in ("good", "not-enough", "wish-promote") and not self._goes_back(ending):
            self._steps("promote", lambda: self._promote(ending))
        else:
            self._steps("rollback", lambda: self._back_from(ending))

    def _goes_back(self, ending: Ending) -> bool:
        return ending.what == "not-enough" and self._desk.service.not_enough == "rollback"

    def _promote_first(self) -> Json:
        """Nothing was live before: there is nothing to compare with, and nobody is harmed while a person is asked."""
        return self._settled(self._effects.call("promote", PROMOTE, seen=GOOD), "It is the first one.")

    def _promote(self, ending: Ending) -> Json:
        """Promote; while a person is asked first, the candidate keeps its traffic and is watched on."""
        seen = {"good": GOOD, "wish-promote": WORD}.get(ending.what, NOT_ENOUGH)
        vigil = self._vigil()
        while (result := self._effects.try_call(f"promote {seen}", PROMOTE, seen=seen)).approval:
            turned = self._wait(result.approval, ending, vigil)
            if turned is None:
                self._desk.sleep(EVERY)
            elif turned.what == "wish-promote":
                seen = WORD
            elif turned.what == "lost":
                return self._lose(turned.why)
            else:
                return self._back_from(turned)
        return self._settled(result, ending.why, ending.numbers)

    def _wait(self, approval: str, ending: Ending, vigil: Vigil) -> Ending | None:
        """What turned up while a person is asked; None while nothing has."""
        patience = self._desk.service.patience
        text = f"{ending.why} A person is asked before the last step: gainful approvals show {approval}"
        if (asked := self._diary.has("confirm")) is None:
            self._diary.note("confirm", EventKind.CONFIRM, text, approval=approval)
        elif self._desk.clock() > asked.at + patience:
            return Ending("unanswered", f"Nobody answered in {patience.total_seconds() / 60:.0f} minutes.")
        return vigil.once(settled=True)

    def _settled(self, result: Result, why: str, numbers: Any = None) -> Json:
        if not result.ok:
            return self._back(result.why, traffic=True, numbers=numbers)
        detail = {"before": release_json(self._planned.live), "now": release_json(self._planned.candidate)}
        self._diary.note("ended", EventKind.PROMOTED, f"It is live. {why}", numbers=dict(numbers or {}), **detail)
        return True

    def _return(self) -> Json:
        """Going back is all that was asked for."""
        result = self._effects.go_back(ROLLBACK, self._planned.candidate.id)
        detail = {"before": release_json(self._planned.live), "now": release_json(self._planned.candidate)}
        if result.ok:
            self._diary.note("ended", EventKind.PROMOTED, "It went back to the release before.", back=True, **detail)
        else:
            self._diary.note("ended", EventKind.FAILED, f"It could not go back: {result.why}", **detail)
        return result.ok

    def _back_from(self, ending: Ending) -> Json:
        return self._back(ending.why, traffic=True, numbers=ending.numbers, broke=ending.what == "bad")

    def _back(self, why: str, *, traffic: bool, numbers: Any = None, broke: bool = False) -> Json:
        """Give the traffic back to what was live; nobody is asked.

        Args:
            broke: The release itself did badly, as far as anybody can tell.
        """
        live = self._planned.live
        detail = {"numbers": dict(numbers or {}), "now": release_json(live), "broke": broke}
        if live is None:
            self._diary.note("ended", EventKind.FAILED, why, **detail)
            return False
        result = self._effects.go_back(ROLLBACK, live.id)
        if not result.ok:
            text = f"{why} It could not go back either: {result.why}"
            self._diary.note("ended", EventKind.FAILED, text, stuck=True, **detail)
        elif traffic:
            self._diary.note("ended", EventKind.ROLLED_BACK, why, **detail)
        else:
            self._diary.note("ended", EventKind.FAILED, f"{why} It never had traffic.", **detail)
        return result.ok

    def _lose(self, why: str) -> Json:
        """Somebody has taken the lock: what runs is theirs to look after."""
        self._diary.note("ended", EventKind.FAILED, f"{why} What runs was left as it is.", stuck=True)
        return False
