"""An occurrence is stored whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gainful.core.label import UNKNOWN
from gainful.core.occurrence import AnswerPlace, Occurrence, occurrence_from

AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("place", [None, AnswerPlace("slack", "C1", "1.1", "1.2", "U1")])
def test_it_comes_back_as_it_was(place: AnswerPlace | None) -> None:
    before = Occurrence("o1", "helper", "mention", AT, {"text": "Hi"}, UNKNOWN, "ada", "Hi", place, 1, "chat:1")
    assert occurrence_from(json.loads(json.dumps(before.as_json()))) == before
