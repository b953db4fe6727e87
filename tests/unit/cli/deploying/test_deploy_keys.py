"""`gainful deploy keys` as it is read: figures above, what they were counted from below."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.cli.main import run
from gainful.core.clock import system_clock
from gainful.core.deploy_event import EventKind as K
from gainful.core.deployment import Intent
from gainful.storage.settings.config import Home
from tests.unit.jobs.deploy.courses import course, plan_of


@pytest.fixture
def home(tmp_path: Path) -> str:
    """A home in which something was deployed: two good ones, one taken back, one for nothing."""
    with Gainful.open(Home(tmp_path)) as app:
        start = system_clock() - timedelta(days=7)
        courses: list[tuple[str, dict[str, Any]]] = [
            ("a", {}),
            ("b", {}),
            ("a", {"intent": Intent.ROLLBACK}),
            ("c", {"service": "till"}),
            ("c", {"service": "till", "plan": plan_of("c", "same-tree", "refuse"), "forced": True}),
        ]
        for number, (digest, more) in enumerate(courses):
            at = start + timedelta(hours=number)
            given: dict[str, Any] = {"id": f"dep{number}", "at": at, "plan": plan_of(digest), **more}
            end, events = course(K.PLANNED, K.BEGUN, K.SHIFTED, K.PROMOTED, **given)
            app.deployments_kept.begin(course(**given)[0])
            app.deployments_kept.record(end, events[-1])
    return str(tmp_path)


def test_all_services_together(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", home, "deploy", "keys", "--since", "7w"]) == 0
    told = capsys.readouterr().out
    assert "All services, the last 49 days" in told
    assert "effective deployments  0.3 a week" in told
    assert "change failure rate    33%" in told
    assert "time to restore        1 h" in told
    assert "      1  pointless  changed nothing that ships; forced or confirmed" in told


def test_one_service_as_json(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", home, "deploy", "keys", "till", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["service"], found["failure_rate"], found["restore_time_seconds"]) == ("till", 0, None)
    assert found["counts"]["effective"] == found["counts"]["pointless"] == 1


def test_a_service_that_never_was(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", home, "deploy", "keys", "shopp"]) == 2
    assert "There is no service 'shopp'" in capsys.readouterr().err


def test_a_time_that_has_not_come(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", home, "deploy", "keys", "--since", "2999-01-01"]) == 2
    assert "begins in the future" in capsys.readouterr().err
