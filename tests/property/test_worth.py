"""The promises of the value model, each in a hundred random organisations; `bench.worth_properties` plays more."""

from __future__ import annotations

import pytest

from bench.worth_properties import PROPERTIES, violations


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_promise_holds(name: str) -> None:
    assert violations(name, 100, seed=7) == []
