"""Finding what is remembered, by words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gainful.agents.knowing.memory import best, words
from gainful.core.label import TYPED
from gainful.core.memory import Memory

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def memories(*texts: str) -> list[Memory]:
    return [
        Memory(str(number), "handbook", text, "ada", TYPED, "", NOON + timedelta(minutes=number))
        for number, text in enumerate(texts)
    ]


def found(query: str, *texts: str, most: int = 5) -> list[str]:
    return [record.text for record in best(query, memories(*texts), most)]


KNOWN = (
    "Invoices go to the accounts office on the third floor.",
    "The office is closed on Friday.",
    "Bo prefers short answers.",
    "Fridays are for maintenance; maintenance is announced on Monday.",
)


def test_rare_words_count_more_than_common_ones() -> None:
    assert found("where do invoices go", *KNOWN) == [KNOWN[0]]
    assert found("the office on friday", *KNOWN)[0] == KNOWN[1]
    assert found("maintenance", *KNOWN) == [KNOWN[3]]


def test_what_shares_no_word_is_not_found() -> None:
    assert found("holiday", *KNOWN) == []
    assert found("invoices", "") == []


def test_a_query_without_words_finds_the_newest() -> None:
    assert found("", *KNOWN, most=2) == [KNOWN[3], KNOWN[2]]
    assert found("?!", *KNOWN, most=1) == [KNOWN[3]]


def test_of_equally_good_ones_the_newer_comes_first() -> None:
    records = memories("The code is red.", "The code is red.")
    assert [record.id for record in best("red", records, 5)] == ["1", "0"]


def test_a_short_record_is_better_than_a_long_one_that_says_as_much() -> None:
    short, long = "Tickets go to Bo.", "Tickets go to Bo, " + "and so on and on " * 20
    assert found("tickets", long, short) == [short, long]


def test_saying_a_word_often_helps_little() -> None:
    assert found("ticket office", "ticket ticket ticket ticket ticket", "ticket office") == [
        "ticket office",
        "ticket ticket ticket ticket ticket",
    ]


def test_endings_accents_and_case_do_not_matter() -> None:
    assert words("Cafés, TICKETS; gas") == ["cafe", "ticket", "gas"]
    assert found("café", "The cafe opens at nine.") == ["The cafe opens at nine."]


def test_writing_without_blanks_is_found_by_two_neighbouring_signs() -> None:
    assert words("会議室") == ["会議", "議室"]
    assert words("室") == ["室"]
    assert found("会議", "会議室は三階です", "食堂は一階です") == ["会議室は三階です"]
