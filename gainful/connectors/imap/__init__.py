"""Mail over IMAP."""

from gainful.connectors.imap.address import ImapAddress
from gainful.connectors.imap.mailbox import ImapMailbox
from gainful.connectors.imap.session import CleartextRefused

__all__ = ["CleartextRefused", "ImapAddress", "ImapMailbox"]
