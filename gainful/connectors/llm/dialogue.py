"""Conversations with tools, through Pydantic AI: one turn is one request, carried by a process that outlives us."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gainful.connectors.llm.failures import sorted_failure
from gainful.connectors.llm.model import TOOL
from gainful.connectors.llm.providers import PROVIDERS, Address, build, parse
from gainful.connectors.llm.usage import tokens_of
from gainful.core.errors import Broken
from gainful.core.redaction import redact
from gainful.core.value import Json
from gainful.sdk.dialogue import (
    Exchange,
    Message,
    ModelSays,
    NeverAsked,
    OnText,
    PersonSays,
    ToolSays,
    Turn,
    WantedCall,
)
from gainful.sdk.egress import EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable
from gainful.sdk.secret import Handle, Secret

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponse
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from gainful.connectors.llm.courier import Courier

_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
LONGEST_NAME = 64


class ProviderDialogue:
    """A `DialogueModel` of any provider that Pydantic AI reaches; the model of one run.

    Args:
        name: `PROVIDER:MODEL`.
        base_url: Another server that speaks the provider's protocol.
        key: The provider's key or the handle to it, asked for once; None for none.
        courier: Carries the requests.

    Raises:
        ModelNameInvalid: The name cannot be understood. Nothing is imported or sent yet.
    """

    def __init__(self, name: str, courier: Courier, base_url: str = "", key: Secret | Handle | None = None) -> None:
        self._address = parse(name, base_url)
        self._key = Handle.of(key)
        self._courier = courier
        self.name = f"{self._address.provider}:{self._address.model}"
        self._runner: asyncio.Runner | None = None
        self._opened: _Opened | None = None

    def __repr__(self) -> str:
        return f"ProviderDialogue({self.name})"

    def size(self, exchange: Exchange) -> int:
        """Octets of everything that the request will make the model read: an upper bound of its prompt tokens."""
        return sum(len(text.encode()) for text in _texts(exchange))

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        """The answer to one request.

        Raises:
            ModelUnreachable: No answer; it may help to wait.
            ModelRefused: The provider refuses the key, the model or the request.
            ModelBadAnswer: An answer that cannot be used, with what it cost.
            ProviderMissing, ModelKeyMissing, CourierMissing: The model cannot even be asked.
            Broken: The grant is for another tool.
        """
        opened = self._open(grant)
        opened.errand.replay, opened.errand.stream = False, on_text is not None
        opened.errand.seconds = exchange.timeout.total_seconds()
        try:
            return self._turn(opened, exchange, on_text)
        except ModelUnreachable as error:
            # It may be our line to the courier that broke, and not the courier's to the provider.
            found = self.find(grant, exchange) if error.billed else None
            if not isinstance(found, Turn):
                raise
            return found

    def find(self, grant: Grant, exchange: Exchange) -> Turn | NeverAsked | None:
        """The answer that came to an earlier process's request with this key; None when nobody knows.

        Raises:
            As `answer`.
        """
        if not self._courier.wait(grant.key, exchange.timeout + timedelta(seconds=5)):
            return NeverAsked() if self._courier.never_sent(grant.key) else None
        from gainful.connectors.llm.courier import streamed

        opened = self._open(grant)
        opened.errand.replay = True
        opened.errand.stream = streamed(self._courier.frames(grant.key))
        return self._turn(opened, exchange, None)

    def forget(self, key: str) -> None:
        """Keep nothing more of this request: its answer is in the books."""
        self._courier.forget(key)

    def close(self) -> None:
        """Let go of the provider's client."""
        if self._runner is not None and self._opened is not None:
            self._runner.run(self._opened.client.aclose())
            self._runner.close()
        self._runner = self._opened = None

    def _open(self, grant: Grant) -> _Opened:
        """The provider's model, made at the first turn and kept for the run."""
        if grant.tool != TOOL:
            raise Broken(f"A grant for '{grant.tool}' does not allow {TOOL}.", "Please report this.")
        if self._opened is None:
            self._opened = _Opened(replace(self._address, key=self._key.secret(grant)), self._courier)
            self._runner = asyncio.Runner()
        self._opened.errand.key = grant.key
        return self._opened

    def _turn(self, opened: _Opened, exchange: Exchange, on_text: OnText | None) -> Turn:
        from pydantic_ai.exceptions import AgentRunError

        names = _Names([offer.name for offer in exchange.tools])
        messages, parameters = _messages(exchange, names), _parameters(exchange, names)
        assert self._runner is not None  # noqa: S101 -- told to the type checker
        try:
            response = self._runner.run(opened.request(exchange, messages, parameters, on_text))
        except EgressRefused as error:
            raise ModelRefused(error.what, error.next_move) from error
        except AgentRunError as error:
            raise sorted_failure(error, self._address) from error
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            # The libraries take an answer for granted that has its provider's form.
            raise ModelBadAnswer(
                f"The answer of {self.name} has not the form of its provider.", "Ask again, or try another model."
            ) from error
        if opened.errand.stream and not {"finish_reason", "refusal"} & set(response.provider_details or ()):
            # A stream that just ends looks like a short answer.
            raise ModelUnreachable(f"{self.name} broke off.", "Wait a little; the next run asks again.", billed=True)
        return _read(response, names)


