"""Traces of runs: what stands in them, what never does, and what becomes of them while a collector is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.tracing.sending import AT_ONCE, Tracing, is_sampled
from gainful.app.tracing.spans import spans_of
from gainful.cli.installing.service_checks import traces
from gainful.connectors.otlp import TracesRefused
from gainful.core.errors import GainfulError
from gainful.core.label import TYPED
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.core.value import leaf
from gainful.gate.approval import Answer, Verdict
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Recorded, State
from gainful.ledger.budget import Budget
from gainful.ledger.reservation import settle
from gainful.sdk.egress import EgressUnreachable
from gainful.storage.runs.trace_store import Progress, TracedCall, TracedRun
from gainful.storage.settings.config import Config, Home, load
from gainful.storage.settings.findings import ConfigInvalid
from gainful.storage.settings.web import Traces
from tests.unit.app.tracing.collector import Collector, attributes, texts
from tests.unit.web import handbook
from tests.unit.web.console_site import OWNER

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = "2020-01-01T00:00:00+00:00"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
def app(tmp_path: Path, collector: Collector) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    handbook.lay(home, tmp_path / "notes", f'[traces]\nendpoint = "{collector.endpoint}"\n')
    with Gainful.open(home) as opened:
        handbook.enable(opened)
        opened.tracing.store.keep(Progress(LONG_AGO))
        yield opened


def later(app: Gainful, **changes: object) -> Tracing:
    """The app's tracing as it is an hour later, with other settings where they are given."""
    settings = app.config.traces.model_copy(update={**changes})
    return Tracing(
        app.tracing.store, settings, app.broker, app._declared_tools, lambda: app.clock() + timedelta(hours=1),
        lambda _seconds: None,
    )  # fmt: skip


def ran(app: Gainful, name: str, at: datetime = NOON) -> None:
    """A run that was, and nothing more."""
    app.runs.start(name, "handbook", "agent:handbook", "hand", applied=True, at=at)
    app.runs.end(name, "done", {"text": "the secret answer"}, at + timedelta(seconds=1))


# --- what stands in them ----------------------------------------------------------------------------------------------


def test_a_run_is_a_trace_of_steps_and_calls(app: Gainful, collector: Collector) -> None:
    run_id = handbook.answered(app)
    assert later(app).send_due() == 1
    (request,) = collector.requests
    assert attributes(request.resource_spans[0].resource)["service.name"] == "gainful"
    spans = {span.name: span for span in collector.spans()}
    assert [span.name for span in collector.spans()] == [
        "invoke_agent handbook",
        "gather 1",
        "execute_tool files.read",
        "turn 1",
        "chat script.yaml",
        "execute_tool files.list",
        "turn 2",
        "chat script.yaml",
    ]
    assert len({span.trace_id for span in collector.spans()}) == 1
    root = spans["invoke_agent handbook"]
    assert (root.parent_span_id, len(root.trace_id), len(root.span_id)) == (b"", 16, 8)
    told = attributes(root)
    assert (told["gen_ai.operation.name"], told["gen_ai.agent.name"]) == ("invoke_agent", "handbook")
    assert (told["gainful.run.id"], told["gainful.run.state"], told["gainful.trigger"]) == (run_id, "done", "event")
    assert (told["gainful.run.preview"], told["gainful.run.cost_usd"]) == (False, 0.0)
    by_id = {span.span_id: span for span in collector.spans()}
    parents = {span.name: by_id[span.parent_span_id].name for span in collector.spans() if span.parent_span_id}
    assert parents["execute_tool files.list"] == "turn 1"
    assert parents["execute_tool files.read"] == "gather 1"
    assert {parents[name] for name in ("gather 1", "turn 1", "turn 2")} == {"invoke_agent handbook"}
    for span in collector.spans():
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
    tool = spans["execute_tool files.list"]
    told = attributes(tool)
    assert (told["gen_ai.operation.name"], told["gen_ai.tool.name"]) == ("execute_tool", "files.list")
    assert (told["gainful.verdict"], told["gainful.rules"], told["gainful.state"]) == (
        "allow",
        ["contained-is-free"],
        "done",
    )
    assert [event.name for event in tool.events] == ["gainful.verdict"]


