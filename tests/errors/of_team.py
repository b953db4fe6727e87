"""Reproducers of what sharing a database, and backing it up, can fail with."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import psycopg
from sqlalchemy import make_url
from sqlalchemy.exc import DataError

from gainful.app.backups import restore
from gainful.core.clock import system_clock
from gainful.storage import dump, server
from gainful.storage.errors import explain
from gainful.storage.place import place_of
from gainful.storage.settings.config import Config, Home
from tests.errors.registry import Place, reproduces


@reproduces("database-url-invalid")
def _a_password_in_the_url(place: Place) -> None:
    place_of(place.home, Config(), {"GAINFUL_DATABASE": "postgresql://ann:secret@db.example.org/gainful"})


@reproduces("database-not-shared")
def _a_worker_on_a_file(place: Place) -> None:
    with place.app() as app:
        app.serve_others(threading.Event(), lambda: None, lambda _error: None)


@reproduces("backup-damaged")
def _a_backup_that_is_none(place: Place) -> None:
    (place.path / "b.tar").write_text("hello")
    restore(place.home, place.path / "b.tar", system_clock, replace=False)


@reproduces("restore-refused")
def _over_a_home_that_has_something(place: Place) -> None:
    place.app().close()
    restore(Home(place.home.path), place.path / "b.tar", system_clock, replace=False)


def _on_a_server(place: Place) -> None:
    engine = server.engine_of(make_url("postgresql://ann@127.0.0.1:1/gainful"))
    try:
        dump.dump(engine, place.path / "copy")
    finally:
        engine.dispose()


@reproduces("dump-tool-missing")
def _nobody_installed_pg_dump(place: Place) -> None:
    place.patch.setattr(shutil, "which", lambda _program: None)
    place.patch.setattr(Path, "glob", lambda *_: iter(()))
    _on_a_server(place)


@reproduces("dump-failed")
def _pg_dump_finds_no_server(place: Place) -> None:
    program = place.path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: error: connection refused' >&2\nexit 1\n")
    program.chmod(0o700)
    place.patch.setattr(dump, "_path_of", lambda _program: str(program))
    _on_a_server(place)


@reproduces("text-unkeepable")
def _a_nul_for_a_server(_: Place) -> None:
    raised = psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    told = explain(DataError("INSERT", {}, raised), "postgresql://ann@127.0.0.1/gainful")
    assert told is not None
    raise told
