"""What holds for every agent's file, whoever wrote it: read as it stands, or told with its line; never a surprise."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.agent_template import Wishes, written
from gainful.agents.file.agent_version import version_digest
from gainful.agents.file.front_matter import Unreadable, read_front_matter
from gainful.agents.file.gather import filled
from gainful.core.visible import hidden
from tests.unit.agents.files import SPECS, WHOLE

SHOWN = st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Mn", "Me")), max_size=20).filter(
    lambda text: not hidden(text)
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | SHOWN
CONTENT = st.dictionaries(
    SHOWN.filter(str.strip),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SHOWN, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)
YAML_SIGNS = st.text(st.sampled_from(" \t\n-:?[]{},#&*!|>'\"%@`~abon0159."), max_size=60)


@given(CONTENT)
def test_what_is_written_as_json_is_read_as_it_was(content: dict[str, Any]) -> None:
    head = json.dumps(content, ensure_ascii=False)
    # What shows in a text may not show beside a quotation mark.
    assume(not hidden(head))
    front = read_front_matter(f"---\n{head}\n---\nText\n")
    assert (front.content, front.body) == (content, "Text")


@given(st.dictionaries(SHOWN.filter(str.strip), SHOWN | st.lists(SHOWN, max_size=3), max_size=5))
def test_texts_that_a_program_writes_as_yaml_are_read_as_they_were(content: dict[str, Any]) -> None:
    head = yaml.safe_dump(content, default_style='"', allow_unicode=True, width=10**6)
    assume(not hidden(head))
    assert read_front_matter(f"---\n{head}\n---\n").content == content


@given(YAML_SIGNS)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_there_is_read_or_told_with_its_line(head: str) -> None:
    lines = head.count("\n") + 3
    try:
        front = read_front_matter(f"---\n{head}\n---\nText")
    except Unreadable as error:
        assert 1 <= error.problem.line <= lines
        assert error.problem.what
        assert error.problem.fix
    else:
        json.dumps(front.content, allow_nan=False)
        assert all(1 < line <= lines for line in front.lines.values())


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_never_ends_in_anything_but_a_sentence(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WHOLE)))
    length = data.draw(st.integers(0, 12))
    put = data.draw(YAML_SIGNS)
    text = WHOLE[:start] + put + WHOLE[start + length :]
    try:
        agent_file_from(text, "handbook").manifest(SPECS)
    except AgentFileInvalid as error:
        assert error.what.startswith("AGENT.md")
        assert error.what.endswith(".")
        assert error.next_move
        assert error.problems


@given(st.integers(1, 40), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_bombs_do_not_go_off(depth: int, width: int) -> None:
    laughs = "a0: &a0 [x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]\n" for level in range(1, depth)
    )
    for head in (laughs, "a: " + "[" * depth * 100, "a: " + "{a: " * depth * 100, "- " * depth * 100):
        try:
            read_front_matter(f"---\n{head}\n---\n")
        except Unreadable as error:
            assert error.problem.fix


WISHES = st.builds(
    Wishes,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    owner=st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9.@+-]{0,20}", fullmatch=True),
    purpose=SHOWN.filter(lambda text: text.strip() != ""),
    wakes=st.lists(st.sampled_from(["mention", "direct", "hand", "0 9 * * 1-5", "*/5 * * * *"]), unique=True),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
    tools=st.lists(st.sampled_from(["files.read", "files.write", "files.search"]), unique=True),
    run=st.decimals(0, 1000, places=2),
    month=st.decimals(0, 1000, places=2),
    model=st.sampled_from(["", "openai:gpt-5-mini", "ollama:llama3.2:3b", "scripted:my answers #1.yaml"]),
)


@given(WISHES)
@settings(max_examples=200, deadline=None)
def test_whatever_is_wished_for_the_new_file_can_be_used_and_says_so(wishes: Wishes) -> None:
    file = agent_file_from(written(wishes), wishes.name)
    assert (file.name, file.owner, file.model) == (wishes.name, wishes.owner, wishes.model)
    assert file.purpose == " ".join(wishes.purpose.split())
    assert len(file.triggers) == len(wishes.wakes) - ("hand" in wishes.wakes)
    assert list(file.tools) == list(wishes.tools)
    assert (file.budget.run, file.budget.month) == (wishes.run, wishes.month)
    manifest = file.manifest(SPECS)
    used = {"model.ask", *wishes.tools, *(["chat.reply"] if file.answers.tool == "reply" else [])}
    assert {grant.tool for grant in (*manifest.reads, *manifest.effects)} == used
    assert isinstance(manifest.budgets.run.money, Decimal)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SHOWN, inner, max_size=2)))
def test_filling_in_twice_puts_nothing_in_the_second_time(told: Any) -> None:
    """What was put in is never read as a place."""
    once = filled({"text": "{text}", "fixed": "x"}, {"text": told})
    assert once.get("text") == told
    if told is None:
        assert "text" not in once


@given(
    st.text(max_size=30), st.text(max_size=30), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
)
def test_two_texts_have_two_names(one: str, two: str, pins: dict[str, str]) -> None:
    assert (version_digest(one, pins) == version_digest(two, pins)) == (one == two)
