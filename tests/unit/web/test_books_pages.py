"""The books over a chosen time, on pages and in files, for the owner and for everybody; and policies."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.worth import Role, Viewer
from gainful.cli.main import run
from gainful.web.console.pages import spending
from tests.unit.web.console_site import EMPLOYEE, LEAD, OWNER, Site, console_of, owned, tell_of_company

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A console of a company whose ten weeks end on a Sunday in November."""
    home = owned(tmp_path_factory.mktemp("books"))
    with Gainful.open(home, lambda: NOW) as app:
        tell_of_company(app, NOW - timedelta(days=1))
        with console_of(app) as made:
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


def links(body: str, begin: str) -> list[str]:
    """Addresses on a page that begin like this, in order."""
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', body) if one.startswith(begin)]


def test_from_what_all_of_it_cost_one_comes_to_a_model_a_day_a_run_and_its_calls(site: Site) -> None:
    browser = site.browser()
    (model, *_) = links(browser.get("/books").body, "/books/spending/model")
    by_day = browser.get(model).body
    assert "Cost of anthropic:claude-sonnet-4-5" in by_day
    days = links(by_day, "/books/days/")
    assert len(days) > 60, "in the chart, and in the table below it"
    (day,) = {one for one in days if "2026-10-08" in one}
    of_day = browser.get(day).body
    team = next(one for one in links(of_day, f"{day}?by=team") if one.endswith("rockets"))
    of_team = browser.get(team).body
    runs = links(of_team, "/books/runs/")
    assert runs == [one for one in links(of_day, "/books/runs/") if one in runs][: len(runs)]
    assert "claude-sonnet-4-5" in browser.get(runs[0]).body
    (agent, *_) = links(of_team, "/books/units/agent/")
    assert browser.get(agent).status == 200


def test_days_add_up_to_what_everything_cost_however_it_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # A page shows the dearest; a file that left the others out would add up to less than was spent.
    monkeypatch.setattr(spending, "LISTED", 2)
    browser = site.browser()
    sums = set()
    for by in ("model", "tool", "team", "agent", "day"):
        got = browser.get(f"/books/cost/{by}/csv?since=2026-10-01&until=2026-10-31")
        assert f'"cost-{by}-2026-10-01-2026-10-31.csv"' in got.headers["content-disposition"]
        rows = table(got.body)
        sums.add(sum(Decimal(row["cost_usd"]) for row in rows))
    assert len(sums) == 1
    since, until = date(2026, 10, 8), date(2026, 10, 9)
    (day,) = site.app.usage.by_day(since, until)
    assert sum(one.cost.amount for one in site.app.usage.runs(since, until, 1_000_000)) == day.cost.amount


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/books/days/tomorrow", 400),
        ("/books/days/0001-01-01", 400),
        ("/books/days/9999-12-31", 400),
        ("/books/days/2026-10-08?by=model&name=m", 404),
        ("/books/days/2026-10-08?by=team&name=nobody", 200),
        ("/books/spending/team?name=rockets", 404),
        ("/books/spending/model?name=nothing", 200),
        ("/books/cost/person", 404),
    ],
)
def test_a_day_or_a_name_that_is_none_is_said(site: Site, path: str, status: int) -> None:
    assert site.browser().get(path).status == status


def test_worth_is_shown_month_by_month_and_each_leads_to_its_month(site: Site) -> None:
    body = site.browser().get("/books").body
    assert "Sep 2026: surely $" in body
    for month in ("2026-09", "2026-10", "2026-11"):
        assert f"/books?from={month}&to={month}" in links(body, "/books?")
    only = site.browser().get("/books?from=2026-10&to=2026-10").body
    assert ("Oct 2026: surely $" in only, "Sep 2026: surely" in only) == (True, False)


