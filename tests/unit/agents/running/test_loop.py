"""The loop: tell, gather, ask, call, answer; the same again after a crash, without asking or paying twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gainful.agents.file.bounds import Bounds
from gainful.agents.file.gather import GatherCall
from gainful.agents.running.brief import Shown
from gainful.core.clock import system_clock
from gainful.core.label import TYPED
from gainful.core.money import Money
from gainful.gate.approval import Answer, Verdict
from gainful.ledger.budget import Budget
from gainful.runs.parked import Parked
from gainful.sdk.model import ModelRefused, ModelUnreachable
from tests.unit.agents.world import READ, SEND, TOLD, Model, World, brief_of, calls, says


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_question_is_answered_where_it_was_asked_in_one_turn(world: World) -> None:
    model = Model(says("On Friday."))
    ended = world.loop(model, brief_of(gather=[GatherCall("files.read", {"path": "handbook.md"})])).run()
    assert (ended.state, ended.text, ended.turns, ended.answer) == ("done", "On Friday.", 1, "given")
    assert world.done == [("files.read", {"path": "handbook.md"}), ("chat.reply", {"text": "On Friday."})]
    assert "text: When is it closed?" in model.heard()
    assert '<result tool="files.read">\nThe text of handbook.md.\n</result>' in model.heard()


def test_calls_are_made_and_their_answers_told(world: World) -> None:
    model = Model(calls(("files.read", {"path": "a.md"}), ("files.read", {"path": "b.md"})), says("Both."))
    assert world.loop(model, brief_of()).run().text == "Both."
    assert model.told(1) == ["The text of a.md.", "The text of b.md."]
    assert world.notes.lines == [
        "turned", "calling files.read", "done files.read", "calling files.read", "done files.read",
        "text Both.", "turned", "calling chat.reply", "done chat.reply",
    ]  # fmt: skip


def test_walked_again_nothing_is_asked_done_or_paid_again(world: World) -> None:
    first = world.loop(Model(calls(("files.read", {"path": "a.md"})), says("Done.")), brief_of()).run()
    spent = world.ledger.standings(world.budgets, "run1")[0].spent
    silent = Model()
    assert world.loop(silent, brief_of()).run() == first
    assert (silent.asked, len(world.done)) == ([], 2)
    assert world.ledger.standings(world.budgets, "run1")[0].spent == spent
    assert world.ledger.verify() == []


def test_a_person_is_asked_and_the_run_goes_on_where_it_stood(world: World) -> None:
    wanted = ("mail.send", {"to": "bo@example.org", "text": "Hello"})
    with pytest.raises(Parked):
        world.loop(Model(calls(wanted)), brief_of()).run()
    assert world.done == []
    (waiting,) = world.book.waiting(system_clock())
    world.book.answer(waiting.id, Answer(Verdict.ACCEPT, "ada", system_clock(), waiting.card))
    model = Model(says("Sent."))
    assert world.loop(model, brief_of()).run().text == "Sent."
    assert [tool for tool, _ in world.done] == ["mail.send", "chat.reply"]


def test_what_the_person_changed_is_told(world: World) -> None:
    wanted = ("mail.send", {"to": "bo@example.org", "text": "Hello"})
    with pytest.raises(Parked):
        world.loop(Model(calls(wanted)), brief_of()).run()
    (waiting,) = world.book.waiting(system_clock())
    answer = Answer(Verdict.EDIT, "ada", system_clock(), waiting.card, changes={0: {"text": "Good day"}})
    world.book.answer(waiting.id, answer)
    model = Model(says("Sent."))
    world.loop(model, brief_of()).run()
    assert model.told(0)[0].startswith('The person changed it before it happened, to: {"')
    assert world.done[0][1]["text"] == "Good day"


def test_a_refusal_and_a_broken_call_are_told_and_the_run_goes_on(world: World) -> None:
    model = Model(calls(("files.write", {"path": "x"}), ("files.read", None)), says("I cannot."))
    assert world.loop(model, brief_of()).run().state == "done"
    assert model.told(1) == [
        "Denied, and will be again: There is no tool 'files.write'.",
        "Denied: the arguments are no JSON object.",
    ]


def test_the_owners_words_count_as_theirs_and_nobody_elses_do(world: World) -> None:
    wanted = calls(("mail.send", {"to": "bo@example.org", "text": "'Hello'"}))
    mine = replace(TOLD, label=TYPED, words="Send ''Hello'' to bo@example.org", about={"text": "x"})
    said = brief_of(occurrence=replace(mine, words="Send \"'Hello'\" to bo@example.org"))
    world.loop(Model(wanted, says("Sent.")), said).run()
    assert world.done[0] == ("mail.send", {"to": "bo@example.org", "text": "'Hello'"})
    others = brief_of(occurrence=replace(TOLD, about={"text": "Send 'Hello' to bo@example.org"}))
    with pytest.raises(Parked):
        world.loop(Model(wanted), others, "run2").run()


def test_a_rehearsal_reads_and_holds_everything_else_back(world: World) -> None:
    model = Model(calls(("files.read", {"path": "a"}), ("mail.send", {"to": "b@c.de", "text": "x"})), says("Done."))
    ended = world.loop(model, brief_of(), rehearsal=True).run()
    assert ended.answer == "given"
    assert [tool for tool, _ in world.done] == ["files.read"]
    assert "heldback mail.send" in world.notes.lines
    assert "heldback chat.reply" in world.notes.lines


def test_a_model_that_is_away_is_asked_again_after_a_while(world: World) -> None:
    away = ModelUnreachable("It is away.", retry_after=timedelta(seconds=7))
    ended = world.loop(Model(away, ModelUnreachable("Still."), says("Here.")), brief_of()).run()
    assert ended.text == "Here."
    assert world.slept == [7.0, 5.0]


@pytest.mark.parametrize(
    "failure",
    [
        ModelRefused("No such key.", "Store one."),
        ModelUnreachable("Come back tomorrow.", retry_after=timedelta(hours=20)),
    ],
)
def test_without_an_answer_whoever_asked_is_told_why(world: World, failure: Exception) -> None:
    ended = world.loop(Model(failure), brief_of()).run()
    assert ended.state == "failed"
    assert world.done == [("chat.reply", {"text": f"I have no answer: {failure}"})]
    assert world.slept == []


def test_after_all_attempts_it_gives_up(world: World) -> None:
    failures = [ModelUnreachable("Away.") for _ in range(4)]
    assert world.loop(Model(*failures), brief_of()).run().state == "failed"
    assert world.slept == [1.0, 5.0, 20.0]


def test_a_budget_without_room_ends_the_run(tmp_path: Path) -> None:
    world = World(tmp_path, [Budget("agent:helper", Money(1))])
    ended = world.loop(Model(), brief_of(answer="none")).run()
    assert ended.state == "failed"
    assert "agent:helper" in ended.text


def test_a_model_that_never_comes_to_an_end_is_ended(world: World) -> None:
    turns = [calls(("files.read", {"path": str(number)})) for number in range(5)]
    ended = world.loop(Model(*turns), brief_of(answer="none", bounds=Bounds(turns=5))).run()
    assert (ended.state, ended.turns) == ("failed", 5)


def test_an_answer_that_goes_nowhere_stays_with_the_run(world: World) -> None:
    by_clock = brief_of(occurrence=replace(TOLD, answer_to=None))
    assert world.loop(Model(says("Nothing new.")), by_clock).run().answer == ""
    assert world.done == []


def test_silence_is_an_answer(world: World) -> None:
    assert world.loop(Model(says(" ")), brief_of()).run().state == "done"
    assert world.done == []


def test_an_answer_that_needs_approval_waits_for_it(world: World) -> None:
    with pytest.raises(Parked):
        world.loop(Model(says("To whom it may concern.")), brief_of(answer="mail.send")).run()


def test_more_than_a_dozen_tools_are_found_by_what_they_do(world: World) -> None:
    many = [Shown(replace(READ, name=f"box{number}.read", about=f"Opens box {number}.")) for number in range(12)]
    model = Model(calls(("tools.find", {"query": "send a mail"})), calls(("mail.send", {"to": "b@c.de"})))
    with pytest.raises(Parked):
        world.loop(model, brief_of(tools=[*many, Shown(SEND)])).run()
    assert [offer.name for offer in model.asked[0].tools] == ["tools.find"]
    assert [offer.name for offer in model.asked[1].tools] == ["tools.find", "mail.send"]
    assert model.told(1) == ["mail.send: Sends."]


def test_a_long_answer_is_cut_and_says_so(world: World) -> None:
    world.answers["files.read"] = lambda given: "x" * 50_000
    model = Model(calls(("files.read", {"path": "a"})), says("Long."))
    world.loop(model, brief_of()).run()
    assert model.told(1)[0].endswith("[cut: 12,000 of 50,000 characters; ask for less, or for a part]")


def test_stopped_it_asks_no_model(world: World) -> None:
    from gainful.storage.gate.stop_store import Stop

    world.stops.put(Stop("helper", "ada", datetime.now(TOLD.at.tzinfo), "Enough."))
    model = Model()
    assert world.loop(model, brief_of()).run().state == "failed"
    assert model.asked == []
