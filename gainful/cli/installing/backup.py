"""`gainful backup` and `gainful restore`: everything in one file, and back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say


@click.command(short_help="Copy everything into one file, while it works.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="With the keys that open secrets and sign the audit log.")
@json_option
@click.pass_obj
def backup(context: Context, file: Path, with_key: bool) -> None:
    """Write settings, agents and the whole database into FILE, as they are at one instant.

    The keys are left out unless you ask: keep them elsewhere. Whoever has FILE with them has everything.
    """
    from gainful.app.backups import back_up

    with _cleaning_up(), context.open() as app:
        about = back_up(app, file.expanduser().absolute(), with_key=with_key)
    size = file.expanduser().stat().st_size
    if context.as_json:
        emit({"file": str(file), "bytes": size, "database": about.kind, "with_key": with_key})
        return
    say(f"Wrote {safe(str(file))}, {size / 1e6:.1f} MB.")
    if not with_key:
        note(
            "Without secret.key and audit.key: keep these two elsewhere. Stored secrets cannot be opened without them."
        )


@click.command(short_help="Put a backup in place, checked first.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="In place of what is there; that is kept under another name.")
@click.option("--database", metavar="URL", default="", help="The PostgreSQL that a team's backup goes into.")
@json_option
@click.pass_obj
def restore(context: Context, file: Path, replace: bool, database: str) -> None:
    """Put the backup FILE into an empty home: see `--home`.

    The file, the books, the facts and the audit log are checked before anything is changed.
    """
    from gainful.app.backups import restore as put_back
    from gainful.core.clock import system_clock
    from gainful.storage.settings.config import Home

    home = Home(context.home, database)
    with _cleaning_up():
        done = put_back(home, file.expanduser().absolute(), system_clock, replace=replace)
    if context.as_json:
        emit({"home": str(home.path), "made_at": done.about.made_at, "kept": done.kept, "audit_entries": done.entries})
        return
    say(f"Restored {safe(str(home.path))} as of {done.about.made_at[:16].replace('T', ' ')} UTC.")
    say(f"The books and {plural(done.entries, 'entry', 'entries')} of the audit log are sound.")
    if done.kept:
        say(f"What was there before is kept: {safe(done.kept)}")
    if not done.about.with_key:
        note(f"The keys were not in it: put secret.key, and audit.key if there was one, into {safe(str(home.path))}.")
        if done.about.kind == "postgresql":
            note("Then store the database's password there again: gainful secrets set database")


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """Being told to end, or losing the terminal, is like Ctrl-C: what was begun is undone, and no copy is left lying.

    Only once: what undoes it takes a moment, and must not be cut off by the next one.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # What is ignored, as under `nohup`, stays so.
    before = {number: held for number in numbers if (held := signal.getsignal(number)) is not signal.SIG_IGN}

    def give_up(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, give_up)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
