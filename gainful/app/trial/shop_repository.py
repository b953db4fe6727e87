"""A real git repository with releases of a small shop: good ones, pointless ones, and ones that hurt."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gainful.core.errors import Unavailable
from gainful.sdk.testing.shop import write_shop

PACE: dict[str, float] = {"seconds": 0.02, "spread": 0.0, "tail": 0.3}
"""How long an answer takes: half of them 20 ms at most, 95 of a hundred 33 ms, the slowest much longer."""


class GitMissing(Unavailable):
    """The world to deploy in needs git, and it is not there or does not work."""

    code = "trial-git-missing"


class ShopRepository:
    """The repository. Each release is a commit with a tag of its name.

    Args:
        folder: Where it lies, or will lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """An empty one.

        Raises:
            GitMissing: Git cannot be run.
        """
        self.folder.mkdir(parents=True)
        self._git("init", "-q", "-b", "main")

    def release(self, name: str, said: str, **behaviour: float | bool | str) -> str:
        """Commit a shop that behaves like this, on top of everything so far; the commit's id."""
        write_shop(self.folder / "app", **{**PACE, "version": name, **behaviour})
        return self._commit(name, said)

    def comment(self, name: str, said: str) -> str:
        """Commit a comment in the shop's source, and nothing else."""
        source = self.folder / "app" / "shop.py"
        source.write_text(f"{source.read_text(encoding='utf-8')}\n# {said}.\n", encoding="utf-8")
        return self._commit(name, said)

    def document(self, name: str, said: str) -> str:
        """Commit a page that does not ship."""
        page = self.folder / "docs" / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"# {said}\n\nAsk Ada.\n", encoding="utf-8")
        return self._commit(name, said)

    def _commit(self, name: str, said: str) -> str:
        self._git("add", "-A")
        self._git("commit", "-q", "-m", said)
        self._git("tag", name)
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        # Nobody's own settings of git: no hooks, no signatures.
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _ADA.items()}
        try:
            return subprocess.run(  # noqa: S603 - fixed arguments
                ["git", "-C", str(self.folder), *arguments],  # noqa: S607 - wherever it is installed
                env={"PATH": os.environ.get("PATH", os.defpath), **own, **who},
                check=True, capture_output=True, text=True, timeout=60,
            ).stdout.strip()  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise GitMissing(f"Git cannot be run: {error}.", "Install it: apt-get install git.") from error


_ADA = {"NAME": "Ada", "EMAIL": "ada@example.org"}
