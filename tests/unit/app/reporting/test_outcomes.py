"""What a team's server is told of outcomes: digests, kinds and times, each once, and nothing that anybody wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.reporting.exporter import ReportRefused, ReportUnreachable
from gainful.app.reporting.spans import agent_id
from gainful.core.money import Money, Tokens
from gainful.intake.reports.binding import read
from gainful.ledger.attention import attention
from gainful.ledger.budget import Budget
from gainful.ledger.outcome import Outcome, WorkItem
from gainful.ledger.report import Spending
from gainful.ledger.reservation import settle
from gainful.ledger.waste import waste
from gainful.sdk.secret import Secret
from gainful.sdk.testing.web_server import Reply, Seen, WebServer
from gainful.storage.settings.config import Home
from gainful.storage.settings.report import Report

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SPANS = Reply(200, {"content-type": "application/json"}, b"{}")
PREFIX = "report:k7h2:"


def acknowledged(booked: int, refused: list[str] | None = None) -> Reply:
    """All of them, but for these reasons."""
    why = [{"place": place, "why": text} for place, text in enumerate(refused or [])]
    body = {"booked": booked - len(why), "known": 0, "refused": why, "prefix": PREFIX}
    return Reply(200, {"content-type": "application/json"}, json.dumps(body).encode())


def facts_in(seen: Seen) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(seen.body)["facts"]
    return found


@dataclass
class Laptop:
    """A home that reports, and a server that takes it."""

    app: Gainful
    server: WebServer
    answers: list[Callable[[Seen], Reply]] = field(default_factory=list)

    def answer(self, seen: Seen) -> Reply:
        """The next answer; without one all is booked."""
        return self.answers.pop(0)(seen) if self.answers else acknowledged(len(facts_in(seen)))

    def requests(self) -> list[Seen]:
        """What was sent about outcomes."""
        return [seen for seen in self.server.seen if seen.path == "/api/v1/reports"]

    def told(self) -> list[dict[str, Any]]:
        """Every fact that was sent, as often as it was."""
        return [fact for seen in self.requests() for fact in facts_in(seen)]

    def triage(self, number: int, at: datetime = NOW, *, count: int = 1) -> None:
        """A run that asked a model once for several mails, and claims them."""
        run = f"run-{number}"
        items = [f"mail:{number}-{one}" for one in range(count)]
        self.app.runs.start(run, "triage", "ann's mailbox", "nightly", applied=True, at=at)
        held = self.app.ledger.reserve([Budget("triage", Money(100))], Money(1), f"{run}:ask", "openai:gpt-5-mini", run)
        self.app.ledger.append([settle(held, Money("0.5"), Tokens(100, 0, 0, 20), at, dict.fromkeys(items, 1))])
        opened = [WorkItem(item, "mail", "cy@elsewhere.example", at) for item in items]
        self.app.work.claim(opened, run, at)
        self.app.runs.end(run, "done", {"note": "a secret subject"}, at + timedelta(seconds=9))


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    with Gainful.open(Home(tmp_path / "home"), lambda: NOW) as app, WebServer() as server:
        settings = Report(server=server.origin, person="ann@example.org", outcomes=True)
        app.config = app.config.model_copy(update={"report": settings})
        app.secrets.put("report", Secret("report", "gainful_of-her-own"))
        made = Laptop(app, server)
        server.replies["/v1/traces"] = lambda _seen: SPANS
        server.replies["/api/v1/reports"] = made.answer
        yield made


def everything(laptop: Laptop) -> None:
    """An item of every fate."""
    app = laptop.app
    laptop.triage(1, count=4)
    app.ledger.append([attention("a1", timedelta(seconds=90), "correct", NOW, work_item="mail:1-0")])
    app.work.judge("mail:1-0", Outcome.ACCEPTED, "truth:7", NOW)
    app.work.judge("mail:1-1", Outcome.ACCEPTED, "verdict:bo@example.org", NOW)
    app.work.judge("mail:1-2", Outcome.REJECTED, "hand:bo@example.org:run-1", NOW)
    app.work.judge("mail:1-0", Outcome.REVERSED, "truth:8", NOW, memo="moved back: a secret subject")
    app.ledger.append([waste("w1", Spending(), "pointless-deployment", NOW, work_item="deployment:shop:r12")])


def test_nothing_is_told_that_anybody_wrote_and_nobody_is_named(laptop: Laptop) -> None:
    everything(laptop)
    laptop.app.reporting.send()
    sent = "".join(str(seen.body) for seen in laptop.requests())
    salt = laptop.app.marks.get("report:salt")
    for private in (
        "mail:1",
        "run-1",
        "example",
        "cy@",
        "bo@",
        "ann",
        "secret",
        "subject",
        "moved",
        "r12",
        "shop",
        salt,
    ):
        assert private not in sent
    kinds = {fact["kind"] for fact in laptop.told()}
    assert kinds == {"agent", "work_item", "run", "human_time", "claim", "verdict", "evidence", "reversal"}
    assert {
        value for fact in laptop.told() for name in ("by", "requester", "owner", "person") if (value := fact.get(name))
    } == {
        "me",
        "system:mail",
    }


def test_the_server_reads_all_that_is_told(laptop: Laptop) -> None:
    everything(laptop)
    laptop.app.reporting.send()
    for fact in laptop.told():
        read(fact, NOW)
    verdicts = sorted((fact["by"], fact["accepted"]) for fact in laptop.told() if fact["kind"] == "verdict")
    assert verdicts == [("me", False), ("me", True), ("system:mail", True)]
    unchanged = [fact for fact in laptop.told() if fact["kind"] == "evidence" and fact.get("before")]
    assert [fact["before"] == fact["after"] for fact in unchanged] == [True], "what was deployed twice"


def test_runs_are_told_under_the_trace_that_their_calls_have(laptop: Laptop) -> None:
    laptop.triage(1, count=3)
    spans = [one.span for one in laptop.app.reporting.pending()]
    chats = {span["traceId"] for span in spans if span["name"] == "chat"}
    runs = {span["traceId"] for span in spans if span["name"] == "invoke_agent"}
    assert len(chats) == 3
    assert chats < runs
    laptop.app.reporting.send()
    told = [fact for fact in laptop.told() if fact["kind"] == "run"]
    assert {fact["id"] for fact in told} == chats
    assert {fact["run"] for fact in laptop.told() if fact["kind"] == "claim"} == chats
    assert len({fact["work_item"] for fact in told}) == 3
    assert {fact["agent"] for fact in told} == {agent_id("triage", laptop.app.reporting.installation())}


def test_what_is_shown_is_what_is_sent_and_looking_sends_nothing(laptop: Laptop) -> None:
    from gainful.app.reporting.exporter import facts_request

    everything(laptop)
    shown = facts_request(list(laptop.app.reporting.outcomes()))
    assert not laptop.server.seen
    laptop.app.reporting.send()
    assert [json.loads(seen.body) for seen in laptop.requests()] == [shown]
    assert laptop.requests()[0].headers["authorization"] == "Bearer gainful_of-her-own"


def test_without_the_setting_nothing_of_it_is_told(laptop: Laptop) -> None:
    settings = laptop.app.config.report.model_copy(update={"outcomes": False})
    laptop.app.config = laptop.app.config.model_copy(update={"report": settings})
    everything(laptop)
    assert list(laptop.app.reporting.outcomes()) == []
    assert laptop.app.reporting.send().facts == 0
    assert laptop.requests() == []
    # Turned on later, it is told from the beginning, and the figures are as they were.
    settings = settings.model_copy(update={"outcomes": True})
    laptop.app.config = laptop.app.config.model_copy(update={"report": settings})
    done = laptop.app.reporting.send()
    assert (done.sent, done.facts) == (0, len(laptop.told()))
    assert {fact["kind"] for fact in laptop.told()} >= {"claim", "run"}


def test_what_was_acknowledged_is_not_sent_again_and_a_reversal_later_is(laptop: Laptop) -> None:
    laptop.triage(1)
    laptop.app.work.judge("mail:1-0", Outcome.ACCEPTED, "truth:1", NOW)
    laptop.app.reporting.send()
    assert list(laptop.app.reporting.outcomes()) == []
    assert laptop.app.reporting.send().facts == 0
    laptop.app.work.judge("mail:1-0", Outcome.REVERSED, "truth:2", NOW + timedelta(days=1))
    done = laptop.app.reporting.send()
    assert done.facts == 1
    first, last = laptop.told()[0], laptop.told()[-1]
    assert last["kind"] == "reversal"
    assert first["kind"] != "reversal"
    assert last["work_item"] in {fact.get("work_item") for fact in laptop.told() if fact["kind"] == "claim"}


def test_an_answer_that_is_lost_sends_the_same_facts_again(laptop: Laptop) -> None:
    laptop.triage(1)
    laptop.answers = [lambda _seen: Reply(cut=0)]
    with pytest.raises(ReportUnreachable):
        laptop.app.reporting.send()
    laptop.app.reporting.send()
    first, second = laptop.requests()
    assert first.body == second.body


def test_a_batch_that_is_taken_by_half_goes_on_from_its_entries(laptop: Laptop) -> None:
    for number in range(150):
        laptop.triage(number, NOW + timedelta(milliseconds=number), count=2)
    laptop.answers = [
        lambda seen: acknowledged(len(facts_in(seen))),
        lambda _seen: Reply(429, {"retry-after": "7"}),
    ]
    with pytest.raises(ReportUnreachable) as raised:
        laptop.app.reporting.send()
    assert raised.value.retry_after == timedelta(seconds=7)
    laptop.app.reporting.send()
    assert all(len(facts_in(seen)) <= 200 for seen in laptop.requests())
    claims = {fact["key"] for fact in laptop.told() if fact["kind"] == "claim"}
    assert len(claims) == 300
    items = {fact["work_item"] for fact in laptop.told() if fact["kind"] == "claim"}
    assert items == {fact["id"] for fact in laptop.told() if fact["kind"] == "work_item"}
    assert list(laptop.app.reporting.outcomes()) == []


def test_a_gateway_that_takes_less_gets_smaller_requests(laptop: Laptop) -> None:
    everything(laptop)

    def small(seen: Seen) -> Reply:
        return Reply(413) if len(facts_in(seen)) > 3 else acknowledged(len(facts_in(seen)))

    laptop.answers = [small] * 100
    done = laptop.app.reporting.send()
    taken = [fact for seen in laptop.requests() if len(facts_in(seen)) <= 3 for fact in facts_in(seen)]
    assert len(taken) == done.facts == len({fact["key"] for fact in taken})
    laptop.triage(9)
    laptop.answers = [lambda _seen: Reply(413)] * 100
    with pytest.raises(ReportRefused):
        laptop.app.reporting.send()


def test_what_the_server_did_not_take_is_said_and_not_sent_again(laptop: Laptop) -> None:
    laptop.triage(1)
    laptop.answers = [lambda seen: acknowledged(len(facts_in(seen)), ["The agent is somebody else's.", "So is this."])]
    done = laptop.app.reporting.send()
    assert (done.refused, done.why_refused) == (2, "The agent is somebody else's.")
    assert list(laptop.app.reporting.outcomes()) == []


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply(401, {}, b'{"error": {"what": "No token."}}'), ReportRefused, "scope report"),
        (Reply(403, {}, b'{"error": {"what": "Not allowed to report."}}'), ReportRefused, "scope report"),
        (Reply(404), ReportRefused, "console"),
        (Reply(400, {}, b"?"), ReportRefused, "same release"),
        (Reply(503, {"retry-after": "3"}), ReportUnreachable, ""),
        (Reply(200, {}, b"<h1>Sign in to our network</h1>"), ReportUnreachable, ""),
        (Reply(200, {}, b'{"booked": 1, "known": 0, "refused": []}'), ReportUnreachable, ""),
        (Reply(200, {}, b'{"booked": "x", "known": [], "refused": 3}'), ReportUnreachable, ""),
        (Reply(200, {}, b"[]"), ReportUnreachable, ""),
    ],
)
def test_nothing_is_noted_that_was_not_acknowledged(
    laptop: Laptop, reply: Reply, error: type[ReportRefused | ReportUnreachable], says: str
) -> None:
    laptop.triage(1)
    waiting = list(laptop.app.reporting.outcomes())
    laptop.answers = [lambda _seen: reply]
    with pytest.raises(error) as raised:
        laptop.app.reporting.send()
    assert says in raised.value.next_move
    assert list(laptop.app.reporting.outcomes()) == waiting
    assert list(laptop.app.reporting.pending()) == [], "the figures went through"


def test_an_item_has_the_name_there_that_it_was_told_under(laptop: Laptop) -> None:
    laptop.triage(1)
    assert laptop.app.reporting.item("mail:1-0") == ""
    laptop.app.reporting.send()
    (opened,) = (fact for fact in laptop.told() if fact["kind"] == "work_item")
    assert laptop.app.reporting.item("mail:1-0") == PREFIX + opened["id"]


def test_what_the_owner_asked_for_is_told_as_theirs(laptop: Laptop) -> None:
    app = laptop.app
    app.runs.start("run-1", "helper", "agent:helper", "manual", applied=True, at=NOW)
    for number, source in enumerate(("Ann@example.org", app.guards.person, "bo@example.org")):
        app.work.claim([WorkItem(f"chat:{number}", "chat", source, NOW)], "run-1", NOW)
    laptop.app.reporting.send()
    asked = [fact["requester"] for fact in laptop.told() if fact["kind"] == "work_item"]
    assert asked == ["me", "me", "system:chat"]


def test_two_installations_never_tell_of_the_same_item(laptop: Laptop, tmp_path: Path) -> None:
    laptop.triage(1)
    mine = {fact.key for fact in laptop.app.reporting.outcomes()}
    with Gainful.open(Home(tmp_path / "other"), lambda: NOW) as app:
        app.config = laptop.app.config
        Laptop(app, laptop.server).triage(1)
        theirs = {fact.key for fact in app.reporting.outcomes()}
    assert mine
    assert not mine & theirs
