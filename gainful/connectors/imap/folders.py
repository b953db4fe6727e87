"""Which of the server's folders is the archive, the drafts, and so on."""

from __future__ import annotations

from collections.abc import Iterable

from gainful.connectors.imap.wire import FolderLine
from gainful.core.mail import Role
from gainful.sdk.folders import DEFAULT_NAMES, by_common_name

_ATTRIBUTES = {
    Role.ARCHIVE: ("\\archive",),
    Role.DRAFTS: ("\\drafts",),
    Role.SENT: ("\\sent",),
    Role.TRASH: ("\\trash",),
    Role.JUNK: ("\\junk", "\\spam"),
}
_GMAIL = ("[gmail]", "[google mail]")
_UNUSABLE = frozenset({"\\noselect", "\\nonexistent"})


class Folders:
    """The account's folders at one moment.

    Args:
        prefix: What names of own folders begin with, such as `INBOX.`.
    """

    def __init__(self, lines: Iterable[FolderLine], prefix: str) -> None:
        self._lines = [line for line in lines if not line[0] & _UNUSABLE]
        self._prefix = prefix
        self.names = {name for _, _, name in self._lines}
        self.separator = next((separator for _, separator, _ in self._lines if separator), "")

    def role(self, role: Role) -> str | None:
        """The folder with this role: by its special use, else by a common name. None when there is none."""
        if role is Role.INBOX:
            return "INBOX"
        for attribute in _ATTRIBUTES[role]:
            for attributes, _, name in self._lines:
                if attribute in attributes:
                    return name
        if role is Role.ARCHIVE and (everything := self._gmail_archive()):
            return everything
        return by_common_name(role, self.names, self.separator, self._prefixes()) or None

    def default(self, role: Role) -> str:
        """The name under which such a folder is created."""
        return self._prefix + DEFAULT_NAMES[role]

    def _gmail_archive(self) -> str:
        """Gmail archives by moving to "All Mail". Elsewhere `\\All` is a view of all mail, nowhere to move to."""
        for attributes, separator, name in self._lines:
            if "\\all" in attributes and name.lower().partition(separator or "/")[0] in _GMAIL:
                return name
        return ""

    def __contains__(self, name: object) -> bool:
        # INBOX is the one name that is the same in any case: RFC 3501, section 5.1.
        return name in self.names or (isinstance(name, str) and name.upper() == "INBOX")

    def _prefixes(self) -> list[str]:
        separator = self.separator or "/"
        known = ("", self._prefix, f"INBOX{separator}", f"[Gmail]{separator}", f"[Google Mail]{separator}")
        return list(dict.fromkeys(known))
