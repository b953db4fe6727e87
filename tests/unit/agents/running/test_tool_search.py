"""Few tools are shown; many are found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gainful.agents.running.brief import Shown
from gainful.agents.running.offer import offered, schema_of
from gainful.agents.running.tool_search import DOZEN, Shelf, ranked
from gainful.core.tool import Act, Effect, Role, ToolSpec
from tests.unit.agents.world import READ, SEND


def named(name: str, about: str = "") -> Shown:
    return Shown(replace(READ, name=name, about=about))


def test_a_dozen_is_shown_as_it_is() -> None:
    shelf = Shelf([named(f"t{number}.read") for number in range(DOZEN)])
    assert not shelf.searchable
    assert len(shelf.offers()) == DOZEN


def test_what_was_found_stays_in_the_order_in_which_it_was_found() -> None:
    shelf = Shelf(
        [*(named(f"t{number}.read") for number in range(12)), Shown(SEND), named("web.fetch", "Gets a page.")]
    )
    assert shelf.find({"query": "pages"}) == "web.fetch: Gets a page."
    assert shelf.find({"query": "send"}) == "mail.send: Sends."
    assert [offer.name for offer in shelf.offers()] == ["tools.find", "web.fetch", "mail.send"]
    assert shelf.find({"query": "send"}) == "No further tool fits. Yours are: web.fetch, mail.send."


def test_the_list_of_skills_is_always_shown() -> None:
    shelf = Shelf([*(named(f"t{number}.read") for number in range(13)), named("skill.read", "Skills: tickets.")])
    assert [offer.name for offer in shelf.offers()] == ["tools.find", "skill.read"]


@pytest.mark.parametrize("arguments", [None, {}, {"query": 7}, {"query": ""}])
def test_a_query_that_is_none_finds_nothing(arguments: dict[str, object] | None) -> None:
    shelf = Shelf([named(f"t{number}.read") for number in range(13)])
    assert shelf.find(arguments) == "No further tool fits. Yours are: none."


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    tools = [named("a.read", "Reads mail."), named("b.read", "Reads mail."), named("c.read", "Reads tickets.")]
    assert ranked("read the ticket", tools)[0].spec.name == "c.read"


def test_the_form_follows_from_the_declaration() -> None:
    spec = ToolSpec(
        "mail.send",
        Effect.EGRESS,
        Act.SEND,
        {"to": Role.TARGET, "copies": Role.AMOUNT, "files": Role.TARGET},
        required=frozenset({"to"}),
        types={"files": "array"},
    )
    assert schema_of(spec) == {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "copies": {"type": "number"},
            "files": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["to"],
    }
    own = {"type": "object", "properties": {}}
    assert offered(Shown(spec, own)).schema == own
