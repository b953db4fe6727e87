"""Processes that have three turns with a model, each killed at a numbered point.

    dialogue_process.py HOME URL POINT      one such process
    dialogue_process.py                     reads such lines and makes each a process, without importing all anew

The model's server and the courier outlive them. Points lie before and after each durable write and each step of handing
a request over, and inside of the answer as it comes. Prints what the model said as JSON; `killed` where it was.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.connectors.llm import courier as module
from gainful.connectors.llm.courier import Courier
from gainful.connectors.llm.dialogue import ProviderDialogue
from gainful.core.clock import system_clock
from gainful.gate.dialogue import DialogueDoor, Turned
from gainful.gate.guard import Guard
from gainful.gate.model_permit import ModelPermit
from gainful.gate.pricing import pricing_of
from gainful.ledger.budget import Budget
from gainful.policy.manifest import manifest_from
from gainful.sdk.declaration import declared
from gainful.sdk.dialogue import Exchange, PersonSays
from gainful.sdk.secret import Secret
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.stop_store import StopStore

NAME = "openai:small"
TURNS = (("1", False), ("2", True), ("3", False))
"""Steps, and whether the answer is asked for piece by piece."""


class Points:
    """Counts the points that the process passes, and kills it at one of them."""

    def __init__(self, fatal: int) -> None:
        self.passed = 0
        self._fatal = fatal

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, place: Any, name: str) -> None:
        """Put a point before this function and one after it."""
        function: Callable[..., Any] = getattr(place, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            self()
            result = function(*args, **kwargs)
            self()
            return result

        setattr(place, name, watched)


def exchange(step: str) -> Exchange:
    """The question of a turn; the server answers with its number."""
    return Exchange("Be brief.", (PersonSays(f"Turn {step}"),), (), 50, timedelta(seconds=30))


def main(home: Path, url: str, fatal: int) -> None:
    """Have the turns, or die on the way."""
    point = Points(fatal)
    engine = open_database(home / "gainful.sqlite")
    audit = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
    books = LedgerStore(engine, system_clock)
    turns = TurnStore(engine, audit, books)
    courier = Courier(home / "answers")
    for place, name in (
        (turns, "begin"),
        (turns, "settle"),
        (courier, "_begin"),
        (courier, "_hand_over"),
        (courier, "send"),
        (courier, "forget"),
        (module, "_failure"),
    ):
        point.around(place, name)
    guard = Guard(
        "helper",
        manifest_from({"agent": "helper", "effects": [{"tool": "model.ask"}]}),
        StopStore(engine, audit),
        audit,
    )
    permit = ModelPermit(lambda: guard, declared("llm")["model.ask"], NAME, system_clock)
    pricing = pricing_of(NAME, system_clock(), input_price=Decimal(1), output_price=Decimal(2))
    model = ProviderDialogue(NAME, courier, url, Secret("model-key", "sk-secret"))
    budgets = [Budget("agent:helper", calls=100, period="month")]
    door = DialogueDoor("run1", model, pricing, lambda _: budgets, turns, permit, system_clock)
    said = []
    for step, streamed in TURNS:
        turned = door.turn(step, exchange(step), (lambda _piece: point()) if streamed else None)
        said.append(turned.turn.text if isinstance(turned, Turned) else repr(turned))
    print(json.dumps({"said": said, "points": point.passed}))
    model.close()
    courier.close()


def serve() -> None:
    """Make a process for each line, one after the other."""
    import pydantic_ai.direct
    import pydantic_ai.models.openai
    import pydantic_ai.providers.openai_compatible  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        home, url, fatal = line.split()
        child = os.fork()
        if child == 0:
            main(Path(home), url, int(fatal))
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            print("killed" if os.WIFSIGNALED(status) else "failed", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    else:
        serve()
