"""One process that makes three calls through the door and is killed at a numbered point: `door_process.py HOME POINT`.

The tools write into files, so that what has happened can be counted from outside. Prints the outcomes as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gainful.core.clock import system_clock
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.ledger.budget import Budget
from gainful.policy.manifest import manifest_from
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.stop_store import StopStore

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"inbox"}))
SPECS = (
    ToolSpec("mail.read", Effect.READ, Act.READ, {}, Returns(default=STRANGER)),
    # Nothing tells what became of it.
    ToolSpec("blind.send", Effect.EGRESS, Act.SEND, {"to": Role.TARGET, "text": Role.CONTENT}),
    # The other side can be asked.
    ToolSpec("seen.send", Effect.EGRESS, Act.SEND, {"to": Role.TARGET, "text": Role.CONTENT}),
)
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("1", "blind.send", {"to": "ada@example.org", "text": "One"}),
    ("2", "seen.send", {"to": "ada@example.org", "text": "Two"}),
    ("3", "mail.read", {}),
    ("4", "seen.send", {"to": "ada@example.org", "text": "a stranger's words"}),
)
PROMPT = "Send 'One' and 'Two' to ada@example.org, then what the mail says."


class Points:
    """Counts the points that the process passes, and kills it at one of them."""

    def __init__(self, fatal: int) -> None:
        self.passed = 0
        self._fatal = fatal

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a point before and after it."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            self()
            result = function(*args, **kwargs)
            self()
            return result

        return watched


class FileTool:
    """Appends its key to a file: the world in which effects can be counted."""

    def __init__(self, spec: ToolSpec, world: Path, point: Points) -> None:
        self.spec = spec
        self._file = world / spec.name
        self._point = point

    def call(self, grant: Grant, arguments: Mapping[str, Any]) -> Any:
        """A point before the effect and after it, both inside the call."""
        self._point()
        with self._file.open("a") as file:
            file.write(f"{grant.key}\n")
        self._point()
        return {"text": "what a stranger wrote"} if self.spec.effect is Effect.READ else None

    def find(self, key: str, arguments: Mapping[str, Any]) -> Found | None:
        """Whether the key stands in the file, where this tool's other side can be asked."""
        if self.spec.name == "blind.send":
            return None
        self._point()
        return Found(self._file.exists() and key in self._file.read_text().split())


def main(home: Path, fatal: int) -> None:
    """Make the calls, or die on the way."""
    point = Points(fatal)
    engine = open_database(home / "gainful.sqlite")
    audit = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
    books = LedgerStore(engine, system_clock)
    journal, approvals = CallStore(engine, audit, books), ApprovalStore(engine)
    for store, names in ((journal, ("write", "settle")), (approvals, ("take", "ask"))):
        for name in names:
            setattr(store, name, point.around(getattr(store, name)))
    tools = {spec.name: FileTool(spec, home, point) for spec in SPECS}
    granted = [{"tool": spec.name} for spec in SPECS]
    guard = Guard("helper", manifest_from({"agent": "helper", "effects": granted}), StopStore(engine, audit), audit)
    running = Running("run1", "robin", PROMPT, system_clock())
    budgets = [Budget("agent:helper", calls=100)]
    door = ToolDoor(running, guard, tools, journal, approvals, Spending(lambda _: budgets), system_clock)
    outcomes = [type(door.call(*call)).__name__ for call in CALLS]
    print(json.dumps({"outcomes": outcomes, "points": point.passed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
