"""An agent's file: what it yields, the manifest that follows, and one good sentence for each mistake."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from gainful.agents.file.agent_file import LARGEST
from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.gather import GatherCall
from gainful.core.quiet_hours import QuietHours
from gainful.policy.manifest import Limits, Spending, ToolGrant
from tests.unit.agents.files import LEAST, SPECS, WHOLE


def mistake(text: str, folder: str = "handbook") -> AgentFileInvalid:
    with pytest.raises(AgentFileInvalid) as caught:
        agent_file_from(text, folder, "agents/handbook/AGENT.md").manifest(SPECS)
    return caught.value


def changed(before: str, after: str) -> str:
    assert WHOLE.count(before) == 1
    return WHOLE.replace(before, after)


def test_a_whole_file_yields_everything() -> None:
    file = agent_file_from(WHOLE, "handbook")
    assert (file.name, file.owner, file.model) == ("handbook", "ada", "openai:gpt-5-mini")
    assert file.purpose == "Answers questions from the handbook."
    assert file.instructions == "Answer from the handbook alone."
    assert [trigger.title for trigger in file.woken_by] == ["mention help", "cron 0 9 * * 1-5", "hand"]
    assert file.gathered({"text": "closed?"}) == (GatherCall("files.search", {"text": "closed?", "most": 5}),)
    assert file.shown == ("files.read", "files.write", "skill.read")
    assert file.answer_tool == "chat.reply"
    assert file.answers.filled("Yes.", {"text": "closed?"}) == {"text": "Yes."}
    assert (file.budget.run, file.budget.month, file.budget.calls) == (Decimal("0.05"), Decimal(20), 10)
    assert file.skills == ("tickets",)
    assert file.outcome is not None
    assert (file.outcome.claims, file.outcome.judged_by, file.outcome.days) == ("A question answered", "reaction", 7)
    assert file.quiet is not None
    assert file.quiet.hours == QuietHours(time(20), time(8), "Europe/Berlin")


def test_little_is_needed_and_the_rest_is_bounded() -> None:
    file = agent_file_from(LEAST)
    assert [trigger.on for trigger in file.woken_by] == ["hand"]
    assert (file.answers.tool, file.answer_tool, file.shown) == ("none", "", ())
    manifest = file.manifest(SPECS)
    assert [grant.tool for grant in manifest.effects] == ["model.ask"]
    assert manifest.reads == ()
    assert manifest.budgets.run == Spending(money=Decimal("0.25"), calls=20)
    assert manifest.budgets.month == Spending(money=Decimal(10))


def test_each_tool_is_granted_by_how_far_it_reaches() -> None:
    manifest = agent_file_from(WHOLE).manifest(SPECS)
    assert (manifest.agent, manifest.about) == ("handbook", "Answers questions from the handbook.")
    assert manifest.reads == (
        ToolGrant(tool="files.read", arguments={"path": ("handbook/*",)}, per_run=3),
        ToolGrant(tool="files.search"),
        ToolGrant(tool="skill.read"),
    )
    assert manifest.effects == (
        ToolGrant(tool="chat.reply", words_from=("chat:*", "files:*")),
        ToolGrant(tool="files.write"),
        ToolGrant(tool="model.ask"),
    )
    assert manifest.limits == Limits(steps=20, minutes=10)
    assert manifest.budgets.run == Spending(money=Decimal("0.05"), calls=10)


def test_several_restrictions_of_a_tool_allow_what_one_of_them_allows() -> None:
    text = changed('{arguments: {path: ["handbook/*"]}, per_run: 3}', '[{arguments: {path: ["a/*"]}}, {per_day: 1}]')
    grants = agent_file_from(text).manifest(SPECS).grants("files.read")
    assert grants == (
        ToolGrant(tool="files.read", arguments={"path": ("a/*",)}),
        ToolGrant(tool="files.read", per_day=1),
    )


def test_a_cap_can_be_taken_away_by_saying_so() -> None:
    budgets = agent_file_from(changed("run: 0.05, month: 20, calls: 10", "run: null, month: 0")).manifest(SPECS).budgets
    assert (budgets.run, budgets.month) == (Spending(money=None, calls=20), Spending(money=Decimal(0)))


def test_an_answer_can_go_to_a_fixed_place() -> None:
    text = changed("answer: reply", 'answer: {tool: chat.post, with: {room: "slack:C1", text: "{text}"}}')
    file = agent_file_from(text.replace("chat.reply: {w", "chat.post: {w"))
    assert file.manifest(SPECS).grants("chat.post")
    assert file.answer_tool == "chat.post"
    assert file.answers.filled("Good morning.", {}) == {"room": "slack:C1", "text": "Good morning."}


def test_without_a_word_the_answer_goes_where_it_was_asked() -> None:
    assert agent_file_from(changed("answer: reply\n", "")).answer_tool == "chat.reply"
    assert agent_file_from(changed("answer: reply", "answer: none")).answer_tool == ""


FIVE = [
    (
        changed("tools: [files.read", "tools:\n\t- files.read # ["),
        16,
        "it holds a tab, and YAML takes none",
        "Write spaces in its place.",
    ),
    (
        changed("[files.read,", "[files.raed,"),
        15,
        "there is no tool 'files.raed'",
        "Did you mean 'files.read'? `gainful tools list` shows those there are.",
    ),
    (changed("owner: ada\n", ""), 1, "'owner' is missing", "Add it, such as `owner: ada`."),
    (
        changed('on: cron\n    at: "0 9 * * 1-5"\n    zone: Europe/Berlin', "on: mention\n    rooms: [help]"),
        9,
        "Two triggers are called 'mention help'",
        "Give one of them a name of its own, such as name: second.",
    ),
    (
        changed("name: handbook", "name: hand-book"),
        2,
        "the agent is called 'hand-book', and its folder 'handbook'",
        "Write `name: handbook`, or rename the folder.",
    ),
]


@pytest.mark.parametrize(("text", "line", "what", "fix"), FIVE)
def test_five_mistakes_that_people_make(text: str, line: int, what: str, fix: str) -> None:
    error = mistake(text)
    assert error.what == f"agents/handbook/AGENT.md, line {line}: {what}."
    assert error.next_move == fix


@pytest.mark.parametrize(
    ("before", "after", "line", "what", "fix"),
    [
        ("tools: [", "tolls: [", 15, "'tolls' is no key", "Did you mean 'tools'?"),
        ("owner:", "ownr:", 3, "'ownr' is no key", "Did you mean 'owner'?"),
        ("per_run: 3", "per_rum: 3", 17, "no key of 'manifest.files.read'", "Did you mean 'per_run'?"),
        ("steps: 20", "stesp: 20", 19, "no key of 'manifest.limits'", "Did you mean 'steps'?"),
        ("limits:", "limit:", 19, "'limit' cannot be a key of 'manifest'", "or limits."),
        ('{path: ["handbook/*"]}', '{paht: ["handbook/*"]}', 17, "files.read has no argument 'paht'", "'path'?"),
        ("files.read: {arg", "files.raed: {arg", 17, "'files.raed' is restricted, and the agent", "'files.read'?"),
        ("answer: reply", "answer: rply", 20, "'answer' cannot be 'rply'", "reply, none, or the name of a tool"),
        ("run: 0.05", "run: lots", 21, "'budget.run' is a number, and 'lots' is none", "0.05"),
        ("run: 0.05", "run: -1", 21, "'budget.run' = -1", ""),
        ("calls: 10", "calls: 1.5", 21, "'budget.calls' is a whole number, and 1.5 is none", ""),
        ("calls: 10", "calls: true", 21, "'budget.calls' is a whole number, and true is none", ""),
        ("[tickets]", "tickets", 22, "'skills' is a list, and 'tickets' is none", "[one, two]"),
        ("[tickets]", "[Tick Ets]", 22, "'skills[1]' cannot be 'Tick Ets'", "as its folder is called"),
        ("[tickets]", "[tickets, tickets]", 22, "'tickets' is named twice", ""),
        ("judged_by: reaction", "judged_by: vibes", 23, "'outcome.judged_by' = 'vibes'", ""),
        ('from: "20:00", ', "", 24, "'quiet' has no 'from'", 'from: "20:00"'),
        ('from: "20:00"', "from: 8pm", 24, "'quiet.from' cannot be '8pm'", '"20:00"'),
        ('to: "08:00"', 'to: "20:00"', 24, "must begin and end at different times", ""),
        ("Berlin}", "Berlni}", 24, "'Europe/Berlni' is no time zone", ""),
        ("name: handbook", "name: 42", 2, "'name' is a text, and 42 is none", "in quotes"),
        ("name: handbook", "name: Hand Book", 2, "'name' cannot be 'Hand Book'", "small letters"),
        ("owner: ada", "owner: Ada Lovelace", 3, "'owner' cannot be 'Ada Lovelace'", "one word"),
        ("owner: ada", "owner: # ada", 3, "'owner' has no value", "A # begins a comment"),
        ("openai:gpt-5-mini", "gpt-5-mini", 5, "'model' cannot be 'gpt-5-mini'", "PROVIDER:MODEL"),
        ("purpose: Answers", "purpose: Now: Answers", 4, "a colon too much", "in quotes"),
        ("on: mention", "on: menton", 7, "'menton' is no kind of trigger", "Did you mean 'mention'?"),
        ('"{text}"', "{text}", 14, "{text} stands without quotes", '"{text}"'),
        ('"{text}"', '"Find {text}"', 14, "'{text}' stands among other words", '"{text}"'),
        ("{text:", "{txt:", 14, "files.search has no argument 'txt'", "Did you mean 'text'?"),
        ("- tool: files.s", "- tol: files.s", 13, "'tol' is no key", "Did you mean 'tool'?"),
        ("manifest:\n", "manifest: all\nmore:\n", 16, "'manifest' is a record, and 'all' is none", ""),
        ("answer: reply", "instructions: Help.", 20, "'instructions' is no key", "below the second line"),
        ("Answer from the handbook alone.\n", "", 0, "it has no instructions", "below the second line"),
    ],
)
def test_other_mistakes(before: str, after: str, line: int, what: str, fix: str) -> None:
    error = mistake(changed(before, after))
    place = f", line {line}" if line else ""
    assert error.what.startswith(f"agents/handbook/AGENT.md{place}: ")
    assert what in error.what
    assert fix in error.next_move
    assert error.next_move


def test_all_that_is_wrong_is_known_and_the_first_is_told() -> None:
    error = mistake(changed("[files.read,", "[files.raed,").replace("files.read: {arg", "files.reed: {arg"))
    assert [problem.line for problem in error.problems] == [15, 17]
    assert "line 15" in error.what


def test_an_answer_goes_with_all_that_its_tool_needs() -> None:
    error = mistake(changed("answer: reply", "answer: chat.post").replace("chat.reply: {w", "chat.post: {w"))
    assert (error.problems[0].line, error.problems[0].what) == (20, "chat.post needs 'room'")
    assert error.next_move == "Add it: with: {room: …}."


def test_a_file_is_not_endless() -> None:
    assert f"{LARGEST:,}" in mistake(WHOLE + "x" * LARGEST).next_move
