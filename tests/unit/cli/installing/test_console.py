"""Who may open the console and which programs may use its API, from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.cli.installing.serve import console_lines
from gainful.cli.main import run
from gainful.sdk.testing.identity_provider import IdentityProvider
from gainful.storage.settings.config import Home

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = run(["--home", str(tmp_path / "home"), "console", *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


def test_somebody_is_let_in_changed_and_let_in_no_more(command: Command) -> None:
    assert "Nobody yet." in command("accounts")[1]
    assert command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")[0] == 0
    assert command("add", "zoe@example.net", typed="several words do well\n")[1].endswith("as employee.\n")
    assert command("role", "zoe@example.net", "auditor")[0] == 0
    assert command("password", "zoe@example.net", typed="other words do well\n")[0] == 0
    found = [json.loads(line) for line in command("accounts", "--json")[1].splitlines()]
    assert [(one["person"], one["role"]) for one in found] == [
        ("ann@example.org", "owner"),
        ("zoe@example.net", "auditor"),
    ]
    assert command("remove", "zoe@example.net")[0] == 0
    assert "zoe" not in command("accounts")[1]


@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [
        (("add", "ann@example.org"), "", "answer-missing"),
        (("add", "ann@example.org"), "short\n", "account-invalid"),
        (("add", "system:tickets"), "several words do well\n", "account-invalid"),
        (("role", "nobody", "owner"), "", "account-invalid"),
        (("remove", "nobody"), "", "account-invalid"),
        (("token", "ci", "--person", "nobody", "--scope", "read"), "", "token-invalid"),
        (("tokens", "--remove", "ci"), "", "token-invalid"),
    ],
)
def test_what_cannot_be_is_told(command: Command, arguments: tuple[str, ...], typed: str, code: str) -> None:
    status, _, told = command(*arguments, typed=typed)
    assert status == 2
    assert f"[{code}]" in told


def test_the_last_owner_stays(command: Command) -> None:
    command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")
    for arguments in (("role", "ann@example.org", "lead"), ("remove", "ann@example.org")):
        assert "only platform owner" in command(*arguments)[2]


def test_a_token_is_shown_once(command: Command, tmp_path: Path) -> None:
    command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")
    made = command("token", "ci", "--person", "ann@example.org", "--scope", "read", "--days", "3")[1].strip()
    assert made.startswith("gainful_")
    listed = command("tokens")[1]
    assert listed.startswith("ci  read, for ann@example.org until ")
    assert made not in listed
    database = (tmp_path / "home" / "gainful.sqlite").read_bytes()
    assert made.encode() not in database
    assert b"several words do well" not in database
    assert "token-invalid" in command("token", "ci", "--person", "ann@example.org", "--scope", "read")[2]
    assert "none is left" in command("tokens", "--remove", "ci")[1]


def test_somebody_whom_the_provider_signs_in_gets_no_password(command: Command) -> None:
    assert command("add", "ann@example.org", "--by-provider", "--role", "lead")[0] == 0
    assert "ann@example.org  lead" in command("accounts")[1]


def test_the_provider_is_checked_and_told_what_to_register(
    command: Command, tmp_path: Path, identity_provider: type[IdentityProvider], capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    uri = "https://gainful.example.org/sign-in/provider/back"
    with identity_provider([], [uri]) as provider:
        (home / "gainful.toml").write_text(
            '[console]\npublic_url = "https://gainful.example.org"\n'
            f'[console.oidc]\nissuer = "{provider.issuer}"\nclient_id = "gainful"\n',
            encoding="utf-8",
        )
        status, said, _ = command("oidc")
        assert status == 0
        assert f"redirect URI    {uri}" in said
        assert "after sign-out  https://gainful.example.org/sign-in/provider/out" in said
        assert "RS256" in said
        assert "public, by PKCE alone" in said
        assert json.loads(command("oidc", "--json")[1]) == {
            "issuer": provider.issuer,
            "keys": 1,
            "signatures": "RS256",
            "client": "public, by PKCE alone",
            "userinfo": "offered",
            "sign_out": "offered",
            "redirect_uris": [uri],
            "post_logout_redirect_uris": ["https://gainful.example.org/sign-in/provider/out"],
        }
        run(["--home", str(home), "doctor"])
        assert f"{provider.issuer} answers, with 1 key" in capsys.readouterr().out
    status, said, told = command("oidc")
    assert (status, "redirect URI" in said, "[provider-unreachable]" in told) == (4, True, True)


def test_without_a_provider_the_way_to_set_one_is_told(command: Command) -> None:
    status, _, told = command("oidc")
    assert (status, "[provider-not-set]" in told) == (2, True)


def test_on_this_machine_both_names_are_registered(command: Command, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "gainful.toml").write_text(
        '[console.oidc]\nissuer = "http://localhost:1"\nclient_id = "gainful"\n', encoding="utf-8"
    )
    _, said, _ = command("oidc")
    for name in ("127.0.0.1", "localhost"):
        assert f"http://{name}:8787/sign-in/provider/back" in said


def test_a_scope_that_the_role_does_not_have_is_remarked_on(command: Command) -> None:
    command("add", "zoe@example.net", "--role", "auditor", typed="several words do well\n")
    status, made, told = command("token", "a", "--person", "zoe@example.net", "--scope", "read", "--scope", "manage")
    assert (status, len(made.split())) == (0, 1), "the token alone, for a file"
    assert "As auditor zoe@example.net may not: manage." in told
    assert command("token", "b", "--person", "zoe@example.net", "--scope", "audit")[2] == ""


def test_a_server_without_a_port_says_that_it_has_no_console(tmp_path: Path) -> None:
    with Gainful.open(Home(tmp_path / "home")) as app:
        assert "`gainful serve --port 8787` has one" in console_lines(app)[0]
        app.config = app.config.model_copy(update={"console": app.config.console.model_copy(update={"on": False})})
        assert console_lines(app) == [], "nobody wants one"
