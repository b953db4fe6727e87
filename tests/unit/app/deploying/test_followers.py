"""Those who follow deployments, put together from the settings of an installation."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gainful.app import Gainful
from gainful.app.deploying.delivery import keys_of
from gainful.app.deploying.followers import Followers, installed_followers
from gainful.core.deploy_event import EventKind as K
from gainful.core.deployment import Release, Running, TargetState
from gainful.ledger.outcome import Outcome
from gainful.storage.settings.config import Home
from gainful.worth.delivery import Standing
from tests.unit.jobs.deploy.courses import NOW, course, plan_of, release_of

SETTINGS = """
[git.repositories]
shop = "/srv/git/shop.git"

[[services]]
name = "shop"
repository = "shop"
target = { kind = "command" }
on_call = "sam"
survival_hours = 1
"""


def settled(followers: Followers, app: Gainful, *kinds: Any, **more: Any) -> None:
    """A deployment that took this course, told event by event."""
    end, events = course(*kinds, **more)
    app.deployments_kept.begin(course(**more)[0])
    for event in events:
        app.deployments_kept.record(end, event)
        followers.told(end, event)


def test_the_books_follow_and_without_a_chat_nothing_breaks(tmp_path: Path) -> None:
    home, now = Home(tmp_path), [NOW]
    home.prepare()
    home.config.write_text(SETTINGS, encoding="utf-8")

    def clock() -> datetime:
        return now[0]

    with Gainful.open(home, clock) as app:
        live = TargetState(Running(Release("", "sha256:a"), "blue"))
        followers = installed_followers(app, app.chats, lambda: app.toolbox.calendars, lambda _: live)
        settled(followers, app, K.PLANNED, K.BEGUN, K.PROMOTED, plan=plan_of("a"))
        now[0] += timedelta(hours=2)
        (watcher,) = followers.watchers(lambda error: None)
        assert watcher.name == "watch survival of deployments"
        followers.look()
        assert app.ledger.outcome(f"deployment:shop:{release_of('a')}") is Outcome.VERIFIED
        found = keys_of(app.deployments_kept, lambda _: timedelta(hours=1), "shop", NOW, now[0])
        assert found.counts[Standing.EFFECTIVE] == 1
        assert found.lead_time == timedelta(hours=2, seconds=20)
        followers.close()
        assert app.outbox.recent(10) == []
