"""Slack's own framework as it comes, with its own web socket: the imitation is not made for our client alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from gainful.connectors.slack.fake import FakeSlack
from tests.fixtures.waiting import eventually


def test_an_app_of_bolt_answers_mentions_presses_and_commands(slack: FakeSlack) -> None:
    app = App(
        client=WebClient(slack.bot_token, base_url=f"{slack.url}/api/"),
        signing_secret=slack.signing_secret,
        token_verification_enabled=True,
    )
    button = {"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Yes"}, "value": "id"}

    @app.event("app_mention")
    def mentioned(event: dict[str, Any], say: Callable[..., Any]) -> None:
        blocks = [{"type": "actions", "elements": [button]}]
        say(text=f"Hello <@{event['user']}>", thread_ts=event["ts"], blocks=blocks)

    @app.event("message")
    def written() -> None:
        """Let it be acknowledged."""

    @app.action("yes")
    def pressed(ack: Callable[[], Any], respond: Callable[..., Any]) -> None:
        ack()
        respond(text="Pressed.", replace_original=False)

    @app.command("/gainful")
    def commanded(ack: Callable[..., Any], command: dict[str, Any]) -> None:
        ack()
        app.client.chat_postEphemeral(channel=command["channel_id"], user=command["user_id"], text=command["text"])

    handler = SocketModeHandler(app, slack.app_token)
    handler.connect()
    try:
        assert eventually(slack.connections)
        asked = slack.say("ada", "help", "@gainful hello")
        assert eventually(lambda: slack.by_bot("help"))
        (answer,) = slack.by_bot("help")
        assert (answer.text, answer.thread_ts) == (f"Hello <@{slack.member('ada')}>", asked)
        slack.press("bo", "help", answer.ts, "id")
        slack.command("ada", "help", "/gainful", "why")
        assert eventually(lambda: slack.whispers("bo") and slack.whispers("ada"))
        assert slack.whispers("bo")[0]["text"] == "Pressed."
        assert slack.whispers("ada")[0]["text"] == "why"
        assert eventually(lambda: not slack.unacknowledged())
    finally:
        handler.close()
