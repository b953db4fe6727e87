"""When a person is asked, and the plan that a deployment's calls are held to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gainful.core.deployment import Action, Intent
from gainful.jobs.deploy.desk import Planned, Service
from gainful.jobs.deploy.order import HAND, HOOK, Order
from gainful.jobs.deploy.tools import BEGIN, PROMOTE, ROLLBACK, SHIFT, STAGE
from gainful.policy.organisation import OrganisationRule

GOOD, NOT_ENOUGH, WORD = "good", "not-enough", "word"
"""What was seen before a promotion: the watch is content; it cannot tell; a person says so."""

TRIES = 3
"""How often the plan lets each effect be called: a call whose process died may have to be asked for anew."""

LONGEST_SUMMARY = 3000
"""Characters of what a person is shown who is asked; an expression of a plan holds no more."""


def rules(service: Service, order: Order, planned: Planned) -> list[OrganisationRule]:
    """The rules that make the door ask about this deployment; going back asks nobody."""
    return [] if order.intent is Intent.ROLLBACK else list(_rules(service, order, planned))


def _rules(service: Service, order: Order, planned: Planned) -> Iterator[OrganisationRule]:
    if service.approval != "start":
        four_eyes = service.approval == "four-eyes"
        whose = "somebody else's word" if four_eyes else "a person's word"
        yield _rule("service-approval", f"The settings of '{service.name}' want {whose} first.", four_eyes=four_eyes)
    if order.by != HAND:
        who = "A webhook" if order.by == HOOK else f"The {order.by.replace(':', ' ')}"
        yield _rule("started-by-others", f"{who} has started it, and nobody at a terminal.")
    if planned.verdict.action is Action.FLAG and not order.confirmed and not order.force:
        proof = next(iter(planned.verdict.proof), str(planned.verdict.kind))
        yield _rule("plan-flagged", f"It may be pointless ({planned.verdict.kind}): {proof}")
    if planned.migrations:
        yield _rule(
            "no-way-back",
            f"It migrates data ({planned.migrations[0]}): once it is live, going back is not instant.",
            tool=PROMOTE,
            unless={"seen": (WORD,)},
        )
    if service.not_enough == "ask":
        yield _rule(
            "not-enough-traffic",
            "There was too little traffic to tell whether it is as good as what is live.",
            tool=PROMOTE,
            unless={"seen": (GOOD, WORD)},
        )


def _rule(
    name: str,
    reason: str,
    *,
    tool: str = BEGIN,
    four_eyes: bool = False,
    unless: Mapping[str, tuple[str, ...]] | None = None,
) -> OrganisationRule:
    return OrganisationRule(
        id=name, verdict="ask", reason=reason[:300], tools=(tool,), four_eyes=four_eyes, unless=unless or {}
    )


def arguments(service: str, planned: Planned) -> dict[str, Any]:
    """What every effect of the deployment is called with."""
    return {"service": service, "release": planned.candidate.id, "plan": planned.hash}


def frozen_plan(service: Service, order: Order, planned: Planned, summary: str) -> dict[str, Any]:
    """The calls that the run may make, and no others, whatever it reads from targets and sources meanwhile."""
    usual = arguments(service.name, planned)
    effects: list[tuple[str, str, dict[str, Any]]] = [("begin", BEGIN, usual | {"summary": summary})]
    if order.intent is Intent.ROLLBACK:
        effects.append(("back", ROLLBACK, usual))
    else:
        effects.append(("stage", STAGE, usual | {"anew": anew(order, planned)}))
        effects.append(("shift", SHIFT, usual | {"share": service.share}))
        effects += [
            (f"promote_{seen.replace('-', '_')}", PROMOTE, usual | {"seen": seen}) for seen in (GOOD, NOT_ENOUGH, WORD)
        ]
        if planned.live is not None:
            effects.append(("back", ROLLBACK, usual | {"release": planned.live.id}))
    return {
        "steps": [
            {"name": f"{name}_{number}", "tool": tool, "arguments": {key: repr(value) for key, value in given.items()}}
            for name, tool, given in effects
            for number in range(1, TRIES + 1)
        ]
    }


def anew(order: Order, planned: Planned) -> bool:
    """Whether the release is laid again although it may be live."""
    # Forced or confirmed, what changes nothing is the release that runs.
    same = planned.live is not None and planned.live.id == planned.candidate.id
    return same or order.intent in (Intent.RESTART, Intent.SECRETS, Intent.REBUILD, Intent.REPAIR)
