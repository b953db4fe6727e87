"""A server that behaves like the part of Kubernetes' API that our target uses, written from its public documentation.

Deployments of one namespace with generations, strategic merge patches, dry runs and immutable selectors; a controller
that completes each rollout at once, unless the image is `sick`, and keeps a ReplicaSet for each template.

Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1; /concepts/workloads/controllers.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Set
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gainful.sdk.testing.web_server import Reply, Seen, WebServer

Json = dict[str, Any]
_PATH = re.compile(r"/apis/apps/v1/namespaces/([^/]+)/(deployments|replicasets)(?:/([^/?]+))?(?:\?.*)?")


class FakeKubernetes(WebServer):
    """The server.

    Args:
        sick: Images whose pods never become ready.
        lagging: Reads of a Deployment until its controller has begun with a change.
    """

    def __init__(self, sick: Set[str] = frozenset(), *, namespace: str = "default", lagging: int = 0) -> None:
        super().__init__()
        self.sick = sick
        self.namespace = namespace
        self.lagging = lagging
        self.deployments: dict[str, Json] = {}
        self.replica_sets: list[Json] = []
        self.forbidden: set[str] = set()
        """Methods that the account has no right to."""
        self._numbers = itertools.count(1)
        self._waits: dict[str, int] = {}

    def kubeconfig(self, folder: Path) -> Path:
        """A file by which clients find it."""
        path = folder / "kubeconfig"
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "gainful"}}],
            "clusters": [{"name": "fake", "cluster": {"server": self.origin}}],
            "users": [{"name": "gainful", "user": {"token": "token-of-gainful"}}],
        }
        path.write_text(json.dumps(told), encoding="utf-8")
        return path

    def served(self, selector: Json) -> list[Json]:
        """Templates of the Deployments with ready pods that a Service with this selector gives requests to."""
        found = []
        for one in self.deployments.values():
            template = one["spec"]["template"]
            if selector.items() <= template["metadata"]["labels"].items() and one["status"]["availableReplicas"]:
                found.append(template)
        return found

    def answer(self, seen: Seen) -> Reply:
        """As Kubernetes would."""
        self.seen.append(seen)
        found = _PATH.fullmatch(unquote(seen.path))
        if seen.headers.get("authorization") != "Bearer token-of-gainful":
            return _status(401, "Unauthorized")
        if found is None or found[1] != self.namespace:
            return _status(404, "the server could not find the requested resource")
        if seen.method in self.forbidden:
            return _status(403, f'deployments.apps is forbidden: User "gainful" cannot {seen.method.lower()}')
        if found[2] == "replicasets":
            return _json({"kind": "ReplicaSetList", "items": self._selected(seen)})
        if seen.method == "POST":
            return self._create(json.loads(seen.body), dry="dryRun" in seen.query)
        if found[3] not in self.deployments:
            return _status(404, f'deployments.apps "{found[3]}" not found')
        return self._one(seen, found[3])

    def _one(self, seen: Seen, name: str) -> Reply:
        if seen.method == "DELETE":
            del self.deployments[name]
            return _status(200, "", "Success")
        if seen.method == "PATCH":
            if seen.headers["content-type"] != "application/strategic-merge-patch+json":
                return _status(415, "the body of the request was in an unknown format")
            wanted = _merged(copy.deepcopy(self.deployments[name]), json.loads(seen.body))
            return self._put(name, wanted, dry="dryRun" in seen.query)
        if self._waits.get(name, 0) > 0:
            self._waits[name] -= 1
        else:
            self._control(self.deployments[name])
        return _json(self.deployments[name])

    def _selected(self, seen: Seen) -> list[Json]:
        wanted = dict(pair.split("=", 1) for pair in seen.query["labelSelector"].split(","))
        return [one for one in self.replica_sets if wanted.items() <= one["metadata"]["labels"].items()]

    def _create(self, body: Json, *, dry: bool) -> Reply:
        name = body["metadata"]["name"]
        if name in self.deployments:
            return _status(409, f'deployments.apps "{name}" already exists')
        made = {**copy.deepcopy(body), "status": {}}
        made["metadata"] |= {"uid": f"uid-{next(self._numbers)}", "generation": 0, "namespace": self.namespace}
        return self._put(name, made, dry=dry)

    def _put(self, name: str, wanted: Json, *, dry: bool) -> Reply:
        labels, selector = wanted["spec"]["template"]["metadata"]["labels"], wanted["spec"]["selector"]["matchLabels"]
        before = self.deployments.get(name)
        if before is not None and before["spec"]["selector"] != wanted["spec"]["selector"]:
            return _status(422, "spec.selector: Invalid value: field is immutable")
        if not selector.items() <= labels.items():
            return _status(422, "spec.template.metadata.labels: Invalid value: `selector` does not match")
        if any(" " in one["image"] for one in wanted["spec"]["template"]["spec"]["containers"]):
            return _status(422, "spec.template.spec.containers[0].image: Invalid value")
        if dry:
            return _json(wanted)
        if before is None or before["spec"] != wanted["spec"]:
            wanted["metadata"]["generation"] += 1
            self._waits[name] = self.lagging
        self.deployments[name] = wanted
        if not self.lagging:
            self._control(wanted)
        return _json(wanted, 200 if before is not None else 201)

    def _control(self, one: Json) -> None:
        """What the controller does: a ReplicaSet for the template, and pods."""
        self._keep(one)
        wanted, template = one["spec"].get("replicas", 1), one["spec"]["template"]
        well = not {each["image"] for each in template["spec"]["containers"]} & self.sick
        counted = {"replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted if well else 0}
        condition = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": ""}
        if not well:
            condition |= {
                "status": "False",
                "reason": "ProgressDeadlineExceeded",
                "message": "has timed out progressing",
            }
        one["status"] = {"observedGeneration": one["metadata"]["generation"], **counted, "conditions": [condition]}

    def _keep(self, one: Json) -> None:
        uid, template = one["metadata"]["uid"], one["spec"]["template"]
        own = [each for each in self.replica_sets if each["metadata"]["ownerReferences"][0]["uid"] == uid]
        revision = max((int(each["metadata"]["annotations"][_REVISION]) for each in own), default=0)
        same = next((each for each in own if each["spec"]["template"] == template), None)
        if same is None:
            same = {"metadata": {"ownerReferences": [{"uid": uid}], "annotations": {_REVISION: "0"}}, "spec": {}}
            same["metadata"]["labels"] = template["metadata"]["labels"]
            same["spec"]["template"] = copy.deepcopy(template)
            self.replica_sets.append(same)
        if int(same["metadata"]["annotations"][_REVISION]) != revision or not revision:
            same["metadata"]["annotations"][_REVISION] = str(revision + 1)


_REVISION = "deployment.kubernetes.io/revision"


def _merged(old: Any, patch: Any) -> Any:
    """A strategic merge patch: objects merge, null removes, containers merge by their name."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return patch
    for key, value in patch.items():
        if value is None:
            old.pop(key, None)
        elif key == "containers":
            by_name = {one["name"]: one for one in old[key]}
            for one in value:
                by_name[one["name"]] = _merged(by_name.get(one["name"], {}), one)
            old[key] = list(by_name.values())
        else:
            old[key] = _merged(old.get(key, {} if isinstance(value, dict) else None), value)
    return old


def _json(content: Any, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


def _status(code: int, message: str, status: str = "Failure") -> Reply:
    return _json({"kind": "Status", "apiVersion": "v1", "status": status, "message": message, "code": code}, code)
