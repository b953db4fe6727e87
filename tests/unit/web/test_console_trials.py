"""Trying an agent on recorded input from its page: what is said before, what is held back, and one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.money import Money
from gainful.storage.settings.config import Home
from tests.fixtures.waiting import eventually
from tests.unit.web import handbook
from tests.unit.web.console_site import LEAD, OWNER, Site
from tests.unit.web.test_console_runs import ended

PRICED = '[model]\nname = "scripted:script.yaml"\ninput_price = 1000\noutput_price = 1000\n'


def opened(tmp_path: Path, more: str = "") -> Iterator[Site]:
    home = Home(tmp_path / "home")
    handbook.lay(home, tmp_path / "notes", more)
    with Gainful.open(home) as app:
        handbook.enable(app)
        # As `gainful serve` has it: who takes runs from the queue.
        app.jobs.engine(schedules=True)
        made = Site(app)
        made.people()
        with made.server:
            yield made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from opened(tmp_path)


@pytest.fixture
def priced(tmp_path: Path) -> Iterator[Site]:
    yield from opened(tmp_path, PRICED)


def test_a_trial_shows_what_it_would_do_beside_what_happened(site: Site) -> None:
    recorded = handbook.answered(site.app, "When is it closed?")
    browser = site.browser()
    assert 'href="/agents/handbook/try"' in browser.get("/agents/handbook").body
    page = browser.get("/agents/handbook/try").body
    assert "It costs nothing: its model is free." in page
    assert "When is it closed?" in page
    (folder,) = [site.app.home.path / "agents" / "handbook"]
    script = folder / "script.yaml"
    script.write_text(script.read_text().replace("On Friday. There is", "On Friday, as before. There is"))
    got = browser.post("/agents/handbook/try", {"input": "o1", "version": "file"})
    assert got.status == 303, got.body
    where = got.headers["location"]
    run_id = where.rpartition("/")[2]
    assert eventually(lambda: (run := site.app.runs.find(run_id)) is not None and run.ended_at is not None)
    shown = browser.get(where).body
    assert "It is over." in shown
    assert "Nothing was done" in shown
    assert "It ended otherwise." in shown
    assert "Nothing: it only reads, and answers." in shown
    assert "On Friday. There is" in shown
    assert "On Friday, as before. There is" in shown
    run = site.app.runs.find(run_id)
    assert run is not None
    assert (run.applied, run.state) == (False, "done")
    assert f"/runs/{recorded}/replay" in shown


def test_a_trial_holds_every_effect_back(site: Site) -> None:
    handbook.answered(site.app, "write it down")
    got = site.browser().post("/agents/handbook/try", {"input": "o1", "version": "enabled"})
    run_id = got.headers["location"].rpartition("/")[2]
    assert eventually(lambda: (run := site.app.runs.find(run_id)) is not None and run.ended_at is not None)
    assert not (site.app.home.path.parent / "notes" / "new.md").exists()
    states = {call.tool: call.state for call in site.app.calls.of_run(run_id)}
    assert (states["files.read"], states["files.write"]) == ("done", "held back")
    shown = site.browser().get(f"/agents/handbook/trials/{run_id}").body
    assert '<div class="ask"><dt>after asking you</dt><dd>1</dd></div>' in shown
    assert '<div class="allow"><dt>by itself</dt><dd>0</dd></div>' in shown
    assert "Nothing was done" in shown
    assert site.app.work.claims() == []


def test_a_trial_goes_on_in_the_background_and_one_at_a_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    handbook.asked(site.app)
    monkeypatch.setattr(site.app.jobs.engine(), "start", lambda *_: None)
    monkeypatch.setattr("gainful.app.agent.trials.Trials.is_over", lambda *_: False)
    browser = site.browser()
    first = browser.post("/agents/handbook/try", {"input": "o1"})
    page = browser.follow(first).body
    assert "It waits for its turn." in page
    assert 'data-live="runs approvals"' in page
    again = browser.post("/agents/handbook/try", {"input": "o1"})
    assert (again.status, "is not over" in again.body) == (403, True)
    assert "is under way" in browser.get("/agents/handbook/try").body
    monkeypatch.setattr("gainful.app.agent.trials.Trials.is_over", lambda *_: True)
    assert browser.post("/agents/handbook/try", {"input": "o1"}).status == 303


def test_who_presses_twice_at_once_begins_one(site: Site) -> None:
    from gainful.storage.console.trial_store import Trial, TrialStore

    kept = TrialStore(site.app.database)
    mine = Trial("r1", "handbook", OWNER, "", "d", "", "")
    begun = []

    def over(_: Trial) -> bool:
        # Somebody else is quicker, between the look and the note.
        begun.append(kept.begin(Trial("r3", "handbook", OWNER, "", "d", "", ""), lambda _: True))
        return True

    assert kept.begin(mine, lambda _: True) is None
    assert kept.begin(Trial("r2", "handbook", OWNER, "", "d", "", ""), over) == kept.find("r3")
    assert (begun, kept.find("r2")) == ([None], None)


def test_before_money_is_spent_the_most_of_it_is_agreed_to(priced: Site) -> None:
    handbook.asked(priced.app)
    browser = priced.browser()
    assert priced.app.trials.quote("handbook", enabled=False).most == Money("0.05")
    page = browser.get("/agents/handbook/try").body
    assert "It may spend up to <strong>0.05 USD</strong>" in page
    for form in ({}, {"agreed": "yes", "most": "0.04"}, {"agreed": "yes"}, {"agreed": "yes", "most": "NaN"}):
        assert browser.post("/agents/handbook/try", {"input": "o1", **form}).status == 400
    assert priced.app.trials.last(OWNER) is None
    got = browser.post("/agents/handbook/try", {"input": "o1", "agreed": "yes", "most": "0.05"})
    run_id = got.headers["location"].rpartition("/")[2]
    assert eventually(lambda: (run := priced.app.runs.find(run_id)) is not None and run.ended_at is not None)
    spent = priced.app.why(run_id).spent.cost.amount
    assert Decimal(0) <= spent <= Decimal("0.05")
    # At a price at which no answer fits, the budget lets none be asked.
    assert ended(priced, run_id) == "failed"
    assert "budget" in priced.app.replays.of(run_id).frames[-1].parts[0].text.lower()


def test_the_tightest_budget_is_the_bound(tmp_path: Path) -> None:
    for site in opened(tmp_path, PRICED + "daily_budget = 100\n"):
        file = site.app.home.path / "agents" / "handbook" / "AGENT.md"
        assert site.app.trials.quote("handbook", enabled=False).most == Money("0.05")
        file.write_text(handbook.AGENT.replace("budget: {run: 0.05, month: 10}\n", ""))
        assert site.app.trials.quote("handbook", enabled=False).most == Money("0.25"), "what files have by default"
        file.write_text(handbook.AGENT.replace("run: 0.05, month: 10", "run: 5, month: 3"))
        assert site.app.trials.quote("handbook", enabled=False).most == Money(3)


def test_what_cannot_be_tried_is_refused(site: Site) -> None:
    browser = site.browser()
    assert "Nothing has woken it yet" in browser.get("/agents/handbook/try").body
    handbook.asked(site.app)
    assert browser.post("/agents/handbook/try", {"input": "zzz"}).status == 400
    assert browser.post("/agents/handbook/try", {}).status == 400
    assert browser.post("/agents/handbook/try", {"input": "o1", "version": "other"}).status == 400
    assert browser.get("/agents/nobody/try").status == 404
    assert browser.get("/agents/handbook/trials/zzz").status == 404
    assert site.browser(LEAD).get("/agents/handbook/try").status == 403


def test_what_was_never_run_has_nothing_beside_it(site: Site) -> None:
    handbook.asked(site.app)
    got = site.browser().post("/agents/handbook/try", {"input": "o1"})
    run_id = got.headers["location"].rpartition("/")[2]
    assert eventually(lambda: (run := site.app.runs.find(run_id)) is not None and run.ended_at is not None)
    assert "was never run" in site.browser().get(f"/agents/handbook/trials/{run_id}").body
