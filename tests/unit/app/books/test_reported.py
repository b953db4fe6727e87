"""Reports of people's own machines in the facts: each once, about the reporter's own work, and believed for no more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.books.reported import ReportedWork
from gainful.core.fact import Call, Run, Verdict
from gainful.storage.settings.config import Home
from gainful.worth.settling import State
from tests.unit.intake.test_reports import AGENT, ITEM, NOW, RUN, told

ANN, BO = "ann@example.org", "bo@example.org"
ALL = ("agent", "work_item", "run", "human_time", "claim", "verdict", "evidence")


class Server:
    """A team's server, and what it knows."""

    def __init__(self, app: Gainful, now: list[datetime]) -> None:
        self.app = app
        self.now = now

    def take(self, person: str, *contents: dict[str, Any], believed: tuple[str, ...] = ()) -> Any:
        app = self.app
        work = ReportedWork(app.facts, app.usage, app.directory, app.marks, app.clock, believed)
        return work.take(person, contents)

    def settled(self, item: str) -> Any:
        return self.app.outcomes.show(item).settled

    @property
    def head(self) -> str:
        return self.app.facts.head()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    now = [NOW]
    with Gainful.open(Home(tmp_path / "home"), lambda: now[0]) as app:
        yield Server(app, now)


def test_the_same_facts_twice_count_once(server: Server) -> None:
    facts = [told(kind) for kind in ALL]
    first = server.take(ANN, *facts)
    assert (first.booked, first.known, first.refused) == (7, 0, ())
    head = server.head
    again = server.take(ANN, *facts)
    assert (again.booked, again.known, again.prefix) == (0, 7, first.prefix)
    assert server.head == head
    # Half of them were known.
    mixed = server.take(ANN, told("claim"), told("reversal"))
    assert (mixed.booked, mixed.known) == (1, 1)


def test_a_machine_alone_makes_no_worth_and_a_colleagues_word_does(server: Server) -> None:
    prefix = server.take(ANN, *(told(kind) for kind in ALL)).prefix
    settled = server.settled(prefix + ITEM)
    assert (settled.state, settled.own_word, settled.agent) == (State.CLAIMED, True, AGENT)
    server.app.facts.append([Verdict(at=NOW, work_item=prefix + ITEM, by=BO, accepted=True)], "outcome")
    server.now[0] = NOW + timedelta(days=15)
    assert server.settled(prefix + ITEM).state is State.VERIFIED
    # Bad news is believed of whoever brings it.
    server.take(ANN, told("reversal", at="2026-11-03T08:00:00Z"))
    assert server.settled(prefix + ITEM).state is State.REVERSED


def test_a_believed_systems_word_counts(server: Server) -> None:
    prefix = server.take(ANN, *(told(kind) for kind in ALL), believed=("mail",)).prefix
    settled = server.settled(prefix + ITEM)
    assert (settled.state, settled.verifier) == (State.ACCEPTED, "system:report:mail")


def test_outcomes_may_come_before_their_item(server: Server) -> None:
    prefixes = [server.take(ANN, told("agent"), told(kind), believed=("mail",)).prefix for kind in reversed(ALL[1:])]
    assert server.settled(prefixes[0] + ITEM).state is State.ACCEPTED
    assert len(set(prefixes)) == 1


def test_an_item_bears_what_it_cost(server: Server) -> None:
    app = server.app
    calls = [
        Call(at=NOW, id="s1", key="span:1", run=RUN, agent=AGENT, person=ANN, provider="p", model="m", cost=Decimal(1))
    ]
    app.facts.append([*calls, Run(at=NOW, id=RUN, agent=AGENT, person=ANN, key="span:2")], "otlp")
    prefix = server.take(ANN, *(told(kind) for kind in ALL)).prefix
    (case,) = app.facts.record(NOW - timedelta(days=1), NOW + timedelta(days=1)).cases()
    assert (case.id, [use.cost for use in case.uses]) == (prefix + ITEM, [Decimal(1)])
    assert list(app.facts.record(NOW - timedelta(days=1), NOW + timedelta(days=1)).loose()) == []


def test_two_people_with_the_same_ids_have_two_items(server: Server) -> None:
    mine = server.take(ANN, told("agent"), told("claim"))
    other = {"id": "triage@ffffffff"}
    theirs = server.take(BO, told("agent", **other), told("claim", claimant="triage@ffffffff"))
    assert mine.booked == theirs.booked == 2
    assert mine.prefix != theirs.prefix
    assert server.settled(mine.prefix + ITEM).person != server.settled(theirs.prefix + ITEM).person


def test_nobody_claims_for_anothers_agent_or_takes_it_over(server: Server) -> None:
    server.take(ANN, told("agent"), told("claim"))
    head = server.head
    taken = server.take(BO, told("agent", key="mine"), told("claim", key="x"), told("run", key="y"))
    assert (taken.booked, taken.known, taken.prefix) == (0, 0, "")
    assert [one.place for one in taken.refused] == [0, 1, 2]
    assert all("somebody else's" in one.why for one in taken.refused)
    assert server.head == head
    assert server.app.directory.pseudonym(BO) == "", "nothing is kept of them"


def test_nobody_ties_anothers_run_to_an_item(server: Server) -> None:
    server.app.facts.append([Run(at=NOW, id=RUN, agent="helper", person=ANN)], "otlp")
    own = {"id": "triage@ffffffff"}
    taken = server.take(BO, told("agent", **own), told("run", agent="triage@ffffffff"))
    assert [one.why for one in taken.refused] == ["The run is known as somebody else's."]
    known = server.app.usage.run(RUN)
    assert known is not None
    assert (known[0].agent, known[0].work_item) == ("helper", "")


def test_an_agent_of_nobody_is_refused_until_it_is_told_whose_it_is(server: Server) -> None:
    assert "Nobody has told" in server.take(ANN, told("claim")).refused[0].why
    assert server.take(ANN, told("claim"), told("agent")).booked == 2
    assert server.take(ANN, told("claim", key="later")).booked == 1


def test_a_bad_fact_keeps_out_no_other(server: Server) -> None:
    taken = server.take(ANN, told("agent"), {"kind": "team", "at": "x"}, told("claim"), told("claim", by=BO, key="z"))
    assert (taken.booked, [one.place for one in taken.refused]) == (2, [1, 3])


def test_ids_lead_to_nobody(server: Server) -> None:
    prefix = server.take(ANN, told("agent"), told("claim")).prefix
    assert hashlib.sha256(ANN.encode()).hexdigest()[:8] not in prefix
    assert "ann" not in prefix
    assert server.app.directory.pseudonym(ANN) not in prefix


def test_claims_that_nobody_else_accepted_wait_for_no_second_look(server: Server) -> None:
    prefix = server.take(ANN, *(told(kind) for kind in ALL)).prefix
    server.now[0] = NOW + timedelta(days=1)
    server.app.worth.tell()
    assert server.app.looks.next(5) == []
    server.app.facts.append([Verdict(at=NOW, work_item=prefix + ITEM, by=BO, accepted=True)], "outcome")
    assert [one.item for one in server.app.looks.next(5)] == [prefix + ITEM]


def test_a_reporter_who_turns_out_to_be_somebody_known_keeps_their_agents(server: Server) -> None:
    from gainful.core.fact import Person

    server.take(ANN, told("agent"), told("claim"))
    person = Person(at=datetime(2026, 11, 2, tzinfo=UTC), id="e4711", team="desk", identities=(ANN,))
    server.app.facts.append([person], "people")
    again = server.take(ANN, told("agent"), told("claim"), told("verdict"))
    assert (again.booked, again.known, again.refused) == (1, 2, ())
