"""What a person typed counts as a whole token: no part of one, no other case, nothing that merely looks like it."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest

from gainful.policy.typed import typed

ENORMOUS = 10**5000
"""More digits than Python writes out."""


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("Write to ada@example.org, please.", "ada@example.org"),
        ("Write to Ada <ada@example.org>!", "ada@example.org"),
        ("(see https://example.org/a?b=c).", "https://example.org/a?b=c"),
        ("Ping #general, now", "#general"),
        ("Don't wait for O'Brien's reply", "Don't"),
        ("Don't wait for O'Brien's reply", "O'Brien"),
        ("Don't wait for O'Brien's reply", "O'Brien's"),
        ("open 'the big plan.txt' now", "the big plan.txt"),
        ('open "the big plan.txt" now', "the big plan.txt"),
        ("open “the big plan.txt” now", "the big plan.txt"),
        ("open „the big plan.txt“ now", "the big plan.txt"),
        ("open «the big plan.txt» now", "the big plan.txt"),
        ("open `the big plan.txt` now", "the big plan.txt"),
        ("Read .env and ./notes/a.txt.", ".env"),
        ("Read .env and ./notes/a.txt.", "./notes/a.txt"),
        ("Ask 10.0.0.1", "10.0.0.1"),
        ("Pay 12.50", 12.5),
        ("Pay $12.50 now", 12.5),
        ("Pay 100€.", 100),
        ("Take -3", -3),
        ("Take 5%", 5),
        ("On 2026-12-01.", "2026-12-01"),
        ("On 2026-12-01 at 9:00", "2026-12-01 09:00"),
        ("On 2026-12-01 at 9:00", "2026-12-01T09:00:00"),
        ("On 2026-12-01T09:00", "2026-12-01 09:00"),
        ("On December 1st, 2026, 10:00-11:00", "2026-12-01 11:00"),
        ("On 1 December, 2:30 pm", "2026-12-01 14:30"),
        ("On 1. December at 12 am", "2026-12-01 00:00"),
        ("On the 1st of Dec 2027", "2027-12-01"),
    ],
)
def test_what_was_typed_as_a_whole_was_typed(prompt: str, value: Any) -> None:
    assert value in typed(prompt, 2026)


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("Write to ada@example.org", "example.org"),
        ("Write to ada@example.org", "ada"),
        ("Write to ada@example.org", "Ada@example.org"),
        ("Write to ada@example.org", " ada@example.org"),
        ("Write to ada@example.org", "ada@example.org\n"),
        ("Write to ada@example.org", "ada@example.org\u200b"),
        ("Write to ada@example.org", "\u0430da@example.org"),
        ("Write to ada@example.org,bob@example.org", "bob@example.org"),
        ("Read ./notes", "/notes"),
        ("Read .env", "env"),
        ("Don't say can't", "t say can"),
        ("the dogs' and the cats' food", "and the cats"),
        ("Tom's file is Ann's", "s file is Ann"),
        ("the big plan.txt", "the big plan.txt"),
        ("On June 13", 13),
        ("On June 13", "13"),
        ("On June 13", "June 13"),
        ("On 2026-06-13", 13),
        ("On 2026-06-13", 2026),
        ("report-2026-06-13.txt", "2026-06-13"),
        ("https://example.org/2026-06-13/", "2026-06-13"),
        ("v2026-06-13", "2026-06-13"),
        ("Order 1-June 5", "2026-06-05"),
        ("On 2026-06-13", "2026-06-13T"),
        ("On 2026-06-13", "2026-06-13 "),
        ("On 2026-06-13", "2026-06-13 10:00"),
        ("On 2026-06-13 at 10:00 pm", "2026-06-13 10:00"),
        ("On 2026-06-13, host:10:00", "2026-06-13 10:00"),
        ("Pay 5", "5"),
        ("Pay 5", True),
        ("Pay 1", True),
        ("Pay 1", False),
        ("Pay 1.000", 1),
        ("Pay 1.000", 1000),
        ("Pay 1,000", 1),
        ("Pay .5", 5),
        ("Pay 15", 5),
        ("Pay 5k", 5),
        ("item#5", 5),
        ("On June 45", "2026-06-45"),
        ("say nan", float("nan")),
        ("say inf", float("inf")),
        pytest.param("say 1", ENORMOUS, id="enormous"),
        ("say it", None),
        ("say it", ["it"]),
        ("", ""),
    ],
)
def test_what_merely_occurs_was_not_typed(prompt: str, value: Any) -> None:
    assert value not in typed(prompt, 2026)


def test_a_date_without_a_year_is_none_where_nobody_knows_the_year() -> None:
    assert "2026-06-13" not in typed("On June 13", None)
    assert "2026-06-13" in typed("On June 13 2026", None)


def test_a_name_may_come_as_it_was_typed_or_as_most_programs_store_it() -> None:
    decomposed = unicodedata.normalize("NFD", "Zoë.txt")
    assert "Zoë.txt" in typed(f"Open {decomposed}")
    assert decomposed in typed(f"Open {decomposed}")
    assert decomposed not in typed("Open Zoë.txt")


@pytest.mark.parametrize(
    "prompt",
    ["' " * 200_000, "„" * 400_000, '"' * 400_000, "may" + " " * 400_000, "12 " * 100_000, "<" * 400_000, "9" * 400_000,
     "a'" * 200_000, "1 p" * 100_000, "may 1 of " * 40_000],
)  # fmt: skip
def test_a_long_prompt_takes_time_in_proportion(prompt: str) -> None:
    began = time.process_time()
    typed.__wrapped__(prompt, 2026)
    assert time.process_time() - began < 5
