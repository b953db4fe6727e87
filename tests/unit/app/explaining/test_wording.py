"""Every kind of step is told in a sentence, also where there is nothing to tell of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gainful.app.explaining.wording import approval_said, effect_ended, ended, outlined, titled
from gainful.core.label import TYPED
from gainful.core.mail import Place
from gainful.core.tool import Act, Effect, ToolSpec
from gainful.core.value import Json, uniform
from gainful.gate.approval import State as Answered
from gainful.gate.call import Recorded, State
from gainful.gate.journal import Effect as MailEffect
from gainful.gate.journal import Kind, Settled
from gainful.gate.journal import State as EffectState

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
READ = ToolSpec("files.list", Effect.READ, Act.READ, {})
WRITE = ToolSpec("files.write", Effect.REVERSIBLE, Act.WRITE, {})


def call(tool: str, given: dict[str, Json], state: State = State.DONE, result: Json = None, note: str = "") -> Recorded:
    values = {name: uniform(value, TYPED) for name, value in given.items()}
    return Recorded("k", "r", "s", "helper", tool, values, "d", NOON, state, result=uniform(result, TYPED), note=note)


@pytest.mark.parametrize(
    ("step", "title", "outline", "end"),
    [
        (
            call("told", {}, result={"id": "mail:7", "from": "ada", "subject": "When?\n\nNow?", "thread": None}),
            "It was told what woke it: from 'ada', subject 'When? Now?'.",
            "It was told what woke it.",
            "The run began with it.",
        ),
        (
            call("told", {}, result={}),
            "It was told what woke it, and nothing besides.",
            "It was told what woke it.",
            "The run began with it.",
        ),
        (
            call(
                "plan",
                {"plan": {"steps": [{"tool": "deploy.begin"}, {"tool": "deploy.shift"}, {"tool": "deploy.begin"}]}},
            ),
            "It was held to a plan: deploy.begin, deploy.shift.",
            "It was held to a plan.",
            "The plan stood before the first call.",
        ),
        (
            call("plan", {"plan": {}}),
            "It was held to a plan.",
            "It was held to a plan.",
            "The plan stood before the first call.",
        ),
        (
            call("files.list", {}, result=[]),
            "It called files.list, which needs nothing more.",
            "It called files.list, which needs nothing more.",
            "It was read.",
        ),
        (
            call("files.list", {"path": "desk", "most": 5}),
            "It called files.list with path 'desk', most 5.",
            "It called files.list with path, most.",
            "Nothing was found.",
        ),
    ],
)
def test_steps_are_sentences(step: Recorded, title: str, outline: str, end: str) -> None:
    assert (titled(step), outlined(step), ended(step, READ)) == (title, outline, end)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("spec", [READ, WRITE, None])
def test_every_end_of_a_call_is_a_sentence_with_its_note(state: State, spec: ToolSpec | None) -> None:
    said = ended(call("files.write", {"path": "a"}, state, note="Mail stays put."), spec)
    assert re.fullmatch(r"[A-Z][^{}:]+\. Mail stays put\.", said)


@pytest.mark.parametrize("state", list(EffectState))
@pytest.mark.parametrize(
    ("kind", "more", "what"),
    [
        (
            "keywords",
            {"add": ("news",), "remove": ("ads", "old")},
            "labelled news and stripped of the label ads, old",
        ),
        ("move", {"to": "Archive"}, "moved from INBOX to Archive"),
        ("draft", {}, "answered by a draft"),
    ],
)
def test_every_end_of_an_effect_is_a_sentence(state: EffectState, kind: str, more: dict[str, Any], what: str) -> None:
    place = Place("INBOX", "1", "7")
    effect = MailEffect("k", "r", "work", "m", Kind(kind), place, "<1@example.org>", "0" * 64, **more)
    said = effect_ended(Settled(effect, state, note="Why."))
    assert what in said
    assert said.startswith("It was ")
    assert said.endswith(". Why.")


@pytest.mark.parametrize("state", [*Answered, "no-such-approval"])
def test_every_answer_is_said_without_empty_places(state: str) -> None:
    assert "by" not in approval_said(state, "", "").split()
    said = approval_said(state, "ada", "2026-11-22T12:00:00+00:00")
    assert said.endswith("by ada at 2026-11-22 12:00 UTC")
    assert "-" not in said.removesuffix("2026-11-22 12:00 UTC")
