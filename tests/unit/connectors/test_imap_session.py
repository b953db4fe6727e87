"""Opening IMAP connections: each way of failing, and what it tells the person."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.imap import CleartextRefused, ImapMailbox
from gainful.core.errors import GainfulError, Invalid
from gainful.sdk.mail import LoginRefused, MailboxUnreachable, ServerRefused
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.mailbox import message

SECRET = "hunter2-very-secret"
PATIENT = timedelta(minutes=1)

Opened = Callable[..., ImapMailbox]


def refusal(url: str, secret: str = SECRET, **options: object) -> GainfulError:
    """The error with which opening fails; its texts never hold the secret."""
    with pytest.raises(GainfulError) as failed:
        ImapMailbox(url, Secret("account:test", secret), timeout=PATIENT, **options).close()  # type: ignore[arg-type]
    assert secret not in str(failed.value)
    assert failed.value.next_move
    return failed.value


def test_tls_with_the_servers_own_certificate(opened: Opened, dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, message(1))
    mailbox = opened(dovecot.url(user, tls=True), dovecot.password)
    assert len(mailbox.listing("INBOX")) == 1
    assert mailbox.account == f"imaps://{user.replace('@', '%40')}@localhost:{dovecot.imaps_port}"
    assert mailbox.wait("INBOX", timedelta(seconds=0.2)) is False


def test_starttls(opened: Opened, dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    url = f"imap://{user}@localhost:{dovecot.imap_port}?starttls=yes&cafile={dovecot.cafile}"
    mailbox = opened(url, dovecot.password)
    assert mailbox.listing("INBOX") == []
    mailbox.close()
    assert f"user=<{user}>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1" in dovecot.log()
    (login,) = [line for line in dovecot.log().splitlines() if f"Login: user=<{user}>" in line]
    assert "TLS" in login


def test_a_certificate_that_nobody_vouches_for(dovecot: Dovecot) -> None:
    error = refusal(f"imaps://{dovecot.new_user()}@localhost:{dovecot.imaps_port}")
    assert isinstance(error, MailboxUnreachable)
    assert "certificate" in error.what.lower()
    assert "cafile" in error.next_move


def test_a_certificate_for_another_host(dovecot: Dovecot) -> None:
    # 127.1 is another spelling of 127.0.0.1, which the certificate does not name; so STARTTLS is asked for, too.
    error = refusal(f"imap://{dovecot.new_user()}@127.1:{dovecot.imap_port}?cafile={dovecot.cafile}")
    assert isinstance(error, MailboxUnreachable)
    assert "127.1" in error.what


def test_a_certificate_file_that_is_not_there(dovecot: Dovecot, tmp_path: Path) -> None:
    error = refusal(f"imaps://me@localhost:{dovecot.imaps_port}?cafile={tmp_path / 'ca.pem'}")
    assert isinstance(error, Invalid)
    assert "ca.pem" in error.what


def test_a_wrong_password(dovecot: Dovecot) -> None:
    error = refusal(dovecot.url(dovecot.new_user()))
    assert isinstance(error, LoginRefused)
    assert f"127.0.0.1:{dovecot.imap_port}" in error.what


def test_odd_characters_in_name_and_password(opened: Opened, dovecot: Dovecot) -> None:
    (user,) = dovecot.users
    mailbox = opened(dovecot.url(user), dovecot.users[user])
    assert mailbox.listing("INBOX") == []


def test_an_access_token(opened: Opened, dovecot: Dovecot) -> None:
    asked: list[str] = []

    def token(_grant: object) -> Secret:
        asked.append("once more")
        return Secret("account:olga", "token-of-olga")

    mailbox = opened(dovecot.url("olga@example.org"), Handle("account:olga", token), auth="xoauth2")
    assert mailbox.listing("INBOX") == []
    mailbox.reconnect()
    assert mailbox.listing("INBOX") == []
    mailbox.close()
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("user", "token"), [("olga@example.org", "stale-token"), ("peter@example.org", "token-of-olga")]
)
def test_a_token_that_is_wrong_or_somebody_elses(dovecot: Dovecot, user: str, token: str) -> None:
    error = refusal(dovecot.url(user), token, auth="xoauth2")
    assert isinstance(error, LoginRefused)
    assert "token" in error.next_move


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        error = refusal(f"imap://me@127.0.0.1:{port}")
    assert isinstance(error, MailboxUnreachable)
    assert f"127.0.0.1:{port}" in error.what


def test_no_such_host() -> None:
    error = refusal("imaps://me@mail.example.invalid")
    assert isinstance(error, MailboxUnreachable)
    assert "mail.example.invalid" in error.what


def test_a_server_that_says_nothing(opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailboxUnreachable, match=r"0\.2 s"):
        opened(f"imap://me@127.0.0.1:{silent.getsockname()[1]}", SECRET, timeout=timedelta(seconds=0.2))


def test_tls_where_there_is_none(odd_server: Callable[..., Any]) -> None:
    server = odd_server()
    error = refusal(server.url.replace("imap://", "imaps://"))
    assert isinstance(error, MailboxUnreachable)
    assert "TLS" in error.what


@pytest.mark.parametrize(
    "greeting", [b"220 mail.example.org ESMTP\r\n", b"* BYE too many connections\r\n", b"\r\n", b""]
)
def test_a_server_that_does_not_greet_like_imap(odd_server: Callable[..., Any], greeting: bytes) -> None:
    if not greeting:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            def hang_up() -> None:
                server.accept()[0].close()

            threading.Thread(target=hang_up, daemon=True).start()
            assert isinstance(refusal(f"imap://me@127.0.0.1:{port}"), MailboxUnreachable)
        return
    server = odd_server(greeting=greeting)
    assert isinstance(refusal(server.url), MailboxUnreachable)


def test_no_password_goes_out_readable(opened: Opened, odd_server: Callable[..., Any]) -> None:
    server = odd_server()
    url = server.url.replace("127.0.0.1", "127.1")
    error = refusal(url)
    assert isinstance(error, CleartextRefused)
    assert "imaps://" in error.next_move
    assert not [line for line in server.heard if b"AUTHENTICATE" in line or b"LOGIN" in line]
    opened(f"{url}?plaintext=yes", SECRET).close()
    assert [line for line in server.heard if b"AUTHENTICATE" in line]


def test_a_server_that_knows_only_login(opened: Opened, odd_server: Callable[..., Any]) -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
    server = odd_server(greeting=greeting, answers={"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"})
    url = server.url.replace("olga", "ol%22ga%20x")
    opened(url.replace("%20", "%5C"), 'pass "word"').close()
    (login,) = [line for line in server.heard if b"LOGIN" in line]
    assert login.endswith(b'LOGIN "ol\\"ga\\\\x" "pass \\"word\\""\r\n')
    for secret in ("grün", "two\r\nA1 LOGOUT"):
        assert isinstance(refusal(url.replace("%20", ""), secret), Invalid)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n", LoginRefused),
        (b"TAG NO [ALERT] Use the web\x1b[2J browser " + b"x" * 900 + b"\r\n", LoginRefused),
        (b"TAG NO [UNAVAILABLE] try later\r\n", MailboxUnreachable),
        (b"TAG NO hunter2-very-secret is wrong\r\n", LoginRefused),
        (b"", MailboxUnreachable),
        (b"garbage\r\n", MailboxUnreachable),
    ],
)
def test_what_the_server_says_to_a_login(
    odd_server: Callable[..., Any], answer: bytes, kind: type[GainfulError]
) -> None:
    server = odd_server({"AUTHENTICATE": answer})
    error = refusal(server.url)
    assert type(error) is kind
    assert len(error.what) < 400
    assert error.what.isprintable()


def test_a_no_names_the_command_and_a_later_is_told_apart(opened: Opened, odd_server: Callable[..., Any]) -> None:
    listing = b'* LIST () "/" INBOX\r\nTAG OK done\r\n'
    server = odd_server({"EXAMINE": b"TAG NO [NOPERM] not yours\r\n", "LIST": listing})
    with pytest.raises(ServerRefused, match="not yours"):
        opened(server.url, SECRET).listing("INBOX")
    server = odd_server({"EXAMINE": b"TAG NO [INUSE] later\r\n", "LIST": listing})
    with pytest.raises(MailboxUnreachable) as later:
        opened(server.url, SECRET).listing("INBOX")
    assert later.value.retry_after == timedelta(minutes=1)


def test_neither_secret_nor_mail_reaches_the_log(
    opened: Opened, dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user = dovecot.new_user()
    dovecot.deliver(user, message(1, body="A confidential line.\r\n"))
    mailbox = opened(dovecot.url(user), dovecot.password)
    (listed,) = mailbox.listing("INBOX")
    assert list(mailbox.fetch("INBOX", [listed.place.uid], 10_000))
    mailbox.close()
    assert dovecot.password not in caplog.text
    assert "confidential" not in caplog.text
