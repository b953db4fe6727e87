"""Where the keys lie that open the sealed secrets: a file of the owner's, or the system's keyring.

Both hold one key a line, the newest first. There is more than one only while `gainful secrets rotate` is at work, or
after it was killed: the newest seals, all of them open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from cryptography.fernet import Fernet

from gainful.core.errors import Unavailable
from gainful.sdk.secret import Secret
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.secrets.key_file import make_key_file, read_key_file, unusable

SERVICE = "gainful"
"""Under this name the keyring shows our entry."""


class KeyringUnavailable(Unavailable):
    """The keys are to lie in the system's keyring, and there is none that can be trusted with them."""

    code = "keyring-unavailable"


class KeyPlace(Protocol):
    """A place for keys."""

    where: str
    """The place, as messages name it: `the key file /home/me/.gainful/secret.key`."""

    fixed: bool
    """Whether it may only be read."""

    def read(self) -> list[Secret]:
        """The keys, the newest first; none when nothing lies there yet."""

    def create(self) -> None:
        """Put a new key there, unless there is one."""

    def write(self, keys: Sequence[Secret]) -> None:
        """Put these in place of all that were there, in one step; what is no longer there is wiped."""

    def remove(self) -> None:
        """Wipe all keys."""


def new_key() -> Secret:
    """A key that nobody has had before."""
    return Secret("key", Fernet.generate_key().decode("ascii"))


def _parsed(text: str, where: str) -> list[Secret]:
    keys = [Secret("key", line.strip()) for line in text.splitlines() if line.strip()]
    try:
        for key in keys:
            Fernet(key.reveal())
    except ValueError:
        keys = []
    if not keys:
        raise KeyFileInvalid(
            f"{where[0].upper()}{where[1:]} does not hold a key.",
            "Put back the key. Without it, delete it and every secret in `gainful secrets list`, and store them anew.",
        )
    return keys


def _joined(keys: Sequence[Secret]) -> str:
    return "".join(f"{key.reveal()}\n" for key in keys)


class KeyFile:
    """A file with mode 0600.

    Args:
        fixed: It belongs to the system, such as a credential of systemd.
    """

    def __init__(self, path: Path, *, fixed: bool = False) -> None:
        self.path = path
        self.fixed = fixed
        self.where = f"the key file {path}"

    def read(self) -> list[Secret]:
        """The keys; none when there is no file.

        Raises:
            KeyFileInvalid: It is open to others, may not be read, or holds no key.
        """
        absent = KeyFileInvalid(f"There is no key file {self.path}.")
        try:
            held = read_key_file(self.path, "run `gainful secrets rotate` and change the passwords it protects", absent)
        except KeyFileInvalid as error:
            if error is absent:
                return []
            raise
        return _parsed(held.decode("ascii", "replace"), self.where)

    def create(self) -> None:
        """Make the file with a new key, unless it exists."""
        try:
            make_key_file(self.path, lambda: _joined([new_key()]).encode("ascii"))
            self._settle()
        except OSError as error:
            raise unusable(self.path, error) from None

    def write(self, keys: Sequence[Secret]) -> None:
        """Replace the file in one step, then overwrite what the old one held."""
        draft = self._draft(keys)
        old = _opened(self.path)
        try:
            draft.replace(self.path)
            self._settle()
            _wipe(old)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise unusable(self.path, error) from None
        finally:
            if old is not None:
                os.close(old)

    def remove(self) -> None:
        """Overwrite and unlink the file, if there is one."""
        old = _opened(self.path)
        if old is None:
            return
        try:
            self.path.unlink(missing_ok=True)
            self._settle()
            _wipe(old)
        finally:
            os.close(old)

    def _draft(self, keys: Sequence[Secret]) -> Path:
        # Always the same name, since nobody else writes meanwhile: what a killed rotation left is used up by the next.
        draft = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(_joined(keys))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise unusable(self.path, error) from None
        return draft

    def _settle(self) -> None:
        """Have the disk know the file's name, not only its content: a power cut must not bring the old key back."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None


def _wipe(descriptor: int | None) -> None:
    """Overwrite a file that has no name any more. A hint to the disk, no promise: some write elsewhere."""
    if descriptor is not None:
        os.pwrite(descriptor, b"\n" * os.fstat(descriptor).st_size, 0)
        os.fsync(descriptor)


class Keyring:
    """The system's keyring, through the library `keyring`. There is no falling back to a file.

    Args:
        entry: Which entry of ours, since one person may have several homes.
    """

    fixed = False

    def __init__(self, entry: str) -> None:
        self.where = "the system's keyring"
        self._entry = entry

    def read(self) -> list[Secret]:
        """The keys; none when the keyring has no such entry.

        Raises:
            KeyringUnavailable: There is no keyring, it is locked, or it does not encrypt.
            KeyFileInvalid: The entry is no key.
        """
        text = self._ask("get_password")
        return _parsed(text, f"the entry '{SERVICE}' of {self.where}") if text is not None else []

    def create(self) -> None:
        """Store a new key, unless there is one."""
        if not self.read():
            self.write([new_key()])

    def write(self, keys: Sequence[Secret]) -> None:
        """Replace the entry; the keyring does so in one step."""
        self._ask("set_password", _joined(keys))

    def remove(self) -> None:
        """Delete the entry, if there is one."""
        if self.read():
            self._ask("delete_password")

    def _ask(self, operation: str, *words: str) -> Any:
        backend = _backend()
        try:
            return getattr(backend, operation)(SERVICE, self._entry, *words)
        except Exception as error:
            # Each backend fails in its own way: a locked keyring, a bus that is away, a window that was closed.
            raise KeyringUnavailable(
                f"The system's keyring did not do what was asked ({type(error).__name__}).",
                "Unlock it and try again.",
            ) from None


def _backend() -> Any:
    """The keyring that the system has. One that cannot be trusted with a key counts as none."""
    move = 'Start and unlock one, or put `keep_key_in = "file"` under [secrets] in gainful.toml.'
    try:
        import keyring
        from keyring.core import recommended
    except ImportError:
        raise KeyringUnavailable(
            "The library that reaches the system's keyring is not installed.",
            f"Run: pip install 'gainful[keyring]'. {move}",
        ) from None
    found: Any = keyring.get_keyring()
    # A chain asks one keyring after the other, also those that keep everything readable: take the first good one.
    choice = [found]
    with suppress(AttributeError):
        choice = list(found.backends)
    for backend in choice:
        if recommended(backend) and not type(backend).__module__.startswith(("keyrings.alt", "keyring.backends.fail")):
            return backend
    raise KeyringUnavailable("This system has no keyring that encrypts what it is given.", move)
