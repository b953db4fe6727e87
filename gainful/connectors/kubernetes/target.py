"""A service that is a Deployment: a candidate is a second Deployment beside it, and its share is its share of the pods.

    stage       NAME-canary with one pod, whose labels no Service selects
    shift       its pods get the labels of the main one's, and are so many that they are that part of all pods
    promote     the main Deployment gets the image; when its rollout is complete, NAME-canary goes
    rollback    NAME-canary goes; the main Deployment gets the earlier image, if it has another

A Service gives each ready pod about as many connections, so a share is only near what was asked for where there are few
pods, and a connection that is kept open stays where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import gainful.connectors.kubernetes.objects as objects
from gainful.connectors.kubernetes.cluster import Cluster
from gainful.connectors.kubernetes.config import KubernetesSettings
from gainful.connectors.kubernetes.objects import Json
from gainful.core.deployment import Release, Running, TargetState
from gainful.sdk.deploy_target import Abilities, Health, TargetRefused, TargetUnreachable
from gainful.sdk.grant import Grant

MOST_SHARE = 90
"""A larger part would need more pods beside the main ones than anybody has room for."""
PAUSE = 1.0


class KubernetesTarget:
    """The target.

    Args:
        sleep, clock: Hand in the world: seconds to wait, monotonic seconds.
    """

    def __init__(
        self,
        settings: KubernetesSettings,
        cluster: Cluster,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._sleep = sleep
        self._clock = clock
        self._beside = f"{settings.deployment}-canary"

    @property
    def abilities(self) -> Abilities:
        """Pods are made anew to go back, so that is not instant."""
        return Abilities(canary=True, instant_rollback=False, finds_drift=True)

    def state(self) -> TargetState:
        """What both Deployments say, and the revisions that the cluster has kept."""
        main, beside = self._main(), self._cluster.deployment(self._beside)
        live = self._running(main)
        if beside is None:
            return TargetState(live, kept=self._kept(main, live))
        return TargetState(live, self._running(beside), objects.share_of(main, beside), self._kept(main, live))

    def health(self, release: Release) -> Health:
        """Whether all its pods can take requests; waits while they come."""
        for name in (self._beside, self._settings.deployment):
            found = self._cluster.deployment(name)
            if found is not None and self._is(found, release):
                why = self._awaited(name)
                return Health(not why, why)
        return Health(False, "It runs nowhere in the cluster.")

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:
        """A Deployment with one pod beside the main one; the cluster has checked before that it would take both."""
        main, beside = self._main(), self._cluster.deployment(self._beside)
        restarted = grant.key if anew else ""
        if not anew and (self._is(main, release) or (beside is not None and self._is(beside, release))):
            return
        image, container = objects.image_of(self._settings.image, release), self._settings.container
        wanted = objects.candidate(main, release, image, container, restarted)
        change = objects.change(release, image, container, restarted)
        self._cluster.patch(self._settings.deployment, change, only_check=True)
        if beside is not None:
            self._cluster.delete(self._beside)
        self._cluster.create(wanted, only_check=True)
        self._cluster.create(wanted)

    def shift(self, grant: Grant, release: Release, share: int) -> None:  # noqa: ARG002 - proof of the gate
        """Labels and number of its pods; done when they are ready."""
        if not 0 <= share <= MOST_SHARE:
            raise TargetRefused(f"{share} is no share that a candidate can have.", f"Give 0 to {MOST_SHARE}.")
        main, beside = self._main(), self._cluster.deployment(self._beside)
        if beside is None or not self._is(beside, release):
            raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")
        if objects.share_of(main, beside) != share:
            self._cluster.patch(self._beside, objects.with_traffic(main, beside, share))
        self._must_be_complete(self._beside)

    def promote(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """The main Deployment gets its image; the candidate goes when that rollout is complete."""
        main, beside = self._main(), self._cluster.deployment(self._beside)
        if beside is not None and self._is(beside, release):
            self._lead(main, release, _restarted(beside))
            self._cluster.delete(self._beside)
        elif self._is(main, release):
            self._must_be_complete(self._settings.deployment)
        else:
            raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")

    def rollback(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """The candidate goes; the main Deployment goes back to this release, unless it runs it."""
        self._cluster.delete(self._beside)
        main = self._main()
        if self._is(main, release):
            return
        self._lead(main, release, "")

    def close(self) -> None:
        """Let go of the cluster."""
        self._cluster.close()

    # --- steps --------------------------------------------------------------------------------------------------------

    def _main(self) -> Json:
        found = self._cluster.deployment(self._settings.deployment)
        if found is None:
            raise TargetRefused(
                f"There is no Deployment '{self._settings.deployment}' in '{self._settings.namespace}'.",
                "Make it, as the how-to page shows.",
            )
        return found

    def _lead(self, main: Json, release: Release, restarted: str) -> None:
        image, container = objects.image_of(self._settings.image, release), self._settings.container
        wanted = objects.change(release, image, container, restarted)
        same = self._is(main, release) and objects.image_in(main, container) == image
        if not same or (restarted and restarted != _restarted(main)):
            self._cluster.patch(self._settings.deployment, wanted)
        self._must_be_complete(self._settings.deployment)

    def _must_be_complete(self, name: str) -> None:
        if why := self._awaited(name):
            raise TargetRefused(f"The rollout of '{name}' is not complete: {why}", "Look at its pods; then roll back.")

    def _awaited(self, name: str) -> str:
        """Why its rollout is not complete after all the time it has; empty when it is."""
        end = self._clock() + self._settings.seconds
        while True:
            found = self._cluster.deployment(name)
            if found is None:
                raise TargetUnreachable(f"The Deployment '{name}' has gone meanwhile.", "Try again.")
            why, never = objects.ailment(found)
            if not why or never or self._clock() > end:
                return why
            self._sleep(PAUSE)

    def _is(self, holder: Json, release: Release) -> bool:
        found = objects.release_in(holder, self._settings.image, self._settings.container)
        return found is not None and found.id == release.id

    def _running(self, holder: Json) -> Running | None:
        settings = self._settings
        release = objects.release_in(holder, settings.image, settings.container)
        if release is None:
            return None
        there = objects.image_in(holder, settings.container)
        drift = () if there == objects.image_of(settings.image, release) else (f"image {there}"[:300],)
        return Running(release, holder["metadata"]["name"], None, drift)

    def _kept(self, main: Json, live: Running | None) -> tuple[Release, ...]:
        found = self._cluster.replica_sets(main["spec"]["selector"]["matchLabels"])
        uid = main["metadata"]["uid"]
        own = [one for one in found if any(o["uid"] == uid for o in one["metadata"].get("ownerReferences") or [])]
        own.sort(key=lambda one: -int((one["metadata"].get("annotations") or {}).get(objects.REVISION, 0)))
        releases = [objects.release_in(one, self._settings.image, self._settings.container) for one in own]
        by_id = {one.id: one for one in reversed(releases) if one is not None}
        order = dict.fromkeys(one.id for one in releases if one is not None)
        return tuple(by_id[each] for each in order if live is None or each != live.release.id)


def _restarted(holder: Json) -> str:
    notes = holder["spec"]["template"]["metadata"].get("annotations") or {}
    return str(notes.get(objects.RESTARTED, ""))
