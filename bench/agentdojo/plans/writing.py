"""How the plans of this benchmark are written down: as plain data, the way a planner would hand them to the gate."""

from __future__ import annotations

from typing import Any

Plan = dict[str, Any]


def step(name: str, tool: str, /, *, when: str = "", each: tuple[str, str] | None = None, **arguments: str) -> Plan:
    """One planned call; each argument is an expression."""
    written: Plan = {"name": name, "tool": tool, "arguments": arguments}
    if when:
        written["when"] = when
    if each:
        written["each"] = list(each)
    return written


def plan(*steps: Plan, follow: dict[str, list[str]] | None = None) -> Plan:
    """A plan of these steps.

    Args:
        follow: Tools by the step that reads the text which the person told the agent to follow.
    """
    delegations = [{"source": source, "tools": tools} for source, tools in (follow or {}).items()]
    return {"steps": list(steps), "delegations": delegations}
