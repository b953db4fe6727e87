"""A plan: what is live, what would be, what lies between, and whether it is worth the trouble.

made = plan(service, shipping, history, state, "main", at=now)
made.verdict.action        # proceed, flag or refuse
made.hash                  # what an approval is bound to
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gainful.core.deployment import Action, Intent, Kind, Release, TargetState
from gainful.core.redaction import redact
from gainful.core.shipped import digest_of_digests
from gainful.core.value import Json
from gainful.core.visible import visible
from gainful.jobs.deploy.planning.declaration import Shipping
from gainful.jobs.deploy.planning.difference import Difference, difference
from gainful.jobs.deploy.planning.settings import Settings, ShownFile, config_digest, settings_diff
from gainful.jobs.deploy.planning.verdict import Facts, Past, Verdict, judged
from gainful.sdk.deploy_target import ReleaseInvalid
from gainful.sdk.history import Commit, FileChange, History, NoSuchCommit

MOST_COMMITS = 50
MOST_COUNTED = 1000
MOST_PATHS = 100
LONGEST_TEXT = 200
LONGEST_READ = 5000
"""Letters of somebody's words that are looked at: a subject may be as long as its author likes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment would do.

    Args:
        live: What runs now; None where nothing was ever deployed.
        commits: What the candidate has and the live release has not, newest first, at most 50; their texts are made
            visible, and are still the words of whoever wrote them.
        commit_count: How many there are; 1,000 stands for that many or more.
        authors: Of all that were counted, by how much they wrote.
        undone: How many commits the live release has and the candidate has not.
        files: Paths that ship and differ, at most 100.
        file_count: How many there are.
        settings: What of the settings differs, as lines, without secrets.
        migrations: Paths that change a database: going back by moving traffic does not take these back.
        made_at: Not part of the hash.
    """

    service: str
    live: Release | None
    candidate: Release
    intent: Intent
    reason: str
    verdict: Verdict
    made_at: datetime
    commits: tuple[Commit, ...] = ()
    commit_count: int = 0
    authors: tuple[str, ...] = ()
    undone: int = 0
    files: tuple[str, ...] = ()
    file_count: int = 0
    settings: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """What an approval is bound to: which release takes the place of which, of what service, and why."""
        bound = [self.service, self.live and asdict(self.live), asdict(self.candidate), self.intent.value]
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(b"gainful plan, version 1\x00" + text.encode("ascii")).hexdigest()

    def as_json(self) -> dict[str, Json]:
        """The plan as it is kept."""
        told: dict[str, Json] = json.loads(json.dumps(asdict(self), default=_told))
        return told | {"hash": self.hash}


def plan(
    service: str,
    shipping: Shipping,
    history: History,
    state: TargetState,
    revision: str,
    *,
    at: datetime,
    past: Sequence[Past] = (),
    newer: Sequence[str] = (),
    settings: Settings | None = None,
    settings_before: Mapping[str, ShownFile] | None = None,
    intent: Intent = Intent.CHANGE,
    reason: str = "",
) -> Plan:
    """A plan to make this revision live. Reads the history, and changes nothing.

    Args:
        state: What the target runs, read from it just now.
        past: Earlier deployments of the service.
        newer: Plans of the service that were made after this one, by name.
        settings: What the service is given beside its files.
        settings_before: What was kept of that for the live release; None where nobody did.

    Raises:
        NoSuchCommit: The revision names none.
        ReleaseInvalid: Nothing in it ships.
        ReasonMissing: A restart without a reason.
    """
    head = history.resolve(revision)
    live = state.live.release if state.live else None
    candidate = Release(head.id, shipped_digest(history, shipping, head.id), config_digest(settings or {}), head.tree)
    base = _known(history, live)
    changes = history.changes(base.id, head.id) if base else ()
    found = _difference(history, shipping, live, base, candidate, changes)
    facts = Facts(live, candidate, found, state.live.drift if state.live else (), past, newer)
    verdict = judged(facts, intent, reason)
    counted = history.commits(base.id, head.id, MOST_COUNTED) if base else ()
    return Plan(
        service, live, candidate, intent, _shown(reason), verdict, at,
        commits=tuple(map(_shown_commit, counted[:MOST_COMMITS])),
        commit_count=len(counted),
        authors=_authors(counted),
        undone=len(history.commits(head.id, base.id, MOST_COUNTED)) if base else 0,
        files=tuple(map(_shown, found.paths[:MOST_PATHS])),
        file_count=len(found.paths),
        settings=_settings(live, candidate, settings_before, settings or {}),
        migrations=tuple(_shown(path) for path in found.paths if shipping.is_migration(path))[:MOST_PATHS],
    )  # fmt: skip


def plan_from_json(kept: Json) -> Plan:
    """The plan that `as_json` wrote."""
    fields: dict[str, Any] = {**kept}
    fields.pop("hash", None)
    lists = ("authors", "files", "settings", "migrations")
    return Plan(
        **fields
        | {name: tuple(fields[name]) for name in lists}
        | {
            "live": Release(**kept["live"]) if kept["live"] else None,
            "candidate": Release(**kept["candidate"]),
            "intent": Intent(kept["intent"]),
            "verdict": Verdict(
                Kind(kept["verdict"]["kind"]), Action(kept["verdict"]["action"]), tuple(kept["verdict"]["proof"])
            ),
            "made_at": datetime.fromisoformat(kept["made_at"]),
            "commits": tuple(Commit(**one | {"at": datetime.fromisoformat(one["at"])}) for one in kept["commits"]),
        }
    )


def shipped_digest(history: History, shipping: Shipping, commit: str) -> str:
    """The digest over what ships of a commit.

    Raises:
        ReleaseInvalid: Nothing does.
    """
    files = {path: blob for path, blob in history.files(commit).items() if shipping.has(path)}
    if not files:
        raise ReleaseInvalid(f"Nothing in commit {commit[:12]} ships.", "Compare `ships` with the paths in it.")
    digests = history.digests([blob.id for blob in files.values()])
    return digest_of_digests((path, blob.mode, digests[blob.id]) for path, blob in files.items())


def _settings(
    live: Release | None, candidate: Release, before: Mapping[str, ShownFile] | None, after: Settings
) -> tuple[str, ...]:
    if before is None and live is not None and live.config and live.config != candidate.config:
        return ("The settings differ, and nobody kept those that the live release was given.",)
    return settings_diff(before, after)


def _known(history: History, live: Release | None) -> Commit | None:
    """The commit that is live, where the target tells it and the repository has it."""
    if live is None or not live.commit:
        return None
    try:
        return history.resolve(live.commit)
    except NoSuchCommit:
        return None


def _difference(
    history: History,
    shipping: Shipping,
    live: Release | None,
    base: Commit | None,
    candidate: Release,
    changes: Sequence[FileChange],
) -> Difference:
    """What differs, by files where what is live is known to be what its commit ships, else by digests alone."""
    if live is None:
        return Difference(known=False)
    if live.digest == candidate.digest:
        found = difference(history, shipping, changes)
        # Where the target and its commit disagree, the target knows what it runs.
        return found if base and not found.paths else Difference(known=False)
    if base is None:
        told = f"the commit that is live ({live.commit[:12] or 'not told'}) is not in this repository"
        return Difference(real=(told, _digests(live, candidate)), known=False)
    found = difference(history, shipping, changes)
    if found.real or not live.digest:
        return found
    # Before it is called pointless: is that what runs? What ships may have been declared otherwise.
    if _digest_or_none(history, shipping, base.id) != live.digest:
        told = f"what is live is not what commit {base.id[:12]} ships, as it is declared now"
        return Difference(real=(told, _digests(live, candidate)), known=False, paths=found.paths)
    return found


def _digest_or_none(history: History, shipping: Shipping, commit: str) -> str:
    try:
        return shipped_digest(history, shipping, commit)
    except ReleaseInvalid:
        return ""


def _digests(live: Release, candidate: Release) -> str:
    return f"content {live.digest[:19] or 'not told'} becomes {candidate.digest[:19]}"


def _authors(commits: Sequence[Commit]) -> tuple[str, ...]:
    count: dict[str, int] = {}
    for commit in commits:
        count[commit.author] = count.get(commit.author, 0) + 1
    ordered = sorted(count, key=lambda author: (-count[author], author))
    return tuple(map(_shown, ordered[:MOST_COMMITS]))


def _shown_commit(commit: Commit) -> Commit:
    return Commit(commit.id, commit.tree, _shown(commit.author), commit.at, _shown(commit.subject))


def _shown(text: str) -> str:
    """Somebody's words on one line: nothing in them hides, and no secret is repeated."""
    return " ".join(visible(redact(text[:LONGEST_READ])).split())[:LONGEST_TEXT]


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
