"""What holds for every label, every value and every expression: nothing gets better by being combined."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.core.label import CONSTANT, Confidentiality, Integrity, Label, join, join_all, label_from
from gainful.core.value import Value, labelled, leaf, stored, uniform, value_from
from gainful.policy.expression import PlanInvalid, evaluate, read
from gainful.policy.functions import PlanUnclear, equal

RANK = {kind: rank for rank, kind in enumerate(Integrity)}
SECRECY = {kind: rank for rank, kind in enumerate(Confidentiality)}

labels = st.builds(
    Label,
    st.sampled_from(Integrity),
    st.sampled_from(Confidentiality),
    st.frozensets(st.sampled_from(["you", "mail", "web"])),
)
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b", "5", "True"]) | st.floats()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
leaves = st.builds(leaf, scalars, labels)


def listed(label: Label, items: list[Value]) -> Value:
    return Value(None, label, items=tuple(items))


def recorded(label: Label, fields: dict[str, Value]) -> Value:
    return Value(None, label, fields=fields)


names = st.text(max_size=2)
values = st.recursive(
    leaves,
    lambda inner: (
        st.builds(listed, labels, st.lists(inner, max_size=3))
        | st.builds(recorded, labels, st.dictionaries(names, inner, max_size=3))
    ),
)


def at_least(worse: Label, better: Label) -> bool:
    """Whether the first is no better than the second in any way."""
    return (
        RANK[worse.integrity] >= RANK[better.integrity]
        and SECRECY[worse.confidentiality] >= SECRECY[better.confidentiality]
        and worse.sources >= better.sources
    )


@given(labels, labels, labels)
def test_joining_is_associative_commutative_idempotent_and_monotone(one: Label, two: Label, three: Label) -> None:
    assert join(join(one, two), three) == join(one, join(two, three)) == join(one, two, three)
    assert join(one, two) == join(two, one)
    assert join(one, one) == one
    assert join(one, CONSTANT) == one
    assert at_least(join(one, two), one)
    if at_least(two, one):
        assert at_least(join(two, three), join(one, three))


@given(labels)
def test_a_stored_label_comes_back(label: Label) -> None:
    assert label_from(label.as_json()) == label


@given(values)
def test_the_whole_is_no_better_than_any_part_and_no_worse_than_all(value: Value) -> None:
    inside: list[Label] = []

    def walk(part: Value) -> None:
        inside.append(part.label)
        for inner in part.parts():
            walk(inner)

    walk(value)
    assert value.whole == join_all(inside)


@given(json_values, labels)
def test_uniform_is_the_data_and_the_label(data: Any, label: Label) -> None:
    value = uniform(data, label)
    assert repr(value.plain) == repr(data)
    assert value.whole == label
    assert repr(value_from(stored(value)).plain) == repr(data)


@given(json_values, st.dictionaries(st.sampled_from(["", "a", "[]", "[].a", "a.b", "*", "*.a"]), labels, max_size=3))
def test_nothing_undeclared_is_better_than_the_default(data: Any, paths: dict[str, Label]) -> None:
    default = Label(Integrity.UNTRUSTED, Confidentiality.SECRET, frozenset({"default"}))
    value = labelled(data, paths, default)
    assert repr(value.plain) == repr(data)
    assert all(part.label == default or part.label in paths.values() for part in value.leaves())


@given(json_values, json_values)
def test_equality_is_symmetric_and_never_across_kinds(one: Any, two: Any) -> None:
    assert equal(one, two) is equal(two, one)
    if equal(one, two):
        assert type(one) is type(two) or {type(one), type(two)} == {int, float}


# --- expressions ---

LEAVES = ("p", "q", "r.x", "r.y", "n", "m[0]", "m[1]")
expressions = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} == {})".format, inner, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("[{}, {}][0]".format, inner, inner),
        st.builds("{{'a': {}, 'b': {}}}['a']".format, inner, inner),
        st.builds("f'{{{}}}-{{{}}}'".format, inner, inner),
        st.builds("[x for x in [{}, {}] if x == {}]".format, inner, inner, inner),
        st.builds("len([x for x in [{}, {}] if x == {}])".format, inner, inner, inner),
        st.builds("only([x for x in [{}, {}] if x == {}])".format, inner, inner, inner),
        st.builds("max([{}, {}])".format, inner, inner),
        st.builds("sorted([{}, {}])[0]".format, inner, inner),
        st.builds("len(unique([{}, {}]))".format, inner, inner),
        st.builds("text({})".format, inner),
        st.builds("contains({}, {})".format, inner, inner),
        st.builds("join({}, [{}])".format, inner, inner),
        st.builds("compose({}, {})".format, inner, inner),
        st.builds("m[{}]".format, inner),
    ),
    max_leaves=8,
)


def settled(text: str, words: list[Any], strange: int) -> Value | None:
    """What the expression comes to where one of the words is a stranger's; None where nobody can tell."""
    none = Label(Integrity.USER)
    p, q, x, y, n, first, second = (
        leaf(word, Label(Integrity.UNTRUSTED if at == strange else Integrity.TRUSTED)) for at, word in enumerate(words)
    )
    known = {"p": p, "q": q, "n": n, "r": recorded(none, {"x": x, "y": y}), "m": listed(none, [first, second])}
    try:
        return evaluate(read(text), known)
    except (PlanUnclear, PlanInvalid):
        return None


@settings(max_examples=2_000)
@given(expressions, st.lists(scalars, min_size=7, max_size=7), st.integers(0, 6), scalars)
def test_what_changes_with_a_strangers_word_is_labelled_with_it(
    text: str, words: list[Any], strange: int, other: Any
) -> None:
    """Where another word of the stranger's gives another settled result, both are tainted."""
    before = settled(text, words, strange)
    after = settled(text, [*words[:strange], other, *words[strange + 1 :]], strange)
    # What could not be settled is asked about.
    if before is not None and after is not None and repr(before.plain) != repr(after.plain):
        assert before.whole.tainted
        assert after.whole.tainted
