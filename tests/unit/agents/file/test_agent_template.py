"""A new agent's file can be used as it is written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.agent_template import Wishes, written
from tests.unit.agents.files import SPECS


def test_what_was_wished_for_stands_in_it() -> None:
    wishes = Wishes(
        "handbook",
        "ada",
        "Answers: questions #1",
        ("mention", "0 9 * * 1-5", "hand"),
        "Europe/Berlin",
        ("files.read", "files.write"),
        run=Decimal("0.05"),
        month=Decimal(7),
        model="openai:gpt-5-mini",
    )
    text = written(wishes)
    file = agent_file_from(text, "handbook")
    assert (file.owner, file.purpose, file.model) == ("ada", "Answers: questions #1", "openai:gpt-5-mini")
    assert [trigger.title for trigger in file.woken_by] == ["mention", "cron 0 9 * * 1-5", "hand"]
    assert file.triggers[1]["zone"] == "Europe/Berlin"
    assert file.tools == ("files.read", "files.write")
    assert (file.answers.tool, file.budget.run, file.budget.month) == ("reply", Decimal("0.05"), Decimal(7))
    assert file.instructions.startswith("Answers: questions #1\n")
    assert file.manifest(SPECS).grants("files.write")


def test_with_nothing_but_a_name_it_is_woken_by_hand_alone() -> None:
    file = agent_file_from(written(Wishes("a", "ada", "Helps.")))
    assert (file.triggers, file.tools, file.answers.tool, file.model) == ((), (), "none", "")


def test_every_comment_in_it_could_stand_without_its_sign() -> None:
    """The examples in the comments are right: with them in force the file can be read."""
    text = written(Wishes("a", "ada", "Helps.", tools=("files.read",)))
    head, _, body = text.partition("\n---\n")
    lines = [
        line[2:] if line.startswith(("# ", "#  ")) and (":" in line and not line.startswith(_SENTENCES)) else line
        for line in head.splitlines()
    ]
    lines = [line.replace("triggers: []", "triggers:") for line in lines if not line.startswith("# ")]
    file = agent_file_from("\n".join(lines) + f"\n---\n{body}")
    assert [trigger.on for trigger in file.woken_by] == ["mention", "cron", "hand"]
    assert file.gather
    assert file.model
    assert file.outcome is not None
    assert file.manifest(SPECS).grants("files.read")[0].per_run == 10


_SENTENCES = ("# `", "# What ", "# Calls", "# stands", "# The ", "# Where", "# US ")


@pytest.mark.parametrize(
    "purpose", ["yes", "7", "- a", "a: b", 'it\'s "so"', "# no", "*", "\u200bhidden", "a\tb", "é ☂"]
)
def test_whatever_a_purpose_looks_like_it_is_a_text(purpose: str) -> None:
    if "\u200b" in purpose:
        # What does not show is written by its number, in the keys; below them it would be refused, and is told.
        with pytest.raises(Exception, match="do not show"):
            agent_file_from(written(Wishes("a", "ada", purpose)))
        return
    assert agent_file_from(written(Wishes("a", "ada", purpose))).purpose == " ".join(purpose.split())
