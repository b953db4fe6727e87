"""An imitation of Slack, made from its public documentation: to test against, and to try agents without a workspace."""

from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.server import FakeSlack

__all__ = ["FakeSlack", "Faults"]
