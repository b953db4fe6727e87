from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database

from gainful.app.guarding.approvals import Approvals, Waker
from gainful.core.clock import system_clock
from gainful.core.errors import Refused
from gainful.gate.approval import Answer, Approvers, CardChanged, NotYourApproval, State, Verdict, ask
from gainful.gate.approval_book import Answered, Taken
from gainful.gate.proposal import Proposal
from gainful.runs.engine import Engine
from gainful.runs.parked import Parked, ParkedRun
from gainful.runs.steps import Json, Steps
from gainful.runs.watch import Watcher
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.run_store import RunStore
from tests.fixtures.waiting import eventually


class Desk:
    """Runs that ask as often as they are told to, and what they did."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.did: list[str] = []
        self.runs = RunStore(database)
        self.book = ApprovalStore(database)
        self.engine = Engine(database, folder / "locks", {"ask": self._job}, system_clock, self.runs)
        self.approvals = Approvals(self.book, self.runs, "ada", system_clock, lambda: self.engine)

    def start(self, *effects: str) -> object:
        return self.engine.run("ask", "run1", {"effects": effects})

    def _job(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        self.runs.start(run_id, "ask", "work", "hand", applied=True, at=system_clock())
        came = [steps(f"do {name}", partial(self._do, run_id, name)) for name in arguments["effects"]]
        self.runs.end(run_id, "done", {}, system_clock())
        return came

    def _do(self, run_id: str, name: str) -> Json:
        proposal = Proposal("tester", run_id, f"do {name}", "thing.do", {"name": name}, "1")
        standing = self.book.take(proposal.digest, run_id, system_clock())
        if isinstance(standing, Taken):
            if name == "fail":
                raise Refused("It does not want to.", "Leave it.")
            self.did.append(name)
            return "done"
        if isinstance(standing, Answered):
            return str(standing.state)
        raise Parked(self.book.ask(ask(f"ap{name}", [proposal], "mira", system_clock())).id)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(database, tmp_path)
    yield made
    made.engine.close()


def test_an_answer_lets_the_waiting_run_go_on_to_its_next_question_and_to_its_end(desk: Desk) -> None:
    assert desk.start("one", "two") == ParkedRun("run1", "apone")
    (waiting,) = desk.approvals.waiting()
    assert desk.did == []
    assert desk.approvals.answer("apone", Verdict.ACCEPT, card=waiting.card).run == "waiting"
    assert desk.did == ["one"]
    told = desk.approvals.answer("aptwo", Verdict.REFUSE, text="No.")
    assert (told.run, told.approval.state) == ("done", State.REFUSED)
    assert desk.did == ["one"]
    run = desk.runs.find("run1")
    assert run is not None
    assert run.state == "done"
    assert [one.id for one in desk.approvals.recent()] == ["aptwo", "apone"]


def test_a_run_that_fails_afterwards_says_how(desk: Desk) -> None:
    desk.start("fail")
    told = desk.approvals.answer("ap", Verdict.ACCEPT, card=desk.approvals.find("ap").card)
    assert told.run == "failed"
    assert "It does not want to." in told.problem


def test_an_answer_without_a_waiting_run_is_kept_all_the_same(desk: Desk) -> None:
    desk.book.ask(ask("ap1", [Proposal("a", "run9", "s", "t", {}, "1")], "mira", system_clock()))
    assert desk.approvals.answer("ap1", Verdict.IGNORE).run == ""
    assert desk.approvals.find("ap1").state is State.IGNORED


def test_a_refused_answer_wakes_nobody(desk: Desk) -> None:
    desk.start("one")
    with pytest.raises(CardChanged):
        desk.approvals.answer("apone", Verdict.ACCEPT, card="0" * 64)
    assert desk.runs.parked("run1") == "apone"
    own = Approvers(four_eyes=True)
    desk.book.ask(ask("ap9", [Proposal("a", "run9", "s", "t", {}, "1")], "ada", system_clock(), own))
    with pytest.raises(NotYourApproval):
        desk.approvals.answer("ap9", Verdict.ACCEPT, card=desk.approvals.find("ap9").card)


def test_an_edit_can_be_looked_at_before_it_is_given(desk: Desk) -> None:
    desk.start("one")
    edited = desk.approvals.edited("apone", {0: {"name": "other"}})
    assert edited.effective[0].arguments == {"name": "other"}
    assert desk.approvals.find("apone").edits == {}


def test_the_waker_goes_on_with_what_was_answered_until_it_is_stopped(desk: Desk) -> None:
    desk.start("one")
    waker = Waker(desk.book, desk.runs, desk.engine, system_clock, lambda error: pytest.fail(str(error)))
    assert waker() == []
    desk.book.answer("apone", _accepting(desk))
    watching = Watcher("approvals", waker.look, lambda error: pytest.fail(str(error)))
    watching.start()
    assert eventually(lambda: not desk.runs.parked("run1"))
    assert desk.engine.follow("run1", timedelta(minutes=2)) == ["done"]
    watching.stop()
    watching.join()
    assert desk.did == ["one"]


def _accepting(desk: Desk) -> Answer:
    return Answer(Verdict.ACCEPT, "ada", system_clock(), desk.approvals.find("apone").card)
