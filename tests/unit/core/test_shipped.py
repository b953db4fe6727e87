"""What ships, and the digest over it."""

from __future__ import annotations

import pytest

from gainful.core.shipped import content_digest, digest_of_digests, matches, ships


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("app/**", "app/main.py"),
        ("app/**", "app/web/views.py"),
        ("**/*.md", "README.md"),
        ("**/*.md", "docs/how-to/README.md"),
        ("**/tests/**", "tests/test_app.py"),
        ("**/tests/**", "app/tests/deep/test_app.py"),
        ("app/**/tests/*.py", "app/tests/test_a.py"),
        ("app/**/**/*.py", "app/a.py"),
        ("app/**/**", "app/a.py"),
        ("**", "a/b/c"),
        ("app/*.py", "app/a.py"),
        ("app/?.py", "app/a.py"),
        ("app/[ab].py", "app/a.py"),
        ("app/[!c].py", "app/a.py"),
        ("app/[id].tsx", "app/i.tsx"),
        ("app/[", "app/["),
        ("requirements*.txt", "requirements.txt"),
        ("a*b*c", "axxbyybzzc"),
        # A plain name, or one that ends in a stroke, is a folder with all that lies in it.
        ("app", "app/web/views.py"),
        ("app/", "app/main.py"),
        ("Dockerfile", "Dockerfile"),
        ("bin/start-*", "bin/start-web"),
        ("a.c", "a.c"),
        ("**/\nodd", "x/\nodd"),
    ],
)
def test_a_pattern_names_a_path(pattern: str, path: str) -> None:
    assert matches(path, [pattern])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("app/*", "app/web/views.py"),
        ("*.py", "app/main.py"),
        ("app/**", "app"),
        ("app/**", "application/main.py"),
        ("app", "apple"),
        ("app/?.py", "app//.py"),
        ("app[!x]main.py", "app/main.py"),
        ("app/[z-a].py", "app/b.py"),
        ("a.c", "abc"),
        ("**/tests/**", "app/latests/a.py"),
        ("bin/start-*", "bin/start-web/deep"),
        ("app/**/x.py", "appx.py"),
    ],
)
def test_a_pattern_does_not_name_another(pattern: str, path: str) -> None:
    assert not matches(path, [pattern])


def test_what_is_ignored_does_not_ship() -> None:
    assert ships("app/main.py", ["app/**"], ["**/tests/**"])
    assert not ships("app/tests/test_main.py", ["app/**"], ["**/tests/**"])
    assert not ships("docs/index.md", ["app/**"])
    assert not ships("app/main.py", [])


def test_the_digest_is_of_path_mode_and_content() -> None:
    one = content_digest([("a", "100644", b"x"), ("b", "100644", b"y")])
    # Kept as a value: what was deployed by an older Gainful must be known again.
    assert one == "sha256:07fb374207e89055a41d9d3a9193c2cfcc4b200bdf67a8ffcf674a75501dcdee"
    assert one == content_digest([("b", "100644", b"y"), ("a", "100644", b"x")])
    assert one == content_digest([("a", "100664", b"x"), ("b", "100644", b"y")])
    others = [
        [("a", "100755", b"x"), ("b", "100644", b"y")],
        [("a", "100644", b"y"), ("b", "100644", b"x")],
        [("a", "100644", b"x"), ("c", "100644", b"y")],
        [("a", "100644", b"x")],
        [],
    ]
    assert len({one, *map(content_digest, others)}) == len(others) + 1


def test_a_path_that_is_not_utf8_counts_as_it_is() -> None:
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert content_digest([(odd, "100644", b"")]) != content_digest([("café", "100644", b"")])


def test_the_digest_of_digests_is_the_same() -> None:
    known = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert digest_of_digests([("a", "100644", known)]) == content_digest([("a", "100644", b"x")])


def test_a_hostile_name_comes_to_an_end() -> None:
    # With a way back at each star this would take longer than anybody waits.
    assert not matches("a" * 4000, ["*a*a*a*a*a*a*a*a*a*b"])
    assert not matches("a/" * 2000 + "a", ["**/a/**/a/**/a/**/a/**/a/**/b"])
    assert not matches("ab/" * 2000 + "a", ["**/*/a*/**/*b/**/?b/**/[a]b/**/b"])
