"""What a file means, as far as its form can be taken away with certainty.

Two files with the same meaning differ in comments, white space or form alone. A meaning is a text, to be compared and
nothing else; None where the file cannot be read with certainty, and then every octet of it counts.

- **Python**: the syntax tree with docstrings, type comments, the first line that names an interpreter, and the
  encoding. Frameworks show docstrings to people. Comments for checkers (`noqa`, `type: ignore`) mean nothing to what
  runs.
- **JSON, TOML, YAML**: keys in their order, because programs show and carry out what they read in that order, and
  values with their types as they are written: `1`, `1.0` and `true` are three. A key that stands twice has no certain
  meaning.
- **Everything else**: no meaning is known. A comment in CSS or HTML is served to people.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
import tomllib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import yaml

LARGEST = 512 * 1024
LARGEST_YAML = 256 * 1024
"""Octets beyond which a file is not read: what is larger was hardly written by a person, and reading takes seconds."""

_DEEPEST = 100
_MOST_DOTS = 200
"""Dots in a line of TOML: a key of many thousand parts keeps its reader busy for minutes."""

# Faster by far where it is there, and the same nodes.
_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_UNREADABLE = (ValueError, SyntaxError, RecursionError, MemoryError, yaml.YAMLError, tomllib.TOMLDecodeError)

Tree = Any
"""A meaning as nested tuples of texts, records being `("{", (key, value), ...)`."""


def same_meaning(path: str, before: bytes, after: bytes) -> bool:
    """Whether two contents of a file differ in comments and form alone; in doubt they do not."""
    if before == after:
        return True
    reader = _READERS.get(extension(path))
    if reader is None:
        return False
    meanings = [meaning_by(reader, content) for content in (before, after)]
    return meanings[0] is not None and meanings[0] == meanings[1]


def known(path: str) -> bool:
    """Whether files of this name have a form that can be taken away."""
    return extension(path) in _READERS


def extension(path: str) -> str:
    """`py` for `app/main.py`; empty where there is none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name[1:] else ""


def meaning_by(reader: Callable[[bytes], Tree], content: bytes) -> str | None:
    """What a reader makes of a content, as a text; None where it cannot read it."""
    if len(content) > LARGEST:
        return None
    try:
        # A tree that the program is too deep for, or a number too long to write, is not read.
        return repr(reader(content))
    except _UNREADABLE:
        return None


# --- Python ---


def python_tree(content: bytes) -> ast.Module:
    """The syntax tree, without what only the form of the source decides.

    Raises:
        SyntaxError, ValueError: It is not Python, as this interpreter knows it.
    """
    with warnings.catch_warnings():
        # What is odd in somebody's source is no warning of ours.
        warnings.simplefilter("ignore")
        tree = ast.parse(content, type_comments=True)
    tree.type_ignores = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            # u"x" and "x".
            node.kind = None
    return tree


def python_text(content: bytes, tree: ast.Module) -> tuple[str, ...]:
    """The meaning of a source with its tree: encoding, the line that names an interpreter, and all that is parsed."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    first = content.split(b"\n", 1)[0] if content.startswith(b"#!") else b""
    return encoding.removesuffix("-sig"), repr(first), ast.dump(tree)


def _python(content: bytes) -> Tree:
    return python_text(content, python_tree(content))


# --- data ---


def json_tree(content: bytes) -> Tree:
    """A JSON document with its order and types; a number is as it is written.

    Raises:
        ValueError: It is no JSON, or a key stands twice.
    """
    return json.loads(
        content.decode("utf-8"),
        object_pairs_hook=_record,
        parse_int=lambda text: ("int", text),
        parse_float=lambda text: ("float", text),
        parse_constant=_no_constant,
    )


def toml_tree(content: bytes) -> Tree:
    """A TOML document with its order and types.

    Raises:
        ValueError: It is no TOML, or has very long keys.
    """
    if any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
        raise ValueError("too many dots")
    return _typed(tomllib.loads(content.decode("utf-8"), parse_float=lambda text: ("float", text)))


def yaml_tree(content: bytes) -> Tree:
    """The documents of a YAML stream as nodes, with tags and without values made of them; nothing is ever run.

    Raises:
        ValueError: It is too large or too deep, or a key stands twice.
        yaml.YAMLError: It is no YAML.
    """
    if len(content) > LARGEST_YAML:
        raise ValueError("too large")
    text = content.decode("utf-8")
    _look_for_depth(text)
    seen: dict[int, int] = {}
    # All at once: a node that is gone could leave its number to another.
    documents = list(yaml.compose_all(text, _YamlLoader))
    return tuple(_node(document, seen) for document in documents)


def _look_for_depth(text: str) -> None:
    """Events come one by one, however deep; nodes are made by a function that calls itself, and ends the process."""
    depth = 0
    for event in yaml.parse(text, _YamlLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("too deep")


def _record(pairs: list[tuple[str, Tree]]) -> Tree:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return ("{", *pairs)


def _no_constant(text: str) -> Tree:
    raise ValueError(f"{text} is no JSON")


def _typed(value: Any) -> Tree:
    if isinstance(value, Mapping):
        return ("{", *((key, _typed(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return value if isinstance(value, tuple) else (type(value).__name__, str(value))


def _node(node: Any, seen: dict[int, int]) -> Tree:
    """A node; one that is named again is told by its number, so that ten lines never become a million."""
    if id(node) in seen:
        return ("again", seen[id(node)])
    seen[id(node)] = len(seen)
    if isinstance(node, yaml.ScalarNode):
        # Whether `on` means true depends on who reads it, unless it stands in quotes.
        return (node.tag, "plain" if node.style is None else "quoted", node.value)
    if isinstance(node, yaml.SequenceNode):
        return (node.tag, [_node(inner, seen) for inner in node.value])
    pairs = [(_node(key, seen), _node(value, seen)) for key, value in node.value]
    keys = [repr(key) for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError("a key stands twice")
    return ("{", node.tag, *pairs)


_READERS: Mapping[str, Callable[[bytes], Tree]] = {
    "py": _python,
    "pyi": _python,
    "json": json_tree,
    "toml": toml_tree,
    "yaml": yaml_tree,
    "yml": yaml_tree,
}
