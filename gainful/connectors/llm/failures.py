"""Sorts what goes wrong at a provider by who must act. Imported when something has: it needs Pydantic AI's errors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gainful.connectors.llm.errors import CourierMissing
from gainful.connectors.llm.providers import Address
from gainful.core.errors import GainfulError
from gainful.sdk.egress import EgressRefused
from gainful.sdk.model import ModelBadAnswer, ModelRefused, ModelUnreachable

if TYPE_CHECKING:
    from pydantic_ai.exceptions import AgentRunError

_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror", "UnsupportedProtocol"})
"""Names of the causes that end an attempt before the question has left."""


def sorted_failure(error: AgentRunError, address: Address) -> GainfulError:
    """Our error for one of Pydantic AI's. The provider's own words stay out: they may repeat the key."""
    from pydantic_ai import exceptions as ai

    missing = next((cause for cause in _causes(error) if isinstance(cause, CourierMissing)), None)
    if missing is not None:
        return missing
    refused = next((cause for cause in _causes(error) if isinstance(cause, EgressRefused)), None)
    if refused is not None:
        return ModelRefused(refused.what, refused.next_move)
    name, where = f"{address.provider}:{address.model}", address.base_url or address.provider
    status = getattr(error, "status_code", None)
    told = f" (HTTP {status})" if status else ""
    if isinstance(error, ai.ModelAuthenticationError):
        return ModelRefused(f"{name} refuses the key{told}.", "Store the right one with `gainful init`.")
    if isinstance(error, ai.ModelNotFoundError):
        return ModelRefused(
            f"There is no model '{address.model}' at {where}{told}.",
            "Choose another name under [model] in gainful.toml.",
        )
    if isinstance(error, ai.ModelQuotaExceededError):
        return ModelRefused(f"The account at {where} has no credit left{told}.", "Add some there.")
    if isinstance(error, ai.ModelRequestRejectedError):
        return ModelRefused(f"{name} does not accept the request{told}.", "Try another model.")
    if isinstance(error, ai.UnexpectedModelBehavior):
        return ModelBadAnswer(f"The answer of {name} cannot be read.", "Ask again, or try another model.")
    return _unreachable(error, where, told)


def _unreachable(error: AgentRunError, where: str, told: str) -> ModelUnreachable:
    from pydantic_ai import exceptions as ai

    wait = getattr(error, "retry_after", None)
    # With a status the provider has said no; without one the question may have been read before the line broke.
    billed = not isinstance(error, ai.ModelHTTPError) and not _NEVER_SENT & {
        type(cause).__name__ for cause in _causes(error)
    }
    busy = isinstance(error, ai.ModelRateLimitError)
    what = f"{where} is busy{told}." if busy else f"{where} cannot be reached or broke off{told}."
    return ModelUnreachable(
        what,
        "Wait a little; the next run asks again.",
        retry_after=timedelta(seconds=wait) if wait else None,
        billed=billed,
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
