"""The reference of agents' files is complete: every key that may stand there has a meaning, and a type in words."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from gainful.agents.file.agent_file import AgentFile
from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.knowing.declaration import own_tools
from gainful.app.tooling.tools import agent_tools

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference_agents", ROOT / "tools" / "reference_agents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model, and every one that may stand in it."""
    yield model
    for field in model.model_fields.values():
        for inner in _inside(field.annotation):
            yield from models(inner)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _inside(part)


def test_every_key_has_a_meaning(reference: ModuleType) -> None:
    without = [
        f"{model.__name__}.{field.alias or name}"
        for model in models(AgentFile)
        for name, field in model.model_fields.items()
        # What is only an order of the parts has a section instead of a row.
        if model.__name__ != "Restrictions" and not reference.meanings_of(model).get(field.alias or name)
    ]
    assert without == []


def test_every_part_has_a_section(reference: ModuleType) -> None:
    shown = {AgentFile, *reference.PARTS.values()}
    assert {model for model in models(AgentFile) if model.__name__ != "Restrictions"} == shown


def test_a_key_without_a_meaning_would_be_noticed(reference: ModuleType) -> None:
    class Forgetful(BaseModel):
        """Something.

        Args:
            told: What it means,
                over two lines.
        """

        told: str = ""
        untold: str = ""

    assert reference.meanings_of(Forgetful) == {"told": "What it means, over two lines."}


def test_the_page_tells_every_key_and_every_tool(reference: ModuleType) -> None:
    page = reference.page()
    for model in models(AgentFile):
        for name, field in model.model_fields.items():
            if model.__name__ != "Restrictions":
                assert f"| `{field.alias or name}` | " in page
    for tool in own_tools():
        assert f"`{tool}`" in page


def test_the_example_can_be_used(reference: ModuleType) -> None:
    text = reference.page().partition("```text\n")[2].partition("\n```")[0]
    assert agent_file_from(text, "handbook").tools == ("files.read",)


def test_the_page_is_as_the_code_has_it(reference: ModuleType) -> None:
    written = (ROOT / "docs" / "reference" / "agent-file.md").read_text(encoding="utf-8")
    assert written.endswith(reference.page())


def test_the_examples_of_how_to_make_one_can_be_used() -> None:
    text = (ROOT / "docs" / "how-to" / "agents.md").read_text(encoding="utf-8")
    examples = re.findall(r"```markdown\n(---\n.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        assert agent_file_from(example, "handbook").manifest(agent_tools()).grants("chat.reply")
