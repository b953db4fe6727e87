"""A run's pages: its replay, resuming and stopping it, by hand and by program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.storage.config import Home
from tests.unit.web import handbook
from tests.unit.web.console_site import EMPLOYEE, LEAD, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    home = Home(tmp_path / "home")
    handbook.lay(home, tmp_path / "notes")
    with Gainful.open(home) as app:
        handbook.enable(app)
        made = Site(app)
        made.people()
        with made.server:
            yield made


# --- replay -----------------------------------------------------------------------------------------------------------


def test_a_replay_goes_step_by_step_without_javascript(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    assert f'href="/runs/{run_id}/replay"' in browser.get(f"/runs/{run_id}").body
    first = browser.get(f"/runs/{run_id}/replay")
    assert (first.status, "Step 1 of 6" in first.body) == (200, True)
    assert 'href="?step=2" data-key="ArrowRight"' in first.body
    assert 'data-key="ArrowLeft"' not in first.body
    third = browser.get(f"/runs/{run_id}/replay?step=3").body
    assert 'href="?step=2" data-key="ArrowLeft"' in third
    assert "files.read: a stranger may have written it" in third
    assert "To call 1 tool." in third
    last = browser.get(f"/runs/{run_id}/replay?step=6").body
    assert "On Friday." in last
    assert 'data-key="ArrowRight"' not in last
    for step, shown in (("0", 1), ("99", 6), ("-1", 1), ("x", 1), ("9" * 40, 1), ("\u0663", 3)):
        from urllib.parse import quote

        assert f"Step {shown} of 6" in browser.get(f"/runs/{run_id}/replay?step={quote(step)}").body
    assert browser.get("/runs/zzzz/replay").status == 404


def test_a_replay_names_what_is_judged_otherwise_by_now(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    assert "The same as was said then" in browser.get(f"/runs/{run_id}/replay").body
    handbook.rule(site.app.home, "files.list")
    got = browser.get(f"/runs/{run_id}/replay?step=4").body
    assert "allowed then, denied now by organisation:new-rule" in got
    assert 'class="call differs"' in got


def test_looking_at_a_replay_writes_nothing(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    handbook.rule(site.app.home, "files.list")
    before = site.state(), _entries(site)
    for step in range(1, 7):
        assert browser.get(f"/runs/{run_id}/replay?step={step}").status == 200
    assert (site.state(), _entries(site)) == before


def test_what_was_read_is_for_the_owner(site: Site) -> None:
    run_id = handbook.answered(site.app)
    assert "Closed on Friday." in site.browser().get(f"/runs/{run_id}/replay?step=2").body
    lead = site.browser(LEAD).get(f"/runs/{run_id}/replay?step=2").body
    assert "Closed on Friday." not in lead
    assert "shown to the owner alone" in lead
    assert site.browser(EMPLOYEE).get(f"/runs/{run_id}/replay").status == 403


def _entries(site: Site) -> int:
    return len(list(site.app.audit.rows()))
