"""What holds for whatever is remembered and whatever is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gainful.agents.knowing.memory import best, words
from gainful.core.label import TYPED
from gainful.core.memory import Memory

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TEXTS = st.lists(st.text(st.sampled_from("ab cdé会議 .S"), max_size=20), max_size=8)


def records(texts: list[str]) -> list[Memory]:
    return [
        Memory(str(number), "a", text, "ada", TYPED, "", NOON + timedelta(seconds=number))
        for number, text in enumerate(texts)
    ]


@given(TEXTS, st.text(max_size=20), st.integers(1, 8))
def test_only_what_shares_a_word_is_found_and_no_more_than_was_wanted(texts: list[str], query: str, most: int) -> None:
    known = records(texts)
    found = best(query, known, most)
    assert len(found) <= most
    assert len({record.id for record in found}) == len(found)
    assert all(record in known for record in found)
    wanted = set(words(query))
    if wanted:
        sharing = [record for record in known if wanted & set(words(record.text))]
        assert {record.id for record in found} <= {record.id for record in sharing}
        assert len(found) == min(most, len(sharing))


@given(TEXTS, st.text(st.sampled_from("ab cd会"), max_size=10))
def test_the_order_in_which_they_lie_does_not_matter(texts: list[str], query: str) -> None:
    known = records(texts)
    assert best(query, known, 8) == best(query, known[::-1], 8)


@given(st.text(max_size=40))
def test_case_and_a_second_look_do_not_matter(text: str) -> None:
    assert words(text) == words(text)
    assert words(" ".join(words("Books and CAFÉS"))) == ["book", "and", "cafe"]
