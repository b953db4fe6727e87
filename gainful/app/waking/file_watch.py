"""Which files that agents wait for have another content than they had.

Looked for by size and time first, which costs next to nothing; only what differs is read. A file counts once it has
rested for a second, so that nobody is woken for half of one. What is remembered of the files, and what is claimed for
them, is written down together.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gainful.agents.waking.happening import Changed
from gainful.agents.waking.matching import fits, is_named
from gainful.agents.waking.occurrence import compared, occurrence_of, too_far
from gainful.agents.waking.trigger import FileTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.dispatch import Dispatch, changed_digest
from gainful.core.errors import GainfulError, Invalid
from gainful.core.occurrence import Occurrence
from gainful.core.value import Json
from gainful.storage.agents.occurrence_store import Candidate, Mark

RESTED = timedelta(seconds=1)
"""How long a file must have stayed as it is."""

MOST_FILES = 1000
"""Files that one trigger watches."""

PORTION = 1 << 20
LARGEST = 64 << 20
"""Octets of a file that is read. A larger one is told by size and time: reading it would hold up everything else."""

Hops = Callable[[str, datetime], int]
"""How far from a person a file is that was last changed then; see `OccurrenceStore.hops_of_object`."""


class FolderTooFull(Invalid):
    """A trigger waits for changes of more files than can be watched."""

    code = "folder-too-full"


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it lies there, without having been read."""

    size: int
    modified: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.modified / 1_000_000_000, UTC)


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as it was read last.

    Args:
        number: How often another content was found.
    """

    look: _Look
    sha256: str
    number: int = 0

    def as_json(self) -> list[Json]:
        return [self.look.size, self.look.modified, self.sha256, self.number]


_Place = tuple[str, str]
"""An agent and one of its triggers."""


class FileWatch:
    """Looks after all triggers by file. One thread uses it.

    Args:
        folders: Path on disk by the name that triggers use, as the settings have them.
    """

    def __init__(self, dispatch: Dispatch, folders: Mapping[str, Path], hops: Hops) -> None:
        self._dispatch = dispatch
        self._folders = dict(folders)
        self._hops = hops
        self._marks: dict[_Place, Mark] = {}
        self._resting: dict[tuple[_Place, str], tuple[_Look, datetime]] = {}
        self._troubled: dict[_Place, str] = {}

    def look(self, agents: Sequence[WakeableAgent]) -> list[Occurrence]:
        """Start what changed files wake. A folder that cannot be read is told once, and looked at again."""
        claimed = []
        for agent in agents:
            for trigger in agent.triggers:
                if isinstance(trigger, FileTrigger):
                    place = (agent.name, trigger.title)
                    try:
                        claimed += self._consider(place, agent, trigger)
                        self._troubled.pop(place, None)
                    except GainfulError as error:
                        if self._troubled.get(place) != error.code:
                            self._dispatch.complain(error)
                        self._troubled[place] = error.code
        return claimed

    def _consider(self, place: _Place, agent: WakeableAgent, trigger: FileTrigger) -> list[Occurrence]:
        now = self._dispatch.clock()
        seen = self._marks.get(place) or self._dispatch.store.mark(*place)
        if seen is None or seen.state.get("path") != trigger.path:
            self._begin(place, trigger, seen, now)
            return []
        self._marks[place] = seen
        known = {name: _Known(_Look(*line[:2]), *line[2:]) for name, line in seen.state["files"].items()}
        with _opened(self._folders, trigger) as folder:
            looks = folder.looks()
            found = self._found(place, folder, looks, known, now)
        if not found:
            return []
        candidates = list(self._candidates(agent, trigger, known, found, now))
        mark = _mark(place, trigger, {**_kept(known, looks), **found}, now)
        claimed = self._dispatch.store.advance(seen, mark, candidates, now)
        if claimed is None:
            # Another process looked meanwhile; what it left is seen at the next look.
            del self._marks[place]
            return []
        self._marks[place] = mark
        self._dispatch.begin(claimed)
        return claimed

    def _begin(self, place: _Place, trigger: FileTrigger, seen: Mark | None, now: datetime) -> None:
        """Remember what lies there when the trigger comes into force."""
        with _opened(self._folders, trigger) as folder:
            files = {name: _Known(look, folder.digest(name, look) or "") for name, look in folder.looks().items()}
        self._dispatch.store.advance(seen, _mark(place, trigger, files, now), [], now)

    def _found(
        self, place: _Place, folder: _Folder, looks: Mapping[str, _Look], known: Mapping[str, _Known], now: datetime
    ) -> dict[str, _Known]:
        """Files that look otherwise than they did, have rested, and have been read."""
        found = {}
        for name, look in looks.items():
            before = known.get(name)
            if before is not None and before.look == look:
                self._resting.pop((place, name), None)
            elif self._has_rested((place, name), look, now) and (digest := folder.digest(name, look)) is not None:
                is_other = before is None or before.sha256 != digest
                found[name] = _Known(look, digest, (before.number if before is not None else 0) + is_other)
                del self._resting[place, name]
        return found

    def _has_rested(self, which: tuple[_Place, str], look: _Look, now: datetime) -> bool:
        noticed, since = self._resting.get(which, (None, now))
        if noticed != look or now < since:
            self._resting[which] = (look, now)
            return False
        return now - since >= RESTED

    def _candidates(
        self,
        agent: WakeableAgent,
        trigger: FileTrigger,
        known: Mapping[str, _Known],
        found: Mapping[str, _Known],
        now: datetime,
    ) -> Iterator[Candidate]:
        """Each change is this trigger's alone: another one of the agent looks for itself."""
        for name, file in found.items():
            before = known.get(name)
            path = f"{trigger.path}/{name}"
            changed = Changed(path, file.sha256, file.number, now, before is None)
            if (before is None or before.sha256 != file.sha256) and fits(trigger, changed):
                hops = self._hops(f"file:{path}", file.look.at)
                occurrence = occurrence_of(agent, trigger, replace(changed, hops=hops))
                digest = changed_digest(agent, trigger, compared(occurrence))
                yield Candidate(occurrence, digest, refused=too_far(agent, occurrence))


