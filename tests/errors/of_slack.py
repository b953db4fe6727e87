"""Reproducers of what can go wrong with Slack."""

from __future__ import annotations

from gainful.cli.installing.slack import slack_of
from gainful.connectors.slack import SlackAccess, SlackChat
from gainful.core.clock import system_clock
from gainful.sdk.secret import Handle, Secret
from tests.errors.registry import Place, reproduces


@reproduces("slack-unset")
def _a_token_that_nobody_has_set(place: Place) -> None:
    chat = SlackChat.open(SlackAccess(bot=Handle.of(None)), system_clock)
    try:
        chat.me()
    finally:
        chat.close()


@reproduces("not-slack")
def _a_matrix_asked_for_as_if_it_were_slack(place: Place) -> None:
    place.home.prepare()
    place.home.config.write_text(
        '[[chats]]\nname = "m"\nkind = "matrix"\nbase_url = "https://example.org"\n',
        encoding="utf-8",
    )
    with place.app() as app:
        app.secrets.put("matrix:m", Secret("matrix:m", "token"))
        slack_of(app, "m")
