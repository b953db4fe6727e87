"""What chance left to a person stands on top of their brief, also on a day without mail."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.app import Brief
from gainful.app.waking.leaving import Left
from gainful.cli.mail.brief_view import show
from gainful.core.money import NO_TOKENS, Money

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
EMPTY = Brief(NOW, NOW, 0, (), (), (), {}, 0, (), (), NO_TOKENS, Money(Decimal(0)), None, ())


def test_what_is_left_is_listed_with_the_command_that_begins(capsys: pytest.CaptureFixture[str]) -> None:
    left = [Left(f"chat:slack:C1:{number}", "handbook", NOW, "When \x1b[2Jis it closed?") for number in range(17)]
    show(EMPTY, (), left)
    out = capsys.readouterr().out
    assert "Left to you, to measure what agents save" in out
    assert "gainful outcome hand chat:slack:C1:0 start" in out
    assert "… and 2 more" in out
    assert "\x1b[2J" not in out


def test_nothing_left_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show(EMPTY)
    assert "Left to you" not in capsys.readouterr().out
