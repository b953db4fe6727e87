"""The rules in force with their places, what changed, and what the gate would say, by looking alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.explaining.policies import NoSuchTool, Source
from gainful.app.guarding.guards import NoSuchAgent
from gainful.policy.decision import Verdict
from gainful.storage.settings.config import Home

AGENT = """\
---
name: writer
owner: ada
purpose: Writes to customers.
tools: [mail.search, mail.send]
manifest:
  mail.send: {arguments: {to: ["*@example.org"]}}
---
Write to customers.
"""
POLICY = """\
# What the company adds.

[[rules]]
id = "mail-is-read-first"
verdict = "ask"
acts = ["send"]
tools = ["mail.*"]
unless = { to = ["*@example.org"] }
reason = "Mail to others is read by a second pair of eyes."
four_eyes = true

[[rules]]
reason = "Nobody pays by mail."
verdict = "deny"
acts = ["pay"]
'id' = 'no-payments'
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text('[owner]\nname = "ada"\n\n[organisation]\npolicy = "policy.toml"\n', encoding="utf-8")
    (home.path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (home.path / "agents" / "writer").mkdir(parents=True)
    (home.path / "agents" / "writer" / "AGENT.md").write_text(AGENT, encoding="utf-8")
    with Gainful.open(home) as opened:
        opened.agents.enable("writer", opened.agents.change("writer").digest)
        yield opened


def everything(app: Gainful) -> str:
    """A digest of all that is kept, the audit log too."""
    digest = hashlib.sha256()
    with app.database.connect() as connection:
        names = connection.execute(text("select name from sqlite_master where type = 'table' order by name")).scalars()
        for name in list(names):
            for row in connection.execute(text(f'select * from "{name}"')):
                digest.update(f"{name}{tuple(row)!r}".encode())
    return digest.hexdigest()


def test_the_organisations_rules_are_sentences_with_their_file_and_line(app: Gainful) -> None:
    first, second = app.policies.organisation()
    assert first.sentence == (
        "Every agent has to ask before they use mail.* that would send unless every 'to' is like *@example.org; "
        "somebody else than whom the run belongs to has to answer."
    )
    assert first.reason == "Mail to others is read by a second pair of eyes."
    assert first.source == Source(str(app.home.path / "policy.toml"), 4)
    assert (second.id, second.verdict, second.source.line) == ("no-payments", "deny", 16)


def test_an_agents_grants_lead_to_the_line_of_its_file(app: Gainful) -> None:
    held = {one.agent: one for one in app.policies.held()}
    writer = held["writer"]
    assert (writer.owner, writer.version, writer.approved_by) == ("ada", 1, ("ada",))
    places = {grant.tool: grant.source for grant in writer.grants}
    file = "agents/writer/AGENT.md"
    assert places["mail.search"] == Source(file, 5)
    assert places["mail.send"] == Source(file, 7), "where it says how far"
    assert places["model.ask"] == Source(file, 0), "it comes with every agent, and no line says it"
    assert next(one for one in writer.grants if one.tool == "mail.send").only == "to: *@example.org"
    assert {"triage", "deploy"} <= set(held), "jobs are held to manifests too"
    assert "pay" in writer.never


@pytest.mark.parametrize(
    ("arguments", "strangers", "verdict", "rule"),
    [
        ({"to": ["ada@example.org"], "subject": "Hello", "text": "Hi"}, False, Verdict.ALLOW, "you-said-so"),
        ({"to": ["eve@example.net"], "subject": "Hello", "text": "Hi"}, False, Verdict.DENY, "outside-manifest"),
        ({"to": ["ada@example.org"], "subject": "Hello", "text": "Hi"}, True, Verdict.ASK, "strangers-words-stay"),
    ],
)
def test_the_gate_says_what_it_would_decide_and_writes_nothing(
    app: Gainful, arguments: dict[str, object], strangers: bool, verdict: Verdict, rule: str
) -> None:
    before = everything(app)
    found = app.policies.check("writer", "mail.send", arguments, strangers=strangers)
    assert (found.verdict, rule in found.rules) == (verdict, True), found
    assert everything(app) == before


def test_a_stopped_agent_may_do_nothing(app: Gainful) -> None:
    app.guards.stop("writer", "for lunch")
    assert app.policies.check("writer", "mail.search", {}, strangers=False).rules == ("stopped",)


def test_a_policy_that_nobody_has_read_yet_is_held_to_and_not_noted(app: Gainful) -> None:
    policy = POLICY.replace('verdict = "deny"\nacts = ["pay"]', 'verdict = "deny"\nacts = ["read"]')
    (app.home.path / "policy.toml").write_text(policy, encoding="utf-8")
    before = everything(app)
    found = app.policies.check("writer", "mail.search", {}, strangers=False)
    assert (found.verdict, "organisation:no-payments" in found.rules) == (Verdict.DENY, True)
    assert everything(app) == before


def test_changes_come_newest_first_with_whose_word_it_was(app: Gainful) -> None:
    app.guards.guard("writer")
    newest, *_, oldest = app.policies.changes(10)
    assert (newest.agent, newest.what) == ("", "read"), "the organisation's policy was read"
    assert oldest.agent == "writer"
    assert {one.by for one in app.policies.changes(10) if one.agent == "writer"} == {"ada"}
    assert oldest.widens == ("It is new: it may use 1 reading and 2 acting tools.",)


def test_names_that_are_none_are_said(app: Gainful) -> None:
    with pytest.raises(NoSuchAgent):
        app.policies.check("nobody", "mail.send", {}, strangers=False)
    with pytest.raises(NoSuchTool):
        app.policies.check("writer", "mail.explode", {}, strangers=False)
