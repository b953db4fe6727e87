"""A backup holds everything but the keys, and comes back only whole, checked, and over nothing."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful, backups
from gainful.app.backups import RestoreRefused, back_up, restore
from gainful.core.clock import system_clock
from gainful.core.errors import Invalid
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.runs.executor import ExecutorLocks
from gainful.sdk.secret import Secret
from gainful.sdk.testing.postgres import Postgres
from gainful.storage import dump
from gainful.storage.backup_file import BackupDamaged
from gainful.storage.database import open_database
from gainful.storage.errors import DatabaseForbidden, DiskFull
from gainful.storage.secrets.database_password import DatabasePassword
from gainful.storage.server import with_password
from gainful.storage.settings.config import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at_noon() -> datetime:
    return NOON


def fill(home: Home) -> None:
    """A home in which something happened."""
    with Gainful.open(home) as app:
        home.config.write_text('[owner]\nname = "ada"\n')
        app.secrets.put("model-key", Secret("model-key", "a long random key"))
        app.audit.append([AuditEvent(NOON, AuditKind.STOP, "", "", "triage", "ada", verdict="stopped")] * 3)
        app.audit.checkpoint()


def backup_of(home: Home, file: Path, *, with_key: bool = False) -> Path:
    with Gainful.open(home) as app:
        back_up(app, file, with_key=with_key)
    return file


@pytest.fixture
def old(tmp_path: Path) -> Home:
    home = Home(tmp_path / "old")
    fill(home)
    return home


def test_everything_comes_back_and_the_keys_only_when_asked(old: Home, tmp_path: Path) -> None:
    without = backup_of(old, tmp_path / "without.tar")
    assert b"a long random key" not in without.read_bytes()
    assert without.stat().st_mode & 0o077 == 0
    done = restore(Home(tmp_path / "new"), without, system_clock, replace=False)
    assert (done.entries, done.kept) == (3, "")
    assert not (tmp_path / "new" / "secret.key").exists()
    with_key = backup_of(old, tmp_path / "with.tar", with_key=True)
    restore(Home(tmp_path / "whole"), with_key, system_clock, replace=False)
    with Gainful.open(Home(tmp_path / "whole")) as app:
        found = app.secrets.get("model-key")
        assert found is not None
        assert found.reveal() == "a long random key"
        assert app.config.owner.name == "ada"
        app.audit.append([AuditEvent(NOON, AuditKind.STOP, "", "", "triage", "ada", verdict="let go on")])
        app.audit.checkpoint()
        assert app.audit.verify().findings == ()
    assert (tmp_path / "whole").stat().st_mode & 0o077 == 0


def test_a_backup_is_taken_while_others_write(old: Home, tmp_path: Path) -> None:
    with Gainful.open(old) as writing:
        for number in range(20):
            writing.audit.append([AuditEvent(NOON, AuditKind.STOP, "", "", f"a{number}", "ada", verdict="stopped")])
            if number == 10:
                backup_of(old, tmp_path / "b.tar")
    assert restore(Home(tmp_path / "new"), tmp_path / "b.tar", system_clock, replace=False).entries == 14


def test_it_goes_over_nothing_unless_told_and_what_was_there_is_kept(old: Home, tmp_path: Path) -> None:
    file = backup_of(old, tmp_path / "b.tar")
    with Gainful.open(old) as app:
        app.audit.append([AuditEvent(NOON, AuditKind.STOP, "", "", "later", "ada", verdict="stopped")])
    with pytest.raises(RestoreRefused):
        restore(old, file, at_noon, replace=False)
    done = restore(old, file, at_noon, replace=True)
    assert done.kept == str(tmp_path / "old.before_20261122_120000")
    with Gainful.open(Home(Path(done.kept))) as app:
        assert len(list(app.audit.rows())) == 4
    with Gainful.open(old) as app:
        assert len(list(app.audit.rows())) == 3


def test_it_does_not_go_under_a_process_that_works(old: Home, tmp_path: Path) -> None:
    file = backup_of(old, tmp_path / "b.tar")
    alive = ExecutorLocks(old.path / "locks", "somebody")
    with pytest.raises(RestoreRefused, match="at work"):
        restore(old, file, at_noon, replace=True)
    alive.close()


def test_a_backup_replaces_no_file(old: Home, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")
    with pytest.raises(Invalid, match="exists"):
        backup_of(old, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_text() == "mine"
    with pytest.raises(Invalid, match="does not exist"):
        backup_of(old, tmp_path / "nowhere" / "b.tar")


def without_a_part(file: Path) -> None:
    parts = {}
    with tarfile.open(file) as tar:
        for member in tar:
            extracted = tar.extractfile(member)
            assert extracted is not None
            parts[member.name] = extracted.read()
    del parts["home/gainful.toml"]
    write(file, parts)


def write(file: Path, parts: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def with_a_way_out(file: Path) -> None:
    write(file, {"home/../../escaped": b"x", "backup.json": b"{}"})


def saying(about: bytes) -> Callable[[Path], object]:
    return lambda file: write(file, {"home/gainful.toml": b"", "database": b"", "backup.json": about})


def with_a_link_out(file: Path) -> None:
    with tarfile.open(file, "w") as tar:
        for name, kind, target in (("home/out", tarfile.SYMTYPE, ".."), ("home/key", tarfile.LNKTYPE, "/etc/passwd")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)


ABOUT = (
    b'{"format": 1, "version": "1", "kind": "sqlite", "revision": "1", "made_at": "x", "with_key": false, '
    b'"digests": %b}'
)


def with_another_byte(file: Path) -> None:
    content = file.read_bytes()
    place = content.index(b'name = "ada"')
    file.write_bytes(content[:place] + b'name = "eve"' + content[place + 12 :])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no tar": lambda file: file.write_bytes(b"hello"),
    "empty": lambda file: file.write_bytes(b""),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "another byte": with_another_byte,
    "a part is missing": without_a_part,
    "a way out": with_a_way_out,
    "a link out": with_a_link_out,
    "digests that are a list": saying(ABOUT % b"[]"),
    "digests that are numbers": saying(ABOUT % b'{"home/gainful.toml": 1, "database": 2}'),
    "a document that is none": saying(b"[]"),
    "a document without an end": saying(b"[" * 100_000),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_what_is_damaged_changes_nothing(old: Home, tmp_path: Path, how: str) -> None:
    file = backup_of(old, tmp_path / "b.tar")
    DAMAGE[how](file)
    with pytest.raises(BackupDamaged):
        restore(Home(tmp_path / "new"), file, system_clock, replace=False)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "escaped").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_books_that_do_not_check_are_not_put_in_place(old: Home, tmp_path: Path) -> None:
    with sqlite3.connect(old.database) as edited:
        edited.execute("UPDATE audit_entries SET actor = 'eve' WHERE seq = 2")
    edited.close()
    file = backup_of(old, tmp_path / "b.tar")
    before = sorted(path.name for path in old.path.iterdir())
    with pytest.raises(BackupDamaged, match="does not check"):
        restore(old, file, at_noon, replace=True)
    assert sorted(path.name for path in old.path.iterdir()) == before


# --- a team's ---


@pytest.fixture
def team(tmp_path: Path, team_url: str) -> Home:
    home = Home(tmp_path / "team", team_url)
    fill(home)
    return home


def test_a_teams_database_comes_back(team: Home, tmp_path: Path, postgres: Postgres) -> None:
    with Gainful.open(team) as app:
        app.jobs.engine().close()
    file = backup_of(team, tmp_path / "b.tar", with_key=True)
    name = postgres.create()
    new = Home(tmp_path / "new", postgres.url(name))
    assert restore(new, file, system_clock, replace=False).entries == 3
    with Gainful.open(new) as app:
        assert app.secrets.get("model-key") is not None
        assert app.workers is not None
        assert app.workers.all() == []
    assert postgres.ask(name, "SELECT count(*) FROM dbos.workflow_status") == [(0,)]


def test_a_teams_database_is_kept_when_another_takes_its_place(
    team: Home, tmp_path: Path, postgres: Postgres, team_url: str
) -> None:
    file = backup_of(team, tmp_path / "b.tar")
    with Gainful.open(team) as app:
        app.audit.append([AuditEvent(NOON, AuditKind.STOP, "", "", "later", "ada", verdict="stopped")])
    new = Home(tmp_path / "new", team_url)
    with pytest.raises(RestoreRefused, match="empty"):
        restore(new, file, at_noon, replace=False)
    done = restore(new, file, at_noon, replace=True)
    assert "before_20261122_120000" in done.kept
    database = team_url.partition("@/")[2].partition("?")[0]
    count = "SELECT count(*) FROM {}.audit_entries"
    assert postgres.ask(database, count.format("public")) == [(3,)]
    assert postgres.ask(database, count.format("public_before_20261122_120000")) == [(4,)]


def test_a_teams_backup_that_does_not_check_leaves_the_database_as_it_was(
    team: Home, tmp_path: Path, postgres: Postgres, team_url: str
) -> None:
    database = team_url.partition("@/")[2].partition("?")[0]
    postgres.ask(database, "UPDATE audit_entries SET actor = 'eve' WHERE seq = 2")
    file = backup_of(team, tmp_path / "b.tar")
    postgres.ask(database, "UPDATE audit_entries SET actor = 'ada' WHERE seq = 2")
    with pytest.raises(BackupDamaged, match="does not check"):
        restore(Home(tmp_path / "new", team_url), file, at_noon, replace=True)
    with Gainful.open(team) as app:
        assert app.audit.verify().findings == ()


def test_the_password_is_handed_to_the_program_and_not_shown_in_its_arguments(
    tmp_path: Path, postgres: Postgres, team_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "$PGPASSWORD" > {tmp_path}/password\n')
    program.chmod(0o700)
    monkeypatch.setattr(dump, "_path_of", lambda _program: str(program))
    address = postgres.address(team_url.partition("@/")[2].partition("?")[0])
    engine = open_database(with_password(address, Secret("database", postgres.password)))
    dump.dump(engine, tmp_path / "copy")
    engine.dispose()
    assert address in (tmp_path / "arguments").read_text()
    assert postgres.password not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "password").read_text() == f"{postgres.password}\n"


def test_a_file_does_not_go_into_a_server(old: Home, tmp_path: Path, team_url: str) -> None:
    file = backup_of(old, tmp_path / "b.tar")
    with pytest.raises(Invalid, match="sqlite"):
        restore(Home(tmp_path / "new", team_url), file, system_clock, replace=False)


def test_a_home_that_is_replaced_lends_the_password_that_it_has(
    tmp_path: Path, postgres: Postgres, team_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its key a backup cannot open the password that was sealed with it, and storing one fills the home."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.delenv("PGPASSFILE", raising=False)
    home = Home(tmp_path / "team", postgres.address(team_url.partition("@/")[2].partition("?")[0]))
    home.prepare()
    DatabasePassword(home, "file").put(Secret("database", postgres.password))
    fill(home)
    file = backup_of(home, tmp_path / "b.tar")
    with pytest.raises(DatabaseForbidden):
        restore(Home(tmp_path / "new", home.server), file, at_noon, replace=False)
    assert restore(home, file, at_noon, replace=True).entries == 3


def test_a_file_that_is_not_there_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"There is no file .*nowhere\.tar"):
        restore(Home(tmp_path / "new"), tmp_path / "nowhere.tar", system_clock, replace=False)


# --- when there is no room, or somebody comes meanwhile ---------------------------------------------------------------


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class Small(sqlite3.Connection):
    """A file that can take two pages."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.execute("PRAGMA max_page_count=2")


