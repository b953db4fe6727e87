"""From the JSON of the API back to the values that commands show. What it cannot be made of raises as Python does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from gainful.app.as_json import instant
from gainful.app.deploying import Status
from gainful.app.explaining.why import Approved, Explanation, Reading, Step, Verdict
from gainful.app.worth import Telling
from gainful.core.deploy_event import DeployLock, Deployment, Event, EventKind, State
from gainful.core.deployment import Intent, Release, Running, TargetState
from gainful.core.label import label_from
from gainful.core.money import Money, Tokens
from gainful.core.run import Run
from gainful.gate.approval import Approval, Approvers
from gainful.gate.approval import State as ApprovalState
from gainful.gate.proposal import Proposal, proposal_from
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import Posting
from gainful.ledger.report import Spending
from gainful.storage.gate.stop_store import Stop
from gainful.storage.worth.assessment_store import Kept
from gainful.worth.assessment import AuditPlan, UsefulWeek
from gainful.worth.json import audits_from, baseline_from, standing_from
from gainful.worth.settings import WorthSettings

Json = Mapping[str, Any]


_PLAIN: dict[object, type] = {"str": str, "int": int, "bool": bool}


def sound(value: Any) -> None:
    """Passes when every field of these values that is plain text, a whole number or a truth is one.

    Raises:
        TypeError: One is not.
    """
    if is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            wanted = _PLAIN.get(field.type)
            # Enumerations of texts are texts; a truth is no number here.
            if wanted is not None and (not isinstance(found, wanted) or (wanted is int and isinstance(found, bool))):
                raise TypeError(f"{field.name} is of another type")
            if field.type == "tuple[str, ...]":
                _words(found)
            sound(found)
    elif isinstance(value, tuple | list):
        for one in value:
            sound(one)


def agent_row_from(told: Json) -> dict[str, Any]:
    """How an agent stands, as JSON that has been looked at."""
    words, maybe = ("agent", "state", "problem", "stopped"), ("owner", "purpose")
    triggers = [_word(one) for one in told["triggers"]]
    known = {name: _word(told[name]) for name in words} | {name: _word(told[name] or "") for name in maybe}
    return {**told, **known, **{name: told[name] for name in maybe}, "triggers": triggers}


def budget_row_from(told: Json) -> dict[str, Any]:
    """A budget and how it stands, as JSON that has been looked at."""
    for name in ("cap", "used", "held", "left"):
        if told[name] is not None and not Decimal(_word(told[name])).is_finite():
            raise ValueError(f"{name} is no amount")
    for name in ("calls", "calls_used", "calls_held", "calls_left"):
        if told[name] is not None:
            int(told[name])
    return {**told, **{name: _word(told[name]) for name in ("scope", "period", "set_by")}}


def _words(found: object) -> tuple[str, ...]:
    if not isinstance(found, list | tuple):
        raise TypeError("texts are of another type")
    return tuple(_word(one) for one in found)


def _word(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("a text is of another type")
    return found


def approval_from(told: Json) -> Approval:
    """An approval, with the card that follows from what is shown of it.

    Raises:
        ValueError: The server names another card: what it shows is not what would be approved.
    """
    effects = told["effects"]
    proposals = tuple(proposal_from(effect) for effect in effects)
    edits = {
        number: _edited(proposals[number], effect["edited"])
        for number, effect in enumerate(effects)
        if effect["edited"] is not None
    }
    approval = Approval(
        id=str(told["id"]),
        run_id=told["run_id"],
        agent=told["agent"],
        requester=told["requester"],
        approvers=Approvers(frozenset(told["approvers"]["people"]), bool(told["approvers"]["four_eyes"])),
        proposals=proposals,
        asked_at=instant(told["asked_at"]),
        expires_at=instant(told["expires_at"]),
        state=ApprovalState(told["state"]),
        answered_by=told["answered_by"],
        answered_at=_maybe(told["answered_at"]),
        text=told["text"],
        edits=edits,
        used=frozenset(number for number, effect in enumerate(effects) if effect["taken"]),
    )
    if approval.card != told["card"]:
        raise ValueError("the card is not that of what is shown")
    return approval


def _edited(asked: Proposal, arguments: Json) -> Proposal:
    """The person's version: what differs in it they have typed."""
    return asked.edited({name: new for name, new in arguments.items() if asked.arguments.get(name) != new})


def stop_from(told: Json) -> Stop:
    """Who is stopped."""
    return Stop(told["agent"], told["by"], instant(told["at"]), told["reason"])


def run_from(told: Json) -> Run:
    """A run."""
    return Run(
        id=told["run"],
        job=told["job"],
        account="",
        trigger=told["trigger"],
        applied=told["applied"],
        state=told["state"],
        started_at=instant(told["started_at"]),
        ended_at=_maybe(told["ended_at"]),
        summary={},
    )


def spending_from(told: Json) -> Spending:
    """What was spent; of prompts it is not told what came from caches."""
    return Spending(
        Money(told["cost_usd"]),
        Tokens(fresh=int(told["prompt_tokens"]), output=int(told["output_tokens"])),
        int(told["model_calls"]),
        Decimal(told["human_seconds"]),
        int(told["tool_calls"]),
    )


