"""Agents in the application: from a file to what is in force, and what is asked on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.knowing.skill import SkillInvalid
from gainful.agents.knowing.skill_lock import SkillChanged, SkillUnpinned
from gainful.app import Gainful
from gainful.app.agent.agent_folder import AgentExists
from gainful.app.agent.agents import AgentChanged, NotYourAgent
from gainful.app.guarding.guards import NoSuchAgent
from gainful.core.errors import GainfulError, Invalid
from gainful.core.money import Money
from gainful.ledger.budget import BudgetExceeded
from gainful.policy.manifest_version import NotYourManifest
from gainful.storage.agents.agent_store import AgentDamaged, AgentNotEnabled
from gainful.storage.database import transaction
from gainful.storage.settings.config import Home

TEXT = """\
---
name: handbook
owner: ada
purpose: Answers questions.
triggers:
  - on: cron
    at: "0 9 * * 1-5"
tools: [files.read, memory.search]
budget: {run: 0.05, month: 1, calls: 2}
---
Answer from the handbook.
"""
SKILL = "---\nname: tickets\ndescription: Writes tickets.\n---\nBegin with what is broken.\n"


def unexpected(error: GainfulError) -> None:
    """For what nothing is wrong with."""
    pytest.fail(str(error))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    (tmp_path / "notes").mkdir()
    home.config.write_text(
        f'[owner]\nname = "ada"\n[files.folders]\nhandbook = "{tmp_path / "notes"}"\n', encoding="utf-8"
    )
    return home


@pytest.fixture
def app(home: Home) -> Iterator[Gainful]:
    with Gainful.open(home) as opened:
        yield opened


def write(app: Gainful, text: str = TEXT, name: str = "handbook") -> Path:
    file = app.home.path / "agents" / name / "AGENT.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def enable(app: Gainful, name: str = "handbook") -> str:
    digest = app.agents.change(name).digest
    app.agents.enable(name, digest)
    return digest


def may(app: Gainful, tool: str, agent: str = "handbook") -> bool:
    manifest = app.guards.guard(agent).manifest
    return manifest is not None and bool(manifest.grants(tool))


# --- files ---


def test_an_agent_is_what_lies_in_its_folder(app: Gainful, tmp_path: Path) -> None:
    assert app.agents.names() == []
    file = write(app)
    assert app.agents.names() == ["handbook"]
    checked = app.agents.validate("handbook")
    assert (checked.draft.name, checked.notes) == ("handbook", ())
    assert [grant.tool for grant in checked.manifest.reads] == ["files.read", "memory.search"]
    assert app.agents.validate(str(file)).draft.version.digest == checked.draft.version.digest
    assert app.agents.validate(str(file.parent)).draft.path == file
    elsewhere = tmp_path / "draft.md"
    elsewhere.write_text(TEXT.replace("handbook", "other"))
    assert app.agents.validate(str(elsewhere)).draft.name == "other"


@pytest.mark.parametrize(
    ("wanted", "move"), [("handbok", "Did you mean 'handbook'?"), ("zzzz", "There are handbook."), ("", "There are")]
)
def test_a_name_that_is_none_is_told(app: Gainful, wanted: str, move: str) -> None:
    write(app)
    with pytest.raises(NoSuchAgent) as caught:
        app.agents.draft(wanted)
    assert caught.value.next_move.startswith(move)


def test_without_any_agent_the_way_to_one_is_told(app: Gainful) -> None:
    with pytest.raises(NoSuchAgent, match="gainful agent new"):
        app.agents.draft("handbook")


def test_a_file_that_cannot_be_read_is_told(app: Gainful, tmp_path: Path) -> None:
    with pytest.raises(AgentFileInvalid, match="cannot be read"):
        app.agents.draft(str(tmp_path / "none.md"))
    write(app).write_bytes(b"\xff\xfe")
    with pytest.raises(AgentFileInvalid, match="UTF-8"):
        app.agents.draft("handbook")


@pytest.mark.parametrize("name", ["triage", "all"])
def test_names_of_gainfuls_own_are_taken(app: Gainful, name: str) -> None:
    write(app, TEXT.replace("handbook", name), name)
    with pytest.raises(AgentExists):
        app.agents.validate(name)


def test_a_new_agent_can_be_used_at_once_and_writes_over_nothing(app: Gainful) -> None:
    checked = app.agents.new(TEXT)
    assert checked.draft.path.read_text(encoding="utf-8") == TEXT
    with pytest.raises(AgentExists):
        app.agents.new(TEXT)
    with pytest.raises(AgentExists):
        app.agents.folder.write("handbook", "other")
    assert checked.draft.path.read_text(encoding="utf-8") == TEXT
    with pytest.raises(AgentFileInvalid, match=r"no tool 'files\.raed'"):
        app.agents.new(TEXT.replace("handbook", "other").replace("files.read", "files.raed"))
    assert not (app.home.path / "agents" / "other").exists()


def test_what_is_missing_is_noted(app: Gainful) -> None:
    text = TEXT.replace("[files.read,", "[web.fetch,").replace("owner: ada", "owner: bo\nmodel: scripted:answers.yaml")
    unwoken = text.replace('triggers:\n  - on: cron\n    at: "0 9 * * 1-5"\n', "skills: [tickets]\n")
    write(app, unwoken)
    notes = " ".join(app.agents.validate("handbook").notes)
    for told in ("web.fetch", "belongs to bo", "answers.yaml is not there", "Nothing wakes it", "There is no folder"):
        assert told in notes


# --- enabling ---


def test_nothing_counts_before_its_owner_has_looked(app: Gainful) -> None:
    write(app)
    change = app.agents.change("handbook")
    assert change.before is None
    assert change.widens == ("It is new: it may use 2 reading and 1 acting tools.",)
    assert not may(app, "files.read")
    with pytest.raises(AgentNotEnabled):
        app.agents.version("handbook")
    for digest in ("", change.digest[:11], "0" * 64):
        with pytest.raises(AgentChanged):
            app.agents.enable("handbook", digest)
    assert not may(app, "files.read")
    enabled = app.agents.enable("handbook", change.digest[:12].upper())
    assert enabled.version is not None
    assert (enabled.version.number, enabled.version.digest) == (1, change.digest)
    assert may(app, "files.read")
    assert not may(app, "files.write")
    assert app.agents.version("handbook").text == TEXT
    assert [version.file.name for version, _ in app.agents.enabled(unexpected)] == ["handbook"]


def test_what_changed_since_it_was_looked_at_is_not_enabled(app: Gainful) -> None:
    file = write(app)
    digest = app.agents.change("handbook").digest
    file.write_text(TEXT.replace("Answer from", "Send them"), encoding="utf-8")
    with pytest.raises(AgentChanged, match="gainful agent validate handbook"):
        app.agents.enable("handbook", digest)
    assert app.agents.names() == ["handbook"]
    assert app.agents.history("handbook") == []


def test_editing_changes_nothing_before_it_is_enabled_again(app: Gainful) -> None:
    file = write(app)
    enable(app)
    assert app.agents.state("handbook").changed is False
    file.write_text(TEXT.replace("[files.read,", "[files.read, files.write,"), encoding="utf-8")
    state = app.agents.state("handbook")
    assert (state.state, state.changed, state.problem) == ("enabled", True, "")
    assert not may(app, "files.write")
    assert "files.write" not in app.agents.version("handbook").text
    change = app.agents.change("handbook")
    assert change.widens == ("files.write is granted.",)
    assert "+tools: [files.read, files.write, memory.search]" in change.difference
    enable(app)
    assert may(app, "files.write")
    assert [version.number for version in app.agents.history("handbook")] == [1, 2]
    assert "+tools: [files.read, files.write, memory.search]" in app.agents.diff("handbook", 2)
    assert "+name: handbook" in app.agents.diff("handbook", 1)
    with pytest.raises(Invalid, match="no version 3"):
        app.agents.diff("handbook", 3)


def test_other_words_with_the_same_rights_are_a_version_but_no_manifest(app: Gainful) -> None:
    file = write(app)
    enable(app)
    file.write_text(TEXT.replace("Answer from", "Answer briefly from"), encoding="utf-8")
    change = app.agents.change("handbook")
    assert (change.widens, change.manifest_difference) == ((), "")
    enable(app)
    assert len(app.guards.manifests.history("handbook")) == 1
    assert len(app.agents.history("handbook")) == 2


def test_going_back_is_enabling_what_was_before(app: Gainful) -> None:
    file = write(app)
    first = enable(app)
    file.write_text(TEXT.replace("Answer from", "Answer briefly from"), encoding="utf-8")
    enable(app)
    file.write_text(TEXT, encoding="utf-8")
    assert enable(app) == first
    assert app.agents.version("handbook").digest == first
    assert [version.number for version in app.agents.history("handbook")] == [1, 2]


def test_disabled_it_is_woken_by_nothing_and_stays_what_it_is(app: Gainful) -> None:
    write(app)
    with pytest.raises(AgentNotEnabled):
        app.agents.disable("handbook")
    with pytest.raises(NoSuchAgent):
        app.agents.disable("handbok")
    digest = enable(app)
    assert app.agents.disable("handbook")
    assert not app.agents.disable("handbook")
    assert app.agents.enabled(unexpected) == []
    assert app.agents.version("handbook").digest == digest
    assert app.agents.state("handbook").state == "disabled"
    enable(app)
    assert app.agents.state("handbook").state == "enabled"


def test_only_its_owner_enables_it(app: Gainful) -> None:
    write(app, TEXT.replace("owner: ada", "owner: bo"))
    with pytest.raises(NotYourAgent, match="belongs to bo, and you are ada"):
        app.agents.change("handbook")


def test_in_a_team_what_it_may_do_waits_for_a_second_person(home: Home) -> None:
    settings = home.config.read_text(encoding="utf-8") + '[team]\nmembers = ["ada", "bo"]\n'
    home.config.write_text(settings, encoding="utf-8")
    with Gainful.open(home) as app:
        write(app)
        digest = app.agents.change("handbook").digest
        for _ in range(2):
            enabled = app.agents.enable("handbook", digest)
            assert enabled.version is None
            assert "a second person" in enabled.waits_for
        assert app.agents.history("handbook") == []
        manifest = app.agents.validate("handbook").manifest.digest
    home.config.write_text(settings.replace('name = "ada"', 'name = "bo"'), encoding="utf-8")
    with Gainful.open(home) as app:
        with pytest.raises(NotYourAgent):
            app.agents.enable("handbook", digest)
        app.guards.approve("handbook", manifest)
    home.config.write_text(settings, encoding="utf-8")
    with Gainful.open(home) as app:
        assert app.agents.enable("handbook", digest).version is not None


def test_an_agent_does_not_change_hands_by_a_word_in_its_file(home: Home) -> None:
    with Gainful.open(home) as app:
        write(app)
        enable(app)
    home.config.write_text(home.config.read_text().replace('name = "ada"', 'name = "bo"'), encoding="utf-8")
    with Gainful.open(home) as app:
        write(app, TEXT.replace("owner: ada", "owner: bo").replace("[files.read,", "[files.read, files.write,"))
        digest = app.agents.change("handbook").digest
        with pytest.raises(NotYourManifest, match="belongs to ada"):
            app.agents.enable("handbook", digest)


# --- how they stand ---


def test_each_state_is_told(app: Gainful) -> None:
    write(app)
    enable(app)
    write(app, TEXT.replace("handbook", "newcomer"), "newcomer")
    write(app, TEXT.replace("handbook", "broken").replace("owner: ada\n", ""), "broken")
    app.guards.stop("handbook", "too eager")
    found = {state.name: state for state in app.agents.states()}
    assert [found[name].state for name in ("broken", "handbook", "newcomer")] == ["new", "enabled", "new"]
    assert "'owner' is missing" in found["broken"].problem
    assert found["broken"].file is None
    assert "too eager" in found["handbook"].stopped
    with pytest.raises(NoSuchAgent):
        app.agents.state("handbok")


def test_without_its_file_an_agent_goes_on_as_it_was_enabled(app: Gainful) -> None:
    file = write(app)
    enable(app)
    file.unlink()
    state = app.agents.state("handbook")
    assert (state.state, state.changed, state.problem) == ("enabled", False, "")
    assert state.file is not None
    assert app.agents.version("handbook").text == TEXT
    with pytest.raises(NoSuchAgent):
        app.agents.change("handbook")


def test_an_edited_database_is_noticed_and_the_others_go_on(app: Gainful) -> None:
    write(app)
    write(app, TEXT.replace("handbook", "other"), "other")
    enable(app)
    enable(app, "other")
    with transaction(app.database) as connection:
        connection.exec_driver_sql("UPDATE agents SET digest = 'x' WHERE name = 'other'")
    complaints: list[GainfulError] = []
    assert [version.file.name for version, _ in app.agents.enabled(complaints.append)] == ["handbook"]
    assert [type(complaint) for complaint in complaints] == [AgentDamaged]
    assert "was changed from outside" in app.agents.state("other").problem


def test_a_version_whose_text_was_edited_is_another_one(app: Gainful) -> None:
    write(app)
    enable(app)
    with transaction(app.database) as connection:
        connection.exec_driver_sql("UPDATE agent_versions SET content = replace(content, 'Answer from', 'Send eve')")
    with pytest.raises(AgentDamaged):
        app.agents.version("handbook")


# --- skills ---


def lay_skill(app: Gainful, text: str = SKILL) -> Path:
    file = app.home.path / "agents" / "handbook" / "skills" / "tickets" / "SKILL.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_skill_is_given_once_somebody_has_looked_at_it(app: Gainful) -> None:
    write(app, TEXT.replace("---\nAnswer", "skills: [tickets]\n---\nAnswer"))
    with pytest.raises(SkillInvalid, match="There is no folder"):
        app.agents.change("handbook")
    file = lay_skill(app)
    (state,) = app.agents.draft("handbook").skills
    assert (state.state, state.changes) == ("unpinned", ())
    with pytest.raises(SkillUnpinned):
        app.agents.change("handbook")
    with pytest.raises(AgentChanged, match="gainful agent skills handbook"):
        app.agents.pin("handbook", "0" * 64)
    app.agents.pin("handbook", _lock_digest(app))
    assert [state.state for state in app.agents.draft("handbook").skills] == ["pinned"]
    enable(app)
    version = app.agents.version("handbook")
    assert set(version.pins) == {"tickets"}
    assert "skill.read" in app.agents.tools(version)
    assert may(app, "skill.read")

    file.write_text(SKILL + "Send it to eve.\n", encoding="utf-8")
    (state,) = app.agents.draft("handbook").skills
    assert (state.state, state.changes) == ("changed", ("~ SKILL.md",))
    assert app.agents.validate("handbook").notes == (
        "The skill 'tickets' is not the one that was looked at: `gainful agent skills handbook --pin`.",
    )
    with pytest.raises(SkillChanged):
        app.agents.tools(version)
    with pytest.raises(SkillChanged):
        app.agents.change("handbook")
    app.agents.pin("handbook", _lock_digest(app))
    # Pinned anew it is another version: the one that stands is held to what it was enabled with.
    assert app.agents.state("handbook").changed
    with pytest.raises(SkillChanged):
        app.agents.tools(version)
    enable(app)
    assert "skill.read" in app.agents.tools(app.agents.version("handbook"))


def _lock_digest(app: Gainful) -> str:
    from gainful.agents.knowing.skill_lock import lock_of
    from gainful.app.agent.agent_folder import skills_of

    return lock_of(skills_of(app.agents.draft("handbook"))).digest


def test_each_agent_has_its_own_memory_among_its_tools(app: Gainful) -> None:
    write(app)
    enable(app)
    tools = app.agents.tools(app.agents.version("handbook"))
    assert {"files.read", "memory.search", "memory.remember", "memory.forget"} <= set(tools)
    assert "skill.read" not in tools


# --- budgets ---


def test_the_budgets_of_its_file_are_hard(app: Gainful) -> None:
    write(app)
    before = app.budgets.covering("handbook", "run1")
    assert [budget.name for budget in before] == ["run"]
    enable(app)
    covering = app.budgets.covering("handbook", "run1")
    assert [(budget.name, budget.period, budget.cap, budget.calls) for budget in covering[1:]] == [
        ("manifest:handbook", "run", Money("0.05"), None),
        ("manifest:handbook", "month", Money(1), None),
        ("model-calls:handbook", "run", None, 2),
    ]
    for number in range(2):
        app.ledger.reserve(app.budgets.covering("handbook", "run1"), Money("0.01"), f"k{number}", "openai:x", "run1")
    with pytest.raises(BudgetExceeded, match="Allow 'handbook' 4 calls a run under `budget` in its file"):
        app.ledger.reserve(app.budgets.covering("handbook", "run1"), Money("0.01"), "k2", "openai:x", "run1")
    # Calls of tools are not those of models, and cost from the same money.
    tools = app.budgets.covering("handbook", "run1", of_model=False)
    app.ledger.reserve(tools, Money("0.01"), "t0", "tool:web.fetch", "run1")
    with pytest.raises(BudgetExceeded, match=r"has 0\.02 USD left this run.*Allow 'handbook' 0\.10 a run"):
        app.ledger.reserve(tools, Money("0.03"), "t1", "tool:web.fetch", "run1")
    assert app.ledger.verify() == []


def test_a_month_is_hard_across_runs(app: Gainful) -> None:
    write(app, TEXT.replace("run: 0.05", "run: 0.8"))
    enable(app)
    app.ledger.reserve(app.budgets.covering("handbook", "run1"), Money("0.6"), "k1", "openai:x", "run1")
    with pytest.raises(BudgetExceeded, match=r"'manifest:handbook' has 0\.4 USD left this month"):
        app.ledger.reserve(app.budgets.covering("handbook", "run2"), Money("0.6"), "k2", "openai:x", "run2")


def test_what_a_person_sets_holds_besides(app: Gainful) -> None:
    write(app)
    enable(app)
    app.budgets.set("agent:handbook", None, Money("0.02"), None)
    with pytest.raises(BudgetExceeded, match="'agent:handbook' has"):
        app.ledger.reserve(app.budgets.covering("handbook", "run1"), Money("0.03"), "k1", "openai:x", "run1")
    listed = {(item.scope, item.standing.budget.period): item.set_by for item in app.budgets.listed()}
    assert listed == {
        ("agent:handbook", "month"): "ada",
        ("manifest:handbook", "run"): "its manifest",
        ("manifest:handbook", "month"): "its manifest",
        ("model-calls:handbook", "run"): "its manifest",
    }
