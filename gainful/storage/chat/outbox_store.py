"""What is to be said in chats: each post stands here under its key before it is tried, and is made once.

    waiting ──▶ posting ──▶ posted
       ▲           ├──▶ waiting      it certainly did not happen: tried again
       │           ├──▶ refused      the chat said no
       │           └──▶ uncertain    nobody knows; a person settles it, nothing repeats it
    held ──▶ waiting | gathered      quiet hours; several become one message
    streaming ──▶ posted | refused   it grows while people look on
    waiting | held | uncertain ──▶ dropped

A row that is `posting` while nobody sends was left by a process that died: what became of it is asked of the chat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gainful.core.errors import Invalid, Refused
from gainful.sdk.chat import Place, Words
from gainful.storage.chat.chat_rows import instant, place_from, place_json, words_from, words_json
from gainful.storage.database import reading, transaction
from gainful.storage.schema import outbox

NEVER = datetime.fromtimestamp(0, UTC)


class NoSuchPost(Invalid):
    """Nothing stands in the outbox under this key, or more than one thing."""

    code = "no-such-post"


class PostSettled(Refused):
    """What became of the post is known already; there is nothing to settle."""

    code = "post-settled"


class PostState(StrEnum):
    """How far a post has come."""

    WAITING = "waiting"
    HELD = "held"
    POSTING = "posting"
    STREAMING = "streaming"
    POSTED = "posted"
    GATHERED = "gathered"
    """It is part of another post; the note has that one's key."""
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    DROPPED = "dropped"


OPEN = (PostState.WAITING, PostState.HELD, PostState.POSTING, PostState.STREAMING)
"""What may still happen by itself."""


class PostKind(StrEnum):
    """What a post is."""

    POST = "post"
    REPLY = "reply"
    """To whoever asked."""
    CARD = "card"
    """A question to a person, with buttons."""
    NOTICE = "notice"
    DIGEST = "digest"
    EDIT = "edit"
    """New words for the message of another post; may be changed and sent again."""
    STREAM = "stream"
    """A message that grows; its own process writes it."""


@dataclass(frozen=True, slots=True)
class Post:
    """One thing to be said.

    Args:
        key: Idempotency key, also towards the chat.
        chat: Name of the chat.
        room: Empty until the conversation with `member` is open.
        due_at: Not before; later than `at` where quiet hours hold it, or it was tried in vain.
        member: To whom alone.
        over: Key of the post whose message these words take the place of.
        below: Key of the post in whose thread it is to stand; `thread` is empty until that one is posted.
        tool, rules: Of the grant under which it was let in.
        attempts: How often it was tried.
        tried_at: When last.
        place: Where it stands.
        note: Why it is as it is.
    """

    key: str
    chat: str
    room: str
    words: Words
    at: datetime
    due_at: datetime
    thread: str = ""
    kind: PostKind = PostKind.POST
    run_id: str = ""
    member: str = ""
    over: str = ""
    below: str = ""
    tool: str = ""
    rules: tuple[str, ...] = ()
    state: PostState = PostState.WAITING
    attempts: int = 0
    tried_at: datetime = NEVER
    place: Place | None = None
    note: str = ""

    @property
    def lane(self) -> tuple[str, str]:
        """Within one room and thread, posts keep their order."""
        return (self.room or f"@{self.member}", self.thread or (f"below {self.below}" if self.below else ""))


