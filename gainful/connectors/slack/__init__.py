"""Slack: the agents' messages, and what people say to them."""

from gainful.connectors.slack.access import SlackAccess
from gainful.connectors.slack.chat import SlackChat

__all__ = ["SlackAccess", "SlackChat"]
