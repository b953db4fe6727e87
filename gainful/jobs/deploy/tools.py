"""The effects of one deployment as tools, made of a deploy target.

Each call makes sure that the deployment still holds the service's lock, and that what is live is what its plan was made
for. A verb of a target may be called again and again, so a call that nobody saw the end of is looked for in the
target's state, and where it cannot be seen there it simply has not happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from gainful.core.clock import Clock
from gainful.core.deploy_event import DeployLock
from gainful.core.deployment import Release, TargetState
from gainful.core.freeze import frozen_until
from gainful.core.tool import ToolSpec
from gainful.core.value import Json
from gainful.jobs.deploy.desk import Records, Service, instant
from gainful.jobs.deploy.errors import DeployFrozen, DeployLocked
from gainful.sdk.declaration import read_declaration
from gainful.sdk.deploy_target import DeployTarget, LiveMoved, TargetUnreachable
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from gainful.sdk.tool import Found, Tool

BEGIN, STAGE, SHIFT = "deploy.begin", "deploy.stage", "deploy.shift"
PROMOTE, ROLLBACK = "deploy.promote", "deploy.rollback"

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries of a target that does not answer."""

PAUSES_BACK = (*PAUSES, *(15.0,) * 40)
"""The same for going back, which is worth ten minutes of trying."""


