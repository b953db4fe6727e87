"""Values with labels down to each field, and the ways in which a record's names may mislead."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, Confidentiality, Integrity, Label, join
from gainful.core.value import DEEPEST, Value, ValueTooDeep, labelled, leaf, stored, uniform, value_from

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail#body"}))
SYSTEM = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"mail"}))
MAILS = [{"id": "7", "body": "Hi", "tags": ["a"]}, {"id": "8", "body": "Ho", "tags": []}]
LABELS = {"[].id": SYSTEM, "[].body": STRANGER, "[].tags": STRANGER}


def test_each_field_has_its_own_label() -> None:
    mails = labelled(MAILS, LABELS, STRANGER)
    assert mails[0]["id"].label == SYSTEM
    assert mails[0]["body"].label == STRANGER
    assert mails[0]["tags"][0].label == STRANGER
    assert mails.plain == MAILS


def test_the_whole_is_the_join_of_its_parts() -> None:
    assert labelled(MAILS, LABELS, STRANGER).whole == join(SYSTEM, STRANGER)
    assert labelled([{"id": "7"}], LABELS, STRANGER).whole.integrity is Integrity.TRUSTED


def test_that_a_declared_record_is_there_is_nobodys_word() -> None:
    mails = labelled(MAILS, LABELS, STRANGER)
    assert mails.label == mails[0].label == Label(CONSTANT.integrity, Confidentiality.INTERNAL)


def test_what_no_path_names_has_the_default_and_the_deepest_path_holds() -> None:
    answer = labelled({"a": {"b": 1, "c": 2}, "d": 3}, {"a": SYSTEM, "a.c": TYPED}, STRANGER)
    assert [answer["a"]["b"].label, answer["a"]["c"].label, answer["d"].label] == [SYSTEM, TYPED, STRANGER]


def test_a_star_stands_for_any_name_that_is_not_named_itself() -> None:
    answer = labelled({"Inn": {"rating": 4, "said": "x"}}, {"*.rating": SYSTEM}, STRANGER)
    assert answer["Inn"]["rating"].label == SYSTEM
    assert answer["Inn"]["said"].label == STRANGER


def test_names_that_nobody_declared_are_words_of_whoever_wrote_the_record() -> None:
    headers = labelled({"X-Send-to": 1}, {"*": SYSTEM}, STRANGER)
    assert headers["X-Send-to"].label == SYSTEM
    assert headers.label == STRANGER
    assert headers.whole.tainted


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"meta.id": "evil"}, ["meta.id"]),
        ({"": {"id": "evil"}}, ["", "id"]),
        ({"[]": {"id": "evil"}}, ["[]", "id"]),
        ({"meta": {"": {"id": "evil"}}}, ["meta", "", "id"]),
    ],
)
def test_a_name_that_reads_like_a_path_takes_no_path_s_label(data: dict[str, Any], place: list[str]) -> None:
    labels = {"meta.id": SYSTEM, "id": SYSTEM, "[].id": SYSTEM}
    part = labelled(data, labels, STRANGER)
    for name in place:
        part = part[name]
    assert part.data == "evil"
    assert part.label == STRANGER


def test_uniform_gives_every_part_the_same_label_null_included() -> None:
    value = uniform({"a": [1, None], "b": "x"}, STRANGER, "read")
    assert {part.label for part in value.leaves()} == {STRANGER}
    assert (value.label, value["a"].label, value.derivation) == (STRANGER, STRANGER, "read")
    assert value.plain == {"a": [1, None], "b": "x"}


def test_leaves_and_parts_are_found_in_order() -> None:
    value = uniform({"a": [1, 2], "b": 3}, TYPED)
    assert [part.data for part in value.leaves()] == [1, 2, 3]
    assert list(leaf(1, TYPED).parts()) == []


def test_a_part_that_is_not_there_is_an_error() -> None:
    value = uniform({"a": [1]}, TYPED)
    with pytest.raises(KeyError):
        value["b"]
    with pytest.raises(IndexError):
        value["a"][1]
    with pytest.raises(KeyError):
        leaf(1, TYPED)["a"]


def nested(depth: int, record: bool) -> Any:
    data: Any = "x"
    for _ in range(depth):
        data = {"a": data} if record else [data]
    return data


@pytest.mark.parametrize("record", [True, False])
def test_nesting_without_measure_is_refused_before_it_ends_the_program(record: bool) -> None:
    assert uniform(nested(DEEPEST, record), TYPED).whole == TYPED
    assert labelled(nested(DEEPEST, record), {}, STRANGER).whole.tainted
    for depth in (DEEPEST + 1, 900):
        with pytest.raises(ValueTooDeep, match="more than 60"):
            uniform(nested(depth, record), TYPED)
        with pytest.raises(ValueTooDeep):
            labelled(nested(depth, record), {}, STRANGER)


def test_a_stored_value_comes_back_with_its_labels() -> None:
    value = Value(None, TYPED, items=(labelled(MAILS, LABELS, STRANGER), leaf(None, TYPED, "you")))
    assert value_from(stored(value)) == value
    assert value_from(stored(value))[1].derivation == "you"
