"""Doctor says where the sums of runs do not agree with the others, and when they do again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import delete

from gainful.app import Gainful
from gainful.cli.installing.checks import examine
from gainful.cli.installing.found import Check, State
from gainful.core.fact import Call
from gainful.storage.database import transaction
from gainful.storage.schema import run_spending
from gainful.storage.settings.config import Home

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def sums(home: Home) -> Check:
    found = examine(home, lambda: Gainful.open(home, lambda: NOW), lambda: NOW)
    (one,) = [check for check in found if check.name == "sums"]
    return one


def test_doctor_names_the_days_until_they_are_mended(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with Gainful.open(home, lambda: NOW) as app:
        at = [NOW.replace(day=day) for day in (3, 5, 9)]
        app.facts.append([Call(at=one, id=f"c{one}", run=f"r{one}", cost=Decimal(1)) for one in at], "test")
    assert sums(home).state is State.OK
    with Gainful.open(home, lambda: NOW) as app, transaction(app.database) as connection:
        connection.execute(delete(run_spending).where(run_spending.c.run != f"r{at[1]}"))
    found = sums(home)
    assert found.state is State.WARN
    assert "on 2 days: 2026-11-03 to 2026-11-09." in found.what
    assert "gainful serve" in found.next_move
    with Gainful.open(home, lambda: NOW) as app:
        app.sums.mend()
    assert sums(home).state is State.OK
