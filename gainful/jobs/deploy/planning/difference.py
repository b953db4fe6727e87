"""How the files that ship differ between what is live and a candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gainful.core.shipped import normal_mode
from gainful.jobs.deploy.planning.declaration import Shipping
from gainful.jobs.deploy.planning.meaning import known, same_meaning
from gainful.jobs.deploy.planning.version_only import VersionChange, same_version, version_change
from gainful.sdk.history import Blob, FileChange, History

MOST_READ = 400
"""Files whose meaning is compared. Who changes more has changed something, and reading them would take a while."""

_FEW = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different.

    Args:
        real: Why it is a change, in lines that name a path each; empty where no change of meaning is found.
        form: Paths that ship and differ in comments and form alone.
        versions: Paths that differ in the product's version alone.
        aside: Paths that differ and do not ship, some of them.
        known: Whether files were compared; without that the digests alone were.
        paths: Every path that ships and differs.
    """

    real: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    versions: tuple[tuple[str, VersionChange], ...] = ()
    aside: tuple[str, ...] = ()
    known: bool = True
    paths: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """Whether nothing that ships is different, not even in form."""
        return not (self.real or self.form or self.versions)


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    before: Blob
    after: Blob
    ships: bool
    keys: tuple[str, ...]


def difference(history: History, shipping: Shipping, changes: Sequence[FileChange]) -> Difference:
    """What these changes come to for a service. Files are read only while nothing real is found."""
    shipped = [change for change in changes if shipping.has(change.path)]
    beside = [c for c in changes if not shipping.has(c.path) and shipping.version_keys(c.path)]
    paths = tuple(change.path for change in shipped)
    aside = tuple(change.path for change in changes if not shipping.has(change.path))[:_FEW]
    plain = (*_plainly_real(shipping, shipped), *_came_or_went(beside))
    if plain:
        return Difference(real=plain, aside=aside, paths=paths)
    files = [*_comparable(shipping, shipped, ships=True), *_comparable(shipping, beside, ships=False)]
    content = history.content([blob.id for file in files for blob in (file.before, file.after)])
    form, versions, real = [], [], []
    for file in files:
        found = _read(file, content)
        if isinstance(found, VersionChange):
            versions.append((file.path, found))
        elif found and file.ships:
            form.append(file.path)
        elif not found:
            real.append(_told(shipping, file.path, "changed" if file.ships else "its version cannot be told"))
    return Difference(tuple(real), tuple(form), tuple(versions), aside, paths=paths)


def _plainly_real(shipping: Shipping, changes: Sequence[FileChange]) -> Iterator[str]:
    """What needs no reading: files that came or went, became another kind, or of which nothing but octets is known."""
    # What weighs more comes first: proofs are cut.
    for change in sorted(changes, key=lambda change: not shipping.role(change.path)):
        if change.before is None or change.after is None:
            yield _told(shipping, change.path, "new" if change.before is None else "gone")
        elif normal_mode(change.before.mode) != normal_mode(change.after.mode):
            yield _told(shipping, change.path, f"mode {change.before.mode} becomes {change.after.mode}")
        elif not normal_mode(change.after.mode).startswith("100") and change.before.id != change.after.id:
            yield _told(shipping, change.path, "leads elsewhere")
        elif not known(change.path) and not shipping.version_keys(change.path) and change.before.id != change.after.id:
            yield _told(shipping, change.path, "changed")
    if len(changes) > MOST_READ:
        yield f"changed: {len(changes)} files"


def _came_or_went(changes: Sequence[FileChange]) -> Iterator[str]:
    """Files whose version ships, and which are there on one side alone: whoever reads it finds another, or none."""
    for change in changes:
        if change.before is None or change.after is None:
            yield f"{'new' if change.before is None else 'gone'}: {change.path} (version)"


def _comparable(shipping: Shipping, changes: Sequence[FileChange], *, ships: bool) -> Iterator[_File]:
    for change in changes:
        # A mode that is only written otherwise is no difference.
        if change.before is not None and change.after is not None and change.before.id != change.after.id:
            yield _File(change.path, change.before, change.after, ships, shipping.version_keys(change.path))


def _read(file: _File, content: Mapping[str, bytes]) -> VersionChange | bool:
    """The change of a version, or whether what counts is the same; in a file too large to read it is not."""
    before, after = content.get(file.before.id), content.get(file.after.id)
    if before is None or after is None:
        return False
    if file.keys:
        found = version_change(file.path, file.keys, before, after, whole=file.ships)
        if found is not None:
            return found
    if not file.ships:
        return same_version(file.path, file.keys, before, after)
    return same_meaning(file.path, before, after)


def _told(shipping: Shipping, path: str, what: str) -> str:
    role = shipping.role(path)
    return f"{what}: {path} ({role})" if role else f"{what}: {path}"
