"""Signing in with an identity provider over the wire: who comes in, as what; every lie is refused without a trace."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.core.errors import Invalid
from gainful.gate.approval import State
from gainful.sdk.secret import Secret
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.storage.settings.config import Home
from tests.unit.web.console_site import OWNER, PASSWORD, Got, Site
from tests.unit.web.lying_provider import CLIENT, Lies, LyingProvider, by_public_key, unsigned

SETTINGS = """
[owner]
name = "mira@example.org"

[console.oidc]
issuer = "{issuer}"
client_id = "{client}"
roles_claim = "realm.groups"
roles = {{ owner = ["admins"], auditor = ["audit"], employee = ["staff"] }}
"""
ANN: dict[str, Any] = {
    "sub": "s-ann",
    "email": "Ann@example.org",
    "email_verified": True,
    "realm": {"groups": ["staff", "sports"]},
}


class Visitor:
    """A browser that keeps every cookie by its path and name."""

    def __init__(self, site: Site, provider: LyingProvider) -> None:
        self.site, self.provider = site, provider
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    def get(self, path: str) -> Got:
        return self._keep(self.site.request("GET", path, self._sent()))

    def post(self, path: str, form: dict[str, str] | None = None) -> Got:
        kind = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{self.site.host}"}
        return self._keep(self.site.request("POST", path, {**self._sent(), **kind}, urlencode(form or {})))

    def away(self) -> str:
        """To the provider: the address that the page leads to."""
        got = self.post("/sign-in/provider")
        assert (got.status, got.title) == (200, "On to your identity provider"), got.body
        return leads_to(got)

    def back(self, url: str, code: str, **more: str) -> Got:
        """From the provider, with the state of this way there."""
        query = {"code": code, "state": state_of(url), **more}
        return self.get(f"/sign-in/provider/back?{urlencode({k: v for k, v in query.items() if v})}")

    def sign_in(self, claims: dict[str, Any] | None = None, lies: Lies | None = None) -> Got:
        """There and back."""
        url = self.away()
        return self.back(url, self.provider.authorize(url, claims or ANN, lies))

    @property
    def person(self) -> str:
        """Who is signed in here."""
        who = self.site.app.access.session(self.cookies.get("gainful-session", ""))
        return who.person if who is not None else ""

    def _sent(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _keep(self, got: Got) -> Got:
        # Several of one name are joined by the client; a cookie of ours holds no comma but in its date.
        for one in re.split(r", (?=gainful-)", got.headers.get("set-cookie", "")):
            name, _, rest = one.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.set.append(one)
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return got


def leads_to(got: Got) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', got.body)
    assert found is not None, got.body
    return html.unescape(found.group(1))


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


@pytest.fixture
def provider() -> Iterator[LyingProvider]:
    with LyingProvider() as made:
        yield made


@pytest.fixture
def settings() -> str:
    return SETTINGS


@pytest.fixture
def site(tmp_path: Path, provider: LyingProvider, settings: str) -> Iterator[Site]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(settings.format(issuer=provider.issuer, client=CLIENT), encoding="utf-8")
    with Gainful.open(home) as app:
        made = Site(app)
        app.access.add(OWNER, Role.OWNER, PASSWORD, OWNER)
        with made.server:
            yield made


@pytest.fixture
def visitor(site: Site, provider: LyingProvider) -> Visitor:
    return Visitor(site, provider)


def rows(site: Site, table: str) -> int:
    with site.app.database.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def refused(visitor: Visitor, got: Got, status: int, says: str) -> None:
    """Turned away with the reason; no session, no account, no identity, and the password's form is there."""
    assert (got.status, says in html.unescape(got.body)) == (status, True), f"{got.status} {got.body}"
    assert 'type="password"' in got.body
    assert got.headers["referrer-policy"] == "same-origin", "or browsers would send its forms without their origin"
    assert "gainful-session" not in visitor.cookies
    assert rows(visitor.site, "console_sessions") == 0
    assert rows(visitor.site, "console_identities") == 0
    assert [one.person for one in visitor.site.app.access.accounts()] == [OWNER]


# --- who comes in -----------------------------------------------------------------------------------------------------


