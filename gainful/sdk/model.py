"""What a language model's connector implements: one question, one request, one answer with what it cost in tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from gainful.core.errors import Refused, Unavailable
from gainful.core.money import NO_TOKENS, Tokens
from gainful.sdk.grant import Grant


class ModelUnreachable(Unavailable):
    """The model did not answer; trying again may help.

    Args:
        billed: Whether the provider may have charged for the attempt: it got the question and broke off.
    """

    code = "model-unreachable"

    def __init__(
        self, what: str, next_move: str = "", *, retry_after: timedelta | None = None, billed: bool = False
    ) -> None:
        super().__init__(what, next_move, retry_after=retry_after)
        self.billed = billed


class ModelRefused(Refused):
    """The provider refused the key, the model's name or the request; the same request will be refused again."""

    code = "model-refused"


class ModelBadAnswer(Unavailable):
    """The model answered, but not what was asked for. It has to be paid all the same.

    Args:
        tokens: What the useless answer used.
    """

    code = "model-bad-answer"

    def __init__(self, what: str, next_move: str = "", *, tokens: Tokens = NO_TOKENS) -> None:
        super().__init__(what, next_move)
        self.tokens = tokens


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a model is told in one request.

    Args:
        instructions: From us; trusted.
        prompt: The material; may hold text that strangers wrote.
        schema: JSON schema of the answer; None for plain text. The instructions must also show the form, since not
            every provider enforces a schema, and where one does not, it is not sent: it would only cost tokens.
        max_output_tokens: Bound of the answer, reasoning included.
    """

    instructions: str
    prompt: str
    schema: Mapping[str, Any] | None
    max_output_tokens: int
    timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model answered.

    Args:
        content: The parsed JSON where a schema was given, else the text.
        response_id: The provider's own id of the response, for its support.
    """

    content: Any
    tokens: Tokens
    response_id: str = ""


@runtime_checkable
class LanguageModel(Protocol):
    """One model of one provider. Safe to share between threads."""

    name: str
    """`PROVIDER:MODEL`, such as `openai:gpt-5-mini`."""

    def size(self, question: Question) -> int:
        """Octets of everything that the request will make the model read: an upper bound of its prompt tokens."""

    def ask(self, grant: Grant, question: Question) -> ModelAnswer:
        """The answer to one request. Nothing is tried again behind the caller's back.

        Raises:
            ModelUnreachable: No answer; it may help to wait.
            ModelRefused: The provider refuses the key, the model or the request.
            ModelBadAnswer: An answer that cannot be used, with what it cost.
        """
