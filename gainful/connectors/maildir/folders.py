"""The folders of one Maildir: which there are, what they are for, how new ones come to be."""

from __future__ import annotations

from pathlib import Path

from gainful.connectors.maildir.files import make_directory, sync_directory, write_new
from gainful.connectors.maildir.names import folder_directory, folder_name
from gainful.core.errors import Invalid
from gainful.core.mail import Role
from gainful.sdk.folders import DEFAULT_NAMES, by_common_name
from gainful.sdk.mail import NoSuchFolder

INBOX = "INBOX"
PARTS = ("cur", "new", "tmp")


def is_maildir(path: Path) -> bool:
    """Whether the directory has the parts of a Maildir."""
    return (path / "cur").is_dir() and (path / "new").is_dir()


def check_maildir(path: Path) -> None:
    """Nothing, when a Maildir is there.

    Raises:
        Invalid: Something else, or nothing, is there; the next move says what to type instead.
    """
    if is_maildir(path):
        return
    if path.is_file():
        raise Invalid(f"{path} is a file, not a Maildir.", f"If it is an mbox, write mbox:{path}.")
    if not path.is_dir():
        raise Invalid(f"There is nothing at {path}.", "Check the path; a Maildir has the folders cur, new and tmp.")
    try:
        inside = sorted(entry.name for entry in path.iterdir() if entry.is_dir() and is_maildir(entry))
    except PermissionError as error:
        raise Invalid(f"{path} may not be read.", "Check its owner and permissions.") from error
    if inside:
        choices = ", ".join(f"maildir:{path / name}" for name in inside[:5])
        raise Invalid(f"{path} is not a Maildir, but holds {len(inside)}.", f"Choose one: {choices}.")
    raise Invalid(f"{path} has no cur and new, so it is not a Maildir.", "Name the folder that holds cur, new and tmp.")


class Folders:
    """The folders below one root.

    Args:
        root: The Maildir; itself the inbox.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def directories(self) -> dict[str, Path]:
        """Every folder's directory by name, as they are now."""
        found = {INBOX: self._root}
        for entry in sorted(self._root.iterdir()):
            if entry.name.startswith(".") and entry.name not in (".", "..") and is_maildir(entry):
                found.setdefault(folder_name(entry.name), entry)
        return found

    def directory(self, name: str) -> Path:
        """Where the folder lies.

        Raises:
            NoSuchFolder: There is none of that name.
        """
        found = self.directories().get(name)
        if found is None:
            raise NoSuchFolder(f"{self._root} has no folder {name[:60]!r}.", "Check its name.")
        return found

    def ensure(self, name: str) -> Path:
        """Where the folder lies; created when absent."""
        found = self.directories().get(name)
        if found is not None:
            return found
        directory = self._root / folder_directory(name)
        make_directory(directory)
        for part in PARTS:
            make_directory(directory / part)
        # Maildir++ marks a folder by this empty file, so that deliverers know they are not at the root.
        if not (directory / "maildirfolder").exists():
            write_new(directory / "maildirfolder", b"")
        sync_directory(self._root)
        return directory

    def role(self, role: Role) -> str | None:
        """The folder with that role by its name, directly below the root or below INBOX."""
        if role is Role.INBOX:
            return INBOX
        names = [name for name in self.directories() if name != INBOX]
        return by_common_name(role, names, ".", ("", f"{INBOX}.")) or None

    def role_or_default(self, role: Role) -> str:
        """The folder with that role, or the name it gets when created."""
        return self.role(role) or DEFAULT_NAMES[role]
