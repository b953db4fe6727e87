"""Webhooks that start deployments: their secrets, and what a delivery asks for. A person is asked before it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gainful.app.deploying.deployments import Deployments
from gainful.app.waking.webhooks import SCOPE, WebhookSecretMissing
from gainful.core.clock import Clock
from gainful.core.deploy_event import Deployment
from gainful.core.ids import stable_id
from gainful.core.value import Json
from gainful.gate.broker import Broker
from gainful.jobs.deploy.order import HOOK, Order
from gainful.sdk.secret import Connection, Secret

NOBODY = "ci"
"""On whose behalf it goes where the delivery names nobody."""

_PERSON = re.compile(r"[\w][\w.@+-]{0,63}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


class DeployHooks:
    """The webhooks of all services. Safe to share between threads."""

    def __init__(self, deployments: Deployments, broker: Broker, clock: Clock) -> None:
        self._deployments = deployments
        self._broker = broker
        self._clock = clock

    def has(self, service: str) -> bool:
        """Whether there is such a service."""
        return service in self._deployments.services.names

    def secret(self, service: str) -> Secret:
        """What the other system signs with.

        Raises:
            WebhookSecretMissing: None is stored.
        """
        name = secret_name(service)
        found = self._broker.handle(name, Connection(SCOPE, f"deploy {service}")).secret()
        if not found:
            raise WebhookSecretMissing(
                f"No secret '{name}' is stored, so what calls the webhook of '{service}' cannot be believed.",
                f"Give the other system a long random secret, and store it: gainful secrets set {name}",
            )
        return found

    def accept(self, service: str, key: str, content: Json, event: str) -> Deployment | None:
        """The deployment that a delivery starts; the same delivery is the same deployment. None: it asks for none.

        Args:
            key: What makes it this delivery and no other.
            event: The kind of event, of GitHub's; empty elsewhere.
        """
        wanted = self._wanted(service, content, event)
        if wanted is None:
            return None
        order = Order(service, wanted[0], wanted[1], HOOK, self._clock())
        return self._deployments.runs.start(order, stable_id("deploy hook", service, key))

    def _wanted(self, service: str, content: Json, event: str) -> tuple[str, str] | None:
        """Revision and person; None where nothing is to be deployed."""
        given: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
        usual = self._deployments.services.named(service).revision
        revision, person = given.get("revision", usual), given.get("author", NOBODY)
        if event:
            pusher = given.get("pusher")
            revision = given.get("after")
            person = pusher.get("name") if isinstance(pusher, Mapping) else NOBODY
            if event != "push" or given.get("ref") != f"refs/heads/{usual}" or given.get("deleted"):
                return None
        if not isinstance(revision, str) or not _REVISION.fullmatch(revision):
            return None
        known = isinstance(person, str) and _PERSON.fullmatch(person)
        return revision, str(person) if known else NOBODY


def secret_name(service: str) -> str:
    """The name under which the secret of a service's webhook is sealed."""
    return f"{SCOPE}:deploy-{service}"