def test_somebody_new_gets_an_account_with_the_role_of_their_groups(visitor: Visitor, site: Site) -> None:
    assert "Sign in with your company&#39;s account" in visitor.get("/sign-in").body
    url = visitor.away()
    (kept,) = [one for one in visitor.set if one.startswith("gainful-provider-")]
    for part in ("HttpOnly", "SameSite=lax", "Path=/sign-in/provider", "Max-Age=600"):
        assert part.lower() in kept.lower()
    got = visitor.back(url, visitor.provider.authorize(url, ANN))
    assert (got.status, got.title, leads_to(got)) == (200, "You are signed in", "/")
    assert "samesite=strict" in next(one for one in visitor.set if one.startswith("gainful-session=")).lower()
    assert got.headers["referrer-policy"] == "no-referrer"
    assert "form-action 'self'" in got.headers["content-security-policy"]
    assert list(visitor.cookies) == ["gainful-session"], "the way there is forgotten"
    assert visitor.get("/").title == "Today"
    account = site.app.access.account("ann@example.org")
    assert account is not None
    assert (account.role, account.password) == ("employee", "")
    assert "Your password" not in visitor.get("/settings").body


def test_the_same_subject_is_the_same_person_whatever_they_are_called_now(visitor: Visitor, site: Site) -> None:
    visitor.sign_in()
    visitor.sign_in({**ANN, "email": "ann.married@example.org", "realm": {"groups": ["staff", "audit"]}})
    assert visitor.person == "ann@example.org"
    assert [(one.person, one.role) for one in site.app.access.accounts()] == [
        ("ann@example.org", "auditor"),
        (OWNER, "owner"),
    ]


def test_roles_follow_the_groups_at_each_sign_in_and_end_other_sessions(visitor: Visitor, site: Site) -> None:
    visitor.sign_in({**ANN, "realm": {"groups": ["admins"]}})
    other = Visitor(site, visitor.provider)
    other.sign_in()
    assert (other.person, visitor.person) == ("ann@example.org", "")
    assert site.app.access.account("ann@example.org").role == "employee"  # type: ignore[union-attr]
    got = Visitor(site, visitor.provider).sign_in({**ANN, "realm": {"groups": []}})
    assert (got.status, "None of your groups" in got.body, other.person) == (403, True, "")


def test_an_account_with_a_password_is_linked_by_giving_it_once(visitor: Visitor, site: Site) -> None:
    mira = {**ANN, "sub": "s-mira", "email": OWNER, "realm": {"groups": ["admins"]}}
    got = visitor.sign_in(mira)
    assert (got.status, got.title) == (200, "Is this account yours?")
    assert got.headers["referrer-policy"] == "same-origin"
    assert (visitor.person, rows(site, "console_identities")) == ("", 0)
    state = re.search(r'name="state" value="([^"]+)"', got.body).group(1)  # type: ignore[union-attr]
    wrong = visitor.post("/sign-in/provider/link", {"state": state, "password": "not hers"})
    assert (wrong.status, visitor.person) == (403, "")
    again = visitor.post("/sign-in/provider/link", {"state": state, "password": PASSWORD})
    assert (again.status, "not begun here" in again.body) == (403, True), "each way there is for one try"

    got = visitor.sign_in(mira)
    state = re.search(r'name="state" value="([^"]+)"', got.body).group(1)  # type: ignore[union-attr]
    assert Visitor(site, visitor.provider).post(
        "/sign-in/provider/link", {"state": state, "password": PASSWORD}
    ).status == (403), "another browser"
    got = visitor.post("/sign-in/provider/link", {"state": state, "password": PASSWORD})
    assert (got.status, got.headers["location"], visitor.person) == (303, "/", OWNER)
    assert visitor.sign_in(mira).title == "You are signed in"


def test_a_name_that_went_to_somebody_new_opens_no_account(visitor: Visitor, site: Site) -> None:
    visitor.sign_in()
    other = Visitor(site, visitor.provider)
    got = other.sign_in({**ANN, "sub": "s-another-ann"})
    assert (got.status, "belongs to somebody else" in got.body, other.person) == (403, True, "")


