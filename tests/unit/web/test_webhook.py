"""What a sender is answered, and what is written down by then."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from gainful.agents.waking.happening import Delivered
from gainful.agents.waking.trigger import WebhookTrigger, triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Accepted
from gainful.app.waking.webhooks import WebhookSecretMissing
from gainful.core.errors import GainfulError
from gainful.sdk.secret import Secret
from gainful.storage.errors import DatabaseLocked
from gainful.web.webhook import Answer, WebhookDoor, WebhookInvalid, content_of
from tests.unit.web.signing import KEY, NOON, by_github, signed

BODY = b'{"build": 7}'
TRIGGERS = triggers_from(
    [{"on": "webhook"}, {"on": "webhook", "name": "forge", "signed": "github", "event": ["issues"]}]
)


@dataclass
class Written:
    """Webhooks of one agent, in memory."""

    delivered: dict[str, Delivered] = field(default_factory=dict)
    key: str = KEY
    failing: Exception | None = None

    def find(self, agent: str, trigger: str) -> tuple[WakeableAgent, WebhookTrigger] | None:
        for each in TRIGGERS:
            if agent == "handbook" and isinstance(each, WebhookTrigger) and each.title == trigger:
                return WakeableAgent("handbook", "ada", TRIGGERS), each
        return None

    def secret(self, agent: WakeableAgent, trigger: WebhookTrigger) -> Secret:
        if not self.key:
            raise WebhookSecretMissing("No secret 'webhook:handbook' is stored.", "Store it.")
        return Secret("webhook:handbook", self.key)

    def accept(self, agent: WakeableAgent, trigger: WebhookTrigger, delivered: Delivered) -> Accepted:
        if self.failing is not None:
            raise self.failing
        if trigger.event and delivered.event not in trigger.event:
            return Accepted("", is_new=False, fits=False)
        is_new = delivered.key not in self.delivered
        self.delivered.setdefault(delivered.key, delivered)
        return Accepted(f"id of {delivered.key}"[:20], is_new)


@dataclass
class Post:
    """A door, and what came of a request to it."""

    written: Written = field(default_factory=Written)
    complaints: list[GainfulError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.door = WebhookDoor(self.written, lambda: NOON, self.complaints.append, 1024)

    def __call__(
        self, headers: dict[str, str], body: bytes = BODY, trigger: str = "webhook", agent: str = "handbook"
    ) -> Answer:
        return self.door.answer(agent, trigger, headers, body)


@pytest.fixture
def post() -> Post:
    return Post()


def code(answer: Answer) -> Any:
    return answer.body["error"]["code"]


def test_a_new_delivery_is_accepted_and_a_known_one_is_known(post: Post) -> None:
    first = post(signed(BODY, "build-7"))
    again = post(signed(BODY, "build-7", NOON + timedelta(seconds=30)))
    assert (first.status, first.body["state"]) == (202, "accepted")
    assert (again.status, again.body["state"]) == (200, "known")
    assert again.body["id"] == first.body["id"]
    (delivered,) = post.written.delivered.values()
    assert delivered == Delivered("name build-7", {"build": 7}, NOON)


def test_githubs_are_told_with_their_event_and_known_by_their_body(post: Post) -> None:
    assert post(by_github(BODY), trigger="forge").status == 202
    assert post(by_github(BODY, "d2"), trigger="forge").status == 200
    (delivered,) = post.written.delivered.values()
    assert delivered.event == "issues"
    assert post(by_github(b"{}", event="push"), b"{}", "forge") == Answer(200, {"state": "ignored"})


def test_whoever_has_not_the_secret_learns_nothing(post: Post) -> None:
    answers = [
        post(signed(BODY, key="guessed")),
        post({}),
        post(signed(BODY), agent="nobody"),
        post(signed(BODY), trigger="nothing"),
        post(signed(BODY), trigger="hand"),
        post(signed(BODY), trigger="forge"),
    ]
    post.written.key = ""
    answers.append(post(signed(BODY)))
    assert {answer.status for answer in answers} == {401}
    assert len({json.dumps(dict(answer.body)) for answer in answers}) == 1
    assert code(answers[0]) == "webhook-refused"
    assert post.written.delivered == {}


def test_the_owner_is_told_once_that_a_secret_is_missing(post: Post) -> None:
    post.written.key = ""
    for _ in range(3):
        post(signed(BODY))
    assert [error.code for error in post.complaints] == ["webhook-secret-missing"]


def test_an_old_request_says_so(post: Post) -> None:
    answer = post(signed(BODY, at=NOON - timedelta(hours=1)))
    assert answer.status == 401
    assert "was signed at 2026-11-28 11:00:00 UTC" in answer.body["error"]["what"]


def test_what_cannot_be_read_is_told_to_who_has_signed_it(post: Post) -> None:
    answer = post(signed(b"{"), b"{")
    assert (answer.status, code(answer)) == (400, "webhook-invalid")
    # Before the signature is right nothing is read.
    assert post(signed(b"{", key="guessed"), b"{").status == 401


def test_when_it_cannot_be_written_down_it_is_not_taken(post: Post) -> None:
    post.written.failing = DatabaseLocked("The database is held.", "Wait.", retry_after=timedelta(seconds=7))
    answer = post(signed(BODY))
    assert (answer.status, code(answer), answer.retry_after) == (503, "database-locked", timedelta(seconds=7))
    post.written.failing = ZeroDivisionError("division by zero")
    answer = post(signed(BODY))
    assert answer.status == 500
    assert "division" not in json.dumps(dict(answer.body))
    assert "ZeroDivisionError: division by zero" in post.complaints[0].what


@pytest.mark.parametrize(
    ("kind", "body", "content"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/json; charset=utf-8", b'"text"', "text"),
        ("application/vnd.example+json", b"[]", []),
        ("text/plain", "größer".encode(), "größer"),
        ("Text/Plain; charset=utf-8", b"", ""),
    ],
)
def test_json_and_text_are_read(kind: str, body: bytes, content: Any) -> None:
    assert content_of(kind, body) == content


@pytest.mark.parametrize(
    ("kind", "body", "what"),
    [
        ("", b"{}", "JSON and plain text, and not ''"),
        ("application/x-www-form-urlencoded", b"payload={}", "not 'application/x-www-form-urlencoded'"),
        ("application/json", b"", "Expecting value"),
        ("application/json", b"\xff", "not UTF-8 text"),
        ("text/plain", b"\xff", "not UTF-8 text"),
        ("application/json", b'"\\ud800"', "not UTF-8 text"),
        ("application/json", b"NaN", "NaN is no number in JSON"),
        ("application/json", b"9" * 5000, "cannot be read"),
        ("application/json", b"[" * 100_000, "nested too deep"),
        ("application/json", b"[" * 40 + b"]" * 40, "nested too deep"),
        ("application/json", b'{"a":' * 40 + b"1" + b"}" * 40, "nested too deep"),
    ],
)
def test_everything_else_is_not(kind: str, body: bytes, what: str) -> None:
    with pytest.raises(WebhookInvalid) as caught:
        content_of(kind, body)
    assert what in caught.value.what
