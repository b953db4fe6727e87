"""imapclient, with the few things added that it does not offer. The one place that touches its inner parts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientReadOnlyError
from imapclient.response_parser import parse_fetch_response

# At DEBUG the library logs every line of the session, and so the text of people's mail.
logging.getLogger("imapclient").setLevel(logging.INFO)

FolderLine = tuple[frozenset[str], str, str]
"""Attributes in lower case, separator, name."""


class Wire(IMAPClient):  # type: ignore[misc, unused-ignore]
    """One open IMAP connection."""

    _look_first = False

    def select_folder(self, folder: str, readonly: bool = False) -> dict[bytes, Any]:
        """What the server says on SELECT or EXAMINE.

        imaplib takes a SELECT that the server grants for reading only as an error, and refuses each later command
        for the same reason; here the later ones go on.
        """
        try:
            return dict(super().select_folder(folder, readonly))
        except IMAPClientReadOnlyError:
            self._imap.is_readonly = True
            raise

    def fetch_set(self, uid_set: str, items: Collection[str]) -> dict[int, dict[bytes, Any]]:
        """What the server tells about these uids, by uid; the set may hold ranges. Times keep their zone."""
        typ, data = self._imap.uid("FETCH", uid_set, f"({' '.join(items)})")
        self._checkok("fetch", typ, data)
        return dict(parse_fetch_response(data, False, True))

    def folders(self) -> list[FolderLine]:
        """Every folder with its attributes, special uses included even where servers give them on request only.

        Source: RFC 6154, section 2; RFC 5258.
        """
        if self.has_capability("LIST-EXTENDED") and self.has_capability("SPECIAL-USE"):
            data = self._raw_command_untagged(b"LIST", [b'""', b'"*"', b"RETURN", b"(SPECIAL-USE)"], uid=False)
            lines = self._proc_folder_list(data)
        else:
            lines = self.list_folders()
        return [
            (frozenset(a.decode("ascii", "replace").lower() for a in attributes), _text(separator), name)
            for attributes, separator, name in lines
        ]

    def prefix(self) -> str:
        """What the names of a person's own folders begin with, such as `INBOX.`; mostly nothing."""
        if not self.has_capability("NAMESPACE"):
            return ""
        personal = self.namespace().personal
        return str(personal[0][0]) if personal else ""

    def take_code(self, name: str) -> list[bytes]:
        """Arguments of the response codes of that name since they were last taken, tagged and untagged."""
        data = self._imap.response(name)[1]
        return [item for item in data if isinstance(item, bytes)]

    def ask_capabilities_again(self) -> None:
        """Forget what was offered before login: servers offer more, or less, after it."""
        self._cached_capabilities = None
        self.capabilities()

    def listen(self, seconds: float, is_news: Callable[[object], bool]) -> bool:
        """Whether the server told news within one IDLE of at most that long; returns at the first.

        imapclient polls the socket, and so misses lines that came in one packet with the continuation and already lie
        in the buffer; the first look is therefore made without polling.
        """
        self.idle()
        self._look_first = True
        said = list(self.idle_check(timeout=0))
        end = time.monotonic() + seconds
        while not any(map(is_news, said)) and (left := end - time.monotonic()) > 0:
            said = list(self.idle_check(timeout=left))
            # An early empty answer is a closed connection, or TLS housekeeping: ending the IDLE tells which.
            if not said:
                break
        return any(map(is_news, said + list(self.idle_done()[1])))

    def _poll_socket(self, sock: Any, timeout: float | None = None) -> Any:
        if self._look_first:
            self._look_first = False
            return [sock]
        return super()._poll_socket(sock, timeout)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
