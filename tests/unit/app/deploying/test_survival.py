"""Outcomes of deployments in the books: claimed, verified or reversed, and waste with its proof. Each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.app.deploying.survival import Survival, look_for
from gainful.core.deploy_event import EventKind as K
from gainful.core.deployment import Intent, Release, Running, TargetState
from gainful.core.errors import GainfulError
from gainful.ledger.attention import attention
from gainful.ledger.entry import HUMAN_SECOND, USD, Entry, Posting
from gainful.ledger.outcome import Outcome
from gainful.ledger.report import total
from gainful.sdk.deploy_target import TargetUnreachable
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.storage.worth.waste_store import WasteStore
from tests.unit.jobs.deploy.courses import NOW, course, plan_of, release_of


class Books:
    """The books of one installation, and a target that runs what it is told."""

    def __init__(self, database: Engine, folder: Path) -> None:
        self.now = NOW
        self.records = DeploymentStore(database)
        self.ledger = LedgerStore(database, lambda: self.now)
        self.audit = AuditStore(database, folder / "audit.key", folder / "checkpoints.jsonl", lambda: self.now)
        self.work = WorkItemStore(database, self.ledger)
        self.wastes = WasteStore(database, self.audit, self.ledger)
        self.live: str | None = None
        self.incidents: list[str] = []
        self.survival = Survival(
            self.records, self.work, self.ledger, self.wastes, self._state,
            lambda service: timedelta(hours=24) if service == "shop" else None, lambda: self.now, self,
        )  # fmt: skip

    def about(self, service: str, since: datetime, until: datetime) -> list[str]:
        return self.incidents

    def _state(self, service: str) -> TargetState:
        if self.live is None:
            raise TargetUnreachable("It is down.", "Wait.", sent=False)
        return TargetState(Running(Release("", f"sha256:{self.live}"), "blue"))

    def deploy(self, name: str, digest: str, *kinds: Any, live: bool = True, **more: Any) -> None:
        """A deployment that takes this course, told event by event."""
        given = {"plan": plan_of(digest), **more}
        end, events = course(*(kinds or (K.PLANNED, K.BEGUN, K.PROMOTED)), id=name, at=self.now, **given)
        self.records.begin(course(id=name, at=self.now, **given)[0])
        for number, event in enumerate(events):
            kinds_so_far = [(one.kind, dict(one.detail)) for one in events[: number + 1]]
            present = course(*kinds_so_far, id=name, at=self.now, **given)[0]
            self.records.record(present, event)
            self.survival.told(present, event)
        self.now = events[-1].at
        if live and end.promoted_at is not None:
            self.live = digest

    def later(self, **span: float) -> list[str]:
        self.now += timedelta(**span)
        return self.survival.look()

    def outcome(self, digest: str) -> Outcome:
        return self.ledger.outcome(f"deployment:shop:{release_of(digest)}")

    def findings(self) -> list[Any]:
        return [entry for entry in self.audit.rows() if entry.kind == "finding"]


@pytest.fixture
def books(database: Engine, tmp_path: Path) -> Iterator[Books]:
    yield Books(database, tmp_path)


def test_claimed_when_live_accepted_when_seen_verified_when_it_lasted(books: Books) -> None:
    books.deploy("a", "a")
    assert books.outcome("a") is Outcome.CLAIMED
    books.later(minutes=1)
    assert books.outcome("a") is Outcome.ACCEPTED
    books.later(hours=23)
    assert books.outcome("a") is Outcome.ACCEPTED
    assert books.later(hours=1) == [f"deployment:shop:{release_of('a')} is verified"]
    assert books.later(hours=1) == []
    assert books.ledger.verify() == []


def test_after_a_long_downtime_all_steps_are_taken_at_once(books: Books) -> None:
    books.deploy("a", "a")
    books.later(days=30)
    assert books.outcome("a") is Outcome.VERIFIED


def test_a_claim_that_a_dead_process_did_not_book_is_booked_later(books: Books) -> None:
    books.survival.told = lambda deployment, event: None  # type: ignore[method-assign]
    books.deploy("a", "a")
    assert books.outcome("a") is Outcome.EXPECTED
    books.later(minutes=1)
    assert books.outcome("a") is Outcome.ACCEPTED


def test_taken_back_it_is_reversed_and_not_claimed_again_by_a_look(books: Books) -> None:
    books.deploy("a", "a")
    books.later(minutes=1)
    books.deploy("r", "0", intent=Intent.ROLLBACK)
    for _ in range(3):
        books.later(hours=1)
    assert books.outcome("a") is Outcome.REVERSED
    assert books.outcome("0") is Outcome.EXPECTED


def test_while_the_target_is_down_nothing_is_judged_and_it_is_told(books: Books) -> None:
    books.deploy("a", "a")
    books.live = None
    with pytest.raises(TargetUnreachable):
        books.later(hours=25)
    assert books.outcome("a") is Outcome.CLAIMED
    books.live = "a"
    books.later(hours=1)
    assert books.outcome("a") is Outcome.VERIFIED


def test_of_two_deployments_of_one_release_the_last_stands_for_it(books: Books) -> None:
    books.deploy("a", "a")
    books.deploy("r", "0", intent=Intent.ROLLBACK)
    books.later(minutes=1)
    assert books.outcome("a") is Outcome.REJECTED
    books.deploy("again", "a")
    assert books.outcome("a") is Outcome.CLAIMED
    books.later(hours=30)
    assert books.outcome("a") is Outcome.VERIFIED


def test_an_incident_reverses(books: Books) -> None:
    books.deploy("a", "a")
    books.later(minutes=1)
    books.incidents = ["https://example.org/7"]
    books.later(minutes=1)
    assert books.outcome("a") is Outcome.REVERSED


def test_a_service_that_is_in_no_settings_any_more_is_left_alone(books: Books) -> None:
    books.deploy("a", "a", service="till")
    assert books.later(hours=30) == []


# --- waste ---


POINTLESS = plan_of("a", "same-tree", "refuse")


def spend(books: Books, run: str) -> None:
    """A model was asked, and a person looked."""
    cost = (Posting("cost:openai:gpt", Decimal("0.42"), USD), Posting("payable:openai", Decimal("-0.42"), USD))
    entry = Entry(f"{run}:paid", "paid", books.now, cost, run)
    books.ledger.append([entry, attention(f"{run}:seen", timedelta(seconds=90), "approve", books.now, run_id=run)])


def test_a_forced_pointless_one_is_worth_nothing_and_its_cost_is_waste(books: Books) -> None:
    spend(books, "a")
    books.deploy("a", "a", plan=POINTLESS, forced=True, reason="the board counts them")
    assert books.outcome("a") is Outcome.EXPECTED
    assert books.ledger.balance("waste:pointless-deployment", USD) == Decimal("0.42")
    assert books.ledger.balance("waste:pointless-deployment", HUMAN_SECOND) == Decimal(90)
    assert books.ledger.balance("booked:waste", USD) == Decimal("-0.42")
    # What it cost is not counted twice.
    assert total(books.ledger.rows()).cost.amount == Decimal("0.42")
    (entry,) = [entry for entry in books.ledger.rows() if entry.kind == "waste"]
    assert "the board counts them" in entry.memo
    assert "is not known here" in entry.memo
    assert books.ledger.verify() == []


def test_a_refused_plan_is_a_finding_with_its_proof_once(books: Books) -> None:
    books.deploy("a", "a", K.PLANNED, K.REFUSED, plan=POINTLESS, plan_hash="7f3a")
    for _ in range(3):
        books.later(hours=1)
    (finding,) = books.findings()
    assert (finding.verdict, finding.run_id, finding.actor) == ("refused", "a", "ada")
    assert '"proof":["It is same-tree."]' in finding.detail
    assert books.ledger.verify() == []
    assert len([entry for entry in books.ledger.rows() if entry.kind == "waste"]) == 1


def test_what_was_refused_for_another_reason_is_no_waste(books: Books) -> None:
    books.deploy("a", "a", K.PLANNED, K.REFUSED)
    assert books.later(hours=1) == []
    assert books.findings() == []


def test_the_watch_waits_also_when_a_target_is_down(books: Books) -> None:
    slept: list[float] = []
    look = look_for(books.survival, slept.append, 600)
    look()
    books.deploy("a", "a")
    books.live = None
    with pytest.raises(GainfulError):
        look()
    assert slept == [600, 600]
