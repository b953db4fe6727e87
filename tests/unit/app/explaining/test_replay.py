"""Replays: every recorded step in order, what today's rules would say, and nothing written or sent by looking."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.explaining.replay import DEPLOYS_ADD, Replay
from gainful.app.explaining.why import Explanation, NothingToExplain
from gainful.cli.main import run as command
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.value import leaf, uniform
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Recorded, State
from gainful.gate.course import TOLD, call_digest
from gainful.storage.settings.config import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"chat:event"}))
AGENT = """---
name: handbook
owner: ada
purpose: Answers questions.
model: scripted:script.yaml
triggers: [{on: mention}]
gather:
  - tool: files.read
    with: {path: handbook/hours.md}
tools: [files.list]
answer: none
---
Answer from the handbook.
"""
SCRIPT = """
- when: closed
  calls: [{tool: files.list, with: {path: handbook}}]
  say: "On Friday: {answer}"
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "hours.md").write_text("Closed on Friday.")
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True)
    raw = "From: news@example.net\nSubject: Weekly\nMessage-ID: <1@example.net>\n\nHello.\n"
    (tmp_path / "Mail" / "new" / "1.M1P1.host").write_text(raw)
    home.config.write_text(
        f'[owner]\nname = "ada"\n[[rules]]\nlabel = "newsletter"\nsubject = "weekly"\n'
        f'[files.folders]\nhandbook = "{tmp_path / "notes"}"\n[organisation]\npolicy = "policy.toml"\n',
        encoding="utf-8",
    )
    rule(home, "")
    with Gainful.open(home) as opened:
        yield opened


def rule(home: Home, tool: str, verdict: str = "deny") -> None:
    """Let the organisation say this of a tool from now on; of none where it is empty."""
    text_ = f'[[rules]]\nid = "new-rule"\nverdict = "{verdict}"\nreason = "Not any more."\ntools = ["{tool}"]\n'
    (home.path / "policy.toml").write_text(text_ if tool else "rules = []\n", encoding="utf-8")


def answered(app: Gainful) -> str:
    """Id of a run of an agent that read, asked its model twice, and listed a folder."""
    folder = app.home.path / "agents" / "handbook"
    folder.mkdir(parents=True)
    (folder / "AGENT.md").write_text(AGENT)
    (folder / "script.yaml").write_text(SCRIPT)
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    occurrence = app.agent_runs.by_hand(app.agents.version("handbook"), "When is it closed?")
    run_id, _ = app.agent_runs.run(occurrence)
    return run_id


