"""Where agents lie: `agents/NAME/AGENT.md` in Gainful's home, skills and their lock beside it."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gainful.agents.file.agent_file import LARGEST, AgentFile
from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_reading import AgentReading, read_agent
from gainful.agents.file.agent_version import AgentVersion
from gainful.agents.knowing.skill import Skill, SkillInvalid, read_skill
from gainful.agents.knowing.skill_lock import LOCK, SkillLock, read_lock
from gainful.app.guarding.guards import NoSuchAgent
from gainful.core.errors import Invalid

FILE = "AGENT.md"
SKILLS = "skills"


class AgentExists(Invalid):
    """There is an agent of this name already, or the name is taken by a job."""

    code = "agent-exists"


@dataclass(frozen=True, slots=True)
class SkillState:
    """How a skill of an agent stands.

    Args:
        state: `pinned`, `changed`, `unpinned` or `broken`.
        skill: None where it is broken.
        changes: Files that differ from what was pinned, a line each.
        problem: Why it is broken, and what to do; empty when it is not.
    """

    name: str
    state: str
    skill: Skill | None
    changes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An agent as its file has it at this moment.

    Args:
        path: Of the file.
        version: With those pins that the lock has for its skills.
        skills: As they lie on the disk.
    """

    path: Path
    version: AgentVersion
    skills: tuple[SkillState, ...]

    @property
    def name(self) -> str:
        """How the agent is called."""
        return self.version.file.name


class AgentFolder:
    """The agents of one home, as people write them."""

    def __init__(self, home: Path) -> None:
        self.path = home / "agents"

    def names(self) -> list[str]:
        """Folders that hold an agent's file."""
        return sorted(file.parent.name for file in self.path.glob(f"*/{FILE}"))

    def of(self, name: str) -> Path:
        """The folder of this agent."""
        return self.path / name

    def draft(
        self, wanted: str, known: Iterable[str] = (), check: Callable[[AgentReading], AgentFile] = AgentReading.checked
    ) -> Draft:
        """The agent of this name, or that of this file or folder, as it is written now.

        Args:
            known: Further names that the person may have meant.
            check: Makes an agent of what was read, or tells what is wrong with it.

        Raises:
            NoSuchAgent: There is none.
            AgentFileInvalid, SkillLockInvalid: It cannot be used.
        """
        path = self._path(wanted, known)
        folder = path.absolute().parent
        text = _text(path)
        inside = folder.parent == self.path
        where = f"agents/{folder.name}/{FILE}" if inside else str(path)
        file = check(read_agent(text, folder.name if path.name == FILE else "", where))
        lock = read_lock(folder / LOCK)
        pins = {name: pin for name, pin in lock.pins.items() if name in file.skills}
        skills = tuple(_state(folder / SKILLS / name, lock) for name in file.skills)
        return Draft(path, AgentVersion(file, text, pins), skills)

    def write(self, name: str, text: str) -> Path:
        """The path of a new agent's file, which holds this text.

        Raises:
            AgentExists: There is one already.
        """
        path = self.of(name) / FILE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            # Nobody's file is written over, whoever is quicker.
            with path.open("x", encoding="utf-8") as out:
                out.write(text)
        except FileExistsError:
            raise AgentExists(f"There is an agent '{name}' already.", f"Edit {path}, or choose another name.") from None
        return path

    def text(self, name: str) -> str:
        """What an agent's file holds, whether or not it can be used.

        Raises:
            AgentFileInvalid: It cannot be read.
        """
        return _text(self.of(name) / FILE)

    def rewrite(self, name: str, before: str, after: str) -> bool:
        """Put another text in the place of an agent's file. False: it is not what it was, and nothing was changed.

        Args:
            before: What the new text was made from.
        """
        path = self.of(name) / FILE
        if _text(path) != before:
            return False
        draft = path.with_name(f"{FILE}.new")
        draft.write_text(after, encoding="utf-8", newline="")
        shutil.copymode(path, draft)
        draft.replace(path)
        return True

    def _path(self, wanted: str, known: Iterable[str]) -> Path:
        if os.sep in wanted or wanted.endswith(".md"):
            path = Path(wanted).expanduser()
            return path / FILE if path.is_dir() else path
        if wanted not in self.names():
            raise no_such_agent(wanted, {*self.names(), *known})
        return self.of(wanted) / FILE


def no_such_agent(wanted: str, known: Iterable[str]) -> NoSuchAgent:
    """The error that says so, with the name that may have been meant."""
    names = sorted(known)
    close = difflib.get_close_matches(wanted.lower(), names, n=1)
    if close:
        move = f"Did you mean '{close[0]}'?"
    elif names:
        move = f"There are {', '.join(names[:12])}."
    else:
        move = "There is none yet: `gainful agent new` makes one."
    return NoSuchAgent(f"No agent is called '{wanted[:80]}'.", move)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(4 * LARGEST + 1)
        return content.decode()
    except UnicodeDecodeError:
        raise AgentFileInvalid(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise AgentFileInvalid(
            f"{path} cannot be read: {error.strerror}.", "Check its path and who may read it."
        ) from None


def _state(folder: Path, lock: SkillLock) -> SkillState:
    try:
        skill = read_skill(folder)
    except SkillInvalid as error:
        return SkillState(folder.name, "broken", None, problem=str(error))
    if skill.name not in lock.pinned:
        return SkillState(skill.name, "unpinned", skill)
    changes = tuple(lock.changes(skill))
    return SkillState(skill.name, "changed" if changes else "pinned", skill, changes)


def skills_of(draft: Draft) -> Mapping[str, Skill]:
    """The skills of an agent that can be pinned: all of them.

    Raises:
        SkillInvalid: One is broken.
    """
    for state in draft.skills:
        if state.skill is None:
            read_skill(draft.path.absolute().parent / SKILLS / state.name)
    return {state.name: state.skill for state in draft.skills if state.skill is not None}
