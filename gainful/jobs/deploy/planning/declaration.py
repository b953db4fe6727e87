"""What of a repository a service ships, as its owner declares it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gainful.core.errors import Invalid
from gainful.core.shipped import matches, ships

MOST_PATTERNS = 500
LONGEST_PATTERN = 300
MOST_CROSSINGS = 4
"""Times that a pattern may cross folders: each more makes a hostile path much dearer to look at."""

_WILD = re.compile(r"[*?[]")


class ShippingInvalid(Invalid):
    """What a service ships is declared in a way that cannot be meant."""

    code = "shipping-invalid"


@dataclass(frozen=True, slots=True)
class VersionFile:
    """Where the product's own version stands.

    Args:
        key: In TOML, JSON and YAML the keys that lead to it, with dots between; in Python a name at the top of the
            module, or a named argument of a call there; in any other file the beginning of the line that holds it.
    """

    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Shipping:
    """What a service ships.

    Args:
        named: Globs of what ships. What is named as a dependency, a base image or a migration ships too.
        ignores: Globs of what of those does not, after all.
        dependencies: Globs of the files that say, or fix, what is installed beside the source.
        base_image: Globs of the files that say what it all stands on.
        migrations: Globs of the files that change a database; a change of these cannot be taken back in an instant.
        version_files: One that does not ship as a whole ships its version alone: nobody reads the rest of it.
    """

    named: tuple[str, ...]
    ignores: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    base_image: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    version_files: tuple[VersionFile, ...] = ()

    @classmethod
    def declared(
        cls,
        ships: Sequence[str],
        ignores: Sequence[str] = (),
        dependencies: Sequence[str] = (),
        base_image: Sequence[str] = (),
        migrations: Sequence[str] = (),
        version_files: Sequence[str] = (),
    ) -> Shipping:
        """The declaration, checked.

        Args:
            version_files: Each `PATH:KEY`.

        Raises:
            ShippingInvalid: Nothing ships, or a glob or a version file cannot be meant.
        """
        if not ships:
            raise ShippingInvalid("Nothing ships.", 'Name what does, such as ships = ["app/**"].')
        lists = (ships, ignores, dependencies, base_image, migrations)
        if sum(map(len, lists)) > MOST_PATTERNS:
            raise ShippingInvalid(f"More than {MOST_PATTERNS} globs are declared.", "Name folders, not single files.")
        named, ignored, solved, base, moved = (tuple(map(_checked, some)) for some in lists)
        return cls(named, ignored, solved, base, moved, tuple(map(_version_file, version_files)))

    @property
    def patterns(self) -> tuple[str, ...]:
        """Every glob of what ships; a target that lays files out lays out these, less `ignores`."""
        return (*self.named, *self.dependencies, *self.base_image, *self.migrations)

    def has(self, path: str) -> bool:
        """Whether the file of this path ships."""
        return ships(path, self.patterns, self.ignores)

    def is_migration(self, path: str) -> bool:
        """Whether it changes a database."""
        return matches(path, self.migrations)

    def role(self, path: str) -> str:
        """What the file is for, in words, where a change of it weighs more than one of source; else empty."""
        if matches(path, self.base_image):
            return "base image"
        if matches(path, self.dependencies):
            return "dependencies"
        return "migration" if self.is_migration(path) else ""

    def version_keys(self, path: str) -> tuple[str, ...]:
        """The keys under which the product's version stands in this file; some files say it twice."""
        return tuple(file.key for file in self.version_files if file.path == path)


def _checked(pattern: str) -> str:
    why = _what_is_wrong(pattern)
    if why:
        raise ShippingInvalid(f"The glob {pattern[:80]!r} {why}.", "Write it as app/** or **/*.md, from the top on.")
    return pattern


def _what_is_wrong(pattern: str) -> str:
    if not pattern.strip() or not pattern.isprintable():
        return "is empty or holds signs that do not show"
    if len(pattern) > LONGEST_PATTERN or pattern.count("**") > MOST_CROSSINGS:
        return f"is longer than {LONGEST_PATTERN} letters, or crosses folders more than {MOST_CROSSINGS} times"
    if pattern.startswith(("/", "!", "~")) or "\\" in pattern or "//" in pattern:
        return "does not begin with a name in the repository, or holds a backslash or an empty name"
    if {".", "..", ".git"} & set(pattern.split("/")):
        return "leads out of the repository's files"
    return ""


def _version_file(text: str) -> VersionFile:
    path, colon, key = text.partition(":")
    why = _what_is_wrong(path) or ("is a glob" if _WILD.search(path) else "")
    if not colon or not key.strip() or not key.isprintable() or len(key) > LONGEST_PATTERN:
        why = why or "names no key"
    if why:
        raise ShippingInvalid(
            f"The version file {text[:80]!r} {why}.", "Write PATH:KEY, such as pyproject.toml:project.version."
        )
    return VersionFile(path, key)
