"""Sums of calls: what the rows add up to, whatever comes late, twice or in another order."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gainful.core.fact import Call, Fact, Person, Run
from gainful.core.money import Tokens
from gainful.storage.database import open_database
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import Appended, FactStore
from gainful.storage.facts.retention_store import RetentionStore
from gainful.storage.facts.usage_store import Dimension, UsageStore

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2027, 2, 1)
PEOPLE = {"ann": "desk", "bo": "shop", "cy": ""}
RUNS = {f"r{n}": (f"agent-{n % 2}", person) for n, person in enumerate([*PEOPLE, "ann", ""])}


def store(database: Engine) -> FactStore:
    directory, usage = DirectoryStore(database), UsageStore(database)
    return FactStore(
        database, directory, usage, lambda call: None if call.model == "odd" else Decimal("0.5"), lambda: NOW
    )


def spent(database: Engine, by: Dimension) -> dict[str, tuple[int, int, Decimal]]:
    found = UsageStore(database).spent(by, FIRST, LAST)
    return {one.name: (one.calls, one.tokens.prompt, one.cost.amount) for one in found}


def named(database: Engine) -> set[str]:
    return set(spent(database, "agent"))


def test_calls_that_came_before_their_run_are_its_agents_and_teams(database: Engine) -> None:
    """Spans of calls end before the span of the run that they are part of."""
    facts = store(database)
    facts.append([Person(at=NOW, id="ann", team="desk")], "t")
    facts.append([Call(at=NOW, id="c1", run="r", provider="p", model="m", tokens=Tokens(5))], "t")
    assert (spent(database, "agent"), spent(database, "team")) == (
        {"": (1, 5, Decimal("0.5"))},
        {"": (1, 5, Decimal("0.5"))},
    )
    facts.append([Run(at=NOW, id="r", agent="helper")], "t")
    assert (named(database), set(spent(database, "team"))) == ({"helper"}, {""})
    facts.append([Run(at=NOW, id="r", agent="helper", person="ann")], "t")
    assert spent(database, "agent") == {"helper": (1, 5, Decimal("0.5"))}
    assert spent(database, "team") == {"desk": (1, 5, Decimal("0.5"))}
    assert facts.verify() == ""


def test_a_call_of_a_known_run_is_its_persons_teams(database: Engine) -> None:
    facts = store(database)
    facts.append([Person(at=NOW, id="ann", team="desk"), Run(at=NOW, id="r", agent="helper", person="ann")], "t")
    facts.append([Call(at=NOW, id="c1", run="r", provider="p", model="m")], "t")
    assert set(spent(database, "team")) == {"desk"}


def test_what_was_summed_under_a_team_stays_there_when_the_person_moves(database: Engine) -> None:
    facts = store(database)
    facts.append([Person(at=NOW, id="ann", team="desk")], "t")
    facts.append([Call(at=NOW, id="c1", run="r", person="ann", provider="p", model="m")], "t")
    facts.append([Call(at=NOW, id="c2", run="s", provider="p", model="m")], "t")
    facts.append([Run(at=NOW, id="s", agent="", person="ann")], "t")
    facts.append([Person(at=NOW + timedelta(days=1), id="ann", team="shop")], "t")
    facts.append([Run(at=NOW, id=name, agent="helper", person="ann") for name in ("r", "s")], "t")
    assert (set(spent(database, "team")), named(database)) == ({"desk"}, {"helper"})


def test_a_call_that_was_forgotten_is_not_booked_again(database: Engine) -> None:
    facts, retention = store(database), RetentionStore(database)
    call = Call(at=NOW, id="c1", person="ann", agent="a", provider="p", model="m")
    facts.append([call], "t")
    before = spent(database, "model")
    assert retention.forget("call", NOW + timedelta(days=1)) == 1
    assert facts.append([call], "t") == Appended(0, 1)
    assert spent(database, "model") == before
    assert facts.append([Call(at=NOW + timedelta(days=2), id="c2", provider="p", model="m")], "t") == Appended(1, 0)
    # An earlier day than that changes nothing of what is known to be forgotten.
    assert retention.forget("call", NOW - timedelta(days=1)) == 0
    assert facts.append([call], "t") == Appended(0, 1)


_calls = st.builds(
    lambda number, run, agent, person, model, day, tokens, failed: Call(
        at=NOW + timedelta(days=day),
        id=str(number),
        run=run,
        agent=RUNS[run][0] if run and agent else agent,
        person=RUNS[run][1] if run and person else person,
        provider="p" if model else "",
        model=model,
        tool="tool",
        name="" if model else "search",
        tokens=Tokens(tokens) if model else Tokens(),
        failed=failed,
    ),
    st.integers(0, 15),
    st.sampled_from(["", *RUNS]),
    st.sampled_from(["", "own-agent"]),
    st.sampled_from(["", "ann", "bo"]),
    st.sampled_from(["m", "n", "odd", ""]),
    st.integers(-30, 60),
    st.integers(0, 99),
    st.booleans(),
)
_runs = st.sampled_from([*RUNS]).flatmap(
    lambda name: st.builds(
        lambda agent, person: Run(
            at=NOW, id=name, agent=RUNS[name][0] if agent else "", person=RUNS[name][1] if person else ""
        ),
        st.booleans(),
        st.booleans(),
    )
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_calls | _runs, min_size=1, max_size=8), min_size=1, max_size=8))
def test_sums_are_those_of_what_is_known_in_the_end(empty_database: Path, batches: list[list[Fact]]) -> None:
    with TemporaryDirectory() as place:
        database = open_database(Path(shutil.copy(empty_database, place)))
        facts = store(database)
        facts.append([Person(at=NOW, id=name, team=team) for name, team in PEOPLE.items()], "t")
        for batch in batches:
            facts.append(batch, "t")
        reported = [fact for batch in batches for fact in batch]
        calls = list({call.id: call for call in reversed(reported) if isinstance(call, Call)}.values())
        for by in ("model", "tool", "agent", "team"):
            assert spent(database, by) == _expected(by, calls, reported), by
        assert facts.verify() == ""
        database.dispose()


def _expected(by: str, calls: Sequence[Call], reported: Sequence[Fact]) -> dict[str, tuple[int, int, Decimal]]:
    """Added up by itself, from what was said of each run in the end."""
    agents = {run.id: run.agent for run in reported if isinstance(run, Run) and run.agent}
    people = {run.id: run.person for run in reported if isinstance(run, Run) and run.person}
    count, tokens, cost = Counter[str](), Counter[str](), Counter[str]()
    for call in calls:
        name = {
            "model": f"p:{call.model}" if call.model else "",
            "tool": call.tool,
            "agent": call.agent or agents.get(call.run, ""),
            "team": PEOPLE.get(call.person or people.get(call.run, ""), ""),
        }[by]
        count[name] += 1
        tokens[name] += call.tokens.prompt
        cost[name] += 5 if call.model not in ("odd", "") else 0
    return {name: (count[name], tokens[name], Decimal(cost[name]) / 10) for name in count}
