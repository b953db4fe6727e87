"""What those who watch over the process are told, and how the console is kept from the network."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Role, Scope
from gainful.storage.settings.config import Home
from gainful.storage.settings.web import Console, Server
from gainful.web.doors import ConsoleExposed, _console
from gainful.web.health import health_routes
from gainful.web.server import WebServer

ANN = "ann@example.org"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    with Gainful.open(Home(tmp_path / "home")) as made:
        yield made


def get(server: WebServer, path: str, token: str = "") -> tuple[int, str]:
    with closing(http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=30)) as link:
        link.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
        answer = link.getresponse()
        return answer.status, answer.read().decode()


def test_it_lives_and_is_ready_until_the_database_is_gone(app: Gainful, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(Server(), health_routes(app, app.access)) as server:
        assert get(server, "/healthz") == (200, "ok\n")
        assert get(server, "/readyz") == (200, "ready\n")

        def gone() -> dict[str, str]:
            raise OSError("gone")

        monkeypatch.setattr(app.pulse, "read", gone)
        assert get(server, "/readyz")[0] == 503
        assert get(server, "/healthz")[0] == 200


def test_numbers_are_for_whoever_has_a_token(app: Gainful) -> None:
    app.access.add(ANN, Role.OWNER, "several words do well", ANN)
    token = app.access.add_token("prometheus", ANN, [Scope.READ], timedelta(days=1), ANN)
    other = app.access.add_token("audits", ANN, [Scope.AUDIT], timedelta(days=1), ANN)
    app.guards.stop("triage", "a test")
    with WebServer(Server(), health_routes(app, app.access)) as server:
        assert get(server, "/metrics")[0] == 401
        assert get(server, "/metrics", "gainful_guessed")[0] == 401
        assert get(server, "/metrics", other)[0] == 401
        status, text = get(server, "/metrics", token)
    assert status == 200
    assert "gainful_agents_stopped 1\n" in text
    assert "# TYPE gainful_approvals_waiting gauge\ngainful_approvals_waiting 0\n" in text
    assert ANN not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_the_console_does_not_listen_to_the_network_without_tls(app: Gainful, host: str) -> None:
    def settings(console: Console) -> None:
        app.config = app.config.model_copy(update={"server": Server(host=host, port=8787), "console": console})

    settings(Console())
    with pytest.raises(ConsoleExposed):
        _console(app, lambda _error: None)
    settings(Console(public_url="https://gainful.example.org"))
    assert _console(app, lambda _error: None) is not None
    settings(Console(on=False))
    assert _console(app, lambda _error: None) is None


@pytest.mark.parametrize("url", ["http://gainful.example.org", "https://gainful.example.org/x", "https://a b"])
def test_the_public_address_has_tls_and_no_path(url: str) -> None:
    with pytest.raises(ValueError, match="https://HOST"):
        Console(public_url=url)
