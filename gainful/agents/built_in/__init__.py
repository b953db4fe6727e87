"""Agents that Gainful brings along, each a folder with its file: to be taken over, read, changed, and enabled."""

from __future__ import annotations

import re
from importlib import resources

FILE = "AGENT.md"
OWNER = "OWNER"
"""Stands in the files for the name of whoever takes one over."""


def names() -> list[str]:
    """The agents that there are, by name."""
    folder = resources.files(__name__)
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.joinpath(FILE).is_file())


def text_of(agent: str, owner: str, name: str = "") -> str:
    """The file of one of them, as its owner's own.

    Args:
        name: How it is to be called; as it is called here by default.

    Raises:
        KeyError: There is none of that name.
    """
    if agent not in names():
        raise KeyError(agent)
    text = resources.files(__name__).joinpath(agent, FILE).read_text(encoding="utf-8")
    if name:
        text = re.sub(r"(?m)^name: .*$", f"name: {name}", text, count=1)
    return re.sub(rf"\b{OWNER}\b", lambda _: owner, text)
