"""Reproducers of what wakes agents."""

from __future__ import annotations

from gainful.agents.trigger import triggers_from
from gainful.runs.cron import Cron
from tests.errors.registry import Place, reproduces


@reproduces("cron-invalid")
def _a_twenty_sixth_hour(place: Place) -> None:
    Cron("0 25 * * *", "UTC")


@reproduces("trigger-invalid")
def _a_mistyped_kind(place: Place) -> None:
    triggers_from([{"on": "mentoin"}])
