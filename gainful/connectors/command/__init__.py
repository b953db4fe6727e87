"""The company's own deploy script, as a deploy target."""

from gainful.connectors.command.config import CommandSettings
from gainful.connectors.command.target import CommandTarget

__all__ = ["CommandSettings", "CommandTarget"]
