"""A version of an agent: its file as it was written, and the skills that it was looked at with."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from gainful.agents.file.agent_file import AgentFile


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """What an agent is at one time.

    Args:
        file: What the text says.
        text: Of the file, to the letter.
        pins: SHA-256 (hex) by skill, as they were pinned.
    """

    file: AgentFile
    text: str
    pins: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of text and skills: its name."""
        return version_digest(self.text, self.pins)


def version_digest(text: str, pins: Mapping[str, str]) -> str:
    """The name of the version with this text and these skills."""
    content = json.dumps([text, dict(pins)], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(b"gainful agent, version 1\x00" + content.encode()).hexdigest()


def text_difference(old: str, new: str) -> str:
    """The change of a file as a unified diff; empty when there is none."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", lineterm="", n=2)
    return "\n".join(lines)
