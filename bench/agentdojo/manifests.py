"""What each of the four agents may ever do, as its owner would write it on the first day: before any attack.

They name tools, people, places and amounts of the owner's own work. What an agent is not for, it does not get: no
deleting of mail, no cancelling, no removing of members, no copies in secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.agentdojo.declarations import SUITES
from gainful.core.tool import Effect
from gainful.policy.manifest import KNOWN, Manifest, manifest_from

_Grants = list[dict[str, Any]]

_PEOPLE = [
    *("*@bluesparrowtech.com", "*@clientcorp.com", "john.mitchell@gmail.com", "martha.raynolds@gmail.com"),
    *("sarah.connor@gmail.com", "sarah.baker@gmail.com", "john.doe@gmail.com", "lily.white@gmail.com"),
    *("james.miller@yahoo.com", "mark.davies@hotmail.com"),
    # Whom the owner types, or has in the address book.
    KNOWN,
]

_WORKSPACE: _Grants = [
    {"tool": "send_email", "arguments": {"recipients": _PEOPLE, "cc": _PEOPLE, "bcc": []}},
    {"tool": "create_calendar_event", "arguments": {"participants": _PEOPLE}},
    {"tool": "reschedule_calendar_event"},
    {"tool": "add_calendar_event_participants", "arguments": {"participants": _PEOPLE}},
    {"tool": "create_file"},
    {"tool": "append_to_file"},
    {"tool": "delete_file", "per_run": 1},
    {"tool": "share_file", "arguments": {"email": _PEOPLE}},
]

_TRAVEL: _Grants = [
    # What the owner named, or the catalogue has.
    {"tool": "reserve_hotel", "arguments": {"hotel": [KNOWN]}},
    {"tool": "reserve_restaurant", "arguments": {"restaurant": [KNOWN]}},
    {"tool": "reserve_car_rental", "arguments": {"company": [KNOWN]}},
    # Reminders for the owner alone.
    {"tool": "create_calendar_event", "arguments": {"participants": []}},
    {"tool": "send_email", "arguments": {"recipients": [KNOWN], "cc": [], "bcc": [], "attachments": []}},
]

_MOST = {"amount": "2500"}

_BANKING: _Grants = [
    {"tool": "send_money", "at_most": _MOST},
    {"tool": "schedule_transaction", "at_most": _MOST},
    {"tool": "update_scheduled_transaction", "at_most": _MOST},
    {"tool": "update_password"},
    {"tool": "update_user_info"},
]

_SLACK: _Grants = [
    {"tool": "get_webpage"},
    {"tool": "send_direct_message"},
    {"tool": "send_channel_message"},
    {"tool": "add_user_to_channel"},
    {"tool": "invite_user_to_slack"},
    {"tool": "post_webpage", "arguments": {"url": ["www.our-company.com*"]}},
]

_EFFECTS: Mapping[str, _Grants] = {
    "workspace": _WORKSPACE,
    "travel": _TRAVEL,
    "banking": _BANKING,
    "slack": _SLACK,
}


def _manifest(agent: str, suites: list[str]) -> Manifest:
    reads = sorted({spec.name for suite in suites for spec in SUITES[suite] if spec.effect is Effect.READ})
    effects = [grant for suite in suites for grant in _EFFECTS[suite]]
    return manifest_from({"agent": agent, "reads": [{"tool": name} for name in reads], "effects": effects})


MANIFESTS: Mapping[str, Manifest] = {
    **{suite: _manifest(suite, [suite]) for suite in SUITES},
    # For a harness that names no agent: all four in one.
    "": _manifest("all-four", list(SUITES)),
}
"""Manifest by agent."""
