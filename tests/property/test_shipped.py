"""The globs against a slow reading of them, and the digest against order and change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.shipped import content_digest, matches

_NAMES = st.text("ab.", min_size=1, max_size=3)
_PATHS = st.lists(_NAMES, min_size=1, max_size=6).map("/".join)
_PARTS = st.sampled_from(["**", "*", "a*", "*b", "?", "[ab]", "[!a]", "a", "ab", "*a*b*", "a?"])
_PATTERNS = st.lists(_PARTS, min_size=1, max_size=6).map("/".join).filter(lambda text: any(c in text for c in "*?["))
_FILES = st.dictionaries(_PATHS, st.tuples(st.sampled_from(["100644", "100755", "120000"]), st.binary(max_size=4)))


def _slowly(pattern: list[str], path: list[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return _slowly(pattern[1:], path) or (bool(path) and _slowly(pattern, path[1:]))
    return bool(path) and _name(pattern[0], path[0]) and _slowly(pattern[1:], path[1:])


def _name(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return _name(pattern[1:], name) or (bool(name) and _name(pattern, name[1:]))
    if not name:
        return False
    if pattern[0] == "[":
        inner, _, rest = pattern[1:].partition("]")
        found = (name[0] not in inner[1:]) if inner[0] == "!" else (name[0] in inner)
        return found and _name(rest, name[1:])
    return pattern[0] in ("?", name[0]) and _name(pattern[1:], name[1:])


@given(_PATTERNS, _PATHS)
def test_a_glob_means_what_a_slow_reading_says(pattern: str, path: str) -> None:
    assert matches(path, [pattern]) == _slowly(pattern.split("/"), path.split("/"))


@given(st.lists(_PATTERNS, min_size=1, max_size=4), _PATHS)
def test_several_patterns_name_what_any_of_them_does(patterns: list[str], path: str) -> None:
    assert matches(path, patterns) == any(matches(path, [pattern]) for pattern in patterns)


@given(_FILES, st.randoms())
def test_the_order_does_not_matter(files: dict[str, tuple[str, bytes]], random: object) -> None:
    listed = [(path, *rest) for path, rest in files.items()]
    mixed = list(listed)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert content_digest(listed) == content_digest(mixed)


@given(_FILES, _FILES)
def test_different_files_have_different_digests(
    one: dict[str, tuple[str, bytes]], other: dict[str, tuple[str, bytes]]
) -> None:
    digests = [content_digest((path, *rest) for path, rest in files.items()) for files in (one, other)]
    assert (digests[0] == digests[1]) == (one == other)
