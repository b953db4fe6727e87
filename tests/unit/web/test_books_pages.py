"""The books over a chosen time, on pages and in files, for the owner and for everybody; and policies."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

import pytest

from gainful.app import Gainful
from gainful.app.trial.company import Company
from gainful.cli.main import run
from gainful.storage.config import Home
from tests.unit.web.console_site import EMPLOYEE, LEAD, OWNER, Site

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A console of a company whose ten weeks end on a Sunday in November."""
    home = Home(tmp_path_factory.mktemp("books") / "home")
    home.prepare()
    home.config.write_text(f'[owner]\nname = "{OWNER}"\n', encoding="utf-8")
    with Gainful.open(home, lambda: NOW) as app:
        facts = Company(1, NOW - timedelta(days=1)).facts()
        while batch := list(islice(facts, 5000)):
            app.facts.append(batch, "test")
        app.worth.tell()
        made = Site(app)
        made.people()
        with made.server:
            yield made


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_time_is_chosen_by_one_press_and_all_figures_are_of_it(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/books").body
    for name, query in {
        "This month": "?from=2026-11&amp;to=2026-11",
        "Last month": "?from=2026-10&amp;to=2026-10",
        "This quarter": "?from=2026-10&amp;to=2026-11",
        "Last quarter": "?from=2026-07&amp;to=2026-09",
    }.items():
        assert f'href="/books{query}"' in page, name
    october = browser.get("/books?from=2026-10&to=2026-10").body
    assert "All together, October 2026" in october
    assert "verified outcomes cost" in october
    assert 'href="/books/boards/team?from=2026-10&amp;to=2026-10"' in october
    assert "2026-10-01" in october
    assert "2026-10-31" in october


def test_files_and_the_command_line_say_the_same_of_the_same_time(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(site.browser().get("/books/boards/team/csv?from=2026-10&to=2026-10").body)
    capsys.readouterr()
    home = str(site.app.home.path)
    assert run(["--home", home, "board", "--since", "2026-10-01", "--until", "2026-11-01", "--json"]) == 0
    told = {one["unit"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert len(rows) == len(told) > 10
    for row in rows:
        one = told[row["unit"]]
        assert Decimal(row["net_low_usd"]) == Decimal(one["net_worth_usd"]["p10"])
        assert Decimal(row["cost_usd"]) == Decimal(one["cost_usd"])
        per = one["cost_per_verified_outcome_usd"]
        assert (row["cost_per_verified_outcome_usd"] == "") == (per is None)
    assert run(["--home", home, "worth", "--since", "2026-10-01", "--until", "2026-11-01", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)["organisation"]
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal(whole["cost_usd"])


def test_a_figure_leads_to_the_entries_behind_it(site: Site) -> None:
    browser = site.browser()
    board = browser.get("/books/boards/team?from=2026-10&to=2026-11").body
    assert 'href="/books/units/team/rockets?from=2026-10&amp;to=2026-11"' in board
    page = browser.get("/books/units/team/rockets?from=2026-10&to=2026-11").body
    assert "October 2026" in page
    assert "November 2026" in page
    run_ = page.split('href="/books/runs/')[1].split('"')[0]
    assert browser.get(f"/books/runs/{run_}").status == 200
    agent = browser.get("/books/units/agent/agent-of-rockets-4?from=2026-11&to=2026-11")
    assert (agent.status, "agent-of-rockets-4" in agent.body) == (200, True)
    whole, row = browser.get("/books/units/team/rockets").body, browser.get("/books/boards/team").body
    surely = re.search(r">rockets</a></th><td[^>]*><strong>([^<]*)<", row)
    assert surely is not None
    assert surely.group(1) in whole, "of all that is known a team's page says what its row on the board says"
    assert browser.get("/books/units/team/nobody?from=2026-10&to=2026-11").status == 404
    assert browser.get("/books/units/person/somebody").status == 404


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD])
def test_everybody_else_sees_published_months_and_no_unit(site: Site, person: str) -> None:
    browser = site.browser(person)
    page = browser.get("/books").body
    assert "This month" not in page, "it is not over for long enough"
    assert "Last quarter" in page
    assert "never told otherwise afterwards" in page
    assert browser.get("/books?from=2026-11&to=2026-11").status == 400
    shown = table(browser.get("/books/boards/team/csv?from=2026-09&to=2026-10").body)
    assert shown
    assert all(int(row["people"]) >= 5 for row in shown)
    assert browser.get("/books/boards/agent?from=2026-10&to=2026-10").status == 403
    assert browser.get("/books/units/team/rockets?from=2026-10&to=2026-10").status == 403


@pytest.mark.parametrize("query", ["from=tomorrow", "from=2026-13", "from=2026-10-01", "to=%22"])
def test_what_is_no_month_is_said(site: Site, query: str) -> None:
    assert site.browser().get(f"/books?{query}").status == 400


def test_each_finding_says_what_mending_it_would_change(site: Site) -> None:
    body = site.browser().get("/books/waste?from=2026-10&to=2026-11").body
    assert body.count("What mends it:") == body.count('<article class="card"')
    # The company's agents run in no installation: a person is told what to do, and no button pretends to.
    assert "Take away what starts" in body
    assert "Mend it" not in body
    assert "What mends it:" in site.browser(LEAD).get("/books/waste").body


def test_what_can_be_mended_here_shows_it_first_and_then_does_exactly_that(site: Site) -> None:
    finding = next(one for one in site.app.worth.as_told().findings() if str(one.fix.remedy) == "pause")
    name = finding.fix.target
    file = site.app.home.path / "agents" / name / "AGENT.md"
    file.parent.mkdir(parents=True)
    file.write_text(f"---\nname: {name}\nowner: {OWNER}\npurpose: Talks.\n---\nTalk.\n", encoding="utf-8")
    site.app.agents.enable(name, site.app.agents.change(name).digest)
    browser = site.browser()
    body = browser.get("/books/waste").body
    assert f"&#39;{name}&#39; would be stopped" in body
    assert not site.app.guards.stops.reason(name)
    said = browser.follow(browser.post(f"/books/waste/{finding.id}"))
    assert "is stopped" in said.body
    assert site.app.guards.stops.reason(name)
    assert f"&#39;{name}&#39; was stopped already" in browser.get("/books/waste").body


# --- policies ---------------------------------------------------------------------------------------------------------


def test_policies_say_what_holds_and_what_the_gate_would_answer(site: Site) -> None:
    browser = site.browser()
    assert 'href="/settings/policies"' in browser.get("/settings").body
    page = browser.get("/settings/policies").body
    assert "What holds everywhere" in page
    assert "outside-manifest" in page
    assert "brought by Gainful" in page
    before = site.state()
    asked = browser.get("/settings/policies?agent=triage&tool=mail.send&with=to+%3D+eve%40example.net").body
    assert "It may not" in asked
    assert "rule <code>outside-manifest</code>" in asked
    assert site.state() == before
    assert "No tool is called" in browser.get("/settings/policies?agent=triage&tool=mail.explode").body
    nonsense = browser.get("/settings/policies?agent=triage&tool=mail.send&with=nonsense").body
    assert "&#39;nonsense&#39; is no argument" in nonsense


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD])
def test_policies_are_for_the_owner(site: Site, person: str) -> None:
    browser = site.browser(person)
    assert browser.get("/settings/policies").status == 403
    assert "/settings/policies" not in browser.get("/settings").body
