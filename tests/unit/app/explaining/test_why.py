"""Why a run did what it did, for mail and for calls of tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.explaining.why import NothingToExplain
from gainful.cli.main import run as command
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.value import leaf
from gainful.gate.approval import Answer, Verdict, ask
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Recorded, State
from gainful.gate.proposal import Proposal
from gainful.storage.gate.call_store import CallStore
from gainful.storage.settings.config import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    rules = '[[rules]]\nlabel = "newsletter"\nsubject = "weekly"\n'
    home.config.write_text(f'[owner]\nname = "ada"\n{rules}[triage]\nvips = ["vip@example.net"]\n', encoding="utf-8")
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True)
    for number, sender in enumerate(("news@example.net", "vip@example.net"), 1):
        raw = f"From: {sender}\nSubject: Weekly {number}\x1b[2J\nMessage-ID: <{number}@example.net>\n\nHello.\n"
        (tmp_path / "Mail" / "new" / f"{number}.M{number}P1.host").write_text(raw)
    with Gainful.open(home) as opened:
        yield opened


def test_a_mail_is_explained_from_its_label_to_how_to_undo_it(app: Gainful, tmp_path: Path) -> None:
    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    mail = next(row.record for row in report.rows if row.record.from_addr == "news@example.net")
    found = app.why(report.run_id, mail.id)
    (step,) = found.steps
    assert (found.run.id, found.asked[:29]) == (report.run_id, "Somebody started it by hand. ")
    assert "version 1 of 'triage'" in found.manifest
    assert [reading.label.tainted for reading in step.read] == [True]
    assert step.chosen.startswith("newsletter, by rule")
    assert [(one.tool, one.verdict) for one in step.verdicts] == [
        ("mail.change_keywords", "allow"),
        ("mail.move", "allow"),
    ]
    assert all(rule and text for one in step.verdicts for rule, text in one.rules)
    assert "It was labelled newsletter." in step.happened
    assert step.undo == f"gainful undo {mail.id}"
    assert found.undo == f"gainful undo {report.run_id}"
    # A mail alone means the last run that decided about it; the beginning of an id is enough.
    assert app.why(mail.id) == app.why(report.run_id[:6], mail.id[:6]) == found


def test_what_an_organisation_denied_names_its_rule(app: Gainful, tmp_path: Path) -> None:
    policy = '[[rules]]\nid = "stay"\nverdict = "deny"\nreason = "Mail stays put."\ntools = ["mail.move"]\n'
    (app.home.path / "policy.toml").write_text(policy, encoding="utf-8")
    app.home.config.write_text(
        app.home.config.read_text(encoding="utf-8") + '[organisation]\npolicy = "policy.toml"\n', encoding="utf-8"
    )
    with Gainful.open(app.home) as ruled:
        report = ruled.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
        found = ruled.why(report.run_id)
    assert found.verdicts[("mail.move", "deny", ("organisation:stay",))] >= 1
    denied = [one for step in found.steps for one in step.verdicts if one.verdict == "deny"]
    assert denied[0].reason == "Mail stays put."
    assert denied[0].rules == (("organisation:stay", "What the organisation adds to the rules."),)
    moves = [text for step in found.steps for text in step.happened if "moved" in text]
    assert moves
    assert all(text.endswith("refused, and it did not happen. Mail stays put.") for text in moves)


def test_an_agents_call_is_explained_with_its_labels_and_who_approved(app: Gainful) -> None:
    app.runs.start("r1", "helper", "", "hand", applied=True, at=NOON)
    proposal = Proposal(
        run_id="r1",
        step="step 2",
        agent="helper",
        tool="mail.send",
        arguments={"to": "bo@example.org", "text": "Hi"},
        manifest="m" * 64,
    )
    approval = app.book.ask(ask("a1", [proposal], "ada", app.clock()))
    app.book.answer("a1", Answer(Verdict.ACCEPT, "bo", app.clock(), approval.card))
    arguments = {"to": leaf("bo@example.org", TYPED), "text": leaf("Hi", STRANGER, derivation="compose(mail)")}
    call = Recorded("k1", "r1", "step 2", "helper", "mail.send", arguments, "d" * 64, NOON, State.DONE, "a1")
    rules = ("strangers-words-stay",)
    detail = {"note": "'text' holds what a stranger may have written."}
    event = AuditEvent(
        NOON, AuditKind.DECISION, "r1", "step 2", "helper", "helper", "mail.send", "ask", rules, detail=detail
    )
    CallStore(app.database, app.audit, app.ledger).write(call, [event])
    (step,) = app.why("r1", "step 2").steps
    assert [(reading.what, reading.label) for reading in step.read[:2]] == [
        ("to", TYPED),
        ("text (compose(mail))", STRANGER),
    ]
    assert [(one.verdict, one.reason, one.rules[0][0]) for one in step.verdicts] == [
        ("ask", "'text' holds what a stranger may have written.", "strangers-words-stay")
    ]
    (said,) = step.approvals
    assert (said.id, said.card, said.by) == ("a1", approval.card, "bo")
    assert step.happened == ("It was done.",)
    assert step.title == "It called mail.send with to 'bo@example.org', text 'Hi'."
    assert said.said == f"accepted by bo at {said.at[:16].replace('T', ' ')} UTC"


def test_a_stopped_run_says_who_stopped_it(app: Gainful, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "Deciding":
            app.guards.stop("triage", "enough")

    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True, progress=stop)
    found = app.why(report.run_id)
    assert "enough" in found.noticed[0]
    assert {text for step in found.steps for text in step.happened} == {"Nothing was done to it."}
    assert found.undo == ""


@pytest.mark.parametrize(("target", "step"), [("zzzz", ""), ("", ""), ("zzzz", "step 1")])
def test_what_is_not_there_cannot_be_explained(app: Gainful, target: str, step: str) -> None:
    with pytest.raises(NothingToExplain):
        app.why(target, step)


def test_a_run_without_this_step_says_so(app: Gainful, tmp_path: Path) -> None:
    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}")
    with pytest.raises(NothingToExplain, match="no step 'zzzz'"):
        app.why(report.run_id, "zzzz")


def test_on_the_terminal_no_text_of_a_stranger_moves_the_cursor(
    app: Gainful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    monkeypatch.setenv("GAINFUL_HOME", str(app.home.path))
    for arguments in (["why", report.run_id], ["why", report.rows[0].record.id]):
        assert command(arguments) == 0
        shown = capsys.readouterr().out
        assert "\x1b[2J" not in shown
        assert "contained-is-free" in shown
    assert command(["why", report.run_id, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {step["id"] for step in told["steps"]} == {row.record.id for row in report.rows}
    assert told["decisions"][0]["rules"] == ["contained-is-free"]
    assert timedelta(0) <= datetime.fromisoformat(told["ended_at"]) - datetime.fromisoformat(told["started_at"])
