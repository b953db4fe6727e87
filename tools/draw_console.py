"""Draws the pictures of the console in docs/console/ anew: the demo company's pages, in a real browser.

python tools/draw_console.py [FOLDER]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from socket import socket

from playwright.sync_api import Browser, sync_playwright

from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "today": "/",
    "approvals": "/approvals",
    "agents": "/agents",
    "agent": "/agents/answer",
    "runs": "/runs",
    "deployments": "/deployments",
    "books": "/books",
    "board": "/books/boards/team",
    "waste": "/books/waste",
    "audits": "/audits",
    "settings": "/settings",
}
LOOKS = {"": (1280, 800, "light"), "-dark": (1280, 800, "dark"), "-phone": (390, 844, "light")}
ALL_LOOKS = ("today", "approvals", "books")
"""Pages that are shown in every look; the others in the first alone."""


def main(folder: Path) -> None:
    """Serve the company, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        show = ConsoleShow(Path(place), port, system_clock)
        show.lay(lambda _done, _whole: None)
        gainful = str(Path(sys.executable).parent / "gainful")
        with subprocess.Popen(
            [gainful, "--home", str(show.home.path), "serve"], stdout=subprocess.PIPE, text=True
        ) as serving:
            assert serving.stdout is not None
            while "console:" not in serving.stdout.readline():
                pass
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
                )
                _draw(browser, show, f"http://127.0.0.1:{port}", folder)
                browser.close()
            serving.terminate()


def _draw(browser: Browser, show: ConsoleShow, address: str, folder: Path) -> None:
    door = browser.new_context()
    page = door.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#person", show.person)
    page.fill("#password", show.password)
    page.click("button.main")
    state = door.storage_state()
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
                page.goto(address + path)
                page.screenshot(path=folder / f"{name}{look}.png", full_page=name in ("books", "board"))
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "console")