class _Opened:
    """A provider's model with its client."""

    def __init__(self, address: Address, courier: Courier) -> None:
        from pydantic_ai.models import create_async_httpx2_client

        from gainful.connectors.llm.courier import CourierTransport, Errand
        from gainful.connectors.llm.transport import egress_for

        provider = PROVIDERS[address.provider]
        self.errand = Errand()
        egress = egress_for(address.base_url or provider.server, provider.host)
        self.client = create_async_httpx2_client(transport=CourierTransport(egress, courier, self.errand))
        self.client.follow_redirects = False
        self._model = build(address, self.client)
        self._retries_setting = provider.retries_setting

    async def request(
        self,
        exchange: Exchange,
        messages: list[ModelMessage],
        parameters: ModelRequestParameters,
        on_text: OnText | None,
    ) -> ModelResponse:
        """One request, piece by piece where it is asked for so."""
        from pydantic_ai.direct import model_request, model_request_stream
        from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

        settings = self._settings(exchange)
        if not self.errand.stream:
            return await model_request(
                self._model, messages, model_settings=settings, model_request_parameters=parameters
            )
        async with model_request_stream(
            self._model, messages, model_settings=settings, model_request_parameters=parameters
        ) as stream:
            async for event in stream:
                if on_text is None:
                    continue
                if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart) and event.part.content:
                    on_text(event.part.content)
                elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                    on_text(event.delta.content_delta)
        return stream.get()

    def _settings(self, exchange: Exchange) -> ModelSettings:
        from pydantic_ai.settings import ModelSettings

        settings = ModelSettings(
            max_tokens=exchange.max_output_tokens,
            request_timeout=exchange.timeout.total_seconds(),
            # Calls are made one after the other, each decided by itself.
            thinking=False,
            # The instructions, the tools and the conversation so far are the same in the next turn.
            cache=True,
        )
        if self._retries_setting:
            settings["max_retries"] = 0
        return settings


class _Names:
    """Tools' names in a form that every provider takes: letters, digits, `_` and `-`."""

    def __init__(self, names: Sequence[str]) -> None:
        self._outside: dict[str, str] = {}
        self._inside: dict[str, str] = {}
        for name in names:
            form = _FOREIGN.sub("_", name)[:LONGEST_NAME]
            while form in self._inside:
                form = f"{form[: LONGEST_NAME - 1]}_"
            self._outside[name], self._inside[form] = form, name

    def outside(self, name: str) -> str:
        """As the provider is told it."""
        return self._outside.get(name) or _FOREIGN.sub("_", name)[:LONGEST_NAME] or "_"

    def inside(self, form: str) -> str:
        """As we call it; what is none of ours stays what the model wrote."""
        return self._inside.get(form, form)


