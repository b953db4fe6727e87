"""Room is made by leaving out old answers of tools, and by nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gainful.agents.running.compaction import compacted, size
from gainful.sdk.dialogue import Message, ModelSays, PersonSays, ToolSays, WantedCall


def long(turns: int, octets: int) -> list[Message]:
    found: list[Message] = [PersonSays("Please.")]
    for turn in range(turns):
        found.append(ModelSays("", (WantedCall(f"c{turn}", "files.read", {"path": str(turn)}),)))
        found.append(ToolSays(f"c{turn}", "files.read", f"{turn}" * octets))
    return found


def test_a_short_conversation_stays_as_it_is() -> None:
    messages = long(3, 10)
    assert compacted(messages, 10_000) == tuple(messages)


def test_the_oldest_answers_go_first_and_far_enough() -> None:
    messages = long(10, 1000)
    found = compacted(messages, 8000)
    texts = [message.text for message in found if isinstance(message, ToolSays)]
    assert size(found) <= 4000
    assert texts[0] == "[left out to make room: 1,000 characters; call files.read again if they are needed]"
    assert texts[-2:] == ["8" * 1000, "9" * 1000]


def test_compacted_again_it_stays_the_same() -> None:
    once = compacted(long(10, 1000), 8000)
    assert compacted(once, 8000) == once


@given(st.integers(0, 12), st.integers(0, 500), st.integers(10, 4000))
def test_nothing_else_is_touched(turns: int, octets: int, longest: int) -> None:
    messages = long(turns, octets)
    found = compacted(messages, longest)
    assert len(found) == len(messages)
    for before, after in zip(messages, found, strict=True):
        assert after == before or (isinstance(after, ToolSays) and after.call_id == before.call_id)  # type: ignore[union-attr]
    assert size(found) <= size(messages)
