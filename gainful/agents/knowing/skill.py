"""Skills: folders that teach an agent something, after the open standard for agent skills.

    tickets/
      SKILL.md           front matter with name and description, then what the agent is to know
      references/…       further files, read when they are needed

A skill is read whole and at once: what is looked at, pinned and handed on is the same. It teaches, and grants nothing:
`allowed-tools` is shown to people, and no tool becomes allowed by it.

Source: https://agentskills.io/specification
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gainful.agents.file.front_matter import FrontMatter, Unreadable, read_front_matter
from gainful.core.errors import Invalid
from gainful.core.visible import hidden

MAIN = "SKILL.md"
LARGEST = 8 * 1024 * 1024
"""Octets of a whole skill."""

MOST_FILES = 500
DEEPEST = 10
"""Folders in one another."""

_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_LONGEST: Mapping[str, int] = {"name": 64, "description": 1024, "license": 500, "compatibility": 500}
_KNOWN = (*_LONGEST, "metadata", "allowed-tools")


class SkillInvalid(Invalid):
    """A skill's folder is not there, or is not as the standard wants it, or holds what no skill may hold."""

    code = "skill-invalid"


@dataclass(frozen=True, slots=True)
class SkillFile:
    """One file of a skill.

    Args:
        runs: Its owner may run it as a program, as far as the file system says. Gainful never does.
    """

    content: bytes
    runs: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of content and right to run."""
        return hashlib.sha256(b"x" * self.runs + b"\x00" + self.content).hexdigest()


@dataclass(frozen=True)
class Skill:
    """One skill, as it lay on the disk at one moment.

    Args:
        description: What it does, and when it is of use.
        body: What SKILL.md says below its keys.
        license, compatibility, metadata: As its author states them; for people.
        allowed_tools: Tools that its author would allow. Nothing is allowed by it.
        ignored: Keys that the standard does not have.
    """

    name: str
    description: str
    body: str
    files: Mapping[str, SkillFile]
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] | None = None
    allowed_tools: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 (hex) by file."""
        return {path: file.digest for path, file in sorted(self.files.items())}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of every file, its name, content and right to run."""
        return digest_of(self.digests)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person who looks at it should know."""
        found = [
            f"{path} holds characters that do not show: {', '.join(names[:3])}."
            for path, file in sorted(self.files.items())
            if (names := hidden(file.content.decode("utf-8", "ignore").removeprefix("\ufeff"))) and _is_text(file)
        ]
        if self.allowed_tools:
            found.append(f"It asks for tools ({', '.join(self.allowed_tools)[:200]}); none is granted by it.")
        runs = [path for path, file in sorted(self.files.items()) if file.runs]
        if runs:
            found.append(f"It holds programs ({', '.join(runs)[:200]}); Gainful runs none of them.")
        if self.ignored:
            found.append(f"Keys that the standard does not have are ignored: {', '.join(self.ignored)[:200]}.")
        return tuple(found)


