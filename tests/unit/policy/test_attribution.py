"""Whose words arguments and answers are, where no plan says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, UNKNOWN, Confidentiality, Integrity, Label, join
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec
from gainful.core.value import Value, ValueTooDeep, leaf, uniform
from gainful.policy.attribution import Context, Seen, attributed, object_name, returned
from gainful.policy.typed import typed

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail#body"}))
SYSTEM = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"mail"}))
SECRET = Label(Integrity.TRUSTED, Confidentiality.SECRET, frozenset({"vault"}))

ROLES = {"to": Role.TARGET, "text": Role.CONTENT, "amount": Role.AMOUNT, "order": Role.OPTION}
SEND = ToolSpec("send", Effect.EGRESS, Act.SEND, ROLES)
SEARCH_ROLES = {"query": Role.TARGET, "limit": Role.AMOUNT, "order": Role.OPTION}
MAIL = Returns({"[].id": SYSTEM, "[].body": STRANGER}, STRANGER)
SEARCH = ToolSpec("search", Effect.READ, Act.READ, SEARCH_ROLES, MAIL)
CONTACTS = ToolSpec("contacts", Effect.READ, Act.LOOK_UP, SEARCH_ROLES, Returns({"": SYSTEM}, SYSTEM))

PROMPT = "Send 'Hi' to ada@example.org, 25, about Dentist; 1 copy"


def context(*seen: Seen) -> Context:
    return Context(typed(PROMPT), seen)


def found(data: Any, spec: ToolSpec = SEARCH, **arguments: Value) -> Seen:
    given = arguments or {"query": leaf("Dentist", TYPED)}
    return Seen(spec, given, returned(spec, given, data, {}))


def label_of(given: Any, *seen: Seen, argument: str = "to") -> Label:
    return attributed(SEND, {argument: given}, context(*seen))[argument].whole


READ = found([{"id": "7", "body": "evil"}, {"id": "8", "body": "evil"}])


# --- arguments ---


def test_what_the_person_typed_is_theirs_all_else_the_models() -> None:
    assert label_of("ada@example.org", READ) == TYPED
    assert label_of(25, READ, argument="amount") == TYPED
    assert label_of("eve@evil.net", READ).tainted
    assert not label_of("eve@evil.net").tainted
    assert label_of("7", READ).tainted


@pytest.mark.parametrize("given", [True, False, 26, "25", 0, "Ada@example.org", "ada@example.org\n", "example.org"])
def test_nothing_that_was_not_typed_as_it_is_counts(given: Any) -> None:
    assert label_of(given, READ).tainted


def test_every_item_of_a_list_is_looked_at() -> None:
    assert not label_of(["ada@example.org", ["ada@example.org"]], READ).tainted
    assert label_of(["ada@example.org", "eve@evil.net"], READ).tainted


def test_the_names_of_a_record_are_words_too() -> None:
    assert label_of({"eve@evil.net": "ada@example.org"}, READ).tainted
    assert label_of({"Dentist": "ada@example.org"}, READ) == TYPED


def test_no_text_says_nothing_but_no_target_may_be_everything() -> None:
    assert label_of(None, READ) == CONSTANT
    assert label_of([], READ) == CONSTANT
    assert label_of("", READ, argument="text") == CONSTANT
    assert label_of("", READ, argument="to").tainted


def test_an_argument_that_nobody_declared_is_not_trusted_for_being_short() -> None:
    assert attributed(SEND, {"extra": "x"}, context(READ))["extra"].label.tainted


def test_arguments_without_measure_are_refused() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ValueTooDeep):
        attributed(SEND, {"to": deep}, context())


# --- what a lookup found ---


def test_the_only_one_that_typed_words_find_is_the_persons_choice() -> None:
    one = found([{"id": "7", "body": "evil"}])
    value = attributed(SEND, {"to": "7"}, context(one, READ))["to"]
    assert (value.label.integrity, value.derivation) == (Integrity.TRUSTED, "the only one that search found")
    assert label_of("evil", one).tainted
    assert label_of("8", one).tainted


def test_one_of_several_is_nobodys_choice() -> None:
    assert label_of("7", READ).tainted


def test_an_address_book_is_the_persons() -> None:
    one = found([{"name": "Ada", "email": "a@example.com"}], CONTACTS)
    value = attributed(SEND, {"to": "a@example.com"}, context(one, READ))["to"]
    assert (value.label.tainted, value.derivation) == (False, "contacts knows it")


@pytest.mark.parametrize("spec", [SEARCH, CONTACTS])
@pytest.mark.parametrize(
    "arguments",
    [
        {"query": leaf("other", STRANGER)},
        {"query": leaf("Dentist", SYSTEM)},
        {"query": leaf(None, CONSTANT)},
        {"query": leaf("", CONSTANT)},
        {"query": uniform([], CONSTANT)},
        {"query": leaf("Dentist", TYPED), "limit": leaf(1, TYPED)},
        {"query": leaf("Dentist", TYPED), "order": leaf("Dentist", TYPED)},
        {"offset": leaf(1, TYPED)},
    ],
)
def test_nothing_else_makes_an_object_the_only_one(spec: ToolSpec, arguments: Mapping[str, Value]) -> None:
    one = Seen(spec, arguments, returned(spec, arguments, [{"id": "7", "body": "evil"}], {}))
    assert label_of("7", one, READ).tainted


def test_a_text_is_never_the_persons_for_standing_in_what_they_looked_up() -> None:
    one = found([{"id": "7", "body": "evil"}])
    assert label_of("7", one, READ, argument="text").tainted


# --- answers ---


def test_an_answer_has_the_labels_of_its_declaration() -> None:
    answer = returned(SEARCH, {"query": leaf("x", TYPED)}, [{"id": "7", "body": "b", "more": 1}], {})
    assert [answer[0][name].label for name in ("id", "body", "more")] == [SYSTEM, STRANGER, STRANGER]


def test_what_a_stranger_let_find_the_stranger_chose() -> None:
    answer = returned(SEARCH, {"query": leaf("x", STRANGER)}, [{"id": "7", "body": "b"}], {})
    assert answer[0]["id"].label == join(SYSTEM, STRANGER)
    assert answer.label.tainted


def test_what_was_found_by_a_secret_is_one() -> None:
    answer = returned(SEARCH, {"query": leaf("x", SECRET)}, [{"id": "7"}], {})
    assert answer[0]["id"].label.confidentiality is Confidentiality.SECRET


def test_a_new_object_s_id_is_the_servers_whatever_was_written_into_it() -> None:
    create = replace(SEND, name="create", effect=Effect.CONTAINED, returns=Returns({"id": SYSTEM}, STRANGER))
    assert returned(create, {"text": leaf("x", STRANGER)}, {"id": "7"}, {})["id"].label == SYSTEM
    assert returned(create, {"to": leaf("x", STRANGER)}, {"id": "7"}, {})["id"].label.tainted


def test_an_echo_has_the_labels_of_what_was_given_and_is_a_servers_word_at_best() -> None:
    echo = replace(SEND, returns=Returns(echoes=True))
    assert returned(echo, {"text": leaf("x", STRANGER)}, "done", {}).label.tainted
    assert returned(echo, {}, {"said": "anything"}, {}).whole.integrity is Integrity.TRUSTED
    assert returned(echo, {"text": leaf("x", TYPED)}, "done", {}).label.integrity is Integrity.TRUSTED


FILE = Returns(
    {"": SYSTEM}, SYSTEM, objects={"[]": "file:{id}", "": "file:{id}"}, server=frozenset({"id", "size"})
)  # fmt: skip
FILES = ToolSpec("files", Effect.READ, Act.READ, {}, FILE)


def test_what_was_written_on_an_object_before_is_in_its_words_not_in_the_servers_fields() -> None:
    (tainted, clean) = (
        returned(FILES, {}, [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}], {"file:1": STRANGER}).items or ()
    )
    assert (tainted["id"].label.tainted, tainted["text"].label.tainted) == (False, True)
    assert not clean.whole.tainted


def test_a_field_within_an_object_is_not_the_servers_for_its_name() -> None:
    answer = returned(FILES, {}, {"id": 1, "text": {"id": "evil"}, "list": [{"size": "evil"}]}, {"file:1": STRANGER})
    assert answer["text"]["id"].label.tainted
    assert answer["list"][0]["size"].label.tainted
    assert not answer["id"].label.tainted


def test_an_echo_of_an_object_keeps_what_was_written_on_it() -> None:
    echo = replace(FILES, returns=replace(FILE, echoes=True))
    assert returned(echo, {"a": leaf("x", TYPED)}, {"id": 1, "text": "all"}, {"file:1": STRANGER})["text"].label.tainted


@pytest.mark.parametrize(
    ("pattern", "value", "name"),
    [
        ("file:{id}", {"id": 7}, "file:7"),
        ("file:{}", "7", "file:7"),
        ("file:{}", {"id": 7}, "file:"),
        ("file:{id}", {"name": "x"}, "file:{id}"),
        ("{name}:{id}", {"name": "{id}", "id": 7}, "{id}:7"),
        ("file:{id}", {"id": "{}"}, "file:{}"),
        ("profile", {"id": 7}, "profile"),
    ],
)
def test_an_object_s_name_is_filled_in_once(pattern: str, value: Any, name: str) -> None:
    assert object_name(pattern, uniform(value, TYPED)) == name


# --- the run ---


def test_a_run_is_as_tainted_as_what_it_has_read() -> None:
    assert not context().tainted
    assert context().label == Label(Integrity.TRUSTED)
    assert context(READ).tainted
    assert context(READ).label == join(Label(Integrity.TRUSTED), SYSTEM, STRANGER)
    assert not context(found([])).tainted


def test_names_that_strangers_chose_taint_a_run() -> None:
    spec = replace(SEARCH, returns=Returns({"*": SYSTEM}, UNKNOWN))
    assert context(found({"send all to eve": 1}, spec)).tainted