def _kept(known: Mapping[str, _Known], looks: Mapping[str, _Look]) -> dict[str, _Known]:
    """What is still to be remembered. A file that is replaced is gone for a moment, and comes again as the same one."""
    if len(known) <= MOST_FILES:
        return dict(known)
    return {name: file for name, file in known.items() if name in looks}


def _mark(place: _Place, trigger: FileTrigger, files: Mapping[str, _Known], now: datetime) -> Mark:
    lines = {name: file.as_json() for name, file in sorted(files.items())}
    return Mark(*place, now, {"path": trigger.path, "files": lines})


@contextmanager
def _opened(folders: Mapping[str, Path], trigger: FileTrigger) -> Iterator[_Folder]:
    """The trigger's folder, reached as tools reach it: by descriptors, and through no link."""
    from gainful.connectors.files.folder import Folders, parts_of, sorted_errors

    with Folders(folders).opened(parts_of(trigger.path)) as descriptor, sorted_errors(trigger.path):
        yield _Folder(descriptor, trigger)


class _Folder:
    """One folder that is open."""

    def __init__(self, descriptor: int, trigger: FileTrigger) -> None:
        self._descriptor = descriptor
        self._trigger = trigger

    def looks(self) -> dict[str, _Look]:
        """The files in it that the trigger names, by name, and how they look.

        Raises:
            FolderTooFull: They are too many.
        """
        found = {}
        with os.scandir(self._descriptor) as entries:
            for entry in entries:
                # A link may lead anywhere, and changes without being changed.
                if is_named(entry.name, self._trigger.pattern) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found[entry.name] = _Look(status.st_size, status.st_mtime_ns)
        if len(found) > MOST_FILES:
            raise FolderTooFull(
                f"'{self._trigger.path}' holds {len(found)} files that the trigger '{self._trigger.title}' waits for; "
                f"{MOST_FILES} are watched at most.",
                "Write a narrower pattern, or move what is done with elsewhere.",
            )
        return dict(sorted(found.items()))

    def digest(self, name: str, look: _Look) -> str | None:
        """SHA-256 (hex) of what a file holds; None when it is not, or not any more, as it looked."""
        if look.size > LARGEST:
            return hashlib.sha256(f"{look.size} {look.modified}".encode()).hexdigest()
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._descriptor)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as file:
            digest = hashlib.sha256()
            while portion := file.read(PORTION):
                digest.update(portion)
            status = os.fstat(file.fileno())
        return digest.hexdigest() if _Look(status.st_size, status.st_mtime_ns) == look else None
