"""Which provider is built how. Each library is imported when its first question is asked.

Source: the provider and model classes of Pydantic AI 2, https://pydantic.dev/docs/ai/models/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gainful.connectors.llm.errors import ModelKeyMissing, ModelNameInvalid, ProviderMissing
from gainful.sdk.secret import Secret


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is and how one gets in.

    Args:
        provider: One of `PROVIDERS`.
        model: The provider's own name of the model.
        base_url: Another server that speaks the provider's protocol; empty for the provider itself.
        key: The secret; None for none, or for the provider's own environment variable.
    """

    provider: str
    model: str
    base_url: str
    key: Secret | None = None

    def __repr__(self) -> str:
        return f"Address({self.provider}:{self.model}, {self.base_url or 'its own server'})"


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider is reached.

    Args:
        build: Makes the Pydantic AI model that asks through this HTTP client; imports the library.
        host: The provider's own, the only one reached where the person names no other in the settings; another one
            in an environment variable of the library is refused. Empty: the library brings a
            client of its own, which is not guarded, or there is a `server`.
        server: Base URL where the person names none, of a provider that runs at home.
        variables: The provider's own environment variables, for the message when there is no key.
        extra: The optional dependency that brings the library; empty when it always comes along.
        also: What it wants besides a key.
        enforces_schema: The server holds the model to a JSON schema. Used where it is worth its tokens: a small model
            at home needs it and costs nothing by the token; elsewhere the instructions show the form in a tenth of
            the size.
        retries_setting: The library takes the number of retries with each request.
    """

    build: Callable[[Address, Any], Any]
    variables: str
    host: str = ""
    server: str = ""
    extra: str = ""
    also: str = ""
    enforces_schema: bool = False
    retries_setting: bool = True


def _openai(address: Address, client: Any) -> Any:
    from pydantic_ai.models.openai import OpenAIChatModel

    if address.base_url:
        from pydantic_ai.profiles.openai import OpenAIModelProfile
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

        # Other servers know the older name of the output bound, and some refuse the JSON mode: neither is risked.
        plain = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False, supports_json_object_output=False)
        server = OpenAICompatibleProvider(
            "openai-compatible",
            base_url=address.base_url,
            api_key=_revealed(address.key),
            http_client=client,
            profile=plain,
        )
        return OpenAIChatModel(address.model, provider=server)
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(api_key=_revealed(address.key), http_client=client)
    return OpenAIChatModel(address.model, provider=provider)


def _ollama(address: Address, client: Any) -> Any:
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    url = address.base_url or PROVIDERS["ollama"].server
    provider = OllamaProvider(base_url=url, api_key=_revealed(address.key), http_client=client)

    def with_older_bound(profile: Any) -> Any:
        # Ollama reads `max_tokens` only; under the newer name the bound of the answer would be ignored.
        return {**profile, "openai_chat_supports_max_completion_tokens": False}

    return OllamaModel(address.model, provider=provider, profile=with_older_bound)


def _anthropic(address: Address, client: Any) -> Any:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    key, url = _revealed(address.key), address.base_url or None
    provider = AnthropicProvider(api_key=key, base_url=url, http_client=client)
    return AnthropicModel(address.model, provider=provider)


def _google(address: Address, client: Any) -> Any:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    key, url = _revealed(address.key), address.base_url or None
    provider = GoogleProvider(api_key=key, base_url=url, http_client=client)
    return GoogleModel(address.model, provider=provider)


def _bedrock(address: Address, _: Any) -> Any:
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider

    url = address.base_url or None
    key = _revealed(address.key)
    provider = BedrockProvider(api_key=key, base_url=url) if key else BedrockProvider(base_url=url)
    _no_retries(provider.client)
    return BedrockConverseModel(address.model, provider=provider)


def _revealed(key: Secret | None) -> str | None:
    """The key as the provider's library takes it; None has it look into its own environment variable."""
    return key.reveal() if key else None


def _no_retries(client: Any) -> None:
    """Takes out of a boto3 client what would send a failed request again: each attempt has to be in the books."""
    client.meta.events.unregister("needs-retry.bedrock-runtime", unique_id="retry-config-bedrock-runtime")


PROVIDERS = {
    "openai": Provider(_openai, "OPENAI_API_KEY", host="api.openai.com"),
    "ollama": Provider(_ollama, "OLLAMA_API_KEY", server="http://127.0.0.1:11434/v1", enforces_schema=True),
    "anthropic": Provider(_anthropic, "ANTHROPIC_API_KEY", host="api.anthropic.com", extra="anthropic"),
    "google": Provider(_google, "GOOGLE_API_KEY", host="generativelanguage.googleapis.com", extra="gemini"),
    "bedrock": Provider(
        _bedrock,
        "AWS_BEARER_TOKEN_BEDROCK and AWS_DEFAULT_REGION",
        extra="bedrock",
        also=" and a region",
        retries_setting=False,
    ),
}
"""By the part of a model's name before the colon."""

ALIASES = {"gemini": "google", "google-gla": "google", "openai-chat": "openai"}
"""Other spellings that people know."""


def parse(name: str, base_url: str = "") -> Address:
    """The address of a model given as `PROVIDER:MODEL`.

    Raises:
        ModelNameInvalid: There is no colon, no model, or no such provider.
    """
    prefix, _, model = name.partition(":")
    provider = ALIASES.get(prefix, prefix)
    if provider not in PROVIDERS or not model:
        known = ", ".join(f"{known}:…" for known in PROVIDERS)
        raise ModelNameInvalid(
            f"'{name}' does not name a language model.",
            f"Write provider and model: {known}. For another OpenAI-compatible server: openai:MODEL and base_url.",
        )
    return Address(provider, model, base_url)


def build(address: Address, client: Any) -> Any:
    """The Pydantic AI model at this address, asked through this HTTP client.

    Raises:
        ProviderMissing: Its library is not installed; the message says how to get it.
        ModelKeyMissing: It wants a key.
    """
    from pydantic_ai.exceptions import UserError

    provider = PROVIDERS[address.provider]
    try:
        return provider.build(address, client)
    except ImportError:
        raise ProviderMissing(
            f"The library for {address.provider} models is not installed.",
            f"Run: pip install 'gainful[{provider.extra or address.provider}]'",
        ) from None
    except UserError:
        raise ModelKeyMissing(
            f"The model {address.provider}:{address.model} wants a key{provider.also}, and none is there.",
            f"Run `gainful init` to store the key, or set {provider.variables}.",
        ) from None
