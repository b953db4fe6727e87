"""Reading, branching, committing and pushing in real repositories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gainful.connectors.git.errors import GitInvalid, GitRefused, GitUnreachable
from gainful.connectors.git.program import MOST
from gainful.core.tool import Act, Effect
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.operation import ArgumentInvalid, Operation
from gainful.sdk.tool import Found
from tests.unit.connectors.git.conftest import git, made_tools

Tools = Mapping[str, Operation]


def call(tools: Tools, what: str, /, key: str = "k1", **given: Json) -> Json:
    return tools[f"git.{what}"].call(Grant(key, f"git.{what}"), {"repository": "site", **given})


def find(tools: Tools, what: str, /, key: str = "k1", **given: Json) -> Found | None:
    return tools[f"git.{what}"].find(key, {"repository": "site", **given})


def head(site: Path) -> str:
    return git(site, "rev-parse", "HEAD")


def test_how_far_each_reaches(tools: Tools) -> None:
    reach = {name.removeprefix("git."): (tool.spec.effect, tool.spec.act) for name, tool in tools.items()}
    assert reach == {
        **dict.fromkeys(("status", "log", "show", "diff"), (Effect.READ, Act.READ)),
        **dict.fromkeys(("branch", "commit"), (Effect.REVERSIBLE, Act.WRITE)),
        "push": (Effect.EGRESS, Act.SHARE),
    }


# --- reading ---


def test_status_log_show_and_diff(tools: Tools, site: Path) -> None:
    (site / "a.txt").write_text("two\n")
    (site / "größe neu.txt").write_text("x")
    status = call(tools, "status")
    assert (status["branch"], status["commit"], status["cut"]) == ("main", head(site), False)
    assert status["changes"] == [{"state": "M", "path": "a.txt"}, {"state": "??", "path": "größe neu.txt"}]
    (commit,) = call(tools, "log")
    assert commit == {
        "commit": head(site), "author": "Ada <ada@example.org>", "at": "2026-11-22T08:00:00+00:00", "message": "First",
    }  # fmt: skip
    shown = call(tools, "show", revision="main")
    assert (shown["commit"], shown["message"]) == (head(site), "First")
    assert "+one" in shown["diff"]
    assert "-one\n+two" in call(tools, "diff")["diff"]
    assert call(tools, "diff", paths=["größe neu.txt"])["diff"] == ""
    git(site, "commit", "--quiet", "--all", "--message=Second\n\nWith a body.")
    assert "-one\n+two" in call(tools, "diff", base="HEAD~1", head="main")["diff"]
    assert [one["message"] for one in call(tools, "log", limit=1)] == ["Second\n\nWith a body."]
    assert [one["message"] for one in call(tools, "log", revision="HEAD~1", paths=["a.txt"])] == ["First"]


def test_messages_and_names_of_any_letters(tools: Tools, site: Path) -> None:
    git(
        site,
        "commit",
        "--quiet",
        "--allow-empty",
        "--message=Größe\n\n日本 --option %H \x1b[2J",
        "--author=Ö <ö@example.org>",
    )
    commit = call(tools, "log", limit=1)[0]
    assert commit["message"] == "Größe\n\n日本 --option %H \x1b[2J"
    assert commit["author"] == "Ö <ö@example.org>"


@pytest.mark.parametrize(
    "revision",
    ["--output=/tmp/x", "-p", "--help", "nowhere", "HEAD:a.txt", "main..other", "a b", "", "x\0y", "HEAD@{1 day ago}",
     "main;id", "$(id)", "refs/../x", ":/First"],
)  # fmt: skip
def test_a_revision_is_a_commit_and_no_option(tools: Tools, revision: str) -> None:
    for name in ("show", "log"):
        with pytest.raises(GitInvalid):
            call(tools, name, revision=revision)
    with pytest.raises(GitInvalid):
        call(tools, "diff", base=revision)
    with pytest.raises(GitInvalid):
        call(tools, "branch", name="new", start=revision)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/x", "", "a\0b", "a\nb"])
def test_a_path_lies_in_the_repository(tools: Tools, path: str) -> None:
    for name, more in (("log", {}), ("diff", {}), ("commit", {"message": "x"})):
        with pytest.raises(GitInvalid, match="no path"):
            call(tools, name, paths=[path], **more)


def test_a_path_is_a_path_and_no_pattern_or_option(tools: Tools, site: Path) -> None:
    for name in ("*", ":(exclude)x", "--all", "[a]"):
        assert call(tools, "diff", paths=[name])["diff"] == ""
    (site / "--all").write_text("x")
    (site / "b").write_text("x")
    call(tools, "commit", paths=["--all"], message="Odd")
    assert git(site, "show", "--name-only", "--format=") == "--all"


def test_what_is_long_is_cut(tools: Tools, site: Path) -> None:
    (site / "a.txt").write_text("x\n" * MOST)
    found = call(tools, "diff")
    assert (len(found["diff"]), found["cut"]) == (MOST, True)
    for number in range(3):
        git(site, "commit", "--quiet", "--allow-empty", f"--message={number}" + "x" * 100_000)
    commits = call(tools, "log")
    assert 1 <= len(commits) <= 4
    assert all(set(one) == {"commit", "author", "at", "message"} for one in commits)


def test_there_are_no_other_repositories(tools: Tools) -> None:
    for name in ("site2", "..", "/tmp", ""):
        with pytest.raises(GitInvalid, match="no repository"):
            tools["git.status"].call(Grant("k", "git.status"), {"repository": name})
    with pytest.raises(ArgumentInvalid):
        call(tools, "log", paths="a.txt")


# --- branching and committing ---


def test_a_branch_is_made_with_what_was_changed(tools: Tools, site: Path) -> None:
    (site / "a.txt").write_text("two\n")
    assert find(tools, "branch", name="fix/one") == Found(done=False)
    made = call(tools, "branch", name="fix/one")
    assert made == {"branch": "fix/one", "commit": head(site)}
    assert git(site, "branch", "--show-current") == "fix/one"
    assert (site / "a.txt").read_text() == "two\n"
    assert find(tools, "branch", name="fix/one") == Found(done=True, answer=made)
    git(site, "switch", "--quiet", "main")
    assert find(tools, "branch", name="fix/one") is None
    with pytest.raises(GitRefused):
        call(tools, "branch", name="fix/one")


@pytest.mark.parametrize(
    "name", ["-D", "--orphan", "a..b", "a b", "a~b", "HEAD", "@{-1}", "x.lock", "", "a//b", "/a", "ö"]
)
def test_a_branch_has_a_plain_name(tools: Tools, site: Path, name: str) -> None:
    with pytest.raises((GitInvalid, GitRefused)):
        call(tools, "branch", name=name)
    assert git(site, "branch", "--format=%(refname:short)") == "main"


def test_a_commit_holds_what_was_named_and_nothing_else(tools: Tools, site: Path) -> None:
    (site / "a.txt").write_text("two\n")
    (site / "b.txt").write_text("new\n")
    (site / "c.txt").write_text("not yet\n")
    (site / "d.txt").write_text("staged by the person\n")
    git(site, "add", "d.txt")
    assert find(tools, "commit", paths=["a.txt"], message="x") == Found(done=False)
    made = call(tools, "commit", paths=["a.txt", "b.txt"], message="Change it\n\n# not a comment\n")
    assert made == {"branch": "main", "commit": head(site)}
    assert git(site, "show", "--name-only", "--format=") == "a.txt\nb.txt"
    assert git(site, "status", "--porcelain") == "A  d.txt\n?? c.txt"
    assert git(site, "log", "-1", "--format=%an <%ae>|%cn <%ce>") == (
        "Ada <ada@example.org>|Ada (agent helper) <ada@example.org>"
    )
    message = git(site, "log", "-1", "--format=%B")
    assert message.startswith("Change it\n\n# not a comment\n\nGainful-Effect: ")
    assert find(tools, "commit", paths=["a.txt"], message="x") == Found(done=True, answer=made)
    assert find(tools, "commit", key="k2", paths=["a.txt"], message="x") == Found(done=False)


def test_what_is_deleted_can_be_committed_and_a_folder_too(tools: Tools, site: Path) -> None:
    (site / "a.txt").unlink()
    (site / "sub").mkdir()
    (site / "sub" / "x").write_text("x")
    call(tools, "commit", paths=["a.txt", "sub"], message="Move")
    assert git(site, "ls-files") == "sub/x"


def test_the_first_commit_of_all(tmp_path: Path) -> None:
    site = tmp_path / "new"
    site.mkdir()
    git(site, "init", "--quiet", "--initial-branch=main")
    tools = made_tools(site, author="Bo Beck <bo@example.org>")
    (site / "a").write_text("x")
    assert call(tools, "status") == {
        "branch": "main", "commit": "", "changes": [{"state": "??", "path": "a"}], "cut": False,
    }  # fmt: skip
    assert find(tools, "commit", paths=["a"], message="x") == Found(done=False)
    made = call(tools, "commit", paths=["a"], message="First")
    assert git(site, "log", "--format=%an") == "Bo Beck"
    assert find(tools, "commit", paths=["a"], message="x") == Found(done=True, answer=made)


def test_a_commit_on_no_branch_is_found_too(tools: Tools, site: Path) -> None:
    git(site, "switch", "--quiet", "--detach")
    (site / "b").write_text("x")
    made = call(tools, "commit", paths=["b"], message="Lost?")
    assert made["branch"] == ""
    assert find(tools, "commit", paths=["b"], message="x") == Found(done=True, answer=made)


def test_what_cannot_be_committed(tools: Tools, site: Path) -> None:
    with pytest.raises(GitRefused):
        call(tools, "commit", paths=["a.txt"], message="Nothing has changed")
    with pytest.raises(GitRefused):
        call(tools, "commit", paths=["none"], message="x")
    (site / ".gitignore").write_text("secret\n")
    (site / "secret").write_text("x")
    with pytest.raises(GitRefused):
        call(tools, "commit", paths=["secret"], message="x")
    all_wrong: list[dict[str, Json]] = [
        {"paths": []},
        {"message": " \n"},
        {"message": "a\0b"},
        {"message": "x" * 20_001},
    ]
    for wrong in all_wrong:
        with pytest.raises(GitInvalid):
            call(tools, "commit", **{"paths": ["a.txt"], "message": "x", **wrong})
    git(site, "config", "--unset", "user.email")
    (site / "a.txt").write_text("two")
    with pytest.raises(GitInvalid, match="whose commits"):
        call(tools, "commit", paths=["a.txt"], message="x")


def test_a_lock_that_somebody_left_is_told(tools: Tools, site: Path) -> None:
    (site / ".git" / "index.lock").touch()
    (site / "a.txt").write_text("two")
    with pytest.raises(GitRefused, match=r"index\.lock"):
        call(tools, "commit", paths=["a.txt"], message="x")


# --- pushing ---


def test_exactly_one_commit_is_pushed(tools: Tools, site: Path, bare: Path) -> None:
    (site / "b").write_text("x")
    commit = call(tools, "commit", paths=["b"], message="Second")["commit"]
    given = {"branch": "fix", "commit": commit}
    assert find(tools, "push", **given) == Found(done=False)
    pushed = call(tools, "push", **given)
    assert pushed == {"to": str(bare), "branch": "fix", "commit": commit}
    assert git(bare, "rev-parse", "fix") == commit
    assert git(bare, "rev-parse", "main") != commit
    assert find(tools, "push", **given) == Found(done=True, answer=pushed)
    assert call(tools, "push", **given) == pushed
    git(site, "commit", "--quiet", "--allow-empty", "--message=Third")
    git(site, "push", "--quiet", "origin", "HEAD:fix")
    # It was pushed, and somebody went on from there.
    assert find(tools, "push", **given) == Found(done=True, answer=pushed)


def test_nothing_is_ever_forced(tools: Tools, site: Path, bare: Path) -> None:
    first = head(site)
    git(site, "commit", "--quiet", "--allow-empty", "--message=Theirs")
    git(site, "push", "--quiet", "origin", "main")
    theirs = head(site)
    git(site, "reset", "--quiet", "--hard", first)
    git(site, "commit", "--quiet", "--allow-empty", "--message=Ours")
    given = {"branch": "main", "commit": head(site)}
    with pytest.raises(GitRefused, match="does not take it"):
        call(tools, "push", **given)
    assert git(bare, "rev-parse", "main") == theirs
    assert find(tools, "push", **given) is None


@pytest.mark.parametrize(
    "given",
    [
        {"branch": "--force"},
        {"branch": "+main"},
        {"branch": ":main"},
        {"branch": "a:b"},
        {"commit": "main"},
        {"commit": ""},
        {"commit": "+" + "0" * 40},
        {"commit": "0" * 40},
        {"commit": "F" * 40},
    ],
)
def test_only_a_whole_commit_goes_to_a_plain_branch(
    tools: Tools, site: Path, bare: Path, given: dict[str, str]
) -> None:
    with pytest.raises(GitInvalid):
        call(tools, "push", **{"branch": "fix", "commit": head(site), **given})
    assert git(bare, "branch", "--format=%(refname:short)") == "main"


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id% >/tmp/gainful-was-here",
        "--upload-pack=touch /tmp/gainful-was-here",
        "https://git.example.org/other/site",
        "https://user:password@git.example.org/team/site",
        "http://git.example.org/team/site",
        "ssh://git.example.org/team/site",
        "git@git.example.org:team/site",
        "git://git.example.org/team/site",
        "file:///etc",
        "/etc",
        "REMOTES/../elsewhere",
        "REMOTES-not/site.git",
        "https://git.example.org/team/%2e%2e/other",
        "https://git.example.org/team/x?y",
        "https://git.example.org.evil.example.net/team/site",
        "https://git.example.org/teamwork/site",
    ],
)
def test_only_the_places_that_the_person_named_are_reached(site: Path, bare: Path, url: str) -> None:
    remotes = str(bare.parent)
    tools = made_tools(site, places=[remotes, "https://git.example.org/team/"])
    git(site, "config", "remote.origin.url", url.replace("REMOTES", remotes))
    for act in (call, find):
        with pytest.raises(GitRefused) as caught:
            act(tools, "push", branch="fix", commit=head(site))
        assert "password" not in str(caught.value)
    assert not Path("/tmp/gainful-was-here").exists()


def test_a_place_reached_by_a_link_is_where_the_link_leads(site: Path, bare: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.git"
    git(tmp_path, "init", "--quiet", "--bare", str(elsewhere))
    (bare.parent / "link.git").symlink_to(elsewhere)
    git(site, "config", "remote.origin.url", str(bare.parent / "link.git"))
    with pytest.raises(GitRefused, match="not among the places"):
        call(made_tools(site, places=[str(bare.parent)]), "push", branch="fix", commit=head(site))


def test_a_remote_is_one_of_the_repositorys(tools: Tools, site: Path, bare: Path) -> None:
    for remote in ("upstream", "--all", "", "x y", str(bare), "a.b"):
        with pytest.raises(GitRefused, match="no remote"):
            call(tools, "push", remote=remote, branch="fix", commit=head(site))


def test_a_place_that_is_gone_got_nothing(tools: Tools, site: Path, bare: Path) -> None:
    bare.rename(bare.with_name("moved"))
    with pytest.raises(GitUnreachable) as caught:
        call(tools, "push", branch="fix", commit=head(site))
    assert caught.value.sent is False
    with pytest.raises(GitUnreachable):
        find(tools, "push", branch="fix", commit=head(site))


def hook(bare: Path, name: str, text: str) -> None:
    file = bare / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def test_the_other_sides_own_hooks_decide_there(tools: Tools, site: Path, bare: Path) -> None:
    hook(bare, "pre-receive", "echo 'not on a Sunday' >&2; exit 1")
    with pytest.raises(GitRefused, match="does not take it"):
        call(tools, "push", branch="fix", commit=head(site))
    assert git(bare, "branch", "--format=%(refname:short)") == "main"


def test_a_push_that_ended_badly_after_it_was_taken_was_taken(tools: Tools, site: Path, bare: Path) -> None:
    hook(bare, "post-receive", "kill -9 $PPID")
    assert call(tools, "push", branch="fix", commit=head(site))["commit"] == head(site)
    assert git(bare, "rev-parse", "fix") == head(site)


def test_a_push_of_which_nobody_knows(tools: Tools, site: Path, bare: Path) -> None:
    hook(bare, "pre-receive", f"mv {bare} {bare}.gone; exit 1")
    with pytest.raises(GitUnreachable) as caught:
        call(tools, "push", branch="fix", commit=head(site))
    assert caught.value.sent is True