def digest_of(digests: Mapping[str, str]) -> str:
    """The digest of a skill whose files have these."""
    content = json.dumps(dict(digests), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(b"gainful skill, version 1\x00" + content.encode()).hexdigest()


def _is_text(file: SkillFile) -> bool:
    return b"\x00" not in file.content


# --- reading one -----------------------------------------------------------------------------------------------------


def read_skill(folder: Path) -> Skill:
    """The skill in this folder.

    Raises:
        SkillInvalid: It is none.
    """
    name = folder.name
    if folder.is_symlink():
        raise _invalid(name, "its folder is a link", "Put what it leads to in its place.")
    try:
        files = dict(_files(folder))
    except FileNotFoundError:
        raise SkillInvalid(f"There is no folder {folder}.", f"Put the skill's {MAIN} into it.") from None
    except OSError as error:
        raise SkillInvalid(f"The skill {folder} cannot be read: {error.strerror}.", "Check who may read it.") from None
    if MAIN not in files:
        raise _invalid(name, f"it has no {MAIN}", f"Put one into {folder}.")
    try:
        front = read_front_matter(files[MAIN].content.decode())
    except UnicodeDecodeError:
        raise _invalid(name, f"{MAIN} is not UTF-8 text", "Save it as UTF-8.") from None
    except Unreadable as error:
        found = error.problem
        raise _invalid(name, f"{MAIN}, line {found.line}: {found.what}", found.fix) from None
    return _skill(name, front, files)


def _skill(name: str, front: FrontMatter, files: Mapping[str, SkillFile]) -> Skill:
    texts = {key: _text(name, front.content, key) for key in _LONGEST}
    if texts["name"] != name or not _NAME.fullmatch(name):
        raise _invalid(
            name,
            f"it is called '{texts['name'][:64]}'",
            "A skill is called as its folder: small letters, digits, and single hyphens between them.",
        )
    metadata = front.content.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise _invalid(name, "'metadata' is no record", "Write one key a line below it.")
    return Skill(
        name=name,
        description=" ".join(texts["description"].split()),
        body=front.body,
        files=files,
        license=texts["license"],
        compatibility=texts["compatibility"],
        metadata={key: str(value) for key, value in metadata.items()},
        allowed_tools=_allowed(name, front.content.get("allowed-tools")),
        ignored=tuple(key for key in front.content if key not in _KNOWN),
    )


def _text(name: str, content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if value is None:
        if key in ("name", "description"):
            raise _invalid(name, f"'{key}' is missing", f"Write `{key}: …` at the head of {MAIN}.")
        return ""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST[key]:
        raise _invalid(name, f"'{key}' is no text of 1 to {_LONGEST[key]:,} characters", "Correct it.")
    return value.strip()


def _allowed(name: str, given: Any) -> tuple[str, ...]:
    """The standard has them in one text with blanks between, or in a list."""
    words = given.split() if isinstance(given, str) else given or ()
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise _invalid(
            name, "'allowed-tools' is no list of names", "Correct it, or take it out: nothing depends on it."
        )
    return tuple(words)


def _invalid(name: str, what: str, fix: str) -> SkillInvalid:
    return SkillInvalid(f"The skill '{name[:64]}' cannot be used: {what}.", fix)


def _files(folder: Path) -> Iterator[tuple[str, SkillFile]]:
    """Every file below the folder, by its path in it. Nothing is followed out of it: there are no links in skills."""
    left, found = LARGEST, 0
    for at, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False, onerror=_raise):
        inside = Path(at).relative_to(folder)
        if len(inside.parts) > DEEPEST:
            raise _invalid(folder.name, f"it has more than {DEEPEST} folders in one another", "Use fewer.")
        for name in (*folders, *names):
            path = (inside / name).as_posix()
            if not name.isprintable():
                raise _invalid(folder.name, f"{path!r} is a name that cannot be shown", "Rename it.")
            if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                raise _invalid(folder.name, f"{path} is a link", "Put what it leads to in its place.")
        for name in names:
            found += 1
            file = _read(folder.name, (inside / name).as_posix(), name, descriptor, left)
            left -= len(file.content)
            if found > MOST_FILES:
                raise _invalid(folder.name, f"it has more than {MOST_FILES} files", "Use fewer.")
            yield (inside / name).as_posix(), file


def _read(skill: str, path: str, name: str, folder: int, most: int) -> SkillFile:
    # A link that came to lie there since it was looked at is not followed, and a pipe not waited for.
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _invalid(skill, f"{path} is no ordinary file", "Take it out.")
        content = file.read(most + 1)
    if len(content) > most:
        raise _invalid(skill, f"it has more than {LARGEST:,} octets", "Use less.")
    # Of a file's mode the right to run it is what counts; the others differ from one machine to the next.
    return SkillFile(content, runs=bool(mode & stat.S_IXUSR))


def _raise(error: OSError) -> None:
    raise error
