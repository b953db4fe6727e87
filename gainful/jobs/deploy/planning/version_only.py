"""Whether two contents of a file differ in the product's own version alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gainful.jobs.deploy.planning.meaning import (
    Tree,
    extension,
    json_tree,
    meaning_by,
    python_text,
    python_tree,
    toml_tree,
    yaml_tree,
)

_VERSION = re.compile(r"(?=[^\s]*\d)[0-9A-Za-z][0-9A-Za-z.+!~_-]{0,59}")
"""A word with a digit in it: a number, a date, a name of a release."""

_TAKEN_OUT = "the version stood here"


@dataclass(frozen=True, slots=True)
class VersionChange:
    """The version before and after."""

    before: str
    after: str


def version_change(path: str, keys: Sequence[str], before: bytes, after: bytes, *, whole: bool) -> VersionChange | None:
    """The versions, where they differ and nothing else of the file does; None otherwise.

    Args:
        keys: Where a version stands; each once at most, and the first that is there is told.
        whole: Whether the whole file counts. Where only its version is read by anybody, the rest of it may differ.
    """
    old, new = _read(path, keys, before), _read(path, keys, after)
    if old is None or new is None or list(old.versions) != list(new.versions) or (whole and old.rest != new.rest):
        return None
    pairs = list(zip(old.versions.values(), new.versions.values(), strict=True))
    if any(_VERSION.fullmatch(version) is None for pair in pairs for version in pair):
        return None
    return next((VersionChange(one, other) for one, other in pairs if one != other), None)


def same_version(path: str, keys: Sequence[str], before: bytes, after: bytes) -> bool:
    """Whether both contents can be read, and say the same versions, or none; in doubt they do not."""
    old, new = _read(path, keys, before), _read(path, keys, after)
    return old is not None and new is not None and old.versions == new.versions


@dataclass(frozen=True, slots=True)
class _Read:
    """What stands in a content: the versions by their keys, and a text of all that it means beside."""

    versions: Mapping[str, str]
    rest: str


def _read(path: str, keys: Sequence[str], content: bytes) -> _Read | None:
    """What stands in a content; None where it cannot be read, or one key leads to several."""
    reader = _READERS.get(extension(path), _text_out)
    found: dict[str, list[str]] = {key: [] for key in keys}
    rest = meaning_by(lambda octets: reader(octets, found), content)
    if rest is None or any(len(versions) > 1 for versions in found.values()):
        return None
    return _Read({key: versions[0] for key, versions in found.items() if versions}, rest)


Found = dict[str, list[str]]
"""The versions that were taken out, by key."""


def _text_out(content: bytes, found: Found) -> Tree:
    """A plain text without the word behind each key, in the first line that begins with it."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    for key, versions in found.items():
        at = next((at for at, line in enumerate(lines) if line.startswith(key)), None)
        word = re.match(r"[ \t]*([^\s]+)", lines[at][len(key) :]) if at is not None else None
        if at is not None and word is not None:
            versions.append(word[1])
            lines[at] = key + _TAKEN_OUT + lines[at][len(key) + word.end() :]
    return lines


def _data_out(read: Callable[[bytes], Tree]) -> Callable[[bytes, Found], Tree]:
    def out(content: bytes, found: Found) -> Tree:
        tree = read(content)
        for key, versions in found.items():
            tree = _without(tree, key.split("."), versions)
        return tree

    return out


def _without(tree: Tree, keys: list[str], found: list[str]) -> Tree:
    """A meaning without the text that the keys lead to."""
    if not keys:
        text = _text_of(tree)
        if text is not None:
            found.append(text)
            return _TAKEN_OUT
        return tree
    if not isinstance(tree, tuple) or not tree or tree[0] != "{":
        # YAML: a stream with one document.
        return (_without(tree[0], keys, found),) if isinstance(tree, tuple) and len(tree) == 1 else tree
    return tuple(
        (pair[0], _without(pair[1], keys[1:], found))
        if isinstance(pair, tuple) and len(pair) == 2 and _text_of(pair[0]) == keys[0]
        else pair
        for pair in tree
    )


def _text_of(tree: Tree) -> str | None:
    """The text of a leaf: of JSON as it is, of TOML and YAML with its type before it."""
    if isinstance(tree, str):
        return tree
    if isinstance(tree, tuple) and len(tree) in (2, 3) and all(isinstance(part, str) for part in tree):
        return tree[-1] if tree[0] in ("str", "date", "datetime", "tag:yaml.org,2002:str") else None
    return None


def _python_out(content: bytes, found: Found) -> Tree:
    """A source without the literal that is given to a name at its top, or to a named argument of a call there."""
    tree = python_tree(content)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            name = getattr(targets[0], "id", "") if len(targets) == 1 else ""
            if name in found:
                statement.value = _literal_out(statement.value, found[name])
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            for argument in statement.value.keywords:
                if argument.arg in found:
                    argument.value = _literal_out(argument.value, found[argument.arg])
    return python_text(content, tree)


def _literal_out(value: ast.expr, found: list[str]) -> ast.expr:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) == 1 and not value.keywords:
        # Such as Version("1.2").
        value.args = [_literal_out(value.args[0], found)]
        return value
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and type(part.value) in (str, int)]
    if len(texts) < len(parts) or (value not in parts and not texts):
        return value
    found.append(".".join(map(str, texts)))
    return ast.Constant(_TAKEN_OUT)


_READERS: Mapping[str, Callable[[bytes, Found], Tree]] = {
    "py": _python_out,
    "json": _data_out(json_tree),
    "toml": _data_out(toml_tree),
    "yaml": _data_out(yaml_tree),
    "yml": _data_out(yaml_tree),
}
