"""A world to deploy in: a target that is a file, counters that a test sets, a plan that a test chooses.

Nothing of it is lost when a process dies, so that crash tests can look at it from outside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gainful.core.deployment import Action, Kind, Release, Running, TargetState
from gainful.jobs.deploy.desk import Baseline
from gainful.jobs.deploy.order import Order
from gainful.sdk.deploy_target import Abilities, Health, TargetRefused, TargetUnreachable
from gainful.sdk.grant import Grant
from gainful.sdk.metrics import MetricsUnreachable, Totals

OLD = Release("1" * 40, "sha256:" + "a" * 64)
NEW = Release("2" * 40, "sha256:" + "b" * 64)
OTHER = Release("3" * 40, "sha256:" + "c" * 64)


def nothing() -> None:
    """A point at which no process dies."""


class FileTarget:
    """A target whose state is a file: two slots, a share, and a line for each verb that was carried out."""

    def __init__(
        self,
        folder: Path,
        *,
        canary: bool = True,
        point: Callable[[], None] = nothing,
        well: bool = True,
    ) -> None:
        self._file = folder / "target.json"
        self._lines = folder / "verbs"
        self._point = point
        self.abilities = Abilities(canary=canary, instant_rollback=True, finds_drift=False)
        self.well = well
        self.dead = 0
        self.refuses = ""

    # --- looked at from outside

    def run(self, release: Release | None) -> FileTarget:
        """Let this be live, whatever was."""
        self._write({"live": release, "candidate": None, "share": 0, "kept": []})
        return self

    @property
    def live(self) -> Release | None:
        """What is live."""
        live: Release | None = self._read()["live"]
        return live

    @property
    def verbs(self) -> list[str]:
        """What was carried out."""
        return self._lines.read_text().split() if self._lines.exists() else []

    # --- a target

    def state(self) -> TargetState:
        self._answer()
        held = self._read()
        live, candidate = held["live"], held["candidate"]
        return TargetState(
            Running(live, self._slot(live)) if live else None,
            Running(candidate, self._slot(candidate)) if candidate else None,
            held["share"],
            tuple(held["kept"]),
        )

    def stage(self, grant: Grant, release: Release, *, anew: bool = False) -> None:
        held = self._read()
        if self.abilities.canary and held["live"] is not None and held["live"] != release:
            self._do("stage", held | {"candidate": release, "share": 0})
        elif held["live"] is None:
            self._do("stage", held | {"candidate": release})
        else:
            self._do("stage", held | {"live": release, "kept": self._keep(held, release)})

    def health(self, release: Release) -> Health:
        self._answer()
        return Health(self.well, "" if self.well else "It says 500 to /health.")

    def shift(self, grant: Grant, release: Release, share: int) -> None:
        self._do("shift", self._read() | {"share": share})

    def promote(self, grant: Grant, release: Release) -> None:
        held = self._read()
        self._do("promote", {"live": release, "candidate": None, "share": 0, "kept": self._keep(held, release)})

    def rollback(self, grant: Grant, release: Release) -> None:
        self._do("rollback", {"live": release, "candidate": None, "share": 0, "kept": self._read()["kept"]})

    def close(self) -> None:
        """Nothing is held."""

    def _keep(self, held: dict[str, Any], release: Release) -> list[Release]:
        before = [held["live"]] if held["live"] is not None and held["live"] != release else []
        return [*before, *(one for one in held["kept"] if one not in (release, held["live"]))]

    def _do(self, verb: str, after: dict[str, Any]) -> None:
        self._answer()
        if verb == self.refuses:
            raise TargetRefused(f"No {verb} today.", "Try tomorrow.")
        self._point()
        self._write(after)
        with self._lines.open("a") as lines:
            lines.write(f"{verb}\n")
        self._point()

    def _answer(self) -> None:
        if self.dead:
            self.dead -= 1
            raise TargetUnreachable("The target does not answer.", "Look at it.")

    def _slot(self, release: Release) -> str:
        return f"slot-{release.id}"

    def _read(self) -> dict[str, Any]:
        held = json.loads(self._file.read_text())
        one = {name: Release(**held[name]) if held[name] else None for name in ("live", "candidate")}
        return {**one, "share": held["share"], "kept": [Release(**kept) for kept in held["kept"]]}

    def _write(self, held: dict[str, Any]) -> None:
        plain = {name: asdict(held[name]) if held[name] else None for name in ("live", "candidate")}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({**plain, "share": held["share"], "kept": [asdict(one) for one in held["kept"]]}))
        fresh.replace(self._file)


@dataclass
class Traffic:
    """A source whose counters grow at every read."""

    rate: int = 100
    bad: set[str] = field(default_factory=set)
    dead: bool = False
    reads: int = 0

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        if self.dead:
            raise MetricsUnreachable("The source does not answer.", "Start it.")
        self.reads += 1
        count = self.reads * self.rate
        return {slot: Totals(count, count // 10 if slot in self.bad else 0) for slot in slots}

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Seen:
    verdict: str
    why: str = "So it is."

    def as_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict}


@dataclass(frozen=True)
class Simple:
    """A watch that is content after some seconds, and is not when one request in a hundred fails."""

    baseline: Baseline
    window: float = 3
    least: int = 1

    def look(self, live: Totals, candidate: Totals, elapsed: float, warm: object = None) -> Seen:
        if candidate.errors * 100 > candidate.requests:
            return Seen("bad", f"{candidate.errors} of {candidate.requests} requests failed.")
        if elapsed < self.window:
            return Seen("go-on")
        return Seen("good" if candidate.requests >= self.least else "not-enough", f"{candidate.requests} requests.")


@dataclass(frozen=True)
class Judgement:
    kind: Kind = Kind.REAL
    action: Action = Action.PROCEED
    proof: tuple[str, ...] = ("app/views.py differs.",)


@dataclass(frozen=True)
class ChosenPlan:
    live: Release | None
    candidate: Release
    verdict: Judgement = Judgement()
    migrations: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        return f"{self.live.id if self.live else 'none'}-{self.candidate.id}"

    def as_json(self) -> dict[str, Any]:
        return {
            "live": asdict(self.live) if self.live else None,
            "candidate": asdict(self.candidate),
            "verdict": {**asdict(self.verdict), "proof": list(self.verdict.proof)},
            "migrations": list(self.migrations),
        }


@dataclass
class Plans:
    """A planner that plans for what is live now."""

    target: FileTarget
    candidate: Release = NEW
    verdict: Judgement = Judgement()
    migrations: tuple[str, ...] = ()

    def plan(self, order: Order) -> ChosenPlan:
        state = self.target.state()
        live = state.live.release if state.live is not None else None
        wanted = state.kept[0] if order.intent == "rollback" else self.candidate
        return ChosenPlan(live, wanted, self.verdict, self.migrations)

    def read(self, stored: Mapping[str, Any]) -> ChosenPlan:
        verdict = stored["verdict"]
        return ChosenPlan(
            Release(**stored["live"]) if stored["live"] else None,
            Release(**stored["candidate"]),
            Judgement(Kind(verdict["kind"]), Action(verdict["action"]), tuple(verdict["proof"])),
            tuple(stored["migrations"]),
        )

    def keep(self, planned: ChosenPlan) -> None:
        """Nothing is compared here."""

    def summary(self, planned: ChosenPlan) -> str:
        return "2 commits by Ada: 'Make it faster', \"it's quick\"\nand another line ⟨U+202E⟩"