def content(app: Gainful) -> dict[str, str]:
    """The digest of every row of every table, and of the database's own files."""
    with app.database.connect() as connection:
        names = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
        found = {
            name: hashlib.sha256(repr(connection.execute(text(f'select * from "{name}"')).all()).encode()).hexdigest()
            for name in names
        }
    for file in sorted(app.home.path.glob("gainful.sqlite*")):
        if not file.name.endswith("-shm"):
            found[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection be made."""

    def refuse(*_: object) -> None:
        raise AssertionError("something was to be sent")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_a_run_is_told_in_the_order_in_which_it_happened(app: Gainful) -> None:
    replay = app.replays.of(answered(app))
    assert [(frame.kind, frame.step) for frame in replay.frames] == [
        ("told", "told"),
        ("call", "gather 1"),
        ("model", "turn 1"),
        ("call", "turn 1 call 1"),
        ("model", "turn 2"),
        ("end", "end"),
    ]
    assert [frame.number for frame in replay.frames] == [1, 2, 3, 4, 5, 6]
    asked, listed = replay.frames[2], replay.frames[3]
    assert asked.decided == "To call 1 tool."
    assert [(one.what, one.label.tainted) for one in asked.seen] == [("What it was told", False), ("files.read", True)]
    assert [part.what for part in listed.parts] == ["path (you typed it)", "its answer"]
    assert "hours.md" in listed.parts[-1].text
    assert replay.frames[-1].parts[0].text.startswith("On Friday")


def test_a_call_that_came_while_the_run_was_looked_at_is_seen_the_next_time(
    app: Gainful, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that draws a run under way reads twice, and the run goes on in between."""
    run_id, replays = answered(app), app.replays
    why = replays._why
    calls = [frame.step for frame in replays.of(run_id).frames if frame.kind == "call"]

    def before_the_last_call(target: str) -> Explanation:
        told = why(target)
        return replace(told, steps=told.steps[:-1])

    monkeypatch.setattr(replays, "_why", before_the_last_call)
    found = [frame.step for frame in replays.of(run_id).frames if frame.kind == "call"]
    assert found == calls[:-1]


def test_what_a_model_cost_is_counted_up(app: Gainful) -> None:
    from gainful.app.explaining.replay import _numbered
    from gainful.core.money import Money

    frames = [replace(frame, cost=Money("0.25")) for frame in app.replays.of(answered(app)).frames[:3]]
    assert [frame.so_far for frame in _numbered(frames)] == [Money("0.25"), Money("0.50"), Money("0.75")]


def test_the_same_rules_say_the_same(app: Gainful, tmp_path: Path) -> None:
    replay = app.replays.of(answered(app))
    assert [one for frame in replay.frames for one in frame.judged if one.then is None or one.now is None] == []
    assert sum(len(frame.judged) for frame in replay.frames) == 4
    assert replay.differences == ()
    assert replay.by == "version 1 of the manifest of 'handbook'"
    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    sorted_ = app.replays.of(report.run_id)
    assert [(one.tool, one.then.verdict) for frame in sorted_.frames for one in frame.judged if one.then] == [
        ("mail.change_keywords", "allow"),
        ("mail.move", "allow"),
    ]
    assert sorted_.differences == ()


def test_what_is_denied_by_now_is_named_with_its_rule(app: Gainful, tmp_path: Path) -> None:
    run_id = answered(app)
    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    rule(app.home, "files.list")
    (frame,) = app.replays.of(run_id).differences
    assert (frame.step, frame.judged[0].difference) == (
        "turn 1 call 1",
        "allowed then, denied now by organisation:new-rule",
    )
    assert frame.judged[0].now is not None
    assert frame.judged[0].now.reason == "Not any more."
    rule(app.home, "mail.move", "ask")
    (moved,) = app.replays.of(report.run_id).differences
    assert [one.difference for one in moved.judged] == ["", "allowed then, asked about now by organisation:new-rule"]
    rule(app.home, "model.ask")
    assert [frame.kind for frame in app.replays.of(run_id).differences] == ["model", "model"]


def test_a_manifest_that_is_narrower_by_now_would_deny(app: Gainful) -> None:
    run_id = answered(app)
    file = app.home.path / "agents" / "handbook" / "AGENT.md"
    file.write_text(AGENT.replace("tools: [files.list]\n", ""))
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    replay = app.replays.of(run_id)
    assert replay.by == "version 2 of the manifest of 'handbook'"
    assert [(frame.step, frame.judged[0].difference) for frame in replay.differences] == [
        ("turn 1 call 1", "allowed then, denied now by outside-manifest")
    ]


def test_a_stop_says_nothing_about_a_call(app: Gainful) -> None:
    run_id = answered(app)
    app.guards.stop("handbook", "enough")
    assert app.replays.of(run_id).differences == ()


def test_what_was_denied_then_may_be_allowed_now(app: Gainful) -> None:
    answered(app)
    rule(app.home, "files.list")
    run_id, _ = app.agent_runs.run(app.agent_runs.by_hand(app.agents.version("handbook"), "When is it closed?"))
    rule(app.home, "")
    (frame,) = app.replays.of(run_id).differences
    assert frame.judged[0].difference.startswith("denied then, allowed now by ")


def test_a_question_that_was_refused_is_a_step_too(app: Gainful) -> None:
    answered(app)
    rule(app.home, "model.ask")
    run_id, _ = app.agent_runs.run(app.agent_runs.by_hand(app.agents.version("handbook"), "When is it closed?"))
    frame = next(one for one in app.replays.of(run_id).frames if one.kind == "model")
    assert frame.happened == ("It was not asked. Not any more.",)


def test_what_a_stranger_said_counts_as_it_did_then(app: Gainful) -> None:
    answered(app)
    app.runs.start("r9", "handbook", "agent:handbook", "mention", applied=True, at=NOON)
    told = Recorded(
        "k0", "r9", "told", "handbook", TOLD.name, {}, call_digest(TOLD.name, {}), NOON, State.DONE,
        result=uniform({"text": "Read it"}, STRANGER),
    )  # fmt: skip
    arguments = {"path": leaf("handbook/hours.md", STRANGER)}
    read = Recorded(
        "k1", "r9", "turn 1 call 1", "handbook", "files.read", arguments,
        call_digest("files.read", {"path": "handbook/hours.md"}), NOON, State.DONE, result=leaf("Closed.", TYPED),
    )  # fmt: skip
    gone = Recorded(
        "k2", "r9", "turn 1 call 2", "handbook", "no.such", {}, call_digest("no.such", {}), NOON, State.DENIED
    )
    for call in (told, read, gone):
        verdict = "allow" if call is read else "deny"
        event = AuditEvent(NOON, AuditKind.DECISION, "r9", call.step, "handbook", "handbook", call.tool, verdict)
        app.calls.write(call, [event])
    frames = app.replays.of("r9").frames
    assert [one.kind for one in frames] == ["told", "call", "call"]
    assert frames[0].parts[0].label == STRANGER
    assert [
        (one.then.verdict, one.now.verdict) for frame in frames for one in frame.judged if one.then and one.now
    ] == [
        ("allow", "allow"),
        ("deny", "deny"),
    ]


def test_what_is_asked_now_stands_at_the_end(app: Gainful) -> None:
    from gainful.gate.approval import ask
    from gainful.gate.proposal import Explanation, Proposal, Reason

    app.runs.start("r1", "deploy", "service:shop", "hand", applied=True, at=NOON)
    shown = Explanation(labels={"to": STRANGER}, reasons=(Reason("send-tainted", "A stranger may have written it."),))
    proposal = Proposal("deploy", "r1", "step 2", "mail.send", {"to": "bo@example.org"}, "m" * 64, explanation=shown)
    app.book.ask(ask("a1", [proposal], "ada", app.clock()))
    replay = app.replays.of("r1")
    (frame,) = replay.frames
    assert (frame.kind, frame.approvals[0].id, frame.parts[0].label) == ("waiting", "a1", STRANGER)
    assert replay.remarks == (DEPLOYS_ADD,)


def test_rules_that_cannot_be_read_are_told_and_the_rest_is_shown(app: Gainful) -> None:
    run_id = answered(app)
    (app.home.path / "policy.toml").write_text("no TOML", encoding="utf-8")
    replay = app.replays.of(run_id)
    assert "is not TOML" in replay.remarks[0]
    assert (len(replay.frames), replay.differences) == (6, ())


def test_there_is_no_replay_of_nothing(app: Gainful) -> None:
    with pytest.raises(NothingToExplain):
        app.replays.of("zzzz")


# --- what it must not do ----------------------------------------------------------------------------------------------


def test_looking_changes_not_a_byte_and_sends_nothing(
    app: Gainful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [answered(app), app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True).run_id]
    # A file of rules that nobody has read yet: whoever acts notes that in the audit log, whoever looks does not.
    rule(app.home, "files.list")
    # Nothing of the engine's own may write meanwhile.
    app.jobs.close()
    before = content(app)
    quiet(monkeypatch)
    replays: list[Replay] = [app.replays.of(run_id) for run_id in runs]
    assert all(replay.frames for replay in replays)
    assert len(replays[0].differences) == 1
    assert content(app) == before
    app.guards.organisation()
    assert content(app) != before, "the comparison sees a single row"


def test_a_tool_is_not_even_made_to_be_called(app: Gainful, monkeypatch: pytest.MonkeyPatch) -> None:
    from gainful.connectors.files import FileStore

    run_id = answered(app)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a tool was called")

    for name in [name for name in vars(FileStore) if not name.startswith("_") and callable(getattr(FileStore, name))]:
        monkeypatch.setattr(FileStore, name, refuse)
    assert len(app.replays.of(run_id).frames) == 6


def test_the_limit_of_a_day_counts_what_came_before_and_not_after(app: Gainful) -> None:
    answered(app)
    agent = AGENT.replace("tools: [files.list]", "tools: [files.list]\nmanifest: {files.list: {per_day: 2}}")
    (app.home.path / "agents" / "handbook" / "AGENT.md").write_text(agent)
    app.agents.enable("handbook", app.agents.change("handbook").digest)
    app.runs.start("r9", "handbook", "agent:handbook", "mention", applied=True, at=NOON)
    for number in range(4):
        at = NOON + timedelta(minutes=number)
        arguments = {"path": leaf(f"handbook/{number}", TYPED)}
        digest = call_digest("files.list", {"path": f"handbook/{number}"})
        call = Recorded(
            f"k{number}", "r9", f"turn {number}", "handbook", "files.list", arguments, digest, at, State.DONE
        )
        event = AuditEvent(at, AuditKind.DECISION, "r9", call.step, "handbook", "handbook", "files.list", "allow")
        app.calls.write(call, [event])
    verdicts = [frame.judged[0].now.verdict for frame in app.replays.of("r9").frames if frame.judged[0].now]
    assert verdicts == ["allow", "allow", "deny", "deny"]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_shows_what_differs(
    app: Gainful, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = answered(app)
    rule(app.home, "files.list")
    monkeypatch.setenv("GAINFUL_HOME", str(app.home.path))
    assert command(["why", run_id, "--replay"]) == 0
    shown = capsys.readouterr().out
    assert "Today's rules think otherwise about 1 step:" in shown
    assert "organisation:new-rule" in shown
    assert command(["why", run_id, "--replay", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["judged"][0]["changed"] for one in told["steps"] if one["judged"]] == [False, False, True, False]
    assert command(["why", run_id, "turn 1", "--replay"]) == 2
    rule(app.home, "")
    assert command(["why", run_id, "--replay", "--all"]) == 0
    assert "as it was answered then" in capsys.readouterr().out