def test_an_account_made_for_the_provider_is_theirs_who_comes_first(visitor: Visitor, site: Site) -> None:
    site.app.access.add("ann@example.org", Role.LEAD, None, OWNER)
    assert visitor.post("/sign-in", {"person": "ann@example.org", "password": ""}).status == 403
    visitor.sign_in()
    assert visitor.person == "ann@example.org"


def test_who_was_taken_away_stays_away_until_the_owner_lets_them_in(visitor: Visitor, site: Site) -> None:
    visitor.sign_in()
    site.app.access.remove("ann@example.org", OWNER)
    assert visitor.person == ""
    for claims in (ANN, {**ANN, "sub": "s-second-account"}):
        got = visitor.sign_in(claims)
        assert (got.status, "taken away" in got.body, visitor.person) == (403, True, "")
    assert [one.person for one in site.app.access.accounts()] == [OWNER]
    site.app.access.add("ann@example.org", Role.EMPLOYEE, None, OWNER)
    visitor.sign_in()
    assert visitor.person == "ann@example.org"


def test_who_was_taken_away_before_they_ever_came_stays_away_too(visitor: Visitor, site: Site) -> None:
    site.app.access.add("Ann@Example.org", Role.EMPLOYEE, PASSWORD, OWNER)
    site.app.access.remove("Ann@Example.org", OWNER)
    got = visitor.sign_in()
    assert (got.status, "taken away" in got.body, visitor.person) == (403, True, "")
    site.app.access.add("ann@example.org", Role.EMPLOYEE, None, OWNER)
    visitor.sign_in()
    assert visitor.person == "ann@example.org"


def test_a_name_in_other_letters_is_the_same_name(visitor: Visitor, site: Site) -> None:
    site.app.access.add("Ann@Example.org", Role.EMPLOYEE, PASSWORD, OWNER)
    got = visitor.sign_in()
    assert (got.title, "Ann@Example.org" in got.body) == ("Is this account yours?", True)
    assert [one.person for one in site.app.access.accounts()] == ["Ann@Example.org", OWNER]


def test_claims_that_the_token_lacks_are_asked_of_userinfo(visitor: Visitor, provider: LyingProvider) -> None:
    provider.userinfo = {**ANN, "email": "ann.from.userinfo@example.org"}
    visitor.sign_in({"sub": "s-ann"})
    assert visitor.person == "ann.from.userinfo@example.org"


def test_a_session_without_a_password_is_shorter_and_a_password_still_works(visitor: Visitor, site: Site) -> None:
    visitor.sign_in()
    with site.app.database.begin() as connection:
        connection.execute(text("update console_sessions set begun_at = '2026-01-01T00:00:00+00:00'"))
    assert visitor.person == ""
    visitor.provider.answer = (500, b"")
    assert visitor.post("/sign-in", {"person": OWNER, "password": PASSWORD}).status == 303
    assert visitor.person == OWNER


# --- what is refused --------------------------------------------------------------------------------------------------

FOREIGN = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


def _foreign(header: dict[str, Any], claims: dict[str, Any]) -> str:
    from joserfc import jwt

    return jwt.encode(header, claims, FOREIGN)


YEAR = 365 * 86_400
"""In seconds: what is in the future when the tests are collected still is when they have run for hours."""

