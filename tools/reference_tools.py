"""The reference of tools, from their declarations: every one that an agent can be given, and all that is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from gainful.app.tooling.catalogue import Entry, catalogue
from gainful.app.tooling.tools import agent_tools
from gainful.core.label import Label
from gainful.core.tool import ToolSpec
from gainful.sdk.operation import type_of

GRADES = "**A** the real server or format, **B** somebody else's emulator, **C** our own imitation"


def page() -> str:
    """The whole page, without the notice that it is generated."""
    entries = catalogue(agent_tools(), ())
    parts = [
        "# Tools\n\n"
        "What an agent can be given. `gainful tools list` shows what is set up here, and what the rest needs; tools\n"
        "of [MCP servers](../how-to/mcp.md) and of others' connectors come besides. What an agent may do with one is\n"
        "its [manifest's](manifest-format.md) matter. [How to set them up](../how-to/tools.md).\n",
        "**Effect**: `read`; `contained`, which only its owner sees and can undo; `reversible`, which takes a command\n"
        "to undo; `irreversible`; `egress`, which leaves for other people or machines. **Arguments**: a `target` is\n"
        "whom or what it concerns, `content` is text, an `amount` counts, an `option` chooses among few. **Labels**\n"
        f"say whose words come back. **Tried** against {GRADES}.\n",
        _contents(entries),
    ]
    for connector, group in groupby(sorted(entries, key=_place), key=lambda entry: entry.connector):
        parts += _connector(connector, list(group))
    return "\n".join(parts)


def _place(entry: Entry) -> tuple[str, str]:
    return entry.connector, entry.spec.name


def _contents(entries: list[Entry]) -> str:
    rows = ["| tool | effect | act | tried |", "|---|---|---|---|"]
    for entry in entries:
        anchor = entry.spec.name.replace(".", "")
        rows.append(f"| [`{entry.spec.name}`](#{anchor}) | {entry.spec.effect} | {entry.spec.act} | {entry.grades} |")
    return "\n".join(rows) + "\n"


def _connector(connector: str, entries: list[Entry]) -> Iterator[str]:
    first = entries[0]
    evidence = "".join(f"\n- {one.grade}, {one.against}: {one.by}" for one in first.evidence)
    needs = f"Needs {first.needs}. " if first.needs else ""
    yield f"## {connector}\n\n{needs}Tried:\n{evidence}\n"
    for entry in entries:
        yield _tool(entry)


def _tool(entry: Entry) -> str:
    spec = entry.spec
    about = f"### `{spec.name}`\n\n{_plain(spec.about)}\n\nEffect **{spec.effect}**, act **{spec.act}**."
    if spec.attends:
        about += f" With {_names(spec.attends)} others take part, and the effect is egress."
    if spec.writes:
        about += f" Its words stay on {_names(spec.writes)}."
    parts = [about + "\n", _arguments(spec), _labels(spec), _rest(entry)]
    return "\n".join(part for part in parts if part)


def _arguments(spec: ToolSpec) -> str:
    if not spec.arguments:
        return "It takes no arguments.\n"
    rows = ["| argument | role | type | |", "|---|---|---|---|"]
    for name, role in spec.arguments.items():
        needed = "needed" if name in spec.required else ""
        rows.append(f"| `{name}` | {role} | {type_of(spec, name)} | {needed} |")
    return "\n".join(rows) + "\n"


def _labels(spec: ToolSpec) -> str:
    rows = ["| comes back | label |", "|---|---|"]
    rows += [f"| `{path}` | {_label(label)} |" for path, label in spec.returns.labels.items()]
    rest = "everything else" if spec.returns.labels else "everything"
    rows.append(f"| {rest} | {_label(spec.returns.default)} |")
    return "\n".join(rows) + "\n"


def _label(label: Label) -> str:
    return f"{label.integrity}, {label.confidentiality}"


def _rest(entry: Entry) -> str:
    said: Mapping[str, str] = {
        "Reaches": ", ".join(entry.scopes), "Limit": entry.rate, "Leaves behind": entry.stores,
    }  # fmt: skip
    return " ".join(f"{title}: {_plain(words)}." for title, words in said.items() if words) + "\n"


def _names(names: object) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))  # type: ignore[call-overload]


def _plain(text: str) -> str:
    return text.replace("|", "&#124;").replace("<", "&lt;")
