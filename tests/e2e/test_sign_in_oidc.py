"""Signing in with a real identity provider in a real browser, to which it is another site than the console."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.gate.approval import State
from gainful.sdk.testing.canaille import Canaille
from gainful.sdk.testing.identity_provider import IdentityProvider, User
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.settings.config import Home
from tests.e2e.browser import grave, ready
from tests.e2e.test_console import GAINFUL, PASSWORD, Serving

OWNER, LEAD, STRANGER, UNVERIFIED = "mira@example.org", "lea@example.org", "eve@example.org", "una@example.org"
BY_PASSWORD = "otto@example.org"
USERS = (
    User(BY_PASSWORD, ("admins",)),
    User(OWNER, ("admins", "staff")),
    User(LEAD, ("leads",)),
    User(STRANGER, ("sports",)),
    User(UNVERIFIED, ("leads",), verified=False),
)


SCOPES = {
    "identity_provider": ["openid", "email", "profile"],
    # It gives groups to who asks for them.
    "canaille": ["openid", "email", "profile", "groups"],
}


class Company:
    """A console and the provider that it trusts."""

    def __init__(self, provider: IdentityProvider, serving: Serving, sign_out: str) -> None:
        self.provider, self.serving, self.sign_out = provider, serving, sign_out


KINDS = (
    # Both kinds of client, and both ways of signing out there; Canaille takes a form for its own, and asks.
    ("identity_provider", "public", "link"),
    ("identity_provider", "secret", "form"),
    ("canaille", "public", "link"),
    ("canaille", "secret", "link"),
)


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """With a client that has a secret, and with one that has none."""
    server, client_kind, sign_out = request.param
    start = request.getfixturevalue(server)
    port = free_ports(1)[0]
    home = Home(tmp_path_factory.mktemp("company") / "home")
    home.prepare()
    here = f"http://127.0.0.1:{port}/sign-in/provider"
    with start(USERS, [f"{here}/back"], [f"{here}/out"]) as provider:
        client = provider.client if client_kind == "public" else provider.secret_client
        home.config.write_text(
            f'[owner]\nname = "{OWNER}"\n[console.oidc]\nissuer = "{provider.issuer}"\nclient_id = "{client}"\n'
            f'sign_out = "{sign_out}"\nlabel = "Sign in with Example"\n'
            f'scopes = {json.dumps(SCOPES[server])}\n[console.oidc.roles]\nowner = ["admins"]\nlead = ["leads"]\n',
            encoding="utf-8",
        )
        if client_kind == "secret":
            told = [GAINFUL, "--home", str(home.path), "secrets", "set", "oidc"]
            subprocess.run(told, input=provider.secret, text=True, check=True, capture_output=True)
        with Gainful.open(home) as app:
            app.access.add(BY_PASSWORD, Role.OWNER, PASSWORD, OWNER)
        serving = Serving(home.path, port)
        yield Company(provider, serving, sign_out)
        assert serving.stop() == 0


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def log_in(page: Page, company: Company, person: str) -> None:
    """At the provider."""
    if isinstance(company.provider, Canaille):
        login, password = page.get_by_label("Login"), page.get_by_role("textbox", name="Password")
        expect(login.or_(password)).to_be_visible()
        if login.is_visible():
            # Whom it knows, it asks for the password alone.
            login.fill(person)
            page.locator("button[type=submit]").last.click()
        password.fill(company.provider.password)
        assert page.url.startswith(company.provider.origin)
        page.get_by_role("button", name="Sign in").click()
        return
    expect(page.get_by_role("heading", name="Provider", exact=True)).to_be_visible()
    assert page.url.startswith(company.provider.origin)
    page.get_by_label("Username").fill(person)
    page.get_by_label("Password").fill(company.provider.password)
    page.get_by_role("button", name="Log in").click()


def go(page: Page, company: Company, person: str) -> None:
    """From the console to the provider and back."""
    page.goto(f"{company.serving.address}/sign-in")
    page.get_by_role("button", name="Sign in with Example").click()
    log_in(page, company, person)


def test_somebody_signs_in_works_and_signs_out(company: Company, page: Page) -> None:
    seen: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: seen.append(request.url))

    def heard(message: ConsoleMessage) -> None:
        # The provider's own pages are its own business.
        if message.type == "error" and message.location["url"].startswith(company.serving.address):
            problems.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(str(error)))
    go(page, company, LEAD)
    ready(page, "Today")
    assert page.url == f"{company.serving.address}/"
    expect(page.get_by_text(f"{LEAD}, lead")).to_be_visible()
    expect(page.get_by_role("link", name="Runs")).to_be_visible()
    cookies = {str(one.get("name")): one for one in page.context.cookies(company.serving.address)}
    assert [name for name in cookies if name.startswith("gainful-")] == ["gainful-session"]
    assert (cookies["gainful-session"].get("sameSite"), cookies["gainful-session"].get("httpOnly")) == ("Strict", True)
    assert sum("code=" in url for url in seen) == 1
    assert not [url for url in seen if "id_token" in url or "code_verifier" in url]

    # The code is in no address that the browser remembers.
    page.go_back()
    assert "code=" not in page.url
    page.goto(company.serving.address)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(company.serving.address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not problems


def test_signing_out_also_at_the_provider_ends_both(company: Company, page: Page) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    go(page, company, LEAD)
    ready(page, "Today")
    page.get_by_role("button", name="Sign out, also at localhost").click()
    if company.sign_out == "link":
        # Without a token the provider asks.
        page.get_by_role("button", name=re.compile("^Log ?out$")).click()
    expect(page.get_by_role("status")).to_have_text("You are signed out, here and at localhost.")
    assert page.url.startswith(f"{company.serving.address}/sign-in/provider/out?state=")
    assert [url for url in seen if "/logout/" in url or "/end_session" in url]
    assert not [url for url in seen if "id_token" in url or "eyJ" in url]
    page.goto(company.serving.address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    # The provider asks who they are, as of somebody whom it does not know.
    page.get_by_role("button", name="Sign in with Example").click()
    expect(page.get_by_label(re.compile("^(Username|Login)")).first).to_be_visible()


def test_signing_out_here_alone_leaves_the_provider_as_it_is(company: Company, page: Page) -> None:
    go(page, company, LEAD)
    ready(page, "Today")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with Example").click()
    ready(page, "Today")


@pytest.mark.parametrize(
    ("person", "says"), [(STRANGER, "None of your groups"), (UNVERIFIED, "Your mail address is not verified")]
)
def test_who_is_not_let_in_is_told_why(company: Company, page: Page, person: str, says: str) -> None:
    go(page, company, person)
    if person == UNVERIFIED and isinstance(company.provider, Canaille):
        # It says of no address whether it is verified: nothing speaks against this one.
        ready(page, "Today")
        return
    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.get_by_label("Password")).to_be_visible()
    with Gainful.open(company.serving.home) as app:
        assert app.access.account(person) is None
    # The page that says so lets somebody in.
    page.get_by_label("Your address or name").fill(BY_PASSWORD)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    ready(page, "Today")


def test_an_account_with_a_password_is_linked_by_giving_it_once(company: Company, page: Page) -> None:
    go(page, company, BY_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this account yours?")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Link and sign in").click()
    ready(page, "Today")
    page.get_by_role("button", name="Sign out", exact=True).click()
    # The provider knows them still, and the console now too.
    page.get_by_role("button", name="Sign in with Example").click()
    ready(page, "Today")
    expect(page.get_by_text(f"{BY_PASSWORD}, owner")).to_be_visible()


def test_what_cannot_be_taken_back_asks_at_the_provider_again(company: Company, page: Page, tmp_path: Path) -> None:
    approval = "k7h2k9abcd"
    with Gainful.open(company.serving.home) as app:
        assert not app.approvals.waiting()
    ConsoleShow(tmp_path / "beside", 1, system_clock).ask_in(company.serving.home, approval)
    go(page, company, OWNER)
    ready(page, "Today")
    with Gainful.open(company.serving.home) as app, app.database.begin() as connection:
        # As if they had signed in this morning.
        connection.execute(text("update console_sessions set confirmed_at = '2026-01-01T00:00:00+00:00'"))
    page.goto(f"{company.serving.address}/approvals")
    expect(page.get_by_label("Your password")).to_have_count(0)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("alert")).to_contain_text("show first that it is you")
    page.goto(f"{company.serving.address}/approvals")
    page.get_by_role("button", name="Go there").click()
    log_in(page, company, OWNER)
    ready(page, "Approvals")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted")
    with Gainful.open(company.serving.home) as app:
        assert app.approvals.find(approval).state is State.ACCEPTED


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_signing_in_can_be_read_by_everybody_and_fits_a_phone(
    company: Company, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{company.serving.address}/sign-in")
    assert not grave(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
