"""What a connection to Slack is made with: handles to its secrets, and where the server is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from gainful.sdk.egress import Egress, parse
from gainful.sdk.secret import Handle

HOSTS = frozenset({"slack.com", "*.slack.com"})
"""The Web API, the sockets, and the addresses at which commands and presses are answered."""

_METHODS = frozenset({"GET", "POST"})
_API = re.compile(r"/(?:api/?)?")


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """One installation of the app in one workspace.

    Args:
        bot: The bot token, `xoxb-…`.
        app: The app-level token, `xapp-…`, for Socket Mode.
        signing: The signing secret, for the Events API.
        person: A user token, `xoxp-…`: then messages, edits and reactions are that person's, marked all the same.
        base_url: Another server than Slack's own, such as `http://127.0.0.1:8065`: then nothing but it is reached.
        socket: Hear by Socket Mode. Without it, the Events API brings what happens; see `SlackChat.handle`.
        ping: Seconds between two looks whether the socket is still alive, and until it is opened again.
        patience: How long a call may wait for its turn under Slack's limits.
        settle: How long Slack may still be busy with a post whose answer never came.
        hold_back: Show what is added to a message that grows together, rather than each piece by itself.
    """

    bot: Handle
    app: Handle | None = None
    signing: Handle | None = None
    person: Handle | None = None
    base_url: str = ""
    socket: bool = True
    ping: float = 5.0
    patience: timedelta = timedelta(seconds=30)
    settle: timedelta = timedelta(seconds=10)
    hold_back: bool = True

    def egress(self) -> Egress:
        """What the connection may reach.

        Raises:
            EgressRefused: The other server's address is not plain.
        """
        if not self.base_url:
            return Egress(hosts=HOSTS, methods=_METHODS)
        return Egress(methods=_METHODS, private_ok=frozenset({parse(self.base_url).origin}))

    def api_url(self) -> str:
        """The address below which the methods of the Web API lie.

        Raises:
            EgressRefused: The other server's address is not plain.
        """
        if not self.base_url:
            return "https://slack.com/api/"
        target = parse(self.base_url)
        return f"{target.origin}/api/" if _API.fullmatch(target.path) else f"{target.url.rstrip('/')}/"
