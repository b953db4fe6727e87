"""What commands and the public API show, as JSON: one form for both, so that a script need not know where it asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gainful.app.agent.agent_state import AgentState
from gainful.app.deploying import Status
from gainful.app.explaining.why import Explanation, Step
from gainful.app.guarding.budgets import Listed
from gainful.app.worth import Telling
from gainful.core.deploy_event import Deployment, Event
from gainful.core.deployment import Running
from gainful.core.run import Run
from gainful.ledger.report import Spending
from gainful.storage.gate.stop_store import Stop
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.json import audits_json, baseline_json, standing_json
from gainful.worth.settings import WorthSettings


def agent_json(state: AgentState) -> dict[str, Any]:
    """How an agent stands."""
    file, standing = state.file, state.standing
    return {
        "agent": state.name,
        "state": state.state,
        "changed": state.changed,
        "problem": state.problem,
        "also": list(state.also),
        "stopped": state.stopped,
        "owner": file.owner if file is not None else None,
        "purpose": file.purpose if file is not None else None,
        "triggers": [trigger.title for trigger in file.woken_by] if file is not None else [],
        "version": standing.version.number if standing is not None else None,
        "enabled_digest": standing.version.digest if standing is not None else None,
    }


def stop_json(one: Stop) -> dict[str, Any]:
    """Who is stopped, by whom and why."""
    return {"agent": one.agent, "by": one.by, "at": one.at, "reason": one.reason}


def run_json(one: Run) -> dict[str, Any]:
    """A run, without what it was about."""
    return {
        "run": one.id,
        "job": one.job,
        "trigger": one.trigger,
        "applied": one.applied,
        "state": one.state,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
    }


def spending_json(one: Spending) -> dict[str, Any]:
    """What was spent; dollars and seconds as decimal text."""
    return {
        "cost_usd": decimal(one.cost.amount),
        "model_calls": one.calls,
        "tool_calls": one.tool_calls,
        "prompt_tokens": one.tokens.prompt,
        "output_tokens": one.tokens.output,
        "human_seconds": decimal(one.human_seconds),
    }


def budget_json(item: Listed) -> dict[str, Any]:
    """A budget and how it stands; dollars as decimal text."""
    standing, budget = item.standing, item.standing.budget
    return {
        "scope": item.scope,
        "period": budget.period,
        "cap": decimal(budget.cap.amount) if budget.cap is not None else None,
        "used": decimal(standing.spent.amount),
        "held": decimal(standing.held.amount),
        "left": decimal(standing.left.amount) if standing.left is not None else None,
        "calls": budget.calls,
        "calls_used": standing.calls_spent,
        "calls_held": standing.calls_held,
        "calls_left": standing.calls_left,
        "set_by": item.set_by,
        "beyond": item.beyond,
    }


# --- why --------------------------------------------------------------------------------------------------------------


def explanation_json(found: Explanation) -> dict[str, Any]:
    """Why a run did what it did."""
    return {
        "run": found.run.id,
        "job": found.run.job,
        "state": found.run.state,
        "started_at": found.run.started_at,
        "ended_at": found.run.ended_at,
        "asked": found.asked,
        "manifest": found.manifest,
        "decisions": [
            {"tool": tool, "verdict": verdict, "rules": list(rules), "count": count}
            for (tool, verdict, rules), count in found.verdicts.items()
        ],
        "rules": dict(found.rules),
        "noticed": list(found.noticed),
        "cost_usd": float(found.spent.cost.amount),
        "tokens": found.spent.tokens.total,
        "undo": found.undo,
        "steps": [_step(step) for step in found.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "read": [{"what": reading.what, **reading.label.as_json()} for reading in step.read],
        "chosen": step.chosen,
        "decisions": [
            {
                "at": one.at,
                "tool": one.tool,
                "verdict": one.verdict,
                "reason": one.reason,
                "rules": [rule for rule, _ in one.rules],
            }
            for one in step.verdicts
        ],
        "approvals": [
            {"id": one.id, "card": one.card, "state": one.state, "by": one.by, "at": one.at} for one in step.approvals
        ],
        "happened": list(step.happened),
        "undo": step.undo,
    }


# --- deployments ------------------------------------------------------------------------------------------------------


def deployment_json(deployment: Deployment) -> dict[str, Any]:
    """A deployment; its plan too."""
    return {
        "deployment": deployment.id,
        "service": deployment.service,
        "revision": deployment.revision,
        "intent": str(deployment.intent),
        "state": str(deployment.state),
        "why": deployment.why,
        "author": deployment.author,
        "by": deployment.by,
        "reason": deployment.reason,
        "forced": deployment.forced,
        "approved_by": deployment.approved_by,
        "asked_at": deployment.asked_at,
        "begun_at": deployment.begun_at,
        "shifted_at": deployment.shifted_at,
        "promoted_at": deployment.promoted_at,
        "ended_at": deployment.ended_at,
        "plan_hash": deployment.plan_hash,
        "plan": dict(deployment.plan),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event of a deployment."""
    return {"event": str(event.kind), "at": event.at, "text": event.text, "detail": dict(event.detail)}


def status_json(status: Status) -> dict[str, Any]:
    """How a service stands."""
    last, lock = status.last, status.lock
    return {
        "service": status.service,
        "last": deployment_json(last) if last is not None else None,
        "events": [event_json(event) for event in status.events],
        "lock": {"deployment": lock.deployment, "holder": lock.holder, "since": lock.since} if lock else None,
        "live": _running(status.state.live) if status.state is not None else None,
        "candidate": _running(status.state.candidate) if status.state is not None else None,
        "share": status.state.share if status.state is not None else None,
        "trouble": status.trouble,
    }


def _running(running: Running | None) -> dict[str, Any] | None:
    if running is None:
        return None
    release = running.release
    return {
        "release": release.id,
        "commit": release.commit,
        "digest": release.digest,
        "config": release.config,
        "tree": release.tree,
        "slot": running.slot,
        "since": running.since,
        "drift": list(running.drift),
    }


# --- worth ------------------------------------------------------------------------------------------------------------


def telling_json(told: Telling, weeks: Sequence[UsefulWeek], settings: WorthSettings) -> dict[str, Any]:
    """The page of worth; of what is published alone, what is not part of that is null."""
    kept, all_there = told.kept, not told.published
    return {
        "since": kept.since,
        "until": kept.until,
        "made_at": kept.made_at,
        "rate_usd_per_hour": str(settings.rate.amount),
        "rate_assumed": told.assumed,
        "organisation": standing_json(kept.organisation),
        "baselines": [baseline_json(one) for one in kept.baselines] if all_there else None,
        "fewest_measured": settings.fewest,
        "audits": audits_json(kept.audits) if all_there else None,
        "hold_out_cost_usd": kept.hold_out_cost if all_there else None,
        "engagement": {
            "target": settings.target,
            "weeks": [{"week": one.week, "eligible": one.eligible, "useful": one.useful} for one in weeks],
        },
    }


def board_json(rows: Iterable[Standing], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A board, the first row first.

    Args:
        names: Of units that are not called by their id.
    """
    return [
        {"rank": number, **standing_json(row), "unit": names.get(row.unit, row.unit)}
        for number, row in enumerate(rows, 1)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def decimal(value: Decimal) -> str:
    """Digits without an exponent and without idle zeros: `0.0004`, `12`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant(text: str) -> datetime:
    """The instant that JSON holds as text.

    Raises:
        ValueError: It is none, or has no zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without a zone")
    return found