def test_a_models_call_has_its_tokens_and_its_cost(app: Gainful, collector: Collector) -> None:
    ran(app, "r1")
    budget = Budget("model", Money(1))
    held = app.ledger.reserve([budget], Money("0.5"), "ask:r1:a", "google:gemini-2.5-flash", "r1")
    app.ledger.append([settle(held, Money("0.125"), Tokens(100, 20, 3, 7), app.clock(), {"mail:1": 1, "mail:2": 1})])
    app.ledger.reserve([budget], Money("0.5"), "ask:r1:open", "google:gemini-2.5-flash", "r1")
    later(app).send_due()
    (chat,) = [span for span in collector.spans() if span.name.startswith("chat")]
    told = attributes(chat)
    assert chat.kind == chat.SPAN_KIND_CLIENT
    assert {name: told[name] for name in told if name.startswith("gen_ai.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "gemini-2.5-flash",
        "gen_ai.usage.input_tokens": 123,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 3,
        "gen_ai.usage.cost": 0.125,
    }
    assert attributes(collector.spans()[0])["gainful.run.cost_usd"] == 0.125


def test_a_wait_for_a_person_is_within_its_calls_span(app: Gainful, collector: Collector) -> None:
    run_id = handbook.answered(app, "write it down")
    (approval,) = app.approvals.waiting()
    app.book.answer(approval.id, Answer(Verdict.ACCEPT, OWNER, app.clock(), approval.card))
    app.jobs.engine().wake(run_id)
    app.jobs.engine().follow(run_id, timedelta(seconds=60))
    later(app).send_due()
    (write,) = [span for span in collector.spans() if span.name == "execute_tool files.write"]
    assert [event.name for event in write.events] == [
        "gainful.verdict",
        "gainful.approval.asked",
        "gainful.approval.answered",
    ]
    asked, answered = write.events[1:]
    assert write.start_time_unix_nano == asked.time_unix_nano < answered.time_unix_nano <= write.end_time_unix_nano
    assert attributes(answered)["gainful.approval.id"] == approval.id
    assert OWNER not in str(collector.requests), "who answered is nobody's business"


def test_mail_is_told_by_its_effects(app: Gainful, collector: Collector, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / name).mkdir(parents=True)
    raw = "From: news@example.net\nSubject: A private subject\n\nHello.\n"
    (tmp_path / "Mail" / "new" / "1.M1P1.host").write_text(raw)
    settings = app.home.config.read_text(encoding="utf-8")
    rule = '[[rules]]\nlabel = "newsletter"\nsubject = "private"\n'
    app.home.config.write_text(rule + settings, encoding="utf-8")
    with Gainful.open(app.home) as sorting:
        sorting.triage.run(f"maildir:{tmp_path / 'Mail'}", apply=True)
    later(app).send_due()
    assert [span.name for span in collector.spans()] == [
        "invoke_agent triage",
        "step",
        "execute_tool mail.change_keywords",
        "execute_tool mail.move",
    ]
    assert attributes(collector.spans()[2])["gainful.verdict"] == "allow"
    assert not any("private" in text or "example.net" in text for body in collector.bodies for text in texts(body))


def test_what_failed_is_an_error(app: Gainful) -> None:
    run = TracedRun("r1", "handbook", "hand", True, "failed", NOON, NOON, "")
    call = TracedCall("k", "turn 1 call 1", "files.read", "failed", NOON, NOON)
    root, step, made = spans_of(run, [call], [], {}, {"files.read"})
    assert (root.failed, step.failed, made.failed) == (True, False, True)
    denied = spans_of(run, [replace(call, state="denied")], [], {}, {"files.read"})[2]
    assert not denied.failed


def test_the_same_run_has_the_same_ids(app: Gainful) -> None:
    run = TracedRun("r1", "handbook", "nightly", False, "done", NOON, NOON, "")
    calls = [TracedCall(f"k{number}", "answer", "files.read", "done", NOON, NOON) for number in range(3)]
    first, again = spans_of(run, calls, [], {}, ()), spans_of(run, calls, [], {}, ())
    assert [span.id for span in first] == [span.id for span in again]
    assert len({span.id for span in first}) == 5
    assert first[0].attributes["gainful.trigger"] == "schedule"


# --- what never stands in them ----------------------------------------------------------------------------------------


def test_no_word_of_a_run_is_sent(app: Gainful, collector: Collector) -> None:
    """Everything that may hold a text is filled with one word, and no request has it."""
    word = "xylophone"
    app.runs.start("r1", "handbook", f"agent:{word}", "mention", applied=True, at=NOON)
    made_up = f"{word}.tool"
    for number, tool in enumerate(("files.read", made_up)):
        call = Recorded(
            f"k{number}", "r1", f"turn 1 call {number}", "handbook", tool, {word: leaf(word, TYPED)}, "d" * 64, NOON,
            State.DONE, result=leaf(word, TYPED), note=word,
        )  # fmt: skip
        events = [
            AuditEvent(
                NOON, kind, "r1", call.step, "handbook", word, tool, "allow", ("contained-is-free",),
                detail={"note": word, "arguments": {"path": word}},
            )
            for kind in (AuditKind.DECISION, AuditKind.FINDING)
        ]  # fmt: skip
        app.calls.write(call, events)
    lone = AuditEvent(
        NOON, AuditKind.DECISION, "r1", "turn 9", "handbook", "handbook", made_up, "deny", ("well-formed",)
    )
    app.audit.append([lone])
    held = app.ledger.reserve([Budget("model", Money(1))], Money(0), "ask:r1:a", "ollama:small", "r1")
    app.ledger.append([settle(held, Money(0), NO_TOKENS, app.clock(), {f"mail:{word}": 1}, word)])
    app.runs.end("r1", "failed", {"text": word, "what": word}, NOON + timedelta(seconds=1))
    asked = handbook.answered(app, f"write it down {word}", "o7")
    (approval,) = app.approvals.waiting()
    app.book.answer(approval.id, Answer(Verdict.RESPOND, OWNER, app.clock(), text=word))
    app.jobs.engine().wake(asked)
    app.jobs.engine().follow(asked, timedelta(seconds=60))
    assert later(app).send_due() == 2
    names = [span.name for span in collector.spans()]
    assert names.count("execute_tool unknown") == 1
    assert "chat small" in names
    assert len(collector.spans()) > 8
    for body in collector.bodies:
        assert not any(word in text for text in texts(body))


# --- while a collector is away ----------------------------------------------------------------------------------------


def test_what_a_collector_missed_is_sent_when_it_is_back(app: Gainful, collector: Collector) -> None:
    ran(app, "r1")
    collector.status = 503
    for _ in range(3):
        with pytest.raises(EgressUnreachable):
            later(app).send_due()
    progress = app.tracing.store.progress()
    assert progress is not None
    assert (progress.sent, progress.dropped, "busy" in progress.failing) == (0, 0, True)
    assert traces(app).state == "warn"
    collector.status = 200
    assert later(app).send_due() == 1
    assert later(app).send_due() == 0
    assert len(collector.spans()) == 1
    found = app.tracing.store.progress()
    assert found is not None
    assert (found.sent, found.dropped, found.failing) == (1, 0, "")
    assert traces(app).state == "ok"


def test_a_collector_that_is_not_there_stops_no_run(app: Gainful, collector: Collector) -> None:
    nowhere = later(app, endpoint="http://127.0.0.1:9/v1/traces")
    run_id = handbook.answered(app)
    with pytest.raises(EgressUnreachable):
        nowhere.send_due()
    other = handbook.answered(app, name="o2")
    assert [app.runs.find(one).state for one in (run_id, other)] == ["done", "done"]  # type: ignore[union-attr]
    assert not collector.requests


def test_trouble_is_told_once(app: Gainful) -> None:
    from gainful.runs.watch import Watcher

    heard: list[GainfulError] = []
    looks = iter(range(3))

    def look() -> None:
        if next(looks, None) is None:
            watcher.stop()
            return
        later(app, endpoint="http://127.0.0.1:9/v1/traces").send_due()

    ran(app, "r1")
    watcher = Watcher("traces", look, heard.append)
    watcher._stopped.wait = lambda timeout=None: watcher._stopped.is_set()  # type: ignore[method-assign]
    watcher.run()
    assert [error.code for error in heard] == ["egress-unreachable"]


def test_what_is_refused_for_good_is_left_out_and_counted(app: Gainful, collector: Collector) -> None:
    ran(app, "r1")
    collector.status = 400
    with pytest.raises(TracesRefused):
        later(app).send_due()
    collector.status = 200
    ran(app, "r2", NOON + timedelta(minutes=1))
    assert later(app).send_due() == 1
    progress = app.tracing.store.progress()
    assert progress is not None
    assert (progress.sent, progress.dropped) == (1, 1)
    assert "1 run left out" in traces(app).what


def test_what_a_collector_did_not_take_is_counted(app: Gainful, collector: Collector) -> None:
    ran(app, "r1")
    collector.rejected = 1
    later(app).send_due()
    progress = app.tracing.store.progress()
    assert progress is not None
    assert (progress.sent, progress.rejected) == (1, 1)


def test_only_so_much_is_kept_for_a_collector_that_is_away(app: Gainful, collector: Collector) -> None:
    for number in range(7):
        ran(app, f"r{number}", NOON + timedelta(minutes=number))
    few = later(app)
    few._most = 3
    assert few.send_due() == 3
    told = [attributes(span)["gainful.run.id"] for span in collector.spans()]
    assert told == ["r4", "r5", "r6"]
    progress = app.tracing.store.progress()
    assert progress is not None
    assert (progress.sent, progress.dropped) == (3, 4)


def test_many_runs_that_ended_at_one_moment_are_each_sent_once(app: Gainful, collector: Collector) -> None:
    names = [f"r{number:03}" for number in range(AT_ONCE + 20)]
    for name in names:
        ran(app, name)
    later(app).look()
    told = [attributes(span)["gainful.run.id"] for span in collector.spans()]
    assert sorted(told) == names


def test_a_run_that_has_just_ended_waits_a_moment(app: Gainful, collector: Collector) -> None:
    handbook.answered(app)
    assert app.tracing.send_due() == 0
    assert later(app).send_due() == 1


def test_nothing_is_sent_of_what_was_before(app: Gainful, collector: Collector) -> None:
    ran(app, "r1")
    app.tracing.store.keep(Progress(""))
    with app.database.begin() as connection:
        app.marks.drop_in(connection, "traces")
    assert later(app).send_due() == 0
    assert later(app).send_due() == 0
    assert not collector.requests


def test_chance_takes_the_share_that_is_wanted(app: Gainful, collector: Collector) -> None:
    assert not any(is_sampled(str(number), 0) for number in range(100))
    assert all(is_sampled(str(number), 1) for number in range(100))
    assert 200 < sum(is_sampled(str(number), 0.25) for number in range(1000)) < 300
    ran(app, "r1")
    assert later(app, sample=0.0).send_due() == 1
    assert not collector.requests


# --- settings and what is shown ---------------------------------------------------------------------------------------


def test_headers_come_from_the_secrets(app: Gainful, collector: Collector) -> None:
    from gainful.sdk.secret import Secret

    ran(app, "r1")
    wanting = later(app, headers=("x-api-key",))
    with pytest.raises(EgressUnreachable, match="no value for the header"):
        wanting.send_due()
    app.secrets.put("traces:x-api-key", Secret("traces:x-api-key", "a-long-and-secret-key"))
    assert wanting.send_due() == 1
    assert collector.headers[-1]["x-api-key"] == "a-long-and-secret-key"
    assert collector.headers[-1]["content-type"] == "application/x-protobuf"


@pytest.mark.parametrize(
    "endpoint", ["ftp://a.example/v1/traces", "http://me:pw@a.example/v1/traces", "http://A.example/", "collector:4318"]
)
def test_an_address_that_cannot_be_meant_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        Traces(endpoint=endpoint)


def test_a_server_does_not_send_to_itself(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for host in ("127.0.0.1", "localhost"):
        home.config.write_text(f'[server]\nport = 8787\n[traces]\nendpoint = "http://{host}:8787/v1/traces"\n')
        with pytest.raises(ConfigInvalid, match="this very server"):
            load(home)
    assert Config().traces.endpoint == ""


def test_the_metrics_count_what_was_sent_and_lost(app: Gainful, collector: Collector) -> None:
    from gainful.web.health import _lines

    app.tracing.store.keep(Progress(LONG_AGO, sent=7, dropped=3, rejected=2, failing="away"))
    ran(app, "r1")
    lines = list(_lines(app))
    assert {"gainful_traces_waiting 1", "gainful_traces_sent 7", "gainful_traces_dropped 3"} <= set(lines)
    assert {"gainful_traces_rejected 2", "gainful_traces_failing 1"} <= set(lines)


def test_decimals_are_summed_exactly(app: Gainful) -> None:
    run = TracedRun("r1", "handbook", "hand", True, "done", NOON, NOON, "")
    calls = [
        TracedCall(f"k{number}", "turn 1", "", "done", NOON, NOON, model="openai:x", cost=Decimal("0.1"))
        for number in range(3)
    ]
    assert spans_of(run, calls, [], {}, ())[0].attributes["gainful.run.cost_usd"] == 0.3
