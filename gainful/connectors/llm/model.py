"""A language model as the gate sees it: one question, one request, tokens counted, failures sorted by who must act."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gainful.connectors.llm.failures import sorted_failure
from gainful.connectors.llm.providers import PROVIDERS, Address, build, parse
from gainful.connectors.llm.usage import tokens_of
from gainful.core.errors import Broken
from gainful.core.money import Tokens
from gainful.core.redaction import redact
from gainful.sdk.egress import EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelAnswer, ModelBadAnswer, ModelRefused, Question
from gainful.sdk.secret import Handle, Secret

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

TOOL = "model.ask"

_JSON_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class OneRequestModel:
    """A `LanguageModel` of any provider that Pydantic AI reaches. Each `ask` is one HTTP request, never repeated.

    Args:
        name: `PROVIDER:MODEL`.
        base_url: Another server that speaks the provider's protocol.
        key: The provider's key or the handle to it, asked for at each question; None for none.

    Raises:
        ModelNameInvalid: The name cannot be understood. Nothing is imported or sent yet.
    """

    def __init__(self, name: str, base_url: str = "", key: Secret | Handle | None = None) -> None:
        self._address = parse(name, base_url)
        self._key = Handle.of(key)
        self._provider = PROVIDERS[self._address.provider]
        self.name = f"{self._address.provider}:{self._address.model}"

    def __repr__(self) -> str:
        return f"OneRequestModel({self.name})"

    def size(self, question: Question) -> int:
        """Octets of everything that the request will make the model read: an upper bound of its prompt tokens."""
        sent = [question.instructions, question.prompt]
        if question.schema is not None and self._provider.enforces_schema:
            sent.append(json.dumps(dict(question.schema)))
        return sum(len(text.encode()) for text in sent)

    def ask(self, grant: Grant, question: Question) -> ModelAnswer:
        """The answer to one request.

        Raises:
            ModelUnreachable: No answer; it may help to wait.
            ModelRefused: The provider refuses the key, the model or the request.
            ModelBadAnswer: An answer that cannot be used, with what it cost.
            ProviderMissing, ModelKeyMissing: The model cannot even be asked.
            Broken: The grant is for another tool.
        """
        if grant.tool != TOOL:
            raise Broken(f"A grant for '{grant.tool}' does not allow {TOOL}.", "Please report this.")
        from pydantic_ai.exceptions import AgentRunError

        address = replace(self._address, key=self._key.secret(grant))
        try:
            response = asyncio.run(self._open(address, _without_secrets(question)))
        except EgressRefused as error:
            raise ModelRefused(error.what, error.next_move) from error
        except AgentRunError as error:
            raise sorted_failure(error, self._address) from error
        return self._read(response, question)

    async def _open(self, address: Address, question: Question) -> ModelResponse:
        from gainful.connectors.llm.transport import egress_for, guarded_client

        egress = egress_for(address.base_url or self._provider.server, self._provider.host)
        # Made anew for each question: no connection, thread or event loop lingers in an idle process.
        async with guarded_client(egress) as client:
            return await self._request(build(address, client), question)

    async def _request(self, model: Any, question: Question) -> ModelResponse:
        from pydantic_ai.direct import model_request
        from pydantic_ai.messages import ModelRequest, UserPromptPart
        from pydantic_ai.settings import ModelSettings

        settings = ModelSettings(
            max_tokens=question.max_output_tokens,
            request_timeout=question.timeout.total_seconds(),
            # Reasoning is paid for as output; sorting a mail does not need it.
            thinking=False,
        )
        if self._provider.retries_setting:
            settings["max_retries"] = 0
        request = ModelRequest(parts=[UserPromptPart(question.prompt)], instructions=question.instructions)
        async with model:
            return await model_request(
                model, [request], model_settings=settings, model_request_parameters=self._parameters(model, question)
            )

    def _parameters(self, model: Any, question: Question) -> Any:
        """How the answer's form is asked for, in the fewest tokens that this provider makes reliable."""
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.output import OutputObjectDefinition

        if question.schema is None:
            return ModelRequestParameters()
        if self._provider.enforces_schema and model.profile.get("supports_json_schema_output", False):
            form = OutputObjectDefinition(json_schema=dict(question.schema), name="answer", strict=True)
            return ModelRequestParameters(output_mode="native", output_object=form)
        # JSON mode where the provider has one; the schema itself stays here, the instructions have shown the form.
        return ModelRequestParameters(output_mode="prompted", prompted_output_template=False)

    def _read(self, response: ModelResponse, question: Question) -> ModelAnswer:
        tokens = tokens_of(response)
        text = response.text or ""
        response_id = response.provider_response_id or ""
        if question.schema is None:
            return ModelAnswer(text, tokens, response_id)
        return ModelAnswer(self._parse(text, response.finish_reason, tokens), tokens, response_id)

    def _parse(self, text: str, finish_reason: str | None, tokens: Tokens) -> Any:
        found = _JSON_OBJECT.search(text)
        try:
            if found:
                return json.loads(found.group())
        except (ValueError, RecursionError):
            pass
        why = "was cut off before its end" if finish_reason == "length" else "is not JSON"
        raise ModelBadAnswer(
            f"The answer of {self.name} {why}.",
            "The mail stays undecided; a larger model may do better.",
            tokens=tokens,
        )


def _without_secrets(question: Question) -> Question:
    """The question as it may leave: no provider has to see a password that stood in a mail."""
    return replace(question, instructions=redact(question.instructions), prompt=redact(question.prompt))
