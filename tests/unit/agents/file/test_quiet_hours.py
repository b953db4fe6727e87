"""Quiet hours as a file says them."""

from __future__ import annotations

from datetime import time

import pytest
from pydantic import ValidationError

from gainful.agents.file.quiet_hours import Quiet
from gainful.core.quiet_hours import QuietHours


def test_they_are_times_of_the_clock_on_the_wall() -> None:
    quiet = Quiet.model_validate_json('{"from": "20:00", "to": "08:30", "zone": "Europe/Berlin"}')
    assert quiet.hours == QuietHours(time(20), time(8, 30), "Europe/Berlin")
    assert Quiet.model_validate_json('{"from": "20:00", "to": "08:30"}').zone == "UTC"


@pytest.mark.parametrize(
    "text",
    [
        '{"from": "20:00", "to": "20:00"}',
        '{"from": "24:00", "to": "08:00"}',
        '{"from": "8pm", "to": "08:00"}',
        '{"from": "20:00", "to": "08:00", "zone": "Berlin"}',
        '{"from": "20:00"}',
        '{"from": "20:00", "to": "08:00", "days": []}',
    ],
)
def test_what_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Quiet.model_validate_json(text)
