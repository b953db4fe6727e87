"""What a response has used, by the kinds that are priced apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gainful.core.money import Tokens

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse


def tokens_of(response: ModelResponse) -> Tokens:
    """The tokens that the provider has counted; what came from or went to its cache is no fresh prompt."""
    usage = response.usage
    cached, written = usage.cache_read_tokens, usage.cache_write_tokens
    return Tokens(
        fresh=max(usage.input_tokens - cached - written, 0),
        cache_read=cached,
        cache_write=written,
        output=usage.output_tokens,
    )
