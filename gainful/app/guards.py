"""What each agent and job may do at this moment: its manifest, the stops, the organisation's rules, the audit log."""

from __future__ import annotations

import tomllib
from importlib import resources

from sqlalchemy import Engine

from gainful.gate.guard import Guard
from gainful.policy.manifest import Manifest, manifest_from
from gainful.storage.audit_store import AuditStore
from gainful.storage.stop_store import StopStore


class Guards:
    """Makes the guard of an agent or job."""

    def __init__(self, database: Engine, audit: AuditStore) -> None:
        self._audit = audit
        self.stops = StopStore(database, audit)

    def guard(self, agent: str) -> Guard:
        """The guard of this agent or job."""
        return Guard(agent, built_in(agent), self.stops, self._audit)


def built_in(job: str) -> Manifest:
    """The manifest that a job brings."""
    file = resources.files(f"gainful.jobs.{job}") / "manifest.toml"
    return manifest_from(tomllib.loads(file.read_text(encoding="utf-8")))
