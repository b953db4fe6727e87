"""What the door costs: `python -m bench.gate [--quick] --json FILE`.

*Decision*: processor time of the pure decision, provenance included, in a run that follows a plan, has read strangers'
mail and is subject to an organisation's rules; allowed and denied calls in turn. *Overhead*: wall time of a whole call
through the door (plan, labels, decision, budgets held, journal, audit, settlement; durable on disk) less that of
the same tool called without it.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.report import options, percentile, publish
from gainful.core.clock import system_clock
from gainful.core.ids import random_id
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.money import Money
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec
from gainful.core.value import Json, uniform
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.gate.outcome import Done
from gainful.ledger.budget import Budget
from gainful.policy.attribution import Context, Seen, attributed, returned
from gainful.policy.decide import decide
from gainful.policy.manifest import manifest_from
from gainful.policy.organisation import organisation_rules
from gainful.policy.plan import Progress, plan_from
from gainful.policy.request import Facts, Request
from gainful.policy.typed import typed
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.stop_store import StopStore

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"inbox"}))
SERVER = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"inbox"}))
SEARCH = ToolSpec(
    "mail.search",
    Effect.READ,
    Act.READ,
    {"query": Role.TARGET},
    Returns({"[].id": SERVER, "[].size": SERVER}, STRANGER),
)
SEND = ToolSpec(
    "mail.send", Effect.EGRESS, Act.SEND, {"to": Role.TARGET, "subject": Role.CONTENT, "text": Role.CONTENT}
)
NOTE = ToolSpec("note.write", Effect.REVERSIBLE, Act.WRITE, {"name": Role.TARGET, "text": Role.CONTENT})

MANIFEST = manifest_from(
    {
        "agent": "helper",
        "reads": [{"tool": "mail.search"}],
        "effects": [
            {"tool": "mail.send", "arguments": {"to": ["*@example.org", "*@example.com"]}, "per_run": 100_000},
            {"tool": "note.write"},
        ],
        "limits": {"steps": 1_000_000, "same_call": 1_000_000, "refusals": 1_000_000},
    }
)
HOUSE = organisation_rules(
    {
        "rules": [
            {"id": f"house-{number}", "verdict": "ask", "acts": ["pay"], "over": {"amount": number}, "reason": "House."}
            for number in range(20)
        ]
    }
)
PROMPT = (
    "Tell ada@example.org and bob@example.org 'Lunch is at noon' with the subject 'Lunch', then note the largest mail."
)
PLAN = {
    "steps": [
        {"name": "mails", "tool": "mail.search", "arguments": {"query": "'lunch'"}},
        {
            "name": "tell",
            "tool": "mail.send",
            "each": ["who", "['ada@example.org', 'bob@example.org']"],
            "arguments": {"to": "who", "subject": "'Lunch'", "text": "'Lunch is at noon'"},
        },
        {
            "name": "note",
            "tool": "note.write",
            "arguments": {"name": "max(mails, key=lambda m: m.size).id", "text": "compose('a note', mails)"},
        },
    ]
}
MAILS = [
    {
        "id": str(number),
        "size": number * 100,
        "from": f"p{number}@example.net",
        "subject": "Lunch",
        "text": "word " * 200,
    }
    for number in range(30)
]
CALLS: tuple[tuple[ToolSpec, dict[str, Json]], ...] = (
    (SEND, {"to": "ada@example.org", "subject": "Lunch", "text": "Lunch is at noon"}),
    (SEND, {"to": "eve@example.com", "subject": "Lunch", "text": "All I know"}),
    (NOTE, {"name": "29", "text": "The largest is about lunch."}),
    (SEARCH, {"query": "dinner"}),
)


def decisions(times: int) -> list[float]:
    """Processor milliseconds of each decision, provenance included: the plan is matched or the labels are found."""
    mails = attributed_mails()
    progress = Progress(plan_from(PLAN))
    progress = progress.after(progress.match("mail.search", {"query": "lunch"}, repeatable=True), mails)
    context = Context(typed(PROMPT), (Seen(SEARCH, {"query": uniform("lunch", STRANGER)}, mails),) * 10)
    known = Facts(manifest=MANIFEST, tainted=True, organisation=HOUSE)
    taken = []
    for number in range(times):
        spec, arguments = CALLS[number % len(CALLS)]
        started = time.process_time_ns()
        match = progress.match(spec.name, arguments)
        values = getattr(match, "arguments", None) or attributed(spec, arguments, context)
        decide(Request("helper", spec, values), replace(known, match=match))
        taken.append((time.process_time_ns() - started) / 1e6)
    return taken


def attributed_mails() -> Any:
    """A listing of thirty mails with its labels."""
    return returned(SEARCH, {}, MAILS, {})


class Disk:
    """A tool that appends a line to a file and has it on disk: about the least that a real effect costs."""

    def __init__(self, spec: ToolSpec, file: Path) -> None:
        self.spec = spec
        self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def call(self, grant: Grant, arguments: Mapping[str, Json]) -> Json:
        """Null."""
        os.write(self._handle, f"{grant.key if grant else '-'} {len(arguments)}\n".encode())
        os.fsync(self._handle)
        return None

    def find(self, key: str, arguments: Mapping[str, Json]) -> Found | None:
        """Not needed here."""
        del key, arguments
        return None


def calls(times: int, home: Path) -> tuple[list[float], list[float]]:
    """Wall milliseconds of raw calls, and of calls through the door; taken in turn, so that both meet the same load."""
    engine = open_database(home / "gainful.sqlite")
    audit = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
    books = LedgerStore(engine, system_clock)
    guard = Guard("helper", MANIFEST, StopStore(engine, audit), audit, HOUSE)
    tool = Disk(SEND, home / "sent")
    budgets = [Budget("agent:helper", Money(100), calls=10**6), Budget("person:robin", Money(100), period="month")]
    raw, gated = [], []
    for number in range(times):
        if number % 50 == 0:
            running = Running(random_id(), "robin", PROMPT, system_clock())
            spending = Spending(lambda _run_id: budgets)
            journal, approvals = CallStore(engine, audit, books), ApprovalStore(engine)
            door = ToolDoor(running, guard, {SEND.name: tool}, journal, approvals, spending, system_clock)
        arguments = {**CALLS[0][1], "subject": "Lunch"}
        started = time.perf_counter()
        tool.call(Grant("raw", SEND.name), arguments)
        between = time.perf_counter()
        outcome = door.call(str(number), SEND.name, arguments)
        ended = time.perf_counter()
        assert isinstance(outcome, Done), outcome
        raw.append((between - started) * 1e3)
        gated.append((ended - between) * 1e3)
    engine.dispose()
    return raw, gated


def verdicts() -> str:
    """What the four calls of the decision benchmark come to, so that a figure of nothing but denials is noticed."""
    progress = Progress(plan_from(PLAN))
    progress = progress.after(progress.match("mail.search", {"query": "lunch"}, repeatable=True), attributed_mails())
    found = []
    for spec, arguments in CALLS:
        match = progress.match(spec.name, arguments)
        values = getattr(match, "arguments", None) or {name: uniform(one, STRANGER) for name, one in arguments.items()}
        facts = Facts(manifest=MANIFEST, tainted=True, match=match, organisation=HOUSE)
        found.append(str(decide(Request("helper", spec, values), facts).verdict))
    return " ".join(found)


def main() -> None:
    """Measure and publish."""
    arguments = options("gate", "What a decision and a whole call through the door cost.").parse_args()
    decided = decisions(4_000 if arguments.quick else 40_000)
    with tempfile.TemporaryDirectory(prefix="gainful-gate-") as directory:
        raw, gated = calls(300 if arguments.quick else 2_000, Path(directory))
    figures = {
        "decide_p99_ms": round(percentile(decided, 0.99), 3),
        "decide_median_ms": round(statistics.median(decided), 3),
        "overhead_ms": round(statistics.median(gated) - statistics.median(raw), 2),
        "overhead_p99_ms": round(percentile(gated, 0.99) - percentile(raw, 0.99), 2),
        "raw_call_ms": round(statistics.median(raw), 2),
        "gated_call_ms": round(statistics.median(gated), 2),
    }
    conditions = {"decisions": len(decided), "calls": len(gated), "verdicts": verdicts()}
    publish("gate", conditions, figures, arguments.json)


if __name__ == "__main__":
    main()
