"""Agents that people make: what their files say, what of it is in force, and bringing it into force.

    change = agents.change("handbook")          # what would be in force, for its owner to look at
    agents.enable("handbook", change.digest)    # exactly that

A file is a draft: editing it changes nothing before it is enabled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from gainful.agents.file.agent_file import MODEL_TOOL, AgentFile
from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_reading import AgentReading, agent_file_from, read_agent
from gainful.agents.file.agent_version import AgentVersion, text_difference, version_digest
from gainful.agents.file.front_matter import Problem
from gainful.agents.knowing.memory_tools import memory_tools
from gainful.agents.knowing.skill import Skill, read_skill
from gainful.agents.knowing.skill_lock import LOCK, check_pinned, lock_of, write_lock
from gainful.agents.knowing.skill_tools import skill_tools
from gainful.app.agent.agent_folder import FILE, SKILLS, AgentExists, AgentFolder, Draft, no_such_agent, skills_of
from gainful.app.agent.agent_state import AgentState, Change, Checked, Enabled
from gainful.app.guarding.guards import BUILT_IN, Guards
from gainful.app.stores import Stores
from gainful.app.tooling.toolbox import Toolbox
from gainful.app.tooling.tools import agent_tools
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.core.tool import ToolSpec
from gainful.policy.manifest import Manifest, difference, widenings
from gainful.policy.manifest_version import SHORTEST_DIGEST, ManifestState
from gainful.sdk.tool import Tool
from gainful.storage.agents.agent_store import AgentNotEnabled, Standing, StoredVersion, damaged
from gainful.storage.gate.stop_store import EVERYBODY

SCRIPTED = "scripted:"


class NotYourAgent(Refused):
    """Somebody else owns the agent, and it is theirs to enable."""

    code = "not-your-agent"


class AgentChanged(Refused):
    """What was to be enabled is not what was looked at."""

    code = "agent-changed"


class Agents:
    """The agents of one installation."""

    def __init__(self, stores: Stores, guards: Guards, toolbox: Toolbox) -> None:
        self._versions = stores.versions
        self._guards = guards
        self._toolbox = toolbox
        self._has_chats = bool(stores.config.chats)
        self.memories = stores.memories
        self.folder = AgentFolder(stores.home.path)

    # --- what is written ----------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Every agent that has a file, or was ever enabled."""
        return sorted({*self.folder.names(), *self._versions.names()})

    def draft(self, wanted: str) -> Draft:
        """The agent of this name, or that of this file or folder, as it is written now.

        Raises:
            NoSuchAgent, AgentFileInvalid, SkillLockInvalid: As they say.
        """
        return self.folder.draft(wanted, self._versions.names())

    def validate(self, wanted: str) -> Checked:
        """The agent of this name, file or folder, as it would be.

        Raises:
            NoSuchAgent, AgentFileInvalid, SkillLockInvalid, AgentExists: As they say.
        """
        draft = self.folder.draft(wanted, self._versions.names(), self._checked)
        check_name(draft.name)
        manifest = draft.version.file.manifest(self.specs(draft.name))
        return Checked(draft, manifest, tuple(self._notes(draft)))

    def look(self, text: str, name: str) -> tuple[AgentFile, Manifest, tuple[str, ...]]:
        """What this text in place of an agent's file would be: the agent, what it may do, and cautions.

        Raises:
            AgentFileInvalid: With everything that is wrong with it.
            AgentExists: As it says.
        """
        file = self._checked(read_agent(text, name))
        check_name(file.name)
        return file, file.manifest(self.specs(file.name)), tuple(_cautions(file))

    def _checked(
        self, reading: AgentReading, around: Callable[[AgentFile], Iterator[Problem]] | None = None
    ) -> AgentFile:
        """The agent that was read, its tools looked up.

        Raises:
            AgentFileInvalid: With everything that is wrong, be it in the file or around it.
        """
        known = reading.file is not None and not reading.file.lost("name")
        return reading.checked(self.specs(reading.file.name if known and reading.file else ""), around or self._around)

    def _around_new(self, file: AgentFile) -> Iterator[Problem]:
        if not file.lost("name") and file.name in self.names():
            yield file.wrong(("name",), f"there is an agent '{file.name}' already", "Choose another name.")
        yield from self._around(file)

    def _around(self, file: AgentFile) -> Iterator[Problem]:
        """What else stands in the way of an agent whose file is wrong, told before that is mended."""
        if not file.lost("name") and is_taken(file.name):
            yield file.wrong(("name",), f"'{file.name}' is what Gainful calls something of its own", "Choose another.")
        if not file.lost("owner") and file.owner not in (self._guards.person, *self._guards.team):
            what = f"it belongs to {file.owner}, and you are {self._guards.person}"
            yield file.wrong(("owner",), what, "Only its owner can enable it.")

    def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """Every tool that there is, by name, also where nothing is set up for it yet.

        Raises:
            McpFileInvalid, McpUnpinned, FolderInvalid, SandboxInputInvalid: The settings of one cannot be used.
        """
        return {**agent_tools(), **{name: tool.spec for name, tool in self._toolbox.tools(agent).items()}}

    def ready(self, agent: str) -> frozenset[str]:
        """The names of the tools that an agent can use as things are set up.

        Raises:
            McpFileInvalid, McpUnpinned, FolderInvalid, SandboxInputInvalid: The settings of one cannot be used.
        """
        there = (*(("chat.",) if self._has_chats else ()), "memory.", "skill.", MODEL_TOOL)
        own = {tool for tool in agent_tools() if tool.startswith(there)}
        return frozenset({*self._toolbox.tools(agent), *own})

    def new(self, text: str) -> Checked:
        """A new agent with this file.

        Raises:
            AgentFileInvalid, AgentExists: As they say; nothing was written.
        """
        file = self._checked(read_agent(text), self._around_new)
        check_name(file.name)
        if file.name in self.names():
            raise AgentExists(f"There is an agent '{file.name}' already.", "Choose another name.")
        self.folder.write(file.name, text)
        return self.validate(file.name)

    def pin(self, wanted: str, digest: str) -> Draft:
        """The agent, with its skills pinned as somebody has looked at them.

        Args:
            digest: Of all of them together, or at least its first 12 digits.

        Raises:
            SkillInvalid: One of them is broken.
            AgentChanged: They are not what was looked at.
            NoSuchAgent, AgentFileInvalid: As they say.
        """
        draft = self.draft(wanted)
        lock = lock_of(skills_of(draft))
        _check_shown(digest, lock.digest, f"gainful agent skills {draft.name}")
        write_lock(draft.path.absolute().parent / LOCK, lock)
        return self.draft(wanted)

    def _notes(self, draft: Draft) -> Iterator[str]:
        file = draft.version.file
        yield from _cautions(file)
        for skill in draft.skills:
            if skill.state == "broken":
                yield skill.problem
            elif skill.state != "pinned":
                why = "is not the one that was looked at" if skill.changes else "was looked at by nobody yet"
                yield f"The skill '{skill.name}' {why}: `gainful agent skills {file.name} --pin`."
        missing = sorted(set(file.used) - self.ready(file.name))
        if missing:
            yield f"Nothing is set up yet for {', '.join(missing)}: see docs/reference/settings.md."
        if file.owner not in (self._guards.person, *self._guards.team):
            yield f"It belongs to {file.owner}, and you are {self._guards.person}: only its owner can enable it."
        script = file.model.removeprefix(SCRIPTED)
        if script != file.model and not (draft.path.absolute().parent / Path(script).expanduser()).is_file():
            yield f"Its script {script} is not there."
        if not file.triggers:
            yield "Nothing wakes it but you."

    # --- what is in force ---------------------------------------------------------------------------------------------

    def version(self, name: str) -> AgentVersion:
        """The version of this agent that stands, whether or not it is woken.

        Raises:
            AgentNotEnabled, AgentDamaged, AgentFileInvalid: As they say.
        """
        standing = self._versions.current(name)
        if standing is None:
            if name not in self.names():
                raise no_such_agent(name, self.names())
            raise AgentNotEnabled(f"'{name}' was never enabled.", f"Enable it: gainful agent enable {name}")
        return version_of(standing.version)

    def stored(self, name: str, digest: str) -> AgentVersion:
        """The version with this digest, whether or not it stands.

        Raises:
            AgentNotEnabled: There is none.
            AgentDamaged, AgentFileInvalid: As they say.
        """
        found = self._versions.version(name, digest)
        if found is None:
            raise AgentNotEnabled(f"'{name}' has no version {digest[:12]}.", f"See `gainful agent history {name}`.")
        return version_of(found)

    def enabled(self, complain: Callable[[GainfulError], None]) -> list[tuple[AgentVersion, datetime]]:
        """The agents that are to be woken, by name, each with when it was enabled last.

        One that cannot be used is complained of and left out.
        """
        found = []
        for name in self._versions.names():
            try:
                standing = self._versions.current(name)
                if standing is not None and standing.enabled:
                    found.append((version_of(standing.version), standing.at))
            except GainfulError as error:
                complain(error)
        return found

    def tools(self, version: AgentVersion) -> dict[str, Tool]:
        """Every tool that there is for a run of this version outside of chats, its own skills and memory among them.

        Raises:
            SkillInvalid, SkillUnpinned, SkillChanged: A skill is not the one that its owner has looked at.
        """
        name = version.file.name
        folder = self.folder.of(name) / SKILLS
        skills = [self._pinned(folder / skill, version) for skill in version.file.skills]
        made = [*memory_tools(name, self.memories), *skill_tools(name, folder, skills, version.pins)]
        return {**self._toolbox.tools(name), **{tool.spec.name: tool for tool in made}}

    def _pinned(self, folder: Path, version: AgentVersion) -> Skill:
        skill = read_skill(folder)
        check_pinned(skill, version.pins, version.file.name)
        return skill

    def states(self) -> list[AgentState]:
        """How each agent stands, by name."""
        return [self.state(name) for name in self.names()]

    def state(self, name: str) -> AgentState:
        """How this agent stands.

        Raises:
            NoSuchAgent: There is none.
        """
        if name not in self.names():
            raise no_such_agent(name, self.names())
        draft, standing, problem = None, None, ""
        also: tuple[str, ...] = ()
        try:
            standing = self._versions.current(name)
            if name in self.folder.names():
                # Where it is wrong, the next line says all that is wrong with it.
                with suppress(AgentFileInvalid):
                    draft = self.draft(name)
                self.validate(name)
        except GainfulError as error:
            problem, also = str(error), error.also
        stored = _file_of(standing)
        digest = draft.version.digest if draft is not None else ""
        state = "new" if standing is None else "enabled" if standing.enabled else "disabled"
        return AgentState(
            name=name,
            state=state,
            changed=bool(standing is not None and digest and digest != standing.version.digest),
            problem=problem,
            also=also,
            file=draft.version.file if draft is not None else stored,
            standing=standing,
            stopped=self._guards.stops.reason(name),
        )

    def history(self, name: str) -> list[StoredVersion]:
        """Every version of this agent that was ever enabled, oldest first.

        Raises:
            NoSuchAgent: There is none.
        """
        if name not in self.names():
            raise no_such_agent(name, self.names())
        return self._versions.history(name)

    def diff(self, name: str, number: int) -> str:
        """What version `number` changed in the file, against the one before it; against nothing for the first.

        Raises:
            NoSuchAgent: There is none.
            Invalid: There is no such version.
        """
        texts = {version.number: version.text for version in self.history(name)}
        if number not in texts:
            raise Invalid(
                f"'{name}' has no version {number}.", f"`gainful agent history {name}` shows those there are."
            )
        return text_difference(texts.get(number - 1, ""), texts[number])

    # --- changing what is in force ------------------------------------------------------------------------------------

    def change(self, name: str) -> Change:
        """What enabling this agent would bring into force.

        Raises:
            NoSuchAgent, AgentFileInvalid, SkillLockInvalid: As they say.
            SkillInvalid, SkillUnpinned, SkillChanged: Somebody has to look at a skill first.
            NotYourAgent: It is somebody else's.
            AgentDamaged, ManifestDamaged: What stands is not what was enabled.
        """
        checked = self.validate(self._own(name))
        version = checked.draft.version
        if version.file.owner != self._guards.person:
            raise NotYourAgent(
                f"'{name}' belongs to {version.file.owner}, and you are {self._guards.person}.",
                f"Let {version.file.owner} enable it, or name yourself under `owner` in its file.",
            )
        for skill in skills_of(checked.draft).values():
            check_pinned(skill, version.pins, name)
        standing = self._versions.current(name)
        before = standing.version if standing is not None else None
        in_force = self._guards.in_force(name)
        same = in_force is not None and in_force.digest == checked.manifest.digest
        return Change(
            checked=checked,
            before=before,
            difference=text_difference(before.text if before is not None else "", version.text),
            manifest_difference="" if same else difference(in_force, checked.manifest),
            widens=() if same else tuple(widenings(in_force, checked.manifest)),
        )

    def enable(self, name: str, digest: str) -> Enabled:
        """The agent, woken from now on by what its file says, and allowed what it names.

        Args:
            digest: Of the version that its owner has looked at, or at least its first 12 digits.

        Raises:
            AgentChanged: The file is another one by now; nothing was changed.
            As `change`.
        """
        change = self.change(name)
        _check_shown(digest, change.digest, f"gainful agent validate {name}")
        manifest = self._guards.bring_in(change.checked.manifest)
        if manifest.state is not ManifestState.ACTIVE:
            return Enabled(None, self._guards.missing(manifest))
        # What it may do first, then what it is: a crash in between leaves the old agent, held to what was approved.
        version = change.checked.draft.version
        stored = self._versions.enable(
            name, version.digest, version.text, version.pins, version.file.owner, self._guards.person
        )
        return Enabled(stored)

    def disable(self, name: str) -> bool:
        """Let nothing wake this agent. What it may do stays, for when it is enabled again. False: nothing woke it.

        Raises:
            NoSuchAgent, AgentNotEnabled, AgentDamaged: As they say.
        """
        if name not in self.names():
            raise no_such_agent(name, self.names())
        return self._versions.disable(name, self._guards.person)

    def _own(self, name: str) -> str:
        """A name of an agent in this home: what is enabled lies where it will be looked for."""
        if name not in self.folder.names():
            raise no_such_agent(name, self.names())
        return name


