"""Every route of the console and of the API, asked as it must not be: what is refused, and whether anything moved.

    python -m bench.refusals

A home with an approval that waits and an account of each role. Each route is asked by nobody, by every role that may
not, under another host, from another site's page, and where it changes something also without an origin, with a wrong
form token, with another session's, with too much and with what is no form. The doors, by password and by an identity
provider, are also asked with wrong passwords and states, and the live view by nobody. The API is asked with no token,
with one that is none, with a cookie, with every scope that does not do, under another host, from another site, and with
bodies of the wrong type and size. After each refusal everything that is kept is compared with what it was before, and
whoever is signed in must still be.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from bench.report import options, publish
from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.gate.approval import Approvers
from gainful.storage.settings.config import Home
from gainful.web.console.asking import Page
from gainful.web.console.pages import PAGES
from tests.unit.web.console_site import AUDITOR, EMPLOYEE, LEAD, OWNER, PASSWORD, Browser, Site
from tests.unit.web.test_console import concrete

APPROVAL = "k7h2k9abcd"
TOO_MUCH = "x" * 3_000_000
FORM_KIND = "application/x-www-form-urlencoded"
REFUSED = range(400, 500)
SETTINGS = f"""
[owner]
name = "{OWNER}"

[console.oidc]
# Nobody answers there: whoever must be refused is so before anybody is asked.
issuer = "http://127.0.0.1:9"
client_id = "gainful"
roles = {{ owner = ["admins"] }}
"""
DOORS: Mapping[str, tuple[dict[str, str], ...]] = {
    "POST /sign-in": ({"person": OWNER, "password": "wrong"}, {"person": "x", "code": "0000-0000-0000"}, {}),
    "POST /sign-out": ({"csrf": "0" * 64}, {}),
    "GET /live": (),
    "POST /sign-in/provider": (),
    "POST /sign-in/provider/again": ({"csrf": "0" * 64}, {}),
    "POST /sign-in/provider/link": ({"state": "made-up", "password": PASSWORD}, {}),
    "GET /sign-in/provider/back": ({"state": "made-up", "code": "made-up"}, {}),
    "GET /sign-in/provider/out": (),
}
"""What leads in and out, with what must not: fields of forms, or of queries."""


class Refusals:
    """Sends what must be refused, and counts."""

    def __init__(self, site: Site) -> None:
        self._site = site
        site.people()
        # Whose word counts is somebody else's: an owner may not answer it, either.
        approvers = Approvers(people=frozenset({"ada@example.org"}))
        self._card = site.asked(APPROVAL, approvers=approvers)
        self._browsers = {person: site.browser(person) for person in (OWNER, EMPLOYEE, AUDITOR, LEAD)}
        self._tokens = {
            scope: site.app.access.add_token(f"bench-{scope}", OWNER, [scope], timedelta(days=1), OWNER)
            for scope in Scope
        }
        self._before = site.state()
        self.tried = 0
        self.let_through: list[str] = []
        self.moved: list[str] = []

    def refuse(self, what: str, status: int) -> None:
        """Count one answer, and look at what is kept."""
        self.tried += 1
        if status not in REFUSED:
            self.let_through.append(f"{what}: {status}")
        now = self._site.state()
        if now != self._before:
            self.moved.append(what)
            self._before = now

    def signed_out(self) -> list[str]:
        """Who was signed in and is no more."""
        access = self._site.app.access
        return [person for person, browser in self._browsers.items() if access.session(browser.cookie) is None]

    # --- pages --------------------------------------------------------------------------------------------------------

    def page(self, page: Page) -> None:
        """Ask one page of the table in every way that must be refused."""
        path, owner = concrete(page.path), self._browsers[OWNER]
        for what, browser, headers in self._who(page):
            if page.method == "GET":
                got = browser.get(path, **headers)
                # Nobody is led to the door instead.
                to_the_door = got.status == 303 and got.headers["location"] == "/sign-in"
                self.refuse(f"{page.name}, {what}", 401 if to_the_door else got.status)
            else:
                self.refuse(f"{page.name}, {what}", browser.post(path, self._form, **headers).status)
        if page.method == "POST":
            for what, headers, body in self._forms(owner):
                given = {"cookie": f"gainful-session={owner.cookie}", "content-type": FORM_KIND, **headers}
                self.refuse(f"{page.name}, {what}", self._site.request("POST", path, given, body).status)

    @property
    def _form(self) -> dict[str, str]:
        return {"verdict": "accept", "card": self._card, "password": PASSWORD, "person": "x", "role": "owner"}

    def _who(self, page: Page) -> Iterator[tuple[str, Browser, dict[str, str]]]:
        owner = self._browsers[OWNER]
        yield "by nobody", Browser(self._site), {}
        yield "with a made-up session", Browser(self._site, "0" * 64, owner.csrf), {}
        yield "under another host", owner, {"host": "evil.example"}
        yield "from another site", owner, {"origin": "http://evil.example"}
        for browser in self._browsers.values():
            who = self._site.app.access.session(browser.cookie)
            if who is not None and not who.may(page.right):
                yield f"by {who.role}", browser, {}

    def _forms(self, owner: Browser) -> Iterator[tuple[str, dict[str, str], str]]:
        origin = {"origin": f"http://{self._site.host}"}
        yield "without an origin", {}, f"csrf={owner.csrf}"
        yield "without a form token", origin, "verdict=accept"
        yield "with another session's form token", origin, f"csrf={self._browsers[LEAD].csrf}"
        yield "with too much", origin, f"csrf={owner.csrf}&more={TOO_MUCH}"
        yield "as JSON", {**origin, "content-type": "application/json"}, json.dumps({"csrf": owner.csrf})
        yield "as no text", origin, f"csrf={owner.csrf}&%ff=%ff"

    # --- the doors ----------------------------------------------------------------------------------------------------

    def door(self, door: str, wrong: tuple[dict[str, str], ...]) -> None:
        """Ask one door in every way that must be refused."""
        method, path = door.split()
        own = {"cookie": f"gainful-session={self._browsers[OWNER].cookie}", "content-type": FORM_KIND}
        ours = {**own, "origin": f"http://{self._site.host}"}
        ways: list[tuple[str, str, dict[str, str], str | None]] = [
            ("under another host", "", {**ours, "host": "evil.example"}, None),
            ("from another site", "", {**own, "origin": "http://evil.example"}, None),
        ]
        for fields in wrong:
            query, body = ("", urlencode(fields)) if method == "POST" else (f"?{urlencode(fields)}", None)
            ways.append((f"with {' and '.join(fields) or 'nothing'} that will not do", query, ours, body))
        if method == "POST":
            ways.append(("without an origin", "", own, "csrf=0"))
        if method == "POST" and wrong:
            ways.append(("with too much", "", ours, f"csrf={TOO_MUCH}"))
            ways.append(("as JSON", "", {**ours, "content-type": "application/json"}, "{}"))
            ways.append(("as no text", "", ours, "csrf=%ff&%ff"))
        if path == "/live":
            ways.append(("by nobody", "", {}, None))
        for what, query, headers, body in ways:
            got = self._site.request(method, path + query, headers, body)
            to_the_door = got.status == 303 and got.headers["location"] == "/sign-in"
            self.refuse(f"{door}, {what}", 401 if to_the_door else got.status)

    # --- the API ------------------------------------------------------------------------------------------------------

    def operation(self, method: str, path: str) -> None:
        """Ask one operation of the API in every way that must be refused."""
        where, name = "/api" + path.replace("{", "").replace("}", ""), f"{method} /api{path}"
        for what, headers in self._bearers(method, where):
            body = self._json(method)
            self.refuse(f"{name}, {what}", self._site.request(method, where, headers, body).status)
        if method == "GET":
            return
        for scope, token in self._tokens.items():
            given = {"authorization": f"Bearer {token}"}
            for what, kind, body in (
                ("a list", "application/json", "[]"),
                ("no JSON", "application/json", "{"),
                ("a form", FORM_KIND, "verdict=accept"),
                ("too much", "application/json", json.dumps({"text": TOO_MUCH})),
            ):
                answer = self._site.request(method, where, {**given, "content-type": kind}, body)
                self.refuse(f"{name}, {what} with the scope {scope}", answer.status)

    def _bearers(self, method: str, where: str) -> Iterator[tuple[str, dict[str, str]]]:
        kind = {"content-type": "application/json"}
        yield "without a token", kind
        yield "with a made-up token", {**kind, "authorization": "Bearer gainful_" + "0" * 40}
        yield "with a session", {**kind, "cookie": f"gainful-session={self._browsers[OWNER].cookie}"}
        for scope, token in self._tokens.items():
            own = {**kind, "authorization": f"Bearer {token}"}
            if scope is Scope.MANAGE:
                yield "under another host", {**own, "host": "evil.example"}
                yield "from another site", {**own, "origin": "http://evil.example"}
            # A body of the wrong type is only looked at for those who may.
            if self._site.request(method, where, own, None if method == "GET" else "[]").status == 403:
                yield f"with the scope {scope}", own

    def _json(self, method: str) -> str | None:
        return None if method == "GET" else json.dumps({"verdict": "accept", "card": self._card})


def operations(site: Site) -> Iterator[tuple[str, str]]:
    """Every operation that the API's own document names, besides the document."""
    document: Mapping[str, Mapping[str, object]] = json.loads(site.request("GET", "/api/v1/openapi.json", {}).body)[
        "paths"
    ]
    for path, methods in document.items():
        yield from ((method.upper(), path) for method in methods)


