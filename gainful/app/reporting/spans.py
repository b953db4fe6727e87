"""Entries of the ledger and runs as OpenTelemetry spans, in the JSON of OTLP. Pure.

    request_of(spans, "4f2a…", "ann@example.org")     # the body of POST /v1/traces

A span's ids follow from what it tells of: the same entry told again is the same span, which is booked once over there.
They are digests under this installation's own id, so that nothing can be read out of them. Only what is named here is
told: which model or tool was called, when, with how many tokens and at what cost, for which agent and in which run. A
call that was shared out over several work items is told in as many parts, each in a trace of its own, so that an item
whose outcome is told bears what it cost.

Source: https://opentelemetry.io/docs/specs/otlp/ ("JSON Protobuf Encoding"), and
https://opentelemetry.io/docs/specs/semconv/gen-ai/ (`input_tokens` holds the cached ones).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gainful.core.run import Run
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import USD
from gainful.ledger.report import Spending, is_tool, spending_of

SERVICE = "gainful"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAILED, _OK = 2, 1
_CLOCKS = frozenset({"schedule", "cron", "nightly"})
_BY_HAND = frozenset({"manual", "person", "command", "cli", "hand"})


@dataclass(frozen=True, slots=True)
class Told:
    """One span.

    Args:
        at: When what it tells of was booked or had ended; marks go by it.
        span: As JSON.
        model: Of a call, `PROVIDER:MODEL`; empty for a run.
        agent: Whose it is, as it is called here.
        entry: The entry that it tells of; None: it tells of a run.
        run: The run that it tells of, or that the entry is of.
        last: It ends what is told of its entry or run; marks go by it.
    """

    at: datetime
    span: dict[str, Any]
    model: str
    agent: str
    spent: Spending
    entry: Recorded | None
    run: str
    last: bool = True


def calls_of(entry: Recorded, run: Run | None, installation: str, *, parts: bool = True) -> list[Told]:
    """The call that an entry settles: a span for each work item that bears a part of it, the last of them its end.

    None where it settles no call that cost money or asked a model.

    Args:
        parts: False: as one span, as it was told before items had spans of their own.
    """
    if entry.kind != "settle":
        return []
    called = next((line.account for line in entry.postings if line.account.startswith(("cost:", "used:"))), "")
    what = called.partition(":")[2]
    shares = _shares(entry) if parts else {}
    told = [_call(entry, run, installation, what, item, spent) for item, spent in shares.items()]
    if not told:
        whole = sum((part for line in entry.postings if (part := spending_of(line)) is not None), Spending())
        told = [_call(entry, run, installation, what, "", whole)]
    if not what or (is_tool(what) and not any(one.spent.cost.amount for one in told)):
        return []
    return [*(replace(one, last=False) for one in told[:-1]), told[-1]]


def items_of(entry: Recorded) -> list[str]:
    """The work items that bear a part of what an entry settles."""
    return [item for item in _shares(entry) if item] if entry.kind == "settle" else []


def _shares(entry: Recorded) -> dict[str, Spending]:
    """What each item bears; how often something was called is said once and of no item, and adds no part."""
    shares: dict[str, Spending] = {}
    for line in entry.postings:
        part = spending_of(line)
        if part is not None:
            shares[line.work_item] = shares.get(line.work_item, Spending()) + part
    return {item: part for item, part in shares.items() if item or len(shares) == 1}


def _call(entry: Recorded, run: Run | None, installation: str, what: str, item: str, spent: Spending) -> Told:
    agent = run.job if run is not None else SERVICE
    at = datetime.fromisoformat(entry.at)
    tool = is_tool(what)
    span = _span(
        trace=trace_of(entry.run_id or entry.key, installation, item),
        id_=digest(installation, "entry", entry.key, *([item] if item else []))[:16],
        name="execute_tool" if tool else "chat",
        times=(at, at),
        failed=False,
        attributes=[*_agent(agent, installation), *_usage(what, spent)],
    )
    return Told(at, span, "" if tool else what, agent, spent, entry, entry.run_id)


def runs_of(run: Run, items: Iterable[str], installation: str) -> list[Told]:
    """A run that has ended: a span for itself and for each work item that bears a part of it, the last its end.

    None while it has not ended.
    """
    if run.ended_at is None:
        return []
    attributes = [
        *_agent(run.job, installation),
        _text("gen_ai.operation.name", "invoke_agent"),
        _text("gainful.trigger", _trigger(run.trigger)),
    ]
    told = []
    for item in (*dict.fromkeys(items), ""):
        span = _span(
            trace=trace_of(run.id, installation, item),
            id_=digest(installation, "run", run.id, *([item] if item else []))[:16],
            name="invoke_agent",
            times=(run.started_at, run.ended_at),
            failed=run.state == "failed",
            attributes=attributes,
        )
        told.append(Told(run.ended_at, span, "", run.job, Spending(), None, run.id, last=not item))
    return told


def request_of(told: Sequence[Told], installation: str, person: str) -> dict[str, Any]:
    """The body of a request with these spans."""
    resource = [
        _text("service.name", SERVICE),
        _text("service.instance.id", installation),
        _text("user.email" if "@" in person else "user.id", person),
    ]
    spans = [one.span for one in told]
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": spans}]}]}


def agent_id(agent: str, installation: str) -> str:
    """What an agent is called over there: two people's agents of one name stay two, and neither names a person."""
    return f"{agent}@{installation[:8]}"


