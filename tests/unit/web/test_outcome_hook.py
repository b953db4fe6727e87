"""Outcomes over the wire: signed by their system, booked once, and everything else says why."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.core.errors import GainfulError
from gainful.sdk.secret import Secret
from gainful.storage.database import transaction
from gainful.storage.settings.config import Home
from gainful.storage.settings.web import Server
from gainful.web.outcome_hook import OutcomeHookDoor
from gainful.web.server import WebServer
from tests.unit.web.signing import KEY, NOON, signed

EVENT = {"id": "e-1", "event": "accept", "item": "T-1", "by": "ann@example.org", "requester": "cy@example.org"}
LARGEST = 4096


class Site:
    """The door of an installation whose clock stands."""

    def __init__(self, app: Gainful, now: list[datetime]) -> None:
        self.app, self.now = app, now
        self.complaints: list[GainfulError] = []
        self.door = OutcomeHookDoor(app.told, app.clock, self.complaints.append, LARGEST)

    def send(
        self,
        event: object = EVENT,
        system: str = "desk",
        key: str = KEY,
        at: datetime = NOON,
        body: bytes | None = None,
    ) -> tuple[int, dict[str, Any]]:
        content = json.dumps(event).encode() if body is None else body
        answer = self.door.answer({**signed(content, at=at, key=key), "x-gainful-system": system}, content)
        return answer.status, dict(answer.body)

    @property
    def verdicts(self) -> int:
        return len(self.app.facts.case("T-1")[1].verdicts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    now = [NOON]
    with Gainful.open(Home(tmp_path / "home"), lambda: now[0]) as app:
        app.secrets.put("outcome:desk", Secret("outcome:desk", KEY))
        app.secrets.put("outcome:shop", Secret("outcome:shop", "another long secret"))
        app.secrets.put("webhook:other", Secret("webhook:other", KEY))
        yield Site(app, now)


def test_an_event_is_booked_once_however_often_it_comes(site: Site) -> None:
    assert site.send() == (202, {"id": "e-1", "state": "accepted"})
    assert site.send() == (200, {"id": "e-1", "state": "known"})
    site.now[0] += timedelta(days=2)
    assert site.send(at=site.now[0]) == (200, {"id": "e-1", "state": "known"})
    assert site.verdicts == 1
    _, case = site.app.facts.case("T-1")
    assert case.item is not None
    assert case.item.work_class == "other"
    assert site.send({**EVENT, "id": "e-2"}, at=site.now[0])[0] == 202
    assert site.complaints == []


@pytest.mark.parametrize(
    ("system", "key"),
    [
        ("desk", "guessed"),
        ("shop", KEY),
        ("nobody", KEY),
        ("", KEY),
        ("other", KEY),
        ("desk:x", KEY),
        ("webhook:other", KEY),
        ("../desk", KEY),
    ],
)
def test_nobody_else_is_believed_and_all_are_told_the_same(site: Site, system: str, key: str) -> None:
    status, body = site.send(system=system, key=key)
    assert (status, body["error"]["code"]) == (401, "webhook-refused")
    assert body == site.send(key="guessed")[1]
    assert site.verdicts == 0


@pytest.mark.parametrize("minutes", [-5.1, 5.1])
def test_a_copy_of_an_old_request_is_refused(site: Site, minutes: float) -> None:
    site.now[0] = NOON + timedelta(minutes=minutes)
    assert site.send()[0] == 401
    site.now[0] = NOON + timedelta(minutes=minutes * 0.97)
    assert site.send()[0] == 202


def test_a_body_that_was_changed_is_refused(site: Site) -> None:
    body = json.dumps(EVENT).encode()
    changed = body.replace(b"accept", b"reject")
    assert site.door.answer({**signed(body), "x-gainful-system": "desk"}, changed).status == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "webhook-invalid"),
        (b'"accept"', "outcome-invalid"),
        (b'{"id": "e", "event": "celebrate", "item": "T-1"}', "outcome-invalid"),
        (b'{"id": "e", "event": "claim", "item": "T-1", "by": "a\\nb"}', "outcome-invalid"),
    ],
)
def test_what_cannot_be_used_says_why(site: Site, body: bytes, code: str) -> None:
    status, answer = site.send(body=body)
    assert (status, answer["error"]["code"]) == (400, code)
    assert site.complaints == []


def test_what_cannot_be_written_now_is_to_be_sent_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from gainful.storage import database

    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 10)
    site.app.database.dispose()
    with transaction(site.app.database):
        status, _ = site.send()
    assert status == 503
    assert site.send()[0] == 202


PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "outcomes.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
def test_the_example_of_the_page_is_taken(site: Site) -> None:
    scripts = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (script,) = (one for one in scripts if "curl" in one)
    site.now[0] = datetime.now(UTC)
    with WebServer(Server(port=None), [site.door.route()]) as server:
        script = script.replace("http://127.0.0.1:8787", server.address)
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert json.loads(done.stdout) == {"id": "e-7", "state": "accepted"}
    assert len(site.app.facts.case("T-815")[1].verdicts) == 1


def test_over_the_wire(site: Site) -> None:
    with WebServer(Server(port=None), [site.door.route()]) as server:
        link = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=120)
        answers = []
        for size in (0, LARGEST):
            body = json.dumps(EVENT).encode() + b" " * size
            link.request("POST", "/hooks/outcome", body, {**signed(body), "x-gainful-system": "desk"})
            answer = link.getresponse()
            answers.append((answer.status, json.loads(answer.read())))
        link.close()
    assert answers[0] == (202, {"id": "e-1", "state": "accepted"})
    assert (answers[1][0], answers[1][1]["error"]["code"]) == (413, "request-too-large")
