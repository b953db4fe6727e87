"""What a team's server is told of these books: figures alone, each once, whatever breaks in between."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.remote.errors import RemoteUntrusted
from gainful.app.reporting.exporter import ReportRefused, ReportUnreachable
from gainful.app.reporting.mark import BACK, Mark, mark_from
from gainful.app.reporting.reporting import BATCH, BEGINNING, ReportOff
from gainful.core.fact import Call, Run
from gainful.core.money import Money, Tokens
from gainful.core.telemetry import Content
from gainful.intake.otlp.request import decoded
from gainful.intake.otlp.spans import spans_of
from gainful.ledger.budget import Budget
from gainful.ledger.reservation import settle
from gainful.sdk.secret import Secret
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.testing.web_server import Reply, WebServer
from gainful.storage.settings.config import Home
from gainful.storage.settings.report import Report

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OK = Reply(200, {"content-type": "application/json"}, b"{}")


def spend(
    app: Gainful,
    number: int,
    cost: str = "0.000012345",
    model: str = "openai:gpt-5-mini",
    at: datetime = NOW,
    shares: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """A call in a run of its own, for these work items; every third agent is another one."""
    run = f"run-{number}"
    app.runs.start(run, ("helper", "writer", "triage")[number % 3], "ann's mailbox", "nightly", applied=True, at=at)
    held = app.ledger.reserve([Budget("helper", Money(1_000_000))], Money(cost), f"{run}:ask", model, run)
    app.ledger.append([settle(held, Money(cost), Tokens(100, 7, 5, 20), at, shares)])
    app.runs.end(run, "failed" if number % 5 == 4 else "done", {"note": "a secret subject"}, at + timedelta(seconds=9))


@dataclass
class Team:
    """A home that reports, and a server that takes it."""

    app: Gainful
    server: WebServer

    def answers(self, *replies: Reply) -> None:
        """These, one after the other; the last one again and again."""
        left = list(replies)
        self.server.replies["/v1/traces"] = lambda _seen: left.pop(0) if len(left) > 1 else left[0]

    def bodies(self) -> list[dict[str, Any]]:
        """What was sent."""
        return [json.loads(gzip.decompress(seen.body)) for seen in self.server.seen]

    def spans(self) -> list[dict[str, Any]]:
        """Every span that was sent."""
        return [span for body in self.bodies() for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]]

    def ids(self) -> list[str]:
        """Their ids."""
        return [span["spanId"] for span in self.spans()]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with Gainful.open(Home(tmp_path / "home"), lambda: NOW) as app, WebServer() as server:
        settings = Report(server=server.origin, person="ann@example.org")
        app.config = app.config.model_copy(update={"report": settings})
        app.secrets.put("report", Secret("report", "a-token-for-the-intake"))
        made = Team(app, server)
        made.answers(OK)
        yield made


def taken(body: dict[str, Any]) -> Content:
    """What the server's own intake reads in a request."""
    packed = gzip.compress(json.dumps(body).encode())
    return spans_of(decoded("traces", packed, "application/json", "gzip", 10**7), NOW)


def test_the_intake_reads_what_the_books_hold_to_the_last_place(team: Team) -> None:
    costs = ["0.000000001", "12345.678901234", "0", "0.1", "0.333333333"]
    for number, cost in enumerate(costs):
        spend(team.app, number, cost)
    assert team.app.reporting.send().sent == 10
    content = taken(team.bodies()[0])
    assert content.rejected == 0
    facts = [fact for group in content.reported for fact in group.facts]
    calls = [fact for fact in facts if isinstance(fact, Call)]
    assert [call.cost for call in calls] == [Decimal(cost) for cost in costs]
    assert {call.tokens for call in calls} == {Tokens(100, 7, 5, 20)}
    assert {(call.provider, call.model, call.person) for call in calls} == {("openai", "gpt-5-mini", "ann@example.org")}
    runs = [fact for fact in facts if not isinstance(fact, Call)]
    assert sorted(run.status for run in runs) == ["failed", *["ok"] * 4]  # type: ignore[attr-defined]
    assert {run.trigger for run in runs} == {"schedule"}  # type: ignore[attr-defined]
    assert {call.run for call in calls} == {run.id for run in runs}  # type: ignore[attr-defined]
    assert len({source for group in content.reported for source in [group.source]}) == 1


def test_nothing_is_told_but_figures(team: Team) -> None:
    spend(team.app, 1, shares={"mail:1": 1, "mail:1-b": 2})
    team.app.reporting.send()
    text = json.dumps(team.bodies())
    for private in ("run-1", "mail:1", "mailbox", "secret", "subject"):
        assert private not in text
    keys = {attribute["key"] for span in team.spans() for attribute in span["attributes"]}
    assert keys == {
        *("gen_ai.agent.id", "gen_ai.agent.name", "gen_ai.operation.name", "gen_ai.provider.name"),
        *("gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens"),
        *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cost"),
        "gainful.trigger",
    }


