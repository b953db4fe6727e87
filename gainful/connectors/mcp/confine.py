"""A server that is a program runs within walls: bubblewrap makes the disk read-only but for what the file names.

A server runs as the person. Without walls it could read the key to Gainful's secrets, change its settings, or leave
something behind that runs later. Within them it still reads most of what the person can read.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gainful.connectors.mcp.errors import McpFileInvalid, McpRefused
from gainful.connectors.mcp.server_file import ServerFile

_PATH = "/usr/bin:/bin"
_NAMES = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf")
"""Where the file lies that says who resolves names, behind a link from /etc."""

# fmt: off
_WALLS = [
    "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--remount-ro", "/proc",
    # Among them the sockets of other programs, which would do for the server what it may not.
    "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run",  # noqa: S108 -- the server's own
    "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
    "--die-with-parent", "--new-session", "--cap-drop", "ALL",
]
# fmt: on


def confined(server: ServerFile, home: Path) -> list[str]:
    """The command that runs the server within walls; its own command where the file wants none.

    Args:
        home: Gainful's home, which the server does not see.

    Raises:
        McpRefused: There is no bubblewrap.
        McpFileInvalid: A folder that it may use holds Gainful's home, or lies in it.
    """
    if not server.confined:
        return list(server.command)
    bwrap = shutil.which("bwrap", path=_PATH)
    if bwrap is None:
        raise McpRefused(
            f"The MCP server '{server.name}' is to run within walls, and bubblewrap is not installed.",
            "Install it: apt-get install bubblewrap. Or trust the server with all that is yours: confined = false.",
        )
    _check(server, home)
    folder = [server.folder] if server.folder is not None else []
    shown = [*_bound("--ro-bind-try", map(Path, _NAMES)), "--tmpfs", str(home.resolve()), *_bound("--ro-bind", folder)]
    inside = ["--chdir", str(server.folder)] if server.folder is not None else ["--chdir", "/"]
    network = [] if server.network else ["--unshare-net"]
    return [bwrap, *_WALLS, *shown, *_bound("--bind", server.writable), *network, *inside, "--", *server.command]


def _bound(how: str, folders: Sequence[Path] | map[Path]) -> list[str]:
    return [word for folder in folders for word in (how, str(folder), str(folder))]


def _check(server: ServerFile, home: Path) -> None:
    real = home.resolve()
    for folder in (*server.writable, *([server.folder] if server.folder is not None else [])):
        given = folder.resolve()
        if real.is_relative_to(given) or given.is_relative_to(real):
            raise McpFileInvalid(
                f"'{folder}' in the file about '{server.name}' and Gainful's home {home} lie in one another.",
                "Name folders beside it.",
            )
