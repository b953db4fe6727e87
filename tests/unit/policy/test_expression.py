"""Expressions of a plan: what may be written, what it comes to, and that no label is lost on the way."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, Confidentiality, Integrity, Label
from gainful.core.value import Value, labelled, leaf, uniform
from gainful.policy.expression import NotYet, PlanInvalid, Work, evaluate, read
from gainful.policy.functions import Open, PlanUnclear

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail#body"}))
SYSTEM = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"mail"}))
FILES = [
    {"id": "a", "size": 3, "name": "plan.txt", "words": "x"},
    {"id": "b", "size": 10, "name": "list.txt", "words": "y"},
]
NAMES = {
    "files": labelled(FILES, {"[].id": SYSTEM, "[].size": SYSTEM}, STRANGER),
    "own": uniform(FILES, TYPED),
    "other": uniform({"words": "plan.txt", "yes": True}, STRANGER),
    "table": uniform({"a": 1, "b": 2}, SYSTEM),
    "me": leaf("ada@example.org", SYSTEM),
    "huge": uniform([{"n": n, "text": "x" * 5_000} for n in range(3_000)], STRANGER),
    "spaces": leaf(" " * 300_000, STRANGER),
    "nothing": leaf(None, STRANGER),
}


def value(text: str) -> Value:
    return evaluate(read(text), NAMES)


# --- what may be written ---


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "files.__class__.__mro__",
        "open('/etc/passwd')",
        "eval('1')",
        "files.append(1)",
        "'a'.format(1)",
        "(lambda: 1)()",
        "lambda f: f",
        "[lambda f: f]",
        "later('2026-01-01', days=lambda d: d)",
        "max(files, key=lambda f, g: f)",
        "max(files, key=lambda f=me: f)",
        "max(files, key=lambda *f: f)",
        "max(files, key=lambda f, /: f)",
        "(x := 1)",
        "2 ** 9",
        "9 % 2",
        "9 // 2",
        "1 << 9",
        "~1",
        "+1",
        "a @ b",
        "1 is 1",
        "{1, 2}",
        "{x: 1 for x in files}",
        "{x for x in files}",
        "{me: 1}",
        "{**other}",
        "max(**other)",
        "max(*files)",
        "[*files]",
        "files[0:1]",
        "f'{me!r}'",
        "f'{me:>9}'",
        "f'{me!s:{me}}'",
        "[x async for x in files]",
        "[x for x, y in files]",
        "[x for files.x in files]",
        "await me",
        "yield",
        "b'bytes'",
        "1j",
        "...",
        "1e999",
        "import os",
        "x = 1",
        "1; 2",
        "",
        "'open",
        "\x00",
        "'\ud800'",
        "1" * 4_001,
        "0x" + "f" * 3_990,
        "(" * 250 + ")" * 250,
        "-" * 3_000 + "1",
        "not " * 900 + "me",
        "+".join(["1"] * 1_500),
        "me" + ".a" * 1_500,
        "me" + ".a" * 1_500 + "()",
        "[" * 90 + "]" * 90,
        "f'" + "{me}" * 900 + "'" * 2,
    ],
)
def test_nothing_but_the_language_is_read(text: str) -> None:
    if text.startswith("0x"):
        # It can be read; no value is ever equal to it that is not.
        assert read(text).text == text
        return
    with pytest.raises(PlanInvalid) as raised:
        read(text)
    assert len(raised.value.what) < 300


def test_the_names_of_an_expression_are_known() -> None:
    expression = read("max([f.size for f in files if f.id != me], key=lambda s: s)")
    assert expression.names - expression.own_names == {"files", "me"}


# --- what it comes to ---


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("max(files, key=lambda f: f.size).id", "b"),
        ("min(files, key=lambda f: f.size).id", "a"),
        ("[f.id for f in files if f.size > 5]", ["b"]),
        ("only([f for f in files if f.name == 'plan.txt']).id", "a"),
        ("files[-1].id", "b"),
        ("table['a']", 1),
        ("table[files[1].id]", 2),
        ("0.1 + 0.2", 0.3),
        ("0.1 * 3 == 0.3", True),
        ("10.00 / 4 - 1", 1.5),
        ("1000000000000000 + 1", 1000000000000001),
        ("-files[0].size", -3),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("f'{me}: {files[0].size}'", "ada@example.org: 3"),
        ("f'{nothing}'", ""),
        ("1 == True", False),
        ("'5' == 5", False),
        ("5 == 5.0", True),
        ("1 < 2 < 3", True),
        ("3 in [1, 2]", False),
        ("'a' in table", True),
        ("'plan' in files[0].name", True),
        ("1 if files[0].size > 5 else 2", 2),
        ("me and 0", False),
        ("0 or me", True),
        ("not 0", True),
        ("{'type': 'file', 'id': files[0].id}", {"type": "file", "id": "a"}),
        ("[f.size * g.size for f in files for g in files if f.id != g.id]", [30, 30]),
        ("later('2026-12-31 23:00', hours=2)", "2027-01-01 01:00"),
    ],
)
def test_what_expressions_come_to(text: str, plain: Any) -> None:
    found = value(text)
    assert found.plain == plain
    assert type(found.plain) is type(plain)
    assert found.derivation == text


def test_a_constant_is_the_persons_and_says_so() -> None:
    assert (value("'x'").label, value("'x'").derivation) == (TYPED, "you")
    assert value("None").label == CONSTANT


@pytest.mark.parametrize(
    "text",
    [
        "only(files)",
        "only([])",
        "max([])",
        "max([1, 1])",
        "max([1, 'a'])",
        "files[9]",
        "files.id",
        "files[0].missing",
        "me.x",
        "1 / 0",
        "'a' * 1000000",
        "'a' - 1",
        "[f for f in me]",
        "len(me)",
        "len(1, 2)",
        "round('x')",
        "join(', ', files)",
        "text(files)",
        "f'{files}'",
        "contains(files, 'id')",
        "later(me, days=1)",
        "later('2026-01-01', days=9999999999)",
        "max(files, key=files)",
        "sorted(files)",
        "extract('soul', 'x', me)",
        "1 if extract('bool', 'x', me) else 2",
        "[x for x in extract('any', 'x', me)]",
        "key",
    ],
)
def test_what_the_values_do_not_settle_is_said(text: str) -> None:
    with pytest.raises((PlanUnclear, NotYet)) as raised:
        value(text)
    assert str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_name_without_a_value_is_waited_for() -> None:
    with pytest.raises(NotYet, match="later_step"):
        value("later_step.id")


# --- labels ---


@pytest.mark.parametrize(
    "text",
    [
        "files[0].words",
        "f'{files[0].words}'",
        "f'Hi {me}{files[0].words}'",
        "'a' + files[0].words",
        "[f.words for f in files]",
        "{'a': files[0].words}",
        "files[0].words == 'x'",
        "files[0].words == 'x' or me",
        "not files[0].words",
        "1 if files[0].words == 'x' else 2",
        "'a' in files[0].words",
        "[f.id for f in files if f.words == 'x'][0]",
        "len([f for f in files if f.words == 'x'])",
        "sum([1 for f in files if f.words == 'x'])",
        "max(files, key=lambda f: f.words).id",
        "sorted(files, key=lambda f: f.words)[0].id",
        "sorted([2, 1], reverse=other.yes)[0]",
        "unique([f.words for f in files])[0]",
        "len(unique([f.words for f in files]))",
        "own[len(files[0].words) if files[0].words == 'q' else 0].id",
        "table['a' if files[0].words == 'x' else 'b']",
        "lower(files[0].words)",
        "contains(files[0].words, 'x')",
        "join(', ', [f.words for f in files])",
        "lines(files[0].words)[0]",
        "text(files[0].words)",
        "at('2026-01-01', files[0].words)",
        "compose('shorten', files[0].words)",
        "compose(files[0].words)",
        "extract('text', files[0].words)",
        "extract(lower(files[0].words) if 0 else 'text', 'x', files[0].words)",
        "only([f for f in files if f.name == other.words]).id",
        "only([f for f in files if (f.name == other.words) == True]).id",
        "only([f for f in files if contains('plan.txt', f.name)]).id",
        "only([f for f in files if f.name in 'my plan.txt']).id",
        "only([f for f in files if f.size == 3 and f.name == other.words]).id",
        "only([f for f in [g for g in files if g.words == 'x'] if f.size == 3]).id",
        "only([f for f in files if len([g for g in files if g.name == other.words and g.id == f.id]) > 0]).id",
        "only([f for f in files if f.name == 'plan.txt']).words",
        "only([1 for f in [g for g in files if g.words == 'x'] if f.size == 3])",
    ],
)
def test_a_strangers_word_is_followed_wherever_it_goes(text: str) -> None:
    assert value(text).whole.tainted


@pytest.mark.parametrize(
    "text",
    [
        "files[0].id",
        "max(files, key=lambda f: f.size).id",
        "len(files)",
        "only([f for f in files if f.name == 'plan.txt']).id",
        "only([f.id for f in files if contains(f.words, 'x')])",
        "only([f for f in files if startswith(lower(f.name), 'plan') and not f.words == 'q']).id",
        "only([f for f in files if f.name in ['plan.txt', 'plan.doc']]).id",
        "only([f.id for f in files if len([g for g in files if g.id == 'a' and f.id == 'a']) > 0])",
        "only([i for i in ['a', 'b'] if table[i] == 2])",
        "compose('a poem', me)",
    ],
)
def test_what_no_stranger_chose_is_not_tainted(text: str) -> None:
    assert not value(text).whole.tainted


def test_what_a_model_makes_is_never_the_persons() -> None:
    found = value("compose('a poem')")
    assert isinstance(found.data, Open)
    assert found.label.integrity is Integrity.TRUSTED


# --- measure ---


@pytest.mark.parametrize(
    "text",
    [
        "[f for f in huge for g in huge for h in huge]",
        "len(unique(huge))",
        "unique([f.text for f in huge])",
        "join('', [f.text for f in huge])",
        "[f'{f.text}{g.text}' for f in huge for g in huge]",
        "number(spaces)",
        "number(spaces, after='x')",
        "section(spaces, 'x')",
        "sorted(huge, key=lambda f: [g.text for g in huge])",
        "[f for f in huge if f in huge]",
        "round(1.5, 999999999)",
        "0x" + "f" * 3_990,
    ],
)
def test_no_expression_runs_away(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(PlanUnclear):
        value(text)
    assert time.process_time() - began < 5


def test_several_evaluations_may_share_their_work() -> None:
    work = Work(10)
    evaluate(read("me"), NAMES, work)
    with pytest.raises(PlanUnclear, match="too much work"):
        evaluate(read("[1, 2, 3, 4, 5, 6, 7, 8, 9]"), NAMES, work)
