"""The tools of the named folders, as the door calls them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gainful.connectors.files import FileStore, file_tools
from gainful.core.label import TYPED, UNKNOWN, Integrity
from gainful.core.tool import Act, Effect
from gainful.core.value import Json, uniform
from gainful.policy.attribution import returned
from gainful.sdk.grant import Grant
from gainful.sdk.operation import ArgumentInvalid, Operation
from gainful.sdk.tool import Found, Tool


@pytest.fixture
def tools(tmp_path: Path) -> Mapping[str, Operation]:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("Leave: 30 days.")
    store = FileStore({"notes": tmp_path / "notes"}, tmp_path / "kept")
    return {tool.spec.name: tool for tool in file_tools(store)}


def call(tools: Mapping[str, Operation], name: str, key: str = "k", **given: Json) -> Json:
    return tools[name].call(Grant(key, name), given)


def test_what_each_is_and_how_far_it_reaches(tools: Mapping[str, Operation]) -> None:
    assert {name: (tool.spec.effect, tool.spec.act) for name, tool in tools.items()} == {
        "files.list": (Effect.READ, Act.READ),
        "files.search": (Effect.READ, Act.READ),
        "files.read": (Effect.READ, Act.READ),
        "files.write": (Effect.REVERSIBLE, Act.WRITE),
        "files.append": (Effect.REVERSIBLE, Act.WRITE),
    }
    assert all(isinstance(tool, Tool) for tool in tools.values())


def test_list_search_read_write_append(tools: Mapping[str, Operation]) -> None:
    assert call(tools, "files.list") == [{"path": "notes", "kind": "folder"}]
    assert [line["path"] for line in call(tools, "files.list", path="notes")] == ["notes/a.md"]
    (hit,) = call(tools, "files.search", text="days of leave", limit=99)["found"]
    assert hit == {"path": "notes/a.md", "start": 0, "text": "Leave: 30 days."}
    read = call(tools, "files.read", path="notes/a.md")
    assert (read["text"], read["next"], read["path"]) == ("Leave: 30 days.", None, "notes/a.md")
    written = call(tools, "files.write", path="notes/a.md", text="Leave: 31 days.", replaces=read["sha256"])
    assert written["path"] == "notes/a.md"
    added = call(tools, "files.append", key="k2", path="notes/a.md", text="\n")
    assert call(tools, "files.read", path="notes/a.md", start=7)["text"] == "31 days.\n"
    assert added["undo"] != written["undo"]


def test_what_became_of_a_write(tools: Mapping[str, Operation], tmp_path: Path) -> None:
    given = {"path": "notes/a.md", "text": "new"}
    assert tools["files.write"].find("k", given) == Found(done=False)
    answer = call(tools, "files.write", **given)
    assert tools["files.write"].find("k", given) == Found(done=True, answer=answer)
    (tmp_path / "notes" / "a.md").write_text("somebody else's")
    assert tools["files.write"].find("k", given) is None
    assert tools["files.read"].find("k", {"path": "notes/a.md"}) == Found(done=False)


def test_arguments_are_as_declared(tools: Mapping[str, Operation]) -> None:
    for name, given in (
        ("files.read", {"path": 7}),
        ("files.read", {"path": "notes/a.md", "start": 1.5}),
        ("files.write", {"path": "notes/a.md"}),
        ("files.append", {"path": "notes/a.md", "text": "x", "replaces": "y"}),
    ):
        with pytest.raises(ArgumentInvalid):
            call(tools, name, **given)


def test_what_a_file_says_may_be_a_strangers_and_what_the_disk_says_is_not(tools: Mapping[str, Operation]) -> None:
    asked = {"path": uniform("notes/a.md", TYPED)}
    read = returned(tools["files.read"].spec, asked, call(tools, "files.read", path="notes/a.md"), {})
    assert read["text"].label.tainted
    assert read["sha256"].label.integrity is Integrity.TRUSTED
    stained = {"file:notes/a.md": UNKNOWN}
    hits = call(tools, "files.search", text="leave")
    found = returned(tools["files.search"].spec, {"text": uniform("leave", TYPED)}, hits, stained)["found"][0]
    assert "unknown" in found["text"].label.sources
    assert found["start"].label.integrity is Integrity.TRUSTED
