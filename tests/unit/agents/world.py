"""Real books, a real door and a real model server's protocol around a loop; only the tools are made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gainful.agents.file.gather import Answer
from gainful.agents.running.brief import Brief, Shown
from gainful.agents.running.loop import Loop
from gainful.core.clock import system_clock
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.money import Money, Tokens
from gainful.core.occurrence import AnswerPlace, Occurrence
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec
from gainful.gate.course import Running
from gainful.gate.dialogue import DialogueDoor
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.gate.model_permit import ModelPermit
from gainful.gate.outcome import Outcome
from gainful.gate.pricing import Pricing
from gainful.ledger.budget import Budget
from gainful.policy.manifest import manifest_from
from gainful.sdk.declaration import declared
from gainful.sdk.dialogue import Exchange, OnText, PersonSays, ToolSays, Turn, WantedCall
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from gainful.sdk.tool import Found
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.stop_store import StopStore

AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CHAT = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"chat:event"}))
TOLD = Occurrence(
    "o1", "helper", "mention", AT, {"text": "When is it closed?"}, CHAT, answer_to=AnswerPlace("slack", "C1", "1.1")
)
BOOK = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"files:files.read"}))
READ = ToolSpec(
    "files.read",
    Effect.READ,
    Act.READ,
    {"path": Role.TARGET},
    Returns(default=BOOK),
    frozenset({"path"}),
    about="Reads a file.",
)
OURS = Returns(default=Label(Integrity.TRUSTED))
REPLY = ToolSpec("chat.reply", Effect.EGRESS, Act.SEND, {"text": Role.CONTENT}, OURS, about="Replies.")
SEND = ToolSpec("mail.send", Effect.EGRESS, Act.SEND, {"to": Role.TARGET, "text": Role.CONTENT}, OURS, about="Sends.")
MANIFEST = manifest_from(
    {
        "agent": "helper",
        "reads": [{"tool": "files.read"}],
        "effects": [
            {"tool": "chat.reply", "words_from": ["chat:*", "files:*"]},
            {"tool": "mail.send"},
            {"tool": "model.ask"},
        ],
    }
)
PRICE = Pricing("test:model", lambda tokens, _at: Money(tokens.total) if tokens.total else Money(0), "1 a token")


def says(text: str) -> Turn:
    """An answer in words."""
    return Turn(text, tokens=Tokens(fresh=10, output=5))


def calls(*wanted: tuple[str, Mapping[str, Any] | None]) -> Turn:
    """An answer that calls tools."""
    made = tuple(WantedCall(f"c{number}", tool, given) for number, (tool, given) in enumerate(wanted, 1))
    return Turn("", made, Tokens(fresh=10, output=5))


class Model:
    """Answers with what it was given, one after the other; an exception is raised."""

    name = "test:model"

    def __init__(self, *turns: Turn | Exception) -> None:
        self.turns = list(turns)
        self.asked: list[Exchange] = []

    def size(self, exchange: Exchange) -> int:
        """A round number."""
        return 100

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        """The next one."""
        self.asked.append(exchange)
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        if on_text is not None and turn.text:
            on_text(turn.text)
        return turn

    def find(self, grant: Grant, exchange: Exchange) -> Turn | None:
        """Nothing is left of an earlier process's."""
        return None

    def forget(self, key: str) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""

    def heard(self, turn: int = 0) -> str:
        """What the person has said in that turn."""
        return "\n".join(said.text for said in self.asked[turn].messages if isinstance(said, PersonSays))

    def told(self, turn: int) -> list[str]:
        """What the tools have said by that turn."""
        return [said.text for said in self.asked[turn].messages if isinstance(said, ToolSays)]


@dataclass
class Notes:
    """A listener that writes down what it hears."""

    lines: list[str] = field(default_factory=list)
    live: bool = True

    def text(self, piece: str) -> None:
        """A piece."""
        self.lines.append(f"text {piece}")

    def turned(self, turn: Turn, *, recorded: bool) -> None:
        """A turn."""
        self.lines.append(f"turned{' again' if recorded else ''}")

    def calling(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """A call."""
        self.lines.append(f"calling {tool}")

    def called(self, tool: str, outcome: Outcome) -> None:
        """An outcome."""
        self.lines.append(f"{type(outcome).__name__.lower()} {tool}")


class World:
    """One home with its books, in which loops run."""

    def __init__(self, folder: Path, budgets: Sequence[Budget] = ()) -> None:
        self.engine = open_database(folder / "gainful.sqlite")
        self.audit = AuditStore(self.engine, folder / "audit.key", folder / "checkpoints.jsonl", system_clock)
        self.ledger = LedgerStore(self.engine, system_clock)
        self.calls = CallStore(self.engine, self.audit, self.ledger)
        self.turns = TurnStore(self.engine, self.audit, self.ledger)
        self.book = ApprovalStore(self.engine)
        self.stops = StopStore(self.engine, self.audit)
        self.budgets = tuple(budgets) or (Budget("agent:helper", Money(1_000_000)),)
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.slept: list[float] = []
        self.notes = Notes()
        self.answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "files.read": lambda given: f"The text of {given['path']}.",
            "chat.reply": lambda given: {"posted": True},
            "mail.send": lambda given: None,
        }

    def loop(self, model: Model, brief: Brief, run_id: str = "run1", *, rehearsal: bool = False) -> Loop:
        """A loop as a process makes it."""
        guard = Guard("helper", MANIFEST, self.stops, self.audit)
        tools = {spec.name: Operation(spec, self._do(spec), self._look) for spec in (READ, REPLY, SEND)}
        running = Running(run_id, "ada", f"{brief.instructions}\n{brief.occurrence.words}", system_clock())
        spending = Spending(lambda _run: self.budgets)
        door = ToolDoor(
            running, guard, tools, self.calls, self.book, spending, system_clock, rehearsal=rehearsal
        )  # fmt: skip
        permit = ModelPermit(lambda: guard, declared("llm")["model.ask"], model.name, system_clock)
        dialogue = DialogueDoor(
            run_id, model, PRICE, lambda _run: self.budgets, self.turns, permit, system_clock, {"chat:1": 1}
        )
        return Loop(brief, dialogue, door, self.notes, self.slept.append)

    def _do(self, spec: ToolSpec) -> Callable[[Grant, Mapping[str, Any]], Any]:
        def do(grant: Grant, arguments: Mapping[str, Any]) -> Any:
            self.done.append((spec.name, dict(arguments)))
            return self.answers[spec.name](arguments)

        return do

    @staticmethod
    def _look(key: str, arguments: Mapping[str, Any]) -> Found | None:
        return Found(done=False)


def brief_of(**changes: Any) -> Brief:
    """A brief of the helper."""
    if isinstance(changes.get("answer"), str):
        changes["answer"] = Answer(tool=changes["answer"])
    plain = Brief(
        "helper", "Answer from the handbook.", TOLD, tools=(Shown(READ), Shown(SEND)), answer=Answer(tool="reply")
    )
    return replace(plain, **changes)
