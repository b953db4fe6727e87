"""The reference of facts is complete, and every example in it is a fact."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from gainful.core.fact import KINDS
from gainful.core.fact_json import TOKEN_FIELDS, fact_from, fact_json

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def test_every_kind_has_a_section() -> None:
    assert list(SECTIONS) == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_every_field_is_there_and_the_example_is_a_fact(name: str) -> None:
    named = set(re.findall(r"^\| `(\w+)`", SECTIONS[name], re.M))
    fields = {field.name for field in dataclasses.fields(KINDS[name])} - {"at", "key", "tokens"}
    assert named == fields | (set(TOKEN_FIELDS) if name == "call" else set())
    (shown,) = re.findall(r"```json\n(.*?)\n```", SECTIONS[name], re.S)
    fact = fact_from(json.loads(shown))
    assert type(fact) is KINDS[name]
    assert fact_json(fact) == json.loads(shown)
