"""The benchmark of pointless deployments, over a small repository with labels of its own."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.pointless.__main__ import Judged, confusion, figures, judged, live_at, main
from bench.pointless.labelled import COLUMNS, labelled, repository_below, services
from bench.pointless.must_not import cases
from gainful.connectors.git import GitHistory
from gainful.core.deployment import Action, Kind
from tests.unit.connectors.git.conftest import git
from tests.unit.jobs.deploy.planning.paper import NOW

SERVICE = """
repository = "ada/site"
service = "web"
ships = ["app/**"]
dependencies = ["requirements.txt"]
base_image = ["Dockerfile"]
version_files = ["app/v.py:V"]
"""
STEPS = [
    ("real", {"app/a.py": "x = 1\n", "app/v.py": "V = '1'\n", "requirements.txt": "a==1\n", "Dockerfile": "FROM a\n"}),
    ("nothing-shipped", {"README": "Hi\n"}),
    ("comments-only", {"app/a.py": "x = 1  # why\n"}),
    ("version-only", {"app/v.py": "V = '2'\n"}),
    ("same-tree", {}),
    ("real", {"app/a.py": "x = 2\n"}),
    # A person may say what no machine can.
    ("comments-only", {"Dockerfile": "# Why.\nFROM a\n"}),
]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with a repository, below `repos`, and labels of its steps."""
    site = tmp_path / "repos" / "ada+site" / "repo"
    site.mkdir(parents=True)
    git(site, "init", "--quiet", "--initial-branch=main")
    ids = []
    for label, files in STEPS:
        for path, text in files.items():
            (site / path).parent.mkdir(exist_ok=True)
            (site / path).write_text(text)
        git(site, "add", "--all")
        git(site, "commit", "--quiet", "--allow-empty", f"--message={label}")
        ids.append(git(site, "rev-parse", "HEAD"))
    (tmp_path / "services.d").mkdir()
    (tmp_path / "services.d" / "site.toml").write_text(SERVICE)
    (tmp_path / "labels").mkdir()
    rows = [[ids[at - 1], ids[at], STEPS[at][0], "as the step says"] for at in range(1, len(STEPS))]
    text = "".join("\t".join(row) + "\n" for row in [COLUMNS, *rows])
    (tmp_path / "labels" / "site.tsv").write_text(text)
    return tmp_path


def _all(world: Path) -> list[Judged]:
    [service] = services(world)
    where = repository_below(world / "repos", service.repository)
    assert where is not None
    return [judged(change, where) for change in labelled(service, world)]


def test_each_step_is_what_its_label_says_or_real(world: Path) -> None:
    kinds = [one.made.verdict.kind for one in _all(world)]
    assert [kind.value for kind in kinds[:-1]] == [label for label, _ in STEPS[1:-1]]
    assert kinds[-1] is Kind.REAL


def test_figures(world: Path) -> None:
    everything = _all(world)
    found = figures(everything, [])
    assert found["refuse_precision"] == 1
    assert found["recall"] == 4 / 5
    assert (found["labelled"], found["refused"], found["pointless"]) == (6, 2, 5)
    assert (found["real_refused"], found["real_flagged"]) == (0, 0)
    wrong = [replace(one, said=replace(one.said, label=Kind.REAL)) for one in everything]
    found = figures(wrong, [])
    assert (found["refuse_precision"], found["real_refused"], found["real_flagged"]) == (0, 2, 2)
    assert len(confusion(everything)) == 6


def test_what_must_not_be_refused(world: Path) -> None:
    [service] = services(world)
    where = world / "repos" / "ada+site" / "repo"
    history = GitHistory.at("site", where)
    found = list(cases("web", service.shipping, history, live_at(service, where, "main"), NOW))
    assert [case.kind for case in found] == [
        "restart", "secrets", "settings", "rebuild", "repair", "drift", "rollback",
        "dependency requirements.txt", "base image Dockerfile",
    ]  # fmt: skip
    assert {case.made.verdict.action for case in found} == {Action.PROCEED}


def test_it_runs_as_a_program(world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = world / "figures.json"
    given = ["--repos", str(world / "repos"), "--labels", str(world), "--json", str(file), "--wrong"]
    monkeypatch.setattr(sys, "argv", ["pointless", *given])
    main()
    assert '"must_not_refused": 0' in file.read_text()
    assert "changed: Dockerfile (base image)" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["a\tb\tnonsense\tx", "a\tb\treal", "a\tb\treal\tx\na\tb\treal\ty"])
def test_labels_that_cannot_be_read(world: Path, line: str) -> None:
    [service] = services(world)
    (world / "labels" / "site.tsv").write_text("\t".join(COLUMNS) + f"\n{line}\n")
    with pytest.raises(ValueError, match=r"site\.tsv, line"):
        list(labelled(service, world))


def test_the_labels_that_come_along_can_be_read() -> None:
    for service in services():
        changes = list(labelled(service))
        assert all(len(commit) == 40 for change in changes for commit in (change.base, change.head))
        assert all(change.reason for change in changes)


@pytest.mark.parametrize("place", ["ada+site/repo", "ada+site", "ada/site"])
def test_a_repository_is_found_bare_or_not(tmp_path: Path, place: str) -> None:
    assert repository_below(tmp_path, "ada/site") is None
    (tmp_path / place / ("objects" if "repo" in place else ".git")).mkdir(parents=True)
    assert repository_below(tmp_path, "ada/site") == tmp_path / place
