"""What each agent and job may do at this moment: its manifest, the stops, the organisation's rules, the audit log."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from copy import copy
from importlib import resources

from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.core.run import Run
from gainful.gate.guard import Guard
from gainful.policy.manifest import Manifest, ManifestInvalid, difference, manifest_from, widenings
from gainful.policy.manifest_version import SHIPPED, ManifestState, ManifestVersion, missing
from gainful.policy.organisation import OrganisationRule
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.manifest_store import ManifestStore
from gainful.storage.gate.organisation_file import OrganisationFile
from gainful.storage.gate.stop_store import EVERYBODY, Stop, StopStore

BUILT_IN = ("triage", "deploy")
"""Jobs that bring a manifest."""

LONGEST_REASON = 300
"""Characters of the reason for a stop."""


class Stopped(Refused):
    """A person has stopped the agent, or all of them."""

    code = "stopped"


class NoSuchAgent(Invalid):
    """Nobody is known under this name: no job, and no agent with a manifest."""

    code = "no-such-agent"


class Guards:
    """Makes the guard of an agent or job; knows who is stopped.

    Args:
        person: Who works with this installation.
        team: People who may answer for agents beside their owners.
    """

    def __init__(
        self,
        stops: StopStore,
        manifests: ManifestStore,
        organisation: OrganisationFile,
        audit: AuditStore,
        clock: Clock,
        person: str,
        team: Sequence[str] = (),
    ) -> None:
        self.person = person
        self.team = tuple(team)
        self.stops = stops
        self.manifests = manifests
        self._organisation = organisation
        self._audit = audit
        self._clock = clock

    def acting(self, person: str) -> Guards:
        """The same as another person has them: what they stop, propose and approve is in their name."""
        other = copy(self)
        other.person = person
        return other

    # --- guards -----------------------------------------------------------------------------------------------------

    def guard(self, agent: str, run_id: str = "") -> Guard:
        """The guard of this agent or job, with the manifest that its owner approved; without one it may do nothing.

        Args:
            run_id: Of the run that it guards, which may be stopped by itself.

        Raises:
            ManifestDamaged, OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        return self._made(agent, self.in_force(agent), run_id)

    def job(self, name: str, *, applied: bool, run_id: str = "") -> Guard:
        """The guard of a built-in job. The first run with effects approves the manifest that it brings.

        A preview changes nothing, so there it is held to what the job would bring.

        Raises:
            ManifestDamaged, OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        if applied:
            self.adopt(name)
            return self.guard(name, run_id)
        return self._made(name, self.in_force(name) or built_in(name), run_id)

    def rehearsing(self, manifest: Manifest, run_id: str = "") -> Guard:
        """The guard of an agent that is tried out: held to this manifest, approved or not, since nothing is done."""
        return self._made(manifest.agent, manifest, run_id)

    def by_hand(self, job: str) -> Guard:
        """The guard of what a person themselves takes back or puts right: a stop of the job does not hold them up."""
        self.adopt(job)
        return Guard(job, self.in_force(job), _Nobody(), self._audit, self._organisation.rules())

    def stricter(self, job: str, rules: Sequence[OrganisationRule]) -> Guard:
        """The guard of a built-in job that acts, held to these rules besides those of the organisation.

        Raises:
            ManifestDamaged, OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        self.adopt(job)
        return Guard(job, self.in_force(job), self.stops, self._audit, (*self._organisation.rules(), *rules))

    def way_back(self, job: str) -> Guard:
        """The guard of a job that takes back what it did: neither a stop nor a question holds that up."""
        self.adopt(job)
        return Guard(job, self.in_force(job), _Nobody(), self._audit)

    def adopt(self, job: str) -> None:
        """Take over what the installed version brings for this job; see `ManifestStore.adopt`."""
        self.manifests.adopt(built_in(job), self.person)

    def propose(self, agent: str, text: str) -> ManifestVersion:
        """The manifest of this TOML text, proposed for the agent; what is in force stays so until it is approved.

        Raises:
            ManifestInvalid, ManifestUnchanged, ManifestDamaged: As they say; nothing was changed.
        """
        try:
            manifest = manifest_from(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ManifestInvalid(f"The manifest is not TOML: {error}.", "Mend that line.") from None
        if manifest.agent != agent or agent == EVERYBODY:
            raise ManifestInvalid(
                f"The manifest is of '{manifest.agent}', it was proposed for '{agent[:80]}'.",
                f"Let them be the same, and not '{EVERYBODY}'.",
            )
        return self.manifests.propose(manifest, self.person)

    def approve(self, agent: str, digest: str) -> ManifestVersion:
        """The proposed manifest with this person's approval; see `ManifestStore.approve`."""
        return self.manifests.approve(agent, digest, self.person, self.team)

    def bring_in(self, manifest: Manifest) -> ManifestVersion:
        """The version with this content and this person's approval, who has looked at exactly that.

        In force, unless a second person's word is missing. What is in force or approved already stays as it is.

        Raises:
            NotYourManifest, ManifestDamaged: As they say; nothing was changed, or it waits for its owner.
        """
        active, waiting = self.manifests.active(manifest.agent), self.manifests.proposed(manifest.agent)
        if active is not None and active.digest == manifest.digest:
            return active
        if waiting is None or waiting.digest != manifest.digest:
            waiting = self.manifests.propose(manifest, self.person)
        if self.person in waiting.approved_by:
            return waiting
        return self.approve(manifest.agent, manifest.digest)

    def refuse(self, agent: str, digest: str = "") -> ManifestVersion:
        """The proposed manifest, refused; see `ManifestStore.refuse`."""
        return self.manifests.refuse(agent, digest, self.person, self.team)

    def shown(self, agent: str) -> ManifestVersion | None:
        """What is in force for an agent; of a job that has not acted yet what it would bring; None without either."""
        version = self.manifests.active(agent)
        if version is not None or agent not in BUILT_IN:
            return version
        brought = built_in(agent)
        state = ManifestState.PROPOSED
        return ManifestVersion(0, brought, brought.digest, state, self.person, SHIPPED, self._clock())

    def missing(self, version: ManifestVersion) -> str:
        """Whose approval a proposed manifest still needs, in words; empty when nobody's."""
        return missing(version, self.in_force(version.agent), self.team)

    def change(self, version: ManifestVersion) -> tuple[str, list[str]]:
        """What a version would change in what is in force: a unified diff, and a sentence for each widening."""
        before = self.in_force(version.agent)
        return difference(before, version.manifest), widenings(before, version.manifest)

    def in_force(self, agent: str) -> Manifest | None:
        """What an agent may do now; None when nothing.

        Raises:
            ManifestDamaged: It is not what was approved.
        """
        version = self.manifests.active(agent)
        return version.manifest if version is not None else None

    def _made(self, agent: str, manifest: Manifest | None, run_id: str = "") -> Guard:
        return Guard(agent, manifest, _StopsOfRun(self.stops, run_id), self._audit, self._organisation.rules())

    def waiting(self, agent: str) -> str:
        """A sentence about a wider manifest that waits for approval; empty when none does."""
        version = self.manifests.proposed(agent)
        if version is None:
            return ""
        before = self.in_force(agent)
        by = "This version of Gainful" if version.proposed_by == SHIPPED else version.proposed_by
        more = " ".join(widenings(before, version.manifest)[:3]) or "It only narrows."
        whom = missing(version, before, self.team)
        return (
            f"{by} proposes version {version.number} of the manifest of '{agent}': {more} Until {whom} approves it, "
            f"the one before holds: `gainful manifest approve {agent}`."
        )

    def organisation(self) -> tuple[OrganisationRule, ...]:
        """The organisation's rules as they stand now.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        return self._organisation.rules()

    def organisation_now(self) -> tuple[OrganisationRule, ...]:
        """The same for who only looks: not even that the file has changed is written down.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: As they say.
        """
        return self._organisation.peek()

    # --- stops ------------------------------------------------------------------------------------------------------

    def known(self) -> list[str]:
        """Names of the jobs and agents that may have something to do."""
        return sorted({*BUILT_IN, *self.manifests.agents()})

    def check(self, agent: str) -> None:
        """Go on only if this agent is not stopped.

        Raises:
            Stopped: It is.
        """
        reason = self.stops.reason(agent)
        if reason:
            raise Stopped(reason, self.way_on(agent))

    def way_on(self, agent: str) -> str:
        """How to let a stopped agent go on."""
        names = [stop.agent for stop in self.stops.all() if stop.agent in (agent, EVERYBODY)]
        return " and ".join(f"`gainful resume {name}`" for name in names or [agent]) + " lets it go on."

    def stop(self, agent: str, reason: str = "") -> bool:
        """Let this agent, or `all`, do nothing more. False: it was stopped already, and keeps its first reason.

        Raises:
            NoSuchAgent: As it says.
            Invalid: The reason is too long.
        """
        self._check_name(agent)
        return self.stops.put(Stop(agent, self.person, self._clock(), _reason(reason)))

    def stop_run(self, run: Run, reason: str = "") -> bool:
        """Let this run alone do nothing more. False: it was stopped already, and keeps its first reason.

        Raises:
            Invalid: The reason is too long.
        """
        return self.stops.put(Stop(run.job, self.person, self._clock(), _reason(reason), run.id))

    def resume(self, agent: str) -> bool:
        """Let this agent, or `all`, go on. False: it was not stopped.

        Raises:
            NoSuchAgent: As it says.
        """
        if agent not in [stop.agent for stop in self.stops.all()]:
            self._check_name(agent)
        return self.stops.lift(Stop(agent, self.person, self._clock()))

    def _check_name(self, agent: str) -> None:
        # A stop with a mistyped name would stop nobody, and nobody would notice.
        if agent != EVERYBODY and agent not in self.known():
            raise NoSuchAgent(
                f"No agent is called '{agent[:80]}', or it was never enabled.",
                f"Known are {', '.join(self.known())}, and '{EVERYBODY}'.",
            )


def _reason(given: str) -> str:
    text = " ".join(given.split())
    if len(text) > LONGEST_REASON:
        raise Invalid(f"The reason has {len(text)} characters.", f"Say it in {LONGEST_REASON}.")
    return text


class _StopsOfRun:
    """The stops as they count for one run: of everything, of its agent, and its own."""

    def __init__(self, stops: StopStore, run_id: str) -> None:
        self._stops = stops
        self._run_id = run_id

    def reason(self, agent: str) -> str:
        """Why the run may do nothing more; empty when it may."""
        return self._stops.reason(agent, self._run_id)


class _Nobody:
    """Nobody is stopped."""

    def reason(self, agent: str) -> str:
        """Empty."""
        del agent
        return ""


def built_in(job: str) -> Manifest:
    """The manifest that a job brings."""
    file = resources.files(f"gainful.jobs.{job}") / "manifest.toml"
    return manifest_from(tomllib.loads(file.read_text(encoding="utf-8")))
