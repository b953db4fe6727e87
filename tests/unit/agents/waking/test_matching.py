"""Which trigger a happening fits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gainful.agents.waking.happening import Asked, Changed, Delivered, MeetingEnded, RunEnded
from gainful.agents.waking.matching import Happening, fits, fitting, holds, is_named
from gainful.agents.waking.trigger import triggers_from
from gainful.sdk.chat import EventKind
from tests.unit.agents.happenings import NOON, heard, mail

MENTION = heard(EventKind.MENTION)
DIRECT = heard(EventKind.DIRECT)
MESSAGE = heard(EventKind.MESSAGE, "Deploy 7 of shop FAILED again")
REACTION = heard(EventKind.REACTION, detail={"name": "ticket"})
COMMAND = heard(EventKind.COMMAND, detail={"command": "/handbook", "text": "holidays"})
PRESSED = heard(EventKind.PRESSED, detail={"button": "x"})
CHANGED = Changed("handbook/holidays.md", "ab", 1, NOON)
NEW = Changed("handbook/holidays.md", "ab", 1, NOON, is_new=True)
MET = MeetingEnded("work", NOON - timedelta(minutes=30), NOON)
ENDED = RunEnded("run1", "triage", "done", NOON)


@pytest.mark.parametrize(
    ("happening", "trigger"),
    [
        (MENTION, {"on": "mention"}),
        (MENTION, {"on": "mention", "rooms": "help"}),
        (MENTION, {"on": "mention", "rooms": ["dev", "#help"]}),
        (MENTION, {"on": "mention", "rooms": "C1"}),
        (MENTION, {"on": "mention", "rooms": "slack:C1"}),
        (MENTION, {"on": "mention", "rooms": "slack:help", "chat": "slack"}),
        (MENTION, {"on": "mention", "pattern": ["price", "COST"]}),
        (MENTION, {"on": "message", "pattern": "cost"}),
        (DIRECT, {"on": "direct"}),
        (DIRECT, {"on": "direct", "pattern": "what*cost"}),
        (MESSAGE, {"on": "message", "pattern": "deploy*failed"}),
        (REACTION, {"on": "reaction", "reaction": ["eyes", ":ticket:"]}),
        (COMMAND, {"on": "command", "command": "/handbook"}),
        (COMMAND, {"on": "command", "command": "handbook", "rooms": "help"}),
        (mail("bo@example.org"), {"on": "mail", "from": "Bo@example.org"}),
        (mail("bo@mail.example.org"), {"on": "mail", "from": "@example.org"}),
        (mail("bo@example.org", "Your INVOICE", "receipt"), {"on": "mail", "subject": "invoice", "label": "receipt"}),
        (mail(), {"on": "mail", "account": "work"}),
        (Delivered("k", {}, NOON, "issues"), {"on": "webhook"}),
        (Delivered("k", {}, NOON, "issues"), {"on": "webhook", "signed": "github", "event": ["push", "issues"]}),
        (CHANGED, {"on": "file", "path": "handbook"}),
        (CHANGED, {"on": "file", "path": "handbook", "pattern": ["*.txt", "*.md"]}),
        (NEW, {"on": "file", "path": "handbook", "new": True}),
        (ENDED, {"on": "run", "agent": "triage"}),
        (MET, {"on": "meeting", "calendar": ["home", "work"]}),
        (MET, {"on": "meeting", "calendar": "work", "minutes": 30}),
        (Asked("k", "ada", "Go.", NOON), {"on": "hand"}),
    ],
)
def test_it_fits(happening: Happening, trigger: dict[str, Any]) -> None:
    assert fits(triggers_from([trigger])[0], happening)


@pytest.mark.parametrize(
    ("happening", "trigger"),
    [
        (MENTION, {"on": "mention", "rooms": "dev"}),
        (MENTION, {"on": "mention", "rooms": "matrix:help"}),
        (MENTION, {"on": "mention", "chat": "matrix"}),
        (MENTION, {"on": "mention", "pattern": "price"}),
        (MENTION, {"on": "direct"}),
        (MESSAGE, {"on": "mention"}),
        (DIRECT, {"on": "mention"}),
        (DIRECT, {"on": "message", "pattern": "cost"}),
        (MESSAGE, {"on": "message", "pattern": "failed*deploy"}),
        (MESSAGE, {"on": "message", "pattern": "deploy", "rooms": "dev"}),
        (REACTION, {"on": "reaction", "reaction": "eyes"}),
        (REACTION, {"on": "mention"}),
        (COMMAND, {"on": "command", "command": "/hand"}),
        (PRESSED, {"on": "mention"}),
        (PRESSED, {"on": "message", "pattern": "cost"}),
        (mail("bo@notexample.org"), {"on": "mail", "from": "@example.org"}),
        (mail("bo@example.org.evil.example"), {"on": "mail", "from": "@example.org"}),
        (mail("bo@example.org", "Invoice", "fyi"), {"on": "mail", "subject": "invoice", "label": "receipt"}),
        (mail(), {"on": "mail", "account": "home"}),
        (Delivered("k", {}, NOON, "issues"), {"on": "webhook", "signed": "github", "event": "push"}),
        (Changed("handbook/sub/a.md", "ab", 1, NOON), {"on": "file", "path": "handbook"}),
        (CHANGED, {"on": "file", "path": "handbook", "pattern": "*.txt"}),
        (Changed("handbook/.a.md", "ab", 1, NOON), {"on": "file", "path": "handbook"}),
        (NEW, {"on": "file", "path": "handbook"}),
        (ENDED, {"on": "run", "agent": "triage", "state": "failed"}),
        (ENDED, {"on": "run", "agent": "digest"}),
        (ENDED, {"on": "cron", "at": "0 9 * * *"}),
        (MET, {"on": "meeting", "calendar": "home"}),
        (MET, {"on": "meeting", "calendar": "work", "minutes": 31}),
    ],
)
def test_it_does_not_fit(happening: Happening, trigger: dict[str, Any]) -> None:
    assert not fits(triggers_from([trigger])[0], happening)


def test_the_first_trigger_that_fits_counts() -> None:
    triggers = triggers_from(
        [{"on": "mention", "rooms": "dev"}, {"on": "message", "pattern": "cost"}, {"on": "mention"}]
    )
    found = fitting(triggers, MENTION)
    assert found is not None
    assert found.title == "message cost"
    assert fitting(triggers, DIRECT) is None


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("Deploy failed", "deploy", True),
        ("Deploy\nof shop\nFAILED", "deploy*failed", True),
        ("failed deploy", "deploy*failed", False),
        ("abab", "ab*ab", True),
        ("aba", "ab*ab", False),
        ("anything", "*", True),
        ("STRASSE", "straße", True),
        ("", "a", False),
    ],
)
def test_patterns(text: str, pattern: str, expected: bool) -> None:
    assert holds(text, pattern) is expected


def test_a_hostile_text_takes_no_longer_than_another() -> None:
    assert not holds("a" * 200_000, "*".join(["a"] * 90) + "*b")


def test_hidden_files_are_named_by_their_dot_alone() -> None:
    assert is_named("a.md", ["*.md"])
    assert not is_named(".a.md", ["*"])
    assert is_named(".a.md", [".*"])
