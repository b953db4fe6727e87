"""The file that keeps which skills an agent was looked at with: `skills.lock` beside AGENT.md.

    [tickets]
    "SKILL.md" = "9f86d0…"
    "references/form.md" = "60303a…"

A skill that is not as it stands here is not given to the agent before somebody has looked at it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gainful.agents.knowing.skill import Skill, digest_of
from gainful.core.errors import Invalid, Refused

LOCK = "skills.lock"
LARGEST = 4 * 1024 * 1024

_HEAD = "# Skills as somebody has looked at them. `gainful agent skills NAME --pin` writes this; nobody else should.\n"


class SkillLockInvalid(Invalid):
    """The lock file of an agent's skills is damaged."""

    code = "skill-lock-invalid"


class SkillUnpinned(Refused):
    """Nobody has looked at a skill yet, so the agent may not have it."""

    code = "skill-unpinned"


class SkillChanged(Refused):
    """A skill is not the one that was looked at."""

    code = "skill-changed"


@dataclass(frozen=True, slots=True)
class SkillLock:
    """Skills as they were pinned.

    Args:
        pinned: SHA-256 (hex) by file, by skill.
    """

    pinned: Mapping[str, Mapping[str, str]]

    @property
    def pins(self) -> dict[str, str]:
        """SHA-256 (hex) of each skill, by name."""
        return {name: digest_of(digests) for name, digests in sorted(self.pinned.items())}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all of them together."""
        return hashlib.sha256(b"gainful skills, version 1\x00" + json.dumps(self.pins).encode()).hexdigest()

    @property
    def text(self) -> str:
        """As the file has it."""
        blocks = [_HEAD]
        for name, digests in sorted(self.pinned.items()):
            rows = "".join(f"{_quoted(path)} = {_quoted(digest)}\n" for path, digest in sorted(digests.items()))
            blocks.append(f"[{_quoted(name)}]\n{rows}")
        return "\n".join(blocks)

    def changes(self, skill: Skill) -> list[str]:
        """What is otherwise in the skill than it was pinned, a line for each file."""
        before, after = self.pinned.get(skill.name, {}), skill.digests
        lines = [f"+ {path}" for path in after if path not in before]
        lines += [f"- {path}" for path in before if path not in after]
        return sorted([*lines, *(f"~ {path}" for path in after if path in before and after[path] != before[path])])


def lock_of(skills: Mapping[str, Skill]) -> SkillLock:
    """The lock that pins these skills as they are."""
    return SkillLock({name: skill.digests for name, skill in skills.items()})


def check_pinned(skill: Skill, pins: Mapping[str, str], agent: str) -> None:
    """Passes when the skill is as it was looked at.

    Raises:
        SkillUnpinned, SkillChanged: It is not.
    """
    move = f"Look at it, and pin it: gainful agent skills {agent} --pin"
    if skill.name not in pins:
        raise SkillUnpinned(f"Nobody has looked at the skill '{skill.name}' of '{agent}' yet.", move)
    if pins[skill.name] != skill.digest:
        raise SkillChanged(f"The skill '{skill.name}' of '{agent}' is not the one that was looked at.", move)


def read_lock(file: Path) -> SkillLock:
    """The skills that were pinned; none where there is no file.

    Raises:
        SkillLockInvalid: The file is damaged.
    """
    try:
        with file.open("rb") as opened:
            content = tomllib.loads(opened.read(LARGEST).decode())
    except FileNotFoundError:
        return SkillLock({})
    except OSError as error:
        raise SkillLockInvalid(f"{file} cannot be read: {error.strerror}.", "Check who may read it.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise _damaged(file) from None
    for digests in content.values():
        if not isinstance(digests, dict) or not all(isinstance(digest, str) for digest in digests.values()):
            raise _damaged(file)
    return SkillLock(content)


def write_lock(file: Path, lock: SkillLock) -> None:
    """Keep this lock: all of it, or the one before."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("x", encoding="utf-8") as out:
            out.write(lock.text)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _damaged(file: Path) -> SkillLockInvalid:
    agent = file.parent.name
    return SkillLockInvalid(f"{file} is damaged.", f"Look at the skills anew: gainful agent skills {agent} --pin")


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's too; the one character that TOML wants escaped and JSON leaves is DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
