"""What agents are given of a server: what a person has declared and looked at, and nothing that hides."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.mcp import McpFileInvalid, Pin, ServerFile
from gainful.connectors.mcp.errors import McpUnpinned
from gainful.connectors.mcp.pin import pinned_from
from gainful.core.label import UNKNOWN, Integrity
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import uniform
from gainful.policy.attribution import returned
from tests.unit.connectors.mcp.conftest import Servers

TICKETS: list[dict[str, Any]] = [
    {
        "name": "search",
        "description": "Finds  tickets.\nBy words.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "limit": {"type": "integer"},
                "odd": {"type": ["string", "null"]},
            },
            "required": ["query"],
        },
    },
    {"name": "close", "inputSchema": {"type": "object", "properties": {"number": {"type": "integer"}}}},
]


def specs(servers: Servers, offered: list[dict[str, Any]] = TICKETS, **tools: Any) -> dict[str, ToolSpec]:
    server = servers.of(ServerFile(name="tickets", command=("x",), tools=tools))
    server.pin.write(pinned_from(offered))
    return {tool.spec.name: tool.spec for tool in server.tools()}


def test_only_what_is_declared_exists_and_only_once_somebody_has_looked(servers: Servers) -> None:
    server = servers.of(ServerFile(name="tickets", command=("x",), tools={"search": {}}))
    assert server.tools() == []
    assert set(specs(servers, search={})) == {"tickets.search"}
    assert specs(servers) == {}


def test_what_is_left_out_is_the_worst(servers: Servers) -> None:
    spec = specs(servers, search={})["tickets.search"]
    assert (spec.effect, spec.act) == (Effect.EGRESS, Act.WRITE)
    assert spec.arguments == {"query": Role.TARGET, "limit": Role.TARGET, "odd": Role.TARGET}
    assert spec.required == {"query"}
    assert spec.types == {"query": "string", "limit": "integer"}
    assert spec.about == "Finds tickets. By words."
    assert spec.returns.default == UNKNOWN
    value = returned(spec, {}, {"text": "x", "structured": {"id": 7}}, {})
    assert all(part.label.tainted for part in value.leaves())


def test_a_person_says_what_a_tool_does(servers: Servers) -> None:
    words = {
        "effect": "read",
        "arguments": {"query": "content"},
        "labels": {"structured.id": "trusted"},
        "about": "Finds tickets by words.",
        "rate": "10 a minute",
    }
    spec = specs(servers, search=words)["tickets.search"]
    assert (spec.effect, spec.act, spec.about) == (Effect.READ, Act.READ, "Finds tickets by words.")
    assert spec.arguments == {"query": Role.CONTENT, "limit": Role.TARGET, "odd": Role.TARGET}
    asked = {"query": uniform("x", UNKNOWN.but(Integrity.USER))}
    value = returned(spec, asked, {"text": "x", "structured": {"id": 7}}, {})
    assert value["structured"]["id"].label.integrity is Integrity.TRUSTED
    assert value["text"].label.tainted


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"efect": "read"}, "is no word of a declaration"),
        ({"effect": "harmless"}, "'harmless'"),
        ({"effect": "read", "act": "send"}, "its effect is"),
        ({"arguments": {"query": "whatever"}}, "whatever"),
        ({"labels": {"x": "good"}}, "good"),
        ({"arguments": "query"}, "is a str"),
        ({"effect": 7}, "is a int"),
    ],
)
def test_words_that_nobody_knows_are_no_declaration(servers: Servers, words: dict[str, Any], told: str) -> None:
    with pytest.raises(McpFileInvalid, match=told):
        specs(servers, search=words)


def test_a_tool_that_the_server_does_not_offer(servers: Servers) -> None:
    with pytest.raises(McpFileInvalid, match="does not offer"):
        specs(servers, seach={})


def test_a_name_cannot_be_declared_away(servers: Servers) -> None:
    assert set(specs(servers, search={"name": "mail.send"})) == {"tickets.search"}


def test_nothing_hides_in_what_a_model_is_shown(servers: Servers) -> None:
    server = servers.odd("hidden")
    server.pin.write(server.offered())
    (tool,) = server.tools()
    shown = tool.spec.about + json.dumps(tool.schema, ensure_ascii=False)
    assert "RIGHT-TO-LEFT OVERRIDE" in shown
    assert not {"\u202e", "\u200b", "\U000e0041"} & set(shown)


def test_a_long_description_is_cut(servers: Servers) -> None:
    offered = [{"name": "search", "description": "x " * 5000, "inputSchema": {"type": "object"}}]
    assert len(specs(servers, offered, search={})["tickets.search"].about) == 600


@pytest.mark.parametrize(
    "schema",
    [
        None,
        7,
        [],
        {"properties": 7, "required": 7},
        {"properties": {"a b": {}, "a\nb": {}, "x": 7}, "required": [7, ["x"]]},
    ],
)
def test_a_schema_of_any_shape_breaks_nothing(servers: Servers, schema: Any) -> None:
    spec = specs(servers, [{"name": "search", "inputSchema": schema}], search={})["tickets.search"]
    assert set(spec.arguments) <= {"x"}
    assert spec.required == set()


# --- pins ---


def pin(tmp_path: Path) -> Pin:
    return Pin(tmp_path / "home" / "mcp" / "tickets.pin")


def test_a_pin_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    kept, offered = pin(tmp_path), pinned_from(TICKETS)
    assert kept.read() is None
    kept.write(offered)
    assert kept.read() == offered
    assert kept.read().digest == offered.digest  # type: ignore[union-attr]
    assert [one.name for one in kept.file.parent.iterdir()] == ["tickets.pin"]
    assert stat.S_IMODE(kept.file.parent.stat().st_mode) == 0o700


def test_every_letter_counts_and_no_order_does(tmp_path: Path) -> None:
    offered = pinned_from(TICKETS)
    assert pinned_from(TICKETS[::-1]).digest == offered.digest
    for key, value in (("description", "Finds tickets."), ("title", "x"), ("annotations", {"readOnlyHint": True})):
        assert pinned_from([{**TICKETS[0], key: value}, TICKETS[1]]).digest != offered.digest
    changed = pinned_from([{**TICKETS[0], "description": "Other"}, {"name": "new"}])
    assert offered.changes(changed) == ["+ new", "- close", "~ search: description"]
    assert offered.changes(offered) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"digest": "x", "tools": {}}', '{"digest": 1, "tools": 7}'])
def test_a_pin_that_was_changed_by_hand_is_none(servers: Servers, tmp_path: Path, damage: str) -> None:
    kept = pin(tmp_path)
    kept.write(pinned_from(TICKETS))
    kept.file.write_text(damage)
    with pytest.raises(McpUnpinned, match="damaged or was changed") as caught:
        kept.read()
    assert "gainful mcp pin tickets" in caught.value.next_move
    text = json.dumps({"digest": pinned_from(TICKETS).digest, "tools": {"search": {"description": "Evil"}}})
    kept.file.write_text(text)
    with pytest.raises(McpUnpinned):
        kept.read()


def test_a_list_too_long_to_be_looked_at() -> None:
    with pytest.raises(ValueError, match="too long"):
        pinned_from([{"name": "a", "description": "x" * 5_000_000}])
    with pytest.raises(ValueError, match="one name"):
        pinned_from([{"name": "a"}, {"name": "a"}])
