"""A mail is handed in for everybody or for nobody, by TLS alone, and a doubt is called a doubt."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from gainful.connectors.smtp import SmtpServer
from gainful.connectors.smtp import server as module
from gainful.connectors.smtp.errors import SmtpRefused, SmtpUnreachable
from gainful.sdk.mail import LoginRefused
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.dovecot import Dovecot

RAW = b"Subject: x\r\n\r\nHello.\r\n"
PASSWORD = "correct-horse"
Odd = Callable[..., Any]


def to(port: int, cafile: str, *, user: str = "ada@example.org", password: str = PASSWORD, **more: Any) -> SmtpServer:
    given = {"host": "localhost", "implicit_tls": True, **more}
    return SmtpServer(port=port, user=user, secret=Handle.of(Secret("account:x", password)), cafile=cafile, **given)


def at(script: Any, **more: Any) -> SmtpServer:
    return to(script.port, script.cafile, **more)


def send(server: SmtpServer, *recipients: str, raw: bytes = RAW) -> None:
    server.send("ada@example.org", recipients or ("bo@example.org",), raw)


# --- against a real server ---


@pytest.fixture
def handed(post: Dovecot, relay: Any) -> list[bytes]:
    """What arrives where the real server hands mail on to."""
    relay.texts.clear()
    return relay.texts  # type: ignore[no-any-return]


@pytest.mark.parametrize("implicit", [True, False], ids=["TLS from the first byte", "STARTTLS"])
def test_a_mail_is_handed_in(post: Dovecot, handed: list[bytes], implicit: bool) -> None:
    port = post.submissions_port if implicit else post.submission_port
    send(to(port, str(post.cafile), implicit_tls=implicit), "bo@example.org", "cy@example.org")
    (text,) = handed
    assert text.endswith(b"Subject: x\r\n\r\nHello.\r\n")
    # Nothing tells the name of the machine.
    assert b"Received: from [127.0.0.1]" in text


def test_dots_and_long_texts_arrive_as_they_are(post: Dovecot, handed: list[bytes]) -> None:
    raw = b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n" + b"y" * 70 + b"\r\n" * 9000 + b"end"
    send(to(post.submissions_port, str(post.cafile)), raw=raw)
    body = handed[0].partition(b"Subject: x\r\n\r\n")[2].replace(b"\r\n.", b"\r\n")
    assert body.removeprefix(b".") == raw.partition(b"\r\n\r\n")[2] + b"\r\n"


def test_a_password_of_any_letters(post: Dovecot, handed: list[bytes]) -> None:
    send(to(post.submissions_port, str(post.cafile), user="ünï@example.org", password="pässwörd \\ 5€"))
    assert len(handed) == 1


def test_an_access_token(post: Dovecot, handed: list[bytes]) -> None:
    send(to(post.submissions_port, str(post.cafile), password="fresh", auth="xoauth2"))
    assert len(handed) == 1
    with pytest.raises(LoginRefused) as caught:
        send(to(post.submissions_port, str(post.cafile), password="stale-token", auth="xoauth2"))
    assert "stale-token" not in str(caught.value)


def test_what_the_real_server_refuses(post: Dovecot, handed: list[bytes]) -> None:
    with pytest.raises(LoginRefused) as caught:
        send(to(post.submissions_port, str(post.cafile), password="wrong-horse"))
    assert "wrong-horse" not in str(caught.value)
    with pytest.raises(SmtpRefused, match=r"550 .*no such user"):
        send(to(post.submissions_port, str(post.cafile)), "bo@example.org", "no@example.org")
    with pytest.raises((SmtpRefused, SmtpUnreachable)):
        # It takes mail of nobody who has not signed in.
        send(to(post.submissions_port, str(post.cafile), user=""))
    assert handed == []


def test_a_server_that_cannot_prove_its_name(post: Dovecot, handed: list[bytes]) -> None:
    for implicit in (True, False):
        port = post.submissions_port if implicit else post.submission_port
        with pytest.raises(SmtpRefused, match="does not prove"):
            send(to(port, "", implicit_tls=implicit))
    assert handed == []


# --- against one that misbehaves ---


def test_nothing_goes_out_in_the_clear(odd: Odd) -> None:
    script = odd({"EHLO": b"250-odd\r\n250 AUTH PLAIN\r\n"}, implicit=False)
    with pytest.raises(SmtpRefused, match="offers no TLS"):
        send(at(script, implicit_tls=False))
    assert [line.split()[0].upper() for line in script.lines] == ["EHLO"]
    refusing = odd({"STARTTLS": b"454 not now\r\n"}, implicit=False)
    with pytest.raises(SmtpRefused, match="does not begin TLS"):
        send(at(refusing, implicit_tls=False))
    assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in refusing.lines)


def test_what_came_before_tls_is_forgotten(odd: Odd) -> None:
    # Somebody in between puts the answers to what comes next into the clear.
    script = odd({"STARTTLS": b"220 go on\r\n250-evil\r\n250 AUTH LOGIN\r\n235 fine\r\n"}, implicit=False)
    send(at(script, implicit_tls=False))
    # What it offers is what it says by TLS.
    assert [line.split()[0].upper() for line in script.lines[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert script.lines[3].startswith("AUTH PLAIN ")


def test_the_server_is_greeted_even_when_nobody_signs_in(odd: Odd) -> None:
    script = odd()
    send(at(script, user=""))
    assert [line.split()[0].upper() for line in script.lines] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert script.lines[0] == "ehlo [127.0.0.1]"
    assert script.lines[1] == f"mail FROM:<ada@example.org> size={len(RAW)}"


def test_the_older_way_to_sign_in(odd: Odd) -> None:
    user, password = (b64encode(text.encode()).decode() for text in ("ada@example.org", PASSWORD))
    answers = {
        "EHLO": b"250-odd\r\n250 AUTH LOGIN\r\n",
        "AUTH": b"334 VXNlcm5hbWU6\r\n",
        user.upper(): b"334 UGFzc3dvcmQ6\r\n",
        password.upper(): b"235 fine\r\n",
    }
    script = odd(answers)
    send(at(script))
    assert script.lines[1:4] == ["AUTH LOGIN", user, password]
    assert len(script.texts) == 1


@pytest.mark.parametrize(
    ("answers", "error", "told"),
    [
        ({"GREETING": b""}, SmtpUnreachable, "cannot be reached"),
        ({"GREETING": b"554 go away\r\n"}, SmtpUnreachable, "cannot be reached"),
        ({"GREETING": b"\xff\xfe garbage\r\n"}, SmtpUnreachable, "cannot be reached"),
        ({"EHLO": b"502 what\r\n"}, SmtpRefused, "does not take us: 502"),
        ({"EHLO": b""}, SmtpUnreachable, "cannot be reached"),
        ({"EHLO": b"250 odd\r\n"}, SmtpRefused, "takes no password"),
        ({"AUTH": b"535 no\r\n"}, LoginRefused, "refuses the name or password"),
        ({"AUTH": b"454 later\r\n"}, SmtpUnreachable, "454 later"),
        ({"AUTH": b""}, SmtpUnreachable, "cannot be reached"),
        ({"AUTH": b"nonsense\r\n"}, SmtpUnreachable, "does not take the password now"),
        ({"MAIL": b"550 not you\r\n"}, SmtpRefused, "does not take the sender"),
        ({"MAIL": b"451 later\r\n"}, SmtpUnreachable, "does not take the sender now"),
        ({"MAIL": b""}, SmtpUnreachable, "cannot be reached"),
        ({"RCPT": b"550 nobody\r\n"}, SmtpRefused, "does not take 'bo@example.org'"),
        ({"RCPT": b"450 later\r\n"}, SmtpUnreachable, "450"),
        ({"RCPT": b""}, SmtpUnreachable, "cannot be reached"),
        ({"DATA": b"554 no\r\n"}, SmtpRefused, "does not take the mail"),
        ({"DATA": b""}, SmtpUnreachable, "cannot be reached"),
        ({"DATA": b"250 what\r\n"}, SmtpUnreachable, "does not take the mail now"),
        ({"TEXT": b"554 no\r\n"}, SmtpRefused, "554"),
        ({"TEXT": b"452 full\r\n"}, SmtpUnreachable, "452 full"),
    ],
)  # fmt: skip
def test_a_no_at_any_step_means_that_nobody_got_it(
    odd: Odd, answers: dict[str, bytes], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told) as caught:
        send(at(odd(answers)))
    assert getattr(caught.value, "sent", False) is False
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n", b"354 more\r\n", b"x" * 20_000 + b"\r\n"])
def test_between_the_last_dot_and_its_answer_nobody_knows(odd: Odd, said: bytes) -> None:
    with pytest.raises(SmtpUnreachable) as caught:
        send(at(odd({"TEXT": said})))
    assert caught.value.sent is True


def test_a_goodbye_that_is_missing_changes_nothing(odd: Odd) -> None:
    script = odd({"QUIT": b""})
    send(at(script))
    assert len(script.texts) == 1


def test_what_the_server_says_is_cut_and_on_one_line(odd: Odd) -> None:
    said = b"550-\x1b[2J" + b"x" * 900 + b"\r\n550 y\r\n"
    with pytest.raises(SmtpRefused) as caught:
        send(at(odd({"RCPT": said})))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_server_that_goes_on_and_on_is_left(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.3)
    script = odd({"RCPT": b"250-more\r\n" * 10})
    with pytest.raises(SmtpUnreachable) as caught:
        send(at(script))
    assert caught.value.sent is False


def test_nobody_listens(odd: Odd) -> None:
    with pytest.raises(SmtpUnreachable) as caught:
        send(to(1, ""))
    assert caught.value.sent is False