LIES: dict[str, tuple[Lies, str]] = {
    "wrong nonce": (Lies({"nonce": "another"}), "nonce"),
    "no nonce": (Lies({"nonce": None}), "nonce"),
    "wrong issuer": (Lies({"iss": "https://evil.example.org"}), "iss"),
    "wrong audience": (Lies({"aud": "another-client"}), "aud"),
    "no audience": (Lies({"aud": None}), "aud"),
    "two audiences without azp": (Lies({"aud": [CLIENT, "another"]}), "azp"),
    "for another party": (Lies({"aud": [CLIENT, "another"], "azp": "another"}), "azp"),
    "expired": (Lies({"exp": int(time.time()) - 120}), "expired"),
    "no expiry": (Lies({"exp": None}), "exp"),
    "endless": (Lies({"exp": "tomorrow"}), "exp"),
    "not yet": (Lies({"nbf": int(time.time()) + YEAR}), "not yet valid"),
    "from the future": (Lies({"iat": int(time.time()) + YEAR}), "future"),
    "no subject": (Lies({"sub": None}), "sub"),
    "empty subject": (Lies({"sub": ""}), "subject"),
    "long subject": (Lies({"sub": "s" * 256}), "subject"),
    "another access token": (Lies({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "at_hash"),
    "unsigned": (Lies(sign=unsigned), "none"),
    "signed by a stranger": (Lies(sign=_foreign), "not signed by one of its keys"),
    "signed by nobody known": (Lies(header={"kid": "nobody"}), "not signed by one of its keys"),
    "no token at all": (Lies(sign=lambda _header, _claims: "rubbish"), "does not hold"),
    "nested without end": (Lies(sign=lambda _h, _c: "e30." + "W1tb" * 20_000 + ".e30"), "does not hold"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_token_that_lies_lets_nobody_in(visitor: Visitor, name: str) -> None:
    lies, says = LIES[name]
    got = visitor.sign_in(lies=lies)
    assert says in html.unescape(got.body), got.body
    refused(visitor, got, 403, "The identity provider's ID token ")


def test_a_public_key_is_no_secret(visitor: Visitor, provider: LyingProvider) -> None:
    got = visitor.sign_in(lies=Lies(sign=by_public_key(provider.key)))
    refused(visitor, got, 403, "HS256")


def test_a_token_key_that_was_rotated_is_fetched_and_the_old_one_is_worth_nothing(
    visitor: Visitor, site: Site, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    visitor.sign_in()
    old = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    provider.published = [provider.key]
    before = provider.asked.count("/realm/keys")
    oidc = site.app.by_provider.provider
    clock = site.app.clock
    monkeypatch.setattr(oidc, "_clock", lambda: clock() + timedelta(seconds=11))
    assert visitor.sign_in().title == "You are signed in"
    assert provider.asked.count("/realm/keys") == before + 1
    provider.key = old
    got = visitor.sign_in()
    assert (got.status, "not signed by one of its keys" in got.body) == (403, True)
    assert provider.asked.count("/realm/keys") == before + 1, "not asked again within ten seconds"


def test_another_state_is_refused_before_the_provider_is_asked(visitor: Visitor, provider: LyingProvider) -> None:
    url = visitor.away()
    code = provider.authorize(url, ANN)
    got = visitor.get(f"/sign-in/provider/back?{urlencode({'code': code, 'state': 'another'})}")
    refused(visitor, got, 403, "This sign-in was not begun here")
    assert "/realm/token" not in provider.asked


def test_the_cookie_of_one_way_is_worth_nothing_for_another(visitor: Visitor, provider: LyingProvider) -> None:
    """Who can set cookies for us from a neighbouring name must not choose which state goes with which of them."""
    url = visitor.away()
    ((name, value),) = visitor.cookies.items()
    other = name.removesuffix(name.rpartition("-")[2]) + hashlib.sha256(b"another").hexdigest()[:16]
    visitor.cookies = {other: value}
    query = urlencode({"code": provider.authorize(url, ANN), "state": "another"})
    refused(visitor, visitor.get(f"/sign-in/provider/back?{query}"), 403, "This sign-in was not begun here")
    assert "/realm/token" not in provider.asked


def test_a_code_of_somebody_elses_is_no_way_in(visitor: Visitor, site: Site, provider: LyingProvider) -> None:
    """Who is led to an attacker's answer must not end up in the attacker's account."""
    attacker = Visitor(site, provider)
    url = attacker.away()
    got = visitor.back(url, provider.authorize(url, {**ANN, "sub": "s-attacker", "email": "evil@example.org"}))
    refused(visitor, got, 403, "This sign-in was not begun here")


def test_a_code_that_is_replayed_is_refused(visitor: Visitor, site: Site, provider: LyingProvider) -> None:
    url = visitor.away()
    kept = dict(visitor.cookies)
    code = provider.authorize(url, ANN)
    assert visitor.back(url, code).title == "You are signed in"
    thief = Visitor(site, provider)
    thief.cookies = kept
    got = thief.back(url, code)
    assert (got.status, "used already" in got.body, thief.person) == (403, True, "")
    assert rows(site, "console_sessions") == 1
    # With a way of one's own the provider itself refuses it.
    other = thief.away()
    got = thief.back(other, code)
    assert (got.status, "invalid_grant" in got.body, thief.person) == (403, True, "")


def test_two_tabs_do_not_disturb_each_other(visitor: Visitor, provider: LyingProvider) -> None:
    first, second = visitor.away(), visitor.away()
    assert state_of(first) != state_of(second)
    assert visitor.back(first, provider.authorize(first, ANN)).title == "You are signed in"
    assert visitor.back(second, provider.authorize(second, ANN)).title == "You are signed in"


def test_a_way_there_is_over_after_ten_minutes(visitor: Visitor, site: Site, provider: LyingProvider) -> None:
    url = visitor.away()
    with site.app.database.begin() as connection:
        connection.execute(text("update console_flows set begun_at = '2026-01-01T00:00:00+00:00'"))
    refused(visitor, visitor.back(url, provider.authorize(url, ANN)), 403, "took too long")
    visitor.away()
    assert rows(site, "console_flows") == 1, "what is over is forgotten"


def test_another_issuers_answer_is_not_taken_to_this_one(visitor: Visitor, provider: LyingProvider) -> None:
    url = visitor.away()
    got = visitor.back(url, provider.authorize(url, ANN), iss="https://evil.example.org")
    refused(visitor, got, 403, "Another identity provider answered")
    assert "/realm/token" not in provider.asked


def test_a_provider_that_names_itself_must_do_so(visitor: Visitor, provider: LyingProvider) -> None:
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    url = visitor.away()
    refused(visitor, visitor.back(url, provider.authorize(url, ANN)), 403, "Another identity provider answered")
    url = visitor.away()
    assert visitor.back(url, provider.authorize(url, ANN), iss=provider.issuer).title == "You are signed in"


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "false"}, "not verified"),
        ({"email": None}, "does not give your mail address"),
        ({"email": "ann"}, "does not give your mail address"),
        ({"email": ["ann@example.org"]}, "does not give your mail address"),
        ({"realm": {"groups": ["sports"]}}, "None of your groups"),
        ({"realm": {"groups": "admin"}}, "None of your groups"),
        ({"realm": None}, "None of your groups"),
        ({"email": "system:\u202e@example.org"}, "does not give your mail address"),
    ],
)
def test_who_is_not_to_come_in_does_not(visitor: Visitor, claims: dict[str, Any], says: str) -> None:
    refused(visitor, visitor.sign_in({**ANN, **claims}), 403, says)


def test_userinfo_about_somebody_else_is_refused(visitor: Visitor, provider: LyingProvider) -> None:
    provider.userinfo = {**ANN, "sub": "s-somebody-else"}
    refused(visitor, visitor.sign_in({"sub": "s-ann"}), 403, "about somebody else")


def test_who_says_no_at_the_provider_is_told_so(visitor: Visitor) -> None:
    got = visitor.back(visitor.away(), "", error="access_denied")
    refused(visitor, got, 403, "did not sign you in: access_denied")


@pytest.mark.parametrize(
    ("discovery", "says"),
    [
        ({"issuer": "https://evil.example.org"}, "is that of the issuer 'https://evil.example.org'"),
        ({"issuer": None}, "is that of the issuer 'None'"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "names no usable authorization_endpoint"),
        ({"authorization_endpoint": "http://evil.example.org/"}, "names a authorization_endpoint without TLS"),
        ({"token_endpoint": None}, "names no usable token_endpoint"),
        ({"jwks_uri": "http://127.0.0.1:1/keys"}, "names a jwks_uri without TLS"),
        ({"response_types_supported": ["id_token"]}, "offers no authorization code"),
        ({"code_challenge_methods_supported": ["plain"]}, "offers no PKCE"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "offers none of the signatures"),
        ({"issuer": ["x"], "token_endpoint": 7}, "is that of the issuer"),
        ({"authorization_endpoint": "https://login.example.org\\@evil.example.org/"}, "names no usable"),
        ({"authorization_endpoint": "https://ann:word@login.example.org/"}, "names no usable"),
    ],
)
def test_a_provider_that_cannot_be_meant_is_refused(
    visitor: Visitor, provider: LyingProvider, discovery: dict[str, Any], says: str
) -> None:
    provider.discovery = discovery
    got = visitor.post("/sign-in/provider")
    assert (got.status, says in html.unescape(got.body)) == (400, True), got.body
    assert not visitor.cookies


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ((200, b'"' + b"x" * 2_000_000 + b'"'), 400, "larger"),
        ((200, b"<html>"), 400, "is no JSON object"),
        ((200, b"[" * 100_000), 400, "is no JSON object"),
        ((404, b"{}"), 400, "is no JSON object"),
        ((500, b"{}"), 503, "has trouble (HTTP 500)"),
        ((503, b"{}"), 503, "does not answer"),
    ],
)
def test_a_provider_in_trouble_is_told_and_the_password_still_works(
    visitor: Visitor, provider: LyingProvider, answer: tuple[int, bytes], status: int, says: str
) -> None:
    provider.answer = answer
    got = visitor.post("/sign-in/provider")
    assert (got.status, says in html.unescape(got.body)) == (status, True), got.body
    assert not visitor.cookies
    assert visitor.post("/sign-in", {"person": OWNER, "password": PASSWORD}).status == 303


