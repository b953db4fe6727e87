"""A process that hears Slack, or says one thing, until it is killed.

hear:  writes down each batch, and prints the ids that it wrote
say:   looks for the message with the key, posts it if there is none, and prints where it stands
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gainful.connectors.slack import SlackAccess, SlackChat
from gainful.core.clock import system_clock
from gainful.sdk.chat import ChatUnreachable, Words
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret


def hear(chat: SlackChat, file: Path) -> None:
    with file.open("a", encoding="utf-8") as book:
        while True:
            events = chat.events(timedelta(seconds=1))
            for event in events:
                book.write(f"{event.id}\n")
            book.flush()
            os.fsync(book.fileno())
            if events:
                print(*(event.id for event in events), flush=True)


def say(chat: SlackChat, room: str, key: str) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    place = chat.find(room, key, since=since)
    try:
        place = place or chat.post(Grant(key, "chat.post"), room, Words("Once.", "handbook"))
    except ChatUnreachable:
        os.kill(os.getpid(), signal.SIGKILL)
    assert place is not None
    print(place.message, flush=True)


def main() -> None:
    what, url, bot, app, *more = sys.argv[1:]
    access = SlackAccess(
        bot=Handle.of(Secret("slack:bot", bot)),
        app=Handle.of(Secret("slack:app", app)),
        base_url=url,
        settle=timedelta(0),
        ping=1.0,
    )
    chat = SlackChat.open(access, system_clock)
    if what == "hear":
        hear(chat, Path(more[0]))
    else:
        say(chat, *more)
        chat.close()


main()
