"""The real browser that pages are tried in, and how a test waits for what a person would see."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

# A page may take its time on a busy machine; how long is measured in bench/web.py, not in tests.
expect.set_options(timeout=30_000)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, until the block ends. It is started after every engine of this process: beside it none begins."""
    found = shutil.which("chromium")
    assert found is not None, "tools/install_servers.sh installs Chromium"
    with sync_playwright() as playwright:
        # Everything is on loopback, and containers have no room for its sandbox.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def ready(page: Page, title: str) -> None:
    """Wait until the page of this title stands there and hears keys."""
    stands(page, title)
    expect(page.locator("html[data-ready]")).to_have_count(1)


def stands(page: Page, title: str | re.Pattern[str]) -> None:
    """Wait until the page of this title stands there."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def awaits_keys(field: Locator) -> None:
    """Wait until the field has the focus.

    A browser gives it to a page's first field with the first frame that it draws, which is later than its `load`: a
    third of what is typed at once is lost (15 of 40 on a plain page), though nobody types within a frame.
    """
    expect(field).to_be_focused()


def sign_in(page: Page, address: str, person: str, password: str) -> None:
    """Go in by the door, as far as Today: whoever leaves before has no session yet."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("Your address or name").fill(person)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    stands(page, "Today")


def grave(page: Page) -> list[str]:
    """What axe-core finds on a page that is serious or critical, with the place where it stands."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:150]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
