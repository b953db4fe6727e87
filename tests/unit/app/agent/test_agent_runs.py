"""Runs of agents in the application: by hand, in rehearsal, gathered for, and what others say of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.agents.running.loop import Ended
from gainful.app import Gainful
from gainful.app.agent.judging import NothingToJudge
from gainful.app.guarding.guards import Stopped
from gainful.app.models import NoModel
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.occurrence import AnswerPlace, Occurrence
from gainful.ledger.outcome import Outcome, WorkItem
from gainful.runs.parked import ParkedRun
from gainful.sdk.chat import ChatEvent, EventKind, Message, Place, Words
from gainful.storage.agents.occurrence_store import Candidate, run_id_of
from gainful.storage.chat.outbox_store import Post, PostState
from gainful.storage.settings.config import Home

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CHAT = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"chat:event"}))
SCRIPT = """
- when: write it down
  calls: [{tool: files.write, with: {path: handbook/new.md, text: New}}]
  say: "Written: {answer}"
- when: closed
  say: On Friday.
"""
AGENT = """---
name: handbook
owner: ada
purpose: Answers questions.
model: scripted:script.yaml
triggers: [{on: mention}, {on: cron, at: "0 9 * * *", wake: changed}]
gather:
  - tool: files.read
    with: {path: handbook/hours.md}
