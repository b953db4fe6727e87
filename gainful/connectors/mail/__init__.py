"""Tools over the person's mailboxes, whatever keeps them: search, read, draft."""

from gainful.connectors.mail.tools import Box, mail_tools

__all__ = ["Box", "mail_tools"]
