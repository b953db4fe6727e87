"""The shop's repository holds what its releases are said to be."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gainful.app.trial.shop_repository import GitMissing, ShopRepository


def files(shop: ShopRepository, name: str) -> dict[str, str]:
    listed = subprocess.run(
        ["git", "-C", str(shop.folder), "ls-tree", "-r", name], capture_output=True, text=True, check=True
    ).stdout
    return {line.split("\t")[1]: line.split()[2] for line in listed.splitlines()}


def test_each_release_is_a_tagged_commit(tmp_path: Path) -> None:
    shop = ShopRepository(tmp_path / "repository")
    shop.create()
    shop.release("first", "Open the shop")
    shop.release("bad", "Look prices up", error_share=0.05)
    shop.document("docs", "Describe it")
    shop.comment("comment", "Say why")
    first, bad, docs, comment = (files(shop, name) for name in ("first", "bad", "docs", "comment"))
    assert set(first) == {"app/shop.py", "app/behaviour.json"}
    assert {path for path in bad if bad[path] != first[path]} == {"app/behaviour.json"}
    assert {path for path in docs if docs[path] != bad.get(path)} == {"docs/docs.md"}
    assert {path for path in comment if comment[path] != docs[path]} == {"app/shop.py"}
    behaviour = json.loads((shop.folder / "app" / "behaviour.json").read_text())
    assert behaviour["error_share"] == 0.05
    assert behaviour["seconds"] == 0.02


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing, match="Git cannot be run"):
        ShopRepository(tmp_path / "repository").create()
