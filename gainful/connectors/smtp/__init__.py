"""Sends mail by SMTP, always with TLS, and keeps a copy where sent mail lies."""

from gainful.connectors.smtp.server import SmtpServer
from gainful.connectors.smtp.tools import Outbox, smtp_tools

__all__ = ["Outbox", "SmtpServer", "smtp_tools"]
