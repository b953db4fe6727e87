"""A replay in a real browser: by the arrow keys, and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.settings.config import Home
from tests.e2e.browser import sign_in
from tests.e2e.test_traces import serving
from tests.unit.web import handbook

PASSWORD = "correct horse battery"
PERSON = "mira@example.org"


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a run's replay, served. Asked for before the browser, beside which no engine begins."""
    folder, port = tmp_path_factory.mktemp("replay"), free_ports(1)[0]
    home = Home(folder / "home")
    handbook.lay(home, folder / "notes", f"[server]\nport = {port}\n")
    with Gainful.open(home) as app:
        handbook.enable(app)
        app.access.add(PERSON, Role.OWNER, PASSWORD, PERSON)
        run_id = handbook.answered(app)
    handbook.rule(home, "files.list")
    with serving(home):
        yield f"http://127.0.0.1:{port}/runs/{run_id}/replay"


def opened(chromium: Browser, replay: str, *, javascript: bool) -> Page:
    page = chromium.new_context(java_script_enabled=javascript, viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, replay.partition("/runs/")[0], PERSON, PASSWORD)
    page.goto(replay)
    return page


def test_the_arrow_keys_go_forward_and_back(replay: str, chromium: Browser) -> None:
    page = opened(chromium, replay, javascript=True)
    for key, step in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowRight", 4), ("ArrowLeft", 3), ("ArrowRight", 4)):
        page.locator("html[data-ready]").wait_for()
        page.keyboard.press(key)
        expect(page.locator(".player .place")).to_have_text(f"Step {step} of 6")
    expect(page.locator(".verdicts.differs")).to_contain_text("allowed then, denied now by organisation:new-rule")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_goes_by_links_without_javascript(replay: str, chromium: Browser) -> None:
    page = opened(chromium, replay, javascript=False)
    page.get_by_role("link", name="Forward").click()
    expect(page.locator(".player .place")).to_have_text("Step 2 of 6")
    page.get_by_role("link", name="4", exact=True).click()
    expect(page.locator(".player .place")).to_have_text("Step 4 of 6")
    page.get_by_role("link", name="Back").click()
    expect(page.locator(".player .place")).to_have_text("Step 3 of 6")
