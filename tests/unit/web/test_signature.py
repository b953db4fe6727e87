"""Who has the secret, and who has only seen a request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gainful.sdk.secret import Secret
from gainful.web.signature import WebhookRefused, signed_by_gainful, signed_by_github
from tests.unit.web.signing import KEY, NOON, by_github, signed

ROOT = Path(__file__).resolve().parents[3]
SECRET = Secret("webhook:handbook", KEY)
BODY = b'{"build": 7}'


def key_of(headers: dict[str, str], body: bytes = BODY, after: float = 0) -> str:
    return signed_by_gainful(SECRET, headers, body, NOON + timedelta(seconds=after))


def test_the_example_of_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "webhooks.md").read_text(encoding="utf-8")
    signature = "v1=3d7233a42985eed09dc3df7d21df75d3f53217ed69ed56a895902a0fe6c62515"
    headers = {"x-gainful-timestamp": "1795867200", "x-gainful-delivery": "build-7", "x-gainful-signature": signature}
    assert key_of(headers) == "name build-7"
    assert all(value in page for value in (*headers.values(), KEY, BODY.decode()))


def test_who_has_the_secret_is_believed() -> None:
    assert key_of(signed(BODY)).startswith("content ")
    assert key_of(signed(BODY, "build-7")) == "name build-7"
    assert key_of(signed(b""), b"").startswith("content ")
    assert signed_by_github(SECRET, by_github(BODY), BODY).startswith("body ")


@pytest.mark.parametrize("seconds", [-300, -1, 299, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    assert key_of(signed(BODY, "x"), after=seconds) == "name x"


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_request_is_refused(seconds: int) -> None:
    with pytest.raises(WebhookRefused, match="The request was signed at 2026-11-28 12:00:00 UTC"):
        key_of(signed(BODY, "x"), after=seconds)


@pytest.mark.parametrize(
    "change",
    [
        {"x-gainful-signature": ""},
        {"x-gainful-signature": "v1="},
        {"x-gainful-signature": "v2=" + "0" * 64},
        {"x-gainful-signature": "v1=" + "ü" * 64},
        {"x-gainful-timestamp": ""},
        {"x-gainful-timestamp": "1795867201"},
        {"x-gainful-timestamp": "-1"},
        {"x-gainful-timestamp": "1" * 400},
        {"x-gainful-timestamp": "١٢٣"},
        {"x-gainful-timestamp": "999999999999"},
        {"x-gainful-delivery": "build-8"},
        {"x-gainful-delivery": ""},
        {"x-gainful-delivery": "build.7"},
    ],
)
def test_whatever_is_changed_about_it_is_noticed(change: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused, match="No webhook takes this request"):
        key_of({**signed(BODY, "build-7"), **change})


def test_another_body_is_noticed() -> None:
    with pytest.raises(WebhookRefused):
        key_of(signed(BODY), BODY + b" ")
    with pytest.raises(WebhookRefused):
        signed_by_github(SECRET, by_github(BODY), BODY + b" ")
    with pytest.raises(WebhookRefused):
        signed_by_github(SECRET, {}, BODY)


def test_another_secret_is_noticed() -> None:
    with pytest.raises(WebhookRefused):
        key_of(signed(BODY, key="guessed"))
    with pytest.raises(WebhookRefused):
        signed_by_github(SECRET, by_github(BODY, key="guessed"), BODY)


def test_what_is_signed_can_be_taken_apart_in_one_way_only() -> None:
    # Were the name left out where there is none, this would be a body that nobody sent.
    headers = signed(BODY, "build-7")
    del headers["x-gainful-delivery"]
    with pytest.raises(WebhookRefused):
        key_of(headers, b"build-7." + BODY)


def test_a_copy_of_githubs_is_the_same_whatever_its_headers_say() -> None:
    first = signed_by_github(SECRET, by_github(BODY), BODY)
    assert signed_by_github(SECRET, by_github(BODY, "d2", "push"), BODY) == first
    assert signed_by_github(SECRET, by_github(b"{}"), b"{}") != first


def test_without_a_name_the_time_and_the_body_tell_requests_apart() -> None:
    later = signed(BODY, at=NOON + timedelta(seconds=1))
    assert key_of(signed(BODY)) == key_of(signed(BODY), after=200)
    assert key_of(later) != key_of(signed(BODY))


def test_the_refusal_tells_no_secret() -> None:
    with pytest.raises(WebhookRefused) as caught:
        key_of(signed(BODY, key="guessed"))
    assert KEY not in str(caught.value)
