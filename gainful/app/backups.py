"""Copies of a whole installation, taken while it works; and back, checked before anything is replaced."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import gainful
from gainful.app.gainful import Gainful
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.runs.executor import anybody_lives
from gainful.sdk.secret import Secret
from gainful.storage import dump
from gainful.storage.backup_file import DATABASE, FORMAT, About, BackupDamaged, files_of, pack, unpack
from gainful.storage.database import is_shared, location, open_database, transaction
from gainful.storage.migrations import HEAD
from gainful.storage.place import place_of
from gainful.storage.secrets.database_password import DatabasePassword
from gainful.storage.settings.config import Home, load


class RestoreRefused(Refused):
    """Where the backup is to go there is something already, or somebody is at work."""

    code = "restore-refused"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place.

    Args:
        about: What the backup says of itself.
        kept: Where what was there before lies now; empty where nothing was.
        entries: How many entries of the audit log were checked.
    """

    about: About
    kept: str
    entries: int


def back_up(app: Gainful, target: Path, *, with_key: bool) -> About:
    """Write a backup of this installation into a new file; what it says of itself.

    Raises:
        Invalid: There is such a file, or it cannot be written.
        DumpToolMissing, DumpFailed: PostgreSQL's programs did not copy the database.
    """
    if target.exists():
        raise Invalid(f"{target} exists.", "Name another file; a backup never replaces one.")
    kind = "postgresql" if is_shared(app.database) else "sqlite"
    about = About(FORMAT, gainful.__version__, kind, HEAD, app.clock().isoformat(), with_key, {})  # type: ignore[arg-type]
    # Files before the database: a checkpoint in them must not be of an entry that the copied log does not have yet.
    with tempfile.TemporaryDirectory(prefix="gainful-backup-", dir=_parent(target)) as folder:
        members = []
        for number, (name, path) in enumerate(files_of(app.home.path, with_key=with_key)):
            copy = Path(folder) / str(number)
            shutil.copy(path, copy)
            members.append((name, copy))
        copied = Path(folder) / DATABASE
        dump.dump(app.database, copied)
        pack(target, [*members, (DATABASE, copied)], about)
    return about


def _parent(target: Path) -> Path:
    if not target.parent.is_dir():
        raise Invalid(f"The folder {target.parent} does not exist.", "Make it, or name another file.")
    return target.parent


def restore(
    home: Home, source: Path, clock: Clock, *, replace: bool, environment: Mapping[str, str] = os.environ
) -> Restored:
    """Put a backup into a home that has nothing, or in place of what is there, which is kept aside.

    Everything is laid out and checked beside the home first; a backup that does not hold leaves all as it was.

    Raises:
        BackupDamaged: It is no whole backup, or its books or logs do not check.
        RestoreRefused: There is something already, or somebody is at work there.
    """
    there = home.path.is_dir() and any(home.path.iterdir())
    if there and not replace:
        raise RestoreRefused(
            f"There is something in {home.path}.", "Name another --home, or give --replace: it is kept."
        )
    _check_nobody(home)
    home.path.parent.mkdir(parents=True, exist_ok=True)
    suffix = clock().strftime("before_%Y%m%d_%H%M%S")
    with tempfile.TemporaryDirectory(prefix=f".{home.path.name}-", dir=home.path.parent) as folder:
        laid = Path(folder) / "laid"
        laid.mkdir()
        about = unpack(source, laid)
        staged = Home(laid / "home", home.server, _login(home, environment) if there else None)
        staged.prepare()
        staged.path.chmod(0o700)
        with _database_of(about, staged, laid / DATABASE, suffix, environment, replace=replace) as aside:
            entries = _checked(source, staged, clock)
            shutil.rmtree(staged.path / "locks", ignore_errors=True)
            # Laying out and checking took a while, and somebody may have begun meanwhile.
            _check_nobody(home)
            kept = home.path.with_name(f"{home.path.name}.{suffix}") if there else None
            _put(staged.path, home.path, kept)
    return Restored(about, ", ".join(str(one) for one in (kept, aside) if one), entries)


def _check_nobody(home: Home) -> None:
    if anybody_lives(home.path / "locks"):
        raise RestoreRefused(f"Somebody is at work in {home.path}.", "Stop every Gainful there, then run this again.")


def _put(staged: Path, place: Path, kept: Path | None) -> None:
    """Put a folder in its place; what is there is kept under that name, and put back when it cannot be done."""
    if kept is None:
        if place.is_dir():
            place.rmdir()
        staged.rename(place)
        return
    try:
        place.rename(kept)
        staged.rename(place)
    except BaseException:
        if kept.is_dir() and not place.exists():
            kept.rename(place)
        raise


def _login(home: Home, environment: Mapping[str, str]) -> Secret | None:
    """The database's password as the home that is replaced has it; None where it has none that can be read."""
    with suppress(GainfulError):
        return DatabasePassword(home, load(home).secrets.keep_key_in, environment).get()
    return None


@contextmanager
def _database_of(
    about: About, staged: Home, copied: Path, suffix: str, environment: Mapping[str, str], *, replace: bool
) -> Iterator[str]:
    """The database in its place; as it was before when what is done with it fails. Gives where the old one is kept."""
    place = place_of(staged, load(staged), environment)
    if isinstance(place, str) != (about.kind == "postgresql"):
        wanted = (
            "a PostgreSQL: name one with --database" if about.kind == "postgresql" else "a file: unset the database"
        )
        raise Invalid(
            f"The backup is of {about.kind}, and needs {wanted}.", "Restore it as it was; move it afterwards."
        )
    if isinstance(place, Path):
        dump.load_file(copied, place)
        yield ""
        return
    engine = open_database(place, migrate=False)
    try:
        with transaction(engine) as connection:
            filled = dump.has_something(connection)
            if filled and not replace:
                raise RestoreRefused(
                    f"There is something in {location(engine)}.", "Use an empty one, or give --replace."
                )
            if filled and dump.somebody_works(connection):
                raise RestoreRefused(f"Somebody is at work on {location(engine)}.", "Stop every Gainful on it first.")
            if filled:
                dump.put_aside(connection, suffix)
        try:
            dump.load_server(engine, copied)
            dump.forget_workers(engine)
            yield f"the schemas *_{suffix} of {location(engine)}" if filled else ""
        except BaseException:
            dump.empty(engine)
            if filled:
                with transaction(engine) as connection:
                    dump.take_back(connection, suffix)
            raise
    finally:
        engine.dispose()


def _checked(source: Path, staged: Home, clock: Clock) -> int:
    """Open what was laid out and check the books, the facts and the audit log; how many entries that one has."""
    with Gainful.open(staged, clock) as app:
        faults = [str(finding.message) for finding in app.ledger.verify()[:1]]
        faults += [fault] if (fault := app.facts.verify()) else []
        report = app.audit.verify()
        faults += [found.message for found in report.findings[:1]]
    if faults:
        raise BackupDamaged(f"{source} does not check: {faults[0]}", "Nothing was changed. Use an earlier backup.")
    return report.entries
