from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from gainful.cli.screen import console, dollars, emit, harmless, plural, safe, seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Ünïcode 漢字", "plain Ünïcode 漢字"),
        ("\x1b[2J\x1b[31mred", "�[2J�[31mred"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("Invoice \u202efdp.exe", "Invoice �fdp.exe"),
        ("zero\u200bwidth", "zero�width"),
        ("two\r\nlines\tand tabs", "two lines and tabs"),
        ("\x9b31m", "�31m"),
        ("\ud800", "�"),
    ],
)
def test_strangers_text_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mwrong\x1b[0m\tplain\n", "\x1b[1;31mwrong\x1b[0m\tplain\n"),
        ("\x1b[38;5;12mblue\x1b[39m", "\x1b[38;5;12mblue\x1b[39m"),
        ("\x1b]0;title\x07\x1b[2J\x1b[1A\r", "�]0;title��[2J�[1A�"),
        ("\x1b[8mhidden\x1b[7mturned\x1b[1;8m", "�[8mhidden�[7mturned�[1;8m"),
        ("\x9b31m \u202egpj\u2066", "�31m �gpj�"),
        ("\x1b[" + "3" * 60 + "x", "�[" + "3" * 60 + "x"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
    ],
)
def test_what_was_forgotten_steers_no_terminal_either(
    text: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert harmless(text) == shown
    monkeypatch.setenv("FORCE_COLOR", "1")
    console().print(Text(text.rstrip("\n\t")), end="")
    said = capsys.readouterr().out
    assert not any(sign in said for sign in ("\x1b]", "\x1b[2J", "\x1b[8m", "\x1b[7m", "\x9b", "\u202e", "\x07"))


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    shown = safe(text)
    assert all(char.isprintable() for char in shown)
    assert len(shown) <= 500


def test_json_is_ascii_whatever_a_stranger_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"reason": "\x1b[2J \u202e ü", "at": datetime(2026, 11, 22, tzinfo=UTC), "cost": Decimal("0.10")})
    line = capsys.readouterr().out
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line) == {"reason": "\x1b[2J \u202e ü", "at": "2026-11-22T00:00:00+00:00", "cost": "0.1"}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0 USD"),
        ("12.5", "12.50 USD"),
        ("0.0004", "0.00040 USD"),
        ("0.014", "0.01 USD"),
        ("1E-9", "0.000000001 USD"),
    ],
)
def test_small_amounts_keep_their_digits(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.42, "0.4 s"), (59.4, "59 s"), (200, "3 min 20 s"), (120, "2 min"), (7500, "2 h 5 min"), (7200, "2 h")],
)
def test_durations_read_well(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_counts_read_well() -> None:
    assert (plural(1, "mail"), plural(10_000, "mail"), plural(2, "entry", "entries")) == (
        "1 mail",
        "10,000 mails",
        "2 entries",
    )


def test_a_pipe_gets_no_colour_and_a_fixed_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    screen = console(out)
    screen.print("bold", style="bold red")
    assert out.getvalue() == "bold\n"
    assert screen.width == 120