tools: [files.write]
answer: none
outcome: {claims: A question answered, judged_by: reaction, days: 3}
---
Answer from the handbook.
"""


class Wall:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def app(tmp_path: Path, wall: Wall) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "hours.md").write_text("Closed on Friday.")
    home.config.write_text(f'[owner]\nname = "ada"\n[files.folders]\nhandbook = "{tmp_path / "notes"}"\n')
    with Gainful.open(home, wall) as opened:
        write(opened, AGENT)
        (opened.home.path / "agents" / "handbook" / "script.yaml").write_text(SCRIPT)
        opened.agents.enable("handbook", opened.agents.change("handbook").digest)
        yield opened


def write(app: Gainful, text: str) -> None:
    file = app.home.path / "agents" / "handbook" / "AGENT.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def asked(app: Gainful, text: str) -> Occurrence:
    return app.agent_runs.by_hand(app.agents.version("handbook"), text)


def told(number: int = 1) -> Occurrence:
    return Occurrence(
        f"o{number}",
        "handbook",
        "mention",
        NOW,
        {"text": "When is it closed?", "sender": "bo"},
        CHAT,
        answer_to=AnswerPlace("slack", "C1", "1.1", "1.1", "U2"),
        work_item=f"chat:slack:C1:{number}",
    )


# --- running ---


def test_a_run_by_hand_answers_and_is_noted(app: Gainful) -> None:
    run_id, ended = app.agent_runs.run(asked(app, "When is it closed?"))
    assert ended == Ended("done", "On Friday.", 1, 1)
    run = app.runs.find(run_id)
    assert run is not None
    assert (run.job, run.account, run.trigger, run.state, run.applied) == (
        "handbook",
        "agent:handbook",
        "hand",
        "done",
        True,
    )
    assert [step.id for step in app.why(run_id).steps]
    # Nobody else had asked for it, so nothing is claimed.
    assert app.work.claims() == []


def test_the_owners_wish_is_theirs_and_anybody_elses_is_material(app: Gainful) -> None:
    assert asked(app, "Closed?").words == "Closed?"
    app.guards.person = "bo"
    occurrence = asked(app, "Closed?")
    assert (occurrence.words, occurrence.label.integrity) == ("", Integrity.UNTRUSTED)


def test_a_rehearsal_of_a_draft_reads_and_holds_back(app: Gainful, tmp_path: Path) -> None:
    write(app, AGENT.replace("purpose: Answers questions.", "purpose: A draft."))
    version = app.agents.draft("handbook").version
    run_id, ended = app.agent_runs.rehearse(asked(app, "Please write it down."), version)
    assert isinstance(ended, Ended)
    assert ended.text == "Written: Done."
    assert not (tmp_path / "notes" / "new.md").exists()
    assert [str(call.state) for call in app.calls.of_run(run_id) if call.tool == "files.write"] == ["held back"]


def test_what_a_stranger_asks_for_goes_into_something_new_alone(app: Gainful, tmp_path: Path) -> None:
    (tmp_path / "notes" / "new.md").write_text("What ada wrote.")
    _, ended = app.agent_runs.run(replace(told(), about={"text": "Please write it down."}))
    # The target is the model's choice in a run that has read a stranger: a person is asked.
    assert isinstance(ended, ParkedRun)
    assert (tmp_path / "notes" / "new.md").read_text() == "What ada wrote."


def test_a_stopped_agent_is_neither_run_nor_started(app: Gainful) -> None:
    app.guards.stop("handbook", "Enough.")
    with pytest.raises(Stopped):
        app.agent_runs.run(asked(app, "closed?"))
    with pytest.raises(Stopped):
        app.agent_runs.start(told())


def test_a_run_keeps_to_the_version_that_stood_when_it_was_started(app: Gainful) -> None:
    before = app.agents.version("handbook")
    arguments = app.agent_runs._arguments(told())
    write(app, AGENT.replace("Answer from", "Sing from"))
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    assert app.agent_runs._version("handbook", arguments).digest == before.digest
    assert app.agents.version("handbook").digest != before.digest


def test_an_agent_without_a_model_says_how_to_name_one(app: Gainful) -> None:
    write(app, AGENT.replace("model: scripted:script.yaml\n", ""))
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    with pytest.raises(NoModel):
        app.agent_runs.run(asked(app, "closed?"))
    (run,) = app.runs.since(None, NOW - timedelta(days=1))
    assert run.state == "failed"
    assert run.summary["code"] == "no-model"


# --- gathering ---


def test_what_was_gathered_tells_whether_anything_is_new_and_is_not_gathered_again(
    app: Gainful, tmp_path: Path
) -> None:
    version = app.agents.version("handbook")
    first, second, third = told(1), told(2), told(3)
    same = app.agent_runs.gathered(version, first)
    assert app.agent_runs.gathered(version, second) == same
    (tmp_path / "notes" / "hours.md").write_text("Closed on Monday.")
    assert app.agent_runs.gathered(version, third) != same
    app.agent_runs.run(first)
    reads = [call for call in app.calls.of_run(run_id_of(first)) if call.tool == "files.read"]
    assert [json.dumps(call.result.plain).count("Friday") for call in reads] == [1]


# --- what came of it ---


def answered(app: Gainful, number: int = 1) -> Occurrence:
    """A question that was answered, with the answer posted."""
    occurrence = told(number)
    app.occurrences.claim([Candidate(occurrence)], app.clock())
    app.agent_runs.run(occurrence)
    post = Post("k", "slack", "C1", Words("On Friday."), NOW, NOW, thread="1.1", run_id=run_id_of(occurrence))
    post = replace(post, state=PostState.POSTING)
    app.outbox.posted(app.outbox.put(post), Place("C1", "1.2", "1.1"), NOW)
    return occurrence


def reaction(name: str, sender: str = "U2", number: int = 1) -> ChatEvent:
    message = Message(Place("C1", "1.2", "1.1"), "UBOT", "On Friday.", NOW)
    return ChatEvent(f"e{number}", EventKind.REACTION, sender, "C1", NOW, message, {"name": name})


def test_a_reaction_of_who_asked_settles_the_claim_once(app: Gainful) -> None:
    occurrence = answered(app)
    assert [item for item, _, _ in app.work.claims()] == [occurrence.work_item]
    judged = app.judging.heard("slack", reaction("+1"))
    assert judged is not None
    assert judged.accepted
    assert app.ledger.outcome(occurrence.work_item) is Outcome.ACCEPTED
    assert app.judging.heard("slack", reaction("tada", number=2)) is None
    assert app.work.claims() == []
    assert app.ledger.verify() == []


def test_who_asked_may_take_it_back_within_three_days(app: Gainful) -> None:
    occurrence = answered(app)
    app.judging.heard("slack", reaction("+1"))
    late = replace(reaction("-1", number=2), at=NOW + timedelta(days=3, seconds=1))
    assert app.judging.heard("slack", late) is None
    assert app.ledger.outcome(occurrence.work_item) is Outcome.ACCEPTED
    taken_back = app.judging.heard("slack", reaction("-1", number=3))
    assert taken_back is not None
    assert not taken_back.accepted
    assert app.ledger.outcome(occurrence.work_item) is Outcome.REVERSED


def message(text: str, sender: str = "U2", number: int = 1, thread: str = "1.1") -> ChatEvent:
    at = NOW + timedelta(minutes=number)
    said = Message(Place("C1", f"2.{number}", thread), sender, text, at)
    return ChatEvent(f"m{number}", EventKind.MESSAGE, sender, "C1", at, said)


def test_thanks_accept_and_the_same_question_again_undoes_that(app: Gainful) -> None:
    occurrence = answered(app)
    question = str(occurrence.about["text"])
    others = [
        message("thanks", sender="U9"),
        message("thanks", thread=""),
        message("thanks but no"),
        message(question, thread="9.9"),
    ]
    assert [app.judging.heard("slack", event) for event in others] == [None] * 4
    accepted = app.judging.heard("slack", message("Thank you!", number=2))
    assert accepted is not None
    assert accepted.accepted
    again = message(f"<@UBOT> {question}", number=3)
    assert app.judging.heard("slack", again) is not None
    assert app.ledger.outcome(occurrence.work_item) is Outcome.REVERSED
    # Handled once more after a crash, when the agent has claimed it anew: that claim stands.
    app.work.claim([WorkItem(occurrence.work_item, "chat", "Ann", NOW)], "another-run", NOW + timedelta(minutes=4))
    assert app.judging.heard("slack", again) is None
    assert app.ledger.outcome(occurrence.work_item) is Outcome.CLAIMED


def test_the_books_say_that_it_was_whoever_asked(app: Gainful) -> None:
    occurrence = answered(app)
    app.judging.heard("slack", message("thanks a lot"))
    app.judging.heard("slack", reaction("-1", number=2))
    app.worth.report()
    _, case = app.facts.case(occurrence.work_item)
    assert case.item is not None
    (verdict,), (reversal,) = case.verdicts, case.reversals
    # The one who asked, under one pseudonym, and not the chat.
    assert (verdict.accepted, verdict.by, reversal.by) == (True, case.item.requester, case.item.requester)
    assert not verdict.by.startswith("system:")


@pytest.mark.parametrize("name", ["-1", "x", "thumbsdown::skin-tone-3", "👎🏽"])
def test_a_bad_reaction_rejects(app: Gainful, name: str) -> None:
    occurrence = answered(app)
    assert app.judging.heard("slack", reaction(name)) is not None
    assert app.ledger.outcome(occurrence.work_item) is Outcome.REJECTED


@pytest.mark.parametrize(
    "event",
    [reaction("+1", sender="U9"), reaction("eyes"), replace(reaction("+1"), kind=EventKind.MESSAGE)],
)
def test_others_and_other_signs_say_nothing(app: Gainful, event: ChatEvent) -> None:
    occurrence = answered(app)
    assert app.judging.heard("slack", event) is None
    assert app.ledger.outcome(occurrence.work_item) is Outcome.CLAIMED


def test_a_person_may_judge_by_hand_once(app: Gainful) -> None:
    occurrence = answered(app)
    run_id = run_id_of(occurrence)
    assert app.judging.by_hand(run_id, "bo", good=True).work_item == occurrence.work_item
    with pytest.raises(NothingToJudge):
        app.judging.by_hand(run_id, "bo", good=False)
    with pytest.raises(NothingToJudge):
        app.judging.by_hand("zzzz", "bo", good=True)


@pytest.mark.parametrize(("judge", "outcome"), [("reaction", Outcome.REJECTED), ("survives", Outcome.ACCEPTED)])
def test_when_its_days_are_over_a_claim_is_settled(app: Gainful, wall: Wall, judge: str, outcome: Outcome) -> None:
    write(app, AGENT.replace("judged_by: reaction", f"judged_by: {judge}"))
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    occurrence = answered(app)
    wall.now = NOW + timedelta(days=2)
    assert app.judging.overdue() == []
    wall.now = NOW + timedelta(days=4)
    assert len(app.judging.overdue()) == 1
    assert app.ledger.outcome(occurrence.work_item) is outcome
    assert app.judging.overdue() == []
