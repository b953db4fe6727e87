"""Which contents mean the same, and which only seem to."""

from __future__ import annotations

import pytest
import yaml

from gainful.jobs.deploy.planning import meaning
from gainful.jobs.deploy.planning.meaning import same_meaning

SAME = [
    ("a.py", b"x = 1\n", b"x = 1  # why\n"),
    ("a.py", b"x = 1\n", b"\n\n# one\nx=1\n"),
    ("a.py", b'f("a", b)\n', b"f(\n    'a',\n    b,\n)\n"),
    ("a.py", b"import a  # noqa\n", b"import a\n"),
    ("a.py", b"x = f()  # type: ignore[misc]\n", b"x = f()\n"),
    ("a.py", b'x = u"a"\n', b'x = "a"\n'),
    ("a.py", b"# -*- coding: utf-8 -*-\nx = 1\n", b"x = 1\n"),
    ("a.py", b"x = 1\r\n", b"x = 1\n"),
    ("a.py", b'x = ("a"\n "b")\n', b'x = "ab"\n'),
    ("a.py", b"", b"# empty but for this\n"),
    ("a.json", b'{"a": [1, 2]}', b'{\n  "a": [1,2]\n}\n'),
    ("a.toml", b"a = 1\n", b"# why\na=1\n"),
    ("a.yaml", b"a: [1, x]\n", b"# why\na:\n  - 1\n  - x\n"),
    ("a.yml", b"a: 'x'\n", b'a: "x"\n'),
    ("a.yml", b"a: &x [1]\nb: *x\n", b"a: &x [ 1 ]\nb:   *x\n"),
]
OTHER = [
    ("a.py", b'"""One."""\n', b'"""Two."""\n'),
    ("a.py", b"def f():\n    '''One.'''\n", b"def f():\n    pass\n"),
    ("a.py", b"x = 1\n", b"x = 1.0\n"),
    ("a.py", b"x = 1\n", b"x = True\n"),
    ("a.py", b"x = 0.0\n", b"x = -0.0\n"),
    ("a.py", b"x = b'a'\n", b"x = 'a'\n"),
    ("a.py", b"import a\nimport b\n", b"import b\nimport a\n"),
    ("a.py", b"x = []  # type: list[int]\n", b"x = []  # type: list[str]\n"),
    ("a.py", b"#!/usr/bin/python3\nx = 1\n", b"#!/usr/bin/env python\nx = 1\n"),
    ("a.py", b"#!/bin/python3\nx = 1\n", b"#!/bin/python3\r\nx = 1\n"),
    ("a.py", b"# coding: latin-1\nx = 1\n", b"x = 1\n"),
    ("a.py", b"x = '\xc3\xa9'\n", b"# coding: latin-1\nx = '\xc3\xa9'\n"),
    ("a.py", b"print 'x'\n", b"print 'x' # old\n"),
    ("a.py", b"x = (\n", b"x = ( \n"),
    ("a.py", b"if a:\n  f()\n  g()\n", b"if a:\n  f()\ng()\n"),
    ("a.py", b"x = 1\n\0", b"x = 1\n\0\0"),
    ("a.json", b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}'),
    ("a.json", b"[1]", b"[1.0]"),
    ("a.json", b"[1]", b"[true]"),
    ("a.json", b'["1"]', b"[1]"),
    ("a.json", b'[["int", "1"]]', b"[1]"),
    ("a.json", b"[1.0]", b"[1.00]"),
    ("a.json", b'{"a": 1, "a": 2}', b'{"a": 1,  "a": 2}'),
    ("a.json", b"[NaN]", b"[ NaN]"),
    ("a.json", b"\xef\xbb\xbf[]", b"\xef\xbb\xbf[ ]"),
    ("a.json", b'["\xff"]', b'[ "\xff"]'),
    ("a.toml", b"a = 1\n", b"a = 1.0\n"),
    ("a.toml", b"a = '1'\n", b"a = 1\n"),
    ("a.toml", b"a = 1979-05-27\n", b"a = '1979-05-27'\n"),
    ("a.toml", b"a = 1\nb = 2\n", b"b = 2\na = 1\n"),
    ("a.toml", b"a = 1\na = 2\n", b"a = 1\na = 2\n\n"),
    ("a.yaml", b"a: on\n", b"a: 'on'\n"),
    ("a.yaml", b"a: 1\n", b"a: 1.0\n"),
    ("a.yaml", b"a: 1\na: 1\n", b"a:  1\na: 1\n"),
    ("a.yaml", b"a: 1\nb: 2\n", b"b: 2\na: 1\n"),
    ("a.yaml", b"a: 1\n", b"a: 1\n---\na: 1\n"),
    ("a.yaml", b"a: !!str 1\n", b"a: 1\n"),
    ("a.yaml", b"a: !x 1\n", b"a: !y 1\n"),
    ("a.css", b"a {}", b"a {} /* why */"),
    ("a.html", b"<p>", b"<p> "),
    ("Dockerfile", b"FROM a\n", b"# syntax=b\nFROM a\n"),
    (".py", b"x = 1\n", b"x = 1 # why\n"),
]
HOSTILE = [
    ("a.yaml", b"[" * 100_000),
    ("a.yaml", b"- " * 50_000),
    ("a.yaml", b"? " * 50_000),
    ("a.yaml", b"a: &a [x, x]\n" + b"".join(b"b%d: &b%d [*b%d, *b%d]\n" % (n + 1, n + 1, n, n) for n in range(40))),
    ("a.json", b"[" * 200_000),
    ("a.toml", b"a=" + b"[" * 100_000),
    ("a.toml", b".".join([b"a"] * 50_000) + b" = 1"),
    ("a.py", b"-" * 400_000 + b"1"),
    ("a.py", b"1" + b"+1" * 100_000),
    ("a.py", b"9" * 100_000),
    ("a.py", b"(" * 5000),
    ("a.py", b"x = 1\n" * 100_000),
]


@pytest.mark.parametrize(("path", "before", "after"), SAME)
def test_they_mean_the_same(path: str, before: bytes, after: bytes) -> None:
    assert same_meaning(path, before, after)
    assert same_meaning(path, after, before)


@pytest.mark.parametrize(("path", "before", "after"), OTHER)
def test_they_do_not(path: str, before: bytes, after: bytes) -> None:
    assert not same_meaning(path, before, after)
    assert not same_meaning(path, after, before)
    assert same_meaning(path, before, before)


@pytest.mark.parametrize(("path", "content"), HOSTILE)
def test_what_keeps_a_reader_busy_is_different(path: str, content: bytes) -> None:
    assert not same_meaning(path, content, content + b"\n")


def test_a_bomb_of_names_is_read_without_being_blown_up() -> None:
    bomb = b"b0: &b0 [x, x]\n" + b"".join(b"b%d: &b%d [*b%d, *b%d]\n" % (n + 1, n + 1, n, n) for n in range(40))
    assert same_meaning("a.yaml", bomb, bomb + b"# why\n")


def test_without_the_fast_reader_yaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "_YamlLoader", yaml.SafeLoader)
    for path, before, after in SAME:
        assert same_meaning(path, before, after)
    assert not same_meaning("a.yaml", b"[" * 1000, b"[" * 1000 + b"\n")