def version_of(stored: StoredVersion) -> AgentVersion:
    """What a stored version says.

    Raises:
        AgentDamaged: Its content is not what its digest stands for.
        AgentFileInvalid: This Gainful does not read it any more.
    """
    if version_digest(stored.text, stored.pins) != stored.digest:
        raise damaged(stored.agent)
    return AgentVersion(_read(stored.agent, stored.number, stored.text), stored.text, stored.pins)


@lru_cache(maxsize=64)
def _read(agent: str, number: int, text: str) -> AgentFile:
    """A version's file; the same text says the same, so it is read once for many runs."""
    return agent_file_from(text, agent, f"version {number} of agents/{agent}/{FILE}")


def is_taken(name: str) -> bool:
    """Whether Gainful calls something of its own so."""
    return name in (*BUILT_IN, EVERYBODY)


def _cautions(file: AgentFile) -> Iterator[str]:
    """What can be so, and is hardly what somebody wanted."""
    for one in file.cautions():
        yield f"Line {one.line}: {one.what}. {one.fix}"


def check_name(name: str) -> None:
    """Passes when an agent may be called so.

    Raises:
        AgentExists: The name is a job's, or means every agent.
    """
    if is_taken(name):
        raise AgentExists(f"'{name}' is what Gainful calls something of its own.", "Choose another name.")


def _file_of(standing: Standing | None) -> AgentFile | None:
    try:
        return version_of(standing.version).file if standing is not None else None
    except GainfulError:
        return None


def _check_shown(given: str, digest: str, look: str) -> None:
    wanted = given.strip().lower()
    if len(wanted) < SHORTEST_DIGEST or not digest.startswith(wanted):
        raise AgentChanged(
            f"'{wanted[:64]}' is not the digest of what lies there now.",
            f"Look at it with `{look}`, and give at least {SHORTEST_DIGEST} digits of the digest that stands there.",
        )
