"""What is asked of a policy, and what it may know when it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gainful.core.label import Label
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import Value
from gainful.policy.manifest import Manifest, ToolGrant, outside
from gainful.policy.organisation import OrganisationRule
from gainful.policy.plan import Match


@dataclass(frozen=True, slots=True)
class Request:
    """One tool call that somebody wants to make.

    Args:
        arguments: Each with its labels, given outside the model's reach.
        takes_away: Whether something leaves the place where the person looks for it.
    """

    agent: str
    spec: ToolSpec
    arguments: Mapping[str, Value] = field(default_factory=dict)
    takes_away: bool = False

    @property
    def effect(self) -> Effect:
        """How far this very call reaches: farther than the tool by itself when it makes others take part."""
        if any(self._given(name) for name in self.spec.attends):
            return Effect.EGRESS
        return self.spec.effect

    @property
    def consequential(self) -> bool:
        """Whether others see it, or it cannot be undone."""
        return self.effect in (Effect.EGRESS, Effect.IRREVERSIBLE)

    @property
    def is_plain_read(self) -> bool:
        """Whether it only reads, on a machine that is the person's own."""
        return self.effect is Effect.READ and self.spec.act is not Act.FETCH

    def granted_by(self, manifest: Manifest | None) -> ToolGrant | None:
        """The first grant that this very call is inside of; None when there is none."""
        grants = manifest.grants(self.spec.name) if manifest is not None else ()
        return next((grant for grant in grants if not outside(grant, self.arguments)), None)

    def in_role(self, *roles: Role) -> list[tuple[str, Value]]:
        """The arguments of these roles that are given."""
        return [(name, value) for name, value in self.arguments.items() if self.spec.arguments.get(name) in roles]

    def _given(self, name: str) -> bool:
        value = self.arguments.get(name)
        return value is not None and any(scalar.data not in (None, "", False) for scalar in value.leaves())


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What is known about the mail that a request touches, found out independently of who asks.

    Args:
        action_label: A label that asks the person for something was decided, or given by the person.
        vip: The sender is on the person's list of people never to miss.
        written_to: The person has written to the sender, or in this conversation.
        unreadable: The mail could not be read in full.
        put_back: The person has moved this mail, or another one of its sender, back once.
    """

    action_label: bool = False
    vip: bool = False
    written_to: bool = False
    unreadable: bool = False
    put_back: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """How the run has gone so far.

    Args:
        steps: Calls made.
        lasted: Since it began, waiting for a person left out.
        same_call: How often this very call was made before.
        refusals: Calls that were denied.
        hops: How many agents' messages lie between this run and a person.
        in_run, in_day: Calls of this tool by this agent before, in this run and in the last 24 hours.
    """

    steps: int = 0
    lasted: timedelta = timedelta(0)
    same_call: int = 0
    refusals: int = 0
    hops: int = 0
    in_run: int = 0
    in_day: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a request is decided.

    Args:
        manifest: Of the agent, in the version that its owner approved; without one nothing is allowed.
        applied: The person asked for effects (`--apply`, a schedule); otherwise only a preview.
        tainted: The run has read something that a stranger may have written.
        match: How the call stands to the run's plan; None when the run has none.
        exposed: Stored labels of the objects whose content leaves with the call.
        stopped: Why everything, or this agent, was stopped; empty when it was not.
    """

    manifest: Manifest | None = None
    applied: bool = True
    tainted: bool = False
    match: Match | None = None
    exposed: Mapping[str, Label] = field(default_factory=dict)
    stopped: str = ""
    course: Course = field(default_factory=Course)
    organisation: tuple[OrganisationRule, ...] = ()
    mail: MailFacts = field(default_factory=MailFacts)