def _texts(exchange: Exchange) -> Iterator[str]:
    yield exchange.instructions
    for offer in exchange.tools:
        # Roughly what stands around each definition, besides it.
        yield f"{offer.name}{offer.about}{json.dumps(dict(offer.schema))}" + " " * 80
    for message in exchange.messages:
        yield message.text + " " * 16
        if isinstance(message, ModelSays):
            yield message.kept
            for call in message.calls:
                yield f"{call.id}{call.tool}{json.dumps(call.arguments)}" + " " * 40


def _parameters(exchange: Exchange, names: _Names) -> ModelRequestParameters:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.tools import ToolDefinition

    tools = [
        ToolDefinition(
            name=names.outside(offer.name),
            description=offer.about,
            parameters_json_schema=dict(offer.schema),
            strict=False,
        )
        for offer in exchange.tools
    ]
    return ModelRequestParameters(function_tools=tools)


def _messages(exchange: Exchange, names: _Names) -> list[ModelMessage]:
    """The conversation in Pydantic AI's form; what is said between two answers of the model is one request."""
    from pydantic_ai.messages import ModelRequest

    found: list[ModelMessage] = []
    parts: list[ModelRequestPart] = []
    instructions = redact(exchange.instructions)
    for message in exchange.messages:
        if isinstance(message, ModelSays):
            found.append(ModelRequest(parts=parts, instructions=instructions))
            found.append(_said(message, names))
            parts = []
        else:
            parts.append(_told(message, names))
    return [*found, ModelRequest(parts=parts, instructions=instructions)]


def _told(message: Message, names: _Names) -> ModelRequestPart:
    from pydantic_ai.messages import ToolReturnPart, UserPromptPart

    if isinstance(message, ToolSays):
        # No provider has to see a password that stood in a mail.
        return ToolReturnPart(names.outside(message.tool), redact(message.text), tool_call_id=message.call_id)
    assert isinstance(message, PersonSays)  # noqa: S101 -- told to the type checker
    return UserPromptPart(redact(message.text))


def _said(message: ModelSays, names: _Names) -> ModelResponse:
    from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart

    if message.kept:
        (kept,) = ModelMessagesTypeAdapter.validate_json(message.kept)
        assert isinstance(kept, ModelResponse)  # noqa: S101 -- told to the type checker
        return kept
    text = [TextPart(message.text)] if message.text else []
    calls = [
        ToolCallPart(names.outside(call.tool), json.dumps(call.arguments or {}), tool_call_id=call.id)
        for call in message.calls
    ]
    return ModelResponse(parts=[*text, *calls])


def _read(response: ModelResponse, names: _Names) -> Turn:
    calls = tuple(
        WantedCall(call.tool_call_id, names.inside(call.tool_name), _arguments(call.args))
        for call in response.tool_calls
    )
    return Turn(
        text=response.text or "",
        calls=calls,
        tokens=tokens_of(response),
        cut=response.finish_reason == "length",
        kept=_kept(response),
        response_id=response.provider_response_id or "",
    )


def _arguments(given: str | Mapping[str, Any] | None) -> dict[str, Json] | None:
    if isinstance(given, Mapping):
        return dict(given)
    try:
        found = json.loads(given or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _kept(response: ModelResponse) -> str:
    """The response in Pydantic AI's own form, where a provider wants back more than text and calls, such as a signature
    of what the model thought."""
    from pydantic_ai.messages import ModelMessagesTypeAdapter, TextPart, ToolCallPart

    plain = all(isinstance(part, TextPart | ToolCallPart) and not part.provider_details for part in response.parts)
    return "" if plain else ModelMessagesTypeAdapter.dump_json([response]).decode()
