"""What the web server needs to take webhooks: whose they are, their secrets, and where they are written down."""

from __future__ import annotations

from gainful.agents.waking.happening import Delivered
from gainful.agents.waking.trigger import WebhookTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Accepted, Dispatcher
from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection, Secret

SCOPE = "webhook"
"""Under this name the broker counts the hand-outs."""


class WebhookSecretMissing(Invalid):
    """A webhook was called whose secret is not stored, so that nothing it brings can be believed."""

    code = "webhook-secret-missing"


class Webhooks:
    """The webhooks of all agents that are enabled. Safe to share between threads."""

    def __init__(self, dispatcher: Dispatcher, broker: Broker) -> None:
        self._dispatcher = dispatcher
        self._broker = broker

    def find(self, agent: str, trigger: str) -> tuple[WakeableAgent, WebhookTrigger] | None:
        """The agent and the trigger that an address means; None when there is no such thing."""
        return self._dispatcher.hook(agent, trigger)

    def secret(self, agent: WakeableAgent, trigger: WebhookTrigger) -> Secret:
        """What the other system signs with.

        Raises:
            WebhookSecretMissing: None is stored.
        """
        name = f"{SCOPE}:{trigger.secret or agent.name}"
        found = self._broker.handle(name, Connection(SCOPE, agent.name)).secret()
        if not found:
            raise WebhookSecretMissing(
                f"No secret '{name}' is stored, so what calls the webhook of '{agent.name}' cannot be believed.",
                f"Give the other system a long random secret, and store it: gainful secrets set {name}",
            )
        return found

    def accept(self, agent: WakeableAgent, trigger: WebhookTrigger, delivered: Delivered) -> Accepted:
        """Write a delivery down. Once this returns, nothing is lost any more."""
        return self._dispatcher.webhook(agent, trigger, delivered)