@pytest.mark.parametrize("where", ["https://169.254.169.254/keys", "https://localhost/keys", "https://10.0.0.1/keys"])
def test_a_provider_cannot_send_us_into_our_own_network(visitor: Visitor, provider: LyingProvider, where: str) -> None:
    provider.discovery = {"jwks_uri": where}
    refused(visitor, visitor.sign_in(), 400, "The identity provider cannot be used")


def test_keys_that_are_secrets_or_for_something_else_prove_nothing(visitor: Visitor, provider: LyingProvider) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    sealing = RSAKey.generate_key(2048, {"kid": "sealing", "use": "enc"})
    provider.published = [secret, sealing]  # type: ignore[list-item]
    refused(visitor, visitor.sign_in(), 400, "has no key that could sign")
    provider.published = [secret, sealing, provider.key]  # type: ignore[list-item]
    assert visitor.sign_in().title == "You are signed in"


def test_a_provider_that_is_away_is_not_asked_at_every_press(visitor: Visitor, provider: LyingProvider) -> None:
    provider.answer = (500, b"{}")
    for _ in range(3):
        assert visitor.post("/sign-in/provider").status == 503
    assert len(provider.asked) == 1


@pytest.mark.parametrize(("error", "status"), [("invalid_client", 400), ("invalid_grant", 403), ("\u202e<b>", 403)])
def test_a_token_endpoint_that_says_no(visitor: Visitor, provider: LyingProvider, error: str, status: int) -> None:
    provider.token_error = error
    got = visitor.sign_in()
    refused(visitor, got, status, "The identity provider does not ")
    assert "<b>" not in got.body


