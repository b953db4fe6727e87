"""The app to install in Slack, and whether an installation of it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gainful.app import Gainful
from gainful.app.trial import secrets_of, settings_of
from gainful.cli import exits
from gainful.cli.main import run
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.web_api import SCOPES
from gainful.connectors.slack.installation import wanted_scopes
from gainful.sdk.secret import Secret
from gainful.storage.settings.config import Home


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


@pytest.fixture
def home(slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a chat that leads to the imitation."""
    monkeypatch.setenv("GAINFUL_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(settings_of(slack), encoding="utf-8")
    with Gainful.open(home) as app:
        for part, secret in secrets_of(slack).items():
            app.secrets.put(f"slack:slack:{part}", Secret(f"slack:slack:{part}", secret))
    return home


def test_the_manifest_is_what_slack_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["slack", "manifest"]) == exits.OK
    content = yaml.safe_load(capsys.readouterr().out)
    assert content["settings"]["socket_mode_enabled"] is True
    assert set(content["oauth_config"]["scopes"]["bot"]) == wanted_scopes() == set(SCOPES)
    assert "chat:write.public" not in wanted_scopes()
    assert len(content["display_information"]["name"]) <= 35
    assert {"message.channels", "app_mention"} <= set(content["settings"]["event_subscriptions"]["bot_events"])


def test_the_manifest_for_the_events_api(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://gainful.example.org/chats/slack"
    assert run(["slack", "manifest", "--events-url", url]) == exits.OK
    content = yaml.safe_load(capsys.readouterr().out)
    assert content["settings"]["socket_mode_enabled"] is False
    assert content["settings"]["event_subscriptions"]["request_url"] == url
    assert content["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert [command["url"] for command in content["features"]["slash_commands"]] == [url]
    assert run(["slack", "manifest", "--events-url", "http://gainful.example.org"]) == exits.REFUSED


@pytest.mark.usefixtures("home")
def test_an_installation_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["slack", "check"]) == exits.OK
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == ["ok"] * 3
    assert "it is gainful" in said
    assert "Socket Mode" in said


@pytest.mark.usefixtures("home")
def test_what_is_missing_is_named(slack: FakeSlack, capsys: pytest.CaptureFixture[str]) -> None:
    slack.faults.missing_scopes = {"reactions:write", "im:write"}
    assert run(["--json", "slack", "check", "slack"]) == exits.FINDINGS
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines] == [True, False, True]
    assert "im:write, reactions:write missing" in lines[1]["what"]
    slack.faults.revoked = True
    assert run(["slack", "check"]) == exits.FINDINGS
    assert "token_revoked" in capsys.readouterr().out


def test_a_secret_that_is_not_stored(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Gainful.open(home) as app:
        app.secrets.delete("slack:slack:app")
        app.secrets.delete("slack:slack:signing")
    assert run(["slack", "check"]) == exits.FINDINGS
    assert "app-level token" in capsys.readouterr().out
    home.config.write_text(home.config.read_text(encoding="utf-8") + 'hear = "events"\n', encoding="utf-8")
    assert run(["slack", "check"]) == exits.FINDINGS
    assert "signing secret" in capsys.readouterr().out


def test_a_chat_of_another_kind(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.config.write_text(
        '[[chats]]\nname = "m"\nkind = "matrix"\nbase_url = "https://example.org"\n',
        encoding="utf-8",
    )
    assert run(["slack", "check", "m"]) in (exits.INVALID, exits.REFUSED)
    assert run(["slack", "check"]) == exits.OK
    assert "No Slack is set up" in capsys.readouterr().out
