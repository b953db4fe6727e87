"""What is said as the content of an event."""

from __future__ import annotations

import pytest

from gainful.connectors.matrix.mark import Mark
from gainful.connectors.matrix.writing import content_of, replacing
from gainful.sdk.chat import Button, Words, WordsTooLong

PLAIN = Mark(key="k")


def test_plain_words_stay_plain() -> None:
    content = content_of(Words("Done."), PLAIN, {})
    assert content == {"msgtype": "m.text", "body": "Done.", "m.mentions": {}, "io.gainful.agent": {"key": "k"}}


def test_who_is_named_is_called_and_linked() -> None:
    words = Words("Look.", mention=("@ada:example.org",))
    content = content_of(words, PLAIN, {"@ada:example.org": "Ada <b> @room"})
    assert content["m.mentions"] == {"user_ids": ["@ada:example.org"]}
    assert content["body"] == "Ada <b> @\u2060room: Look."
    assert '<a href="https://matrix.to/#/@ada:example.org">Ada &lt;b&gt; @room</a>: Look.' in content["formatted_body"]


def test_a_change_calls_nobody_anew() -> None:
    words = Words("Look.", mention=("@ada:example.org",))
    content = replacing(content_of(words, PLAIN, {}), "$1")
    assert content["m.mentions"] == content["m.new_content"]["m.mentions"] == {}


def test_buttons_are_numbered_lines() -> None:
    buttons = (Button("a", "Accept"), Button("r", "Refuse <all>"))
    content = content_of(Words("Shall I?", buttons=buttons), Mark(buttons=buttons), {})
    assert content["body"].splitlines()[2:4] == ["1️⃣ Accept", "2️⃣ Refuse <all>"]
    assert "2️⃣ Refuse &lt;all&gt;" in content["formatted_body"]


def test_more_buttons_than_numbers() -> None:
    buttons = tuple(Button(str(number), "x") for number in range(10))
    with pytest.raises(WordsTooLong):
        content_of(Words("Which?", buttons=buttons), PLAIN, {})


@pytest.mark.parametrize("text", ["x" * 60_000, "é" * 30_000, "**b** " * 6_000])
def test_what_does_not_fit_into_an_event(text: str) -> None:
    with pytest.raises(WordsTooLong):
        content_of(Words(text), PLAIN, {})
