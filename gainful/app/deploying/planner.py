"""Plans for services as the settings have them: what is live, read from the target, against what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gainful.app.deploying.services import Services, git_folder
from gainful.core.clock import Clock
from gainful.core.deploy_event import Deployment, State
from gainful.core.deployment import Action, Intent, Kind, Release, TargetState
from gainful.core.errors import GainfulError, Invalid
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.planning import (
    Ended,
    Past,
    Plan,
    Settings,
    Shipping,
    ShownFile,
    Verdict,
    config_digest,
    plan,
    plan_from_json,
    shown_of,
)
from gainful.sdk.deploy_target import ReleaseInvalid
from gainful.sdk.history import History
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.storage.settings.services import ServiceSetting
from gainful.storage.settings.shelf import SettingsShelf

REMEMBERED = 50
"""Earlier deployments that are looked at."""

MOST_FILES, LARGEST = 200, 1024 * 1024
"""Of the settings that a service is given beside its files."""

SHOWN = 12
"""Commits, and files, that somebody who is asked is shown."""


class ServiceConfigUnusable(Invalid):
    """The files with settings that a service is given cannot be read, or are too many."""

    code = "service-config-unusable"


class ServicePlanner:
    """Makes plans by pure reads."""

    def __init__(self, services: Services, kept: DeploymentStore, shelf: SettingsShelf, clock: Clock) -> None:
        self._services = services
        self._kept = kept
        self._shelf = shelf
        self._clock = clock

    def plan(self, order: Order) -> Plan:
        """The plan of this order as things stand now.

        Raises:
            NoSuchService, NoSuchCommit, ReleaseInvalid, ReasonMissing, TargetUnreachable: As they say.
        """
        setting = self._services.named(order.service)
        target = self._services.target(setting)
        try:
            state = target.state()
        finally:
            target.close()
        history = _history(self._services, setting)
        if order.intent is Intent.ROLLBACK:
            return self._back(order, state, history)
        return plan(
            setting.name,
            shipping_of(setting),
            history,
            state,
            order.revision,
            at=self._clock(),
            past=_past(self._kept.of_service(setting.name, REMEMBERED)),
            newer=self._newer(order),
            settings=settings_of(setting),
            settings_before=self._settings_before(setting.name, state),
            intent=order.intent,
            reason=order.reason,
        )

    def keep(self, planned: Plan) -> None:
        """Keep what may be shown of the settings that this release is given: a later plan is compared with it."""
        if not planned.candidate.config:
            return
        settings = settings_of(self._services.named(planned.service))
        # Changed since the plan was made, they are another release's.
        if config_digest(settings) == planned.candidate.config:
            shown = {name: asdict(file) for name, file in shown_of(settings).items()}
            self._shelf.keep(planned.service, planned.candidate.config, shown)

    def _settings_before(self, service: str, state: TargetState) -> dict[str, ShownFile] | None:
        if state.live is None or not state.live.release.config:
            return None
        kept = self._shelf.kept(service, state.live.release.config)
        return None if kept is None else {name: _shown_file(file) for name, file in kept.items()}

    def read(self, stored: Mapping[str, Any]) -> Plan:
        """The plan that `as_json` wrote."""
        return plan_from_json(stored)

    def summary(self, planned: Plan) -> str:
        """What a person is shown who is asked about it."""
        return "\n".join(_summary(planned))

    def _newer(self, order: Order) -> list[str]:
        under_way = self._kept.under_way(order.service)
        return [f"{one.id} by {one.author}" for one in under_way if one.asked_at > order.asked_at]

    def _back(self, order: Order, state: TargetState, history: History) -> Plan:
        live = state.live.release if state.live is not None else None
        release = _wanted(order, state)
        verdict = Verdict(Kind.REAL, Action.PROCEED, ("It goes back to what ran before, and is never refused.",))
        undone = 0
        if live is not None and live.commit and release.commit:
            try:
                undone = len(history.commits(release.commit, live.commit, 1000))
            except GainfulError:
                # How much is undone is told where it is known; going back does not depend on it.
                undone = 0
        return Plan(order.service, live, release, Intent.ROLLBACK, order.reason, verdict, self._clock(), undone=undone)


def shipping_of(setting: ServiceSetting) -> Shipping:
    """What the service ships.

    Raises:
        ShippingInvalid: It is declared in a way that cannot be meant.
    """
    return Shipping.declared(
        setting.ships,
        setting.ignores,
        setting.dependencies,
        setting.base_image,
        setting.migrations,
        setting.version_files,
    )


def settings_of(setting: ServiceSetting) -> Settings:
    """The files with settings that the service is given, as they lie there now.

    Raises:
        ServiceConfigUnusable: One cannot be read, or they are too many or too large.
    """
    found: dict[str, bytes] = {}
    for path in _files(setting):
        try:
            with path.open("rb") as file:
                found[str(path)] = file.read(LARGEST + 1)
        except OSError as error:
            raise ServiceConfigUnusable(
                f"The settings {path} of '{setting.name}' cannot be read: {error.strerror}.",
                "Let Gainful read them, or take them out of `config`.",
            ) from None
        if len(found[str(path)]) > LARGEST or len(found) > MOST_FILES:
            raise ServiceConfigUnusable(
                f"The settings of '{setting.name}' are more than {MOST_FILES} files, or one is larger than 1 MiB.",
                "Name the files themselves in `config`.",
            )
    return found


def _files(setting: ServiceSetting) -> Iterator[Path]:
    for pattern in setting.config:
        whole = Path(pattern).expanduser()
        if not whole.is_absolute():
            raise ServiceConfigUnusable(
                f"'{pattern[:80]}' in `config` of '{setting.name}' is no whole path.", "Write it from / on."
            )
        yield from sorted(path for path in Path("/").glob(str(whole).lstrip("/")) if path.is_file())


def _wanted(order: Order, state: TargetState) -> Release:
    """The release to go back to.

    Raises:
        ReleaseInvalid: There is none.
    """
    known = [*state.kept, *([state.live.release] if state.live is not None and state.share else [])]
    if not order.revision and known:
        return known[0]
    wanted = order.revision.lower()
    found = [one for one in known if wanted and (one.id.startswith(wanted) or one.commit.startswith(wanted))]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(f"{one.id} ({one.commit[:9]})" for one in known) or "none"
    raise ReleaseInvalid(
        f"'{order.service}' has no earlier release {wanted[:40]}".rstrip() + " to go back to.", f"There are: {shown}."
    )


def _shown_file(kept: Mapping[str, Any]) -> ShownFile:
    return ShownFile(kept["digest"], None if kept["lines"] is None else tuple(kept["lines"]))


def _past(deployments: Sequence[Deployment]) -> list[Past]:
    return [past for one in deployments if one.plan and one.ended_at is not None for past in _outcome(one)]


def _outcome(deployment: Deployment) -> Iterator[Past]:
    at = deployment.ended_at or deployment.asked_at
    release = plan_from_json(deployment.plan)
    if deployment.intent is Intent.ROLLBACK:
        # Whoever goes back says that what was live until then has hurt.
        if deployment.state is State.PROMOTED and release.live is not None:
            yield Past(release.live.id, Ended.ROLLED_BACK, at)
    elif deployment.state in _ENDED:
        yield Past(release.candidate.id, _ENDED[deployment.state], at)


_ENDED = {State.PROMOTED: Ended.LIVE, State.ROLLED_BACK: Ended.ROLLED_BACK, State.FAILED: Ended.FAILED}


def _history(services: Services, setting: ServiceSetting) -> History:
    from gainful.connectors.git import GitHistory

    return GitHistory.at(setting.repository, git_folder(services.config, setting))


def _summary(planned: Plan) -> Iterator[str]:
    verdict = planned.verdict
    live = planned.live.commit[:9] or planned.live.id if planned.live is not None else "nothing"
    yield f"{planned.service}: {live} becomes {planned.candidate.commit[:9] or planned.candidate.id}"
    yield f"{verdict.kind}, {verdict.action}"
    yield from (f"  {proof}" for proof in verdict.proof[:SHOWN])
    if planned.reason:
        yield f"reason: {planned.reason}"
    if planned.commits:
        yield f"{planned.commit_count} commits by {', '.join(planned.authors[:5])}:"
        yield from (f"  {commit.id[:9]} {commit.subject[:100]}" for commit in planned.commits[:SHOWN])
    if planned.files:
        yield f"{planned.file_count} files that ship: {', '.join(planned.files[:SHOWN])}"
    yield from (f"migration: {path}" for path in planned.migrations[:SHOWN])
    yield from (f"setting: {line}" for line in planned.settings[:SHOWN])
