"""When the product's own version is all that differs."""

from __future__ import annotations

import pytest

from gainful.jobs.deploy.planning.version_only import VersionChange, version_change

ALONE = [
    ("v.py", "V", b'V = "1.0"\n', b'V = "1.1"\n', "1.0", "1.1"),
    ("v.py", "V", b'V: str = "1.0"  # old\n', b'V: str = "1.1"\n', "1.0", "1.1"),
    ("v.py", "V", b"V = (1, 9, 'a', 2)\n", b"V = (2, 0, 'a', 1)\n", "1.9.a.2", "2.0.a.1"),
    ("v.py", "V", b'V = Version("1.0")\n', b'V = Version("1.1a2")\n', "1.0", "1.1a2"),
    ("setup.py", "version", b"setup(name='a', version='1')\n", b"setup(name='a', version='2')\n", "1", "2"),
    ("p.toml", "project.version", b'[project]\nversion = "1.0"\n', b'[project]\nversion = "1.1"\n', "1.0", "1.1"),
    ("p.json", "version", b'{"version": "1.0", "a": 1}', b'{"version": "1.1",\n "a": 1}', "1.0", "1.1"),
    ("p.json", "packages..version", b'{"packages": {"": {"version": "1"}}}',
     b'{"packages": {"": {"version": "2"}}}', "1", "2"),
    ("c.yaml", "app.version", b"app:\n  version: '1.0'\n", b"app:\n  version: '1.1'\n", "1.0", "1.1"),
    ("c.yaml", "app.version", b"app:\n  version: v1\n", b"app:\n  version: v2\n", "v1", "v2"),
    ("VERSION", "v", b"v1.0\n", b"v1.1\n", "1.0", "1.1"),
    ("CHANGES.md", "## v", b"# Log\n\n## v1.0-dev\n- a\n", b"# Log\n\n## v1.0\n- a\n", "1.0-dev", "1.0"),
]  # fmt: skip
MORE = [
    ("v.py", "V", b'V = "1.0"\n', b'V = "1.1"\nx = 1\n'),
    ("v.py", "V", b'V = "1.0"\n', b"V = read()\n"),
    ("v.py", "V", b'V = "1.0"\n', b'V = Other("1.1")\n'),
    ("v.py", "V", b'V = "1.0"\nV = "2"\n', b'V = "1.1"\nV = "2"\n'),
    ("v.py", "V", b'V = "1.0"\n', b'V = "run this"\n'),
    ("v.py", "V", b'def f():\n    V = "1.0"\n', b'def f():\n    V = "1.1"\n'),
    ("v.py", "V", b'V = "1.0"\n', b'V = "1.0"  # same\n'),
    ("v.py", "V", b"V = ()\n", b"V = (1,)\n"),
    ("p.toml", "project.version", b'[project]\nversion = "1.0"\n', b'[project]\nversion = "1.1"\nname = "x"\n'),
    ("p.toml", "project.version", b'[tool]\nversion = "1.0"\n', b'[tool]\nversion = "1.1"\n'),
    ("p.json", "version", b'{"version": 1}', b'{"version": 2}'),
    ("p.json", "version", b'["version", "1.0"]', b'["version", "1.1"]'),
    ("p.json", "version", b"{", b"{ "),
    ("CHANGES.md", "## v", b"## v1.0\n- a\n", b"## v1.1\n- b\n"),
    ("CHANGES.md", "## v", b"## v\n", b"## v1.1\n"),
    ("VERSION", "v", b"v1.0\n", b"v\xff1\n"),
]


@pytest.mark.parametrize(("path", "key", "before", "after", "old", "new"), ALONE)
def test_it_is_the_version_alone(path: str, key: str, before: bytes, after: bytes, old: str, new: str) -> None:
    assert version_change(path, [key], before, after, whole=True) == VersionChange(old, new)


@pytest.mark.parametrize(("path", "key", "before", "after"), MORE)
def test_it_is_more_or_cannot_be_told(path: str, key: str, before: bytes, after: bytes) -> None:
    assert version_change(path, [key], before, after, whole=True) is None


def test_where_only_the_version_is_read_the_rest_may_differ() -> None:
    before, after = b"## v1.0\n- a\n", b"## v1.1\n- b\n\n## v1.0\n- a\n"
    assert version_change("CHANGES.md", ["## v"], before, after, whole=False) == VersionChange("1.0", "1.1")
    assert version_change("CHANGES.md", ["## v"], before, before + b"- b\n", whole=False) is None


def test_a_version_that_stands_twice() -> None:
    before = b'{"version": "1.0", "packages": {"": {"version": "1.0"}, "a": {"version": "7"}}}'
    keys = ["version", "packages..version"]
    change = VersionChange("1.0", "1.1")
    assert version_change("lock.json", keys, before, before.replace(b"1.0", b"1.1"), whole=True) == change
    assert version_change("lock.json", keys[:1], before, before.replace(b"1.0", b"1.1"), whole=True) is None
    assert version_change("lock.json", keys, before, before.replace(b"7", b"8"), whole=True) is None
    gone = b'{"version": "1.1", "packages": {"": {}, "a": {"version": "7"}}}'
    assert version_change("lock.json", keys, before, gone, whole=True) is None
