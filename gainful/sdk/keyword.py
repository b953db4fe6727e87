"""Which labels can live in a mailbox: IMAP keywords, as every connector checks them."""

from __future__ import annotations

import re
from collections.abc import Collection

from gainful.core.errors import Invalid

LONGEST = 50
"""Characters; Dovecot's default for `mail_max_keyword_length`, the tightest limit met."""

SYSTEM = frozenset({"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent"})

# An atom of RFC 3501, section 9: no control character, space, or one of ( ) { % * " \ ].
_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")


def check_keywords(names: Collection[str]) -> None:
    """Nothing, when all these can be keywords.

    Raises:
        Invalid: One is a system flag, or has a character or a length that mail servers refuse.

    Source: RFC 3501, sections 2.3.2 and 9 (`flag-keyword`).
    """
    for name in names:
        if name.startswith("\\"):
            raise Invalid(f"{name[:LONGEST]!r} is a system flag.", "Gainful sets keywords only; choose another label.")
        if len(name) > LONGEST or not _ATOM.fullmatch(name):
            raise Invalid(
                f"{name[: LONGEST + 1]!r} cannot be an IMAP keyword.",
                f'Use 1 to {LONGEST} ASCII characters without spaces and without ( ) {{ % * " \\ ] .',
            )
