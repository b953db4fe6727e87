"""Signing out at the identity provider too: what it is shown, what stands in no address, and what else may happen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.console.sealing import opened, seal
from gainful.storage.settings.config import Home
from tests.unit.web.console_site import OWNER, PASSWORD, Got, Site
from tests.unit.web.lying_provider import CLIENT, LyingProvider
from tests.unit.web.test_provider_sign_in import ANN, SETTINGS, Visitor, leads_to, state_of

ALSO = {"also": "provider"}


@pytest.fixture
def provider() -> Iterator[LyingProvider]:
    with LyingProvider() as made:
        made.discovery["end_session_endpoint"] = f"{made.issuer}/logout"
        yield made


@pytest.fixture
def how() -> str:
    return "form"


@pytest.fixture
def site(tmp_path: Path, provider: LyingProvider, how: str) -> Iterator[Site]:
    home = Home(tmp_path / "home")
    home.prepare()
    settings = SETTINGS.format(issuer=provider.issuer, client=CLIENT)
    home.config.write_text(settings.replace("roles_claim", f'sign_out = "{how}"\nroles_claim'), encoding="utf-8")
    with Gainful.open(home) as app:
        made = Site(app)
        app.access.add(OWNER, Role.OWNER, PASSWORD, OWNER)
        with made.server:
            yield made


@pytest.fixture
def visitor(site: Site, provider: LyingProvider) -> Visitor:
    return Visitor(site, provider)


def csrf(visitor: Visitor) -> dict[str, str]:
    who = visitor.site.app.access.session(visitor.cookies["gainful-session"])
    assert who is not None
    return {"csrf": who.csrf}


def fields(got: Got) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', got.body)
    return {name: html.unescape(value) for name, value in found}


def test_the_provider_is_shown_the_token_in_a_form_and_in_no_address(visitor: Visitor, provider: LyingProvider) -> None:
    visitor.sign_in()
    assert "Sign out, also at 127.0.0.1" in visitor.get("/").body
    got = visitor.post("/sign-out", {**csrf(visitor), **ALSO})
    assert (got.status, "location" in got.headers, visitor.person) == (200, False, "")
    sent = fields(got)
    assert set(sent) == {"id_token_hint", "client_id", "post_logout_redirect_uri", "state"}
    assert (sent["client_id"], sent["id_token_hint"].count(".")) == (CLIENT, 2)
    assert sent["post_logout_redirect_uri"] == f"http://{visitor.site.host}/sign-in/provider/out"
    assert f'action="{provider.issuer}/logout"' in got.body
    origin = provider.issuer.removesuffix("/realm")
    assert f"form-action 'self' {origin};" in got.headers["content-security-policy"]
    assert got.headers["cache-control"] == "no-store"
    back = visitor.get(f"/sign-in/provider/out?state={sent['state']}")
    assert "You are signed out, here and at 127.0.0.1." in back.body
    assert "told already" in visitor.get(f"/sign-in/provider/out?state={sent['state']}").body
    assert list(visitor.cookies) == []


def test_the_token_is_kept_so_that_the_cookie_alone_opens_it(visitor: Visitor, site: Site) -> None:
    visitor.sign_in()
    cookie = visitor.cookies["gainful-session"]
    token = site.app.access.proof(cookie)
    assert token is not None
    assert token.startswith("eyJ")
    with site.app.database.connect() as connection:
        sealed = str(connection.execute(text("select sealed from console_sessions")).scalar_one())
        audit = str(connection.execute(text("select * from audit_entries")).all())
    for part in token.split("."):
        assert part not in sealed
        assert part not in audit
    assert (opened(sealed, cookie), opened(sealed, cookie[:-1]), site.app.access.proof("other")) == (token, None, None)
    assert seal("a", cookie) != seal("a", cookie)
    assert visitor.post("/sign-out", csrf(visitor)).headers["location"] == "/sign-in"
    assert site.app.access.proof(cookie) is None


def test_who_came_with_a_password_signs_out_here_alone(visitor: Visitor) -> None:
    visitor.post("/sign-in", {"person": OWNER, "password": PASSWORD})
    assert "also at" not in visitor.get("/").body
    got = visitor.post("/sign-out", {**csrf(visitor), **ALSO})
    assert (got.status, got.headers["location"], visitor.person) == (303, "/sign-in", "")


def test_another_sites_page_signs_nobody_out_and_leads_nobody_here(visitor: Visitor) -> None:
    visitor.sign_in()
    assert visitor.post("/sign-out", {"csrf": "0" * 64, **ALSO}).status == 401
    assert visitor.person == "ann@example.org"
    got = visitor.get("/sign-in/provider/out?state=made-up")
    assert "was not begun here" in got.body
    assert visitor.person == "ann@example.org"


@pytest.mark.parametrize("broken", ["away", "withdrawn"])
def test_a_provider_that_is_away_keeps_nobody_signed_in_here(
    visitor: Visitor, provider: LyingProvider, site: Site, broken: str
) -> None:
    visitor.sign_in()
    form = csrf(visitor)
    site.app.by_provider.provider._metadata._value = None
    if broken == "away":
        provider.answer = (503, b"")
    else:
        del provider.discovery["end_session_endpoint"]
    got = visitor.post("/sign-out", {**form, **ALSO})
    assert (got.status, got.title, visitor.person) == (200, "Sign in", "")
    assert "You are signed out here. At 127.0.0.1 you are not:" in got.body
    assert ("does not answer" if broken == "away" else "offers no signing out") in got.body


@pytest.mark.parametrize("endpoint", [None, "http://elsewhere.example/logout", "javascript:alert(1)", 7])
def test_where_nothing_usable_is_offered_the_choice_is_not_there(
    visitor: Visitor, provider: LyingProvider, endpoint: object
) -> None:
    provider.discovery["end_session_endpoint"] = endpoint
    visitor.sign_in()
    assert visitor.person == "ann@example.org"
    assert "also at" not in visitor.get("/").body


@pytest.mark.parametrize("how", ["link"])
def test_by_a_link_nothing_is_kept_and_nothing_is_shown(visitor: Visitor, provider: LyingProvider, site: Site) -> None:
    visitor.sign_in()
    assert site.app.access.proof(visitor.cookies["gainful-session"]) == ""
    got = visitor.post("/sign-out", {**csrf(visitor), **ALSO})
    url = leads_to(got)
    assert url.startswith(f"{provider.issuer}/logout?")
    assert set(parse_qs(urlsplit(url).query)) == {"client_id", "post_logout_redirect_uri", "state"}
    assert "here and at 127.0.0.1" in visitor.get(f"/sign-in/provider/out?state={state_of(url)}").body


@pytest.mark.parametrize("how", ["off"])
def test_it_can_be_switched_off(visitor: Visitor) -> None:
    visitor.sign_in(ANN)
    assert "also at" not in visitor.get("/").body
