"""A run as spans: the run, its steps, and in them the calls of models and tools, with verdicts and waits as events.

Names follow OpenTelemetry's conventions for generative AI, version 1.41; what they have no name for begins with
`gainful.`. Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from gainful.core.span import Attribute, Happening, Span, span_id, trace_id
from gainful.gate.effects import TOOLS
from gainful.gate.model import TOOL as MODEL_TOOL
from gainful.storage.runs.trace_store import TracedApproval, TracedCall, TracedRun, TracedVerdict

UNKNOWN = "unknown"
"""Stands for a tool that nobody declared: its name is what a model made up, and may hold anything."""

_PROVIDERS = {"google": "gcp.gemini", "bedrock": "aws.bedrock"}
_BY_HAND = ("hand", "undo", "correction")
_CLOCKS = ("nightly", "schedule", "cron")
_TURN = re.compile(r"(turn [0-9]+) call [0-9]+")
_PLAIN = re.compile(r"[a-z]+( [a-z]+)*( [0-9]+)?")
TOOLS_BY_KIND = {str(kind): tool for kind, tool in TOOLS.items()}
"""The tool that changes a mailbox so, by how the journal calls that."""

_WRONG = frozenset({"failed", "uncertain"})


def spans_of(
    run: TracedRun,
    calls: Sequence[TracedCall],
    verdicts: Sequence[TracedVerdict],
    approvals: Mapping[str, TracedApproval],
    known: Collection[str],
) -> list[Span]:
    """The run's trace, its root first.

    Args:
        known: Names of tools that somebody declared.
    """
    told = _Told(run, list(verdicts), approvals, {*known, *TOOLS.values()})
    steps: dict[str, list[Span]] = {}
    for call in calls:
        steps.setdefault(_step(call.step), []).append(told.call(call))
    inner = [span for step, spans in steps.items() for span in (told.step(step, spans), *spans)]
    return [told.root(calls), *inner]


def _step(name: str) -> str:
    """The step that a call belongs to: a model's turn and the calls that it wanted are one."""
    found = _TURN.fullmatch(name)
    return found[1] if found else name


class _Told:
    """Makes the spans of one run; each verdict is told once."""

    def __init__(
        self,
        run: TracedRun,
        verdicts: list[TracedVerdict],
        approvals: Mapping[str, TracedApproval],
        known: Collection[str],
    ) -> None:
        self._run = run
        self._verdicts = verdicts
        self._approvals = approvals
        self._known = known
        self._trace = trace_id(run.id)
        self._root = span_id(run.id)

    def root(self, calls: Sequence[TracedCall]) -> Span:
        """The run itself, with the verdicts that are of no call."""
        run = self._run
        attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": run.job,
            "gainful.run.id": run.id,
            "gainful.run.state": run.state,
            "gainful.run.preview": not run.applied,
            "gainful.run.cost_usd": float(sum(call.cost for call in calls)),
            "gainful.trigger": _trigger(run.trigger),
        }
        events = tuple(self._verdict(one) for one in self._verdicts)
        return Span(
            self._trace,
            self._root,
            "",
            f"invoke_agent {run.job}",
            run.started_at,
            run.ended_at,
            attributes,
            events,
            failed=run.state in _WRONG,
        )

    def step(self, name: str, spans: Sequence[Span]) -> Span:
        """A step around its calls."""
        begun, ended = min(span.begun_at for span in spans), max(span.ended_at for span in spans)
        shown = name if _PLAIN.fullmatch(name) else "step"
        own = span_id(self._run.id, "step", name)
        return Span(self._trace, own, self._root, shown, begun, ended, {"gainful.step": name})

    def call(self, call: TracedCall) -> Span:
        """A call of a model or a tool."""
        tool = MODEL_TOOL if call.model else TOOLS_BY_KIND.get(call.tool, call.tool)
        verdict = self._taken(call.step, tool)
        shown = tool if tool in self._known else UNKNOWN
        name, attributes = _of_model(call) if call.model else _of_tool(call, shown)
        attributes |= {"gainful.state": call.state}
        if verdict is not None:
            attributes |= {"gainful.verdict": verdict.verdict, "gainful.rules": verdict.rules}
        asked = self._approvals.get(call.approval)
        events = [*([self._verdict(verdict)] if verdict is not None else []), *_waited(asked)]
        begun = min([call.begun_at, *([asked.asked_at] if asked is not None else [])])
        return Span(
            self._trace,
            span_id(self._run.id, "call", call.key),
            span_id(self._run.id, "step", _step(call.step)),
            name,
            begun,
            call.ended_at,
            attributes,
            tuple(events),
            outward=bool(call.model),
            failed=call.state in _WRONG,
        )

    def _taken(self, step: str, tool: str) -> TracedVerdict | None:
        found = next((one for one in self._verdicts if (one.step, one.tool) == (step, tool)), None)
        if found is not None:
            self._verdicts.remove(found)
        return found

    def _verdict(self, one: TracedVerdict) -> Happening:
        tool = one.tool if one.tool in self._known else UNKNOWN
        return Happening(
            "gainful.verdict",
            one.at,
            {"gen_ai.tool.name": tool, "gainful.verdict": one.verdict, "gainful.rules": one.rules},
        )


def _of_model(call: TracedCall) -> tuple[str, dict[str, Attribute]]:
    provider, _, model = call.model.partition(":")
    tokens = call.tokens
    return f"chat {model}", {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": tokens.prompt,
        "gen_ai.usage.output_tokens": tokens.output,
        "gen_ai.usage.cache_read.input_tokens": tokens.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": tokens.cache_write,
        "gen_ai.usage.cost": float(call.cost),
    }


def _of_tool(call: TracedCall, tool: str) -> tuple[str, dict[str, Attribute]]:
    return f"execute_tool {tool}", {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": call.key,
    }


def _waited(asked: TracedApproval | None) -> Iterator[Happening]:
    if asked is None:
        return
    yield Happening("gainful.approval.asked", asked.asked_at, {"gainful.approval.id": asked.id})
    if asked.answered_at is not None:
        answer: dict[str, Attribute] = {"gainful.approval.id": asked.id, "gainful.approval.state": asked.state}
        yield Happening("gainful.approval.answered", asked.answered_at, answer)


def _trigger(name: str) -> str:
    kind = name.partition(":")[0]
    return "schedule" if kind in _CLOCKS else "person" if kind in _BY_HAND else "event"