def test_what_is_shown_is_what_is_sent(team: Team) -> None:
    for number in range(3):
        spend(team.app, number)
    shown = team.app.reporting.request(list(team.app.reporting.pending()))
    assert not team.server.seen, "nothing is sent by looking"
    team.app.reporting.send()
    assert team.bodies() == [shown]
    assert team.server.seen[0].headers["authorization"] == "Bearer a-token-for-the-intake"


def test_what_was_acknowledged_is_not_sent_again_and_what_is_new_is(team: Team) -> None:
    spend(team.app, 1)
    team.app.reporting.send()
    assert list(team.app.reporting.pending()) == []
    assert team.app.reporting.send().sent == 0
    assert len(team.server.seen) == 1, "nothing new, no request"
    spend(team.app, 2, at=NOW + timedelta(seconds=1))
    assert team.app.reporting.send().sent == 2
    assert len(set(team.ids())) == len(team.ids()) == 4


def test_what_another_process_booked_late_with_an_earlier_time_is_told(team: Team) -> None:
    spend(team.app, 1)
    team.app.reporting.send()
    spend(team.app, 2, at=NOW - timedelta(minutes=30))
    assert team.app.reporting.send().sent == 2


def test_an_answer_that_is_lost_sends_the_same_ids_again(team: Team) -> None:
    spend(team.app, 1)
    team.answers(Reply(cut=0), OK)
    with pytest.raises(ReportUnreachable):
        team.app.reporting.send()
    assert team.app.reporting.send().sent == 2
    first, second = team.bodies()
    assert first == second


def test_a_large_backlog_goes_in_parts_and_keeps_what_went_through(team: Team) -> None:
    for number in range(BATCH + 20):
        spend(team.app, number, at=NOW + timedelta(milliseconds=number))
    team.answers(OK, Reply(503, {"retry-after": "7"}), OK)
    with pytest.raises(ReportUnreachable) as raised:
        team.app.reporting.send()
    assert raised.value.retry_after == timedelta(seconds=7)
    assert len(team.server.seen) == 2
    left = 2 * (BATCH + 20) - BATCH
    assert team.app.reporting.send().sent == left
    assert len(set(team.ids())) == 2 * (BATCH + 20)


def test_what_the_server_could_not_use_is_counted_and_not_sent_again(team: Team) -> None:
    spend(team.app, 1)
    partial = {"partialSuccess": {"rejectedSpans": "1", "errorMessage": "One has no id."}}
    team.answers(Reply(200, {}, json.dumps(partial).encode()))
    done = team.app.reporting.send()
    assert (done.sent, done.rejected, done.why) == (2, 1, "One has no id.")
    assert list(team.app.reporting.pending()) == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, {}, b'{"message": "No."}'), ReportRefused),
        (Reply(400, {}, b"?"), ReportRefused),
        (Reply(404), ReportRefused),
        (Reply(413), ReportRefused),
        (Reply(307, {"location": "https://example.org/"}), ReportUnreachable),
        (Reply(429, {"retry-after": "3"}), ReportUnreachable),
        (Reply(502), ReportUnreachable),
        (Reply(200, {}, b"<h1>Sign in to our network</h1>"), ReportUnreachable),
        (Reply(200, {}, b"[]"), ReportUnreachable),
        (Reply(200, {}, b'{"partialSuccess": 3}'), ReportUnreachable),
        (Reply(200, {}, b'{"partialSuccess": {"rejectedSpans": []}}'), ReportUnreachable),
    ],
)
def test_nothing_is_noted_that_was_not_acknowledged(team: Team, reply: Reply, error: type[Exception]) -> None:
    spend(team.app, 1)
    team.answers(reply)
    with pytest.raises(error):
        team.app.reporting.send()
    assert len(list(team.app.reporting.pending())) == 2


def test_books_that_were_restored_are_told_from_the_beginning(team: Team) -> None:
    spend(team.app, 1)
    team.app.reporting.send()
    mark = mark_from(team.app.marks.get(f"report:{team.server.origin}"))
    other = Mark(mark.seq, "0" * 64, mark.booked, mark.ended, mark.runs)
    team.app.marks.set(f"report:{team.server.origin}", other.as_text())
    assert team.app.reporting.send().sent == 1
    assert len(set(team.ids())) == 2, "as what they were before"


def test_only_days_that_are_meant_are_told(team: Team) -> None:
    spend(team.app, 1, at=NOW - timedelta(days=3))
    spend(team.app, 2)
    settings = team.app.config.report.model_copy(update={"since": date(2026, 11, 1)})
    team.app.config = team.app.config.model_copy(update={"report": settings})
    assert team.app.reporting.send().sent == 2


