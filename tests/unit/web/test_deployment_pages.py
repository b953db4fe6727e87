"""The pages of deployments: a candidate beside what is live, from the record while it goes on and after it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.trial.simulated_shop import SERVICE, SimulatedShop
from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.deployment import Intent
from gainful.jobs.deploy.watching import WatchSettings, begin_watch
from gainful.sdk.metrics import Totals
from gainful.storage.settings.config import Home
from tests.unit.web.console_site import EMPLOYEE, Site, console_of

BOUNDS = (0.05, 0.1, float("inf"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with SimulatedShop(tmp_path / "shop") as shop:
        home = Home(tmp_path / "home")
        home.prepare()
        home.config.write_text(f'[owner]\nname = "mira@example.org"\n{shop.settings}', encoding="utf-8")
        with Gainful.open(home) as app, console_of(app) as made:
            yield made


def totals(requests: int, failing: float) -> Totals:
    within = (requests * 94 // 100, requests * 99 // 100, requests)
    return Totals(requests, int(requests * failing), tuple(zip(BOUNDS, within, strict=True)))


def recorded(site: Site, name: str, failing: float, seconds: int, end: EventKind | None = None) -> Deployment:
    """A deployment whose candidate was watched for so long, as its job writes it down."""
    kept, moved = site.app.deployments.kept, site.app.clock() - timedelta(seconds=seconds)
    plan = site.app.deployments.plan(site.app.deployments.order(SERVICE, "good")).as_json()
    deployment = Deployment(
        name, SERVICE, "good", Intent.CHANGE, "mira@example.org", "hand", State.WATCHING, moved, plan=plan,
        shifted_at=moved,
    )  # fmt: skip
    kept.begin(deployment)
    watch = begin_watch(WatchSettings(), totals(20_000, 0.001), 60)
    for second in range(2, seconds, 2):
        look = watch.look(totals(270 * second, 0.001), totals(30 * second, failing), second)
        at = moved + timedelta(seconds=second)
        kept.record(deployment, Event(f"looked {second}", EventKind.LOOKED, at, look.why, look.as_json()))
    if end is not None:
        ended_at = moved + timedelta(seconds=seconds)
        event = Event("ended", end, ended_at, look.why, {"numbers": look.as_json()})
        kept.record(replace(deployment, state=State(str(end)), why=look.why, ended_at=ended_at), event)
    return deployment


def test_what_is_under_way_shows_its_verdict_its_evidence_and_a_chart_for_each_respect(site: Site) -> None:
    recorded(site, "d-now", 0.001, 60)
    page = site.browser().get(f"/deployments/{SERVICE}").body
    assert page.count('class="band"') == 2, "errors and latency"
    assert "nothing is wrong" in page
    assert "more requests answered, of" in page
    assert "Evidence that it is worse at all: 0.0 of 6.9" in page
    assert 'data-live="deployments"' in page
    assert "Promote it now" in page
    assert page.count("state looked") == 1, "the chart tells of the others"


def test_the_list_says_the_verdict_in_one_sentence(site: Site) -> None:
    recorded(site, "d-now", 0.001, 60)
    page = site.browser(EMPLOYEE).get("/deployments").body
    assert "Nothing is proven yet" in page
    assert "Watch it" in page


def test_one_that_ended_is_drawn_from_the_record_with_the_moment_of_decision(site: Site) -> None:
    recorded(site, "d-bad", 0.06, 20, EventKind.ROLLED_BACK)
    browser = site.browser(EMPLOYEE)
    assert f"/deployments/{SERVICE}/past/d-bad" in browser.get(f"/deployments/{SERVICE}").body
    page = browser.get(f"/deployments/{SERVICE}/past/d-bad").body
    assert "Rolled back after 20 seconds" in page
    assert 'class="moment bad"' in page
    assert "5.93% of the candidate&#39;s 540 requests" in page
    assert "It changes what ships" in page or "Nothing was ever deployed here" in page
    assert browser.get(f"/deployments/{SERVICE}/past/d-other").status == 404
    assert browser.get("/deployments/elsewhere/past/d-bad").status == 404


def test_a_plan_shows_its_verdict_what_changes_and_the_name_that_was_asked_for(site: Site) -> None:
    page = site.browser().get(f"/deployments/{SERVICE}/plan?revision=first").body
    assert "Nothing was ever deployed here" in page
    assert 'name="revision" value="first"' in page
    assert "Deploy exactly this" in page


def test_a_chart_of_many_looks_stays_small(site: Site) -> None:
    recorded(site, "d-long", 0.001, 480)
    assert len(site.browser().get(f"/deployments/{SERVICE}").body) < 150_000