class OutboxStore:
    """The posts of all chats. Safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- putting in ---

    def put(self, post: Post) -> Post:
        """The post as it stands under its key: this one, or the one that was put there before."""
        try:
            with transaction(self._engine) as connection:
                return self.put_in(connection, post)
        except IntegrityError:
            # Two processes of one run put the same post in; on a server their transactions do not wait for each other.
            with transaction(self._engine) as connection:
                return self.put_in(connection, post)

    def put_in(self, connection: Connection, post: Post) -> Post:
        """As `put`, within the caller's `transaction`."""
        known = _get(connection, post.key)
        if known is not None:
            return known
        # Behind what waits there already, also when the clock was set back.
        here = (outbox.c.chat == post.chat) & outbox.c.state.in_(OPEN)
        last = connection.scalar(select(func.max(outbox.c.at)).where(here)) or ""
        at = post.at if instant(post.at) > last else datetime.fromisoformat(last) + timedelta(microseconds=1)
        placed = replace(post, at=at)
        connection.execute(insert(outbox), [_row(placed)])
        return placed

    def edit(self, key: str, words: Words, at: datetime) -> Post | None:
        """Let the message of this post say something else; None when there is no such post, or it never comes.

        What was not tried yet is changed where it stands. Else one edit waits, whatever number of times it is changed.
        """
        with transaction(self._engine) as connection:
            return self.edit_in(connection, key, words, at)

    def edit_in(self, connection: Connection, key: str, words: Words, at: datetime) -> Post | None:
        """As `edit`, within the caller's `transaction`."""
        target = _get(connection, key)
        if target is None or target.state in (PostState.REFUSED, PostState.DROPPED):
            return None
        if target.state in (PostState.WAITING, PostState.HELD):
            changed = replace(target, words=words)
            connection.execute(update(outbox).where(outbox.c.key == key).values(words=_content(changed)))
            return changed
        edit = replace(
            target, key=f"{key}:edit", words=words, at=at, due_at=at, kind=PostKind.EDIT, over=key,
            state=PostState.WAITING, attempts=0, tried_at=NEVER, note="",
        )  # fmt: skip
        known = _get(connection, edit.key)
        if known is None:
            return self.put_in(connection, edit)
        values: dict[str, Any] = {"words": _content(edit)}
        if known.state is not PostState.POSTING:
            # One that is being sent finds out afterwards that it has changed.
            values |= {"state": PostState.WAITING, "due_at": instant(at), "attempts": 0, "note": "", "settled_at": ""}
        connection.execute(update(outbox).where(outbox.c.key == edit.key).values(**values))
        return edit

    def gather(self, digest: Post, keys: Sequence[str]) -> bool:
        """Put one post in the place of several that are held. False: one of them is held no more, nothing was changed.

        Raises:
            Nothing of its own; all or nothing.
        """
        with transaction(self._engine) as connection:
            held = (outbox.c.key.in_(keys)) & (outbox.c.state == PostState.HELD)
            if connection.scalar(select(func.count()).select_from(outbox).where(held)) != len(keys):
                return False
            self.put_in(connection, digest)
            connection.execute(
                update(outbox)
                .where(held)
                .values(state=PostState.GATHERED, note=digest.key, settled_at=instant(digest.at))
            )
        return True

    # --- looking ---

    def get(self, key: str) -> Post | None:
        """The post with this key; of one that was gathered see `end_of`."""
        with reading(self._engine) as connection:
            return _get(connection, key)

    def end_of(self, key: str) -> Post | None:
        """The post with this key, or the one that it has become part of."""
        with reading(self._engine) as connection:
            found = _get(connection, key)
            if found is not None and found.state is PostState.GATHERED:
                return _get(connection, found.note)
            return found

    def find(self, prefix: str) -> Post:
        """The one post whose key begins like this.

        Raises:
            NoSuchPost: There is none, or several.
        """
        begins = outbox.c.key.startswith(prefix.strip(), autoescape=True)
        with reading(self._engine) as connection:
            keys = list(connection.scalars(select(outbox.c.key).where(begins).limit(3))) if prefix.strip() else []
            exact = [key for key in keys if key == prefix.strip()] or keys
            found = _get(connection, exact[0]) if len(exact) == 1 else None
        if found is None:
            how = "no post" if not keys else "more than one post"
            raise NoSuchPost(f"The key '{prefix[:60]}' fits {how}.", "`gainful chat outbox` lists what is open.")
        return found

    def busy(self, chat: str, at: datetime) -> bool:
        """Whether anything of this chat is to be sent, found out about, or let go of by then. One cheap query."""
        due = (outbox.c.state == PostState.HELD) & (outbox.c.due_at <= instant(at))
        open_ = outbox.c.state.in_([PostState.WAITING, PostState.POSTING])
        query = select(outbox.c.key).where((outbox.c.chat == chat) & (due | open_)).limit(1)
        with reading(self._engine) as connection:
            return connection.scalar(query) is not None

    def waiting(self, chat: str, limit: int = 500) -> list[Post]:
        """What is to be posted, in order, also what is not due yet."""
        return self._select((outbox.c.chat == chat) & (outbox.c.state == PostState.WAITING), limit)

    def left(self, chat: str) -> list[Post]:
        """What is being posted. Whoever alone may send knows: it was left by a process that died."""
        return self._select((outbox.c.chat == chat) & (outbox.c.state == PostState.POSTING), 500)

    def held(self, chat: str, due: datetime) -> list[Post]:
        """What quiet hours hold that are over by then, in order."""
        over = (outbox.c.state == PostState.HELD) & (outbox.c.due_at <= instant(due))
        return self._select((outbox.c.chat == chat) & over, 1000)

    def open(self) -> list[Post]:
        """What may still happen, and what is uncertain, in order."""
        return self._select(outbox.c.state.in_([*OPEN, PostState.UNCERTAIN]), 1000)

    def recent(self, limit: int) -> list[Post]:
        """The last so many, whatever became of them, in order."""
        newest = select(outbox.c.key).order_by(outbox.c.at.desc()).limit(limit)
        return self._select(outbox.c.key.in_(newest.scalar_subquery()), limit)

    def of_run(self, run_id: str) -> list[Post]:
        """What a run has said, in order."""
        return self._select(outbox.c.run_id == run_id, 1000)

    def at(self, chat: str, room: str, message: str) -> Post | None:
        """The post whose message this is; None when it is none of ours."""
        holds = outbox.c.place.contains(json.dumps({"message": message})[1:-1], autoescape=True)
        here = (outbox.c.chat == chat) & (outbox.c.room == room) & (outbox.c.kind != PostKind.EDIT) & holds
        # SQL may find one that differs in upper and lower case alone.
        found = [post for post in self._select(here, 20) if post.place is not None and post.place.message == message]
        return found[-1] if found else None

    def last_answer(self, chat: str, room: str, thread: str, before: datetime) -> Post | None:
        """What a run said last in this thread of a room before then; None where none did."""
        here = (outbox.c.chat == chat) & (outbox.c.room == room) & (outbox.c.thread == thread)
        said = here & (outbox.c.run_id != "") & (outbox.c.kind != PostKind.EDIT) & (outbox.c.at < instant(before))
        found = self._select(said & (outbox.c.state == PostState.POSTED), 1000)
        return found[-1] if found else None

    def last_hops(self, chat: str, room: str, thread: str | None, since: datetime) -> int:
        """The most hops of what was posted in this room, or this thread of it, since then; 0 when nothing was."""
        here = (outbox.c.chat == chat) & (outbox.c.room == room) & (outbox.c.at >= instant(since))
        if thread is not None:
            here &= outbox.c.thread == thread
        found = self._select(here & (outbox.c.state == PostState.POSTED), 200)
        return max((post.words.hops for post in found), default=0)

    # --- sending ---

    def claim(self, key: str, at: datetime) -> Post | None:
        """The post, which is now being posted; None when it waits no more. Durable before anything is sent."""
        waits = (outbox.c.key == key) & (outbox.c.state == PostState.WAITING)
        values = {"state": PostState.POSTING, "tried_at": instant(at), "attempts": outbox.c.attempts + 1}
        with transaction(self._engine) as connection:
            if connection.execute(update(outbox).where(waits).values(**values)).rowcount != 1:
                return None
            return _get(connection, key)

    def opened(self, key: str, room: str, thread: str = "") -> None:
        """Note in which conversation or thread a post is to stand, before it is posted there."""
        values = {"room": room, "thread": thread} if thread else {"room": room}
        with transaction(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.key == key).values(**values))

    def posted(self, post: Post, place: Place, at: datetime, note: str = "") -> None:
        """Note that it has happened. An edit that was changed while it was sent waits once more."""
        mine = (outbox.c.key == post.key) & outbox.c.state.in_([PostState.POSTING, PostState.STREAMING])
        values = {"place": json.dumps(place_json(place)), "note": note, "room": place.room}
        done = {"state": PostState.POSTED, "settled_at": instant(at)}
        with transaction(self._engine) as connection:
            same = mine & (outbox.c.words == _content(post))
            if not connection.execute(update(outbox).where(same).values(**values, **done)).rowcount:
                connection.execute(update(outbox).where(mine).values(**values, state=PostState.WAITING))

    def again(self, key: str, due_at: datetime, note: str) -> None:
        """Note that it has not happened, and is to be tried from then on."""
        values = {"state": PostState.WAITING, "due_at": instant(due_at), "note": note[:500]}
        with transaction(self._engine) as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.key == key, outbox.c.state.in_([PostState.POSTING, PostState.HELD]))
                .values(**values)
            )

    def end(self, key: str, state: PostState, at: datetime, note: str, *, before: Sequence[PostState] = OPEN) -> bool:
        """Note that it is refused, dropped or uncertain. False: it was in none of the states that may come before."""
        here = (outbox.c.key == key) & outbox.c.state.in_(before)
        values = {"state": state, "settled_at": instant(at), "note": note[:500]}
        with transaction(self._engine) as connection:
            return connection.execute(update(outbox).where(here).values(**values)).rowcount == 1

    def settle(self, key: str, *, happened: bool | None, by: str, at: datetime) -> Post:
        """A person's word on an uncertain post: it stands there, it does not and is tried again, or (None) it is left.

        Raises:
            NoSuchPost: There is none.
            PostSettled: It is not uncertain.
        """
        after = {True: PostState.POSTED, False: PostState.WAITING, None: PostState.DROPPED}[happened]
        words = {True: "It is there", False: "It is not there", None: "It is left out"}[happened]
        values = {"state": after, "note": f"{words}, says {by}.", "settled_at": instant(at), "due_at": instant(at)}
        with transaction(self._engine) as connection:
            found = _get(connection, key)
            if found is None:
                raise NoSuchPost(f"No post has the key '{key[:60]}'.", "`gainful chat outbox` lists what is open.")
            if found.state is not PostState.UNCERTAIN:
                raise PostSettled(
                    f"Post {key[:60]} is {found.state}, not uncertain.", "Leave it; `gainful chat outbox` shows it."
                )
            connection.execute(update(outbox).where(outbox.c.key == key).values(**values))
            return replace(found, state=after, note=values["note"])

    def forget(self, before: datetime) -> int:
        """Remove what was settled before then. Returns how many."""
        old = (outbox.c.settled_at < instant(before)) & (outbox.c.settled_at != "")
        settled = outbox.c.state.not_in([*OPEN, PostState.UNCERTAIN])
        with transaction(self._engine) as connection:
            return connection.execute(delete(outbox).where(old & settled)).rowcount

    def _select(self, condition: ColumnElement[bool], limit: int) -> list[Post]:
        query = select(outbox).where(condition).order_by(outbox.c.at, outbox.c.key).limit(limit)
        with reading(self._engine) as connection:
            return [_post(row) for row in connection.execute(query)]


