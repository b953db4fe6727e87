"""What of a repository ships, and one digest over its content, the same in a repository and on a disk.

    ships("app/web/views.py", ["app/**"], ["**/tests/**"])          # True
    content_digest([("app/main.py", "100644", b"print(1)\\n")])      # "sha256:…"

A pattern is read as git reads the globs of a path: `*`, `?` and `[abc]` stay within a folder, `**` crosses folders and
may stand for none. A pattern without any of them names a file, or a folder with all that lies in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

LINK = "120000"
"""Git's mode of a link; its content is where it leads."""

_WILD = re.compile(r"[*?[]")
_ENOUGH = 256


def ships(path: str, ships: Sequence[str], ignores: Sequence[str] = ()) -> bool:
    """Whether the file of this path is shipped: named by one pattern of `ships`, and by none of `ignores`.

    Args:
        path: From the repository's folder on, with `/` between folders.
    """
    return matches(path, ships) and not matches(path, ignores)


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns names this path."""
    return bool(patterns) and _matcher(tuple(patterns)).fullmatch(path) is not None


def content_digest(files: Iterable[tuple[str, str, bytes]]) -> str:
    """`sha256:` and hexadecimal, over path, git mode and content of each file, in whatever order they come.

    Args:
        files: Each with its mode as git writes it (`100644`, `100755`, `120000`); a link's content is where it leads.
    """
    return digest_of_digests((path, mode, hashlib.sha256(content).hexdigest()) for path, mode, content in files)


def digest_of_digests(files: Iterable[tuple[str, str, str]]) -> str:
    """The same digest, for whom the SHA-256 of each content, in hexadecimal, is at hand and not the content itself."""
    lines = sorted((_octets(path), normal_mode(mode).encode(), sha256.encode()) for path, mode, sha256 in files)
    whole = hashlib.sha256()
    for path, mode, sha256 in lines:
        # No path holds a NUL, and neither of the others does: two lists never read the same.
        whole.update(b"%s\0%s\0%s\n" % (path, mode, sha256))
    return f"sha256:{whole.hexdigest()}"


def normal_mode(mode: str) -> str:
    """The mode as git writes it today: the old `100664` is `100644`; what is not a plain file stays as it is."""
    return mode if not mode.startswith("100") else "100755" if int(mode, 8) & 0o100 else "100644"


def _octets(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


@lru_cache(_ENOUGH)
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns), re.DOTALL)


def _expression(pattern: str) -> str:
    folder = pattern.rstrip("/")
    if folder != pattern or not _WILD.search(pattern):
        return _of_segments(folder.split("/")) + r"(?:/.*)?"
    return _of_segments(pattern.split("/"))


def _of_segments(segments: Sequence[str]) -> str:
    """The expression of a path; `**` as a folder's name stands for any number of folders.

    What stands between two of them is sought once, from the left, and kept: a path of a thousand folders takes no
    longer than its length says.
    """
    blocks: list[list[str]] = [[]]
    for name in segments:
        if name != "**":
            blocks[-1].append(_of_segment(name))
        elif len(blocks) == 1 or blocks[-1]:
            blocks.append([])
    if len(blocks) == 1:
        return "/".join(blocks[0])
    first, *middle, last = map("/".join, blocks)
    sought = "".join(rf"(?>(?:[^/]+/)*?{block}/)" for block in middle)
    return (f"{first}/" if first else "") + sought + (rf"(?:[^/]+/)*{last}" if last else ".+")


def _of_segment(segment: str) -> str:
    """The expression of a name. What stands after a `*` is sought once, from the left, and kept: a hostile name with a
    hostile pattern takes no longer than another."""
    pieces = [_of_piece(piece) for piece in re.split(r"\*+", segment)]
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle if piece) + "[^/]*" + last


def _of_piece(piece: str) -> str:
    made, at = "", 0
    while at < len(piece):
        found = re.compile(r"\[([!^]?)(\]?[^\]/]*)\]").match(piece, at)
        if piece[at] == "?":
            made, at = made + "[^/]", at + 1
        elif found is not None:
            made, at = made + _of_class(found[1], found[2]), found.end()
        else:
            made, at = made + re.escape(piece[at]), at + 1
    return made


def _of_class(negated: str, letters: str) -> str:
    inner = re.sub(r"([\\\[\]^&~|])", r"\\\1", letters)
    try:
        re.compile(f"[{inner}]")
    except re.error:
        # Such as `[z-a]`, which names nothing.
        return "(?!)"
    return rf"(?!/)[^{inner}]" if negated else f"(?!/)[{inner}]"
