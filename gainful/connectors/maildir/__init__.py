"""Mail in a Maildir."""

from gainful.connectors.maildir.mailbox import MaildirMailbox

__all__ = ["MaildirMailbox"]
