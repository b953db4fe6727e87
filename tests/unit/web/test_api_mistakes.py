"""What a program is told that asks the API wrongly: what is wrong and the next move, and no other figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from tests.unit.web.console_site import OWNER, Got, Site, console_of, owned


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(owned(tmp_path)) as app, console_of(app) as made:
        yield made


class Program:
    """Asks as the platform's owner, with a token of every scope."""

    def __init__(self, site: Site) -> None:
        self._site = site
        made = site.app.access.add_token("program", OWNER, list(Scope), timedelta(days=1), OWNER)
        self._headers = {"authorization": f"Bearer {made}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: str | None = None) -> Got:
        """Any request."""
        return self._site.request(method, f"/api/v1{path}", self._headers, body)

    def refusal(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str, str]:
        """Status, code, what is wrong, and what to do."""
        got = self.ask(method, path, body)
        error = json.loads(got.body)["error"]
        return got.status, error["code"], error["what"], error["next_move"]


def test_a_parameter_that_means_nothing_is_refused_and_not_passed_over(site: Site) -> None:
    program = Program(site)
    # Whoever asks for one month, and is told of all that is known, books a wrong figure.
    for path in ("/worth?since=2026-11-01", "/boards/team?month=2026-11", "/runs?limit=3", "/agents?"):
        if path.endswith("?"):
            assert program.ask("GET", path).status == 200
            continue
        status, code, what, _ = program.refusal("GET", path)
        assert (status, code) == (400, "request-invalid"), path
        assert path.partition("?")[2].partition("=")[0] in what
    assert "There is days." in program.refusal("GET", "/runs?limit=3")[2]
    assert "There is none." in program.refusal("GET", "/worth?since=2026-11-01")[2]
    assert program.ask("GET", "/runs?days=3").status == 200


def test_what_is_not_there_is_called_by_its_name(site: Site) -> None:
    program = Program(site)
    for method, path, body in (
        ("GET", "/runs/nope", None),
        ("GET", "/runs/nope/why", None),
        ("POST", "/runs/nope/resume", None),
        ("POST", "/runs/nope/stop", "{}"),
    ):
        status, code, what, move = program.refusal(method, path, body)
        assert (status, code, "'nope'" in what, "runs" in move) == (404, "no-such-run", True, True), path
    for path in ("/agents/nope/stop", "/agents/nope/resume"):
        status, code, what, move = program.refusal("POST", path, "{}")
        assert (status, code, "'nope'" in what, "agents" in move) == (404, "no-such-agent", True, True), path
    assert program.refusal("GET", "/nope")[:3] == (404, "not-found", "There is nothing at this address.")


def test_another_method_is_told_which_one_is_taken(site: Site) -> None:
    program = Program(site)
    got = program.ask("GET", "/agents/triage/stop")
    assert (got.status, got.headers["allow"]) == (405, "POST")
    assert json.loads(got.body)["error"]["what"] == "GET is not taken here; POST is."


def test_what_is_no_json_is_told_so(site: Site) -> None:
    program = Program(site)
    for body in ("{", "reason=look", ""):
        status, code, _, move = program.refusal("POST", "/agents/triage/stop", body)
        assert (status, code, move.startswith("Send JSON")) == (400, "request-invalid", True), body
    assert not site.app.guards.stops.all()


def test_a_time_that_ends_before_it_begins_has_no_cost(site: Site) -> None:
    program = Program(site)
    told = program.ask("GET", "/cost/model?since=2026-11-30&until=2026-11-01")
    assert (told.status, json.loads(told.body)) == (200, [])
