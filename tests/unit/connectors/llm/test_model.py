"""One question is one request; answers are counted and failures sorted. Against a server on loopback."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gainful.connectors.llm import OneRequestModel
from gainful.connectors.llm.errors import ModelKeyMissing, ModelNameInvalid, ProviderMissing
from gainful.core.errors import Broken
from gainful.core.money import Tokens
from gainful.sdk.grant import Grant
from gainful.sdk.model import LanguageModel, ModelBadAnswer, ModelRefused, ModelUnreachable, Question
from gainful.sdk.secret import Secret
from gainful.sdk.testing.model_server import ModelServer, Reply

GRANT = Grant("k", "model.ask")
KEY = "sk-a-key-that-is-secret"
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
QUESTION = Question("Answer JSON like {…}", "Größe?", SCHEMA, 150)
ANSWER = '{"label":"fyi"}'


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda _: Reply(ANSWER)) as running:
        yield running


def asked(server: ModelServer, name: str = "openai:small", question: Question = QUESTION) -> object:
    return OneRequestModel(name, server.url, Secret("model-key", KEY)).ask(GRANT, question)


def test_it_is_a_language_model() -> None:
    model = OneRequestModel("openai:small")
    assert isinstance(model, LanguageModel)
    assert (model.name, OneRequestModel("gemini:flash").name) == ("openai:small", "google:flash")


def test_an_answer_is_parsed_and_counted(server: ModelServer) -> None:
    answer = OneRequestModel("openai:small", server.url, Secret("model-key", KEY)).ask(GRANT, QUESTION)
    (request,) = server.requests
    assert answer.content == {"label": "fyi"}
    assert answer.tokens == Tokens(fresh=request.prompt_tokens, output=4)
    assert answer.response_id == "chatcmpl-loopback"
    assert (request.text("system"), request.text("user")) == ("Answer JSON like {…}", "Größe?")
    assert request.authorization == f"Bearer {KEY}"


def test_only_what_is_needed_is_sent(server: ModelServer) -> None:
    asked(server)
    assert set(server.requests[0].body) == {"model", "messages", "max_tokens", "stream"}
    assert server.requests[0].body["max_tokens"] == 150


def test_ollama_enforces_the_schema_and_it_counts_in_the_size(server: ModelServer) -> None:
    asked(server, "ollama:tiny")
    body = server.requests[0].body
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["label"]
    assert body["max_tokens"] == 150
    model = OneRequestModel("ollama:tiny", server.url)
    assert server.requests[0].prompt_tokens <= model.size(QUESTION)


@pytest.mark.parametrize("name", ["openai:small", "ollama:tiny"])
def test_size_bounds_the_tokens(server: ModelServer, name: str) -> None:
    model = OneRequestModel(name, server.url, Secret("model-key", KEY))
    assert model.ask(GRANT, QUESTION).tokens.prompt <= model.size(QUESTION)


def test_plain_text_is_given_as_it_is(server: ModelServer) -> None:
    server.answer = lambda _: Reply("Dear Ann,\nyes.")
    answer = OneRequestModel("openai:small", server.url, Secret("model-key", KEY)).ask(
        GRANT, Question("Write.", "x", None, 50)
    )
    assert answer.content == "Dear Ann,\nyes."


@pytest.mark.parametrize("said", [f"```json\n{ANSWER}\n```", f"Here you are: {ANSWER} Anything else?"])
def test_json_is_found_in_chatter(server: ModelServer, said: str) -> None:
    server.answer = lambda _: Reply(said)
    assert OneRequestModel("openai:small", server.url, Secret("model-key", KEY)).ask(GRANT, QUESTION).content == {
        "label": "fyi"
    }


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply("I would rather not."), "is not JSON"),
        (Reply('{"label": "fy', finish_reason="length"), "was cut off"),
        (Reply('{"label": fyi}'), "is not JSON"),
        (Reply("[" * 100_000), "is not JSON"),
        (Reply('{"a":' * 100_000 + "1" + "}" * 100_000), "is not JSON"),
    ],
)
def test_a_useless_answer_tells_what_it_cost(server: ModelServer, reply: Reply, message: str) -> None:
    server.answer = lambda _: reply
    with pytest.raises(ModelBadAnswer, match=message) as error:
        asked(server)
    assert error.value.tokens.prompt == server.requests[0].prompt_tokens
    assert error.value.tokens.output > 0


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (400, ModelRefused, "does not accept the request"),
        (401, ModelRefused, "refuses the key"),
        (403, ModelRefused, "refuses the key"),
        (402, ModelRefused, "no credit left"),
        (404, ModelRefused, "no model 'small'"),
        (429, ModelUnreachable, "is busy"),
        (500, ModelUnreachable, "cannot be reached"),
        (503, ModelUnreachable, "cannot be reached"),
    ],
)
def test_a_refusal_is_one_request_and_never_repeats_the_key(
    server: ModelServer, status: int, error: type[Exception], message: str
) -> None:
    server.answer = lambda _: Reply(status=status)
    with pytest.raises(error, match=message) as raised:
        asked(server)
    assert len(server.requests) == 1
    assert KEY not in str(raised.value)
    assert f"HTTP {status}" in str(raised.value)
    assert not getattr(raised.value, "billed", False)


def test_a_connection_that_breaks_may_be_billed(server: ModelServer) -> None:
    server.answer = lambda _: Reply(drop=True)
    with pytest.raises(ModelUnreachable) as error:
        asked(server)
    assert (error.value.billed, len(server.requests)) == (True, 1)


def test_a_slow_answer_may_be_billed(server: ModelServer) -> None:
    server.answer = lambda _: Reply(ANSWER, seconds=2)
    with pytest.raises(ModelUnreachable) as error:
        asked(server, question=Question("x", "y", None, 10, timeout=timedelta(milliseconds=200)))
    assert (error.value.billed, len(server.requests)) == (True, 1)


def test_a_server_that_is_not_there_is_not_billed() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelUnreachable, match="cannot be reached") as error:
        OneRequestModel("openai:small", url, Secret("model-key", KEY)).ask(GRANT, QUESTION)
    assert not error.value.billed


@pytest.mark.parametrize("name", ["", "small", "openai:", "acme:small"])
def test_a_name_that_names_nothing(name: str) -> None:
    with pytest.raises(ModelNameInvalid, match="Write provider and model: openai:…, ollama:…"):
        OneRequestModel(name)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelKeyMissing, match=r"gainful init.*OPENAI_API_KEY"):
        OneRequestModel("openai:small").ask(GRANT, QUESTION)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai.models.anthropic", None)
    with pytest.raises(ProviderMissing, match=r"pip install 'gainful\[anthropic\]'"):
        OneRequestModel("anthropic:x", key=Secret("model-key", KEY)).ask(GRANT, QUESTION)


def test_a_grant_for_something_else_opens_nothing(server: ModelServer) -> None:
    with pytest.raises(Broken, match=r"imap\.move"):
        OneRequestModel("openai:small", server.url, Secret("model-key", KEY)).ask(Grant("k", "imap.move"), QUESTION)
    assert server.requests == []


def test_nothing_heavy_is_imported_before_the_first_question() -> None:
    code = (
        "import sys, json; from gainful.connectors.llm import OneRequestModel; OneRequestModel('openai:x');"
        "print(json.dumps([name for name in sys.modules if name in ('pydantic_ai', 'openai', 'httpx2')]))"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert json.loads(found) == []


def test_the_key_is_in_no_repr() -> None:
    model = OneRequestModel("openai:x", "http://127.0.0.1:1/v1", Secret("model-key", KEY))
    assert KEY not in repr(model) + repr(vars(model))