def trace_of(run: str, installation: str, item: str = "") -> str:
    """The trace that stands for a run, or for the part of it that was for one work item; 32 hexadecimal digits."""
    return digest(installation, "trace", run, *([item] if item else []))[:32]


# --- parts ------------------------------------------------------------------------------------------------------------


def _span(
    *, trace: str, id_: str, name: str, times: tuple[datetime, datetime], failed: bool, attributes: list[Any]
) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": id_,
        "name": name,
        "startTimeUnixNano": _nanoseconds(times[0]),
        "endTimeUnixNano": _nanoseconds(times[1]),
        "status": {"code": _FAILED if failed else _OK},
        "attributes": attributes,
    }


def _agent(agent: str, installation: str) -> Iterable[dict[str, Any]]:
    yield _text("gen_ai.agent.id", agent_id(agent, installation))
    yield _text("gen_ai.agent.name", agent)


def _usage(what: str, spent: Spending) -> Iterable[dict[str, Any]]:
    if is_tool(what):
        yield _text("gen_ai.operation.name", "execute_tool")
        yield _text("gen_ai.tool.name", what.partition(":")[2])
    else:
        provider, _, model = what.partition(":")
        yield _text("gen_ai.operation.name", "chat")
        yield _text("gen_ai.provider.name", provider)
        yield _text("gen_ai.request.model", model)
        yield _count("gen_ai.usage.input_tokens", spent.tokens.prompt)
        yield _count("gen_ai.usage.cache_read.input_tokens", spent.tokens.cache_read)
        yield _count("gen_ai.usage.cache_creation.input_tokens", spent.tokens.cache_write)
        yield _count("gen_ai.usage.output_tokens", spent.tokens.output)
    if spent.cost.currency == USD:
        # As text: a decimal amount has no other exact form here.
        yield _text("gen_ai.usage.cost", f"{spent.cost.amount:f}")


def _text(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}


def _count(name: str, value: int) -> dict[str, Any]:
    # Whole numbers of 64 bits are text in protobuf's JSON.
    return {"key": name, "value": {"intValue": str(value)}}


def _nanoseconds(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(microseconds=1) * 1000)


def _trigger(name: str) -> str:
    word = name.partition(":")[0]
    return "schedule" if word in _CLOCKS else "person" if not word or word in _BY_HAND else "event"


def digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
