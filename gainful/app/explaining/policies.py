"""The rules in force, where each comes from, what changed when, and what the gate would say: all of it by looking.

policies.organisation()                                  # rules with their file and line
policies.check("answer", "mail.send", {"to": ["ada@example.org"]}, strangers=False)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gainful.app.agent.agents import Agents
from gainful.app.guarding.guards import BUILT_IN, Guards, NoSuchAgent
from gainful.app.tooling.tools import job_tools
from gainful.core.errors import GainfulError, Invalid
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.tool import ToolSpec
from gainful.core.value import Json, uniform
from gainful.gate.audit import Recorded
from gainful.policy.decide import decide
from gainful.policy.decision import Decision
from gainful.policy.manifest import Manifest
from gainful.policy.manifest_words import conditions, limits, never
from gainful.policy.request import Facts, Request
from gainful.policy.rule_words import sentence_of
from gainful.storage.gate.organisation_file import OrganisationFile

_STRANGERS = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"somebody:unknown"}))
"""Words that a stranger may have written, wherever they were read."""


class NoSuchTool(Invalid):
    """No tool of this name is known here."""

    code = "no-such-tool"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is written.

    Args:
        line: From 1 on; 0 where no single line says it.
    """

    file: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A rule in a sentence."""

    id: str
    verdict: str
    sentence: str
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant of a manifest.

    Args:
        word: `read` or `act`.
        reach: How far the tool reaches; `?` where it is not known here.
        only: What a call must fit.
    """

    word: str
    tool: str
    reach: str
    only: str
    source: Source


@dataclass(frozen=True, slots=True)
class Held:
    """What one agent or job is held to.

    Args:
        since: When it came into force; None where a job has not acted yet.
        damaged: Why nothing may happen; empty where all is well.
        stopped: Why it may do nothing now; empty where it is not stopped.
    """

    agent: str
    owner: str = ""
    version: int = 0
    digest: str = ""
    approved_by: tuple[str, ...] = ()
    since: datetime | None = None
    grants: tuple[Granted, ...] = ()
    never: str = ""
    limits: tuple[str, ...] = ()
    stopped: str = ""
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Something about the rules that has changed.

    Args:
        agent: Whose manifest; empty: the organisation's policy.
        what: `proposed`, `active`, `refused` or `replaced`; of a policy `read` or `none`.
        widens: What it allows more than before, in sentences.
    """

    at: str
    agent: str
    by: str
    what: str
    digest: str
    widens: tuple[str, ...]


class Policies:
    """What one installation's rules are."""

    def __init__(self, guards: Guards, agents: Agents, organisation: OrganisationFile) -> None:
        self._guards = guards
        self._agents = agents
        self._organisation = organisation

    # --- looking ------------------------------------------------------------------------------------------------------

    def organisation(self) -> list[Written]:
        """What the organisation adds, rule by rule.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen before the file is mended.
        """
        file = str(self._organisation.path or "")
        return [
            Written(rule.id, rule.verdict, sentence_of(rule), rule.reason, Source(file, line))
            for rule, line in self._organisation.read()
        ]

    def held(self) -> list[Held]:
        """What each agent and job is held to, by name."""
        return [self._held(name) for name in sorted({*self._guards.known(), *self._agents.names()})]

    def changes(self, limit: int) -> list[Change]:
        """The last so many changes, newest first."""
        return [_change(entry) for entry in self._guards.manifests.log(limit)]

    def tools(self, agent: str) -> Mapping[str, ToolSpec]:
        """Every tool that is known here, by name; of a built-in job also those that no agent is given."""
        specs = self._agents.specs(agent)
        return {**specs, **job_tools(agent)} if agent in BUILT_IN else specs

    def _held(self, agent: str) -> Held:
        stopped = self._guards.stops.reason(agent)
        try:
            version = self._guards.shown(agent)
        except GainfulError as error:
            return Held(agent, stopped=stopped, damaged=str(error))
        if version is None:
            return Held(agent, never="It may do nothing: nobody has approved what it may do.", stopped=stopped)
        tools, manifest = self.tools(agent), version.manifest
        return Held(
            agent,
            owner=version.owner,
            version=version.number,
            digest=version.digest,
            approved_by=tuple(version.approved_by),
            since=version.settled_at,
            grants=tuple(self._grants(agent, manifest, tools)),
            never=never(manifest, tools),
            limits=tuple(limits(manifest)),
            stopped=stopped,
        )

    def _grants(self, agent: str, manifest: Manifest, tools: Mapping[str, ToolSpec]) -> Iterator[Granted]:
        file, lines = self._file(agent)
        for word, granted in (("read", manifest.reads), ("act", manifest.effects)):
            for grant in granted:
                reach = str(tools[grant.tool].effect) if grant.tool in tools else "?"
                yield Granted(word, grant.tool, reach, conditions(grant), Source(file, _line_of(grant.tool, lines)))

    def _file(self, agent: str) -> tuple[str, list[str]]:
        """The file that an agent's manifest was made of, and its lines as they are now."""
        if agent in self._agents.folder.names():
            path = self._agents.folder.of(agent) / "AGENT.md"
            return f"agents/{agent}/AGENT.md", path.read_text(encoding="utf-8", errors="replace").splitlines()
        return ("brought by Gainful" if agent in BUILT_IN else "proposed by hand"), []

    # --- asking -------------------------------------------------------------------------------------------------------

    def check(self, agent: str, tool: str, arguments: Mapping[str, Json], *, strangers: bool) -> Decision:
        """What the gate would answer now, by the very function that it decides with. Nothing is written down.

        The arguments count as typed by the agent's owner. What only a run has, its plan and its calls so far, is not
        there: a limit that a run has reached is not seen here.

        Args:
            strangers: The run has read what a stranger may have written, and the arguments hold words of that.

        Raises:
            NoSuchAgent, NoSuchTool: As they say.
            ManifestDamaged, OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        if agent not in {*self._guards.known(), *self._agents.names()}:
            raise NoSuchAgent(f"No agent is called '{agent[:80]}'.", "The page of policies lists them.")
        spec = self.tools(agent).get(tool)
        if spec is None:
            raise NoSuchTool(f"No tool is called '{tool[:80]}' here.", "`gainful tools list` shows those that are.")
        label = _STRANGERS if strangers else TYPED
        values = {name: uniform(value, label) for name, value in arguments.items()}
        version = self._guards.shown(agent)
        facts = Facts(
            manifest=version.manifest if version is not None else None,
            tainted=strangers,
            stopped=self._guards.stops.reason(agent),
            organisation=tuple(rule for rule, _ in self._organisation.read()),
        )
        return decide(Request(agent, spec, values), facts)


def _line_of(tool: str, lines: Sequence[str]) -> int:
    """The last line of a file's head that names a tool: where it says how far, if it does; 0 where none does."""
    end = next((number for number, text in enumerate(lines, 1) if number > 1 and text.strip() == "---"), len(lines))
    named = [number for number, text in enumerate(lines[:end], 1) if tool in re.split(r"[^a-z0-9_.-]+", text)]
    return named[-1] if named else 0


def _change(entry: Recorded) -> Change:
    detail = entry.as_json()["detail"]
    widens = detail.get("widens", []) if isinstance(detail, dict) else []
    told = tuple(str(one) for one in widens) if isinstance(widens, list) else ()
    return Change(str(entry.at), entry.agent, entry.actor, entry.verdict, entry.effect, told)
