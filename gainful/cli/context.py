"""What every command shares: where home is, whether answers are JSON, and the way to the application."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.app.remote import RemoteDesk

Command = TypeVar("Command", bound=Callable[..., Any])


def _open(home: Path, database: str = "") -> Gainful:
    from gainful.app import Gainful
    from gainful.storage.settings.config import Home

    return Gainful.open(Home(home, database))


@dataclass
class Context:
    """The state of one command line.

    Args:
        home: Where settings, database and key lie.
        as_json: Whether the person asked for JSON, before or after the command's name.
        database: URL of a team's database that was named on the command line.
        remote: Name of the server that is asked in place of this machine; empty: this machine.
        opener: Opens the application; tests hand in another.
    """

    home: Path
    as_json: bool = False
    database: str = ""
    remote: str = ""
    opener: Callable[[Path], Gainful] = _open

    def open(self) -> Gainful:
        """The application of this home; a context manager.

        Raises:
            RemoteUnsupported: A remote server is meant, and this command can only be used here.
        """
        if self.remote:
            self.only_here(f"`{click.get_current_context().command_path}` does")
        return self.here()

    def here(self) -> Gainful:
        """The application of this home, whichever server is meant."""
        return _open(self.home, self.database) if self.database else self.opener(self.home)

    def far(self) -> RemoteDesk:
        """The remote server that is meant; a context manager.

        Raises:
            NoSuchRemote: There is none of this name.
        """
        from gainful.app.remote import RemoteDesk

        with self.here() as app:
            found = app.remotes.find(self.remote)
        return RemoteDesk(found)

    def reach(self) -> Gainful | RemoteDesk:
        """Whichever is meant: the application of this home or the remote server; a context manager."""
        return self.far() if self.remote else self.open()

    def only_here(self, what: str) -> NoReturn:
        """Say that something cannot be had through a remote server.

        Args:
            what: With its verb: "`gainful init` does".

        Raises:
            RemoteUnsupported: Always.
        """
        from gainful.app.remote.errors import RemoteUnsupported

        raise RemoteUnsupported(
            f"{what} not work through a remote server, and '{self.remote}' was named.",
            "Run it on that server; or leave --remote out, and GAINFUL_REMOTE, to run it for this machine.",
        )


def home_of(given: str | None) -> Path:
    """The home named on the command line, else GAINFUL_HOME, else `~/.gainful`."""
    named = given or os.environ.get("GAINFUL_HOME")
    return Path(named).expanduser().absolute() if named else Path.home() / ".gainful"


def _remember(ctx: click.Context, _parameter: click.Parameter, value: bool) -> bool:
    if value and isinstance(ctx.obj, Context):
        ctx.obj.as_json = True
    return value


def json_option(command: Command) -> Command:
    """Give a command `--json`; the answer is in `Context.as_json`."""
    option = click.option(
        "--json", "json_", is_flag=True, expose_value=False, callback=_remember, help="Answer in JSON."
    )
    return option(command)
