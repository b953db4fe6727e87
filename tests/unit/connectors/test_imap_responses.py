"""What IMAP servers say, turned into values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.imap.responses import copied_uids, flag_names, shown, uid_number, uid_set
from gainful.core.errors import Invalid
from gainful.sdk.secret import Secret

UIDS = st.sets(st.integers(1, 2**32 - 1), max_size=50)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([1, 2, 3, 4], "1:4"), ([1, 2, 4], "1:2,4"), ([7], "7"), ([5, 3, 1], "1,3,5"), ([], ""), ([9, 8], "8:9")],
)
def test_a_uid_set_is_short(numbers: list[int], text: str) -> None:
    assert uid_set(numbers) == text


@given(UIDS)
def test_a_uid_set_holds_exactly_the_uids(numbers: set[int]) -> None:
    back: set[int] = set()
    for part in filter(None, uid_set(numbers).split(",")):
        low, _, high = part.partition(":")
        back |= set(range(int(low), int(high or low) + 1))
    assert back == numbers


@pytest.mark.parametrize("uid", ["", "0", "-1", "1:5", "*", "1 ", "4294967296", "1,2", "x", "١", "1\r\nA LOGOUT"])
def test_what_is_no_uid_is_refused(uid: str) -> None:
    with pytest.raises(Invalid):
        uid_number(uid)


@pytest.mark.parametrize(
    ("data", "asked", "expected"),
    [
        (b"38505 304,319:320 3956:3958", [304, 319, 320], {304: 3956, 319: 3957, 320: 3958}),
        (b"1 5 9", [5, 6], {5: 9}),
        (b"1 7:6 2:1", [6, 7], {6: 1, 7: 2}),
    ],
)
def test_copyuid_tells_the_new_uids(data: bytes, asked: list[int], expected: dict[int, int]) -> None:
    assert copied_uids(data, asked) == (data.split()[0].decode(), expected)


@pytest.mark.parametrize(
    "data",
    [b"", b"1 2", b"1 5 1:2", b"1 5:6 1", b"x 5 1", b"1 1:4294967295 1:4294967295", b"1 99 1", b"1 5 0", b"1 \xff 1"],
)
def test_a_copyuid_without_sense_tells_nothing(data: bytes) -> None:
    assert copied_uids(data, [5, 6]) == ("", {})


def test_flags_are_spelled_as_the_rooms_do() -> None:
    assert flag_names([b"\\SEEN", b"\\Recent", b"Todo", 2026, b"$Junk"]) == {"\\Seen", "Todo", "2026", "$Junk"}


def test_server_text_is_shown_on_one_bounded_line_without_secrets() -> None:
    text = "NO \x1b[31mbad\r\npassword hunter2 \u202eevil " + "x" * 1000
    Secret("account:test", "hunter2")
    line = shown(text)
    assert "hunter2" not in line
    assert len(line) <= 200
    assert line.isprintable()
