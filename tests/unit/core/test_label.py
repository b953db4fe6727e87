"""Labels: joining keeps the worst, and storing keeps everything."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, UNKNOWN, Confidentiality, Integrity, Label, join, join_all, label_from

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7#body"}))
SECRET = Label(Integrity.TRUSTED, Confidentiality.SECRET, frozenset({"vault"}))


def test_a_join_is_as_bad_as_the_worst_and_as_secret_as_the_most_secret() -> None:
    assert join(STRANGER, SECRET, TYPED) == Label(
        Integrity.UNTRUSTED, Confidentiality.SECRET, frozenset({"mail:7#body", "vault", "you"})
    )


def test_a_join_of_nothing_says_nothing() -> None:
    assert join() == join_all([]) == CONSTANT
    assert join(CONSTANT, STRANGER) == STRANGER


def test_only_what_a_stranger_may_have_written_is_tainted() -> None:
    assert [label.tainted for label in (TYPED, CONSTANT, SECRET, STRANGER, UNKNOWN)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_endorsing_changes_the_integrity_alone() -> None:
    assert STRANGER.but(Integrity.TRUSTED) == Label(Integrity.TRUSTED, Confidentiality.INTERNAL, STRANGER.sources)


@pytest.mark.parametrize("label", [STRANGER, SECRET, TYPED, CONSTANT, UNKNOWN])
def test_a_stored_label_comes_back(label: Label) -> None:
    assert label_from(label.as_json()) == label


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"integrity": "user"},
        {"integrity": "root", "confidentiality": "public", "sources": []},
        {"integrity": "user", "confidentiality": "hidden", "sources": []},
        {"integrity": "user", "confidentiality": "public", "sources": "you"},
        {"integrity": "user", "confidentiality": "public", "sources": [1]},
    ],
)
def test_what_is_no_label_is_never_read_as_one(stored: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        label_from(stored)
