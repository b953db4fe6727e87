from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gainful.app.chat.connections import NoSuchChat
from gainful.app.chat.people import LinkInvalid
from gainful.gate.audit import AuditKind
from gainful.sdk.chat import NoSuchRoom
from tests.unit.app.chat.world import World


def test_settings_say_who_is_who_before_anybody_else(world: World) -> None:
    people = world.desk.people
    assert people.person("team", world.ada) == "ada"
    assert people.member("team", "bo") == world.bo
    assert people.person("team", world.stranger) == ""
    assert people.member("team", "") == ""
    assert people.person("other", world.ada) == ""
    with pytest.raises(LinkInvalid, match="toml says"):
        people.link("team", world.ada, "eve")
    with pytest.raises(LinkInvalid, match="toml says"):
        people.unlink("team", world.ada)


def test_a_link_stands_until_it_is_taken_back_and_both_are_in_the_log(world: World) -> None:
    people = world.desk.people
    people.link("team", world.stranger, "eve")
    assert people.person("team", world.stranger) == "eve"
    people.link("team", world.stranger, "mallory")
    assert [(link.person, link.by) for link in people.links()][2:] == [("mallory", "ada")]
    assert people.unlink("team", world.stranger)
    assert not people.unlink("team", world.stranger)
    assert people.person("team", world.stranger) == ""
    rows = [entry for entry in world.audit.rows(limit=9) if entry.kind == AuditKind.PERSON]
    assert [(entry.verdict, json.loads(entry.detail)["person"]) for entry in rows] == [
        ("linked", "eve"),
        ("linked", "mallory"),
        ("unlinked", "mallory"),
    ]


def test_only_people_who_are_there_are_linked(world: World) -> None:
    people = world.desk.people
    with pytest.raises(NoSuchRoom):
        people.link("team", "U999", "eve")
    with pytest.raises(LinkInvalid, match="account of a program"):
        people.link("team", world.server.account, "eve")
    with pytest.raises(LinkInvalid, match="no name of a person"):
        people.link("team", world.stranger, "eve the first")
    for call in (people.link, people.unlink, people.code):
        with pytest.raises(NoSuchChat, match="Chats: team"):
            call("other", world.stranger, *(["eve"] if call == people.link else []))


def test_a_code_is_shown_in_two_halves_and_kept_as_a_digest(world: World) -> None:
    code = world.desk.people.code("team", "eve")
    assert len(code.replace("-", "")) == 12
    assert code.replace("-", "") not in str(world.database.connect().exec_driver_sql("SELECT * FROM chat_codes").all())


def test_misread_letters_are_forgiven(world: World) -> None:
    code = world.desk.people.code("team", "eve").translate(str.maketrans("01v", "OlU"))
    assert world.desk.people.shown("team", world.stranger, f"link {code}") == "eve"


@pytest.mark.parametrize("text", ["hello", "link", "linking abcdef-ghjkmn", "please link abcdef", "link " + "a" * 90])
def test_other_messages_are_no_codes(world: World, text: str) -> None:
    assert world.desk.people.shown("team", world.stranger, text) is None


def test_who_may_answer_where_nobody_is_named(make_world: Callable[..., World]) -> None:
    world = make_world()
    assert world.desk.people.trusted == ("ada",)
    world.team = ("bo", "ada")
    assert world.new_desk().people.trusted == ("ada", "bo")
