"""The agent of the demo that has worked: woken by a real mail, and tried as it was and as it is."""

from __future__ import annotations

import mailbox

import pytest

from gainful.agents.file.agent_reading import agent_file_from
from gainful.app import Gainful
from gainful.app.explaining.beside import beside, intended, verdict
from gainful.app.trial.kite_desk import AGENT, KiteDesk
from gainful.app.trial.morning_mail import MorningMail
from gainful.core.clock import system_clock
from gainful.storage.settings.config import Home
from tests.fixtures.waiting import eventually

OWNER = "mira@example.org"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("demo")
    mail, desk, made = MorningMail(folder / "Mail"), KiteDesk(folder / "desk", OWNER), Home(folder / "home")
    made.prepare()
    made.config.write_text(f'[owner]\nname = "{OWNER}"\n{mail.settings}{desk.settings}', encoding="utf-8")
    desk.lay(made)
    mail.lay(system_clock())
    mail.triage(made)
    desk.work(made)
    return made


def test_its_runs_are_over_and_what_they_did_was_approved(home: Home) -> None:
    with Gainful.open(home) as app:
        inputs = app.trials.inputs(AGENT)
        assert [one.occurrence.about["subject"] for one in inputs] == [
            "When do the kites come?",
            "Ten kites for autumn",
        ]
        runs = [app.runs.find(one.run_id) for one in inputs]
        assert [(run.state, run.applied) for run in runs if run is not None] == [("done", True)] * 2
        states = [(call.tool, str(call.state)) for call in app.calls.of_run(inputs[0].run_id)]
        assert states[1:] == [("files.read", "done"), ("memory.remember", "done"), ("files.append", "done")]
        (approval,) = app.approvals.recent(over=True)
        assert (approval.answered_by, approval.proposals[0].tool) == (OWNER, "files.append")
    assert (home.path.parent / "desk" / "batches.md").read_text().endswith("batch 12: held for Ada\n")


@pytest.mark.parametrize(
    ("enabled", "would"),
    [
        (False, [("memory.remember", "allow"), ("mail.draft", "ask"), ("files.append", "deny")]),
        (True, [("memory.remember", "allow"), ("files.append", "ask")]),
    ],
)
def test_tried_it_does_nothing_and_the_changed_file_does_otherwise(
    home: Home, enabled: bool, would: list[tuple[str, str]]
) -> None:
    desk, before = home.path.parent / "desk", (home.path.parent / "desk" / "batches.md").read_bytes()
    with Gainful.open(home) as app:
        app.jobs.engine(schedules=True)
        recorded = app.trials.inputs(AGENT)[0]
        trial = app.trials.begin(AGENT, recorded.occurrence.id, enabled=enabled, person=OWNER)
        assert eventually(lambda: app.trials.is_over(trial))
        tried, then = app.replays.of(trial.run_id), app.replays.of(recorded.run_id)
        assert [(frame.title, verdict(frame)) for frame in intended(tried)] == would
        said = {pair.now.title: pair.said for pair in beside(then, tried, over=True) if pair.now is not None}
        assert said["files.append"] == ("" if enabled else "Asked about then; refused now.")
        assert app.approvals.count() == 0
    assert (desk / "batches.md").read_bytes() == before
    assert not len(mailbox.Maildir(home.path.parent / "Mail" / ".Drafts", create=True))


def test_its_changed_file_may_be_enabled(home: Home) -> None:
    with Gainful.open(home) as app:
        change = app.agents.change(AGENT)
        assert change.before is not None
        assert "mail.draft" in change.manifest_difference
        assert agent_file_from(change.checked.draft.version.text, AGENT).owner == OWNER
