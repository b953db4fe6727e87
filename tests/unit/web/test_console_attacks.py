"""The console and the API as somebody hostile asks them, inside and outside: what gives way, and what must not."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from anyio import to_thread

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.gate.approval import Approvers, State
from gainful.web import api, reading
from gainful.web.console import live
from gainful.web.console.entering import AT_ONCE, Entering, SignInBusy
from tests.unit.web.console_site import EMPLOYEE, LEAD, OWNER, PASSWORD, Browser, Site, console_of, owned


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(owned(tmp_path)) as app, console_of(app) as made:
        yield made


def dialled(site: Site) -> socket.socket:
    host, _, port = site.server.address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


# --- from outside -----------------------------------------------------------------------------------------------------


def test_the_api_reads_no_more_than_it_takes_from_whoever_sends(site: Site) -> None:
    # Nobody's: the framework would read all of it before it looks at the token.
    with dialled(site) as link:
        link.sendall(
            b"POST /api/v1/agents/triage/stop HTTP/1.1\r\nHost: console.test\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000000000000\r\n\r\n" + b" " * (api.LARGEST + 1)
        )
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_the_api_does_not_wait_for_who_does_not_send(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.2)
    with dialled(site) as link:
        link.sendall(
            b"POST /api/v1/agents/triage/stop HTTP/1.1\r\nHost: console.test\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_who_is_not_in_yet_waits_at_the_door_and_not_before_the_pages() -> None:
    inside, go = threading.Semaphore(0), threading.Event()

    def enter(form: Mapping[str, str]) -> str:
        inside.release()
        assert go.wait(60)
        return form["person"]

    async def crowd() -> list[str | BaseException]:
        entering = Entering(enter, most=3)
        strangers = [asyncio.create_task(entering({"person": "ann"})) for _ in range(30)]
        try:
            await asyncio.wait(strangers, return_when=asyncio.FIRST_EXCEPTION)
            for _ in range(AT_ONCE):
                await to_thread.run_sync(inside.acquire)
            assert not inside.acquire(blocking=False), "no third one is looked at beside them"
        finally:
            go.set()
        return await asyncio.gather(*strangers, return_exceptions=True)

    said = asyncio.run(crowd())
    assert said.count("ann") == AT_ONCE + 3
    assert sum(isinstance(one, SignInBusy) for one in said) == 30 - AT_ONCE - 3


def test_who_cannot_wait_at_the_door_is_told_to_come_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.console._entering, "_most", -AT_ONCE)
    got = Browser(site).post("/sign-in", {"person": OWNER, "password": PASSWORD})
    assert (got.status, "at this moment" in got.body) == (503, True)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/sign-in/provider/again", "/sign-in/provider/link"])
@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", "{}", 400),
        ("application/x-www-form-urlencoded", "x=" + "a" * 600_000, 413),
        ("application/x-www-form-urlencoded", "&".join("a=b" for _ in range(600)), 400),
        ("multipart/form-data; boundary=x", "--x\r\n", 400),
        ("application/x-www-form-urlencoded", "csrf=%ed%a0%80", 400),
    ],
)
def test_what_is_no_form_is_said_to_be_none_at_every_door(
    site: Site, path: str, kind: str, body: str, status: int
) -> None:
    owner = site.browser()
    headers = {"cookie": f"gainful-session={owner.cookie}", "content-type": kind, "origin": f"http://{site.host}"}
    assert site.request("POST", path, headers, body).status == status
    assert not site.complaints
    assert owner.get("/agents").status == 200


def test_a_fault_at_the_door_is_told_to_the_owner_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(person: str, password: str) -> str:
        raise ValueError(f"{person} at /var/lib")

    monkeypatch.setattr(site.app.access, "sign_in", broken)
    got = Browser(site).post("/sign-in", {"person": OWNER, "password": PASSWORD})
    assert got.status == 500
    assert "/var/lib" not in got.body
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert [error.code for error in site.complaints] == ["broken"]


def test_a_page_with_a_slash_behind_leads_nowhere(site: Site) -> None:
    for path in ("/sign-in/", "/settings/", "/api"):
        assert site.browser().get(path).status == 404


# --- from inside ------------------------------------------------------------------------------------------------------


def test_who_is_sent_away_watches_no_longer_than_a_beat(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.0)
    browser = site.browser(EMPLOYEE)
    with dialled(site) as link:
        link.sendall(
            f"GET /live HTTP/1.1\r\nHost: {site.host}\r\nCookie: gainful-session={browser.cookie}\r\n\r\n".encode()
        )
        said = link.recv(10)
        site.app.access.change_role(EMPLOYEE, site.app.access.account(EMPLOYEE).role, OWNER)  # type: ignore[union-attr,arg-type]
        while more := link.recv(65536):
            said = (said + more)[-20:]
    assert said.endswith(b"0\r\n\r\n"), "the stream is over"


def test_to_have_a_page_open_is_not_to_use_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    access, browser = site.app.access, site.browser(EMPLOYEE)
    clock = site.app.clock
    monkeypatch.setattr(access, "_clock", lambda: clock() + timedelta(hours=11))
    assert access.session(browser.cookie, used=False) is not None
    monkeypatch.setattr(access, "_clock", lambda: clock() + timedelta(hours=13))
    assert access.session(browser.cookie, used=False) is None


def test_an_approval_is_shown_to_whom_it_concerns(site: Site) -> None:
    site.asked("k7h2k9abcd", approvers=Approvers(people=frozenset({LEAD})))
    everybodys = site.asked("m3n8p2wxyz")
    for person in (OWNER, LEAD):
        browser = site.browser(person)
        assert browser.get("/approvals/k7h2k9abcd").status == 200
        assert "k7h2k9abcd" in browser.get("/").body
        assert "k7h2k9abcd" in browser.get("/approvals").body
    browser = site.browser(EMPLOYEE)
    assert "k7h2k9abcd" not in browser.get("/").body
    assert "k7h2k9abcd" not in browser.get("/approvals").body
    assert "m3n8p2wxyz" in browser.get("/approvals").body
    shown, missing = browser.get("/approvals/k7h2k9abcd"), browser.get("/approvals/zzzzzzzzzz")
    assert shown.status == missing.status == 400
    assert "No approval has the id" in shown.body
    assert browser.post("/approvals/k7h2k9abcd", {"verdict": "refuse"}).status == 400
    token = site.app.access.add_token("ci", EMPLOYEE, [Scope.ANSWER, Scope.READ], timedelta(days=1), OWNER)
    bearer = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for path in ("/api/v1/approvals", "/api/v1/approvals?recent=true", "/api/v1/brief"):
        body = site.request("GET", path, bearer).body
        assert "k7h2k9abcd" not in body
        assert "m3n8p2wxyz" in body
    assert site.request("GET", "/api/v1/approvals/k7h2k9abcd", bearer).status == 404
    refuse = json.dumps({"verdict": "refuse", "card": everybodys})
    assert site.request("POST", "/api/v1/approvals/k7h2k9abcd/answer", bearer, refuse).status == 404
    assert site.app.approvals.find("k7h2k9abcd").state is State.WAITING


def test_a_hundred_answers_at_once_are_one(site: Site) -> None:
    card = site.asked()
    token = site.app.access.add_token("ci", OWNER, [Scope.ANSWER], timedelta(days=1), OWNER)
    bearer = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = json.dumps({"verdict": "accept", "card": card})
    begin = threading.Barrier(100)

    def answer(_: int) -> int:
        begin.wait()
        return site.request("POST", "/api/v1/approvals/k7h2k9abcd/answer", bearer, body).status

    with ThreadPoolExecutor(100) as pool:
        said = list(pool.map(answer, range(100)))
    assert said.count(200) == 1
    assert set(said) <= {200, 400, 403, 409, 503}
    answers = [entry for entry in site.app.audit.rows() if entry.verdict == "accepted"]
    assert len(answers) == 1
    assert not site.complaints
