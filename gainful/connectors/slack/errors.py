"""Our error for each of Slack's answers that is none.

Invalid
├── SlackUnset    a token or secret that is needed is not there
├── NoSuchRoom    of the sdk
└── WordsTooLong  of the sdk
Refused
└── ChatRefused   of the sdk
    └── SlackRefused  with Slack's own word for it
Unavailable
└── ChatUnreachable of the sdk
"""

from __future__ import annotations

import re

from gainful.core.errors import GainfulError, Invalid
from gainful.sdk.chat import ChatRefused, ChatUnreachable, NoSuchRoom, WordsTooLong

_NOT_THERE = frozenset(
    {
        "channel_not_found",
        "user_not_found",
        "users_not_found",
        "user_not_visible",
        "thread_not_found",
        "message_not_found",
        "is_archived",
    }
)
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "msg_blocks_too_many", "metadata_too_large"})
_BUSY = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "update_failed",
        "messaging_processing_failed",
        "fetch_members_failed",
    }
)
"""Slack is at fault, and what was asked for may have happened all the same."""
_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "app_access_restricted",
    }
)
LIMITED = frozenset({"ratelimited", "rate_limited"})
_SCOPES = re.compile(r"[a-z:., _]{1,200}")
_CODE = re.compile(r"[a-z_]{1,60}")


class SlackUnset(Invalid):
    """A token or the signing secret, without which Slack cannot be spoken to, is not set."""

    code = "slack-unset"


class SlackRefused(ChatRefused):
    """A `ChatRefused` that remembers Slack's own word for it, such as `streaming_state_conflict`."""

    def __init__(self, what: str, next_move: str = "", *, said: str = "") -> None:
        super().__init__(what, next_move)
        self.said = said


def refusal(method: str, error: object, needed: object = "") -> GainfulError:
    """What Slack's error code means for who has called.

    Args:
        needed: The scope that is missing, where Slack tells it.
    """
    # Whatever comes is a stranger's text until it has the form of a code.
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else "an error without a name"
    said = f"Slack answers {method} with {code}."
    if code in _NOT_THERE:
        return NoSuchRoom(said, "Check the id, and that the app has been invited there.")
    if code in _TOO_LONG:
        return WordsTooLong(said, "Say it in fewer words, or in several messages.")
    if code in _BUSY:
        return ChatUnreachable(said, "Try again later.", sent=True)
    move = "Look the code up in Slack's documentation of the method."
    if code in _TOKEN:
        move = "Give the app's tokens anew: docs/how-to/slack.md tells where they stand."
    elif code == "missing_scope":
        scopes = needed if isinstance(needed, str) and _SCOPES.fullmatch(needed) else "a scope"
        said = f"{said} It would need {scopes}."
        move = "Install the app anew with the manifest of `gainful slack manifest`."
    elif code == "not_in_channel":
        move = "Invite the app to that channel."
    return SlackRefused(said, move, said=code)
