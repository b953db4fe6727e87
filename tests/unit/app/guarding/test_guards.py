"""What each agent may do at this moment: manifests taken over, stops, the organisation's rules; in the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.guarding import guards
from gainful.app.guarding.guards import NoSuchAgent, Stopped, built_in
from gainful.core.errors import Invalid
from gainful.core.tool import Act, Effect, ToolSpec
from gainful.policy.decision import Verdict
from gainful.policy.manifest import Manifest, ManifestInvalid, manifest_from
from gainful.policy.manifest_version import ManifestDamaged
from gainful.policy.request import Facts, Request
from gainful.storage.database import transaction
from gainful.storage.gate.organisation_file import OrganisationPolicyUnreadable
from gainful.storage.settings.config import Home

HELPER = 'agent = "helper"\n[[effects]]\ntool = "notes.write"\n'
WRITE = ToolSpec("notes.write", Effect.CONTAINED, Act.WRITE, {})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(
        '[owner]\nname = "ada"\n[[rules]]\nlabel = "newsletter"\nsubject = "weekly"\n', encoding="utf-8"
    )
    return home


@pytest.fixture
def app(home: Home) -> Iterator[Gainful]:
    with Gainful.open(home) as opened:
        yield opened


def source(tmp_path: Path, *subjects: str) -> str:
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True, exist_ok=True)
    for number, subject in enumerate(subjects, 1):
        raw = f"From: a{number}@example.net\nSubject: {subject}\nMessage-ID: <{number}@example.net>\n\nHello.\n"
        (tmp_path / "Mail" / "new" / f"{number}.M{number}P1.host").write_text(raw)
    return f"maildir:{tmp_path / 'Mail'}"


def may(app: Gainful, agent: str = "helper", spec: ToolSpec = WRITE) -> Verdict:
    return app.guards.guard(agent).decide(Request(agent, spec), Facts()).verdict


def brings(patch: pytest.MonkeyPatch, **changes: object) -> Manifest:
    """The next version of Gainful brings another manifest for triage."""
    content = built_in("triage").model_dump(mode="json") | changes
    wanted = manifest_from(content)
    patch.setattr(guards, "built_in", lambda _job: wanted)
    return wanted


MORE = [*built_in("triage").model_dump(mode="json")["effects"], {"tool": "mail.delete"}]
LESS = built_in("triage").model_dump(mode="json")["effects"][:2]


def test_an_agent_may_do_what_its_approved_manifest_says_and_nothing_before(app: Gainful) -> None:
    assert may(app) is Verdict.DENY
    version = app.guards.propose("helper", HELPER)
    assert may(app) is Verdict.DENY
    app.guards.approve("helper", version.digest)
    assert may(app) is Verdict.ALLOW


@pytest.mark.parametrize("text", ["agent = ", HELPER.replace("helper", "other"), 'agent = "helper"\nmay = "all"\n'])
def test_what_is_no_manifest_of_this_agent_is_not_proposed(app: Gainful, text: str) -> None:
    with pytest.raises(ManifestInvalid):
        app.guards.propose("helper", text)
    assert app.guards.manifests.history("helper") == []


def test_no_agent_is_called_all(app: Gainful) -> None:
    with pytest.raises(ManifestInvalid):
        app.guards.propose("all", HELPER.replace("helper", "all"))


def test_a_preview_takes_nothing_over_and_the_first_run_with_effects_does(app: Gainful, tmp_path: Path) -> None:
    where = source(tmp_path, "One")
    app.triage.run(where)
    assert app.guards.manifests.history("triage") == []
    app.triage.run(where, apply=True)
    (only,) = app.guards.manifests.history("triage")
    assert (only.state, only.owner, only.approved_by) == ("active", "ada", ("ada",))
    assert only.digest == built_in("triage").digest


def test_an_upgrade_that_widens_is_told_in_the_report_and_does_not_hold_before_approval(
    app: Gainful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = source(tmp_path, "One")
    app.triage.run(where, apply=True)
    wider = brings(monkeypatch, effects=MORE)
    delete = ToolSpec("mail.delete", Effect.CONTAINED, Act.DELETE, {})
    notes = app.triage.run(where, apply=True).notes
    assert [note for note in notes if "mail.delete is granted." in note and "gainful manifest approve triage" in note]
    assert may(app, "triage", delete) is Verdict.DENY
    app.guards.approve("triage", wider.digest)
    assert may(app, "triage", delete) is Verdict.ALLOW
    assert app.triage.run(where, apply=True).notes == ()


def test_an_upgrade_that_narrows_holds_from_the_next_run_on(
    app: Gainful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = source(tmp_path, "One")
    app.triage.run(where, apply=True)
    narrower = brings(monkeypatch, effects=LESS)
    assert app.triage.run(where, apply=True).notes == ()
    active = app.guards.manifests.active("triage")
    assert active is not None
    assert active.digest == narrower.digest


def test_an_edited_manifest_stops_the_run_before_it_touches_anything(app: Gainful, tmp_path: Path) -> None:
    where = source(tmp_path, "Weekly newsletter")
    app.guards.adopt("triage")
    with transaction(app.database) as connection:
        connection.exec_driver_sql("UPDATE manifests SET content = replace(content, '1440', '1441')")
    with pytest.raises(ManifestDamaged):
        app.triage.run(where, apply=True)
    assert [file.name for file in (tmp_path / "Mail" / "new").iterdir()] == ["1.M1P1.host"]


# --- the organisation ---


def test_the_organisations_rules_are_read_before_each_run(home: Home, tmp_path: Path) -> None:
    home.config.write_text('[organisation]\npolicy = "policy.toml"\n', encoding="utf-8")
    policy = home.path / "policy.toml"
    where = source(tmp_path, "One")
    with Gainful.open(home) as app:
        with pytest.raises(OrganisationPolicyUnreadable):
            app.triage.run(where, apply=True)
        policy.write_text("", encoding="utf-8")
        app.guards.propose("helper", HELPER)
        app.guards.approve("helper", app.guards.manifests.history("helper")[0].digest)
        assert may(app) is Verdict.ALLOW
        rule = '[[rules]]\nid = "no-notes"\nverdict = "deny"\nreason = "No notes."\ntools = ["notes.*"]\n'
        policy.write_text(rule, encoding="utf-8")
        assert may(app) is Verdict.DENY


def test_a_team_of_the_settings_makes_a_widening_wait(home: Home) -> None:
    home.config.write_text('[owner]\nname = "ada"\n[team]\nmembers = ["ada", "bo"]\n', encoding="utf-8")
    with Gainful.open(home) as app:
        version = app.guards.propose("helper", HELPER)
        assert app.guards.approve("helper", version.digest).state == "proposed"
        assert may(app) is Verdict.DENY
    home.config.write_text('[owner]\nname = "bo"\n[team]\nmembers = ["ada", "bo"]\n', encoding="utf-8")
    with Gainful.open(home) as app:
        assert app.guards.approve("helper", version.digest).state == "active"
        assert may(app) is Verdict.ALLOW


# --- stops ---


def test_a_stopped_job_does_not_begin(app: Gainful, tmp_path: Path) -> None:
    where = source(tmp_path, "One")
    assert app.guards.stop("triage", "too\n eager")
    for apply in (False, True):
        with pytest.raises(Stopped, match="too eager") as caught:
            app.triage.run(where, apply=apply)
        assert caught.value.next_move == "`gainful resume triage` lets it go on."
    assert app.guards.resume("triage")
    assert len(app.triage.run(where, apply=True).rows) == 1


def test_what_was_done_can_be_undone_while_the_job_is_stopped(app: Gainful, tmp_path: Path) -> None:
    report = app.triage.run(source(tmp_path, "Weekly newsletter"), apply=True)
    assert app.effects.done_in(report.run_id)
    app.guards.stop("all")
    assert len(app.triage.undo(report.run_id).restored) == 1


def test_a_stop_in_the_middle_leaves_the_rest_for_the_next_run(app: Gainful, tmp_path: Path) -> None:
    where = source(tmp_path, "One", "Two", "Three")

    def stop_when_deciding(stage: str, done: int, total: int) -> None:
        if stage == "Deciding":
            app.guards.stop("triage", "enough")

    report = app.triage.run(where, apply=True, progress=stop_when_deciding)
    assert "enough" in report.stopped
    assert "0 mails were put in order before." in report.notes[-1]
    run = app.runs.find(report.run_id)
    assert run is not None
    assert run.state == "stopped"
    app.guards.resume("triage")
    again = app.triage.run(where, apply=True)
    assert (len(again.rows), again.stopped) == (3, "")


def test_only_who_is_known_can_be_stopped(app: Gainful) -> None:
    with pytest.raises(NoSuchAgent, match="traige"):
        app.guards.stop("traige")
    with pytest.raises(NoSuchAgent):
        app.guards.resume("traige")
    app.guards.propose("helper", HELPER)
    assert app.guards.stop("helper")
    with pytest.raises(Invalid, match="301 characters"):
        app.guards.stop("triage", "x" * 301)
    assert [stop.agent for stop in app.guards.stops.all()] == ["helper"]
