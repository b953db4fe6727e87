"""Mail in an mbox file, to read."""

from gainful.connectors.mbox.mailbox import MailboxReadOnly, MboxMailbox

__all__ = ["MailboxReadOnly", "MboxMailbox"]