def test_useful_weeks_of_teams_are_the_owners_to_see(site: Site) -> None:
    body = site.browser().get("/books/weeks").body
    assert "Together" in body
    assert re.search(r"rockets</a></th><td class=\"number\">\d+ of 12</td>", body)
    assert site.browser(LEAD).get("/books/weeks").status == 403


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD])
def test_what_lies_behind_a_day_is_the_owners_to_see(site: Site, person: str) -> None:
    browser = site.browser(person)
    body = browser.get("/books").body
    for behind in ("days", "units", "weeks", "cost", "spending"):
        assert not links(body, f"/books/{behind}"), behind
    for page in ("/books/cost/day", "/books/spending/model?name=openai:gpt-5-mini", "/books/weeks"):
        assert browser.get(page).status == 403
    assert browser.get("/books/days/2026-10-08").status == 403


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


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD])
def test_nobody_else_works_out_a_day(site: Site, person: str) -> None:
    browser = site.browser(person)
    day = "since=2026-10-07&until=2026-10-07"
    for path in ("/books/cost/model", "/books/cost/tool", "/books/cost/team", "/books/cost/model/csv"):
        assert browser.get(f"{path}?{day}").status == 403
        assert site.browser().get(f"{path}?{day}").status == 200
    page = browser.get("/books").body
    shown, of_a_day = (_spent(one) for one in (page, browser.get(f"/books?{day}").body))
    assert shown == of_a_day
    rows = table(browser.get("/books/boards/team/csv").body)
    assert shown == f"${sum(Decimal(row['cost_usd']) for row in rows):,.2f}"
    assert "All together, September to October 2026" in page, "and not what was told a moment ago"
    assert "<title>Oct 2026: $" in page
    assert "<title>7 Oct 2026: $" not in page


def _spent(page: str) -> str:
    """The sum that the section on cost begins with."""
    return page.split('id="cost"')[1].split("<strong>")[1].split("</strong>")[0]


def test_programs_of_others_see_published_months_too(site: Site) -> None:
    from gainful.app.console import Scope

    def worth(person: str, *scopes: Scope) -> dict[str, Any]:
        name = "-".join(("worth", person, *scopes))
        token = site.app.access.add_token(name, person, [Scope.READ, *scopes], timedelta(days=1), OWNER)
        got = site.request("GET", "/api/v1/worth", {"authorization": f"Bearer {token}"})
        assert got.status == 200
        return dict(json.loads(got.body))

    whole, published = worth(OWNER, Scope.MANAGE), worth(LEAD)
    assert worth(OWNER) == published, "a token that may not manage shows nobody more than everybody sees"
    assert (published["since"][:10], published["until"][:10]) == ("2026-09-01", "2026-11-01")
    assert Decimal(published["organisation"]["cost_usd"]) < Decimal(whole["organisation"]["cost_usd"])
    assert (published["baselines"], published["audits"], published["hold_out_cost_usd"]) == (None, None, None)
    assert whole["baselines"]
    rows = table(site.browser(LEAD).get("/books/boards/team/csv").body)
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal(published["organisation"]["cost_usd"])


@pytest.mark.parametrize("query", ["from=tomorrow", "from=2026-13", "from=2026-10-01", "to=%22"])
def test_what_is_no_month_is_said(site: Site, query: str) -> None:
    assert site.browser().get(f"/books?{query}").status == 400


def test_each_finding_says_what_mending_it_would_change(site: Site) -> None:
    body = site.browser().get("/books/waste?from=2026-10&to=2026-11").body
    assert body.count("What mends it:") == body.count('<article class="card"')
    # The company's agents run in no installation: a person is told what to do, and no button pretends to.
    assert "Take away what starts" in body
    assert "Mend it" not in body


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD])
def test_what_is_found_about_agents_of_others_is_the_owners_to_read(site: Site, person: str) -> None:
    (theirs, *_) = site.app.worth.as_told().findings(1)
    for page in ("/books", "/books/waste", f"/books/waste?finding={theirs.id}"):
        body = site.browser(person).get(page).body
        assert "an agent is often one person" in body
        assert (theirs.agent in body, theirs.proof in body, "What mends it:" in body) == (False, False, False)
    assert f"f-{theirs.id}" in site.browser().get("/books/waste").body


def test_whoever_owns_an_agent_reads_what_is_found_about_it(site: Site) -> None:
    worth = site.app.worth.as_told()
    (found, *_) = worth.findings(1)
    record = site.app.facts.record(*site.app.worth.time())
    owner = record.agents([found.agent])[found.agent].owner
    person = site.app.directory.names([owner])[owner]
    own = worth.findings_for(Viewer(person, Role.EMPLOYEE))
    assert {one.agent for one in own} == {found.agent}
    assert worth.findings_for(Viewer("nobody@example.org", Role.EMPLOYEE)) == []
    assert worth.findings_for(Viewer("nobody@example.org", Role.OWNER)) == worth.findings()


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
