"""The console over the wire: what each page shows to whom, what answers do, and what is refused without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Right, Role
from gainful.core.money import Money
from gainful.gate.approval import Approvers, State
from gainful.web.console.pages import PAGES
from tests.unit.web.console_site import (
    AUDITOR,
    EMPLOYEE,
    LEAD,
    OWNER,
    PASSWORD,
    Browser,
    Site,
    console_of,
    owned,
    tell_of_company,
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(owned(tmp_path)) as app:
        made = Site(app)
        with made.server:
            yield made


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A console of a company whose worth was told."""
    home = owned(tmp_path_factory.mktemp("told"))
    with Gainful.open(home) as app:
        tell_of_company(app, datetime.now(UTC) - timedelta(days=1))
        with console_of(app) as made:
            yield made


# --- signing in -------------------------------------------------------------------------------------------------------


def test_the_first_account_needs_the_code_and_is_the_owners(site: Site) -> None:
    code = site.app.access.offer_setup()
    browser = Browser(site)
    assert browser.get("/").headers["location"] == "/sign-in"
    assert browser.get("/sign-in").title == "First start"
    form = {"person": OWNER, "password": PASSWORD}
    assert browser.post("/sign-in", {**form, "code": "0000-0000-0000"}).status == 403
    assert browser.post("/sign-in", {**form, "code": code, "password": "short"}).status == 400
    assert not site.app.access.accounts()
    got = browser.post("/sign-in", {**form, "code": code})
    assert "HttpOnly" in got.headers["set-cookie"]
    assert "samesite=strict" in got.headers["set-cookie"].lower()
    assert browser.follow(got).title == "Today"
    assert [(one.person, one.role) for one in site.app.access.accounts()] == [(OWNER, "owner")]
    assert Browser(site).post("/sign-in", {**form, "code": code}).status == 403, "there is one now"


def test_a_wrong_password_lets_nobody_in_and_soon_has_to_wait(site: Site) -> None:
    site.people()
    browser = Browser(site)
    for _ in range(5):
        assert "wrong" in browser.post("/sign-in", {"person": OWNER, "password": "no such password"}).body
    got = browser.post("/sign-in", {"person": OWNER, "password": PASSWORD})
    assert (got.status, "too many" in got.body) == (403, True)
    assert not browser.cookie


def test_signing_out_ends_the_session(site: Site) -> None:
    site.people()
    browser = site.browser()
    other = Browser(site, browser.cookie, browser.csrf)
    assert browser.follow(browser.post("/sign-out")).title == "Sign in"
    assert other.get("/").headers["location"] == "/sign-in"


def test_a_new_password_ends_every_session(site: Site) -> None:
    site.people()
    browser, other = site.browser(), site.browser()
    assert browser.post("/settings/password", {"old": "not the one I have", "new": "x" * 12}).status == 403
    assert browser.post("/settings/password", {"old": PASSWORD, "new": "another good one"}).status == 303
    assert other.get("/").status == 303
    assert site.app.access.sign_in(OWNER, "another good one")


# --- what is refused --------------------------------------------------------------------------------------------------


