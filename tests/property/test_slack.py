"""Laws of what is said to Slack: nobody is called whatever is written, words come back, limits are kept."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gainful.connectors.slack.pace import Allowance
from gainful.connectors.slack.reading import plain, text_of
from gainful.connectors.slack.stream import chunks, ready
from gainful.connectors.slack.words import LONGEST, content_of, escaped, quiet
from gainful.sdk.chat import Words, hushed

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a machine that has other work, too."""
CALLS = re.compile(r"<[@!#]|@(?:channel|here|everyone|room|group|all)\b", re.IGNORECASE)
SIGNS = [
    "<",
    ">",
    "@",
    "!",
    "#",
    "|",
    "&",
    ";",
    " ",
    "\n",
    "channel",
    "here",
    "all",
    "U1",
    "amp",
    "lt",
    "`",
    "**",
    "x",
    "ä",
]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=30).map("".join) | st.text(max_size=60)


@UNHURRIED
@given(TEXTS)
def test_markdown_calls_nobody_and_reads_the_same(text: str) -> None:
    said = quiet(text)
    assert not CALLS.search(said)
    assert said.replace("\u2060", "") == text.replace("\u2060", "")
    assert quiet(said) == said


@UNHURRIED
@given(TEXTS)
def test_what_is_escaped_comes_back(text: str) -> None:
    assert plain(escaped(text)) == hushed(text)
    assert not re.search(r"[<>]", escaped(text))


@UNHURRIED
@given(TEXTS.filter(str.strip))
def test_a_post_reads_as_it_was_written(text: str) -> None:
    assert text_of(content_of(Words(text, "handbook"), "k")) == hushed(text).strip()


@UNHURRIED
@given(st.lists(TEXTS, max_size=12))
def test_pieces_together_call_nobody_and_lose_nothing(pieces: list[str]) -> None:
    held, shown = "", ""
    for piece in pieces:
        held += piece
        cut = ready(held)
        shown += "".join(chunk["text"] for chunk in chunks(held[:cut]))
        held = held[cut:]
        assert not CALLS.search(shown)
        # What is held back is no more than a call could be.
        assert len(held) <= 14
    shown += "".join(chunk["text"] for chunk in chunks(held))
    assert not CALLS.search(shown)
    assert shown.replace("\u2060", "") == "".join(pieces).replace("\u2060", "")


@UNHURRIED
@given(st.text(alphabet="ab<@! ", max_size=40), st.integers(1, 4))
def test_chunks_are_not_too_long(text: str, times: int) -> None:
    found = chunks(text * (LONGEST // 20) * times)
    assert all(0 < len(chunk["text"]) <= LONGEST for chunk in found)


@UNHURRIED
@given(st.integers(1, 5), st.lists(st.floats(0, 3), max_size=40))
def test_no_window_of_time_has_more_calls_than_allowed(calls: int, pauses: list[float]) -> None:
    allowance, now, taken = Allowance(calls, 2.0), 0.0, []
    for pause in pauses:
        now += pause
        at = allowance.next(now)
        assert at >= now
        allowance.take(at)
        taken.append(at)
    for first, last in zip(taken, taken[calls:], strict=False):
        assert last - first >= 2.0 - 1e-9
