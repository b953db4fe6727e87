"""Single keys in a browser: they act on the card that one is at, lead to where one writes, and can be turned off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.gate.approval import State
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.settings.config import Home
from tests.e2e.browser import ready, sign_in
from tests.e2e.test_console import PASSWORD, PERSON, Serving

FIRST, SECOND = "k7h2k9abcd", "m3h2k9abcd"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Serving]:
    """An owner of whom two things are asked."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.config.write_text(f'[owner]\nname = "{PERSON}"\n', encoding="utf-8")
    with Gainful.open(home) as app:
        app.access.add(PERSON, Role.OWNER, PASSWORD, PERSON)
    show = ConsoleShow(tmp_path / "beside", 1, system_clock)
    for approval in (FIRST, SECOND):
        show.ask_in(home, approval)
    serving = Serving(home.path, free_ports(1)[0])
    yield serving
    assert serving.stop() == 0


def states(serving: Serving) -> dict[str, State]:
    with Gainful.open(serving.home) as app:
        return {one: app.approvals.find(one).state for one in (FIRST, SECOND)}


def approvals(chromium: Browser, serving: Serving) -> Page:
    page = chromium.new_page()
    sign_in(page, serving.address, PERSON, PASSWORD)
    page.goto(f"{serving.address}/approvals")
    ready(page, "Approvals")
    return page


def test_a_key_answers_the_card_that_has_the_focus_and_no_other(asked: Serving, chromium: Browser) -> None:
    page = approvals(chromium, asked)
    cards = page.locator("[data-step]")
    page.keyboard.press("a")
    expect(cards.nth(0)).to_be_focused()
    assert set(states(asked).values()) == {State.WAITING}
    shown = cards.nth(1).get_attribute("aria-labelledby")
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("i")
    expect(page.get_by_role("status").first).to_contain_text("Ignored")
    answered = str(shown).removeprefix("a-")
    assert states(asked) == {FIRST: State.WAITING, SECOND: State.WAITING, answered: State.IGNORED}
    page.close()


def test_keys_lead_to_where_one_writes(asked: Serving, chromium: Browser) -> None:
    page = approvals(chromium, asked)
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.keyboard.type("Ask her first.")
    expect(page.get_by_label("Or tell the agent what to do instead").first).to_have_value("Ask her first.")
    page.locator("[data-step]").first.focus()
    page.keyboard.press("e")
    expect(page.locator("details textarea").first).to_be_focused()
    page.close()


def test_keys_that_were_turned_off_do_nothing(asked: Serving, chromium: Browser) -> None:
    page = approvals(chromium, asked)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys are heard").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    ready(page, "Approvals")
    for key in ("j", "a", "?", "g", "b"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[data-step]").first).not_to_be_focused()
    assert set(states(asked).values()) == {State.WAITING}
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys are heard").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    expect(page.locator("[data-step]").first).to_be_focused()
    page.close()
