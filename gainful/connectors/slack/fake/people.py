"""What people do in the imitation, and how the app is told of it."""

from __future__ import annotations

from typing import Any

from gainful.connectors.slack.fake.delivery import COMMANDS, EVENTS, PRESSES, Delivery
from gainful.connectors.slack.fake.records import Sent
from gainful.connectors.slack.fake.web_api import WebApi
from gainful.connectors.slack.fake.workspace import Channel, Json, NotDone, Post, User, Workspace, posted

HEARD = frozenset({"message", "app_mention", "reaction_added"})
"""The events that the app is subscribed to."""


class PeopleDo:
    """Acts for people. Used in the loop of the imitation alone."""

    def __init__(self, workspace: Workspace, delivery: Delivery, api: WebApi) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._api = api
        workspace.listeners.append(self._happened)

    def say(self, person: str, channel: str, text: str, thread: str = "") -> Post:
        """Somebody writes into a channel that they are in."""
        user, room = self._inside(person, channel)
        post = Post(self._workspace.new_ts(), user.id, self._workspace.typed(text), thread_ts=thread)
        return self._workspace.add_post(room, post)

    def say_directly(self, person: str, text: str, thread: str = "") -> Post:
        """Somebody writes to the app's bot alone."""
        user = self._workspace.user(person)
        return self.say(person, self._workspace.direct(user.id, self._workspace.bot.id).id, text, thread)

    def rewrite(self, person: str, channel: str, ts: str, text: str) -> None:
        """Somebody changes what they wrote. One that names the bot for the first time calls it, as in Slack."""
        user, room = self._inside(person, channel)
        post = self._workspace.post_at(room, ts)
        post.text = self._workspace.typed(text)
        self._workspace.change(room, post, user.id)

    def remove(self, person: str, channel: str, ts: str) -> None:
        """Somebody takes a message away."""
        _, room = self._inside(person, channel)
        self._workspace.remove(room, ts)

    def react(self, person: str, channel: str, ts: str, name: str) -> None:
        """Somebody reacts."""
        user, room = self._inside(person, channel)
        self._workspace.react(room, ts, user.id, name)

    def press(self, person: str, channel: str, ts: str, value: str) -> Sent:
        """Somebody presses the button with this value."""
        user, room = self._inside(person, channel)
        post = self._workspace.post_at(room, ts)
        for block in post.blocks:
            for element in block.get("elements", []) if block.get("type") == "actions" else []:
                if element.get("value") == value:
                    return self._pressed(user, room, post, {**element, "block_id": block.get("block_id", "b")})
        raise NotDone("message_not_found")

    def command(self, person: str, channel: str, command: str, text: str = "") -> Sent:
        """Somebody types a command."""
        user, room = self._inside(person, channel)
        payload = {
            **self._common(),
            "command": command,
            "text": text,
            "user_id": user.id,
            "user_name": user.name,
            "team_id": self._workspace.team,
            "channel_id": room.id,
            "channel_name": room.name or "directmessage",
            "response_url": self._api.answer_address(room, user),
        }
        return self._deliver(COMMANDS, "", payload)

    def invite(self, channel: str, name: str = "") -> None:
        """Somebody, the app's bot by default, is brought into a channel."""
        room = self._workspace.channel(channel)
        user = self._workspace.user(name) if name else self._workspace.bot
        if user.id not in room.members:
            room.members.append(user.id)
            self._workspace.touch()

    def _inside(self, person: str, channel: str) -> tuple[User, Channel]:
        user, room = self._workspace.user(person), self._workspace.channel(channel)
        if user.id not in room.members:
            raise NotDone("not_in_channel")
        return user, room

    def _pressed(self, user: User, room: Channel, post: Post, element: Json) -> Sent:
        action = {
            "type": "button",
            "action_id": element.get("action_id"),
            "block_id": element["block_id"],
            "text": element.get("text"),
            "value": element.get("value"),
            "action_ts": self._workspace.new_ts(),
        }
        payload = {
            **self._common(),
            "type": "block_actions",
            "user": {"id": user.id, "username": user.name, "team_id": self._workspace.team},
            "team": {"id": self._workspace.team, "domain": "example"},
            "channel": {"id": room.id, "name": room.name or "directmessage"},
            "container": {"type": "message", "message_ts": post.ts, "channel_id": room.id, "is_ephemeral": False},
            "message": posted(post),
            "actions": [action],
            "response_url": self._api.answer_address(room, user),
        }
        return self._deliver(PRESSES, "", payload)

    def _common(self) -> Json:
        return {
            "token": "not-used",
            "api_app_id": self._workspace.app_id,
            "trigger_id": self._workspace.new_id("trigger."),
        }

    def _happened(self, channel: Channel, event: Json) -> None:
        if event["type"] not in HEARD or self._workspace.bot.id not in channel.members:
            return
        event_id = self._workspace.new_id("Ev")
        payload: dict[str, Any] = {
            "token": "not-used",
            "team_id": self._workspace.team,
            "api_app_id": self._workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self._workspace.clock().timestamp()),
            "is_ext_shared_channel": False,
            "authorizations": [{"team_id": self._workspace.team, "user_id": self._workspace.bot.id, "is_bot": True}],
        }
        self._deliver(EVENTS, event_id, payload)

    def _deliver(self, kind: str, event: str, payload: Json) -> Sent:
        return self._delivery.deliver(self._workspace.new_id("envelope-"), kind, event, payload)
