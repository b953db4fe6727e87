"""A grant: proof that the gate allowed exactly one effect. Tools that change the world ask for one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for one tool call. Only `gainful.gate` may build one; the import contracts see to it.

    Args:
        key: Idempotency key of the effect: the same key is the same effect.
        tool: The tool it is for, such as `imap.move`.
        rules: Ids of the policy rules that allowed it.
    """

    key: str
    tool: str
    rules: tuple[str, ...] = ()
