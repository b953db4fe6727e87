"""What Slack's messages say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.connectors.slack.reading import (
    Account,
    carries,
    hops_of,
    instant,
    is_spoken,
    link,
    member_of,
    message_of,
    plain,
    text_of,
    timestamp,
)
from gainful.connectors.slack.words import content_of, mark
from gainful.sdk.chat import Place, Words

ME = Account("U0", "gainful", "B0", "T0", "https://example.slack.com/")


@pytest.mark.parametrize(
    ("slack", "words"),
    [
        ("a &lt; b &amp; c &gt; d", "a < b & c > d"),
        ("&amp;lt;", "&lt;"),
        ("&quot;&#39;", "&quot;&#39;"),
        ("<@U0> and <@U1> and <@U2|bo>", "@gainful and @U1 and @bo"),
        ("<#C1|general> <#C2>", "#general #C2"),
        ("<!here> <!channel|channel> <!subteam^S1|@team> <!date^1^{date}|May 1>", "@here channel @team May 1"),
        ("<https://example.org/?a=1&amp;b=2>", "https://example.org/?a=1&b=2"),
        ("<https://example.org|the plan>", "the plan (https://example.org)"),
        ("<https://example.org|https://example.org>", "https://example.org"),
        ("<mailto:ada@example.org|ada@example.org>", "ada@example.org"),
        ("an <unclosed", "an <unclosed"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_words(slack: str, words: str) -> None:
    assert plain(slack, ME) == words


def test_times_keep_their_microseconds() -> None:
    at = datetime(2026, 11, 22, 8, 0, 0, 250, tzinfo=UTC)
    assert timestamp(at).endswith(".000250")
    assert instant(timestamp(at)) == at
    assert instant("1355517523.000005") - instant("1355517523.000004") == timedelta(microseconds=1)
    for odd in ("", "soon", None, "1.2.3", "9" * 40):
        assert instant(odd) == datetime.fromtimestamp(0, UTC)


def test_a_message_in_our_words() -> None:
    raw = {"ts": "1700000001.000100", "thread_ts": "1700000000.000100", "user": "U1", "text": "<@U0> &amp; <@U2>"}
    message = message_of(raw, "C1", ME)
    assert message.place == Place("C1", "1700000001.000100", "1700000000.000100")
    assert (message.sender, message.text, message.mentions) == ("U1", "@gainful & @U2", ("U0", "U2"))
    assert (message.by_agent, message.hops) == (False, 0)
    assert message.link == (
        "https://example.slack.com/archives/C1/p1700000001000100?thread_ts=1700000000.000100&cid=C1"
    )


def test_the_first_message_of_a_thread_is_in_none() -> None:
    raw = {"ts": "1.1", "thread_ts": "1.1", "user": "U1", "text": "Hi"}
    assert message_of(raw, "C1", ME).place == Place("C1", "1.1")
    assert link(ME, Place("C1", "1.1")) == "https://example.slack.com/archives/C1/p11"


def test_the_mark_is_read_from_metadata_or_from_the_block() -> None:
    content = content_of(Words("Hi", "handbook", 3), "key-1")
    assert hops_of(content) == 3
    assert hops_of({"blocks": content["blocks"]}) == 3
    assert hops_of({"text": "🤖 Written by handbook, an agent"}) is None
    assert hops_of({"blocks": [{"block_id": "gainful.x"}, {"block_id": 7}, "odd"]}) is None
    assert hops_of({"metadata": {"event_type": "gainful_key", "event_payload": {"hops": "many"}}}) == 0
    assert hops_of({"metadata": {"event_type": "other", "event_payload": {"hops": 4}}}) is None


def test_a_key_is_found_in_metadata_or_in_the_block() -> None:
    content = content_of(Words("Hi"), "key-1")
    assert carries(content, "key-1")
    assert carries({"blocks": [mark("handbook", 5, "key-1")]}, "key-1")
    assert not carries(content, "key-2")
    assert not carries({"blocks": [mark("handbook", 5, "key-1")]}, "key-2")
    assert not carries({"text": "key-1"}, "key-1")


def test_what_slack_tells_of_a_channel_is_not_spoken() -> None:
    assert is_spoken({"ts": "1.1", "text": "Hi"})
    assert is_spoken({"ts": "1.1", "subtype": "file_share", "text": ""})
    for odd in ({"ts": "1.1", "subtype": "channel_join"}, {"text": "Hi"}, {"ts": "1.1", "hidden": True}):
        assert not is_spoken(odd)


RICH: list[dict[str, Any]] = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "See "},
                    {"type": "link", "url": "https://example.org", "text": "the plan"},
                    {"type": "user", "user_id": "U1"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "emoji", "name": "tada"},
                ],
            },
            {
                "type": "rich_text_list",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "two"}]},
                ],
            },
        ],
    }
]


def test_blocks_are_read_where_the_text_is_short() -> None:
    assert text_of({"blocks": RICH}) == "See the plan (https://example.org)@U1#C1:tada:\n- one\n- two"
    long = [{"type": "markdown", "text": "word " * 2000}]
    assert text_of({"text": "word " * 779 + "…", "blocks": long}) == "word " * 2000
    assert text_of({"text": "Short.", "blocks": RICH}) == "Short."


def test_our_own_mark_and_buttons_are_no_words() -> None:
    content = content_of(Words("Hi", "handbook"), "k")
    assert text_of({"blocks": [*content["blocks"], {"type": "actions", "elements": []}]}) == "Hi"


def test_a_member_has_the_name_that_people_see() -> None:
    user = {
        "id": "U1",
        "name": "ada",
        "real_name": "Ada L.",
        "profile": {"display_name": "Ada", "email": "a@example.org"},
    }
    assert member_of({**user, "tz": "Europe/Berlin"}).name == "Ada"
    assert member_of({**user, "profile": {"display_name": ""}}).name == "Ada L."
    assert member_of({"id": "U1", "name": "ada"}).name == "ada"
    assert member_of({"id": "B1", "is_bot": True}).is_bot
