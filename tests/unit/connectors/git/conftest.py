"""Real repositories, made by the git program as a person would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.connectors.git import Pushing, Repository, git_tools
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Handle

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2026-11-22T08:00:00Z",
    "GIT_COMMITTER_DATE": "2026-11-22T08:00:00Z",
    "GIT_ALLOW_PROTOCOL": "file",
}


def git(where: Path, *arguments: str) -> str:
    """What a person's git says there."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=where, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A repository with one commit, whose owner is Ada."""
    made = tmp_path / "site"
    made.mkdir()
    git(made, "init", "--quiet", "--initial-branch=main")
    git(made, "config", "user.name", "Ada")
    git(made, "config", "user.email", "ada@example.org")
    (made / "a.txt").write_text("one\n")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message=First")
    return made


@pytest.fixture
def bare(tmp_path: Path, site: Path) -> Path:
    """Where the repository is pushed to."""
    made = tmp_path / "remotes" / "site.git"
    made.parent.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(made))
    git(site, "remote", "add", "origin", str(made))
    git(site, "push", "--quiet", "origin", "main")
    return made


@pytest.fixture
def tools(site: Path, tmp_path: Path) -> dict[str, Operation]:
    """The tools over it; pushing goes below the folder `remotes`."""
    return made_tools(site, places=[str(tmp_path / "remotes")])


def made_tools(
    site: Path,
    places: list[str] | None = None,
    secret: Callable[[str], Handle] = lambda _host: Handle.of(None),
    author: str = "",
    cafile: str = "",
) -> dict[str, Operation]:
    """The tools over one repository, called `site`."""
    pushing = Pushing(places or [], secret, cafile)
    made = git_tools({"site": Repository("site", site)}, pushing, "helper", author)
    return {tool.spec.name: tool for tool in made}
