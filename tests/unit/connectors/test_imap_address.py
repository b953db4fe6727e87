"""IMAP addresses as people type them."""

from __future__ import annotations

import pytest

from gainful.connectors.imap import ImapAddress
from gainful.core.errors import Invalid


@pytest.mark.parametrize(
    ("url", "user", "host", "port", "account"),
    [
        ("imaps://me@mail.example.org", "me", "mail.example.org", 993, "imaps://me@mail.example.org"),
        ("imap://me@mail.example.org/", "me", "mail.example.org", 143, "imap://me@mail.example.org"),
        ("imaps://me@MAIL.example.org:993", "me", "mail.example.org", 993, "imaps://me@mail.example.org"),
        ("imaps://me@mail.example.org:1993", "me", "mail.example.org", 1993, "imaps://me@mail.example.org:1993"),
        ("imaps://me%40example.org@mail.example.org", "me@example.org", "mail.example.org", 993,
         "imaps://me%40example.org@mail.example.org"),
        ("imaps://me@example.org@mail.example.org", "me@example.org", "mail.example.org", 993,
         "imaps://me%40example.org@mail.example.org"),
        ("imap://a%3Ab@[::1]:1143", "a:b", "::1", 1143, "imap://a%3Ab@[::1]:1143"),
        ("imaps://j%C3%BCrgen@mail.example.org?cafile=/tmp/ca.pem", "jürgen", "mail.example.org", 993,
         "imaps://j%C3%BCrgen@mail.example.org"),
    ],
)  # fmt: skip
def test_an_address_is_read_and_named(url: str, user: str, host: str, port: int, account: str) -> None:
    address = ImapAddress.parse(url)
    assert (address.user, address.host, address.port, address.account) == (user, host, port, account)
    assert ImapAddress.parse(address.account).account == account


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "https://me@mail.example.org",
        "imaps://mail.example.org",
        "imaps://@mail.example.org",
        "imaps://me@",
        "imaps://me@mail.example.org:port",
        "imaps://me@mail.example.org:99999",
        "imaps://me@mail.example.org/INBOX",
        "imaps://me@mail.example.org#x",
        "imaps://me%0d%0aA1%20LOGOUT@mail.example.org",
        "imaps://me@mail.example.org?cafiel=/tmp/ca.pem",
        "imap://me@mail.example.org?plaintext=maybe",
        "imaps://me@[::1",
    ],
)
def test_anything_else_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        ImapAddress.parse(url)
    assert refused.value.next_move


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        ImapAddress.parse("imaps://me:hunter2secret@mail.example.org")
    assert "hunter2secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("[::1]", True), ("10.0.0.1", False),
     ("localhost.example.org", False), ("127.0.0.1.example.org", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert ImapAddress.parse(f"imap://me@{host}").is_loopback is expected
