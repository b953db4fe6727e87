"""Where pages that say "that did not work" lead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.routing import Route

from gainful.app import Gainful
from gainful.storage.settings.config import Home
from gainful.web.console.menu import Item
from gainful.web.console.way_back import ways_on
from tests.unit.web.console_site import EMPLOYEE, Browser, Site

MENU = [Item("Today", "/", "t"), Item("Agents", "/agents", "g"), Item("Books", "/books", "b")]
PAGES = [
    Route("/", lambda _: None),
    Route("/agents", lambda _: None),
    Route("/agents/{agent}", lambda _: None),
    Route("/agents/{agent}/stop", lambda _: None, methods=["POST"]),
]


def asked(path: str, referer: str = "", host: str = "console.test", query: str = "") -> Request:
    """A request as a browser sends it."""
    headers = [(b"host", host.encode()), *([(b"referer", referer.encode())] if referer else [])]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    return Request({**scope, "scheme": "http", "server": ("console.test", 80), "root_path": ""})


@pytest.mark.parametrize(
    ("path", "referer", "leads"),
    [
        ("/nowhere", "", ["/"]),
        ("/agents/nobody", "", ["/agents"]),
        # From a page of the menu there is one link, and not the same one twice.
        ("/agents/nobody", "http://console.test/agents", ["/agents"]),
        ("/agents/nobody", "http://console.test/agents/answer?step=2", ["/agents/answer?step=2", "/agents"]),
        ("/agents/a/stop", "http://console.test/", ["/", "/agents"]),
        # What cannot be opened, what is elsewhere, and what is asked for itself is no way back.
        ("/agents/nobody", "http://console.test/agents/answer/stop", ["/agents"]),
        ("/agents/nobody", "http://console.test/agents/nobody", ["/agents"]),
        ("/agents/nobody", "http://elsewhere.test/agents/answer", ["/agents"]),
        ("/agents/nobody", "http://console.test//elsewhere.test/agents", ["/agents"]),
        ("/agents/nobody", "http://console.test/\\elsewhere.test", ["/agents"]),
        ("/agentsmith", "javascript:alert(1)", ["/"]),
        ("/agents/nobody", "http://[console.test/agents", ["/agents"]),
    ],
)
def test_the_likeliest_way_comes_first(path: str, referer: str, leads: list[str]) -> None:
    assert [way.to for way in ways_on(asked(path, referer), MENU, PAGES)] == leads


def test_a_page_of_the_menu_is_called_by_its_name() -> None:
    back, around = ways_on(asked("/agents/nobody", "http://console.test/"), MENU, PAGES)
    assert (back.title, around.title) == ("Back to Today", "Go to Agents")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(Home(tmp_path / "home")) as app:
        made = Site(app)
        made.people()
        with made.server:
            yield made


def test_a_form_that_was_refused_leads_back_to_it_and_says_that_nothing_was_changed(site: Site) -> None:
    got = site.browser().post("/settings/tokens", {"name": ""}, referer="http://console.test/settings")
    assert got.status == 400
    assert "Nothing was changed." in got.body
    assert '<a class="button main" href="/settings" data-key="Escape">Back to Settings</a>' in got.body


def test_of_what_broke_in_the_middle_nobody_says_that_nothing_was_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("in the middle")

    browser = site.browser()
    monkeypatch.setattr(site.app.access, "add_token", broken)
    got = browser.post("/settings/tokens", {"name": "ci", "days": "9", "scope-read": "yes"})
    assert got.status == 500
    assert "Nothing was changed." not in got.body
    assert "Look how things stand before you send it again." in got.body


def test_a_page_that_was_only_looked_at_says_nothing_of_changes(site: Site) -> None:
    body = site.browser().get("/books?from=never").body
    assert "was changed" not in body
    assert ">Go to Books</a>" in body


def test_who_may_not_is_led_to_what_they_may_see(site: Site) -> None:
    got = site.browser(EMPLOYEE).get("/runs", referer="http://console.test/agents")
    assert got.status == 403
    assert 'href="/agents"' in got.body.partition("<main")[2]
    # The menu of an employee has no runs, and the page does not lead to them either.
    assert 'href="/runs"' not in got.body


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [("POST", "/agents/all/stop", 401, "nothing was done"), ("GET", "/nowhere", 404, "There is nothing here.")],
)
def test_who_is_not_signed_in_is_led_to_the_door(site: Site, method: str, path: str, status: int, said: str) -> None:
    stranger = Browser(site)
    page = stranger.post(path, accept="text/html") if method == "POST" else stranger.get(path, accept="text/html")
    assert (page.status, said in page.body) == (status, True)
    assert '<a class="button main" href="/sign-in">Sign in</a>' in page.body
    # A program is told the same in a line.
    line = stranger.post(path) if method == "POST" else stranger.get(path)
    assert (line.status, said in line.body, "<" in line.body) == (status, True, False)
