"""What stands in Deployments: which release one runs, how its rollout stands, and the one for a candidate. Pure.

Source: kubernetes.io/docs/concepts/workloads/controllers/deployment: status, conditions, revisions; pod template labels
and a Service's selector decide who gets requests.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from gainful.core.deployment import Release
from gainful.sdk.deploy_target import ReleaseInvalid, TargetUnreachable

Json = dict[str, Any]

PREFIX = "gainful.dev/"
CANDIDATE, SHARE, RESTARTED = f"{PREFIX}candidate", f"{PREFIX}share", f"{PREFIX}restarted"
REVISION = "deployment.kubernetes.io/revision"
_PARTS = ("commit", "digest", "config", "tree")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def image_of(template: str, release: Release) -> str:
    """The image of a release.

    Raises:
        ReleaseInvalid: Its commit is not known.
    """
    if not _COMMIT.fullmatch(release.commit):
        raise ReleaseInvalid(f"'{release.commit[:60]}' is no full id of a commit.", "Give all 40 letters of it.")
    values = {"commit": release.commit, "short": release.commit[:12], "release": release.id}
    return re.sub(r"\{(commit|short|release)\}", lambda found: values[found[1]], template)


def release_in(holder: Json, template: str, container: str) -> Release | None:
    """The release that a Deployment or ReplicaSet was made for; by its image where Gainful did not make it."""
    pod = holder["spec"]["template"]
    notes = pod["metadata"].get("annotations") or {}
    if f"{PREFIX}digest" in notes:
        return Release(*(notes.get(PREFIX + part, "") for part in _PARTS))
    form = re.escape(template).replace(r"\{commit\}", "(?P<commit>[0-9a-f]{40})")
    found = re.fullmatch(form, image_in(holder, container)) if "(?P<commit>" in form else None
    return Release(found["commit"], "") if found is not None else None


def image_in(holder: Json, container: str) -> str:
    """The image of the container.

    Raises:
        TargetUnreachable: It has no such container.
    """
    for one in holder["spec"]["template"]["spec"]["containers"]:
        if one["name"] == container:
            return str(one.get("image", ""))
    raise TargetUnreachable(f"The Deployment has no container '{container}'.", "Correct `container` in its target.")


def change(release: Release, image: str, container: str, restarted: str) -> Json:
    """The patch that makes a Deployment run a release."""
    notes = {PREFIX + part: getattr(release, part) for part in _PARTS}
    if restarted:
        notes[RESTARTED] = restarted
    containers = [{"name": container, "image": image}]
    return {"spec": {"template": {"metadata": {"annotations": notes}, "spec": {"containers": containers}}}}


def candidate(main: Json, release: Release, image: str, container: str, restarted: str) -> Json:
    """A Deployment beside the main one, with one pod that no Service selects."""
    name = main["metadata"]["name"]
    mark = {CANDIDATE: name}
    pod = copy.deepcopy(main["spec"]["template"])
    changed = change(release, image, container, restarted)["spec"]["template"]
    kept = {key: value for key, value in (pod["metadata"].get("annotations") or {}).items() if PREFIX not in key}
    pod["metadata"] = {"labels": mark, "annotations": {**kept, **changed["metadata"]["annotations"]}}
    for one in pod["spec"]["containers"]:
        if one["name"] == container:
            one["image"] = image
    spec = {"replicas": 1, "selector": {"matchLabels": mark}, "template": pod}
    for more in ("progressDeadlineSeconds", "minReadySeconds"):
        if more in main["spec"]:
            spec[more] = main["spec"][more]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{name}-canary", "labels": mark, "annotations": {SHARE: "0"}},
        "spec": spec,
    }


def with_traffic(main: Json, beside: Json, share: int) -> Json:
    """The patch that gives the candidate a part of the traffic: labels that the Service selects, and so many pods."""
    labels: dict[str, str | None] = {**main["spec"]["template"]["metadata"].get("labels", {})}
    if not share:
        labels = dict.fromkeys(labels)
    labels |= beside["spec"]["selector"]["matchLabels"]
    return {
        "metadata": {"annotations": {SHARE: str(share)}},
        "spec": {"replicas": replicas_for(main, share), "template": {"metadata": {"labels": labels}}},
    }


def replicas_for(main: Json, share: int) -> int:
    """How many pods of the candidate are nearest to this part of all pods; at least one."""
    return max(1, round(replicas(main) * share / (100 - share)))


def replicas(holder: Json) -> int:
    """How many pods it wants; Kubernetes' own default is one."""
    wanted = holder["spec"].get("replicas")
    return 1 if wanted is None else int(wanted)


def share_of(main: Json, beside: Json) -> int:
    """Percent of the traffic of the candidate: as it was asked for while its pods are as many as for that."""
    asked = int((beside["metadata"].get("annotations") or {}).get(SHARE, "0"))
    if not asked or replicas(beside) == replicas_for(main, asked):
        return asked
    return round(100 * replicas(beside) / max(1, replicas(main) + replicas(beside)))


def ailment(holder: Json) -> tuple[str, bool]:
    """Why a rollout is not complete, empty when it is; and whether it never will be."""
    status: Mapping[str, Any] = holder.get("status") or {}
    for condition in status.get("conditions") or []:
        failed = condition["type"] == "Progressing" and condition["status"] == "False"
        if failed or (condition["type"] == "ReplicaFailure" and condition["status"] == "True"):
            return f"{condition.get('reason', '')}: {condition.get('message', '')}"[:500], True
    wanted = replicas(holder)
    if int(status.get("observedGeneration", 0)) < int(holder["metadata"].get("generation", 0)):
        return "The cluster has not begun yet.", False
    counts = [int(status.get(name, 0)) for name in ("updatedReplicas", "replicas", "availableReplicas")]
    if counts != [wanted] * 3:
        return f"{counts[2]} of {wanted} pods can take requests, {counts[0]} are of this release.", False
    return "", False
