"""Nothing in a repository makes git run a program. Each way is first shown to work for a person's own git."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.git import Repository
from gainful.connectors.git import program as module
from gainful.connectors.git.errors import GitInvalid, GitRefused, GitUnreachable
from gainful.core.errors import GainfulError
from gainful.sdk.grant import Grant
from tests.unit.connectors.git.conftest import git, made_tools


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A program that leaves a trace when it is run."""
    trace = tmp_path / "trace"
    program = tmp_path / "canary"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\ncat\n")
    program.chmod(0o755)
    return program


def sang(canary: Path) -> bool:
    """Whether it was run; and make it silent again."""
    trace = canary.with_name("trace")
    there = trace.exists()
    trace.unlink(missing_ok=True)
    return there


def everything(site: Path) -> list[str]:
    """Use every tool; which of them were refused."""
    tools, refused = made_tools(site, places=[str(site.parent)]), []
    head = git(site, "rev-parse", "HEAD")
    uses: dict[str, dict[str, Any]] = {
        "status": {},
        "log": {"paths": ["a.txt"]},
        "show": {"revision": "HEAD"},
        "diff": {},
        "commit": {"paths": ["a.txt", "sub"] if (site / "sub").exists() else ["a.txt"], "message": "x"},
        "branch": {"name": "new"},
        "push": {"branch": "fix", "commit": head},
    }
    for name, given in uses.items():
        try:
            tools[f"git.{name}"].call(Grant("k", f"git.{name}"), {"repository": "site", **given})
        except GitRefused:
            refused.append(name)
    return refused


SETTINGS = {
    "core.fsmonitor": "CANARY",
    "core.pager": "CANARY",
    "core.editor": "CANARY",
    "core.askPass": "CANARY",
    "core.sshCommand": "CANARY",
    "core.hooksPath": "HOOKS",
    "core.gitProxy": "CANARY",
    "core.worktree": "/",
    "core.attributesFile": "/x",
    "diff.external": "CANARY",
    "diff.x.command": "CANARY",
    "diff.x.textconv": "CANARY",
    "filter.x.clean": "CANARY",
    "filter.x.smudge": "CANARY",
    "filter.x.process": "CANARY",
    "merge.x.driver": "CANARY",
    "credential.helper": "!CANARY",
    "gpg.program": "CANARY",
    "gpg.ssh.program": "CANARY",
    "alias.status": "!CANARY",
    "sequence.editor": "CANARY",
    "remote.origin.uploadpack": "CANARY",
    "remote.origin.receivepack": "CANARY",
    "remote.origin.vcs": "ext",
    "remote.origin.proxy": "http://evil.example.net",
    "url./etc.insteadOf": "/tmp",
    "protocol.ext.allow": "always",
    "http.proxy": "http://evil.example.net",
    "http.sslVerify": "false",
    "include.path": "/x",
    "includeIf.gitdir:/.path": "/x",
    "uploadpack.packObjectsHook": "CANARY",
    "submodule.x.update": "!CANARY",
    "extensions.worktreeConfig": "true",
    "extensions.partialClone": "origin",
    "trailer.x.command": "CANARY",
    "trailer.x.cmd": "CANARY",
    "interactive.diffFilter": "CANARY",
    "something.quite": "new",
}


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_that_is_not_known_to_be_harmless_ends_it(site: Path, bare: Path, canary: Path, key: str) -> None:
    git(site, "config", key, SETTINGS[key].replace("CANARY", str(canary)))
    (site / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (site / "a.txt").write_text("two\n")
    assert everything_refused(site, key)
    assert not sang(canary)


def everything_refused(site: Path, key: str) -> bool:
    tools = made_tools(site)
    for tool in ("git.status", "git.log", "git.diff"):
        with pytest.raises(GitRefused, match="not known to be harmless") as caught:
            tools[tool].call(Grant("k", tool), {"repository": "site"})
        assert key.lower().split(".")[0] in str(caught.value).lower()
    return True


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg", "post-commit", "post-checkout", "pre-push",
                                  "prepare-commit-msg", "reference-transaction", "post-index-change"])  # fmt: skip
def test_no_hook_is_run(site: Path, bare: Path, canary: Path, name: str) -> None:
    (site / ".git" / "hooks").mkdir(exist_ok=True)
    (site / ".git" / "hooks" / name).symlink_to(canary)
    (site / "a.txt").write_text("by a person\n")
    with suppress(AssertionError):
        git(site, "commit", "--quiet", "--all", "--message=x")
    with suppress(AssertionError):
        git(site, "switch", "--quiet", "--create", "other")
    with suppress(AssertionError):
        git(site, "push", "--quiet", "origin", "HEAD:other")
    assert sang(canary), "this would not notice a hook"
    (site / "a.txt").write_text("by an agent\n")
    assert everything(site) == []
    assert not sang(canary)


def test_settings_of_the_person_and_the_system_are_not_read(
    site: Path, bare: Path, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text(
        f'[core]\nfsmonitor = {canary}\neditor = {canary}\n[filter "x"]\nclean = {canary}\n'
        f"[diff]\nexternal = {canary}\n[init]\ntemplateDir = {tmp_path}\n"
    )
    (site / ".gitattributes").write_text("* filter=x\n")
    (site / "a.txt").write_text("two\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(["git", "status"], cwd=site, env=environment, check=False, capture_output=True)
    assert sang(canary), "this would not notice a setting"
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(canary))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(canary))
    assert everything(site) == []
    assert not sang(canary)