def concrete(path: str) -> str:
    """An address of this route, with names that there are or are not."""
    for name, value in {"approval": "k7h2k9abcd", "agent": "triage", "by": "model", "unit": "team"}.items():
        path = path.replace("{" + name + "}", value)
    return path.replace(":path", "").replace("{", "").replace("}", "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_route_refuses_who_may_not_and_changes_nothing(site: Site, page: object) -> None:
    route = next(one for one in PAGES if one is page)
    site.people()
    card = site.asked()
    path = concrete(route.path)
    form = {"verdict": "accept", "card": card, "password": PASSWORD, "said": "pass", "person": "x", "role": "owner"}
    before = site.state()
    nobody = Browser(site)
    owner = site.browser()

    def send(browser: Browser, **headers: str) -> int:
        if route.method == "GET":
            return browser.get(path, **headers).status
        return browser.post(path, form, **headers).status

    assert send(nobody) == (303 if route.method == "GET" else 401)
    assert send(owner, host="evil.example:80") == 421
    assert send(owner, origin="http://evil.example") == 403
    for person in (EMPLOYEE, AUDITOR, LEAD):
        browser = site.browser(person)
        if route.right not in site.app.access.session(browser.cookie).rights:  # type: ignore[union-attr]
            assert send(browser) == 403
    if route.method == "POST":
        own, owner.csrf = owner.csrf, "0" * 64
        assert send(owner) == 403
        owner.csrf = own
        assert owner.post(path, {**form, "more": "x" * 600_000}).status == 413
        assert owner.post(path, form, content_type="application/json").status == 400
        no_origin = {"cookie": f"gainful-session={owner.cookie}", "content-type": "application/x-www-form-urlencoded"}
        assert site.request("POST", path, no_origin, f"csrf={own}").status == 403
        assert site.request("GET", path, {"cookie": f"gainful-session={owner.cookie}"}).status in (200, 404)
    assert site.state() == before
    assert not site.complaints


def test_whatever_is_not_in_the_table_is_not_there(site: Site) -> None:
    site.people()
    assert Browser(site).get("/nothing").status == 404
    assert site.browser().get("/nothing").title == "Nothing here"
    for path in ("/static/../site.py", "/static/layout.html", "/static/%2e%2e/site.py"):
        assert Browser(site).get(path).status == 404


def test_every_answer_says_what_a_browser_may_do_with_it(site: Site) -> None:
    site.people()
    for got in (site.browser().get("/"), Browser(site).get("/sign-in"), Browser(site).get("/nothing")):
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert "unsafe" not in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"


# --- approvals --------------------------------------------------------------------------------------------------------


def test_a_card_is_shown_whole_and_without_what_deceives(site: Site) -> None:
    site.people()
    site.asked()
    got = site.browser().get("/approvals")
    assert "⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩" in got.body
    assert "<script>alert" not in got.body
    assert "&lt;script&gt;alert" in got.body
    assert "Something leaves that a stranger may have written." in got.body


def test_what_cannot_be_taken_back_wants_a_fresh_password(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.people()
    card = site.asked()
    browser = site.browser()
    real = site.app.clock()
    monkeypatch.setattr(site.app.access, "_clock", lambda: real + timedelta(minutes=11))
    got = browser.post("/approvals/k7h2k9abcd", {"verdict": "accept", "card": card})
    assert got.status == 400
    assert browser.post("/approvals/k7h2k9abcd", {"verdict": "accept", "card": card, "password": "wrong"}).status == 403
    assert site.app.approvals.find("k7h2k9abcd").state is State.WAITING
    form = {"verdict": "accept", "card": card, "password": PASSWORD}
    assert "Accepted." in browser.follow(browser.post("/approvals/k7h2k9abcd", form)).body
    found = site.app.approvals.find("k7h2k9abcd")
    assert (found.state, found.answered_by) == (State.ACCEPTED, OWNER)


def test_what_is_said_once_waits_for_the_page_that_is_opened(site: Site) -> None:
    site.people()
    browser = site.browser()
    browser.post("/agents/triage/stop")
    assert 'class="said"' not in browser.get("/agents", x_gainful_live="1").body
    assert 'class="said"' in browser.get("/agents").body
    assert 'class="said"' not in browser.get("/agents").body


def test_another_card_than_was_shown_is_not_accepted(site: Site) -> None:
    site.people()
    site.asked()
    got = site.browser().post("/approvals/k7h2k9abcd", {"verdict": "accept", "card": "0" * 64})
    assert got.status == 403
    assert site.app.approvals.find("k7h2k9abcd").state is State.WAITING


def test_an_edited_effect_happens_as_it_was_put(site: Site) -> None:
    site.people()
    card = site.asked(effect="reversible")
    browser = site.browser()
    assert "Edit it first" in browser.get("/approvals/k7h2k9abcd").body
    form = {"verdict": "edit", "card": card, "effect-0-to": '["bo@example.org"]'}
    assert browser.post("/approvals/k7h2k9abcd", {**form, "effect-0-to": "no JSON"}).status == 400
    assert browser.post("/approvals/k7h2k9abcd", form).status == 303
    found = site.app.approvals.find("k7h2k9abcd")
    assert (found.state, found.edits[0].arguments["to"]) == (State.EDITED, ["bo@example.org"])


def test_four_eyes_hold_here_too(site: Site) -> None:
    site.people()
    card = site.asked(approvers=Approvers(people=frozenset({LEAD})))
    form = {"verdict": "accept", "card": card, "password": PASSWORD}
    assert site.browser().post("/approvals/k7h2k9abcd", form).status == 403
    assert site.browser(LEAD).post("/approvals/k7h2k9abcd", form).status == 303


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_what_chance_leaves_is_measured_here(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from gainful.app.waking.leaving import Left
    from gainful.core.fact import WorkItem

    site.people()
    now = site.app.clock()
    site.app.facts.append([WorkItem(at=now, id="mail:7h2k9", work_class="mail", requester="tom")], "test")
    left = [Left("mail:7h2k9", "answer", now, "When do the kites come?")]
    monkeypatch.setattr(site.app.leaving, "waiting", lambda: left)
    browser = site.browser()
    assert "When do the kites come?" in browser.get("/").body
    assert browser.post("/by-hand/mail:7h2k9/done").status == 400
    assert "The clock runs" in browser.follow(browser.post("/by-hand/mail:7h2k9/begin")).body
    assert browser.post("/by-hand/mail:7h2k9/begin").status == 400
    assert "Booked" in browser.follow(browser.post("/by-hand/mail:7h2k9/done")).body
    _, case = site.app.facts.case("mail:7h2k9")
    assert [(one.what, one.measured) for one in case.times] == [("hand", True)]


# --- agents and settings ----------------------------------------------------------------------------------------------


def test_whoever_stops_an_agent_is_named(site: Site) -> None:
    site.people()
    lead = site.browser(LEAD)
    assert "'triage' is stopped." in lead.follow(lead.post("/agents/triage/stop")).body.replace("&#39;", "'")
    assert LEAD in site.app.guards.stops.reason("triage")
    assert lead.post("/agents/nobody/stop").status == 404
    lead.post("/agents/triage/resume")
    assert not site.app.guards.stops.reason("triage")


def test_an_agent_is_made_checked_changed_and_enabled(site: Site) -> None:
    site.people()
    browser = site.browser()
    form = {"name": "helper", "purpose": "Answer questions about the handbook", "mention": "yes", "run": "0.1"}
    wrong = browser.post("/agents/new", {**form, "run": "many"})
    assert (wrong.status, wrong.title, "is no amount in USD" in wrong.body) == (400, "New agent", True)
    assert "Answer questions about the handbook</textarea>" in wrong.body, "what was filled in is not lost"
    wrong = browser.post("/agents/new", {**form, "name": "My Helper", "cron": "0 25 * * *"})
    assert (wrong.status, "AGENT.md" in wrong.body) == (400, False), "nobody has seen a file yet"
    many = {"name": "My Helper", "cron": "0 25 * * *", "run": "many", "month": "more", "tool-1": "files.raed"}
    wrong = browser.post("/agents/new", {**form, **many})
    assert wrong.body.count('class="problem"') == 5, "amounts, name, times and tool are told together"
    assert "helper" in browser.follow(browser.post("/agents/new", form)).title
    text = site.app.agents.draft("helper").version.text
    assert "It can be used." in browser.post("/agents/helper/check", {"text": text}).body
    assert browser.post("/agents/new", form).status == 400, "there is one already"
    assert "problem" in browser.post("/agents/helper/check", {"text": "no front matter"}).body
    twice = text.replace("purpose:", "porpose:").replace("run: 0.1", "run: many")
    assert browser.post("/agents/helper/check", {"text": twice}).body.count('class="problem"') == 2
    four = twice.replace("tools: [", "tools: [files.raed").replace("- on: mention", "- on: menton")
    assert browser.post("/agents/helper/check", {"text": four}).body.count('class="problem"') == 4
    dear = browser.post("/agents/helper/check", {"text": text.replace("run: 0.1", "run: 100")}).body
    assert "that of a run can never be reached" in dear
    assert "It can be used." in dear
    kept = browser.post("/agents/helper", {"text": twice, "before": text})
    assert (kept.status, kept.title, "porpose: Answer" in kept.body) == (400, "helper", True)
    assert site.app.agents.draft("helper").version.text == text
    file = site.app.home.path / "agents" / "helper" / "AGENT.md"
    file.write_text(four, encoding="utf-8")
    page = browser.get("/agents/helper").body
    assert page.count('class="problem"') == 4, "each once"
    assert "porpose: Answer" in page, "what cannot be used can be mended here"
    file.write_text(text, encoding="utf-8")
    page = browser.get("/agents/helper").body
    assert "What enabling would bring into force" in page
    assert "/agents/helper/stop" not in page, "what was never enabled does nothing that could be stopped"
    changed = text.replace("Answer questions about the handbook", "Answer questions about kites")
    assert browser.post("/agents/helper", {"text": changed, "before": "another"}).status == 400
    assert browser.post("/agents/helper", {"text": changed, "before": text}).status == 303
    digest = site.app.agents.change("helper").digest
    assert browser.post("/agents/helper/enable", {"digest": "0" * 64}).status == 403
    assert "is enabled" in browser.follow(browser.post("/agents/helper/enable", {"digest": digest})).body
    assert site.app.agents.state("helper").state == "enabled"
    assert browser.get("/agents/helper/versions/1").status == 200
    assert browser.get("/agents/helper/versions/x").status == 404


def test_an_owner_who_is_somebody_else_is_told_whose_agents_these_are(site: Site) -> None:
    site.people()
    ann = "ann@example.org"
    site.app.access.add(ann, Role.OWNER, PASSWORD, OWNER)
    browser = site.browser(ann)
    browser.post("/agents/new", {"name": "helper", "purpose": "Helps"})
    assert site.app.agents.draft("helper").version.file.owner == OWNER
    page = browser.get("/agents/helper").body
    assert f"Agents here belong to {OWNER}" in page
    assert "Enable exactly this" not in page
    assert "Enable exactly this" in site.browser().get("/agents/helper").body
    digest = site.app.agents.change("helper").digest
    refused = browser.post("/agents/helper/enable", {"digest": digest})
    assert (refused.status, "[owner]" in refused.body) == (400, True)
    text = site.app.agents.draft("helper").version.text
    moved = browser.post("/agents/helper", {"text": text.replace(OWNER, "ann"), "before": text})
    assert moved.status == 303, moved.body
    assert f"write `owner: {OWNER}` in its file" in browser.get("/agents/helper").body


def test_an_empty_installation_says_on_each_page_what_would_be_there(site: Site) -> None:
    site.people()
    browser = site.browser()
    for path, words in {
        "/approvals": "exactly what would happen stands here first",
        "/agents": "You have no agent of your own yet.",
        "/runs": "A run is one time that",
        "/runs?job=triage": "All runs</a>",
        "/deployments": "docs/how-to/deploy.md",
        "/audits": "Nothing can be drawn before worth has been told",
        "/settings": "<code>gainful init</code> sets up a mailbox",
    }.items():
        assert words in browser.get(path).body, path


def test_budgets_of_calls_are_shown_in_calls(site: Site) -> None:
    site.people()
    site.app.budgets.set("agent:triage", None, Money("10"), 500)
    page = site.browser().get("/settings").body
    assert "$10.00, 500 calls</td>" in page
    assert "$0.00, 0 calls</td>" in page


def test_what_a_built_in_job_may_do_is_told_in_full(site: Site) -> None:
    site.people()
    browser = site.browser()
    for path in ("/agents/triage", "/agents/deploy", "/settings/policies"):
        assert "is not known here" not in browser.get(path).body, path
    assert site.app.policies.check("triage", "mail.move", {}, strangers=False).verdict == "allow"


def test_the_last_owner_stays(site: Site) -> None:
    site.people()
    browser = site.browser()
    assert browser.post(f"/settings/accounts/{OWNER}", {"role": "employee"}).status == 400
    assert browser.post(f"/settings/accounts/{OWNER}", {"remove": "yes"}).status == 400
    assert browser.post(f"/settings/accounts/{LEAD}", {"role": "owner"}).status == 303
    assert browser.post(f"/settings/accounts/{OWNER}", {"role": "employee"}).status == 303
    assert browser.get("/").status == 303, "they sign in again"


def test_the_settings_are_for_the_owner(site: Site) -> None:
    site.people()
    site.app.looks  # noqa: B018
    assert "People and roles" in site.browser().get("/settings").body
    assert "People and roles" not in site.browser(EMPLOYEE).get("/settings").body


# --- the books --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/approvals", "/agents", "/agents/new", "/agents/triage", "/agents/deploy", "/runs", "/deployments"),
        *("/books", "/books/boards/team", "/books/boards/agent", "/books/boards/person", "/books/waste"),
        *("/books/cost/model", "/books/cost/team", "/audits", "/settings"),
    ],
)
def test_every_page_is_shown(told: Site, path: str) -> None:
    got = told.browser().get(path)
    assert got.status == 200, got.body
    assert got.title
    assert got.body.count("<h1>") == 1
    assert not told.complaints


def test_the_books_lead_to_the_entries_behind(told: Site) -> None:
    browser = told.browser()
    finding = next(one for one in told.app.worth.as_told().findings() if one.runs)
    body = browser.get("/books/waste").body
    assert finding.proof.split(",")[0] in body
    got = browser.get(f"/books/runs/{finding.runs[0]}")
    assert (got.status, "Its calls" in got.body) == (200, True)
    item = next(one for one in told.app.worth.as_told().findings() if one.items).items[0]
    assert browser.get(f"/books/items/{item}").status == 200
    assert browser.get("/books/runs/nothing").status == 404


def test_mending_says_what_was_done(told: Site) -> None:
    browser = told.browser()
    finding = told.app.worth.as_told().findings()[0]
    shown = browser.follow(browser.post(f"/books/waste/{finding.id}"))
    assert 'class="said"' in shown.body


def test_an_employee_sees_no_small_team_and_nobodys_row(told: Site) -> None:
    browser = told.browser(EMPLOYEE)
    board = told.app.worth.as_told().board("team", told.app.viewer)
    small = [one.unit for one in board if one.people < 5]
    body = browser.get("/books/boards/team").body
    for team in small:
        assert f'<th scope="row">{team}</th>' not in body
    assert browser.get("/books/cost/team").status == 403
    assert browser.get("/books/runs/x").status == 403


def test_files_hold_no_formula(told: Site) -> None:
    got = told.browser().get("/books/boards/team/csv")
    assert got.headers["content-type"].startswith("text/csv")
    assert got.body.splitlines()[0].startswith("unit,team,people,net_low_usd")
    assert "tokens" not in got.body
    from gainful.web.console.sheet import csv_of

    assert csv_of(("a",), [("=1+1",), ("plain",)]).splitlines()[1:] == ["'=1+1", "plain"]


def test_dates_that_are_none_are_refused(told: Site) -> None:
    browser = told.browser()
    for query in ("since=yesterday", "since=2026-02-30", "since=2026-11-02&until=2026-11-01", "until=9999-12-31"):
        assert browser.get(f"/books?{query}").status == 400


def test_a_look_is_blind_and_booked(told: Site) -> None:
    auditor = told.browser(AUDITOR)
    (item,) = told.app.looks.waiting(1, AUDITOR)
    body = auditor.get("/audits").body
    assert item.item in body
    _, case = told.app.facts.case(item.item)
    assert case.claims[0].claimant not in body
    assert auditor.post(f"/audits/{item.item}", {"said": "maybe"}).status == 400
    assert auditor.post(f"/audits/{item.item}", {"said": "pass", "minutes": "lots"}).status == 400
    assert auditor.post(f"/audits/{item.item}", {"said": "pass", "minutes": "12.5"}).status == 303
    assert item.item not in [one.item for one in told.app.looks.waiting(1, AUDITOR)]


# --- live -------------------------------------------------------------------------------------------------------------


def _next(stream: HTTPResponse, event: bytes) -> bytes:
    """What the next event of this name tells."""
    while (line := stream.readline()) != b"event: " + event + b"\n":
        assert line, "the stream has ended"
    return stream.readline()


def test_what_moves_is_told_to_whoever_watches(site: Site) -> None:
    site.people()
    browser = site.browser()
    link = HTTPConnection(site.server.address.removeprefix("http://"), timeout=120)
    link.request("GET", "/live", headers={"host": site.host, "cookie": f"gainful-session={browser.cookie}"})
    stream = link.getresponse()
    assert stream.getheader("content-type", "").startswith("text/event-stream")
    assert stream.readline() == b"retry: 2000\n"
    # What moves from here on is told; what had moved before stands on the page.
    assert _next(stream, b"stands")
    site.asked("zz2k9abcde")
    while b"approvals" not in _next(stream, b"moved"):
        pass
    link.close()
    assert Browser(site).get("/live").status == 401


# --- the API ----------------------------------------------------------------------------------------------------------


def token(site: Site, person: str, *scopes: str) -> dict[str, str]:
    """The header of a new token."""
    from gainful.app.console import Scope

    name = f"{person}-{'-'.join(scopes)}"
    made = site.app.access.add_token(name, person, [Scope(one) for one in scopes], timedelta(days=1), OWNER)
    return {"authorization": f"Bearer {made}", "content-type": "application/json"}


def test_a_token_may_what_its_scopes_and_its_person_may(site: Site) -> None:
    site.people()
    reads, operates = token(site, OWNER, "read"), token(site, EMPLOYEE, "read", "operate")
    assert json.loads(site.request("GET", "/api/v1/me", reads).body)["person"] == OWNER
    assert site.request("GET", "/api/v1/agents", reads).status == 200
    assert site.request("POST", "/api/v1/agents/triage/stop", reads, "{}").status == 403
    assert site.request("POST", "/api/v1/agents/triage/stop", operates, "{}").status == 403
    lead = token(site, LEAD, "operate")
    assert site.request("POST", "/api/v1/agents/triage/stop", lead, '{"reason": "look"}').status == 200
    assert LEAD in site.app.guards.stops.reason("triage")
    for path in ("/api/v1/me", "/api/v1/approvals"):
        got = site.request("GET", path, {})
        assert (got.status, json.loads(got.body)["error"]["code"]) == (401, "token-refused")
    browser = site.browser()
    assert browser.get("/api/v1/me").status == 401, "a cookie is no token"


def test_every_route_of_the_api_refuses_who_may_not_and_changes_nothing(site: Site) -> None:
    site.people()
    site.asked()
    nothing = token(site, EMPLOYEE, "audit")
    described = json.loads(site.request("GET", "/api/v1/openapi.json", nothing).body)
    routes = [(path, method) for path, methods in described["paths"].items() for method in methods]
    assert len(routes) >= 26
    before = site.state()
    for path, method in routes:
        address, sent = f"/api{concrete(path)}", "{}" if method == "post" else None
        got = site.request(method.upper(), address, {"content-type": "application/json"}, sent)
        assert (got.status, got.headers["gainful-api"]) == (401, "1"), path
        got = site.request(method.upper(), address, nothing, sent)
        assert got.status == (200 if path == "/v1/me" else 403), path
    assert site.state() == before


def test_a_parameter_that_is_given_twice_is_refused(site: Site) -> None:
    site.people()
    reads = token(site, LEAD, "operate")
    assert site.request("GET", "/api/v1/runs?days=3", reads).status == 200
    got = site.request("GET", "/api/v1/runs?days=x&days=3", reads)
    assert (got.status, "more than once" in got.body) == (400, True)


def test_the_oldest_day_of_all_is_a_day(site: Site) -> None:
    site.people()
    got = site.request("GET", "/api/v1/cost/agent?until=0001-01-01", token(site, OWNER, "manage"))
    assert (got.status, json.loads(got.body)) == (200, [])


def test_a_token_that_is_over_or_removed_is_worth_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.people()
    reads = token(site, OWNER, "read")
    real = site.app.clock()
    monkeypatch.setattr(site.app.access, "_clock", lambda: real + timedelta(days=2))
    assert site.request("GET", "/api/v1/me", reads).status == 401
    monkeypatch.undo()
    site.app.access.remove_token(f"{OWNER}-read", OWNER)
    assert site.request("GET", "/api/v1/me", reads).status == 401


def test_an_approval_is_answered_by_a_program_in_its_persons_name(site: Site) -> None:
    site.people()
    card = site.asked()
    answers = token(site, LEAD, "answer")
    (waiting,) = json.loads(site.request("GET", "/api/v1/approvals", answers).body)
    assert waiting["card"] == card
    bad = json.dumps({"verdict": "accept", "card": card, "more": 1})
    assert site.request("POST", "/api/v1/approvals/k7h2k9abcd/answer", answers, bad).status == 400
    good = json.dumps({"verdict": "accept", "card": card})
    got = site.request("POST", "/api/v1/approvals/k7h2k9abcd/answer", answers, good)
    assert (got.status, json.loads(got.body)["answered_by"]) == (200, LEAD)
    assert site.request("GET", "/api/v1/approvals/zz", answers).status == 404


def test_there_is_no_board_by_anything_but_worth(told: Site) -> None:
    reads = token(told, OWNER, "read")
    board = json.loads(told.request("GET", "/api/v1/boards/team", reads).body)
    lows = [float(one["net_worth_usd"]["p10"]) for one in board]
    assert lows == sorted(lows, reverse=True)
    for unit in ("model", "tokens", "runs"):
        assert told.request("GET", f"/api/v1/boards/{unit}", reads).status == 400
    assert "token" not in json.dumps(board)


def test_rights_are_spread_as_the_page_says() -> None:
    # Only a program reports: there is no page to do it on.
    assert {page.right for page in PAGES} == set(Right) - {Right.REPORT}
