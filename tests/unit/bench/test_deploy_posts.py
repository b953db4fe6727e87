"""What deployments say in chats stays within its bounds, on every course, in both chats."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

from bench.deploy_posts import MOST_MESSAGES, Clock, Memory, Said, Slack, by_chance, measured, written
from gainful.connectors.slack.fake import FakeSlack


def within(said: list[Said]) -> bool:
    return all(one.threads <= 1 and one.messages <= MOST_MESSAGES for one in said)


def test_in_memory_on_every_course(tmp_path: Path) -> None:
    clock, chance = Clock(), random.Random(7)
    chances = [("chance", by_chance(chance)) for _ in range(20)]
    said = measured(Memory(clock), clock, tmp_path / "home", iter([*written(), *chances]))
    assert within(said)
    assert {one.course: one.messages for one in said}["good"] == 1
    assert max(one.messages for one in said) == MOST_MESSAGES


def test_on_slack_as_in_memory(tmp_path: Path) -> None:
    clock = Clock()
    with FakeSlack() as slack:
        said = measured(Slack(slack, clock), clock, tmp_path / "slack", islice(written(), 6))
    clock = Clock()
    assert said == measured(Memory(clock), clock, tmp_path / "memory", islice(written(), 6))
