"""The plan of each task: what a perfect planner writes from the prompt and the tools' descriptions alone.

Nothing in a plan may come from what is read later; `bench.agentdojo.literals` holds every word in it to that.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.agentdojo.plans import banking, slack, travel, workspace
from bench.agentdojo.plans.writing import Plan

PLANS: Mapping[str, Mapping[str, Plan]] = {
    "workspace": workspace.PLANS,
    "travel": travel.PLANS,
    "banking": banking.PLANS,
    "slack": slack.PLANS,
}
"""Plan by suite and task."""
