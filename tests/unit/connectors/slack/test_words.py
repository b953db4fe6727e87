"""How words become a Slack message."""

from __future__ import annotations

import json

import pytest

from gainful.connectors.slack.words import LONGEST, content_of, escaped, fallback, mark_id, quiet
from gainful.core.errors import Broken
from gainful.sdk.chat import Button, NoSuchRoom, Words, WordsTooLong


def test_a_message_has_its_words_its_mark_and_its_buttons() -> None:
    words = Words(
        "**Done.**", "handbook", 2, (Button("b1:n1", "Accept"), Button("b1:n2", "Refuse", danger=True)), ("U1",)
    )
    content = content_of(words, "run1:reply")
    section, markdown, mark, actions = content["blocks"]
    assert section["text"] == {"type": "mrkdwn", "text": "<@U1>"}
    assert markdown == {"type": "markdown", "text": "**Done.**"}
    assert mark["elements"][0]["text"] == "🤖 Written by handbook, an agent"
    assert [(one["value"], one.get("style")) for one in actions["elements"]] == [("b1:n1", None), ("b1:n2", "danger")]
    assert content["metadata"]["event_payload"] == {"key": "run1:reply", "agent": "handbook", "hops": 2}
    assert content["text"] == "<@U1> **Done.**"


def test_every_message_is_marked_though_nobody_says_by_whom() -> None:
    mark = content_of(Words("Done."), "k")["blocks"][-1]
    assert mark["elements"][0]["text"] == "🤖 Written by an agent"
    assert mark["block_id"] == mark_id(0, "k")


def test_a_button_carries_its_id_alone() -> None:
    (button,) = content_of(Words("Sure?", buttons=(Button("id:nonce", "Yes"),)), "k")["blocks"][-1]["elements"]
    assert set(button) == {"type", "action_id", "text", "value"}
    assert "id:nonce" not in json.dumps({**button, "value": ""})


def test_slack_fetches_no_address_that_an_agent_wrote() -> None:
    content = content_of(Words("See https://example.org/?leak=1"), "k")
    assert (content["unfurl_links"], content["unfurl_media"]) == (False, False)


@pytest.mark.parametrize(
    "text", ["<!channel>", "<!here|here>", "<@U1>", "<#C1>", "<!subteam^S1>", "`<!channel>`", "```\n<@U1>\n```"]
)
def test_markdown_calls_nobody(text: str) -> None:
    said = quiet(text)
    assert "<!" not in said
    assert "<@" not in said
    assert "<#" not in said
    assert said.replace("\u2060", "") == text


def test_addresses_and_comparisons_stay_as_they_are() -> None:
    for text in ("a < b > c", "<https://example.org>", "ada@example.org", "if (x<3) y"):
        assert quiet(text) == text


def test_the_text_for_notifications_is_escaped_and_short() -> None:
    assert escaped("a < b & <!channel>") == "a &lt; b &amp; &lt;!channel&gt;"
    for length in range(3890, 3905):
        cut = fallback("", "x" * length + "<" * 10)
        assert len(cut) <= 3900
        assert cut.endswith(("…", ";"))
        assert not cut.rstrip("…").endswith(("&", "&l", "&lt"))


def test_a_member_is_an_id_of_slack() -> None:
    for member in ("!channel", "U1>", "ada", "S1", ""):
        with pytest.raises(NoSuchRoom):
            content_of(Words("Look.", mention=(member,)), "k")


def test_too_long_and_nothing_are_refused() -> None:
    content_of(Words("x" * LONGEST), "k")
    for text in ("x" * (LONGEST + 1), "", " \n"):
        with pytest.raises(WordsTooLong):
            content_of(Words(text), "k")


def test_the_protocol_of_buttons_is_kept() -> None:
    for buttons in ((Button("x" * 201, "Yes"),), (Button("", "Yes"),), tuple(Button(str(n), "Yes") for n in range(26))):
        with pytest.raises(Broken):
            content_of(Words("Sure?", buttons=buttons), "k")
