"""Budgets as a person sets them, and as a triage run with a language model meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo.mailbox import lay
from gainful.sdk.testing.model_server import ModelServer, Reply

GAINFUL = str(Path(sys.executable).parent / "gainful")
SETTINGS = """
[owner]
name = "mira"
team = "operations"

[[accounts]]
name = "demo"
url = "maildir:{mail}"
addresses = ["mira@example.org"]

[model]
name = "openai:small"
base_url = "{url}"
input_price = 1
output_price = 2
"""


class Person:
    """Somebody with a mailbox and a model."""

    def __init__(self, path: Path, server: ModelServer) -> None:
        self.server = server
        self.home = path / "home"
        self.home.mkdir(mode=0o700)
        lay(path / "Mail", datetime.now(UTC))
        text = SETTINGS.format(mail=path / "Mail", url=server.url)
        (self.home / "gainful.toml").write_text(text, encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "OPENAI"))}
        self.environment = {
            **keep,
            "GAINFUL_HOME": str(self.home),
            "OPENAI_API_KEY": "sk-of-loopback",
            "COLUMNS": "120",
        }

    def run(self, *arguments: str, status: int = 0) -> str:
        """What the command says, on both streams."""
        done = subprocess.run(
            [GAINFUL, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def budgets(self, *arguments: str) -> dict[str, Any]:
        """Every budget by scope."""
        answer = json.loads(self.run("budget", "list", "--json", *arguments))
        return {row["scope"]: row for row in answer["budgets"]}


@pytest.fixture
def mira(tmp_path: Path) -> Iterator[Person]:
    said = {"label": "fyi", "sure": 95, "reply": False, "why": "It says so."}
    answer = json.dumps({str(number): said for number in range(1, 30)})
    with ModelServer(lambda _: Reply(answer)) as server:
        yield Person(tmp_path, server)


def test_every_budget_sees_the_same_calls_and_the_bill_counts_them_once(mira: Person) -> None:
    for scope in ("run", "agent:triage", "person:mira", "team:operations", "everyone", "agent:other", "person:tom"):
        mira.run("budget", "set", scope, "5", "--calls", "100")
    mira.run("triage", "demo")
    calls = len(mira.server.requests)
    assert calls >= 1
    entries = [json.loads(line) for line in mira.run("ledger", "export", "--format", "jsonl").splitlines()]
    cost = sum(Decimal(entry["BilledCost"]) for entry in entries if entry["kind"] == "settle")
    assert cost > 0
    run_id = next(entry["run_id"] for entry in entries if entry["run_id"])
    budgets = mira.budgets("--run", run_id)
    assert set(budgets) == {
        "model", "run", "agent:triage", "person:mira", "team:operations", "everyone", "agent:other", "person:tom",
    }  # fmt: skip
    for scope, row in budgets.items():
        idle = scope in ("agent:other", "person:tom")
        assert (Decimal(row["used"]), row["calls_used"]) == ((0, 0) if idle else (cost, calls)), scope
        assert row["held"] == "0"
        assert row["calls_left"] == row["calls"] - row["calls_used"]
    assert json.loads(mira.run("ledger", "verify", "--json"))["sound"] is True
    table = " ".join(mira.run("budget", "list").split())
    assert "agent:triage month 5.00 USD" in table
    assert f"{calls} of 100" in table


def test_a_used_up_budget_stops_the_model_and_says_how_to_raise_it(mira: Person) -> None:
    mira.run("budget", "set", "agent:triage", "--calls", "0", "--period", "day")
    reasons = "\n".join(mira.run("triage", "demo", "--json").splitlines())
    assert mira.server.requests == []
    assert "Budget 'agent:triage' allows 0 calls a day, and they are used up." in reasons
    command = "gainful budget set agent:triage --calls 1 --period day"
    assert f"Raise it with `{command}`" in reasons
    mira.run(*command.split()[1:])
    mira.run("triage", "demo")
    assert len(mira.server.requests) == 1


def test_setting_listing_and_removing(mira: Person) -> None:
    assert "agent:triage: at most 10.00 USD and 2,000 calls a month" in mira.run(
        "budget", "set", "agent:triage", "10", "--period", "month", "--calls", "2000"
    )
    assert "at most 12.50 USD and 2,000 calls" in mira.run("budget", "set", "agent:triage", "12.50")
    assert "at most 12.50 USD a month" in mira.run("budget", "set", "agent:triage", "--calls", "none")
    row = mira.budgets()["agent:triage"]
    assert (row["cap"], row["calls"], row["left"], row["set_by"]) == ("12.5", None, "12.5", "mira")
    assert "no-such-limit" in mira.run("budget", "remove", "everyone", status=2)
    assert "agent:triage: removed." in mira.run("budget", "remove", "agent:triage")
    history = mira.run("budget", "list", "--history")
    assert history.count("agent:triage a month") == 4
    assert "removed, by mira" in history
    changes = json.loads(mira.run("budget", "list", "--history", "--json"))["changes"]
    assert [change["cap"] for change in changes] == ["10", "12.5", "12.5", None]