def test_nothing_that_comes_back_can_lead_elsewhere(visitor: Visitor) -> None:
    url = visitor.away()
    code = visitor.provider.authorize(url, ANN)
    got = visitor.back(url, code, back="https://evil.example.org", next="//evil.example.org", to="//evil.example.org")
    assert leads_to(got) == "/"
    assert "evil.example.org" not in got.body


def test_another_sites_page_cannot_begin_a_sign_in(visitor: Visitor, site: Site) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example.org"}
    for path in ("/sign-in/provider", "/sign-in/provider/again", "/sign-in/provider/link"):
        assert site.request("POST", path, headers, "").status == 403
    assert rows(site, "console_flows") == 0


def test_what_is_sent_back_to_the_provider_is_bound_to_its_code(visitor: Visitor, provider: LyingProvider) -> None:
    visitor.sign_in()
    (form,) = provider.forms
    assert form["redirect_uri"] == "http://console.test/sign-in/provider/back"
    assert len(form["code_verifier"]) >= 43
    assert (form["client_id"], "client_secret" in form) == (CLIENT, False), "a public client"


# --- showing again who one is -----------------------------------------------------------------------------------------


def again(visitor: Visitor) -> str:
    """To the provider, to show who one is before something that cannot be taken back."""
    page = visitor.get("/approvals")
    assert 'name="password"' not in page.body, "they have none"
    assert 'formaction="/sign-in/provider/again"' in page.body
    got = visitor.post("/sign-in/provider/again", {"csrf": page.csrf})
    url = leads_to(got)
    asked = parse_qs(urlsplit(url).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["60"])
    return url