def test_a_disk_without_room_for_the_copy_is_told_as_full(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gainful.open(old) as app:
        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Small))
        with pytest.raises(DiskFull, match="gainful-backup-"):
            back_up(app, tmp_path / "backup.tar", with_key=False)
    assert {path.name for path in tmp_path.iterdir()} == {"old"}


def test_a_disk_without_room_for_the_file_is_told_as_full(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DiskFull, match=r"backup\.tar"):
        backup_of(old, tmp_path / "backup.tar")
    assert {path.name for path in tmp_path.iterdir()} == {"old"}


def test_a_backup_is_not_called_damaged_where_there_is_no_room_to_lay_it_out(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backup_of(old, tmp_path / "backup.tar")
    monkeypatch.setattr(shutil, "copyfileobj", no_room)
    with pytest.raises(DiskFull):
        restore(Home(tmp_path / "new"), file, system_clock, replace=False)
    assert {path.name for path in tmp_path.iterdir()} == {"old", "backup.tar"}


def test_what_is_restored_is_its_owners_alone_and_needs_no_newer_python(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backup_of(old, tmp_path / "backup.tar")
    # As before Python 3.11.4, which Debian 12 began with.
    monkeypatch.delattr(tarfile, "data_filter")
    monkeypatch.delattr(tarfile.TarFile, "extract")
    new = Home(tmp_path / "new")
    restore(new, file, system_clock, replace=False)
    files = [path for path in new.path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.stat().st_mode & 0o077]


def test_it_does_not_go_under_who_began_to_work_while_it_was_checked(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backup_of(old, tmp_path / "backup.tar")
    began = []

    def checked(*_: object) -> int:
        began.append(ExecutorLocks(old.path / "locks", "another"))
        return 3

    monkeypatch.setattr(backups, "_checked", checked)
    with pytest.raises(RestoreRefused, match="at work"):
        restore(old, file, system_clock, replace=True)
    began[0].close()
    assert {path.name for path in tmp_path.iterdir()} == {"old", "backup.tar"}


def test_what_was_there_is_put_back_where_nothing_can_be_put_in_its_place(
    old: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backup_of(old, tmp_path / "backup.tar")
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.parent.name == "laid":
            raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        restore(old, file, system_clock, replace=True)
    assert {path.name for path in tmp_path.iterdir()} == {"old", "backup.tar"}
    with Gainful.open(old) as app:
        assert app.audit.verify().entries == 3
