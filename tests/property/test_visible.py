"""Whatever a stranger writes, what is shown can neither hide nor reorder anything."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.visible import hidden, suspicious, visible

NASTY = st.sampled_from(
    "\u202e\u2066\u200b\u200c\u200d\ufe0f\u00a0\u202f\u3000\u3164\u2800\U000e0041\x1b\r\n\u0301❤a1語ا"
)
TEXT = st.text(st.one_of(NASTY, st.characters()), max_size=60)
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(TEXT)
def test_nothing_that_hides_or_reorders_is_left(text: str) -> None:
    shown = visible(text)
    left = set(shown) - set("\n\t\u200c\u200d")
    assert not left & BIDI
    assert not {char for char in left if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}


@given(TEXT)
def test_shown_text_is_shown_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert hidden(visible(text)) == []


@given(TEXT)
def test_a_changed_text_is_always_said_to_be_suspicious(text: str) -> None:
    if visible(text) != text.replace("\r\n", "\n"):
        assert suspicious(text)
    for sentence in suspicious(text):
        assert hidden(sentence) == []


@given(st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), max_size=60))
def test_letters_and_digits_of_europe_are_left_alone(text: str) -> None:
    assert visible(text) == text
    assert suspicious(text) == []
