"""What a connector declares of its tools: every word is known, and nothing contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful import connectors
from gainful.core.label import UNKNOWN, Confidentiality, Integrity, Label
from gainful.core.tool import Act, Effect, Role
from gainful.sdk.declaration import DeclarationInvalid, declared, read_declaration

FULL = """
name = "post"
[[tools]]
name = "post.send"
effect = "egress"
act = "send"
about = "Sends."
arguments = { to = "target", text = "content", files = "target" }
required = ["to"]
attends = ["to"]
exposes = { files = "file:{}" }
writes = ["mail:{id}"]
labels = { "id" = "trusted", "said" = "untrusted secret" }
default_label = "trusted internal"
objects = { "" = "mail:{id}" }
server = ["id"]
echoes = false
scopes = ["one account"]
rate = "one a call"
stores = "nothing"
"""


def test_every_word_of_a_declaration_counts() -> None:
    spec = read_declaration(FULL)["post.send"]
    assert (spec.effect, spec.act, spec.about) == (Effect.EGRESS, Act.SEND, "Sends.")
    assert spec.arguments == {"to": Role.TARGET, "text": Role.CONTENT, "files": Role.TARGET}
    assert (spec.required, spec.attends) == (frozenset({"to"}), frozenset({"to"}))
    assert (spec.exposes, spec.writes) == ({"files": "file:{}"}, ("mail:{id}",))
    assert spec.returns.labels == {
        "id": Label(Integrity.TRUSTED, sources=frozenset({"post:post.send#id"})),
        "said": Label(Integrity.UNTRUSTED, Confidentiality.SECRET, frozenset({"post:post.send#said"})),
    }
    assert spec.returns.default == Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"post:post.send"}))
    assert (spec.returns.objects, spec.returns.server, spec.returns.echoes) == (
        {"": "mail:{id}"},
        frozenset({"id"}),
        False,
    )


def test_what_is_not_declared_is_a_strangers_and_an_effect_writes() -> None:
    read, write = read_declaration(
        '[[tools]]\nname = "a"\neffect = "read"\n[[tools]]\nname = "b"\neffect = "contained"'
    ).values()
    assert read.returns.default == UNKNOWN
    assert (read.act, write.act) == (Act.READ, Act.WRITE)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('effect = "harmless"', "harmless"),
        ('act = "dance"', "dance"),
        ('arguments = { to = "whom" }', "whom"),
        ('required = ["missing"]', "it has no argument 'missing'"),
        ('attends = ["missing"]', "it has no argument 'missing'"),
        ('exposes = { missing = "file:{}" }', "it has no argument 'missing'"),
        ('labels = { "id" = "holy" }', "holy"),
        ('labels = { "id" = "trusted hidden" }', "hidden"),
        ('labels = { "id" = "trusted public always" }', "is no label"),
        ('labels = { "id" = "" }', "not enough values"),
        ('attend = ["to"]', "'attend' is no word"),
        ('defaultlabel = "untrusted"', "'defaultlabel' is no word"),
        ('writes = "file:{id}"', "'writes' is a str"),
        ('server = "id"', "'server' is a str"),
        ('echoes = "false"', "'echoes' is a str"),
        ("objects = { a = 1 }", "the name of an object is a text"),
        ('act = "pay"\neffect = "read"', "its act is 'pay'"),
        ('act = "delete"\neffect = "read"', "its act is 'delete'"),
        ('act = "look up"\neffect = "egress"', "its act is 'look up'"),
        ("name = 7", "'name' is a int"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(line: str, problem: str) -> None:
    given = {part.split(" = ")[0]: part for part in ['name = "t"', 'effect = "contained"', *line.split("\n")]}
    with pytest.raises(DeclarationInvalid) as raised:
        read_declaration('name = "post"\n[[tools]]\n' + "\n".join(given.values()))
    assert problem in raised.value.what
    assert "post" in raised.value.what


@pytest.mark.parametrize(
    "text",
    ["tools = 5", 'tools = ["x"]', '[[tools]]\neffect = "read"', '[[tools]]\nname = "x"', "a = ", "[tools]\na=1"],
)
def test_what_is_no_declaration_is_refused(text: str) -> None:
    with pytest.raises(DeclarationInvalid):
        read_declaration(text)


def test_two_tools_of_one_name_are_refused_the_second_would_hide_the_first() -> None:
    tool = '[[tools]]\nname = "t"\neffect = "read"\n'
    with pytest.raises(DeclarationInvalid, match="another tool has this name"):
        read_declaration(tool + tool)


@pytest.mark.parametrize("connector", ["nothing_of_the_sort", "..", "../../etc", ""])
def test_a_connector_that_is_not_there_is_named(connector: str) -> None:
    with pytest.raises(DeclarationInvalid, match="No connector"):
        declared(connector)


SPEAKERS = {"caldav", "ics", "matrix", "mcp", "oidc", "otlp", "slack"}
"""Connectors that only speak a protocol: another one, or whoever sets them up, declares the tools."""

DEPLOYS = {"command", "haproxy", "kubernetes", "logs", "probe", "prometheus", "releases"}
"""Targets of deployments and sources of numbers: the job's tools are made of them."""


def test_every_connector_that_is_shipped_declares_its_tools() -> None:
    (root,) = connectors.__path__
    names = sorted(file.parent.name for file in Path(root).glob("*/manifest.toml"))
    assert len(names) >= 4
    for name in names:
        assert declared(name) or name in SPEAKERS | DEPLOYS
        assert declared(name) is declared(name)
