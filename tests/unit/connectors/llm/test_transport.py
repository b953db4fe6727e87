"""A model's question goes to its own host, by no proxy, redirect or environment variable anywhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gainful.connectors.llm import OneRequestModel
from gainful.connectors.llm import transport as module
from gainful.connectors.llm.transport import egress_for
from gainful.sdk.egress import Egress, EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelRefused, ModelUnreachable, Question
from gainful.sdk.testing.model_server import ModelServer, Reply

GRANT = Grant("k", "model.ask")
QUESTION = Question("Answer.", "Hello", None, 50)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda _: Reply("Yes.")) as running:
        yield running


@pytest.fixture
def redirecting(server: ModelServer) -> Iterator[str]:
    """A server that sends everybody on to `server`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", f"{server.url}/chat/completions")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_address[1]}/v1"
    site.shutdown()
    site.server_close()


def test_a_redirect_is_not_followed(server: ModelServer, redirecting: str) -> None:
    with pytest.raises((ModelRefused, ModelUnreachable)):
        OneRequestModel("openai:small", redirecting).ask(GRANT, QUESTION)
    assert server.requests == []


def test_no_proxy_of_the_environment_is_used(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert OneRequestModel("openai:small", server.url).ask(GRANT, QUESTION).content == "Yes."


def test_no_address_of_the_environment_is_used(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    with pytest.raises(ModelRefused, match="not among the hosts"):
        OneRequestModel("openai:small").ask(GRANT, QUESTION)
    assert server.requests == []


def test_a_provider_whose_name_leads_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = module.guarded_client
    monkeypatch.setattr(module, "guarded_client", lambda egress: guarded(egress, lambda *_: ["169.254.169.254"]))
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    with pytest.raises(ModelRefused, match=r"api\.openai\.com leads to 169\.254\.169\.254"):
        OneRequestModel("openai:small").ask(GRANT, QUESTION)


def test_a_name_that_cannot_be_resolved_costs_nothing() -> None:
    with pytest.raises(ModelUnreachable) as caught:
        OneRequestModel("openai:small", "https://nowhere.invalid/v1").ask(GRANT, QUESTION)
    assert not caught.value.billed


def test_an_address_that_is_not_plain_is_refused() -> None:
    with pytest.raises(ModelRefused, match="plain address"):
        OneRequestModel("openai:small", "http://2130706433:8080/v1").ask(GRANT, QUESTION)


def test_what_may_be_reached() -> None:
    assert egress_for("", "api.example.org").hosts == {"api.example.org"}
    assert egress_for("http://LOCALHOST:80/v1", "api.example.org") == Egress(
        methods=frozenset({"POST"}), private_ok=frozenset({"http://localhost"})
    )
    with pytest.raises(EgressRefused):
        egress_for("", "").target("POST", "https://api.example.org/")
