"""The reference of the SDK is complete: each public name has a docstring, and stands on the page."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tools import reference_sdk

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "sdk.md"
MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in (ROOT / "gainful" / "sdk").rglob("*.py")
    if file.stem != "__init__"
)


def test_each_public_name_says_what_it_is() -> None:
    assert [f"{one.module}.{one.name}" for one in reference_sdk.public_names() if not one.said.strip()] == []


def test_each_public_name_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    parts = {part.partition("`")[0]: part for part in page.split("\n## `")}
    missing = [
        f"{one.module}.{one.name}"
        for one in reference_sdk.public_names()
        if one.module not in parts
        or not ("." in one.name or f"### `{one.name}`" in parts[one.module])
        or ("." in one.name and f"| `{one.name.partition('.')[2]}" not in parts[one.module])
    ]
    assert missing == []


@pytest.mark.parametrize("name", MODULES)
def test_no_name_is_overlooked(name: str) -> None:
    """What the page is made of is what a program finds in the module."""
    module = importlib.import_module(name)
    found = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", "") == name and callable(value)
    }
    known = {one.name for one in reference_sdk.public_names() if one.module == name}
    assert found <= known
