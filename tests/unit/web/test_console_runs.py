"""A run's pages: its replay, resuming and stopping it, by hand and by program."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.core.money import Money
from gainful.gate.approval import Answer, State, Verdict
from gainful.gate.audit import AuditKind
from gainful.gate.call import Recorded
from gainful.storage.agents.occurrence_store import run_id_of
from gainful.storage.settings.config import Home
from tests.fixtures.waiting import eventually
from tests.unit.web import handbook
from tests.unit.web.console_site import EMPLOYEE, LEAD, OWNER, Browser, Got, Site, console_of


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    home = Home(tmp_path / "home")
    handbook.lay(home, tmp_path / "notes")
    with Gainful.open(home) as app:
        handbook.enable(app)
        with console_of(app) as made:
            yield made


def test_what_an_agent_has_left_this_month_and_what_a_run_cost_are_shown(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    for page in ("/agents", "/agents/handbook"):
        assert "$10.00 of $10.00 left" in browser.get(page).body
    # The tighter of two budgets counts.
    site.app.budgets.set("agent:handbook", "month", Money("4"), None)
    assert "$4.00 of $4.00 left" in browser.get("/agents").body
    listed = browser.get("/runs").body
    assert re.search(rf'{run_id}</a>.*<td data-label="Inference" class="number">\$0\.00</td>', listed)


# --- replay -----------------------------------------------------------------------------------------------------------


def test_a_replay_goes_step_by_step_without_javascript(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    assert f'href="/runs/{run_id}/replay"' in browser.get(f"/runs/{run_id}").body
    first = browser.get(f"/runs/{run_id}/replay")
    assert (first.status, "Step 1 of 6" in first.body) == (200, True)
    assert 'href="?step=2" data-key="ArrowRight"' in first.body
    assert 'data-key="ArrowLeft"' not in first.body
    third = browser.get(f"/runs/{run_id}/replay?step=3").body
    assert 'href="?step=2" data-key="ArrowLeft"' in third
    assert "files.read: a stranger may have written it" in third
    assert "To call 1 tool." in third
    last = browser.get(f"/runs/{run_id}/replay?step=6").body
    assert "On Friday." in last
    assert 'data-key="ArrowRight"' not in last
    for step, shown in (("0", 1), ("99", 6), ("-1", 1), ("x", 1), ("9" * 40, 1), ("\u0663", 3)):
        assert f"Step {shown} of 6" in browser.get(f"/runs/{run_id}/replay?step={quote(step)}").body
    assert browser.get("/runs/zzzz/replay").status == 404


def test_a_replay_names_what_is_judged_otherwise_by_now(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    assert "The same as was said then" in browser.get(f"/runs/{run_id}/replay").body
    handbook.rule(site.app.home, "files.list")
    got = browser.get(f"/runs/{run_id}/replay?step=4").body
    assert "allowed then, denied now by organisation:new-rule" in got
    assert 'class="call differs"' in got


def test_looking_at_a_replay_writes_nothing(site: Site) -> None:
    run_id = handbook.answered(site.app)
    browser = site.browser()
    handbook.rule(site.app.home, "files.list")
    before = site.state(), _entries(site)
    for step in range(1, 7):
        assert browser.get(f"/runs/{run_id}/replay?step={step}").status == 200
    assert (site.state(), _entries(site)) == before


def test_what_was_read_is_for_the_owner(site: Site) -> None:
    run_id = handbook.answered(site.app)
    assert "Closed on Friday." in site.browser().get(f"/runs/{run_id}/replay?step=2").body
    lead = site.browser(LEAD).get(f"/runs/{run_id}/replay?step=2").body
    assert "Closed on Friday." not in lead
    assert "shown to the owner alone" in lead
    assert site.browser(EMPLOYEE).get(f"/runs/{run_id}/replay").status == 403


def test_neither_mails_nor_what_was_written_are_for_who_only_watches_runs(site: Site, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True)
    mail = "From: clinic@example.net\nSubject: Your results\n\nHello.\n"
    (tmp_path / "Mail" / "new" / "1.M1P1.host").write_text(mail)
    triaged = site.app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True).run_id
    asked = handbook.answered(site.app)
    owner, lead = site.browser(), site.browser(LEAD)
    for path in (f"/runs/{triaged}", f"/runs/{triaged}/replay"):
        assert "Your results" in owner.get(path).body
        got = lead.get(path)
        assert got.status == 200
        assert not any(word in got.body for word in ("clinic", "Your results"))
    assert "hours.md" in owner.get(f"/runs/{asked}").body
    assert "hours.md" not in lead.get(f"/runs/{asked}").body
    assert "It called files.read with path." in lead.get(f"/runs/{asked}").body
    path = f"/api/v1/runs/{asked}/why"
    assert "hours.md" in site.request("GET", path, token(site, OWNER, "operate")).body
    assert "hours.md" not in site.request("GET", path, token(site, LEAD, "operate")).body


# --- resuming ---------------------------------------------------------------------------------------------------------


def test_a_run_whose_process_died_goes_on_from_its_page(site: Site) -> None:
    run_id = handbook.interrupted(site.app)
    lead = site.browser(LEAD)
    assert "Its process died, and nobody works on it." in lead.get(f"/runs/{run_id}").body
    assert "It goes on now." in lead.follow(lead.post(f"/runs/{run_id}/resume")).body
    assert eventually(lambda: ended(site, run_id) == "done")
    assert [call.state for call in site.app.calls.of_run(run_id)] == ["done", "done", "done"]
    assert "It has ended: done." in lead.follow(lead.post(f"/runs/{run_id}/resume")).body
    (noted,) = [one for one in site.app.audit.rows(run=run_id) if one.kind == AuditKind.STOP]
    assert (noted.actor, noted.verdict) == (LEAD, "let go on")
    assert f"{LEAD}: let go on." in lead.get(f"/runs/{run_id}").body


def test_many_who_resume_a_run_at_once_begin_it_once(site: Site) -> None:
    run_id = handbook.interrupted(site.app)
    browsers = [site.browser() for _ in range(4)]
    barrier, answers = threading.Barrier(len(browsers)), list[Got]()

    def press(browser: Browser) -> None:
        barrier.wait()
        answers.append(browser.post(f"/runs/{run_id}/resume"))

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got.status for got in answers] == [303] * 4
    assert eventually(lambda: ended(site, run_id) == "done")
    rows = list(site.app.audit.rows(run=run_id))
    assert len([one for one in rows if one.kind == AuditKind.STOP]) == 1
    assert len([one for one in rows if one.kind == AuditKind.DECISION and one.tool == "model.ask"]) == 2


def test_a_run_that_waits_goes_on_once_it_was_answered(site: Site) -> None:
    run_id = handbook.answered(site.app, "write it down")
    browser = site.browser()
    page = browser.get(f"/runs/{run_id}").body
    assert "It waits for the answer to approval" in page
    assert f"/runs/{run_id}/resume" not in page
    assert "It waits for the answer" in browser.follow(browser.post(f"/runs/{run_id}/resume")).body
    (approval,) = site.app.approvals.waiting()
    site.app.book.answer(approval.id, Answer(Verdict.ACCEPT, OWNER, site.app.clock(), approval.card))
    assert f'action="/runs/{run_id}/resume"' in browser.get(f"/runs/{run_id}").body
    assert "It goes on now." in browser.follow(browser.post(f"/runs/{run_id}/resume")).body
    assert eventually(lambda: ended(site, run_id) == "done")
    assert (site.app.home.path.parent / "notes" / "new.md").read_text() == "New"


def test_a_question_leads_to_its_run_only_where_that_page_opens(site: Site) -> None:
    run_id = handbook.answered(site.app, "write it down")
    # Of a run that is not known here.
    site.asked()
    page = site.browser().get("/approvals").body
    assert f'href="/runs/{run_id}"' in page
    assert "Run r-k7h2k9abcd" in page
    assert 'href="/runs/r-k7h2k9abcd"' not in page
    # Runs are not an employee's to open, though they may answer.
    page = site.browser(EMPLOYEE).get("/approvals").body
    assert "Run r-k7h2k9abcd" in page
    assert 'href="/runs/' not in page


def test_a_stopped_agents_run_is_not_resumed(site: Site) -> None:
    run_id = handbook.interrupted(site.app)
    site.app.guards.stop("handbook", "enough")
    browser = site.browser()
    assert f"/runs/{run_id}/resume" not in browser.get(f"/runs/{run_id}").body
    got = browser.post(f"/runs/{run_id}/resume")
    assert (got.status, "was stopped by" in got.body) == (403, True)
    assert ended(site, run_id) == "running"
    site.app.guards.resume("handbook")
    browser.post(f"/runs/{run_id}/resume")
    assert eventually(lambda: ended(site, run_id) == "done")


# --- stopping ---------------------------------------------------------------------------------------------------------


def test_a_run_that_waits_is_stopped_for_good_and_its_question_with_it(site: Site) -> None:
    run_id = handbook.answered(site.app, "write it down")
    (approval,) = site.app.approvals.waiting()
    lead = site.browser(LEAD)
    assert "It is stopped, and has ended." in lead.follow(lead.post(f"/runs/{run_id}/stop", {"reason": "wrong"})).body
    assert ended(site, run_id) == "stopped"
    closed = site.app.approvals.find(approval.id)
    assert closed.state is State.EXPIRED
    assert "This run was stopped by lea@example.org" in closed.text
    got = site.browser().post(f"/approvals/{approval.id}", {"verdict": "accept", "card": approval.card})
    assert got.status in (400, 403)
    assert not (site.app.home.path.parent / "notes" / "new.md").exists()
    assert "It has ended already: stopped." in lead.follow(lead.post(f"/runs/{run_id}/stop")).body
    assert "It has ended: stopped." in lead.follow(lead.post(f"/runs/{run_id}/resume")).body
    assert site.app.guards.stops.all() == []
    assert site.app.guards.stops.reason("handbook", run_id) == ""
    assert "lea@example.org: stopped, wrong." in lead.get(f"/runs/{run_id}").body


def test_a_run_whose_process_died_is_stopped_too(site: Site) -> None:
    run_id = handbook.interrupted(site.app)
    site.browser().post(f"/runs/{run_id}/stop")
    assert ended(site, run_id) == "stopped"
    assert run_id not in site.app.jobs.engine().interrupted()


def test_a_run_under_way_stops_before_its_next_effect_and_others_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, let_go = threading.Event(), threading.Event()
    write = site.app.calls.settle

    def settle(call: Recorded, *rest: Any) -> None:
        write(call, *rest)
        if call.run_id == run_id and not held.is_set():
            held.set()
            assert let_go.wait(60)

    occurrence = handbook.asked(site.app)
    run_id = run_id_of(occurrence)
    monkeypatch.setattr(site.app.calls, "settle", settle)
    thread = threading.Thread(target=site.app.agent_runs.run, args=(occurrence,))
    thread.start()
    assert held.wait(60)
    lead = site.browser(LEAD)
    assert "It is going on." in lead.get(f"/runs/{run_id}").body
    assert "It is going on." in lead.follow(lead.post(f"/runs/{run_id}/resume")).body
    assert "before its next effect" in lead.follow(lead.post(f"/runs/{run_id}/stop", {"reason": "enough"})).body
    assert "This run was stopped by" in lead.get(f"/runs/{run_id}").body
    assert site.app.guards.stops.all() == []
    let_go.set()
    thread.join(60)
    run = site.app.runs.find(run_id)
    assert run is not None
    assert (run.state, "enough" in str(run.summary["stopped"])) == ("stopped", True)
    assert len(site.app.calls.of_run(run_id)) == 2, "it was told something, and read a file; no more"
    other = handbook.answered(site.app, name="o2")
    assert ended(site, other) == "done"


def test_triage_asks_for_the_stop_of_its_run(site: Site, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True)
    (tmp_path / "Mail" / "new" / "1.M1P1.host").write_text("From: a@example.net\nSubject: One\n\nHello.\n")

    def stop(stage: str, done: int, total: int) -> None:
        (run,) = site.app.runs.since(None, site.app.clock() - timedelta(days=1))
        if stage == "Deciding" and not run.ended_at:
            # From elsewhere, as in life: the run's own thread is the engine's.
            elsewhere = threading.Thread(target=site.app.run_control.stop, args=(run.id, "enough"))
            elsewhere.start()
            elsewhere.join()

    report = site.app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True, progress=stop)
    assert ended(site, report.run_id) == "stopped"
    assert site.app.effects.of_run(report.run_id) == []
    again = site.app.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    assert ended(site, again.run_id) == "done"


def test_a_deployment_and_a_persons_own_act_are_not_stopped_by_run(site: Site) -> None:
    for name, job in (("r1", "deploy"), ("r2", "undo")):
        site.app.runs.start(name, job, "service:shop", "hand", applied=True, at=site.app.clock())
        browser = site.browser()
        assert f"/runs/{name}/stop" not in browser.get(f"/runs/{name}").body
        browser.post(f"/runs/{name}/stop")
        assert ended(site, name) == "running"
        assert site.app.guards.stops.reason(job, name) == ""


def test_what_nobody_has_a_record_of_is_ended(site: Site) -> None:
    site.app.runs.start("r1", "handbook", "agent:handbook", "hand", applied=True, at=site.app.clock())
    browser = site.browser()
    assert "It broke off and will not go on." in browser.get("/runs/r1").body
    browser.post("/runs/r1/stop")
    assert ended(site, "r1") == "stopped"


# --- by program -------------------------------------------------------------------------------------------------------


def test_programs_resume_and_stop_runs_as_their_scopes_allow(site: Site) -> None:
    first, second = handbook.interrupted(site.app), handbook.answered(site.app, "write it down", "o2")
    reads, operates = token(site, OWNER, "read"), token(site, LEAD, "operate")
    small = token(site, EMPLOYEE, "operate")
    for path, body in ((f"/api/v1/runs/{first}/resume", None), (f"/api/v1/runs/{first}/stop", "{}")):
        assert site.request("POST", path, {}, body).status == 401
        assert site.request("POST", path, reads, body).status == 403
        assert site.request("POST", path, small, body).status == 403
    assert ended(site, first) == "running"
    got = json.loads(site.request("POST", f"/api/v1/runs/{first}/resume", operates).body)
    assert (got["run"], got["resumed"], got["said"]) == (first, True, "It goes on now.")
    assert eventually(lambda: ended(site, first) == "done")
    again = json.loads(site.request("POST", f"/api/v1/runs/{first}/resume", operates).body)
    assert (again["state"], again["resumed"]) == ("done", False)
    stop = json.loads(site.request("POST", f"/api/v1/runs/{second}/stop", operates, '{"reason": "wrong"}').body)
    assert (stop["state"], stop["stopped_now"]) == ("stopped", True)
    assert site.request("POST", f"/api/v1/runs/{second}/stop", operates, '{"why": 1}').status == 400
    for path in ("/api/v1/runs/zzzz/resume", "/api/v1/runs/zzzz/stop"):
        assert site.request("POST", path, operates, "{}").status == 404
    described = json.loads(site.request("GET", "/api/v1/openapi.json", {}).body)["paths"]
    assert {"/v1/runs/{run}/resume", "/v1/runs/{run}/stop"} <= set(described)


def token(site: Site, person: str, *scopes: str) -> dict[str, str]:
    """The header of a new token."""
    named = [Scope(one) for one in scopes]
    made = site.app.access.add_token(f"{person}-{'-'.join(scopes)}", person, named, timedelta(days=1), OWNER)
    return {"authorization": f"Bearer {made}", "content-type": "application/json"}


def ended(site: Site, run_id: str) -> str:
    """The run's state, as people see it."""
    run = site.app.runs.find(run_id)
    assert run is not None
    return run.state


def _entries(site: Site) -> int:
    return len(list(site.app.audit.rows()))
