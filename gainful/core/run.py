"""A run as people see it: when, why, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a job for one account.

    Args:
        state: running, waiting (for a person's answer), stopped (by a person), done or failed.
        summary: Counts and notes; empty while it runs.
    """

    id: str
    job: str
    account: str
    trigger: str
    applied: bool
    state: str
    started_at: datetime
    ended_at: datetime | None
    summary: Mapping[str, Any]
