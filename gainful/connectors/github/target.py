"""A deploy target over GitHub's Deployments: Gainful asks for one, somebody else carries it out and says how it went.

GitHub never reaches the company's servers: a workflow, or a program that listens to the event `deployment`, does the
work and sets the deployment's status. There is no canary: what has succeeded is live.

Source: docs.github.com/rest/deployments/deployments, /statuses; /actions/workflows: create a workflow dispatch event.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gainful.connectors.github.api import Api
from gainful.connectors.github.config import GitHubTargetSettings
from gainful.connectors.github.errors import GitHubInvalid
from gainful.core.deployment import Release, Running, TargetState
from gainful.core.errors import GainfulError, Refused
from gainful.sdk.deploy_target import (
    Abilities,
    Health,
    ReleaseInvalid,
    TargetRefused,
    TargetUnreachable,
)
from gainful.sdk.grant import Grant
from gainful.sdk.tool import ToolUnreachable

LOOKED_AT = 20
"""Newest deployments of the environment that are looked at; each costs a request."""

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
_GOOD, _BAD = ("success",), ("failure", "error")
_OVER = (*_GOOD, *_BAD, "inactive")


@dataclass(frozen=True, slots=True)
class Asked:
    """A deployment on GitHub.

    Args:
        number: Its id.
        state: Newest status; `pending` where there is none yet.
        said: By whoever set it.
        succeeded: Id of the status by which it succeeded; 0 where it never has.
        key: Of the effect by which Gainful asked for it, where it was laid anew.
    """

    number: int
    release: Release
    state: str
    said: str
    succeeded: int
    since: datetime | None
    key: str
    started: bool


class GitHubTarget:
    """The target.

    Args:
        sleep, clock: Hand in the world: seconds to wait, monotonic seconds.
    """

    def __init__(
        self,
        settings: GitHubTargetSettings,
        api: Api,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._api = api
        self._sleep = sleep
        self._clock = clock

    @property
    def abilities(self) -> Abilities:
        """Nothing by parts, nothing at once, and what becomes of servers GitHub does not know."""
        return Abilities(canary=False, instant_rollback=False, finds_drift=False)

    def state(self) -> TargetState:
        """The newest success, and what has been asked for since."""
        with _sorted():
            return _state(self._newest())

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:
        """Ask for it, and have it carried out; it is live when that has succeeded."""
        with _sorted():
            newest = self._newest()
            mine = _mine(newest, release, grant.key if anew else "")
            if mine is None or mine.state in _BAD:
                live = _live(newest)
                if not anew and live is not None and live.release.id == release.id:
                    return
                mine = self._ask(grant, release, anew=anew)
            self._start(mine)

    def health(self, release: Release) -> Health:
        """How its deployment went; waits while it is under way."""
        with _sorted():
            found = _mine(self._newest(), release, "")
            if found is None:
                return Health(False, "It was never asked for.")
            ended = self._awaited(found)
        if ended.state in _BAD:
            return Health(False, f"Its deployment on GitHub ended as {ended.state}: {ended.said or 'no reason given'}")
        if ended.state in _OVER:
            return Health(True)
        return Health(False, f"Its deployment on GitHub is still {ended.state}.")

    def shift(self, grant: Grant, release: Release, share: int) -> None:  # noqa: ARG002 - it has none
        """Refuse."""
        raise TargetRefused("GitHub gives all of the traffic or nothing.", "Watch it after it is live.")

    def promote(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """Make sure that it is live: it went live as it succeeded."""
        live = self.state().live
        if live is None or live.release.id != release.id:
            raise TargetRefused(f"{release.id} is not live on GitHub.", "Stage it, and wait until it has succeeded.")

    def rollback(self, grant: Grant, release: Release) -> None:
        """Ask for it anew unless it is live and nothing else is under way; then wait for it."""
        with _sorted():
            newest = self._newest()
            state = _state(newest)
            if state.candidate is None and state.live is not None and state.live.release.id == release.id:
                return
            under_way = next((one for one in newest if one.state not in _OVER), None)
            if under_way is None or under_way.release.id != release.id:
                under_way = self._ask(grant, release, anew=False)
            self._start(under_way)
            ended = self._awaited(under_way)
        if ended.state in _BAD:
            raise TargetRefused(f"Going back ended as {ended.state} on GitHub: {ended.said}", "Look at its log there.")
        if ended.state not in _OVER:
            raise TargetUnreachable(f"Going back is still {ended.state} on GitHub.", "Wait for it.")

    def close(self) -> None:
        """Nothing is held open."""

    # --- steps --------------------------------------------------------------------------------------------------------

    def _ask(self, grant: Grant, release: Release, *, anew: bool) -> Asked:
        told = {"release": asdict(release), "key": grant.key if anew else ""}
        body: dict[str, Any] = {
            "ref": release.commit,
            "environment": self._settings.environment,
            # GitHub would merge the default branch into it, and deploy what nobody has looked at.
            "auto_merge": False,
            "payload": {"gainful": told},
            "description": f"Gainful: {release.id}",
        }
        if self._settings.contexts is not None:
            body["required_contexts"] = list(self._settings.contexts)
        try:
            made = self._api.post(self._settings.repository, "deployments", body=body)
        except GitHubInvalid as error:
            raise ReleaseInvalid(error.what, "Push the commit to GitHub, and see that its checks are green.") from error
        return _asked(made, [])

    def _start(self, asked: Asked) -> None:
        """Start the workflow, where there is one; noted on the deployment, so that it is started once."""
        if not self._settings.workflow or asked.started or asked.state in _OVER:
            return
        inputs = {
            "commit": asked.release.commit,
            "environment": self._settings.environment,
            "deployment": str(asked.number),
        }
        where = ("actions", "workflows", self._settings.workflow, "dispatches")
        self._api.post(self._settings.repository, *where, body={"ref": self._settings.branch, "inputs": inputs})
        status = {"state": "queued", "description": f"Gainful started {self._settings.workflow}"}
        self._api.post(self._settings.repository, "deployments", asked.number, "statuses", body=status)

    def _awaited(self, asked: Asked) -> Asked:
        end, tries = self._clock() + self._settings.seconds, 0
        asked = self._looked_at(asked)
        while asked.state not in _OVER and self._clock() < end:
            self._sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
            asked = self._looked_at(asked)
        return asked

    def _looked_at(self, asked: Asked) -> Asked:
        repository = self._settings.repository
        made = self._api.get(repository, "deployments", asked.number)
        return _asked(made, self._statuses(asked.number))

    def _newest(self) -> list[Asked]:
        """The newest deployments of the environment, newest first."""
        found, _ = self._api.pages(
            self._settings.repository, "deployments", most=1, environment=self._settings.environment
        )
        return [_asked(one, self._statuses(one["id"])) for one in found[:LOOKED_AT]]

    def _statuses(self, number: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.get(
            self._settings.repository, "deployments", number, "statuses", per_page="100"
        )
        return found


@contextmanager
def _sorted() -> Iterator[None]:
    """GitHub's errors as those of a target."""
    try:
        yield
    except (TargetRefused, TargetUnreachable, ReleaseInvalid):
        raise
    except ToolUnreachable as error:
        raise TargetUnreachable(error.what, error.next_move, retry_after=error.retry_after, sent=error.sent) from error
    except (Refused, GitHubInvalid) as error:
        raise TargetRefused(error.what, error.next_move) from error
    except GainfulError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TargetUnreachable("GitHub answers in a way that nobody understands.", "Try again later.") from error


