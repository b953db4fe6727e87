"""A new agent's file, with a comment for whatever may be said besides."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from gainful.agents.file.agent_file import CHAT_TRIGGERS

HAND = "hand"
"""No trigger: a person starts it."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says when they make a new agent.

    Args:
        wakes: Kinds of chat triggers, `hand`, or times as cron has them.
        zone: IANA time zone of such times.
        answer: `reply`, `none`, or a tool; empty for what suits the triggers.
        run, month: US dollars.
        model: Empty for the one of the settings.
    """

    name: str
    owner: str
    purpose: str
    wakes: Sequence[str] = ()
    zone: str = "UTC"
    tools: Sequence[str] = ()
    answer: str = ""
    run: Decimal = Decimal("0.25")
    month: Decimal = Decimal(10)
    model: str = ""


def written(wishes: Wishes) -> str:
    """The file, with what was wished for."""
    return _FILE.format(
        name=wishes.name,
        owner=_text(wishes.owner),
        purpose=_text(wishes.purpose),
        model=f"model: {_text(wishes.model)}" if wishes.model else _NO_MODEL,
        triggers=_triggers(wishes),
        tools=", ".join(wishes.tools),
        answer=_answer(wishes),
        run=f"{wishes.run:f}",
        month=f"{wishes.month:f}",
        instructions=" ".join(wishes.purpose.split()),
    )


def _triggers(wishes: Wishes) -> str:
    """The list of triggers; an example in a comment where there is none."""
    found = []
    for wake in wishes.wakes:
        if wake == HAND:
            continue
        if re.fullmatch(r"[a-z]+", wake):
            found.append(f"\n  - on: {wake}")
        else:
            found.append(f"\n  - on: cron\n    at: {_quoted(wake)}\n    zone: {_text(wishes.zone)}")
    return "".join(found) or _NO_TRIGGER


def _answer(wishes: Wishes) -> str:
    if wishes.answer:
        return wishes.answer
    return "reply" if CHAT_TRIGGERS & set(wishes.wakes) else "none"


def _text(text: str) -> str:
    """A text on one line as YAML has it: without quotes where nothing in it could be taken for something else."""
    plain = " ".join(text.split())
    if _PLAIN.fullmatch(plain) and plain.lower() not in _WORDS:
        return plain
    return _quoted(plain)


def _quoted(text: str) -> str:
    # JSON's quotes are YAML's too; what does not show is written by its number.
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        sign if unicodedata.category(sign)[0] != "C" and sign not in "\u2028\u2029" else f"\\U{ord(sign):08X}"
        for sign in quoted
    )


_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ,.()/'+-]|:(?! |$))*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})

_NO_TRIGGER = """ []
#  - on: mention              # somebody names it in a chat
#    rooms: ["help"]
#  - on: cron                 # at nine on working days
#    at: "0 9 * * 1-5\""""

_NO_MODEL = "# model: openai:gpt-5-mini     # without this line it is the one of gainful.toml"

_FILE = """\
---
# `gainful agent validate {name}` checks this file. Nothing in it counts before `gainful agent enable {name}`.
name: {name}
owner: {owner}
purpose: {purpose}
{model}

# What wakes it. By hand it can always be started.
triggers:{triggers}

# What the model may call. `gainful tools list` shows what there is.
tools: [{tools}]

# Calls that are made before the model is asked: what it needs each time costs no question. {{name}} alone in quotes
# stands for what has happened.
# gather:
#   - tool: files.search
#     with: {{text: "{{text}}"}}

# The tools above are granted freely, and no others are. This restricts them.
# manifest:
#   files.read: {{arguments: {{path: ["handbook/*"]}}, per_run: 10}}
#   limits: {{steps: 20, minutes: 10}}

# Where its last text goes: reply, to whoever asked in a chat; none, it stays with the run; or a tool.
answer: {answer}

# US dollars a run and a month, and calls of the model a run. They are held before each call, and hard.
budget: {{run: {run}, month: {month}, calls: 20}}

# What its work is good for, and who judges it: reaction, survives or hand.
# outcome: {{claims: A question answered, judged_by: reaction}}
---
{instructions}

Answer in a few lines, and name your sources. Where you do not know, say so; do not guess.
"""
