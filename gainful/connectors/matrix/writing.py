"""What is said, as the content of an event: text and HTML, marked, and calling nobody but who is named.

Source: spec.matrix.org, client-server API v1.11: user mentions, event replacements, threading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from gainful.connectors.matrix.mark import FIELD, HOW_TO_PRESS, Mark
from gainful.connectors.matrix.markdown import html_of
from gainful.connectors.matrix.reaction import MOST_NUMBERS, number_sign
from gainful.sdk.chat import Words, WordsTooLong, hushed

_LARGEST = 56_000
"""Octets of a content. An event holds 65,536 with what the server adds."""
_PREVIEW = 200


def content_of(words: Words, mark: Mark, names: Mapping[str, str]) -> dict[str, Any]:
    """The content of a message.

    Args:
        names: Names by id of those whom it mentions.

    Raises:
        WordsTooLong: It does not fit into one event, or has more buttons than there are numbers.
    """
    if len(words.buttons) > MOST_NUMBERS:
        raise WordsTooLong(
            f"A message holds {MOST_NUMBERS} buttons, and this has {len(words.buttons)}.", "Offer fewer choices."
        )
    called = "".join(f"{hushed(names.get(member, member))}, " for member in words.mention).removesuffix(", ")
    said = hushed(words.text)
    body = f"{called}: {said}" if called else said
    content: dict[str, Any] = {
        "msgtype": "m.text",
        "body": f"{body}{mark.lines}{mark.footer}",
        "m.mentions": {"user_ids": list(words.mention)} if words.mention else {},
        FIELD: mark.as_json(),
    }
    html = html_of(said)
    if html or called or mark.buttons or mark.agent:
        pills = ", ".join(_pill(member, names) for member in words.mention)
        content["format"] = "org.matrix.custom.html"
        content["formatted_body"] = (f"{pills}: " if pills else "") + (html or _plain(said)) + _below(mark)
    return _fitting(content)


def in_thread(content: Mapping[str, Any], thread: str) -> dict[str, Any]:
    """The content, as an answer in this thread; without one, as it is."""
    if not thread:
        return dict(content)
    return {
        **content,
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": thread},
        },
    }


def replacing(content: Mapping[str, Any], message: str) -> dict[str, Any]:
    """The content of an event that puts this content in place of a message's own; it calls nobody anew."""
    return _fitting(
        {
            "msgtype": content["msgtype"],
            "body": f"* {content['body'][:_PREVIEW]}",
            "m.mentions": {},
            "m.new_content": {**content, "m.mentions": {}},
            "m.relates_to": {"rel_type": "m.replace", "event_id": message},
        }
    )


def _fitting(content: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(content, ensure_ascii=False).encode())
    if size > _LARGEST:
        raise WordsTooLong(
            f"With its formatting the message has {size} octets, and an event holds {_LARGEST}.", "Say it in parts."
        )
    return content


def _plain(said: str) -> str:
    return escape(said).replace("\n", "<br>")


def _pill(member: str, names: Mapping[str, str]) -> str:
    return f'<a href="https://matrix.to/#/{quote(member, safe="@:")}">{escape(names.get(member, member))}</a>'


def _below(mark: Mark) -> str:
    lines = [f"{number_sign(number)} {escape(button.label)}" for number, button in enumerate(mark.buttons, 1)]
    choices = f"<p>{'<br>'.join([*lines, escape(HOW_TO_PRESS)])}</p>" if lines else ""
    return choices + (f"<p><sub>{escape(mark.agent)}, an agent</sub></p>" if mark.agent else "")
