"""One service on one machine: each release in a folder of its own, two slots, and HAProxy's weights between them.

Every verb is made of steps that may be done again: the record is written after what it tells of, and traffic moves
before anything is ended. Whoever is killed in between leaves something that the same verb, called again, completes.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gainful.connectors.releases.process import SlotRunner
from gainful.connectors.releases.record import Filled, Record, read_record, write_record
from gainful.connectors.releases.store import Laid, ReleaseStore
from gainful.core.clock import Clock
from gainful.core.deployment import Release, Running, TargetState
from gainful.core.errors import Invalid, Refused
from gainful.sdk.balancing import Balancer, Place
from gainful.sdk.deploy_target import Abilities, Health, ReleaseInvalid, TargetRefused, TargetUnreachable
from gainful.sdk.grant import Grant
from gainful.sdk.tool import ToolUnreachable

LOOK = 0.05
"""Seconds between two looks at what is waited for."""
LOCK_SECONDS = 30.0


class ReleasesTarget:
    """The target.

    Args:
        folder: Where all of it lies.
        slots: Port on loopback, by slot.
        health_path: Asked of a slot itself, not through the balancer.
        start_seconds, drain_seconds: As in the settings.
        kept: Releases that stay on the disk beside the two in the slots.
    """

    def __init__(
        self,
        folder: Path,
        slots: Mapping[str, int],
        store: ReleaseStore,
        runner: SlotRunner,
        balancer: Balancer,
        clock: Clock,
        *,
        health_path: str = "/health",
        start_seconds: float = 30.0,
        drain_seconds: float = 30.0,
        kept: int = 5,
    ) -> None:
        self._folder = folder
        self._slots = dict(slots)
        self._store = store
        self._runner = runner
        self._balancer = balancer
        self._clock = clock
        self._health_path = health_path
        self._start_seconds = start_seconds
        self._drain_seconds = drain_seconds
        self._kept = kept

    @property
    def abilities(self) -> Abilities:
        """All there is."""
        return Abilities(canary=True, instant_rollback=True, finds_drift=True)

    def close(self) -> None:
        """Let go of the balancer."""
        self._balancer.close()

    # --- looking ------------------------------------------------------------------------------------------------------

    def state(self) -> TargetState:
        """What runs: the record, held against the disk, the processes and the balancer."""
        record, places = self._record(), self._places()
        live = self._running(record, record.live, places)
        candidate = self._running(record, record.candidate, places)
        share = _share(places, record.candidate) if candidate is not None else 0
        ready = [held.release for slot, held in record.slots.items() if slot not in (record.live, record.candidate)]
        there = [one for one in record.before if self._store.there(one)]
        kept = tuple(dict.fromkeys([one for one in ready if one in record.before] + there))
        return TargetState(live, candidate, share, kept)

    def _running(self, record: Record, slot: str, places: Mapping[str, Place]) -> Running | None:
        held = record.slots.get(slot)
        if held is None:
            return None
        drift = list(self._store.drift(held.folder))
        if not self._runner.runs(slot):
            drift.append("not running")
        if slot == record.live and not record.candidate and _share(places, slot) != 100:
            drift.append("traffic")
        return Running(held.release, slot, held.since, tuple(drift))

    def health(self, release: Release) -> Health:
        """Whether its slot answers with 2xx and the balancer has found it; waits while it starts."""
        record = self._record()
        slot = _slot_of(record, release)
        if slot is None:
            return Health(False, "It is in no slot.")
        return self._awaited(slot)

    def _awaited(self, slot: str) -> Health:
        end = time.monotonic() + self._start_seconds
        while True:
            why = self._ailment(slot)
            gone = not self._runner.runs(slot)
            if not why or gone or time.monotonic() > end:
                break
            time.sleep(LOOK)
        if gone:
            why = "It has ended."
        said = self._runner.said(slot) if why else ""
        return Health(not why, f"{why} {said}".strip()[:2000])

    def _ailment(self, slot: str) -> str:
        """Why a slot cannot take requests; empty when it can."""
        connection = http.client.HTTPConnection("127.0.0.1", self._slots[slot], timeout=5)
        try:
            connection.request("GET", self._health_path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"It does not answer on port {self._slots[slot]}: {type(error).__name__}."
        finally:
            connection.close()
        if not 200 <= status < 300:
            return f"It answers {self._health_path} with {status}."
        return "" if self._places()[slot].up else "The balancer has not found it well yet."

    def excerpt(self, slot: str) -> Sequence[str]:
        """The last lines that what ran in this slot has said; none of another slot than its own."""
        return self._runner.lines(slot) if slot in self._slots else ()

    # --- changing -----------------------------------------------------------------------------------------------------

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:  # noqa: ARG002 - proof of the gate
        """Lay the release, and start it in the slot beside the live one, without traffic."""
        with self._alone() as lock:
            record = self._record()
            if not anew and _slot_of(record, release) is not None:
                slot = _slot_of(record, release) or ""
                if slot in (record.live, record.candidate) and self._runner.runs(slot):
                    return
            self._stage(record, release, lock)

    def _stage(self, record: Record, release: Release, lock: int) -> Record:
        """Fill the slot beside the live one, as its candidate."""
        slot = self._beside(record)
        # Laid first: what cannot be laid disturbs nothing.
        laid = self._store.lay(release)
        record = self._emptied(record, slot)
        self._link(slot, laid)
        self._runner.start(slot, laid.files, self._values(slot, laid, release), lock)
        record = replace(record.with_slot(slot, Filled(release, laid.name, self._clock())), candidate=slot)
        return self._write(record)

    def shift(self, grant: Grant, release: Release, share: int) -> None:  # noqa: ARG002 - proof of the gate
        """Set the weights."""
        if not 0 <= share <= 100:
            raise TargetRefused(f"{share} is no percentage.", "Give a number from 0 to 100.")
        with self._alone():
            record = self._record()
            if not record.candidate or record.slots[record.candidate].release.id != release.id:
                raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")
            if share:
                self._must_be_up(record.candidate)
            other = {record.live: 100 - share} if record.live else {}
            self._weigh({record.candidate: share, **other})

    def promote(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """All traffic to the candidate; the other slot goes on without any, ready to take it back."""
        with self._alone():
            record = self._record()
            slot = record.candidate
            if slot and record.slots[slot].release.id == release.id:
                self._must_be_up(slot)
                self._lead(record, slot)
            elif not record.live or record.slots[record.live].release.id != release.id:
                raise TargetRefused(f"{release.id} is not beside the live release.", "Stage it first.")
            elif _share(self._places(), record.live) != 100:
                self._weigh(self._all_to(record.live))

    def rollback(self, grant: Grant, release: Release) -> None:  # noqa: ARG002 - proof of the gate
        """All traffic to this release: at once where it still runs, else as soon as it does. The other one is ended."""
        with self._alone() as lock:
            record = self._record()
            live = record.slots.get(record.live)
            if live is not None and live.release.id == release.id:
                self._weigh(self._all_to(record.live))
                self._emptied(record, self._beside(record), only=record.candidate)
                return
            warm = next((slot for slot, held in record.slots.items() if held.release.id == release.id), "")
            if not warm or not self._runner.runs(warm) or self._ailment(warm):
                record, warm = self._fetched_back(record, release, lock)
            record = self._lead(record, warm, back=True)
            self._emptied(record, self._beside(record))

    def _fetched_back(self, record: Record, release: Release, lock: int) -> tuple[Record, str]:
        """A release that runs no more, started in the slot beside the live one, and well."""
        if record.live:
            self._weigh(self._all_to(record.live))
        if not release.commit and not self._store.there(release):
            raise ReleaseInvalid(f"{release.id} is not there any more.", "Deploy another commit.")
        record = self._stage(record, release, lock)
        health = self._awaited(record.candidate)
        if not health.well:
            raise TargetRefused(f"{release.id} is not well: {health.why}", "Roll back to another release.")
        return record, record.candidate

    # --- steps --------------------------------------------------------------------------------------------------------

    def _lead(self, record: Record, slot: str, *, back: bool = False) -> Record:
        """Make this slot the live one: traffic first, the record after it."""
        self._weigh(self._all_to(slot))
        record = self._write(record.went_live(slot, back=back))
        used = {held.folder for held in record.slots.values()}
        self._store.prune(used | {one.id for one in record.before[: self._kept]})
        return record

    def _emptied(self, record: Record, slot: str, only: str | None = None) -> Record:
        """The slot without a process: traffic away, requests under way waited for, then ended.

        Args:
            only: End it only if it is this one; the slot that was live before stays warm.
        """
        if only is not None and only != slot:
            return record
        if self._places()[slot].weight:
            self._weigh({**({record.live: 100} if record.live else {}), slot: 0})
        end = time.monotonic() + self._drain_seconds
        while self._places()[slot].sessions and time.monotonic() < end:
            time.sleep(LOOK)
        if slot in record.slots or self._runner.runs(slot):
            self._runner.stop(slot, {"slot": slot, "port": str(self._slots[slot])})
        candidate = "" if record.candidate == slot else record.candidate
        return self._write(replace(record.with_slot(slot, None), candidate=candidate))

    def _must_be_up(self, slot: str) -> None:
        """No traffic goes where nobody takes it."""
        if not self._runner.runs(slot) or not self._places()[slot].up:
            raise TargetRefused(
                f"The slot '{slot}' cannot take traffic: it does not run, or the balancer finds it down.",
                "See its log; then stage it again.",
            )

    def _all_to(self, slot: str) -> dict[str, int]:
        return {name: 100 if name == slot else 0 for name in self._slots}

    def _weigh(self, weights: Mapping[str, int]) -> None:
        with _reached():
            self._balancer.set_weights(weights)

    def _places(self) -> Mapping[str, Place]:
        with _reached():
            places = self._balancer.places()
        if missing := set(self._slots) - set(places):
            raise TargetUnreachable(
                f"The balancer knows no server named {', '.join(sorted(missing))}.",
                "Name its servers as the slots are named.",
            )
        return places

    def _beside(self, record: Record) -> str:
        return next(slot for slot in self._slots if slot != record.live)

    def _values(self, slot: str, laid: Laid, release: Release) -> dict[str, str]:
        return {
            "slot": slot, "port": str(self._slots[slot]), "files": str(laid.files), "built": str(laid.built),
            "release": release.id, "commit": release.commit,
        }  # fmt: skip

    def _link(self, slot: str, laid: Laid) -> None:
        """Let `slots/NAME` lead to the release, for programs that start slots by their name."""
        folder = self._folder / "slots"
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".{slot}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(laid.path)
        new.rename(folder / slot)

    def _record(self) -> Record:
        return read_record(self._folder / "record.json")

    def _write(self, record: Record) -> Record:
        write_record(self._folder / "record.json", record)
        return record

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The target's lock: no second process changes anything meanwhile; it ends with its holder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise TargetRefused(
                f"{self._folder} cannot be used: {error.strerror}.", "Give the right, or room."
            ) from error
        try:
            _await(lambda: _taken(lock), LOCK_SECONDS, "Another process is changing this target.")
            yield lock
        finally:
            os.close(lock)


@contextmanager
def _reached() -> Iterator[None]:
    """A balancer that does not answer is a target that does not."""
    try:
        yield
    except ToolUnreachable as error:
        raise TargetUnreachable(error.what, error.next_move, sent=error.sent) from error
    except (Invalid, Refused) as error:
        raise TargetRefused(error.what, error.next_move) from error


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _await(holds: Callable[[], bool], seconds: float, why: str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TargetUnreachable(why, "Try again when it has ended.", sent=False)
        time.sleep(LOOK)


def _share(places: Mapping[str, Place], slot: str) -> int:
    """Percent of the requests that a slot gets."""
    whole = sum(place.weight for place in places.values())
    return round(100 * places[slot].weight / whole) if whole and slot in places else 0


def _slot_of(record: Record, release: Release) -> str | None:
    """Where a release is: as a candidate, or live, or left from before."""
    order = [record.candidate, record.live, *record.slots]
    return next((slot for slot in order if slot in record.slots and record.slots[slot].release.id == release.id), None)
