"""The tools `feeds.list` and `feeds.entries`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources

from gainful.core.errors import Invalid
from gainful.core.value import Json
from gainful.sdk.connector import Context
from gainful.sdk.declaration import read_declaration
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import ToolUnreachable
from gainful_feeds.feed import entries_of

MOST = 30
"""Entries in one answer."""


class FeedUnknown(Invalid):
    """The settings name no such feed, or the settings are not as they should be."""

    code = "feed-unknown"


class Feeds:
    """The connector."""

    manifest = resources.files(__package__).joinpath("manifest.toml").read_text("utf-8")

    def tools(self, context: Context) -> list[Operation]:
        """Both tools, over the feeds that the settings name."""
        feeds = context.settings.get("feeds", {})
        if not isinstance(feeds, dict) or not all(isinstance(url, str) for url in feeds.values()):
            raise FeedUnknown(
                "[connectors.feeds.settings] has no table of feeds.", 'Write: feeds = { news = "https://…" }'
            )
        spec = read_declaration(self.manifest)

        def listed(_grant: Grant, _given: Mapping[str, Json]) -> Json:
            return sorted(feeds)

        def entries(_grant: Grant, given: Mapping[str, Json]) -> Json:
            found = entries_of(_fetched(context, _address(feeds, given["feed"])))
            since = _day(given.get("since", ""))
            newest = sorted((one for one in found if one["at"] >= since), key=lambda one: one["at"], reverse=True)
            return newest[:MOST]

        # Reading leaves nothing behind: a call whose answer was lost is simply made again.
        return [
            Operation(spec["feeds.list"], listed, nothing_left),
            Operation(spec["feeds.entries"], entries, nothing_left),
        ]


def _address(feeds: Mapping[str, str], name: str) -> str:
    if name not in feeds:
        raise FeedUnknown(f"There is no feed '{name[:60]}'.", f"There are: {', '.join(sorted(feeds)) or 'none'}.")
    return feeds[name]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise FeedUnknown(f"{text[:40]!r} is no day.", "Write it like 2026-11-22.") from None


def _fetched(context: Context, url: str) -> bytes:
    with context.open_http() as http:
        answer = http.request("GET", url, headers={"accept": "application/rss+xml, application/atom+xml, text/xml"})
    if answer.status != 200:
        raise ToolUnreachable(f"The feed is not given (HTTP {answer.status}).", "Check its address.", sent=False)
    return answer.body


connector = Feeds()
