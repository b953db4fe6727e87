"""Posts that quiet hours held, as one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gainful.core.ids import stable_id
from gainful.gate.delivery import NOTICE
from gainful.sdk.chat import Words
from gainful.storage.chat.outbox_store import Post, PostKind

LONGEST = 8_000
"""Characters of one message that every chat takes; what is more becomes several."""

HEAD = "While it was quiet:"


def digests(posts: Sequence[Post], zone: str, now: datetime) -> Iterator[tuple[Post, list[str]]]:
    """Messages that say what these posts of one room say, each with the keys of the posts in it.

    A post that stays alone is not among them: it can be posted as it is.
    """
    for group in _groups(posts, zone):
        if len(group) > 1:
            yield _digest(group, zone, now), [post.key for post in group]


def _groups(posts: Sequence[Post], zone: str) -> Iterator[list[Post]]:
    group: list[Post] = []
    for post in posts:
        if group and sum(len(_part(one, zone)) for one in (*group, post)) > LONGEST:
            yield group
            group = []
        group.append(post)
    yield group


def _digest(posts: Sequence[Post], zone: str, now: datetime) -> Post:
    first = posts[0]
    agents = sorted({post.words.agent for post in posts})
    words = Words(
        HEAD + "".join(_part(post, zone) for post in posts),
        agent=agents[0] if len(agents) == 1 else "gainful",
        hops=max(post.words.hops for post in posts),
        mention=tuple(dict.fromkeys(member for post in posts for member in post.words.mention)),
    )
    return Post(
        key=stable_id("digest", *(post.key for post in posts)),
        chat=first.chat,
        room=first.room,
        words=words,
        at=now,
        due_at=now,
        thread=first.thread,
        below=first.below,
        kind=PostKind.DIGEST,
        member=first.member,
        tool=NOTICE,
    )


def _part(post: Post, zone: str) -> str:
    at = post.at.astimezone(ZoneInfo(zone))
    return f"\n\n**{post.words.agent or 'gainful'}**, {at:%H:%M}\n{post.words.text}"