def _home(folder: Path) -> Home:
    home = Home(folder / "home")
    home.prepare()
    home.config.write_text(SETTINGS, encoding="utf-8")
    return home


def main() -> int:
    """Ask, count and publish; 1 when anything was let through or moved."""
    parser = options("refusals", "Is every route refused to whom it must be, without anything being changed?")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Gainful.open(_home(Path(folder))) as app:
        site = Site(app)
        with site.server:
            refusals = Refusals(site)
            for page in PAGES:
                refusals.page(page)
            for door, wrong in DOORS.items():
                refusals.door(door, wrong)
            routes = list(operations(site))
            for method, path in routes:
                refusals.operation(method, path)
            refusals.moved += [f"{person} was signed out" for person in refusals.signed_out()]
    for told in (*refusals.let_through, *refusals.moved):
        print(told, file=sys.stderr)
    figures = {
        "state_changes": len(refusals.moved),
        "routes_tried": len(PAGES) + len(DOORS) + len(routes),
        "requests": refusals.tried,
        "let_through": len(refusals.let_through),
        "complaints": len(site.complaints),
    }
    publish("refusals", {}, figures, given.json)
    return int(bool(refusals.moved or refusals.let_through or site.complaints))


if __name__ == "__main__":
    raise SystemExit(main())