@cache
def effects() -> Mapping[str, ToolSpec]:
    """The declarations, by name."""
    file = resources.files("gainful.jobs.deploy") / "effects.toml"
    return read_declaration(file.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tools of one deployment hold to.

    Args:
        live, candidate: As planned.
        anew: The candidate is laid again although it may be live already.
        back: Going back is all that it does.
        steal, force: As it was ordered.
    """

    deployment: str
    author: str
    live: Release | None
    candidate: Release
    anew: bool = False
    back: bool = False
    steal: bool = False
    force: bool = False


class TargetTools:
    """Makes the tools of one deployment."""

    def __init__(
        self,
        service: Service,
        terms: Terms,
        target: DeployTarget,
        records: Records,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._service = service
        self._terms = terms
        self._target = target
        self._records = records
        self._clock = clock
        self._sleep = sleep

    def made(self) -> dict[str, Tool]:
        """Each by name."""
        specs = effects()
        return {
            BEGIN: Operation(specs[BEGIN], self._begin, self._begun),
            STAGE: Operation(specs[STAGE], self._stage, self._seen(self._is_staged)),
            SHIFT: Operation(specs[SHIFT], self._shift, self._seen(self._is_shifted)),
            PROMOTE: Operation(specs[PROMOTE], self._promote, self._seen(self._is_promoted)),
            ROLLBACK: Operation(specs[ROLLBACK], self._rollback, self._seen(self._is_back)),
        }

    # --- the effects --------------------------------------------------------------------------------------------------

    def _begin(self, _grant: Grant, _given: Mapping[str, Json]) -> Json:
        terms, now = self._terms, self._clock()
        self._check_live(self._target.state(), began=False)
        # Asked once more: an answer may have come after the freeze has begun.
        end = None if terms.force or terms.back else frozen_until(self._service.freezes, now)
        if end is not None:
            raise frozen(self._service.name, instant(end))
        wanted = DeployLock(self._service.name, terms.deployment, terms.author, now)
        held = self._records.take_lock(wanted, steal=terms.steal)
        if held is not None and not terms.steal:
            raise locked(held)
        return {"stolen_from": held.deployment if held is not None else ""}

    def _stage(self, grant: Grant, _given: Mapping[str, Json]) -> Json:
        return self._patiently(lambda: self._target.stage(grant, self._terms.candidate, anew=self._terms.anew), PAUSES)

    def _shift(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        return self._patiently(lambda: self._target.shift(grant, self._terms.candidate, given["share"]), PAUSES)

    def _promote(self, grant: Grant, _given: Mapping[str, Json]) -> Json:
        return self._patiently(lambda: self._target.promote(grant, self._terms.candidate), PAUSES)

    def _rollback(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        release = self._named(given["release"])
        return self._patiently(lambda: self._target.rollback(grant, release), PAUSES_BACK)

    def _named(self, release: str) -> Release:
        known = [one for one in (self._terms.live, self._terms.candidate) if one is not None]
        # The plan that the run is frozen to names no other.
        return next(one for one in known if one.id == release)

    def _patiently(self, verb: Callable[[], None], pauses: tuple[float, ...]) -> Json:
        """Call a verb until the target answers: each may be called again."""
        for pause in pauses:
            try:
                return self._checked(verb)
            except TargetUnreachable:
                self._sleep(pause)
        return self._checked(verb)

    def _checked(self, verb: Callable[[], None]) -> Json:
        # Each time anew: while the target was away, others may have come.
        self._check()
        verb()
        return None

    # --- what must hold -----------------------------------------------------------------------------------------------

    def _check(self) -> None:
        held = self._records.lock(self._service.name)
        if held is None or held.deployment != self._terms.deployment:
            raise lock_lost(self._service.name, held)
        self._check_live(self._target.state(), began=True)

    def _check_live(self, state: TargetState, *, began: bool) -> None:
        """Raises when something else is live than was planned for; once it began, that may be its own release."""
        terms = self._terms
        found = state.live.release.id if state.live is not None else ""
        planned = {terms.live.id if terms.live is not None else ""} | ({terms.candidate.id} if began else set())
        if found not in planned:
            was = terms.live.id if terms.live is not None else "nothing"
            raise LiveMoved(
                f"'{self._service.name}' runs {found or 'nothing'} now, and this was planned when {was} was live.",
                "Plan again: what was approved was another change.",
            )

    # --- what has become of a call ------------------------------------------------------------------------------------

    def _begun(self, _key: str, _given: Mapping[str, Json]) -> Found:
        held = self._records.lock(self._service.name)
        done = held is not None and held.deployment == self._terms.deployment
        return Found(done, {"stolen_from": ""} if done else None)

    def _seen(
        self, holds: Callable[[TargetState, Mapping[str, Json]], bool]
    ) -> Callable[[str, Mapping[str, Json]], Found]:
        def look(_key: str, given: Mapping[str, Json]) -> Found:
            try:
                return Found(holds(self._target.state(), given))
            except TargetUnreachable:
                # Whatever became of it, it can be done again, and that will wait for the target.
                return Found(done=False)

        return look

    def _is_staged(self, state: TargetState, _given: Mapping[str, Json]) -> bool:
        # A release that is laid anew looks as it did before.
        return not self._terms.anew and state.candidate is not None and self._is_mine(state.candidate.release)

    def _is_shifted(self, state: TargetState, given: Mapping[str, Json]) -> bool:
        mine = state.candidate is not None and self._is_mine(state.candidate.release)
        return mine and state.share == given["share"]

    def _is_promoted(self, state: TargetState, _given: Mapping[str, Json]) -> bool:
        return not self._terms.anew and state.live is not None and self._is_mine(state.live.release)

    def _is_back(self, state: TargetState, given: Mapping[str, Json]) -> bool:
        return state.live is not None and state.live.release.id == given["release"] and state.share == 0

    def _is_mine(self, release: Release) -> bool:
        return release.id == self._terms.candidate.id


def locked(held: DeployLock) -> DeployLocked:
    """Somebody else is at work on the service."""
    return DeployLocked(
        f"'{held.service}' is being deployed by {held.holder} since {instant(held.since)}: {held.deployment}.",
        f"See `gainful deploy status {held.service}`; wait for it, or take the lock with --steal.",
    )


def lock_lost(service: str, held: DeployLock | None) -> DeployLocked:
    """This deployment has the lock no more."""
    taker = f"{held.holder}'s deployment {held.deployment} has taken" if held is not None else "somebody has opened"
    return DeployLocked(
        f"This deployment goes no further: {taker} the lock of '{service}'.",
        f"See `gainful deploy status {service}`.",
    )


def frozen(service: str, end: str) -> DeployFrozen:
    """Nothing may be deployed now."""
    return DeployFrozen(
        f"'{service}' is frozen until {end}.",
        "Wait until then, or say why it cannot wait: --force --reason TEXT. Going back is never frozen.",
    )
