"""A person who never saw the console walks through it: fourteen chores, by what is to be seen on the page alone.

Each chore begins on Today, is done by clicking visible things, and may take so many clicks. docs/explanation/
walking-the-console.md tells of the walk that this repeats. `GAINFUL_WALK=FOLDER` keeps a picture of every stop.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gainful.sdk.testing.local_server import free_ports
from tests.e2e.browser import browsing, grave, ready, sign_in, stands

GAINFUL = str(Path(sys.executable).parent / "gainful")
BOOKS = (
    *("/books", "/books/units/team/rockets", "/books/weeks", "/books/cost/day"),
    "/books/spending/model?name=openai:gpt-5-mini",
)
WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}


@dataclass
class Walker:
    """Somebody who clicks, and counts that."""

    page: Page
    address: str
    pictures: Path | None = None
    clicks: int = 0
    _stop: int = field(default=0)

    def begin(self) -> None:
        """Stand on Today."""
        self.page.goto(self.address)
        stands(self.page, "Today")
        self.clicks = 0

    def click(self, what: Locator) -> None:
        """Click something that is seen."""
        self.look()
        expect(what.first).to_be_visible()
        what.first.click()
        self.clicks += 1

    def link(self, name: str | re.Pattern[str]) -> None:
        """Follow a link on the page."""
        self.click(self.page.locator("main").get_by_role("link", name=name))

    def menu(self, name: str) -> None:
        """Follow a link of the menu."""
        self.click(self.page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{name}")))
        self.stands(name)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button on the page."""
        self.click(self.page.locator("main").get_by_role("button", name=name))

    def fill(self, label: str, text: str) -> None:
        """Write into a field, which costs a click."""
        self.page.get_by_label(label).first.fill(text)
        self.clicks += 1

    def stands(self, title: str | re.Pattern[str]) -> None:
        """The page of this title is there."""
        stands(self.page, title)

    def says(self, text: str | re.Pattern[str]) -> None:
        """The page has said what was done."""
        expect(self.page.get_by_role("status").first).to_contain_text(text)
        self.look()

    def reads(self, text: str | re.Pattern[str]) -> None:
        """This stands on the page, and is seen."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()
        self.look()

    def look(self) -> None:
        """Keep a picture of where one stands."""
        if self.pictures is not None:
            self._stop += 1
            self.page.screenshot(path=self.pictures / f"{self._stop:03}.png", full_page=True)


# --- the chores, in the order of the walk -----------------------------------------------------------------------------


def why_was_a_mail_filed(walker: Walker) -> None:
    walker.click(walker.page.locator("main summary", has_text="put away"))
    walker.reads("Ten kites for autumn")
    walker.click(walker.page.locator("li", has_text="Ten kites for autumn").locator("summary", has_text="Why"))
    walker.reads("Your own rule says so (from @weekly.example.com)")


def approve_the_mail(walker: Walker) -> None:
    walker.link(re.compile("wants to send"))
    walker.reads("The kites of batch 12 left yesterday.")
    walker.press("Accept")
    walker.says("Accepted")


def undo_the_night(walker: Walker) -> None:
    walker.press("Undo this run")
    walker.says("put back as before")


def mend_the_largest_waste(walker: Walker) -> None:
    walker.menu("Books")
    walker.link("All findings, with what mends them")
    walker.reads("would be stopped")
    walker.press("Mend it: do exactly this")
    walker.says("is stopped")


def stop_an_agent_and_let_it_go_on(walker: Walker) -> None:
    walker.menu("Agents")
    row = walker.page.get_by_role("row", name=re.compile("^answer "))
    walker.click(row.get_by_role("button", name="Stop"))
    walker.says("'answer' is stopped")
    walker.click(row.get_by_role("button", name="Let it go on"))
    walker.says("'answer' may go on")


def what_did_the_rockets_cost_last_month(walker: Walker) -> None:
    walker.menu("Books")
    walker.link("Last month")
    walker.link("The board of teams")
    walker.link("rockets")
    walker.reads(re.compile("^Inference$"))
    walker.reads("The entries behind it, the dearest runs first")


def who_looked_at_my_numbers(walker: Walker) -> None:
    walker.menu("Settings")
    walker.reads("Who looked at your numbers")


def judge_two_items(walker: Walker) -> None:
    walker.menu("Audit queue")
    for said in ("It was", "It was not"):
        item = walker.page.locator("article h2").inner_text()
        walker.click(walker.page.get_by_role("button", name=said, exact=True))
        walker.says("Booked")
        expect(walker.page.locator("article h2")).not_to_have_text(item)


def is_the_canary_healthy(walker: Walker) -> None:
    walker.reads(re.compile("requests, nothing is wrong"))
    walker.click(walker.page.get_by_role("link", name="shop"))
    walker.reads("The candidate beside what is live")
    walker.reads(re.compile("Evidence that it is worse at all"))
    shown = walker.page.locator(".verdict").inner_text()
    expect(walker.page.locator(".verdict")).not_to_have_text(shown)
    walker.look()


def let_a_colleague_in(walker: Walker) -> None:
    walker.menu("Settings")
    walker.click(walker.page.locator("summary", has_text="Let somebody in"))
    walker.fill("Address or name", "zoe@example.net")
    walker.page.get_by_label("Role", exact=True).select_option("auditor")
    walker.clicks += 1
    walker.fill("A first password", "several words do well")
    walker.press("Let them in")
    walker.says("zoe@example.net")


def try_a_connector(walker: Walker) -> None:
    walker.menu("Settings")
    walker.press("Try it")
    walker.says(re.compile("answers|can be|mail", re.IGNORECASE))


def make_an_agent(walker: Walker) -> None:
    walker.menu("Agents")
    walker.link("New agent")
    walker.fill("Name", "notes")
    walker.fill("What it is for", "Keeps notes of what I tell it.")
    walker.click(walker.page.get_by_label("memory.remember"))
    walker.press("Write its file")
    walker.says("'notes' is written")
    walker.press("Enable exactly this")
    walker.says("'notes' is enabled")


def may_it_send_a_mail(walker: Walker) -> None:
    walker.menu("Settings")
    walker.link("The rules in force")
    walker.page.get_by_label("Agent or job").select_option("answer")
    walker.clicks += 1
    walker.fill("Tool", "mail.send")
    walker.press("Ask the gate")
    walker.reads("It may not")
    walker.reads("outside-manifest")


def what_would_the_changed_agent_do(walker: Walker) -> None:
    walker.menu("Agents")
    walker.link("kite-desk")
    walker.link("Try it on recorded input")
    walker.reads("When do the kites come?")
    walker.press("Try it")
    _would(walker)


def _would(walker: Walker) -> None:
    """The page of a trial says at a glance that nothing was done, what would be, and what is not as it was."""
    walker.reads("It is over.")
    walker.reads("Nothing was done")
    for verdict, tool in (("it would do this", "memory.remember"), ("it would ask you", "mail.draft")):
        expect(walker.page.locator(".intended li", has_text=tool)).to_contain_text(verdict)
    expect(walker.page.locator(".intended li", has_text="files.append")).to_contain_text("refused")
    walker.reads("Asked about then; refused now.")


CHORES: dict[Callable[[Walker], None], int] = {
    why_was_a_mail_filed: 2,
    is_the_canary_healthy: 1,
    approve_the_mail: 2,
    undo_the_night: 1,
    mend_the_largest_waste: 3,
    stop_an_agent_and_let_it_go_on: 3,
    what_did_the_rockets_cost_last_month: 4,
    who_looked_at_my_numbers: 1,
    judge_two_items: 3,
    let_a_colleague_in: 6,
    try_a_connector: 2,
    make_an_agent: 7,
    may_it_send_a_mail: 5,
    what_would_the_changed_agent_do: 4,
}
"""Each with the clicks that it may take; a field that is filled in, or chosen from, counts as one."""


@pytest.fixture(scope="module", params=WIDTHS)
def walker(request: pytest.FixtureRequest) -> Iterator[Walker]:
    """Somebody who has signed in to the demo's console, at a desk or on a phone."""
    (port,) = free_ports(1)
    width, height = WIDTHS[request.param]
    shown = [GAINFUL, "demo", "console", "--port", str(port), "--json"]
    with subprocess.Popen(shown, stdout=subprocess.PIPE, text=True) as demo, browsing() as browser:
        try:
            assert demo.stdout is not None
            told = json.loads(demo.stdout.readline())
            while '"ready"' not in demo.stdout.readline():
                assert demo.poll() is None, "the demo has ended"
            page = browser.new_page(viewport={"width": width, "height": height})
            sign_in(page, f"http://127.0.0.1:{port}", told["person"], told["password"])
            yield Walker(page, f"http://127.0.0.1:{port}", _pictures(request.param))
        finally:
            demo.terminate()
            # However long: ending takes a second of computing, which a busy machine may spread over minutes.
            assert demo.wait() == 0