def _get(connection: Connection, key: str) -> Post | None:
    row = connection.execute(select(outbox).where(outbox.c.key == key)).first()
    return _post(row) if row is not None else None


def _content(post: Post) -> str:
    content = {
        "words": words_json(post.words),
        "member": post.member,
        "over": post.over,
        **({"below": post.below} if post.below else {}),
        "tool": post.tool,
        "rules": list(post.rules),
    }
    return json.dumps(content, sort_keys=True)


def _row(post: Post) -> dict[str, Any]:
    return {
        "key": post.key,
        "chat": post.chat,
        "room": post.room,
        "thread": post.thread,
        "kind": post.kind,
        "words": _content(post),
        "run_id": post.run_id,
        "state": post.state,
        "due_at": instant(post.due_at),
        "attempts": post.attempts,
        "tried_at": instant(post.tried_at),
        "place": json.dumps(place_json(post.place)) if post.place is not None else "",
        "note": post.note,
        "at": instant(post.at),
        "settled_at": instant(post.at) if post.state not in OPEN else "",
    }


def _post(row: Row[Any]) -> Post:
    content = json.loads(row.words)
    return Post(
        key=row.key,
        chat=row.chat,
        room=row.room,
        words=words_from(content["words"]),
        at=datetime.fromisoformat(row.at),
        due_at=datetime.fromisoformat(row.due_at),
        thread=row.thread,
        kind=PostKind(row.kind),
        run_id=row.run_id,
        member=content["member"],
        over=content["over"],
        below=content.get("below", ""),
        tool=content["tool"],
        rules=tuple(content["rules"]),
        state=PostState(row.state),
        attempts=row.attempts,
        tried_at=datetime.fromisoformat(row.tried_at),
        place=place_from(json.loads(row.place)) if row.place else None,
        note=row.note,
    )
