"""An agent: a versioned file that says what a chore is, who owns it, what it may do, and how its outcome is judged."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.policy.manifest import Manifest


@dataclass(frozen=True, slots=True)
class TriggerText:
    """What wakes an agent, as its file says it.

    Args:
        kind: cron, chat, mail, webhook, file, after or hand.
        fields: What that kind needs, such as `cron` and `zone`; checked by the trigger itself.
    """

    kind: str
    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """One field."""
        return dict(self.fields).get(name, default)


@dataclass(frozen=True, slots=True)
class Claim:
    """The outcome that the agent claims for its work, and how that is judged.

    Args:
        outcome: In a few words, such as `question answered`.
        work_item: Of which kind of item each run is for: mail, thread, event, run ...
        judged_by: Who or what accepts it: `reaction:white_check_mark`, `reply`, `owner`, `merge` ...
        within_days: After which silence is no acceptance.
    """

    outcome: str = ""
    work_item: str = ""
    judged_by: str = "owner"
    within_days: int = 14


@dataclass(frozen=True, slots=True)
class Agent:
    """One version of one agent.

    Args:
        name: One word of small letters, digits and hyphens.
        owner: The person it works for.
        purpose: One sentence.
        model: `PROVIDER:MODEL`; empty takes the installation's.
        tools: Names of the tools that it is shown; each must be granted by the manifest.
        manifest: What it may ever do.
        triggers: What wakes it.
        skills: Names of the skill folders that it may load.
        instructions: Markdown, in the owner's words.
        digest: SHA-256 (hex) of the whole file: its version.
        approve_with: Where it asks for approval besides the terminal: a chat room's or member's name; empty: nowhere.
    """

    name: str
    owner: str
    purpose: str
    instructions: str
    manifest: Manifest
    digest: str
    model: str = ""
    tools: tuple[str, ...] = ()
    triggers: tuple[TriggerText, ...] = ()
    skills: tuple[str, ...] = ()
    claim: Claim = Claim()
    approve_with: str = ""
