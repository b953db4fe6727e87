"""Whether two contents of a file differ in the product's own version alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
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


def version_change(path: str, key: str, before: bytes, after: bytes, *, whole: bool) -> VersionChange | None:
    """The versions, where they differ and nothing else of the file does; None otherwise.

    Args:
        whole: Whether the whole file counts. Where only its version is read by anybody, the rest of it may differ.
    """
    old, new = _read(path, key, before), _read(path, key, after)
    if old is None or new is None:
        return None
    (one, rest_before), (other, rest_after) = old, new
    if one == other or not all(map(_VERSION.fullmatch, (one, other))) or (whole and rest_before != rest_after):
        return None
    return VersionChange(one, other)


def _read(path: str, key: str, content: bytes) -> tuple[str, str] | None:
    """The version that stands in a content, and a text of all that it means beside; None where it has no place."""
    reader = _READERS.get(extension(path))
    found: list[str] = []
    if reader is None:
        rest = _line_out(key, content, found)
    else:
        rest = meaning_by(lambda octets: reader(key, octets, found), content)
    return (found[0], rest) if rest is not None and len(found) == 1 else None


def _line_out(key: str, content: bytes, found: list[str]) -> str | None:
    """A plain text without the word behind the first line's beginning that is the key."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    for at, line in enumerate(lines):
        if line.startswith(key):
            word = re.match(r"[ \t]*([^\s]+)", line[len(key) :])
            if word is None:
                return None
            found.append(word[1])
            lines[at] = key + _TAKEN_OUT + line[len(key) + word.end() :]
            return "\n".join(lines)
    return None


def _data_out(read: Callable[[bytes], Tree]) -> Callable[[str, bytes, list[str]], Tree]:
    return lambda key, content, found: _without(read(content), key.split("."), found)


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


def _python_out(key: str, content: bytes, found: list[str]) -> Tree:
    """A source without the literal that is given to a name at its top, or to a named argument of a call there."""
    tree = python_tree(content)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if [getattr(target, "id", None) for target in targets] == [key]:
                statement.value = _literal_out(statement.value, found)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            for argument in statement.value.keywords:
                if argument.arg == key:
                    argument.value = _literal_out(argument.value, found)
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


_READERS: dict[str, Callable[[str, bytes, list[str]], Tree]] = {
    "py": _python_out,
    "json": _data_out(json_tree),
    "toml": _data_out(toml_tree),
    "yaml": _data_out(yaml_tree),
    "yml": _data_out(yaml_tree),
}
