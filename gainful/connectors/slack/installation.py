"""The app that a company installs in its workspace, and whether an installation of it works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from gainful.core.errors import GainfulError
from gainful.sdk.egress import EgressRefused, parse

if TYPE_CHECKING:
    from gainful.connectors.slack.chat import SlackChat

COMMAND = "/gainful"


def app_manifest(events_url: str = "") -> str:
    """The manifest to paste where Slack asks for one, as YAML.

    Args:
        events_url: Public address at which Slack reaches Gainful, such as `https://gainful.example.org/chats/slack`;
            without it the app uses Socket Mode.

    Raises:
        EgressRefused: It is no plain https address.
    """
    text = (resources.files(__package__) / "app_manifest.yaml").read_text(encoding="utf-8")
    if not events_url:
        return text
    if parse(events_url).scheme != "https":
        raise EgressRefused("Slack posts events by TLS alone.", "Give an address that begins with https://.")
    content: dict[str, Any] = yaml.safe_load(text)
    for command in content["features"]["slash_commands"]:
        command["url"] = events_url
    content["settings"]["event_subscriptions"] = {
        "request_url": events_url,
        **content["settings"]["event_subscriptions"],
    }
    content["settings"]["interactivity"]["request_url"] = events_url
    content["settings"]["socket_mode_enabled"] = False
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


@cache
def wanted_scopes() -> frozenset[str]:
    """What the bot token has to be allowed."""
    content = yaml.safe_load(app_manifest())
    return frozenset(content["oauth_config"]["scopes"]["bot"])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an installation needs.

    Args:
        what: What was looked at, and what was found.
        next_move: What to do where it is not right.
    """

    what: str
    ok: bool
    next_move: str = ""


def examine(chat: SlackChat) -> Iterator[Finding]:
    """What works and what does not, each as soon as it is known."""
    try:
        me, scopes = chat.me(), chat.scopes()
    except GainfulError as error:
        yield _failed("bot token", error)
    else:
        yield Finding(f"bot token: it is {me.name}, {me.id}", ok=True)
        missing = sorted(wanted_scopes() - scopes)
        move = "Put the manifest of `gainful slack manifest` in place of the app's own, and install it anew."
        if missing:
            yield Finding(f"scopes: {', '.join(missing)} missing", ok=False, next_move=move)
        else:
            yield Finding("scopes: all there", ok=True)
    try:
        chat.try_hearing()
    except GainfulError as error:
        yield _failed("hearing", error)
    else:
        yield Finding(f"hearing: {chat.hears_by}", ok=True)


def _failed(what: str, error: GainfulError) -> Finding:
    return Finding(f"{what}: {error.what}", ok=False, next_move=error.next_move)
