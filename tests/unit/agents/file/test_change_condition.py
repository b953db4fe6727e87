"""A file whose triggers wait for a change stays as its owner wrote it otherwise."""

from __future__ import annotations

import pytest

from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.change_condition import with_change_condition

TEXT = """\
---
name: watcher  # of the shop
owner: ada
purpose: Looks after the shop, always.
triggers:
  - on: cron
    at: "0 9 * * 1-5"
    wake: always  # until the shop is open
  # What the shop says of itself.
  - on: webhook
    name: shop
  - on: mail
    from: shop@example.org
    wake: changed
  - on: hand
tools: [files.read]
gather:
  - tool: files.read
    with: {path: handbook/shop.md}
---
wake: always is what I wrote here, and on: cron too.
"""


def test_each_trigger_says_it_and_nothing_else_changes() -> None:
    changed = with_change_condition(TEXT)
    assert changed is not None
    before, after = TEXT.splitlines(), changed.splitlines()
    assert [line for line in after if line not in before] == [
        "    wake: changed  # until the shop is open",
    ]
    assert after[after.index("  - on: webhook") + 1] == "    wake: changed"
    assert len(after) == len(before) + 1
    assert [one.wake for one in agent_file_from(changed).woken_by[:3]] == ["changed"] * 3


def test_a_file_that_waits_already_is_left_alone() -> None:
    changed = with_change_condition(TEXT)
    assert changed is not None
    assert with_change_condition(changed) is None


def test_lines_end_as_they_did() -> None:
    changed = with_change_condition(TEXT.replace("\n", "\r\n"))
    assert changed is not None
    assert "    wake: changed\r\n" in changed
    assert changed.count("\n") == changed.count("\r\n")


@pytest.mark.parametrize(
    "trigger", ["  - {on: webhook, name: shop}\n", '  - "on": webhook\n', "  - name: shop\n    'on': webhook\n"]
)
def test_another_layout_is_left_to_its_owner(trigger: str) -> None:
    text = TEXT.replace("  - on: webhook\n    name: shop\n", trigger)
    agent_file_from(text)
    assert with_change_condition(text) is None
