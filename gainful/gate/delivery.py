"""Grants for what is delivered later than it was allowed, and for what Gainful itself says to people.

A post that the door allowed is written into the outbox, which is the effect that the door saw; the outbox makes it
happen, once, also after a crash. It then needs the grant again, under the same key.
"""

from __future__ import annotations

from gainful.sdk.grant import Grant

NOTICE = "gainful.notice"
"""Under this name Gainful speaks for itself: a card to approve, what became of it, who somebody is."""


def delivery(key: str, tool: str, rules: tuple[str, ...]) -> Grant:
    """The grant of a post that stands in the outbox, because the door or Gainful itself put it there.

    Args:
        key: Idempotency key of the post.
        tool: By which the door let it in; `NOTICE` for Gainful's own.
    """
    return Grant(key, tool, rules)


def notice(key: str) -> Grant:
    """The grant for something that Gainful itself says, such as the answer to a button that was pressed."""
    return Grant(key, NOTICE)
