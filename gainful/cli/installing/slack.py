"""`gainful slack`: the app to install in a workspace, and whether an installation of it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.connectors.slack import SlackChat


class NotSlack(Invalid):
    """The chat is not one of Slack."""

    code = "not-slack"


@click.group(short_help="Slack: the app to install, and whether it works.")
@json_option
def slack() -> None:
    """Slack, by an app that you install in your own workspace. docs/how-to/slack.md tells how."""


@slack.command(short_help="Print the app's manifest.")
@click.option("--events-url", metavar="URL", default="", help="Where Slack reaches Gainful; without it: Socket Mode.")
@json_option
@click.pass_obj
def manifest(context: Context, events_url: str) -> None:
    """Print the manifest of the app, for Slack's page "Create New App, From a manifest"."""
    from gainful.connectors.slack.installation import app_manifest

    text = app_manifest(events_url)
    if context.as_json:
        emit({"manifest": text})
    else:
        say(text.rstrip("\n"))


@slack.command(short_help="See whether tokens and scopes are right.")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def check(context: Context, name: str | None) -> int:
    """Sign in to the chat NAME, or to every Slack, and show whether its tokens work and which scopes are missing."""
    from gainful.connectors.slack.installation import examine

    wrong = False
    with context.open() as app:
        names = [name] if name else [chat.name for chat in app.config.chats if chat.kind == "slack"]
        for one in names:
            for finding in examine(slack_of(app, one)):
                wrong = wrong or not finding.ok
                if context.as_json:
                    emit({"chat": one, "ok": finding.ok, "what": finding.what, "next_move": finding.next_move})
                    continue
                say(f"{'ok' if finding.ok else 'FAIL':4}  {safe(one):16} {safe(finding.what)}")
                if finding.next_move:
                    say(f"      {safe(finding.next_move)}")
    if not names and not context.as_json:
        say("No Slack is set up. docs/how-to/slack.md tells how.")
    return exits.FINDINGS if wrong else exits.OK


def slack_of(app: Gainful, name: str) -> SlackChat:
    """The connection to the chat with this name.

    Raises:
        NoSuchChat, NotSlack: There is none, or not of Slack.
    """
    from gainful.connectors.slack import SlackChat

    chat = app.chats.connections.chat(name)
    if not isinstance(chat, SlackChat):
        raise NotSlack(f"The chat '{name[:60]}' is not one of Slack.", f"See it: gainful chat check {name[:60]}")
    return chat
