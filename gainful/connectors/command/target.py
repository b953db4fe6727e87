"""A deploy target made of commands that the company has. They speak by their exit status, and `state` by JSON.

    0    done; of `health`: it is well
    1    of `health`: it is not, and the output says why
    2    refused: nothing has happened
    3    the release cannot be made
    75   not now; try again (EX_TEMPFAIL of sysexits.h)

Anything else is a failure of which nobody knows how far it came; the verb is called again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gainful.connectors.command.config import CommandSettings
from gainful.connectors.command.program import Ended, run
from gainful.core.deployment import Release, Running, TargetState
from gainful.core.redaction import redact
from gainful.sdk.deploy_target import Abilities, Health, ReleaseInvalid, TargetRefused, TargetUnreachable
from gainful.sdk.grant import Grant

REFUSED, INVALID, NOT_NOW = 2, 3, 75
_COMMIT = re.compile(r"[0-9a-f]{0,64}")
_DIGEST = re.compile(r"[a-z0-9]*:?[0-9a-f]{0,128}")


class CommandTarget:
    """The target.

    Args:
        environment: Gainful's own, of which the settings name what is handed on.
    """

    def __init__(self, settings: CommandSettings, environment: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        inherited = {name: environment[name] for name in settings.inherit if name in environment}
        self._environment = {**inherited, **settings.env}

    @property
    def abilities(self) -> Abilities:
        """As the settings say."""
        settings = self._settings
        return Abilities(settings.shift is not None, settings.instant_rollback, settings.finds_drift)

    def state(self) -> TargetState:
        """What the command says."""
        ended = self._run(self._settings.state, {})
        if ended.status:
            raise TargetUnreachable(f"The command of `state` ended with {ended.status}: {ended.error}", "Mend it.")
        try:
            if ended.cut:
                raise ValueError("it is too long")
            return _state(json.loads(ended.out))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TargetUnreachable(
                f"The command of `state` says something that cannot be read: {redact(str(error))[:200]}.",
                "Let it print one JSON object, as the how-to page shows.",
            ) from error

    def health(self, release: Release) -> Health:
        """Whether the command succeeds; where there is none, whether the release is there."""
        if self._settings.health is None:
            state = self.state()
            there = {one.release.id for one in (state.live, state.candidate) if one is not None}
            return Health(release.id in there, "" if release.id in there else "It does not run.")
        ended = self._run(self._settings.health, _values(release))
        if ended.status not in (0, 1):
            self._raise(ended, "health")
        return Health(ended.status == 0, "" if ended.status == 0 else ended.error or "It says no, and not why.")

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:
        """Call `stage`."""
        self._do("stage", self._settings.stage, grant, release, anew="yes" if anew else "no")

    def shift(self, grant: Grant, release: Release, share: int) -> None:
        """Call `shift`."""
        if self._settings.shift is None:
            raise TargetRefused("This target gives all of the traffic or nothing.", "Name a `shift` in its settings.")
        if not 0 <= share <= 100:
            raise TargetRefused(f"{share} is no percentage.", "Give a number from 0 to 100.")
        self._do("shift", self._settings.shift, grant, release, share=str(share))

    def promote(self, grant: Grant, release: Release) -> None:
        """Call `promote`; without one, make sure that it is live."""
        if self._settings.promote is not None:
            self._do("promote", self._settings.promote, grant, release)
            return
        live = self.state().live
        if live is None or live.release.id != release.id:
            raise TargetRefused(f"{release.id} is not live.", "Stage it first.")

    def rollback(self, grant: Grant, release: Release) -> None:
        """Call `rollback`."""
        self._do("rollback", self._settings.rollback, grant, release)

    def close(self) -> None:
        """Nothing is held open."""

    def _do(self, verb: str, line: Sequence[str], grant: Grant, release: Release, **more: str) -> None:
        ended = self._run(line, {**_values(release), "key": grant.key, **more})
        if ended.status:
            self._raise(ended, verb)

    def _raise(self, ended: Ended, verb: str) -> None:
        said = f"The command of `{verb}` ended with {ended.status}: {ended.error or 'it says nothing'}"
        if ended.status == REFUSED:
            raise TargetRefused(said, "Do what it says.")
        if ended.status == INVALID:
            raise ReleaseInvalid(said, "Correct the release, and plan again.")
        raise TargetUnreachable(said, "Look why; the verb may be called again.", sent=ended.status != NOT_NOW)

    def _run(self, line: Sequence[str], values: Mapping[str, str]) -> Ended:
        settings = self._settings
        return run([_filled(item, values) for item in line], settings.folder, self._environment, settings.seconds)


def _values(release: Release) -> dict[str, str]:
    for text, form in ((release.commit, _COMMIT), (release.tree, _COMMIT), (release.digest, _DIGEST)):
        # An item that begins with a dash would be an option.
        if not form.fullmatch(text):
            raise ReleaseInvalid(f"'{text[:80]}' is no id of a release.", "Plan again.")
    return {
        "commit": release.commit, "digest": release.digest, "config": release.config, "tree": release.tree,
        "release": release.id,
    }  # fmt: skip


def _filled(item: str, values: Mapping[str, str]) -> str:
    """The item with its placeholders replaced, each once: what a value holds is not looked at again."""
    return re.sub(r"\{([a-z]+)\}", lambda found: values.get(found[1], found[0]), item)


def _state(told: dict[str, Any]) -> TargetState:
    share = told.get("share", 0)
    if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= 100:
        raise ValueError("`share` is no percentage")
    kept = tuple(_release(one) for one in told.get("kept") or [])
    return TargetState(_running(told["live"]), _running(told.get("candidate")), share, kept)


def _running(told: dict[str, Any] | None) -> Running | None:
    if told is None:
        return None
    since = datetime.fromisoformat(told["since"]) if told.get("since") else None
    if since is not None and since.tzinfo is None:
        raise ValueError("`since` names no time zone")
    drift = tuple(str(one)[:300] for one in (told.get("drift") or [])[:20])
    return Running(_release(told), str(told.get("slot", "live"))[:100], since, drift)


def _release(told: dict[str, Any]) -> Release:
    texts = [told["commit"], told["digest"], told.get("config", ""), told.get("tree", "")]
    if not all(isinstance(text, str) and len(text) <= 200 for text in texts):
        raise ValueError("a release is told by texts")
    return Release(*texts)
