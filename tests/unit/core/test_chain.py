"""The walk along a chain names the first link that does not belong, and no other."""

from __future__ import annotations

import pytest

from gainful.core.chain import GENESIS, Walk, digest_of


def test_two_contents_have_two_digests() -> None:
    contents: list[list[object]] = [
        ["a", "b"],
        ["a,b"],
        ['a","b'],
        ["ab", ""],
        ["", "ab"],
        ["a", ["b"]],
        [1],
        ["1"],
        [None],
        [],
    ]
    assert len({digest_of(content) for content in contents}) == len(contents)


def test_what_json_lacks_has_no_digest() -> None:
    with pytest.raises(TypeError):
        digest_of([b"a"])
    with pytest.raises(ValueError, match="JSON"):
        digest_of([float("nan")])


def test_a_sound_chain_says_nothing() -> None:
    walk = Walk()
    assert walk.step(1, GENESIS, "a", lambda: "a") == ""
    assert walk.step(2, "a", "b", lambda: "b") == ""
    assert (walk.seq, walk.digest, walk.broken) == (2, "b", False)


@pytest.mark.parametrize(
    ("seq", "previous", "digest", "said"),
    [
        (3, "a", "b", "Entry 2 is missing: 3 comes next."),
        (2, "x", "b", "Entry 2 ('it') does not follow the entry before it."),
        (2, "a", "x", "Entry 2 ('it') was changed after it was booked."),
    ],
)
def test_only_the_first_bad_link_is_named(seq: int, previous: str, digest: str, said: str) -> None:
    walk = Walk("booked")
    walk.step(1, GENESIS, "a", lambda: "a")
    assert walk.step(seq, previous, digest, lambda: "b", "it") == said
    assert walk.step(9, "?", "?", lambda: "!") == ""
    assert walk.broken
