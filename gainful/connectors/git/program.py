"""Runs git on one repository, so that nothing in the repository can make it run anything else.

Git runs programs that its settings name: hooks, filters, monitors, pagers, helpers, signers. Those of the system and
of the person are not read here. Those of the repository are read first by us, and one that is not known to be harmless
ends it: new kinds of settings are refused, not missed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gainful.connectors.git.errors import GitInvalid, GitRefused, GitUnreachable

MOST = 256 * 1024
SECONDS = 60.0
_PATH = "/usr/local/bin:/usr/bin:/bin"

_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf|eol"
    r"|safecrlf|quotepath|abbrev|compression)"
    r"|remote\..+\.(url|pushurl|fetch|push|tagopt|prune|skipdefaultupdate)"
    r"|branch\..+\.(remote|pushremote|merge|rebase|description)"
    r"|user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote|followtags)"
    r"|fetch\.(prune|prunetags)|merge\.conflictstyle|diff\.(algorithm|renames)|rerere\.enabled|color\..+|advice\..+"
    r"|commit\.gpgsign|tag\.gpgsign|log\.(date|decorate)|gc\.auto|maintenance\.auto|lfs\.repositoryformatversion"
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
    """One repository with its files beside it.

    Args:
        name: As agents call it.
        path: Where its files lie.
    """

    name: str
    path: Path

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        allow: str = "",
        settings: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        sent: bool = False,
    ) -> Said:
        """What git says to these arguments.

        Args:
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
        return _run([*where, f"--work-tree={self.path}", *arguments], self.path, stdin, own, allow, seconds, sent=sent)

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

    def setting(self, key: str) -> str:
        """A setting of the repository; empty when it is not set."""
        said = self.run("config", "--local", "--no-includes", "--get", key)
        return said.text.strip() if said.status == 0 else ""

    @property
    def _git(self) -> Path:
        return self.path / ".git"


def _run(
    arguments: Sequence[str],
    cwd: Path,
    stdin: bytes,
    settings: Mapping[str, str],
    allow: str,
    seconds: float,
    *,
    sent: bool,
) -> Said:
    git = shutil.which("git", path=_PATH)
    if git is None:
        raise GitUnreachable("Git is not installed.", "Install it: apt-get install git.", sent=False)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 -- git alone, with arguments that are checked
            [git, *arguments],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(settings, allow),
            cwd=cwd,
            start_new_session=True,
        )
        late = threading.Event()
        timer = threading.Timer(seconds, _end, (process, late))
        timer.start()
        try:
            with process:
                out = process.stdout.read(MOST + 1) if process.stdout else b""
                if len(out) > MOST:
                    _end(process, threading.Event())
        finally:
            timer.cancel()
        errors.seek(0)
        error = " ".join(errors.read(2000).decode("utf-8", "replace").split())
    if late.is_set():
        raise GitUnreachable(f"Git took longer than {seconds:g} seconds.", "Ask for less, or look why.", sent=sent)
    cut = len(out) > MOST
    return Said(0 if cut else process.returncode, out[:MOST], error[:300], cut)


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
