"""Runs git on one repository, so that nothing in the repository can make it run anything else.

Git runs programs that its settings name: hooks, filters, monitors, pagers, helpers, signers. Those of the system and
of the person are not read here. Those of the repository are read first by us, and one that is not known to be harmless
ends it: new kinds of settings are refused, not missed.

One git at a time works on a repository: the program inherits our lock, so that one whose starter has died still holds
it, and whoever asks then what became of a commit waits until that is certain.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gainful.connectors.git.errors import GitInvalid, GitRefused, GitUnreachable

MOST = 256 * 1024
SECONDS = 60.0
LOOK_AGAIN = 0.02
"""Seconds between two looks whether another git has ended."""

_PATH = "/usr/local/bin:/usr/bin:/bin"

_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf|eol"
    r"|safecrlf|quotepath|abbrev|compression)"
    r"|remote\..+\.(url|pushurl|fetch|push|tagopt|prune|skipdefaultupdate)"
    r"|branch\..+\.(remote|pushremote|merge|rebase|description)"
    r"|user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote|followtags)"
    r"|fetch\.(prune|prunetags)|merge\.conflictstyle|diff\.(algorithm|renames)|rerere\.enabled|color\..+|advice\..+"
    r"|commit\.gpgsign|tag\.gpgsign|log\.(date|decorate)|gc\.auto|maintenance\.auto|lfs\.repositoryformatversion"
    # They say where submodules come from; none is ever gone into.
    r"|submodule\.active|submodule\..+\.(url|active|branch|ignore)"
)

_ALWAYS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "core.editor": "false",
    "core.askPass": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.quotePath": "false",
    "credential.helper": "",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "log.showSignature": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    # To see what has changed in one, git would run with its settings.
    "diff.ignoreSubmodules": "all",
    "push.gpgSign": "false",
    "push.followTags": "false",
    "push.recurseSubmodules": "no",
    "http.followRedirects": "false",
    "protocol.allow": "never",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What git answered.

    Args:
        cut: Whether it said more than is kept.
    """

    status: int
    out: bytes
    error: str
    cut: bool = False

    @property
    def text(self) -> str:
        """Its answer as text; what is not UTF-8 is replaced."""
        return self.out.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository.

    Args:
        name: As agents call it.
        path: Where its files lie, or, of a bare one, the repository itself.
        bare: Whether it has no files beside it; it can be read alone.
    """

    name: str
    path: Path
    bare: bool = False

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        allow: str = "",
        settings: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        sent: bool = False,
        most: int = MOST,
    ) -> Said:
        """What git says to these arguments.

        Args:
            most: Octets of its answer that are kept.
            allow: The one kind of address that it may reach, such as `https`; none by default.
            settings: More settings; they are seen by git alone, not in the list of processes.
            sent: Whether something may have reached the other side when it takes too long.

        Raises:
            GitRefused: The repository's settings could run programs.
            GitInvalid: There is no repository here.
            GitUnreachable: Git is missing or takes too long.
        """
        self.check()
        own = {**_ALWAYS, **({f"protocol.{allow}.allow": "always"} if allow else {}), **(settings or {})}
        where = ["--no-pager", "--no-replace-objects", "--literal-pathspecs", f"--git-dir={self._git}"]
        all_of_it = [*where, *([] if self.bare else [f"--work-tree={self.path}"]), *arguments]
        with self._alone(seconds) as held:
            return _run(all_of_it, self.path, stdin, own, allow, seconds, sent=sent, held=(held,), most=most)

    def check(self) -> None:
        """Refuse what could make git run programs, or lead it elsewhere.

        Raises:
            GitRefused, GitInvalid: As they say.
        """
        git = self._git
        if git.is_symlink() or not git.is_dir():
            raise GitInvalid(f"'{self.name}' holds no repository of its own.", "Name the main folder of a repository.")
        if (git / "commondir").exists():
            raise GitRefused(f"'{self.name}' keeps its settings elsewhere.", "Name the main folder of the repository.")
        if not (git / "config").exists():
            return
        said = _run(
            ["config", "--file", str(git / "config"), "--no-includes", "--list", "--name-only", "-z"],
            Path("/"), b"", {}, "", SECONDS, sent=False,
        )  # fmt: skip
        if said.status or said.cut:
            raise GitRefused(f"The settings of '{self.name}' cannot be read: {said.error}.", "Mend .git/config.")
        for key in filter(None, said.text.split("\0")):
            if not _HARMLESS.fullmatch(key.lower()):
                raise GitRefused(
                    f"The setting {key[:100]!r} of '{self.name}' is not known to be harmless: it may run programs.",
                    f"Take it out of {git / 'config'}; settings of your own account do not matter here.",
                )

    @contextmanager
    def _alone(self, seconds: float) -> Iterator[int]:
        """A descriptor that stands for our turn at the repository."""
        folder = os.open(self._git, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            end = time.monotonic() + seconds
            while not _taken(folder):
                if time.monotonic() > end:
                    raise GitUnreachable(f"Another git works on '{self.name}'.", "Wait for its end.", sent=False)
                time.sleep(LOOK_AGAIN)
            yield folder
        finally:
            os.close(folder)

    def setting(self, key: str) -> str:
        """A setting of the repository; empty when it is not set."""
        said = self.run("config", "--local", "--no-includes", "--get", key)
        return said.text.strip() if said.status == 0 else ""

    @property
    def _git(self) -> Path:
        return self.path if self.bare else self.path / ".git"


def _taken(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(
    arguments: Sequence[str],
    cwd: Path,
    stdin: bytes,
    settings: Mapping[str, str],
    allow: str,
    seconds: float,
    *,
    sent: bool,
    held: Sequence[int] = (),
    most: int = MOST,
) -> Said:
    git = shutil.which("git", path=_PATH)
    if git is None:
        raise GitUnreachable("Git is not installed.", "Install it: apt-get install git.", sent=False)
    try:
        # From a file: whoever dies while telling it leaves git no half of a message.
        with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
            told.write(stdin)
            told.seek(0)
            process = subprocess.Popen(  # noqa: S603 -- git alone, with arguments that are checked
                [git, *arguments],
                stdin=told,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(settings, allow),
                cwd=cwd,
                start_new_session=True,
                pass_fds=held,
            )
            out, late = _heard(process, seconds, most)
            errors.seek(0)
            error = " ".join(errors.read(2000).decode("utf-8", "replace").split())
    except OSError as error_:
        raise GitUnreachable(f"Git cannot be run: {error_.strerror}.", "Check disk and memory.", sent=sent) from error_
    if late:
        raise GitUnreachable(f"Git took longer than {seconds:g} seconds.", "Ask for less, or look why.", sent=sent)
    cut = len(out) > most
    return Said(0 if cut else process.returncode, out[:most] if cut else out, error[:300], cut)


def _heard(process: subprocess.Popen[bytes], seconds: float, most: int) -> tuple[bytes, bool]:
    """What the program says, up to a limit, and whether it had to be ended because it took too long."""
    late = threading.Event()
    timer = threading.Timer(seconds, _end, (process, late))
    timer.start()
    try:
        with process:
            assert process.stdout is not None  # noqa: S101 -- told to the type checker
            out = process.stdout.read(most + 1)
            if len(out) > most:
                _end(process, threading.Event())
    finally:
        timer.cancel()
    return out, late.is_set()


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _environment(settings: Mapping[str, str], allow: str) -> dict[str, str]:
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        numbered[f"GIT_CONFIG_KEY_{number}"] = key
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        "PATH": _PATH,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": allow or "none",
        **numbered,
    }