def recorded_from(told: Json) -> Recorded:
    """An entry of the ledger as it is exported."""
    return Recorded(
        seq=told["seq"],
        key=told["key"],
        kind=told["kind"],
        at=told["ChargePeriodStart"],
        postings=tuple(
            Posting(line["account"], Decimal(line["amount"]), line["unit"], line["work_item"])
            for line in told["postings"]
        ),
        run_id=told["run_id"],
        work_item=told["work_item"],
        memo=told["memo"],
        previous=told["previous"],
        digest=told["digest"],
    )


# --- why --------------------------------------------------------------------------------------------------------------


def explanation_from(told: Json) -> Explanation:
    """Why a run did what it did."""
    rules = {_word(rule): _word(sentence) for rule, sentence in told["rules"].items()}
    run = Run(
        told["run"],
        told["job"],
        account="",
        trigger="",
        applied=False,
        state=told["state"],
        started_at=instant(told["started_at"]),
        ended_at=_maybe(told["ended_at"]),
        summary={},
    )
    return Explanation(
        run=run,
        asked=told["asked"],
        manifest=told["manifest"],
        steps=tuple(_step(one, rules) for one in told["steps"]),
        verdicts={
            (_word(one["tool"]), _word(one["verdict"]), _words(one["rules"])): int(one["count"])
            for one in told["decisions"]
        },
        noticed=tuple(told["noticed"]),
        spent=Spending(Money(Decimal(repr(told["cost_usd"]))), Tokens(fresh=int(told["tokens"]))),
        undo=told["undo"],
        rules=rules,
    )


def _step(told: Json, rules: Mapping[str, str]) -> Step:
    return Step(
        id=told["id"],
        title=told["title"],
        read=tuple(Reading(one["what"], label_from(one)) for one in told["read"]),
        chosen=told["chosen"],
        verdicts=tuple(
            Verdict(
                one["at"],
                one["tool"],
                one["verdict"],
                one["reason"],
                tuple((rule, rules.get(rule, "")) for rule in _words(one["rules"])),
            )
            for one in told["decisions"]
        ),
        approvals=tuple(
            Approved(one["id"], one["card"], one["state"], one["by"], one["at"]) for one in told["approvals"]
        ),
        happened=tuple(told["happened"]),
        undo=told["undo"],
    )


# --- deployments ------------------------------------------------------------------------------------------------------


def deployment_from(told: Json) -> Deployment:
    """A deployment."""
    return Deployment(
        id=told["deployment"],
        service=told["service"],
        revision=told["revision"],
        intent=Intent(told["intent"]),
        author=told["author"],
        by=told["by"],
        state=State(told["state"]),
        asked_at=instant(told["asked_at"]),
        plan=told["plan"],
        plan_hash=told["plan_hash"],
        reason=told["reason"],
        forced=told["forced"],
        approved_by=told["approved_by"],
        why=told["why"],
        begun_at=_maybe(told["begun_at"]),
        shifted_at=_maybe(told["shifted_at"]),
        promoted_at=_maybe(told["promoted_at"]),
        ended_at=_maybe(told["ended_at"]),
    )


def status_from(told: Json) -> Status:
    """How a service stands."""
    lock = told["lock"]
    state = None
    if not told["trouble"]:
        state = TargetState(_running(told["live"]), _running(told["candidate"]), int(told["share"]))
    return Status(
        told["service"],
        deployment_from(told["last"]) if told["last"] is not None else None,
        tuple(
            Event(str(number), EventKind(one["event"]), instant(one["at"]), one["text"], one["detail"])
            for number, one in enumerate(told["events"])
        ),
        DeployLock(told["service"], lock["deployment"], lock["holder"], instant(lock["since"])) if lock else None,
        state,
        told["trouble"],
    )


def _running(told: Json | None) -> Running | None:
    if told is None:
        return None
    release = Release(told["commit"], told["digest"], told["config"], told["tree"])
    return Running(release, told["slot"], _maybe(told["since"]), tuple(told["drift"]))


# --- worth ------------------------------------------------------------------------------------------------------------


def telling_from(told: Json) -> tuple[Telling, list[UsefulWeek], WorthSettings]:
    """The page of worth; a server tells whoever is not its owner what is published, without the rest."""
    published = told["baselines"] is None
    kept = Kept(
        id=0,
        made_at=instant(told["made_at"]),
        since=instant(told["since"]),
        until=instant(told["until"]),
        head="",
        organisation=standing_from(told["organisation"]),
        baselines=() if published else tuple(baseline_from(one) for one in told["baselines"]),
        audits=AuditPlan(0.0, 0.0, 0.0, 0.0) if published else audits_from(told["audits"]),
        hold_out_cost="0" if published else told["hold_out_cost_usd"],
    )
    aimed = told["engagement"]
    weeks = [UsefulWeek(one["week"], "", int(one["eligible"]), int(one["useful"])) for one in aimed["weeks"]]
    settings = WorthSettings(
        rate=Money(told["rate_usd_per_hour"]), fewest=int(told["fewest_measured"]), target=float(aimed["target"])
    )
    return Telling(kept, False, bool(told["rate_assumed"]), published), weeks, settings


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else instant(text)
