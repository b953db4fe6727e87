"""Every error says what, and what to do next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable


@pytest.mark.parametrize(
    ("base", "code", "exit_code"),
    [(Invalid, "invalid", 2), (Refused, "refused", 3), (Unavailable, "unavailable", 4), (Broken, "broken", 5)],
)
def test_the_four_bases_tell_who_must_act(base: type[GainfulError], code: str, exit_code: int) -> None:
    error = base("The kettle is empty.", "Fill it.")
    assert isinstance(error, GainfulError)
    assert (error.code, error.exit_code) == (code, exit_code)
    assert str(error) == "The kettle is empty. Fill it."
    assert error.as_json() == {"code": code, "what": "The kettle is empty.", "next_move": "Fill it."}


def test_without_a_next_move_nothing_dangles() -> None:
    assert str(Invalid("The kettle is empty.")) == "The kettle is empty."


def test_an_absence_may_say_how_long_to_wait() -> None:
    assert Unavailable("Gone.", retry_after=timedelta(seconds=9)).retry_after == timedelta(seconds=9)
    assert Unavailable("Gone.").retry_after is None
