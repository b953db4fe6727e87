"""File and folder names of a Maildir: unique part, flags, keywords, Maildir++ folders.

Source: cr.yp.to/proto/maildir.html; the Maildir++ description by Courier; Dovecot's notes on its Maildir format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from imapclient import imap_utf7  # type: ignore[import-untyped, unused-ignore]

from gainful.core.errors import Invalid

INFO = ":2,"
_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
"""Keyword letters; which keyword each means stands in the folder's `dovecot-keywords`."""

LONGEST_FOLDER = 200
_UNUSABLE = re.compile(r"[/\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class FileName:
    """A mail's file name, taken apart.

    Args:
        unique: What stays the same when flags change; the mail's uid.
        letters: Flags and keywords as letters, in ASCII order. Unknown ones are kept.
    """

    unique: str
    letters: str = ""

    @classmethod
    def parse(cls, name: str) -> FileName:
        """The parts of a name in `cur` or `new`."""
        unique, _, info = name.partition(":")
        return cls(unique, info.removeprefix("2,") if info.startswith("2,") else "")

    def __str__(self) -> str:
        return f"{self.unique}{INFO}{''.join(sorted(set(self.letters)))}"

    def flags(self, keywords: Mapping[str, str]) -> frozenset[str]:
        """Flags in IMAP spelling and keywords by name; letters that mean nothing here are left out."""
        known = {**_FLAGS, **keywords}
        return frozenset(known[letter] for letter in self.letters if letter in known)

    def with_keywords(self, add: str, remove: str) -> FileName:
        """The name with keyword letters added and removed."""
        return FileName(self.unique, "".join(sorted((set(self.letters) - set(remove)) | set(add))))


def folder_name(directory: str) -> str:
    """What people call the folder in the directory `.Name`; parts are separated by dots."""
    encoded = directory.removeprefix(".")
    try:
        name = str(imap_utf7.decode(encoded.encode("ascii")))
    except ValueError:
        # Some programs write plain UTF-8.
        return encoded
    return name if _encode(name) == encoded else encoded


def folder_directory(name: str) -> str:
    """The directory of a new folder of that name.

    Raises:
        Invalid: The name cannot be a Maildir++ folder's, or would leave the Maildir.
    """
    if _UNUSABLE.search(name) or not all(name.split(".")) or len(_encode(name)) > LONGEST_FOLDER:
        raise Invalid(
            f"{name[:60]!r} cannot be a folder of a Maildir.",
            "Use a name without slashes and control characters, with single dots only between parts.",
        )
    return f".{_encode(name)}"


def _encode(name: str) -> str:
    encoded: bytes = imap_utf7.encode(name)
    return encoded.decode("ascii")
