"""The console of a home as browsers and programs reach it: a real server on loopback, and requests to it."""

from __future__ import annotations

import hashlib
import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text
from starlette.routing import Mount

from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.trial.company import Company
from gainful.core.errors import GainfulError
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.gate.approval import Approvers, ask
from gainful.gate.proposal import Explanation, Proposal, Reason
from gainful.storage.settings.config import Home
from gainful.storage.settings.web import Console, Server
from gainful.web.console import ConsoleSite
from gainful.web.server import WebServer

PASSWORD = "correct horse battery"
OWNER, EMPLOYEE, AUDITOR, LEAD = "mira@example.org", "tom@example.org", "zoe@example.net", "lea@example.org"
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))


@dataclass
class Got:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def csrf(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.body)
        assert found is not None, self.body[:500]
        return found.group(1)

    @property
    def title(self) -> str:
        """The page's heading."""
        found = re.search(r"<h1>([^<]*)</h1>", self.body)
        return found.group(1) if found else ""


@dataclass
class Browser:
    """Somebody's browser: it keeps its cookie, and says where a form is from as browsers do."""

    site: Site
    cookie: str = ""
    csrf: str = ""

    def get(self, path: str, **headers: str) -> Got:
        """A page."""
        got = self.site.request("GET", path, {**self._own(), **_named(headers)})
        self._keep(got)
        return got

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Got:
        """A form of one of our pages, sent."""
        body = urlencode({"csrf": self.csrf, **(form or {})})
        own = {
            **self._own(),
            "content-type": "application/x-www-form-urlencoded",
            "origin": f"http://{self.site.host}",
            **_named(headers),
        }
        got = self.site.request("POST", path, own, body)
        self._keep(got)
        return got

    def follow(self, got: Got) -> Got:
        """The page that an answer leads to."""
        assert got.status == 303, got.body
        return self.get(got.headers["location"])

    def _own(self) -> dict[str, str]:
        return {"cookie": f"gainful-session={self.cookie}"} if self.cookie else {}

    def _keep(self, got: Got) -> None:
        given = re.match(r"gainful-session=([^;]*);", got.headers.get("set-cookie", ""))
        if given is not None:
            self.cookie = given.group(1).strip('"')
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', got.body)
        if found is not None:
            self.csrf = found.group(1)


@dataclass
class Site:
    """The console of one home."""

    app: Gainful
    complaints: list[GainfulError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts: list[str] = []
        self.console = ConsoleSite(
            self.app, self.app.access, Console(hosts=("console.test",)), [], self.complaints.append
        )
        self.server = WebServer(
            Server(port=None), [Mount("/", self.console.application)], on_stop=self.console.live.close
        )

    @property
    def host(self) -> str:
        """What stands in `Host`."""
        return "console.test"

    def request(self, method: str, path: str, headers: Mapping[str, str], body: str | bytes | None = None) -> Got:
        """Any request."""
        address = self.server.address.removeprefix("http://")
        with closing(http.client.HTTPConnection(address, timeout=60)) as link:
            link.request(method, path, body, {"host": self.host, **headers})
            answer = link.getresponse()
            found: dict[str, str] = {}
            for name, value in answer.getheaders():
                # Of cookies there may be several.
                found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
            return Got(answer.status, found, answer.read().decode("utf-8", "replace"))

    def people(self) -> None:
        """An account of each role."""
        for person, role in (
            (OWNER, Role.OWNER),
            (EMPLOYEE, Role.EMPLOYEE),
            (AUDITOR, Role.AUDITOR),
            (LEAD, Role.LEAD),
        ):
            self.app.access.add(person, role, PASSWORD, OWNER)

    def browser(self, person: str = OWNER) -> Browser:
        """Somebody's browser, signed in."""
        browser = Browser(self, self.app.access.sign_in(person, PASSWORD))
        browser.get("/")
        return browser

    def asked(self, approval_id: str = "k7h2k9abcd", effect: str = "egress", approvers: Approvers | None = None) -> str:
        """The card's digest of a new approval."""
        explanation = Explanation(
            "send",
            effect,
            {"to": "target", "body": "content"},
            {"to": TYPED, "body": STRANGER},
            reasons=(Reason("send-tainted", "Something leaves that a stranger may have written."),),
        )
        arguments = {"to": ["ada@example.org"], "body": "Dear Ada,\n<script>alert(1)</script>invoice\u202efdp.exe\n"}
        send = Proposal(
            "assistant", f"r-{approval_id}", "step 3", "mail.send", arguments, "7f3a", explanation=explanation
        )
        return self.app.book.ask(ask(approval_id, [send], "tom", self.app.clock(), approvers or Approvers())).card

    def state(self) -> str:
        """A digest of everything that is kept, without what merely looking may write: sessions and the audit log."""
        with self.app.database.connect() as connection:
            tables = connection.execute(
                text("select name from sqlite_master where type = 'table' order by name")
            ).scalars()
            digest = hashlib.sha256()
            for table in [one for one in tables if one not in ("console_sessions", "audit_entries", "sqlite_sequence")]:
                for row in connection.execute(text(f'select * from "{table}" order by 1')):
                    digest.update(f"{table}{tuple(row)!r}".encode())
        return digest.hexdigest()


def owned(folder: Path) -> Home:
    """A new home of the owner's in this folder."""
    home = Home(folder / "home")
    home.prepare()
    home.config.write_text(f'[owner]\nname = "{OWNER}"\n', encoding="utf-8")
    return home


def tell_of_company(app: Gainful, until: datetime) -> None:
    """Book what the demo's company did until then, and tell what it was worth."""
    facts = Company(1, until).facts()
    while batch := list(islice(facts, 5000)):
        app.facts.append(batch, "test")
    app.worth.tell()


@contextmanager
def console_of(app: Gainful) -> Iterator[Site]:
    """The console, served, with an account of each role."""
    made = Site(app)
    made.people()
    with made.server:
        yield made


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
