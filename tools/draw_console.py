"""Draws the pictures of the console in docs/console/ anew: the demo company's pages, in a real browser.

python tools/draw_console.py [FOLDER]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "today": "/",
    "approvals": "/approvals",
    "agents": "/agents",
    "agent": "/agents/answer",
    "new-agent": "/agents/new",
    "try": "/agents/kite-desk/try",
    "trial": "TRIAL",
    "runs": "/runs",
    "run": "/runs/RUN",
    "replay": "/runs/RUN/replay?step=2",
    "deployments": "/deployments",
    "past": "/deployments/shop/past/PAST",
    "canary": "/deployments/shop",
    "books": "/books",
    "board": "/books/boards/team?from=MONTH&to=MONTH",
    "cost": "/books/cost/model",
    "day": "/books/days/DAY",
    "team": "/books/units/team/rockets",
    "weeks": "/books/weeks",
    "waste": "/books/waste",
    "audits": "/audits",
    "settings": "/settings",
    "policies": "/settings/policies?agent=answer&tool=chat.post&with=room+%3D+general%0Atext+%3D+Hello",
}
LOOKS = {"": (1280, 800, "light"), "-dark": (1280, 800, "dark"), "-phone": (390, 844, "light")}
WHOLE = ("books", "board", "canary", "past", "policies", "replay", "run", "trial")
ALL_LOOKS = ("today", "approvals", "books", "canary", "trial")
"""Pages that are shown in every look; the others in the first alone."""


def main(folder: Path) -> None:
    """Serve the demo's company, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shown = [str(Path(sys.executable).parent / "gainful"), "demo", "console", "--port", str(port), "--json"]
    with subprocess.Popen(shown, stdout=subprocess.PIPE, text=True) as demo, sync_playwright() as playwright:
        try:
            assert demo.stdout is not None
            told = json.loads(demo.stdout.readline())
            while '"ready"' not in demo.stdout.readline():
                assert demo.poll() is None, "the demo has ended"
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            _draw(browser, told, f"http://127.0.0.1:{port}", folder)
            browser.close()
        finally:
            demo.terminate()


def _draw(browser: Browser, told: Mapping[str, str], address: str, folder: Path) -> None:
    door = browser.new_context(viewport={"width": 1280, "height": 800})
    page = door.new_page()
    page.goto(f"{address}/sign-in")
    page.screenshot(path=folder / "sign-in.png")
    page.fill("#person", told["person"])
    page.fill("#password", told["password"])
    page.click("button.main")
    state = door.storage_state()
    page.goto(f"{address}/deployments/shop")
    # Until there is a line to be seen: it draws itself anew.
    page.locator(".chart .dot").nth(39).wait_for(state="attached", timeout=120_000)
    parts = {
        "PAST": page.locator("tr", has_text="rolled-back").get_by_role("link").first.inner_text(),
        "DAY": f"{datetime.now(UTC) - timedelta(days=30 + datetime.now(UTC).weekday()):%Y-%m-%d}",
        "MONTH": f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}",
    }
    page.goto(f"{address}/runs")
    parts["RUN"] = page.locator("tr", has_text="triage").get_by_role("link").first.inner_text()
    page.goto(f"{address}{PAGES['try']}")
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("It is over.").wait_for(timeout=120_000)
    parts["TRIAL"] = page.url.removeprefix(address)
    for look, (width, height, scheme) in LOOKS.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            storage_state=state,
            timezone_id="UTC",
        )
        page = context.new_page()
        for name, path in PAGES.items():
            if not look or name in ALL_LOOKS:
                for part, value in parts.items():
                    path = path.replace(part, value)
                page.goto(address + path)
                page.screenshot(path=folder / f"{name}{look}.png", full_page=name in WHOLE)
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "console")
