"""How an agent stands, and what enabling it would change, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.agents.file.agent_file import AgentFile
from gainful.app.agent.agent_folder import Draft
from gainful.policy.manifest import Manifest
from gainful.storage.agents.agent_store import Standing, StoredVersion


@dataclass(frozen=True, slots=True)
class Checked:
    """An agent that may be enabled as it is written now, as far as its file tells.

    Args:
        notes: What its owner should know: what is not set up yet, what nobody has looked at.
    """

    draft: Draft
    manifest: Manifest
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What enabling an agent would bring into force.

    Args:
        before: The version that stands; None for a new agent.
        difference: In the file, as a unified diff.
        manifest_difference: In what it may do, as a unified diff; empty where nothing changes.
        widens: A sentence for each thing that it may do more than before.
    """

    checked: Checked
    before: StoredVersion | None
    difference: str
    manifest_difference: str
    widens: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of the version that would stand."""
        return self.checked.draft.version.digest


@dataclass(frozen=True, slots=True)
class Enabled:
    """What enabling came to.

    Args:
        version: That stands now; None while somebody else's word is missing.
        waits_for: Whose.
    """

    version: StoredVersion | None
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class AgentState:
    """How an agent stands.

    Args:
        state: `enabled`, `disabled`, or `new` when it was never enabled.
        changed: Its file, or a skill's pin, is another one than stands.
        problem: Why its file, or what stands, cannot be used; empty when it can.
        also: What else is wrong with it.
        file: What its file says; what stands where the file cannot be read; None where neither can.
        stopped: Why it may do nothing at the moment.
    """

    name: str
    state: str
    changed: bool
    problem: str
    file: AgentFile | None
    standing: Standing | None
    stopped: str
    also: tuple[str, ...] = ()
