"""What a commit ships, out of a repository, by git's plumbing alone: no hook, filter or helper of it ever runs.

Source: git-ls-tree(1), git-cat-file(1): `--batch`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gainful.core.shipped import LINK, normal_mode
from gainful.sdk.deploy_target import ReleaseInvalid, TargetUnreachable

_PATH = "/usr/local/bin:/usr/bin:/bin"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SECONDS = 60.0
FILES = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit.

    Args:
        blob: Id of its content.
    """

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Source:
    """One repository, bare or with its files beside it.

    Args:
        ships: Whether the file of a path ships.
    """

    path: Path
    ships: Callable[[str], bool]

    def entries(self, commit: str) -> list[Entry]:
        """The files that ship, each at a path within the release.

        Raises:
            ReleaseInvalid: No such commit, nothing ships, or something that cannot be laid on a disk.
            TargetUnreachable: There is no git, or no repository.
        """
        if not _COMMIT.fullmatch(commit):
            raise ReleaseInvalid(f"'{commit[:60]}' is no full id of a commit.", "Give all 40 letters of it.")
        said = subprocess.run(  # noqa: S603 - git alone, with arguments that are checked
            [*self._git(), "ls-tree", "-r", "-z", "--full-tree", commit],
            capture_output=True, env=_environment(self.path), timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if said.returncode:
            error = " ".join(said.stderr.decode("utf-8", "replace").split())[:200]
            raise ReleaseInvalid(f"Git cannot list {commit[:12]}: {error}", "Fetch it into the repository first.")
        found = [_entry(line) for line in said.stdout.split(b"\0") if line]
        shipped = [entry for entry in found if self.ships(entry.path)]
        _check(shipped, commit)
        return shipped

    @contextmanager
    def contents(self) -> Iterator[Callable[[Entry], bytes]]:
        """Gives the content of one entry after the other."""
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - git alone
                [*self._git(), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(self.path),
            )
            try:
                yield lambda entry: _content(process, entry)
            finally:
                process.kill()
                process.communicate()

    def _git(self) -> list[str]:
        git = shutil.which("git", path=_PATH)
        if git is None:
            raise TargetUnreachable("Git is not installed.", "Install it: apt-get install git.", sent=False)
        if not self.path.is_dir():
            raise TargetUnreachable(
                f"There is no repository at {self.path}.", "Correct it under [git.repositories].", sent=False
            )
        return [git, "--no-pager", "--no-replace-objects", "-C", str(self.path)]


def _environment(path: Path) -> dict[str, str]:
    settings = {
        # Whoever names the repository in the settings means it, whoever owns its files.
        "safe.directory": str(path.resolve()),
        "core.fsmonitor": "false",
        "protocol.allow": "never",
    }
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        "PATH": _PATH,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        **numbered,
    }


def _entry(line: bytes) -> Entry:
    head, _, path = line.partition(b"\t")
    mode, _, blob = head.decode("ascii").split(" ")
    return Entry(os.fsdecode(path), normal_mode(mode), blob)


def _check(entries: list[Entry], commit: str) -> None:
    if not entries:
        raise ReleaseInvalid(f"Nothing of {commit[:12]} ships.", "Correct `ships` and `ignores` of the service.")
    if len(entries) > FILES:
        raise ReleaseInvalid(f"{commit[:12]} ships more than {FILES} files.", "Narrow `ships` of the service.")
    for entry in entries:
        if not _stays_inside(entry.path):
            raise ReleaseInvalid(f"{entry.path[:100]!r} leads out of the release.", "Take it out of the repository.")
        if entry.mode not in ("100644", "100755", LINK):
            raise ReleaseInvalid(
                f"'{entry.path[:100]}' is another repository, and cannot be laid.",
                "Add it to `ignores` of the service.",
            )


def _stays_inside(path: str) -> bool:
    return not {"", ".", ".."} & set(path.split("/")) and ".git" not in path.lower().split("/")


def _content(process: subprocess.Popen[bytes], entry: Entry) -> bytes:
    told, said = _pipes(process)
    try:
        told.write(f"{entry.blob}\n".encode())
        told.flush()
        head = said.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            raise ReleaseInvalid(
                f"The content of '{entry.path[:100]}' is missing from the repository.", "Fetch it anew: git fsck."
            )
        content = said.read(int(head[2]))
        said.read(1)
    except OSError as error:
        raise TargetUnreachable("Git ended while it was read.", "Try again.", sent=False) from error
    return content


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - told to the type checker
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout
