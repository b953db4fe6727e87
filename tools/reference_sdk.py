"""The reference of the SDK: every public name of `gainful.sdk`, with what its docstring says of it, from the source."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SDK = ROOT / "gainful" / "sdk"
TESTING = SDK / "testing"
FIRST = (
    "connector",
    "tool",
    "operation",
    "declaration",
    "grant",
    "http",
    "egress",
    "secret",
    "chat",
    "mail",
)
"""What most who write a connector begin with."""
VALUES = ("tool", "label", "value", "errors", "clock", "ids", "mail")
"""Modules of `gainful.core` that the SDK speaks of."""

INTRODUCTION = """\
# The SDK

What a package of your own may import: `gainful.sdk`, and the values of `gainful.core` that it speaks of. Everything
else of Gainful may change without a word. [The tutorial](../tutorials/your-own-connector.md) begins at the beginning.
"""


@dataclass(frozen=True, slots=True)
class Name:
    """One public name of a module.

    Args:
        form: How it is written: a signature, or the beginning of a class.
        said: Its docstring; empty where it has none.
        members: Public methods and fields of a class, with what is said of them.
    """

    module: str
    name: str
    form: str
    said: str
    members: tuple[Name, ...] = ()


def page() -> str:
    """The whole page, without the notice that it is generated."""
    parts = [INTRODUCTION]
    for title, modules in (
        ("The SDK", _modules(SDK)),
        ("For tests: contracts to inherit, servers to talk to", _modules(TESTING)),
        ("Values", [ROOT / "gainful" / "core" / f"{name}.py" for name in VALUES]),
    ):
        parts.append(f"# {title}\n" if title != "The SDK" else "")
        parts += [_module(file) for file in modules]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip() + "\n"


def public_names() -> list[Name]:
    """Every public name that the page has to have, those of its classes included."""
    files = [*_modules(SDK), *_modules(TESTING)]
    return [found for file in files for one in _names(file) for found in (one, *one.members)]


def _modules(folder: Path) -> list[Path]:
    """The modules below a folder; what tests use stands in a part of its own."""
    files = [file for file in sorted(folder.rglob("*.py")) if file.stem != "__init__"]
    mine = [file for file in files if folder == TESTING or TESTING not in file.parents]
    first = [SDK / f"{name}.py" for name in FIRST if folder == SDK]
    return [*first, *(file for file in mine if file not in first)]


def _dotted(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def _module(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = [f"## `{_dotted(file)}`\n", _prose(ast.get_docstring(tree) or "")]
    for one in _names(file):
        parts.append(f"### `{one.name}`\n\n```text\n{one.form}\n```\n\n{_prose(one.said)}")
        rows = [f"| `{_cell(member.form)}` | {_row(member.said)} |" for member in one.members]
        if rows:
            parts.append("\n".join(["| | |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _names(file: Path) -> list[Name]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [one for node, after in _pairs(tree.body) for one in _of_node(node, after, _dotted(file))]


def _pairs(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.stmt | None]]:
    yield from zip(body, [*body[1:], None], strict=True)


def _of_node(node: ast.stmt, after: ast.stmt | None, module: str) -> Iterator[Name]:
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
        yield Name(module, node.name, _signature(node), ast.get_docstring(node) or "")
    elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
        tests = module.startswith("gainful.sdk.testing")
        members = () if tests else tuple(_members(node, module))
        yield Name(module, node.name, _heading(node), ast.get_docstring(node) or "", members)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        said = _text_of(after)
        # A constant without a word is a detail of its module.
        if isinstance(target, ast.Name) and not target.id.startswith("_") and said:
            yield Name(module, target.id, ast.unparse(node), said)


def _members(node: ast.ClassDef, module: str) -> Iterator[Name]:
    """Methods, and the values of an enumeration; fields stand under `Args` in the class's docstring."""
    bases = {ast.unparse(base) for base in node.bases}
    for inner, after in _pairs(node.body):
        if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
            form = inner.name if _is_property(inner) else _signature(inner, method=True)
            yield Name(module, f"{node.name}.{inner.name}", form, ast.get_docstring(inner) or "")
        elif isinstance(inner, ast.Assign) and bases & {"StrEnum", "Enum"}:
            value = ast.literal_eval(inner.value)
            said = _text_of(after) or f"`{value}`."
            yield Name(module, f"{node.name}.{ast.unparse(inner.targets[0])}", ast.unparse(inner.targets[0]), said)


def _is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(one).endswith("property") for one in node.decorator_list)


def _signature(node: ast.FunctionDef, *, method: bool = False) -> str:
    arguments = ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    if method and arguments.args.args and arguments.args.args[0].arg in ("self", "cls"):
        arguments.args.args.pop(0)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{node.name}({ast.unparse(arguments.args)}){returns}"


def _heading(node: ast.ClassDef) -> str:
    """A class with its bases and, where it holds values, its fields."""
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    fields = [ast.unparse(inner) for inner in node.body if isinstance(inner, ast.AnnAssign) and _is_public(inner)]
    head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    return "\n    ".join([f"{head}:", *fields]) if fields else head


def _is_public(node: ast.AnnAssign) -> bool:
    return isinstance(node.target, ast.Name) and not node.target.id.startswith("_")


def _text_of(node: ast.stmt | None) -> str:
    found = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return inspect.cleandoc(node.value.value) if found else ""  # type: ignore[union-attr]


def _prose(said: str) -> str:
    """A docstring as Markdown: examples as code, arguments as a list."""
    parts = []
    for block in _blocks(said):
        lines = block.splitlines()
        head = re.fullmatch(r"(Args|Returns|Raises|Source|Yields):(.*)", lines[0]) if lines else None
        if head:
            parts.append(f"{head[1]}:{head[2]}\n\n" + "\n".join(_listed(lines[1:])))
        elif lines and all(line.startswith("    ") or not line for line in lines):
            parts.append("```text\n" + inspect.cleandoc(block) + "\n```")
        else:
            parts.append(block)
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _blocks(said: str) -> list[str]:
    """The paragraphs; an example with empty lines in it is one."""
    found: list[str] = []
    for block in re.split(r"\n\n+", said.rstrip()):
        if block.startswith("    ") and found and found[-1].startswith("    "):
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def _listed(lines: list[str]) -> Iterator[str]:
    """The items below a heading, each in a line of its own."""
    item = ""
    for line in [*lines, "    end: "]:
        if line.startswith("    ") and not line.startswith("     "):
            if item:
                yield f"- {item}"
            name, colon, rest = line.strip().partition(": ")
            item = f"`{name}`: {rest}" if colon and re.fullmatch(r"[\w, .]+", name) else line.strip()
        else:
            item += f" {line.strip()}"


def _row(said: str) -> str:
    """A docstring in a row of a table: what it says before its sections, and what it may raise."""
    first = " ".join(re.split(r"\n\n(?=Args:|Returns:|Raises:|Source:)", said)[0].split())
    raises = re.search(r"Raises:\n((?:    .*\n?)+)", said)
    more = f" Raises: {' '.join(raises[1].split())}" if raises else ""
    return _cell(f"{first}{more}")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
