"""The processes of a team in SQL: who lives, and who has what to himself.

Beats do not wait for the writer's lock: a process must not be taken for dead because another one writes for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gainful.core.clock import Clock
from gainful.runs.membership import Member
from gainful.storage.database import reading, translated
from gainful.storage.schema import leases, workers


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that lives, for people."""

    member: Member
    joined_at: str
    duties: tuple[str, ...]


class WorkerStore:
    """The roster of one PostgreSQL database. See `gainful.runs.membership.Roster`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(self._engine), self._engine.begin() as connection:
            yield connection

    def join(self, member: Member) -> None:
        """Note that it is there."""
        row = {name: getattr(member, name) for name in ("id", "machine", "pid", "version")}
        row |= {"joined_at": self._clock().isoformat(), "beats": 0}
        with self._writing() as connection:
            connection.execute(upsert(workers).values(row).on_conflict_do_nothing())

    def beat(self, member_id: str, duties: frozenset[str]) -> frozenset[str] | None:
        """Note that it lives, and take those of these duties that nobody has; all of them that it has now."""
        mine = update(workers).where(workers.c.id == member_id).values(beats=workers.c.beats + 1)
        with self._writing() as connection:
            if not connection.execute(mine).rowcount:
                return None
            holders = {row.name: row.worker for row in connection.execute(select(leases))}
            return frozenset(
                duty
                for duty in sorted(duties)
                # Asked first without a lock: nearly always it is somebody's who lives.
                if holders.get(duty) == member_id or self._taken(connection, duty, member_id)
            )

    def beats(self) -> dict[str, int]:
        """How often each has beaten."""
        with reading(self._engine) as connection:
            return {row.id: row.beats for row in connection.execute(select(workers.c.id, workers.c.beats))}

    def bury(self, member_id: str, beats: int) -> bool:
        """Strike it off with all that it held, unless it has beaten since; whether it was struck off now."""
        dead = delete(workers).where(workers.c.id == member_id, workers.c.beats == beats)
        with self._writing() as connection:
            if not connection.execute(dead).rowcount:
                return False
            connection.execute(delete(leases).where(leases.c.worker == member_id))
            return True

    def take(self, name: str, member_id: str) -> bool:
        """Give it the right of this name, unless another one that is noted has it; whether it has it now."""
        with self._writing() as connection:
            return self._taken(connection, name, member_id)

    def _taken(self, connection: Connection, name: str, member_id: str) -> bool:
        alive = select(workers.c.id)
        statement = upsert(leases).values(name=name, worker=member_id)
        statement = statement.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"worker": member_id},
            where=(leases.c.worker == member_id) | leases.c.worker.not_in(alive),
        )
        return bool(connection.execute(statement).rowcount)

    def give_back(self, name: str, member_id: str) -> None:
        """Free the right, if it is its own."""
        with self._writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.worker == member_id))

    def leave(self, member_id: str) -> None:
        """Strike it off with all that it held."""
        with self._writing() as connection:
            connection.execute(delete(leases).where(leases.c.worker == member_id))
            connection.execute(delete(workers).where(workers.c.id == member_id))

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits until it is this one's turn, and holds it, on a connection of its own."""
        with self._writing() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(text("7182830"), func.hashtext(name))))
            yield

    def all(self) -> list[Worker]:
        """All that live, the oldest first."""
        with reading(self._engine) as connection:
            held = connection.execute(select(leases).order_by(leases.c.name)).all()
            rows = connection.execute(select(workers).order_by(workers.c.joined_at, workers.c.id)).all()
        return [
            Worker(
                Member(row.id, row.machine, row.pid, row.version),
                row.joined_at,
                tuple(lease.name for lease in held if lease.worker == row.id),
            )
            for row in rows
        ]
