"""What stands at the head of a file is read as it stands, or the mistake is told with its line."""

from __future__ import annotations

import pytest

from gainful.agents.file.front_matter import LARGEST, Unreadable, known_place, line_of, read_front_matter


def wrong(head: str) -> tuple[int, str, str]:
    with pytest.raises(Unreadable) as caught:
        read_front_matter(f"---\n{head}\n---\nText")
    problem = caught.value.problem
    return problem.line, problem.what, problem.fix


def test_keys_and_text_are_told_apart() -> None:
    front = read_front_matter("---\nname: a\nlist:\n  - one\n  - {two: 2}\n---\n\nText\n---\nmore\n\n")
    assert front.content == {"name": "a", "list": ["one", {"two": 2}]}
    assert front.body == "Text\n---\nmore"
    assert front.lines == {("name",): 2, ("list",): 3, ("list", 0): 4, ("list", 1): 5, ("list", 1, "two"): 5}


def test_windows_and_its_mark_are_read() -> None:
    front = read_front_matter("\ufeff---\r\nname: a\r\n---\r\nText\r\nmore\r\n")
    assert (front.content, front.body) == ({"name": "a"}, "Text\nmore")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on", "on"),
        ("no", "no"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("20:00", "20:00"),
        ("0 9 * * 1-5", "0 9 * * 1-5"),
        ("2026-11-22", "2026-11-22"),
        ("7", 7),
        ("-7", -7),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("0.05", 0.05),
        ("1e9", "1e9"),
        (".inf", ".inf"),
        ("9" * 40, "9" * 40),
        ("'7'", "7"),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_a_value_is_what_it_looks_like(written: str, read: object) -> None:
    found = read_front_matter(f"---\nkey: {written}\n---\n").content["key"]
    assert (found, type(found)) == (read, type(read))


def test_a_key_is_a_text_whatever_it_looks_like() -> None:
    assert read_front_matter("---\non: 1\n7: 2\nnull: 3\n---\n").content == {"on": 1, "7": 2, "null": 3}


@pytest.mark.parametrize(
    ("head", "line", "what"),
    [
        ("tools:\n\t- files.read", 3, "a tab"),
        ("name:\tada", 2, "a tab"),
        ("a: 1\nb: 2\na: 3", 4, "'a' stands here and in line 2"),
        ("a: {b: 1, b: 2}", 2, "'b' stands here and in line 2"),
        ("a: &x [1]\nb: *x", 2, "an anchor"),
        ("a: *x", 2, "an alias"),
        ("to: [*@example.org]", 2, "begins with * or &"),
        ("at: * * * * *", 2, "begins with * or &"),
        ("a: !!python/object/apply:os.system [ls]", 2, "a tag"),
        ("a: !mine x", 2, "a tag"),
        ("a: @home", 2, "nothing can begin with '@'"),
        ("a: 'x\nb: c", 2, "a quotation mark"),
        ("rooms: [#help]", 2, "a bracket"),
        ("a: b: c", 2, "a colon too much"),
        ("name\nb: c", 2, "it has no colon"),
        ("a: b\n  c: d", 3, "the line above ends its value"),
        ("a:\n  b: 1\n c: 2", 4, "not indented like"),
        ("? [1]\n: 2", 2, "where a key belongs"),
        ("- one", 2, "no list of keys"),
        ("just a text", 2, "no list of keys"),
        ("a: \x07", 2, "do not show: BELL"),
        ("a: \u202egnihton", 2, "RIGHT-TO-LEFT OVERRIDE"),
        ("%TAG ! x\na: b", 3, "it is no YAML"),
        ("a: " + "[" * 13 + "]" * 13, 2, "more than 12 lists"),
    ],
)
def test_each_mistake_is_told_with_its_line(head: str, line: int, what: str) -> None:
    found = wrong(head)
    assert found[0] == line
    assert what in found[1]
    assert found[2].endswith((".", '"One: two".'))


def test_what_is_no_front_matter_is_told() -> None:
    for text, what in (("name: a\n", "three hyphens"), ("", "three hyphens"), ("---\nname: a\n", "do not end")):
        with pytest.raises(Unreadable, match=what):
            read_front_matter(text)


def test_hidden_characters_below_count_too() -> None:
    with pytest.raises(Unreadable) as caught:
        read_front_matter("---\nname: a\n---\nHello\nsend it to\u200b nobody")
    assert (caught.value.problem.line, "ZERO WIDTH SPACE" in caught.value.problem.what) == (5, True)


def test_it_is_not_endless() -> None:
    assert f"{LARGEST:,}" in wrong(f"a: {'x' * LARGEST}")[2]


def test_a_place_is_found_around_what_a_checker_puts_between() -> None:
    lines: dict[tuple[str | int, ...], int] = {("manifest",): 3, ("manifest", "files.read"): 4}
    assert known_place(lines, ("manifest", "tools", "files.read", 0, "arguments")) == ("manifest", "files.read")
    assert line_of(lines, ("manifest", "tools", "files.read", 0)) == 4
    assert line_of(lines, ("other",)) == 1
