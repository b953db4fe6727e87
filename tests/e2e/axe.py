"""What axe-core finds on a page that keeps people out."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def grave(page: Page) -> list[str]:
    """What is serious or critical, with the place where it stands."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:150]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