def _asked(made: Mapping[str, Any], statuses: list[dict[str, Any]]) -> Asked:
    told = _told(made.get("payload"))
    release = Release(**told["release"]) if "release" in told else Release(str(made["sha"]), "")
    newest = statuses[0] if statuses else {}
    success = next((one for one in statuses if one["state"] in _GOOD), None)
    return Asked(
        int(made["id"]),
        release,
        str(newest.get("state", "pending")),
        " ".join(str(newest.get("description") or "").split())[:300],
        int(success["id"]) if success is not None else 0,
        datetime.fromisoformat(success["created_at"]) if success is not None else None,
        str(told.get("key", "")),
        started=bool(statuses),
    )


def _told(payload: Any) -> dict[str, Any]:
    """What Gainful wrote into a deployment; whoever may deploy there may write such a thing too."""
    try:
        content = json.loads(payload) if isinstance(payload, str) and payload else payload
        told = content["gainful"] if isinstance(content, dict) else {}
        Release(**told["release"])
        return dict(told)
    except (ValueError, TypeError, KeyError):
        return {}


def _live(newest: list[Asked]) -> Asked | None:
    succeeded = [one for one in newest if one.succeeded]
    return max(succeeded, key=lambda one: one.succeeded, default=None)


def _mine(newest: list[Asked], release: Release, key: str) -> Asked | None:
    """The newest deployment of this release, or of this effect; one that another has replaced does not count."""
    live = _live(newest)
    for one in newest:
        if one.release.id == release.id and (not key or one.key == key):
            replaced = one.succeeded and live is not None and live.release.id != release.id
            return None if replaced else one
    return None


def _state(newest: list[Asked]) -> TargetState:
    live = _live(newest)
    under_way = next((one for one in newest if one.state not in _OVER), None)
    if under_way is not None and live is not None and under_way.number < live.number:
        under_way = None
    earlier = sorted((one for one in newest if one.succeeded), key=lambda one: -one.succeeded)
    ids = {live.release.id} if live is not None else set()
    kept: list[Release] = []
    for one in earlier:
        if one.release.id not in ids:
            ids.add(one.release.id)
            kept.append(one.release)
    return TargetState(_running(live), _running(under_way), 0, tuple(kept))


def _running(asked: Asked | None) -> Running | None:
    return Running(asked.release, f"deployment {asked.number}", asked.since) if asked is not None else None
