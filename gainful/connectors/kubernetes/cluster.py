"""Asks a cluster by the official client; the one module that knows it. Objects come and go as plain JSON.

The client is an extra: `pip install 'gainful[kubernetes]'`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from gainful.connectors.kubernetes.config import KubernetesSettings
from gainful.core.errors import Invalid
from gainful.core.redaction import redact
from gainful.sdk.deploy_target import ReleaseInvalid, TargetRefused, TargetUnreachable

REQUEST_SECONDS = 30
_PATCH = "application/strategic-merge-patch+json"
_MANAGER = "gainful"

Json = dict[str, Any]


class KubernetesMissing(Invalid):
    """The client for Kubernetes is not installed."""

    code = "kubernetes-missing"


class Cluster:
    """The Deployments of one namespace.

    Args:
        settings: Say the way to the cluster; nothing is reached before the first question.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._apps: Any = None
        self._client: Any = None

    def deployment(self, name: str) -> Json | None:
        """The Deployment of this name; None where there is none."""
        return self._ask(lambda apps, more: apps.read_namespaced_deployment(name, self._settings.namespace, **more))

    def replica_sets(self, labels: Mapping[str, str]) -> list[Json]:
        """Every ReplicaSet with these labels."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        found = self._ask(
            lambda apps, more: apps.list_namespaced_replica_set(
                self._settings.namespace, label_selector=selector, **more
            )
        )
        items: list[Json] = (found or {}).get("items", [])
        return items

    def create(self, body: Json, *, only_check: bool = False) -> None:
        """Make a Deployment; or let the cluster check whether it would take it."""
        checked = {"dry_run": "All"} if only_check else {}
        self._ask(
            lambda apps, more: apps.create_namespaced_deployment(
                self._settings.namespace, body, field_manager=_MANAGER, **checked, **more
            )
        )

    def patch(self, name: str, body: Json, *, only_check: bool = False) -> None:
        """Change a Deployment by a strategic merge patch; or let the cluster check whether it would take it."""
        checked = {"dry_run": "All"} if only_check else {}
        found = self._ask(
            lambda apps, more: apps.patch_namespaced_deployment(
                name,
                self._settings.namespace,
                body,
                field_manager=_MANAGER,
                _content_type=_PATCH,
                **checked,
                **more,
            )
        )
        if found is None:
            raise TargetRefused(f"There is no Deployment '{name}' any more.", "Make it, as the how-to page shows.")

    def delete(self, name: str) -> None:
        """Remove a Deployment with its pods. Nothing happens where there is none."""
        self._ask(
            lambda apps, more: apps.delete_namespaced_deployment(
                name, self._settings.namespace, propagation_policy="Background", **more
            )
        )

    def close(self) -> None:
        """Let go of the connections. Safe to call twice."""
        if self._client is not None:
            self._client.close()
        self._apps = self._client = None

    def _ask(self, call: Callable[[Any, dict[str, Any]], Any]) -> Json | None:
        """The answer as JSON; None where there is no such object."""
        apps = self._opened()
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        try:
            response = call(apps, {"_preload_content": False, "_request_timeout": REQUEST_SECONDS})
            content = json.loads(response.data)
        except ApiException as error:
            if error.status == 404:
                return None
            raise _error(int(error.status or 0), str(error.body or error.reason)) from None
        except (HTTPError, OSError) as error:
            raise TargetUnreachable(
                f"The cluster does not answer: {type(error).__name__}.", "Check the way there: kubectl get deployments."
            ) from error
        except ValueError as error:
            raise TargetUnreachable("The cluster's answer is no JSON.", "Check what `kubeconfig` leads to.") from error
        return _understood(response.status, content)

    def _opened(self) -> Any:
        if self._apps is not None:
            return self._apps
        try:
            from kubernetes import client, config
        except ImportError:
            raise KubernetesMissing(
                "The client for Kubernetes is not installed.", "Install it: pip install 'gainful[kubernetes]'."
            ) from None
        settings = self._settings
        try:
            if settings.in_cluster:
                config.load_incluster_config()
                self._client = client.ApiClient()
            else:
                file = str(settings.kubeconfig) if settings.kubeconfig is not None else None
                self._client = config.new_client_from_config(config_file=file, context=settings.context or None)
        except (config.ConfigException, OSError, ValueError) as error:
            raise TargetUnreachable(
                f"The way to the cluster cannot be read: {redact(str(error))[:200]}",
                "Correct `kubeconfig` and `context` in its target.",
                sent=False,
            ) from error
        self._apps = client.AppsV1Api(self._client)
        return self._apps


def _understood(status: int, content: Any) -> Json | None:
    """What the client does not sort by itself where it is asked for the plain answer."""
    if status == 404:
        return None
    if status >= 300 or not isinstance(content, dict):
        raise _error(status, json.dumps(content))
    return content


def _error(status: int, body: str) -> Exception:
    try:
        said = str(json.loads(body).get("message", ""))
    except (ValueError, AttributeError):
        said = body
    said = redact(" ".join(said.split()))[:400]
    if status in (401, 403):
        return TargetRefused(
            f"The cluster does not allow it: {said}", "Give the account the rights of the how-to page."
        )
    if status in (400, 422):
        return ReleaseInvalid(f"The cluster does not take it: {said}", "Correct `image`, or the Deployment.")
    return TargetUnreachable(f"The cluster answers {status}: {said}", "Try again.")
