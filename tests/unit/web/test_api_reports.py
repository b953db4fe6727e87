"""Reports over the API: a person's own token and scope, bounded requests, and no change where something is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.storage.settings.config import Home
from gainful.web.api_reports import MOST_FACTS
from tests.unit.intake.test_reports import AGENT, GOOD, ITEM
from tests.unit.web.console_site import AUDITOR, EMPLOYEE, LEAD, OWNER, Got, Site

PATH = "/api/v1/reports"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(Home(tmp_path / "home")) as app:
        made = Site(app)
        made.people()
        with made.server:
            yield made


def fact(site: Site, kind: str, **changes: Any) -> dict[str, Any]:
    at = (site.app.clock() - timedelta(hours=1)).isoformat()
    fields = {**GOOD[kind], **({"ended_at": at} if kind == "run" else {})}
    return {"kind": kind, "at": at, "key": f"k-{kind}", **fields, **changes}


def token(site: Site, person: str = EMPLOYEE, *scopes: str) -> str:
    wanted = [Scope(one) for one in scopes or ("report",)]
    return site.app.access.add_token(f"{person}-{wanted}", person, wanted, timedelta(days=1), OWNER)


def post(site: Site, given: str, body: Any, **headers: str) -> Got:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    own = {"authorization": f"Bearer {given}", "content-type": "application/json"} if given else {}
    return site.request("POST", PATH, {**own, **headers}, text)


@pytest.mark.parametrize("person", [EMPLOYEE, LEAD, AUDITOR, OWNER])
def test_everybody_may_report_their_own_work_with_a_token_for_it(site: Site, person: str) -> None:
    given = token(site, person)
    got = post(site, given, {"facts": [fact(site, kind) for kind in ("agent", "work_item", "claim")]})
    answer = json.loads(got.body)
    assert (got.status, answer["booked"], answer["known"], answer["refused"]) == (200, 3, 0, [])
    assert site.app.outcomes.show(answer["prefix"] + ITEM).settled.agent == AGENT
    again = json.loads(post(site, given, {"facts": [fact(site, "agent"), fact(site, "claim")]}).body)
    assert (again["booked"], again["known"], again["prefix"]) == (0, 2, answer["prefix"])


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.REPORT])
def test_no_other_scope_will_do_and_this_one_does_nothing_else(site: Site, scope: Scope) -> None:
    given, reports = token(site, OWNER, scope), token(site, OWNER)
    before = site.state()
    assert post(site, given, {"facts": [fact(site, "agent")]}).status == 403
    headers = {"authorization": f"Bearer {reports}"}
    for path in ("runs", "agents", "approvals", "worth", "ledger", "audit-items", "boards/agent"):
        assert site.request("GET", f"/api/v1/{path}", headers).status == 403
    assert site.state() == before


def test_what_is_hostile_changes_nothing(site: Site) -> None:
    anns, toms = token(site, LEAD), token(site, EMPLOYEE)
    post(site, anns, {"facts": [fact(site, kind) for kind in ("agent", "work_item", "run", "claim", "verdict")]})
    before = site.state()
    for given, body in (
        # Another person's agent, run and items, and owners that are made up.
        (toms, {"facts": [fact(site, kind, key=f"x-{kind}") for kind in ("agent", "run", "claim")]}),
        (toms, {"facts": [fact(site, "agent", id="new@ffffffff", owner=LEAD)]}),
        (toms, {"facts": [fact(site, "reversal", work_item=f"report:k7h2:{ITEM}")]}),
        (toms, {"facts": [fact(site, "verdict", by=LEAD)]}),
        # Wrong tokens.
        ("", {"facts": [fact(site, "agent")]}),
        ("gainful_" + "0" * 40, {"facts": [fact(site, "agent")]}),
        # Enormous.
        (toms, {"facts": [fact(site, "claim")] * (MOST_FACTS + 1)}),
        (toms, {"facts": [fact(site, "agent", tool="x" * 600_000)]}),
        (toms, {"facts": [fact(site, "human_time", seconds=1e300)]}),
        (toms, {"facts": [fact(site, "agent", id="x" * 5000 + "@ffffffff")]}),
        # No facts.
        (toms, {"facts": []}),
        (toms, {"facts": "all of them"}),
        (toms, {"facts": [fact(site, "agent")], "person": LEAD}),
        (toms, "{"),
        (toms, "[" * 100_000),
        (toms, b"\xff\xfe"),
        (toms, {"facts": [fact(site, "agent", at=None)]}),
        (toms, {"facts": [fact(site, "agent", key="")]}),
        (toms, {"facts": [fact(site, "agent", id={"a": [1]})]}),
        (toms, {"facts": [fact(site, "call")] if "call" in GOOD else [{"kind": "call", "at": "x", "key": "k"}]}),
    ):
        got = post(site, given, body)
        assert got.status == 200 or 400 <= got.status < 500, body
        if got.status == 200:
            answer = json.loads(got.body)
            assert (answer["booked"], answer["known"]) == (0, 0), body
            assert answer["refused"], body
        assert site.state() == before, body
    assert site.complaints == []


def test_other_sites_and_cookies_cannot_report(site: Site) -> None:
    given, browser = token(site), site.browser(OWNER)
    before = site.state()
    body = {"facts": [fact(site, "agent")]}
    assert post(site, given, body, origin="http://evil.example").status == 403
    assert post(site, given, body, host="evil.example").status in range(400, 500)
    assert post(site, "", body, cookie=f"gainful-session={browser.cookie}").status in range(400, 500)
    assert site.state() == before


def test_the_document_says_what_is_taken(site: Site) -> None:
    document = json.loads(site.request("GET", "/api/v1/openapi.json", {}).body)
    schemas = document["components"]["schemas"]
    assert set(schemas["ReportedFact"]["properties"]["kind"]["enum"]) == set(GOOD)
    assert set(schemas["Acknowledged"]["properties"]) == {"booked", "known", "refused", "prefix"}