def accept(visitor: Visitor, card: str) -> Got:
    csrf = visitor.get("/approvals").csrf
    return visitor.post("/approvals/k7h2k9abcd", {"csrf": csrf, "verdict": "accept", "card": card})


def test_what_cannot_be_taken_back_needs_them_to_show_again_who_they_are(visitor: Visitor, site: Site) -> None:
    owner = {**ANN, "realm": {"groups": ["admins"]}, "auth_time": int(time.time()) - 3600}
    visitor.sign_in(owner)
    card = site.asked()
    got = accept(visitor, card)
    assert (got.status, "show first that it is you" in got.body) == (400, True)
    assert site.app.approvals.find("k7h2k9abcd").state is State.WAITING

    url = again(visitor)
    got = visitor.back(url, visitor.provider.authorize(url, {**owner, "auth_time": int(time.time())}))
    assert (got.status, leads_to(got)) == (200, "/approvals")
    assert accept(visitor, card).status == 303
    assert site.app.approvals.find("k7h2k9abcd").state is State.ACCEPTED


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ({"auth_time": int(time.time()) - 3600}, "did not ask again"),
        ({"auth_time": None}, "did not ask again"),
        ({"auth_time": int(time.time()) + YEAR}, "did not ask again"),
        ({"auth_time": 1e300}, "did not ask again"),
        ({"auth_time": int(time.time()), "sub": "s-tom", "email": "tom@example.org"}, "Somebody else signed in"),
    ],
)
def test_a_provider_that_did_not_ask_confirms_nothing(
    visitor: Visitor, site: Site, lie: dict[str, Any], says: str
) -> None:
    owner = {**ANN, "realm": {"groups": ["admins"]}}
    Visitor(site, visitor.provider).sign_in({**owner, "sub": "s-tom", "email": "tom@example.org"})
    visitor.sign_in(owner)
    card = site.asked()
    url = again(visitor)
    got = visitor.back(url, visitor.provider.authorize(url, {**owner, **lie}))
    assert (got.status, says in got.body) == (403, True), got.body
    assert accept(visitor, card).status == 400
    assert site.app.approvals.find("k7h2k9abcd").state is State.WAITING


def test_a_provider_that_is_away_is_told_to_who_is_signed_in(visitor: Visitor) -> None:
    visitor.sign_in({**ANN, "realm": {"groups": ["admins"]}})
    csrf = visitor.get("/approvals").csrf
    visitor.site.app.by_provider._provider = None
    visitor.provider.answer = (500, b"")
    got = visitor.post("/sign-in/provider/again", {"csrf": csrf})
    assert (got.status, got.title, "has trouble" in got.body) == (503, "That did not work", True)
    assert visitor.person == "ann@example.org"


def test_only_a_session_of_ones_own_can_be_confirmed(visitor: Visitor) -> None:
    visitor.sign_in()
    assert visitor.post("/sign-in/provider/again", {"csrf": "0" * 64}).status == 303
    assert rows(visitor.site, "console_flows") == 0


# --- settings ---------------------------------------------------------------------------------------------------------


class TestWithoutAMapping:
    @pytest.fixture
    def settings(self) -> str:
        return SETTINGS.partition("roles_claim")[0] + 'domains = ["Example.org"]\n'

    def test_nobody_without_an_account_comes_in(self, visitor: Visitor) -> None:
        refused(visitor, visitor.sign_in(), 403, "You have no account here")

    def test_a_role_that_was_given_by_hand_stays(self, visitor: Visitor, site: Site) -> None:
        site.app.access.add("ann@example.org", Role.LEAD, None, OWNER)
        visitor.sign_in()
        assert visitor.person == "ann@example.org"
        assert site.app.access.account("ann@example.org").role == "lead"  # type: ignore[union-attr]

    @pytest.mark.parametrize("mail", ["ann@evil.org", "ann@example.org.evil.org", "ann@sub.example.org"])
    def test_another_domain_is_not_let_in(self, visitor: Visitor, mail: str) -> None:
        refused(visitor, visitor.sign_in({**ANN, "email": mail}), 403, "of a domain that is not let in")


