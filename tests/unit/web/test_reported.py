"""A work item and a run as they were reported: what an auditor reads behind a figure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gainful.app import Gainful
from gainful.app.worth import Role, Viewer
from gainful.core.money import Money
from gainful.web.console.rendering import money
from gainful.web.console.sheet import csv_of
from tests.unit.web.console_site import OWNER, Site, console_of, owned, tell_of_company

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A console of a company whose worth was told."""
    with Gainful.open(owned(tmp_path_factory.mktemp("reported")), lambda: NOW) as app:
        tell_of_company(app, NOW - timedelta(days=1))
        with console_of(app) as made:
            yield made


def worked_on(site: Site) -> str:
    """An item that a run was for, and that was claimed."""
    runs = site.app.usage.runs((NOW - timedelta(days=60)).date(), NOW.date(), 500)
    for run in runs:
        if run.work_item and site.app.outcomes.show(run.work_item).case.verdicts:
            return run.work_item
    raise AssertionError("no run is for an item that was judged")


def test_an_item_tells_in_order_who_asked_what_worked_on_it_and_who_accepted_it(site: Site) -> None:
    item = worked_on(site)
    case = site.app.outcomes.show(item).case
    page = html.unescape(site.browser().get(f"/books/items/{item}").body)
    assert case.item is not None
    said = [f"asked for by {case.item.requester}", f"/books/runs/{case.uses[0].run.id}"]
    said += [f"claimed by {case.claims[0].claimant}", f"{'accepted' if case.verdicts[-1].accepted else 'refused'} by "]
    places = [page.index(one) for one in said]
    assert places == sorted(places)
    times = re.findall(r'<td><time datetime="([^"]+)"', page)
    assert times == sorted(times)
    assert len(times) == 1 + sum(map(len, (case.uses, case.claims, case.verdicts, case.evidence, case.reversals)))


def test_the_calls_of_a_run_add_up_on_its_page_to_what_lists_say(site: Site) -> None:
    (dearest, *_) = site.app.usage.runs((NOW - timedelta(days=60)).date(), NOW.date(), 1)
    found = site.app.usage.run(dearest.run)
    assert found is not None
    whole = sum((call.cost for call in found[1] if call.cost is not None), Decimal(0))
    assert whole == dearest.cost.amount
    page = site.browser().get(f"/books/runs/{dearest.run}").body
    assert f"<strong>{money(Money(whole))}</strong>" in page
    assert f'href="/books/units/agent/{dearest.agent}"' in page


def test_a_finding_leads_to_the_months_of_its_agent_and_says_how_all_are_listed(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/books/waste").body
    links = set(re.findall(r'<h2 id="f-.*?href="(/books/units/[^"]+)"', page))
    assert links
    for link in links:
        assert browser.get(html.unescape(link)).status == 200, link
    count = site.app.worth.as_told().finding_count_for(Viewer(OWNER, Role.OWNER))
    told = re.search(r"gainful audit --limit ([0-9]+)", page)
    assert (told is not None) == (count > 20)
    assert told is None or int(told.group(1)) == count


def test_amounts_in_files_are_digits_alone() -> None:
    assert csv_of(("a", "b"), [(Decimal("0E-9"), Decimal("1E+2"))]).splitlines()[1] == "0.000000000,100"
