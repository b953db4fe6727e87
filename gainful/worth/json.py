"""The books of worth as JSON objects: what is kept, and what other systems read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from gainful.core.money import Money
from gainful.core.value import Json
from gainful.worth.assessment import AuditPlan, Baseline, Interval, Standing, UsefulWeek
from gainful.worth.finding import Fix, Remedy, WasteFinding


def standing_json(one: Standing) -> dict[str, Json]:
    """A unit's standing; dollars as decimal text."""
    per, share = one.cost_per_outcome, one.waste_share
    return {
        "kind": one.kind,
        "unit": one.unit,
        "team": one.team,
        "people": one.people,
        "net_worth_usd": _interval(one.net),
        "worth_usd": _interval(one.worth),
        "cost_usd": _text(one.cost.amount),
        "review_usd": _text(one.review.amount),
        "waste_usd": _text(one.waste.amount),
        "waste_share": None if share is None else round(float(share), 4),
        "exploration_usd": _text(one.exploration.amount),
        "pending_usd": _text(one.pending.amount),
        "cost_per_verified_outcome_usd": None if per is None else _text(per.amount),
        "unpriced_calls": one.unpriced,
        "items": {str(state): count for state, count in one.items.items() if count},
        "verified_of_unknown_baseline": one.unknown,
        "trust": round(one.trust, 4),
    }


def standing_from(kept: Mapping[str, Any]) -> Standing:
    """The standing that `standing_json` wrote."""
    return Standing(
        kind=kept["kind"],
        unit=kept["unit"],
        team=kept["team"],
        people=kept["people"],
        net=_interval_from(kept["net_worth_usd"]),
        worth=_interval_from(kept["worth_usd"]),
        cost=Money(kept["cost_usd"]),
        review=Money(kept["review_usd"]),
        waste=Money(kept["waste_usd"]),
        exploration=Money(kept["exploration_usd"]),
        pending=Money(kept["pending_usd"]),
        unpriced=kept["unpriced_calls"],
        items=kept["items"],
        unknown=kept["verified_of_unknown_baseline"],
        trust=kept["trust"],
    )


def finding_json(one: WasteFinding) -> dict[str, Json]:
    """A finding."""
    return {
        "id": one.id,
        "kind": one.kind,
        "agent": one.agent,
        "team": one.team,
        "cost_usd": _text(one.cost.amount),
        "people_seconds": _text(one.seconds),
        "confidence": one.confidence,
        "proof": one.proof,
        "fix": {"remedy": str(one.fix.remedy), "target": one.fix.target, "detail": one.fix.detail},
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "runs": list(one.runs),
        "items": list(one.items),
    }


def finding_from(kept: Mapping[str, Any]) -> WasteFinding:
    """The finding that `finding_json` wrote."""
    fix = kept["fix"]
    return WasteFinding(
        kind=kept["kind"],
        agent=kept["agent"],
        team=kept["team"],
        cost=Money(kept["cost_usd"]),
        confidence=kept["confidence"],
        proof=kept["proof"],
        fix=Fix(Remedy(fix["remedy"]), fix["target"], fix["detail"]),
        since=datetime.fromisoformat(kept["since"]),
        until=datetime.fromisoformat(kept["until"]),
        seconds=Decimal(kept["people_seconds"]),
        runs=tuple(kept["runs"]),
        items=tuple(kept["items"]),
    )


def baseline_json(one: Baseline) -> dict[str, Json]:
    """A baseline; minutes as decimal text."""
    return {
        "work_class": one.work_class,
        "source": one.source,
        "measured": one.count,
        "minutes": None if one.minutes is None else _interval(one.minutes),
    }


def baseline_from(kept: Mapping[str, Any]) -> Baseline:
    """The baseline that `baseline_json` wrote."""
    minutes = kept["minutes"]
    return Baseline(
        kept["work_class"], kept["source"], kept["measured"], None if minutes is None else _interval_from(minutes)
    )


def week_json(one: UsefulWeek) -> dict[str, Json]:
    """A team's week."""
    return {"week": one.week, "team": one.team, "eligible": one.eligible, "useful": one.useful}


def audits_json(one: AuditPlan) -> dict[str, Json]:
    """How many looks are needed, and how many there were."""
    return {
        "found_share": one.found_share,
        "power": one.power,
        "needed_rate": round(one.rate, 6),
        "looked_rate": round(one.looked, 6),
    }


def audits_from(kept: Mapping[str, Any]) -> AuditPlan:
    """The plan that `audits_json` wrote."""
    return AuditPlan(kept["found_share"], kept["power"], kept["needed_rate"], kept["looked_rate"])


def _interval(one: Interval) -> dict[str, Json]:
    return {"p10": _text(one.low), "mean": _text(one.middle), "p90": _text(one.high)}


def _interval_from(kept: Mapping[str, str]) -> Interval:
    return Interval(Decimal(kept["p10"]), Decimal(kept["mean"]), Decimal(kept["p90"]))


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"
