"""Each model call is asked about first, and the answer is in the audit log before the call."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.core.money import Money
from gainful.gate.guard import Guard
from gainful.gate.model import TOOL, Failed, Inquiry, ModelDoor, always
from gainful.gate.model_permit import ModelPermit
from gainful.gate.pricing import pricing_of
from gainful.ledger.budget import Budget
from gainful.policy.manifest import Manifest, manifest_from
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelAnswer, Question
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.errors import DiskFull
from gainful.storage.gate.answer_store import AnswerStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASKS = manifest_from({"agent": "triage", "effects": [{"tool": "model.ask"}]})
SILENT = manifest_from({"agent": "triage", "effects": [{"tool": "mail.move"}]})


class Stops:
    said = ""

    def reason(self, agent: str) -> str:
        return self.said


def permit(log: Any, stops: Stops, manifest: Manifest | None = ASKS) -> ModelPermit:
    return ModelPermit(lambda: Guard("triage", manifest, stops, log), declared("llm")[TOOL], "openai:x", lambda: NOON)


def test_it_is_allowed_by_the_manifest_and_written_down(audit_log: Any) -> None:
    assert permit(audit_log, Stops())("run1") == ""
    (event,) = audit_log.events
    assert (event.run_id, event.tool, event.verdict) == ("run1", "model.ask", "allow")


@pytest.mark.parametrize(("manifest", "reason"), [(SILENT, "does not grant model.ask"), (None, "no approved manifest")])
def test_without_a_grant_nothing_is_asked(audit_log: Any, manifest: Manifest | None, reason: str) -> None:
    assert reason in permit(audit_log, Stops(), manifest)("run1")
    assert audit_log.events[0].verdict == "deny"


def test_a_stop_counts_from_the_next_call_on_and_costs_nothing(audit_log: Any, tmp_path: Path) -> None:
    asked: list[Grant] = []

    class Model:
        name = "openai:x"

        def size(self, question: Question) -> int:
            return 10

        def ask(self, grant: Grant, question: Question) -> ModelAnswer:
            asked.append(grant)
            raise AssertionError("it was stopped")

    engine = open_database(tmp_path / "g.db")
    books = LedgerStore(engine, lambda: NOON)
    pricing = pricing_of("openai:x", NOON, input_price=Decimal(1), output_price=Decimal(2))
    budget = always(Budget("model", Money("1")))
    stops = Stops()
    door = ModelDoor(
        Model(), pricing, budget, books, AnswerStore(engine, books), lambda: NOON, permit=permit(audit_log, stops)
    )
    stops.said = "'triage' was stopped."
    assert door.ask(Inquiry(Question("Sort.", "A mail", {}, 100)), "run1") == Failed("'triage' was stopped.")
    assert asked == []
    assert list(books.rows()) == []
    engine.dispose()


def test_what_cannot_be_written_down_is_not_asked() -> None:
    class Full:
        def append(self, events: object) -> None:
            raise DiskFull("The disk is full.", "Free some space.")

    with pytest.raises(DiskFull):
        permit(Full(), Stops())("run1")