def _pictures(width: str) -> Path | None:
    if "GAINFUL_WALK" not in os.environ:
        return None
    folder = Path(os.environ["GAINFUL_WALK"]) / width
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("chore", CHORES, ids=lambda chore: chore.__name__)
def test_a_new_person_does_it_in_so_many_clicks(walker: Walker, chore: Callable[[Walker], None]) -> None:
    walker.begin()
    chore(walker)
    wide = walker.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "it does not fit"
    assert walker.clicks <= CHORES[chore], walker.clicks
    print(f"{chore.__name__}: {walker.clicks}")


def test_an_agent_is_tried_by_keys_alone(walker: Walker) -> None:
    page = walker.page
    page.goto(f"{walker.address}/agents/kite-desk")
    ready(page, "kite-desk")
    page.keyboard.press("t")
    ready(page, "Try kite-desk on recorded input")
    for _ in range(40):
        if page.evaluate("document.activeElement.textContent.trim()") == "Try it":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    walker.stands("Trial of kite-desk")
    _would(walker)
    ready(page, "Trial of kite-desk")
    page.keyboard.press("t")
    ready(page, "Try kite-desk on recorded input")
    page.keyboard.press("a")
    walker.stands("Trial of kite-desk")
    walker.reads("It is over.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_demo_alone_has_can_be_read_by_everybody(walker: Walker, scheme: str) -> None:
    page, problems = walker.page, list[str]()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{walker.address}/runs")
    run = page.locator("tr", has_text="triage").get_by_role("link").first.get_attribute("href")
    page.goto(f"{walker.address}/deployments/shop")
    past = page.locator("tr", has_text="rolled-back").get_by_role("link").first.get_attribute("href")
    page.goto(f"{walker.address}/books/cost/day")
    day = page.locator("tbody").get_by_role("link").first.get_attribute("href")
    page.goto(f"{walker.address}/agents/kite-desk/try")
    page.get_by_role("button", name="Try it").click()
    walker.reads("It is over.")
    trial = page.url.removeprefix(walker.address)
    tried = ("/agents/kite-desk", "/agents/kite-desk/try", trial)
    for path in ("/", "/deployments/shop", past, "/runs", run, f"{run}/replay", day, *BOOKS, *tried):
        page.goto(f"{walker.address}{path}")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Nothing here")
        problems += grave(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} does not fit"
    page.emulate_media(color_scheme=None)
    assert not problems, "\n".join(problems)
