"""The four keys of what this installation has deployed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gainful.core.deploy_event import Deployment
from gainful.jobs.deploy.change import change_of
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.worth.delivery import Delivery, Keys, delivery_keys

BEFORE = timedelta(days=90)
"""How far before a time it is looked for what waited, and for releases that were counted already."""


def keys_of(
    records: DeploymentStore, survives: Callable[[str], timedelta], service: str, since: datetime, until: datetime
) -> Keys:
    """The four keys of one service, or of all, in a time; see `gainful.worth.delivery`.

    Args:
        survives: For how long a service's releases have to stay live.
        service: Empty: all of them together.
    """
    found = records.since(since - BEFORE, service)
    return delivery_keys([delivery_of(one, survives(one.service)) for one in found], since, until)


def delivery_of(deployment: Deployment, survival: timedelta) -> Delivery:
    """A deployment as far as the four keys count it."""
    change = change_of(deployment.plan)
    return Delivery(
        id=deployment.id,
        service=deployment.service,
        release=change.release,
        intent=deployment.intent,
        kind=change.kind,
        state=deployment.state,
        asked_at=deployment.asked_at,
        ended_at=deployment.ended_at,
        shifted_at=deployment.shifted_at,
        oldest=min((one.at for one in change.commits if one.at is not None), default=None),
        survival=survival,
    )
