"""Everything that is wrong with an agent's file is told at once, and nothing that is not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_reading import agent_file_from, read_agent
from tests.unit.agents.files import LEAST, SPECS, WHOLE

NO_MINUTE = (
    "'99 9 * * *' is no cron expression: its minute cannot be used. Write minute, hour, day of the month, month and "
    "day of the week: 0 9 * * 1-5 is nine on working days"
)
MANY = """\
---
name: Hand Book
owner: ada
purpose: 12
triggers:
  - on: menton
  - {on: cron, at: "99 9 * * *", mised: once}
  - on: webhook
    event: [push]
gather:
  - tool: files.serch
    with: {text: "about {text}"}
  - tool: files.search
    with: text
tools: [files.read, Files, files.raed, files.read]
manifest:
  files.read: {arguments: {paht: ["handbook/*"]}, per_rum: 3}
  chat.post: {per_run: 1}
answer: {tool: chat.post, with: {rom: "slack:C1"}}
budget: {run: lots, month: 5}
hold_out: true
skills: [tickets, tickets]
---
Answer.
"""


def told(text: str, folder: str = "handbook") -> list[tuple[int, str]]:
    reading = read_agent(text, folder)
    with pytest.raises(AgentFileInvalid) as caught:
        reading.checked(SPECS)
    return [(problem.line, problem.what) for problem in caught.value.problems]


def test_mistakes_of_every_kind_are_told_together_each_with_its_line() -> None:
    found = told(MANY)
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    assert found == [
        (2, "'name' cannot be 'Hand Book'"),
        (4, "'purpose' is a text, and 12 is none"),
        (6, "Trigger 1: 'menton' is no kind of trigger"),
        (7, "Trigger 2 (cron) has no key 'mised'"),
        (7, f"Trigger 2 (cron): {NO_MINUTE}"),
        (8, "Trigger 3 (webhook): Only GitHub says which event it is. Leave event out, or write signed: github"),
        (11, "there is no tool 'files.serch'"),
        (12, "'{text}' stands among other words in 'about {text}', and would stay as it is"),
        (14, "'gather[2].with' is a record, and 'text' is none"),
        (15, "'tools[2]' cannot be 'Files'"),
        (15, "'files.read' is named twice"),
        (15, "there is no tool 'files.raed'"),
        (17, "'per_rum' is no key of 'manifest.files.read'"),
        (17, "files.read has no argument 'paht'"),
        (19, "chat.post has no argument 'rom'"),
        (19, "chat.post needs 'room'"),
        (19, "chat.post needs 'text'"),
        (20, "'budget.run' is a number, and 'lots' is none"),
        (22, "'tickets' is named twice"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "only"),
    [
        # What is restricted may be what the mistyped key names.
        ("tools: [files.read, files.write]", "tolls: [files.read, files.write]", "'tolls' is no key"),
        ("tools: [files.read, files.write]", "tools: files.read", "'tools' is a list, and 'files.read' is none"),
        ("answer: reply", "answer: [reply]", "'answer' is a record"),
        # A call whose arguments cannot be read may have them all.
        ("tool: files.search\n    with:", "tool: files.read\n    wth:", "'wth' is no key of 'gather[1]'"),
        # A folder says nothing of a name that is none.
        ("name: handbook", "name: Hand", "'name' cannot be 'Hand'"),
    ],
)
def test_what_follows_from_a_mistake_is_not_told_as_another(before: str, after: str, only: str) -> None:
    assert WHOLE.count(before) == 1
    found = told(WHOLE.replace(before, after))
    assert len(found) == 1, found
    assert found[0][1].startswith(only)


def test_mistakes_of_yaml_that_end_nothing_are_told_together_with_the_others() -> None:
    text = LEAST.replace(
        "purpose: Helps.", 'purpose: Helps.\nowner: eve\nmodel: *sonnet\nanswer: !none "none"\ntols: []'
    )
    assert told(text, "") == [
        (5, "'owner' stands here and in line 3"),
        (6, "what begins with * is an alias, and those are not read"),
        (7, "what begins with ! is a tag, and those are not read"),
        (8, "'tols' is no key"),
    ]


def test_what_does_not_show_is_told_for_every_line_with_the_others() -> None:
    text = (
        LEAST.replace("owner: ada", "owner: a\u200bda").replace("Help.\n", "He\u202elp.\n").replace("purpose", "purpos")
    )
    found = told(text, "")
    assert [line for line, _ in found] == [3, 4, 6]
    assert [what[:2] for _, what in found] == ["it", "'p", "it"]


def test_where_yaml_ends_what_stands_below_it_is_still_looked_at() -> None:
    found = told("---\nname: [helper\nowner: ada\n---\n", "")
    assert found == [(0, "it has no instructions"), (2, "a bracket is opened and not closed")]


def test_without_tools_to_compare_with_the_file_alone_is_checked() -> None:
    reading = read_agent(WHOLE.replace("files.write", "files.wriet"), "handbook")
    assert reading.problems == ()
    assert reading.checked().name == "handbook"
    with pytest.raises(AgentFileInvalid, match=r"no tool 'files\.wriet'"):
        reading.checked(SPECS)


def test_the_error_has_the_others_as_sentences_too() -> None:
    with pytest.raises(AgentFileInvalid) as caught:
        agent_file_from(LEAST.replace("owner", "ownr").replace("purpose: Helps.", "purpose: 1"), "", "AGENT.md")
    assert caught.value.what == "AGENT.md, line 3: 'ownr' is no key."
    assert caught.value.also == (
        "AGENT.md, line 4: 'purpose' is a text, and 1 is none. Write one; what looks like a number stands in quotes.",
    )
    assert caught.value.as_json()["also"] == list(caught.value.also)


@pytest.mark.parametrize(
    ("budget", "line"),
    [("{run: 20, month: 5}", 5), ("{run: 5, month: 5}", 0), ("{month: 0.1}", 0), ("{run: 20}", 5), ("{run: null}", 0)],
)
def test_a_cap_of_a_run_that_can_never_be_reached_is_said(budget: str, line: int) -> None:
    file = agent_file_from(LEAST.replace("---\nHelp", f"budget: {budget}\n---\nHelp"))
    found = list(file.cautions())
    assert [one.line for one in found] == ([line] if line else [])
    if found:
        assert file.budget.run == Decimal(20)
        assert found[0].what.startswith(f"one run may cost 20 USD, and a month {file.budget.month:f} USD")
        assert "Lower `run`, or raise `month`" in found[0].fix


def test_that_nothing_can_be_left_by_hand_is_told_beside_others_but_not_where_a_trigger_is_misspelt() -> None:
    text = LEAST.replace(
        "purpose: Helps.", "purpose: Helps.\nhold_out: true\ntools: [files.raed]\ntriggers: [{on: hand}]"
    )
    assert [line for line, _ in told(text, "")] == [5, 6]
    assert [line for line, _ in told(text.replace("hand", "mial"), "")] == [6, 7]
