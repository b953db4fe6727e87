"""A language model as the gate sees it: one question, one request, tokens counted, failures sorted by who must act."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gainful.connectors.llm.providers import PROVIDERS, Address, build, parse
from gainful.core.errors import Broken
from gainful.core.money import Tokens
from gainful.core.redaction import redact
from gainful.sdk.egress import EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelAnswer, ModelBadAnswer, ModelRefused, ModelUnreachable, Question
from gainful.sdk.secret import Handle, Secret

if TYPE_CHECKING:
    from pydantic_ai.exceptions import AgentRunError
    from pydantic_ai.messages import ModelResponse

TOOL = "model.ask"

_JSON_OBJECT = re.compile(r"\{.*\}", re.DOTALL)

_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror", "UnsupportedProtocol"})
"""Names of the causes that end an attempt before the question has left."""


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
            raise self._sorted(error) from error
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
        usage = response.usage
        cached, written = usage.cache_read_tokens, usage.cache_write_tokens
        tokens = Tokens(
            fresh=max(usage.input_tokens - cached - written, 0),
            cache_read=cached,
            cache_write=written,
            output=usage.output_tokens,
        )
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

    def _sorted(self, error: AgentRunError) -> ModelUnreachable | ModelRefused | ModelBadAnswer:
        """Our error for one of Pydantic AI's. The provider's own words stay out: they may repeat the key."""
        from pydantic_ai import exceptions as ai

        refused = next((cause for cause in _causes(error) if isinstance(cause, EgressRefused)), None)
        if refused is not None:
            return ModelRefused(refused.what, refused.next_move)
        status = getattr(error, "status_code", None)
        told = f" (HTTP {status})" if status else ""
        if isinstance(error, ai.ModelAuthenticationError):
            return ModelRefused(f"{self.name} refuses the key{told}.", "Store the right one with `gainful init`.")
        if isinstance(error, ai.ModelNotFoundError):
            return ModelRefused(
                f"There is no model '{self._address.model}' at {self._where()}{told}.",
                "Choose another name under [model] in gainful.toml.",
            )
        if isinstance(error, ai.ModelQuotaExceededError):
            return ModelRefused(f"The account at {self._where()} has no credit left{told}.", "Add some there.")
        if isinstance(error, ai.ModelRequestRejectedError):
            return ModelRefused(f"{self.name} does not accept the request{told}.", "Try another model.")
        if isinstance(error, ai.UnexpectedModelBehavior):
            return ModelBadAnswer(f"The answer of {self.name} cannot be read.", "The mail stays undecided.")
        return self._unreachable(error, told)

    def _unreachable(self, error: AgentRunError, told: str) -> ModelUnreachable:
        from pydantic_ai import exceptions as ai

        wait = getattr(error, "retry_after", None)
        # With a status the provider has said no; without one the question may have been read before the line broke.
        billed = not isinstance(error, ai.ModelHTTPError) and not _NEVER_SENT & {
            type(cause).__name__ for cause in _causes(error)
        }
        busy = isinstance(error, ai.ModelRateLimitError)
        what = f"{self._where()} is busy{told}." if busy else f"{self._where()} cannot be reached or broke off{told}."
        return ModelUnreachable(
            what,
            "Undecided mail stays in the inbox; the next run asks again.",
            retry_after=timedelta(seconds=wait) if wait else None,
            billed=billed,
        )

    def _where(self) -> str:
        return self._address.base_url or self._address.provider


def _without_secrets(question: Question) -> Question:
    """The question as it may leave: no provider has to see a password that stood in a mail."""
    return replace(question, instructions=redact(question.instructions), prompt=redact(question.prompt))


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