class TestWithAnotherName:
    @pytest.fixture
    def settings(self) -> str:
        named = 'name_claim = "preferred_username"\ndefault_role = "employee"\n'
        return SETTINGS.partition("roles_claim")[0] + named

    def test_the_name_is_that_claim(self, visitor: Visitor) -> None:
        visitor.sign_in({"sub": "s-ann", "preferred_username": "ann"})
        assert visitor.person == "ann"

    @pytest.mark.parametrize("name", [None, "", " ", 7, "system:gate", "a\u202eb", "x" * 201])
    def test_what_is_no_name_is_refused(self, visitor: Visitor, name: object) -> None:
        got = visitor.sign_in({"sub": "s-ann", "preferred_username": name})
        assert got.status in (400, 403)
        refused(visitor, got, got.status, "name" if got.status == 400 else "does not say who you are")


class TestWithoutAProvider:
    @pytest.fixture
    def settings(self) -> str:
        return SETTINGS.partition("[console.oidc]")[0]

    def test_there_is_no_button_and_no_way(self, visitor: Visitor) -> None:
        assert "/sign-in/provider" not in visitor.get("/sign-in").body
        got = visitor.post("/sign-in/provider")
        assert (got.status, "No identity provider is set" in got.body) == (400, True)
        assert visitor.get("/sign-in/provider/back?code=a&state=b").status == 403
        assert not visitor.cookies


def test_a_certificate_of_the_companys_own_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    with LyingProvider(server_context(tmp_path)) as provider:
        for name, more in (
            ("stranger", ""),
            ("trusted", f'cafile = "{tmp_path / "cert.pem"}"'),
            ("wrong", 'cafile = "none.pem"'),
        ):
            home = Home(tmp_path / name)
            home.prepare()
            text = SETTINGS.format(issuer=provider.issuer, client=CLIENT).replace("roles_claim", f"{more}\nroles_claim")
            home.config.write_text(text, encoding="utf-8")
            with Gainful.open(home) as app:
                if name == "trusted":
                    assert app.by_provider.provider.metadata().issuer == provider.issuer
                    continue
                says = "does not prove that name" if name == "stranger" else "cafile"
                with pytest.raises(Invalid, match=says):
                    app.by_provider.provider.metadata()


@pytest.mark.parametrize(
    ("secret", "offered", "how"),
    [
        ("plain", None, "basic"),
        ("plain", ["client_secret_post"], "post"),
        ("with+odd%letters", ["client_secret_basic", "client_secret_post"], "post"),
        ("with+odd%letters", None, "basic"),
    ],
)
def test_a_clients_secret_is_shown_as_the_provider_takes_it(
    visitor: Visitor, site: Site, provider: LyingProvider, secret: str, offered: list[str] | None, how: str
) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": offered}
    site.app.secrets.put("oidc", Secret("oidc", secret))
    assert visitor.sign_in().title == "You are signed in"
    (form,) = provider.forms
    if how == "post":
        assert form["client_secret"] == secret
    else:
        assert base64.b64decode(provider.authorizations[0].removeprefix("Basic ")).decode() == f"{CLIENT}:{secret}"
        assert "client_secret" not in form
    assert secret not in str(site.complaints)


def test_a_provider_that_takes_no_secret_gets_none(visitor: Visitor, site: Site, provider: LyingProvider) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    site.app.secrets.put("oidc", Secret("oidc", "plain"))
    refused(visitor, visitor.sign_in(), 400, "takes no client secret")
    assert not provider.forms


def test_the_first_account_of_all_is_the_owners(tmp_path: Path, provider: LyingProvider) -> None:
    home = Home(tmp_path / "new")
    home.prepare()
    home.config.write_text(SETTINGS.format(issuer=provider.issuer, client=CLIENT), encoding="utf-8")
    with Gainful.open(home) as app:
        site = Site(app)
        with site.server:
            visitor = Visitor(site, provider)
            got = visitor.sign_in()
            assert (got.status, "the first one is the platform owner" in got.body) == (403, True)
            assert not app.access.accounts()
            visitor.sign_in({**ANN, "realm": {"groups": ["admins"]}})
            assert visitor.get("/").title == "Today"
