"""Conversations with tools: one turn is one request, whatever happens to it is told for what it is."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.llm.courier import Courier
from gainful.connectors.llm.dialogue import ProviderDialogue
from gainful.connectors.llm.errors import CourierMissing, ModelNameInvalid
from gainful.core.errors import Broken
from gainful.core.money import Tokens
from gainful.core.redaction import learn
from gainful.sdk.dialogue import (
    DialogueModel,
    Exchange,
    ModelSays,
    NeverAsked,
    PersonSays,
    ToolOffer,
    ToolSays,
    Turn,
    WantedCall,
)
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable
from gainful.sdk.secret import Secret
from gainful.sdk.testing.model_server import ModelServer, Reply

KEY = "sk-a-key-that-is-secret"
GRANT = Grant("turn:run1:1:1", "model.ask")
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
ASKED = Exchange(
    "Be brief. Größe zählt.",
    (PersonSays("What is in notes.txt?"),),
    (ToolOffer("files.read", "Reads a file.", SCHEMA), ToolOffer("files_read", "Another.", SCHEMA)),
    800,
    timedelta(seconds=20),
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda _: Reply("Nothing.")) as running:
        yield running


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[Courier]:
    made = Courier(tmp_path / "home" / "answers")
    yield made
    made.close()


@pytest.fixture
def talk(server: ModelServer, courier: Courier) -> Iterator[Callable[..., ProviderDialogue]]:
    """Makes models of one run each, as processes make them."""
    made: list[ProviderDialogue] = []

    def start(name: str = "openai:small", **more: Any) -> ProviderDialogue:
        given = {"base_url": server.url, "key": Secret("model-key", KEY), **more}
        made.append(ProviderDialogue(name, courier, **given))
        return made[-1]

    yield start
    for model in made:
        model.close()


Talk = Callable[..., ProviderDialogue]


# --- what is said and what is heard ---


def test_it_is_a_model_for_dialogues(talk: Talk) -> None:
    assert isinstance(talk(), DialogueModel)
    assert talk("openai:small").name == "openai:small"
    with pytest.raises(ModelNameInvalid):
        talk("small")
    assert KEY not in repr(talk())


def test_a_turn_is_one_request_with_the_tools_and_nothing_else(talk: Talk, server: ModelServer) -> None:
    turn = talk().answer(GRANT, ASKED)
    (request,) = server.requests
    assert turn == Turn(
        "Nothing.", tokens=Tokens(fresh=request.prompt_tokens, output=2), response_id="chatcmpl-loopback"
    )
    assert request.authorization == f"Bearer {KEY}"
    assert set(request.body) == {"model", "stream", "messages", "max_tokens", "tool_choice", "tools"}
    assert request.body["max_tokens"] == 800
    assert (request.text("system"), request.text("user")) == ("Be brief. Größe zählt.", "What is in notes.txt?")
    first, second = (tool["function"] for tool in request.body["tools"])
    assert (first["name"], first["parameters"], first["description"]) == ("files_read", SCHEMA, "Reads a file.")
    # Two names of ours that a provider could not tell apart.
    assert second["name"] == "files_read_"


def test_a_call_comes_back_under_our_name_and_its_answer_goes_to_the_model(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("Let me look.", calls=(("files_read", {"path": "notes.txt"}), ("files_read_", {})))
    model = talk()
    turn = model.answer(GRANT, ASKED)
    assert turn.text == "Let me look."
    assert turn.calls == (
        WantedCall("call_0_0", "files.read", {"path": "notes.txt"}),
        WantedCall("call_0_1", "files_read", {}),
    )
    server.answer = lambda _: Reply("Milk.")
    said = (
        *ASKED.messages,
        turn.said,
        ToolSays("call_0_0", "files.read", "milk"),
        ToolSays("call_0_1", "files_read", "x"),
    )
    more = Exchange(ASKED.instructions, said, ASKED.tools, 800)
    assert model.answer(Grant("turn:run1:2:1", "model.ask"), more).text == "Milk."
    messages = server.requests[1].body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "tool"]
    assert [call["function"]["name"] for call in messages[2]["tool_calls"]] == ["files_read", "files_read_"]
    assert (messages[3]["tool_call_id"], messages[3]["content"]) == ("call_0_0", "milk")


@pytest.mark.parametrize("written", ["{", "[1]", '"x"', "7", "[" * 100_000])
def test_arguments_that_are_no_object_are_none(talk: Talk, server: ModelServer, written: str) -> None:
    server.answer = lambda _: Reply("", calls=(("files_read", written),))
    assert talk().answer(GRANT, ASKED).calls[0].arguments is None


def test_a_tool_that_nobody_offered_keeps_the_name_that_the_model_wrote(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("", calls=(("rm_rf", {}),))
    assert talk().answer(GRANT, ASKED).calls == (WantedCall("call_0_0", "rm_rf", {}),)


def test_text_is_told_as_it_comes(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("One two three", calls=(("files_read", {"path": "x"}),), cached=9)
    pieces: list[str] = []
    turn = talk().answer(GRANT, ASKED, pieces.append)
    assert pieces == ["One ", "two ", "three"]
    assert (turn.text, turn.calls[0].arguments) == ("One two three", {"path": "x"})
    assert turn.tokens == Tokens(fresh=server.requests[0].prompt_tokens - 9, cache_read=9, output=turn.tokens.output)


def test_what_came_from_the_providers_cache_is_counted_apart(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("x", cached=20)
    tokens = talk().answer(GRANT, ASKED).tokens
    assert (tokens.cache_read, tokens.prompt) == (20, server.requests[0].prompt_tokens)


def test_an_answer_that_was_cut_says_so(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("x", finish_reason="length")
    assert talk().answer(GRANT, ASKED).cut


def test_no_provider_sees_a_secret(talk: Talk, server: ModelServer) -> None:
    learn("correct-horse-battery")
    secret = "the password is correct-horse-battery"
    messages = (
        PersonSays(secret),
        ModelSays("", (WantedCall("c", "files.read", {}),)),
        ToolSays("c", "files.read", secret),
    )
    talk().answer(GRANT, Exchange(secret, messages, ASKED.tools, 50))
    assert "correct-horse" not in json.dumps(server.requests[0].body)


def test_size_bounds_the_tokens(talk: Talk, server: ModelServer) -> None:
    long = Exchange("Größe " * 50, (*ASKED.messages, PersonSays("日本" * 400)), ASKED.tools * 5, 800)
    for exchange in (ASKED, long):
        model = talk()
        assert model.answer(Grant(f"k{len(server.requests)}", "model.ask"), exchange).tokens.prompt <= model.size(
            exchange
        )


# --- what goes wrong ---


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("reply", "error", "billed"),
    [
        (Reply(status=401), ModelRefused, None),
        (Reply(status=400), ModelRefused, None),
        (Reply(status=404), ModelRefused, None),
        (Reply(status=429), ModelUnreachable, False),
        (Reply(status=500), ModelUnreachable, False),
        (Reply(drop=True), ModelUnreachable, True),
        (Reply("Half an answer " * 20, half=True), ModelUnreachable, True),
    ],
)
def test_a_failure_is_one_request_and_told_for_what_it_is(
    talk: Talk, server: ModelServer, reply: Reply, error: type[Exception], billed: bool | None, streamed: bool
) -> None:
    server.answer = lambda _: reply
    with pytest.raises(error) as caught:
        talk().answer(GRANT, ASKED, (lambda _: None) if streamed else None)
    assert len(server.requests) == 1
    assert getattr(caught.value, "billed", None) is billed
    assert KEY not in str(caught.value)
    # A later process learns the same, and asks nobody.
    with pytest.raises(error) as found:
        talk().find(GRANT, ASKED)
    assert getattr(found.value, "billed", None) is billed
    assert len(server.requests) == 1


def test_an_answer_that_cannot_be_read_is_a_bad_one(
    talk: Talk, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gainful.sdk.testing.model_server._completion", lambda *_: {"choices": "none"})
    with pytest.raises(ModelBadAnswer):
        talk().answer(GRANT, ASKED)


def test_a_model_that_thinks_too_long_is_left(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("late", seconds=3)
    quick = Exchange(ASKED.instructions, ASKED.messages, (), 10, timedelta(seconds=0.2))
    with pytest.raises(ModelUnreachable) as caught:
        talk().answer(GRANT, quick)
    assert caught.value.billed is True


def test_nobody_listens(talk: Talk) -> None:
    with pytest.raises(ModelUnreachable) as caught:
        talk(base_url="http://127.0.0.1:1/v1").answer(GRANT, ASKED)
    assert caught.value.billed is False


def test_it_goes_where_the_person_said_and_nowhere_else(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(ModelRefused, match="not among the hosts"):
        talk(base_url="").answer(GRANT, ASKED)


def test_a_grant_for_something_else_opens_nothing(talk: Talk, server: ModelServer) -> None:
    with pytest.raises(Broken):
        talk().answer(Grant("k", "mail.send"), ASKED)
    with pytest.raises(Broken):
        talk().answer(GRANT, ASKED)
        talk().find(Grant(GRANT.key, "mail.send"), ASKED)
    assert len(server.requests) == 1


def test_without_the_process_that_carries_it_nothing_is_sent(talk: Talk, server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "answers").write_text("no folder")
    with pytest.raises(CourierMissing):
        talk().answer(GRANT, ASKED)
    assert server.requests == []


# --- what is left behind ---


def test_an_answer_is_found_until_it_is_forgotten(talk: Talk, server: ModelServer, courier: Courier) -> None:
    assert talk().find(GRANT, ASKED) == NeverAsked()
    turn = talk().answer(GRANT, ASKED)
    assert talk().find(GRANT, ASKED) == turn
    assert talk().find(Grant("another", "model.ask"), ASKED) == NeverAsked()
    talk().forget(GRANT.key)
    talk().forget(GRANT.key)
    assert [file for file in courier._folder.iterdir() if file.stat().st_size] == []
    assert len(server.requests) == 1


def test_a_streamed_answer_is_found_whole(talk: Talk, server: ModelServer) -> None:
    server.answer = lambda _: Reply("One two", calls=(("files_read", {"path": "x"}),))
    turn = talk().answer(GRANT, ASKED, lambda _: None)
    assert talk().find(GRANT, ASKED) == turn
    assert len(server.requests) == 1


def test_neither_the_request_nor_the_key_is_written_down(talk: Talk, server: ModelServer, tmp_path: Path) -> None:
    answers = tmp_path / "home" / "answers"
    talk().answer(GRANT, ASKED)
    (file,) = answers.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(answers.stat().st_mode) == 0o700
    content = file.read_bytes()
    for word in (KEY, "What is in notes", "Be brief", "Reads a file", GRANT.key):
        assert word.encode() not in content
    assert b"Nothing." in content


def test_the_courier_does_not_inherit_our_keys(
    talk: Talk, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another")
    talk().answer(GRANT, ASKED)
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
            if b"courier_process" in line and entry.stat().st_uid == os.getuid():
                assert b"sk-another" not in (entry / "environ").read_bytes()
                assert KEY.encode() not in line
        except OSError:
            continue


def test_one_connection_carries_the_turns_of_a_run(talk: Talk, server: ModelServer) -> None:
    model = talk()
    for number in range(4):
        model.answer(Grant(f"k{number}", "model.ask"), ASKED)
    assert len(server.requests) == 4