def nested(site: Path, canary: Path) -> Path:
    """A repository in the repository, with a program in its settings."""
    inner = site / "sub"
    inner.mkdir()
    git(inner, "init", "--quiet", "--initial-branch=main")
    (inner / "x").write_text("x")
    git(inner, "add", "x")
    git(inner, "commit", "--quiet", "--message=Inner")
    git(inner, "config", "core.fsmonitor", str(canary))
    (inner / "x").write_text("y")
    return inner


def test_a_repository_in_the_repository_is_not_gone_into(site: Path, bare: Path, canary: Path) -> None:
    inner = nested(site, canary)
    git(site, "add", "sub")
    git(site, "commit", "--quiet", "--message=With a repository in it")
    git(inner, "commit", "--quiet", "--allow-empty", "--message=More")
    sang(canary)
    git(site, "status")
    assert sang(canary), "this would not notice that it was gone into"
    (site / "a.txt").write_text("two\n")
    everything(site)
    assert not sang(canary)


def test_one_that_nobody_has_added_is_not_gone_into_either(site: Path, bare: Path, canary: Path) -> None:
    nested(site, canary)
    sang(canary)
    (site / "a.txt").write_text("two\n")
    everything(site)
    assert not sang(canary)


def test_submodules_are_no_reason_to_refuse(site: Path, bare: Path, tmp_path: Path) -> None:
    git(site, "submodule", "--quiet", "add", str(bare), "module")
    git(site, "commit", "--quiet", "--message=With a submodule")
    (site / "a.txt").write_text("two\n")
    assert everything(site) == []


def test_settings_that_everybody_has_are_harmless(site: Path, bare: Path) -> None:
    for key, value in {
        "branch.main.remote": "origin",
        "branch.main.merge": "refs/heads/main",
        "pull.rebase": "true",
        "commit.gpgSign": "true",
        "core.autocrlf": "input",
        "color.ui": "always",
        "log.decorate": "full",
    }.items():
        git(site, "config", key, value)
    (site / "a.txt").write_text("two\n")
    assert everything(site) == []
    assert "\x1b" not in git(site, "show", "--no-color", "HEAD")


# --- where the repository lies ---


def test_what_is_no_repository_of_its_own(tmp_path: Path, site: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".git").symlink_to(site / ".git")
    git(site, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    for name in ("empty", "linked", "tree", "absent"):
        with pytest.raises(GitInvalid, match="no repository of its own"):
            Repository(name, tmp_path / name).run("status")
    (site / ".git" / "commondir").write_text("/elsewhere\n")
    with pytest.raises(GitRefused, match="elsewhere"):
        Repository("site", site).run("status")


def test_settings_that_cannot_be_read(site: Path) -> None:
    (site / ".git" / "config").write_text("[core\n")
    with pytest.raises(GitRefused, match="cannot be read"):
        Repository("site", site).run("status")


# --- one at a time, and not for ever ---


def test_one_git_at_a_time(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.001)
    held = os.open(site / ".git", os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(GitUnreachable, match="Another git works") as caught:
        Repository("site", site).run("status", seconds=0.01)
    assert caught.value.sent is False
    os.close(held)
    assert Repository("site", site).run("status").status == 0


def test_a_git_that_takes_too_long_is_ended(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text('#!/bin/sh\ncase "$*" in *--list*) exit 0;; esac\nsleep 60 & sleep 60\n')
    (slow / "git").chmod(0o755)
    monkeypatch.setattr(module, "_PATH", f"{slow}:/usr/bin:/bin")
    for sent in (True, False):
        with pytest.raises(GitUnreachable, match="took longer") as caught:
            Repository("site", site).run("status", seconds=0.2, sent=sent)
        assert caught.value.sent is sent
    # Nobody holds our turn any more, its children neither.
    monkeypatch.undo()
    assert Repository("site", site).run("status", seconds=60).status == 0


def test_without_git(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATH", "/nowhere")
    with pytest.raises(GitUnreachable, match="not installed") as caught:
        Repository("site", site).run("status")
    assert caught.value.sent is False


def test_a_disk_without_room_is_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(GitUnreachable, match="No space left"):
        Repository("site", site).run("status")


def test_what_is_given_on_the_input_may_be_long(site: Path) -> None:
    said = Repository("site", site).run("hash-object", "--stdin", stdin=b"x" * 1_000_000)
    assert len(said.text.strip()) == 40
    # A git that does not listen is no error of ours.
    assert Repository("site", site).run("status", stdin=b"x" * 1_000_000).status == 0


def test_every_error_names_the_next_move(site: Path) -> None:
    failures: list[Callable[[], object]] = [
        lambda: Repository("x", site / "none").run("status"),
        lambda: made_tools(site)["git.show"].call(Grant("k", "git.show"), {"repository": "site", "revision": "none"}),
    ]
    for failing in failures:
        with pytest.raises(GainfulError) as caught:
            failing()
        assert caught.value.next_move
