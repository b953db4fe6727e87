"""What a list of people changes, what of it is left out, and what is kept about somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.books.people import Plan
from gainful.app.books.privacy import PersonUnknown
from gainful.core.errors import Invalid
from gainful.core.fact import Account, Agent, Call, Claim, HumanTime, Person, Verdict, WorkItem
from gainful.core.fact_json import fact_from, key_of
from gainful.intake.people import PeopleFile, PersonRow
from gainful.storage.settings.config import Home

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FIRST = (
    PersonRow(2, "e1", "shop", ("ann@example.org",)),
    PersonRow(3, "e2", "shop"),
    PersonRow(4, "e3", "desk", ("cy", "cy@example.org")),
)


@pytest.fixture
def now() -> list[datetime]:
    return [NOW]


@pytest.fixture
def app(tmp_path: Path, now: list[datetime]) -> Iterator[Gainful]:
    with Gainful.open(Home(tmp_path / "home"), lambda: now[0]) as app:
        app.people.apply(app.people.plan(PeopleFile(FIRST, ()), whole=True))
        now[0] += timedelta(days=10)
        yield app


def planned(app: Gainful, *rows: PersonRow, whole: bool = False) -> Plan:
    return app.people.plan(PeopleFile(rows, ()), whole=whole)


def told(plan: Plan) -> dict[str, str]:
    return {one.person: one.what for one in plan.changes}


def test_a_first_list_is_everybody(app: Gainful) -> None:
    known = app.people.listed()
    assert [(one.names, one.person.team) for one in known] == [
        (("e3", "cy", "cy@example.org"), "desk"),
        (("e1", "ann@example.org"), "shop"),
        (("e2",), "shop"),
    ]
    assert planned(app, *FIRST, whole=True) == Plan((), (), (), (), 3, 0)


def test_it_tells_who_moved_left_came_back_and_has_another_name(app: Gainful) -> None:
    rows = [
        PersonRow(2, "e1", "desk", ("ann@example.org", "ann.new@example.org")),
        PersonRow(3, "e2", "shop", left_at=NOW, tells_left=True),
        PersonRow(4, "e3", "desk", eligible=False),
        PersonRow(5, "e4", "lab", since=NOW),
    ]
    plan = planned(app, *rows)
    assert told(plan) == {
        "e1": "shop → desk; also known as ann.new@example.org",
        "e2": "left on 2026-11-02",
        "e3": "not eligible any more",
        "e4": "new in lab",
    }
    assert (plan.teams, plan.problems, plan.missing) == (("lab",), (), 0)
    app.people.apply(plan)
    assert planned(app, *rows).changes == ()
    assert told(planned(app, PersonRow(2, "e2", "shop", tells_left=True))) == {"e2": "is back"}
    # A list that does not tell who left says nothing about it.
    assert told(planned(app, PersonRow(2, "e2", "shop"))) == {}
    ((event,),) = ([one.as_json() for one in app.audit.rows() if one.detail.find('"new teams":1') > 0],)
    assert (event["kind"], event["verdict"], event["detail"]["people"]) == ("privacy", "imported", 4)


def test_whoever_is_not_on_a_whole_list_has_left(app: Gainful, now: list[datetime]) -> None:
    assert planned(app, *FIRST[:2]).missing == 1
    plan = planned(app, *FIRST[:2], whole=True)
    assert told(plan) == {"e3": "is not on the list: has left"}
    app.people.apply(plan)
    assert {one.names[0]: one.person.left_at for one in app.people.listed()} == {"e1": None, "e2": None, "e3": now[0]}
    assert planned(app, *FIRST[:2], whole=True).changes == ()


def test_doubled_rows_are_one_and_those_that_disagree_are_none(app: Gainful) -> None:
    plan = planned(
        app,
        PersonRow(2, "e1", "shop", ("ann@example.org",)),
        PersonRow(3, "e1", "shop", ("second@example.org",)),
        PersonRow(4, "e2", "shop"),
        PersonRow(5, "e2", "desk"),
        # Left one team and works in another since: the row without an end holds.
        PersonRow(6, "e3", "desk", left_at=NOW, tells_left=True),
        PersonRow(7, "E3@example.org", "desk", ("x",)),
        PersonRow(8, "e3@example.org", "desk", ("y",)),
        PersonRow(9, "e3", "lab", tells_left=True),
    )
    assert told(plan) == {
        "e1": "also known as second@example.org",
        "e3": "desk → lab",
        "e3@example.org": "new in desk",
    }
    assert [(one.line, one.reason) for one in plan.problems] == [
        (5, "Lines 4 and 5 disagree about 'e2', and are left out.")
    ]


def test_no_list_makes_two_people_one(app: Gainful) -> None:
    app.facts.append([Account(at=NOW, id="svc", owner="e1"), Agent(at=NOW, id="helper", owner="e1")], "test")
    plan = planned(
        app,
        PersonRow(2, "e1", "shop", ("office@example.org", "e2", "svc", "helper", "system:desk")),
        PersonRow(3, "e3", "desk", ("Office@example.org",)),
    )
    assert plan.changes == ()
    assert [one.reason for one in plan.problems] == [
        "'office@example.org' stands for others too, and is left out.",
        "'e2' is known as somebody else, and is left out.",
        "'svc' is known as an account, and is left out.",
        "'helper' is known as no person, and is left out.",
        "'system:desk' is known as no person, and is left out.",
        "'Office@example.org' stands for others too, and is left out.",
    ]


def test_a_login_that_was_seen_before_becomes_its_persons(app: Gainful) -> None:
    app.facts.append([Call(at=NOW, id="c1", person="ann-laptop", provider="p", model="m")], "test")
    plan = planned(app, PersonRow(2, "e1", "shop", ("ann-laptop",)))
    assert told(plan) == {"e1": "also known as ann-laptop"}
    app.people.apply(plan)
    assert app.directory.pseudonym("ann-laptop") == app.directory.pseudonym("e1")
    assert planned(app, PersonRow(2, "e1", "shop", ("ann-laptop",))).changes == ()


def test_no_list_takes_anybody_onto_a_board_or_off_it(app: Gainful) -> None:
    app.facts.append([Person(at=NOW + timedelta(days=1), id="e1", team="shop", on_board=True)], "test")
    app.people.apply(planned(app, PersonRow(2, "e1", "desk")))
    (ann,) = [one.person for one in app.people.listed() if one.names[0] == "e1"]
    assert (ann.team, ann.on_board) == ("desk", True)


# --- what is kept -----------------------------------------------------------------------------------------------------


def work(app: Gainful) -> None:
    facts = [
        WorkItem(at=NOW, id="T-1", work_class="ticket", requester="e3"),
        HumanTime(at=NOW, work_item="T-1", person="ann@example.org", what="review", seconds=Decimal(60)),
        Claim(at=NOW, work_item="T-1", claimant="e1"),
        Verdict(at=NOW, work_item="T-1", by="e3", accepted=True),
        Call(at=NOW, id="c1", key="k1", person="e1", provider="p", model="m", cost=Decimal("0.5")),
    ]
    app.facts.append(facts, "test")
    app.worth.tell()
    app.worth.of("e1", app.viewer)


def test_everything_about_somebody_is_handed_out_and_nothing_about_others(app: Gainful) -> None:
    work(app)
    found = list(app.privacy.export("ANN@example.org"))
    kinds = [one["kind"] for one in found]
    assert sorted(set(kinds)) == ["call", "claim", "human_time", "look", "name", "person", "standing"]
    assert [one["name"] for one in found if one["kind"] == "name"] == ["ann@example.org", "e1"]
    facts = [fact_from(one) for one in found if one["kind"] not in ("name", "look", "standing")]
    assert {one.person for one in facts if isinstance(one, HumanTime | Call)} == {"e1"}
    text = json.dumps(found, default=str)
    # As a whole word: two letters may well stand in a random pseudonym.
    assert '"e3"' not in text
    assert app.directory.pseudonym("e1") in text
    assert key_of(facts[-1]) == "k1"
    assert [one.verdict for one in app.audit.rows() if one.kind == "privacy"] == ["imported", "exported"]


def test_whoever_is_forgotten_is_nowhere_and_their_work_is_nobodys(app: Gainful, now: list[datetime]) -> None:
    work(app)
    before = app.directory.pseudonym("e1")
    spent = app.usage.spent("model", NOW.date(), now[0].date())
    told = app.worth.tell().kept.organisation
    assert app.privacy.forget("ann@example.org") == 2
    assert app.directory.pseudonym("e1") == ""
    assert app.facts.verify() == ""
    assert app.usage.spent("model", NOW.date(), now[0].date()) == spent
    assert app.facts.case("T-1")[1].claims[0].claimant == before
    # They count no more among those who could have a useful week.
    (gone,) = [one for one in app.people.listed() if not one.names]
    assert (gone.pseudonym, gone.person.eligible, gone.person.left_at) == (before, False, now[0])
    assert app.worth.tell().kept.organisation.net == told.net
    assert planned(app, *FIRST[1:], whole=True).changes == ()
    with pytest.raises(PersonUnknown):
        app.privacy.forget("e1")
    (event,) = [one for one in app.audit.rows() if one.verdict == "forgotten"]
    assert json.loads(event.detail) == {"person": before, "names": 2}


def test_no_name_is_left_in_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    name = "very.special.name@example.org"
    with Gainful.open(home, lambda: NOW) as app:
        app.people.apply(planned(app, PersonRow(2, "e77", "shop", (name,))))
        app.facts.append([WorkItem(at=NOW, id="T-1", work_class="ticket", requester=name)], "test")
        app.looks.plant("T-1", passed=True)
        app.looks.verdict("T-1", name, passed=True)
        app.worth.of(name, app.viewer)
    assert name.encode() in home.database.read_bytes()
    with Gainful.open(home, lambda: NOW) as app:
        app.privacy.forget("e77")
    left = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
    assert name.encode() not in left


def test_what_is_not_kept_any_longer_goes_and_worth_is_told_of_the_rest(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text("[privacy]\nkeep_days = { call = 60, human_time = 40 }\n", encoding="utf-8")
    later = NOW + timedelta(days=50)
    with Gainful.open(home, lambda: later) as app:
        work(app)
        assert [(one.kind, one.days, one.over) for one in app.privacy.keeping()] == [
            ("call", 60, 0),
            ("human_time", 40, 1),
        ]
        assert app.privacy.delete_old() == {"human_time": 1}
        assert app.privacy.delete_old() == {}
        assert app.worth.time()[0] == later - timedelta(days=40)
        app.worth.tell()
        with pytest.raises(Invalid, match="None can be shown yet"):
            app.worth.months.chosen(app.viewer, NOW.date(), NOW.date())
        assert [one.verdict for one in app.audit.rows() if one.kind == "privacy"] == ["deleted"]


@pytest.mark.parametrize("given", ["{ person = 90 }", "{ prompts = 90 }", "{ call = 7 }"])
def test_who_is_who_is_kept_and_nothing_goes_too_soon(tmp_path: Path, given: str) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(f"[privacy]\nkeep_days = {given}\n", encoding="utf-8")
    with pytest.raises(Invalid, match="keep_days"):
        Gainful.open(home)
