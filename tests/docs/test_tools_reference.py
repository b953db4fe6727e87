"""The reference of tools is complete: every tool that an agent can be given, with all of its arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gainful.app.tooling.catalogue import manifests
from gainful.app.tooling.tools import agent_tools

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "tools.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    """What the page says of a tool."""
    found = re.search(rf"^### `{re.escape(name)}`$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{name} is missing; run `make docs`"
    return found.group(1)


@pytest.mark.parametrize("name", sorted(agent_tools()))
def test_every_tool_stands_in_it_with_all_that_is_declared(name: str) -> None:
    spec, said = agent_tools()[name], section(name)
    assert f"Effect **{spec.effect}**, act **{spec.act}**" in said
    for argument, role in spec.arguments.items():
        assert f"| `{argument}` | {role} |" in said
    for path in spec.returns.labels:
        assert f"| `{path}` |" in said
    assert f"{spec.returns.default.integrity}, {spec.returns.default.confidentiality} |" in said
    assert "Leaves behind: " in said


def test_every_grade_stands_in_it() -> None:
    for name in agent_tools():
        for evidence in manifests()[name].evidence:
            assert f"- {evidence.grade}, {evidence.against}: {evidence.by}" in PAGE


def test_nothing_stands_in_it_that_is_not_there() -> None:
    assert set(re.findall(r"^### `([^`]+)`$", PAGE, re.MULTILINE)) == set(agent_tools())
