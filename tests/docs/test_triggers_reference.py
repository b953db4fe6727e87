"""The reference of triggers is complete: every kind, every key, and everything that a run is told."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
import yaml

from gainful.agents.waking.happening import Asked, Changed, Delivered, MeetingEnded, RunEnded
from gainful.agents.waking.matching import Happening, fitting
from gainful.agents.waking.occurrence import occurrence_of
from gainful.agents.waking.told import TOLD
from gainful.agents.waking.trigger import KINDS, Trigger, TriggerBase, kind_of, triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.sdk.chat import EventKind
from tests.unit.agents.happenings import NOON, heard, mail

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "triggers.md").read_text(encoding="utf-8")

AGENT = WakeableAgent(
    "handbook",
    "ada",
    triggers_from(
        [
            {"on": "mention"},
            {"on": "direct"},
            {"on": "reaction", "reaction": "ticket"},
            {"on": "command", "command": "/ask"},
            {"on": "message", "pattern": "*"},
            {"on": "mail", "account": "work"},
            {"on": "webhook"},
            {"on": "file", "path": "handbook"},
            {"on": "run", "agent": "triage"},
            {"on": "meeting", "calendar": "work"},
        ]
    ),
)
HAPPENINGS: tuple[Happening, ...] = (
    heard(EventKind.MENTION),
    heard(EventKind.DIRECT),
    heard(EventKind.REACTION, detail={"name": "ticket"}),
    heard(EventKind.COMMAND, detail={"command": "/ask", "text": "what?"}),
    heard(EventKind.MESSAGE),
    mail(),
    Delivered("k", {"a": 1}, NOON),
    Delivered("k", "a", NOON),
    Changed("handbook/a.md", "ab", 1, NOON),
    RunEnded("r", "triage", "done", NOON),
    MeetingEnded("work", NOON - timedelta(hours=1), NOON),
    Asked("k", "ada", "Go.", NOON),
)


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        return importlib.import_module("reference_triggers")


def section(kind: str) -> str:
    return PAGE.partition(f"## `on: {kind}`\n")[2].partition("\n## ")[0]


def test_every_kind_has_a_section() -> None:
    assert set(get_args(Trigger)) == set(KINDS)
    assert re.findall(r"^## `on: (\w+)`$", PAGE, re.MULTILINE) == [kind_of(model) for model in KINDS]


@pytest.mark.parametrize("model", KINDS, ids=kind_of)
def test_every_key_has_a_meaning(model: type[TriggerBase], reference: ModuleType) -> None:
    for name in reference.own_keys(model):
        key = model.model_fields[name].alias or name
        (row,) = re.findall(
            rf"^\| `{key}` \| .* \| (.*) \|$", section(kind_of(model)).partition("the run is told")[0], re.M
        )
        assert row.strip()
    for name in TriggerBase.model_fields:
        same = model.model_fields[name].default == TriggerBase.model_fields[name].default
        assert same or name in (*reference.own_keys(model), "on")


def test_the_keys_of_every_trigger_have_a_meaning(reference: ModuleType) -> None:
    assert set(reference.meanings_of(TriggerBase)) == set(TriggerBase.model_fields)


def test_everything_that_a_run_is_told_has_a_meaning() -> None:
    told: dict[str, set[str]] = {"cron": {"time"}}
    for happening in HAPPENINGS:
        trigger = fitting(AGENT.triggers, happening)
        assert trigger is not None
        told.setdefault(trigger.on, set()).update(occurrence_of(AGENT, trigger, happening).about)
    assert told == {kind: set(names) for kind, names in TOLD.items()}
    for kind, names in TOLD.items():
        for name, meaning in names.items():
            assert f"| `{name}` | {meaning} |" in section(kind)


@pytest.mark.parametrize("page", ["triggers.md", "webhooks.md"])
def test_the_examples_are_read(page: str) -> None:
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(found) >= 2
    for block in found:
        assert len(triggers_from(yaml.safe_load(block)["triggers"])) >= 2