def test_another_server_is_told_everything(team: Team) -> None:
    spend(team.app, 1)
    team.app.reporting.send()
    with WebServer() as other:
        other.replies["/v1/traces"] = lambda _seen: OK
        settings = team.app.config.report.model_copy(update={"server": other.origin})
        team.app.config = team.app.config.model_copy(update={"report": settings})
        assert team.app.reporting.send().sent == 2


def test_two_installations_never_tell_of_the_same_span(team: Team, tmp_path: Path) -> None:
    spend(team.app, 1)
    team.app.reporting.send()
    with Gainful.open(Home(tmp_path / "other"), lambda: NOW) as app:
        app.config = team.app.config
        spend(app, 1)
        theirs = {one.span["spanId"] for one in app.reporting.pending()}
    assert not theirs & set(team.ids())


def test_nobody_is_told_where_no_server_or_token_is_named(team: Team) -> None:
    team.app.secrets.delete("report")
    with pytest.raises(ReportOff, match="token"):
        team.app.reporting.send()
    team.app.config = team.app.config.model_copy(update={"report": Report()})
    with pytest.raises(ReportOff, match="server"):
        list(team.app.reporting.pending())


def test_a_mark_forgets_runs_that_cannot_come_up_again(team: Team) -> None:
    for number in range(4):
        spend(team.app, number, at=NOW + number * BACK * 0.6)
    team.app.reporting.send()
    mark = mark_from(team.app.marks.get(f"report:{team.server.origin}"))
    assert mark.known == {"run-2", "run-3"}
    assert mark_from(mark.as_text()) == mark


def test_a_remote_may_name_the_server_and_its_authority(team: Team, tmp_path: Path) -> None:
    spend(team.app, 1)
    write_certificate(tmp_path)
    with WebServer(server_context(tmp_path)) as other:
        other.replies["/v1/traces"] = lambda _seen: OK
        remotes = team.app.remotes
        token = Secret("token", "gainful_of-the-api-and-not-of-the-intake")
        remotes.keep(remotes.made("team", other.origin, token, str(tmp_path / "cert.pem")))
        team.app.config = team.app.config.model_copy(update={"report": Report(server="team")})
        assert team.app.reporting.send().sent == 2
        assert other.seen[0].headers["authorization"] == "Bearer a-token-for-the-intake"
        remotes.keep(remotes.made("team", other.origin, token))
        spend(team.app, 2)
        with pytest.raises(RemoteUntrusted):
            team.app.reporting.send()


def test_a_call_that_items_share_is_told_in_parts_that_come_to_the_whole(team: Team) -> None:
    spend(team.app, 1, cost="0.000000010", shares={"mail:1": 1, "mail:2": 2})
    assert team.app.reporting.send().sent == 5, "two parts, a run for each, and the run itself"
    facts = [fact for group in taken(team.bodies()[0]).reported for fact in group.facts]
    calls = [fact for fact in facts if isinstance(fact, Call)]
    assert sum((call.cost or Decimal(0) for call in calls), Decimal(0)) == Decimal("0.000000010")
    assert sum(call.tokens.total for call in calls) == 132
    runs = {fact.id for fact in facts if isinstance(fact, Run)}
    assert len({call.run for call in calls}) == 2
    assert {call.run for call in calls} < runs


def test_a_batch_that_ends_within_a_call_is_told_from_that_call_on(team: Team) -> None:
    spend(team.app, 1, shares={f"mail:{number}": 1 for number in range(BATCH + 5)})
    team.answers(OK, Reply(503), OK)
    with pytest.raises(ReportUnreachable):
        team.app.reporting.send()
    assert mark_from(team.app.marks.get(f"report:{team.server.origin}")).seq == 0
    team.app.reporting.send()
    assert list(team.app.reporting.pending()) == []
    assert len(set(team.ids())) == 2 * (BATCH + 5) + 1


def test_what_was_told_as_one_span_stays_one(team: Team) -> None:
    spend(team.app, 1, shares={"mail:1": 1, "mail:2": 2})
    team.app.reporting.send()
    name = f"report:{team.server.origin}"
    # As a release before this one left it, and books that are not those it was set in: all is told again.
    kept = json.loads(team.app.marks.get(name))
    del kept["whole"]
    team.app.marks.set(name, json.dumps({**kept, "digest": "0" * 64, "runs": [], "ended": BEGINNING.isoformat()}))
    spend(team.app, 2, shares={"mail:3": 1, "mail:4": 2})
    spans = [one.span["name"] for one in team.app.reporting.pending()]
    assert spans.count("chat") == 1 + 2
    assert spans.count("invoke_agent") == 1 + 3
