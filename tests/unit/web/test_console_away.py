"""What the console and the metrics answer while the database cannot be used, and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.core.errors import GainfulError
from gainful.storage.errors import DatabaseForbidden, DatabaseUnreachable
from gainful.storage.settings.web import Server
from gainful.web.health import health_routes
from gainful.web.server import WebServer
from tests.unit.web.console_site import OWNER, Browser, Site, console_of, owned
from tests.unit.web.test_health import get

AWAY = DatabaseUnreachable("The database at postgresql://db.example.org cannot be reached.", "Check that it runs.")
PAGE = {"accept": "text/html"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(owned(tmp_path)) as app, console_of(app) as made:
        yield made


def failing(site: Site, monkeypatch: pytest.MonkeyPatch, error: GainfulError) -> None:
    """Let nothing be read of who may come in."""

    def fail(*_: object) -> None:
        raise error

    for name in ("session", "account", "accounts", "token"):
        monkeypatch.setattr(site.app.access_kept, name, fail)


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.mark.parametrize("path", ["/", "/agents", "/nothing-here", "/sign-in", "/live"])
def test_a_page_says_that_the_database_is_away_and_is_there_again_afterwards(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with monkeypatch.context() as away:
        failing(site, away, AWAY)
        got = browser.get(path, **PAGE)
        assert (got.status, got.headers["retry-after"], got.title) == (503, "5", "Not now")
        # It leads to the same page again, and names no address of the database to whoever asks.
        assert f'<a class="button main" href="{path}">Try again</a>' in got.body
        assert "postgresql" not in got.body
    # Nothing of this is our own fault.
    assert site.complaints == []
    assert browser.get("/").status == 200


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/agents/helper/stop"])
def test_who_sent_a_form_meanwhile_is_told_to_see_whether_it_was_done(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    failing(site, monkeypatch, AWAY)
    got = browser.post(path, {"person": OWNER, "password": "correct horse battery"}, **PAGE)
    assert (got.status, got.title) == (503, "Not now")
    assert "see whether what you sent was done" in got.body
    assert '<a class="button main" href="/">Go to Today</a>' in got.body


def test_a_program_reads_a_line(site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(site, monkeypatch, AWAY)
    got = browser.get("/", accept="*/*")
    assert (got.status, got.body) == (503, "The database cannot be used now, so nothing can be shown or done.\n")


def test_rights_that_were_lost_are_told_to_the_owner_as_what_they_are(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = DatabaseForbidden("The server does not let this user in.", "The user must own the database.")
    failing(site, monkeypatch, lost)
    got = browser.get("/", **PAGE)
    assert (got.status, got.title) == (500, "That did not work")
    assert "let this user in" not in got.body
    assert site.complaints == [lost]


def test_numbers_are_not_to_be_had_meanwhile(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token = site.app.access.add_token("prometheus", OWNER, [Scope.READ], timedelta(days=1), OWNER)
    with WebServer(Server(), health_routes(site.app, site.app.access)) as server:
        assert get(server, "/metrics", token)[0] == 200
        failing(site, monkeypatch, AWAY)
        assert get(server, "/metrics", token) == (503, "The database does not answer.\n")
        assert get(server, "/healthz")[0] == 200
