"""The labelled changes and the services that they belong to, as their files have them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gainful.core.deployment import Kind
from gainful.jobs.deploy.planning import Shipping

HERE = Path(__file__).parent
COLUMNS = ["base", "head", "label", "reason"]
LABELS = (Kind.REAL, Kind.SAME_TREE, Kind.NOTHING_SHIPPED, Kind.COMMENTS_ONLY, Kind.VERSION_ONLY)


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a public repository.

    Args:
        short: Name of its files here.
        repository: `owner/name`, as on the public host.
    """

    short: str
    repository: str
    name: str
    shipping: Shipping


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a person said of one change.

    Args:
        base: Commit that is live.
        head: Commit that would be.
    """

    service: Service
    base: str
    head: str
    label: Kind
    reason: str


def services(folder: Path = HERE) -> list[Service]:
    """Every service that is declared in `services.d`."""
    return [_service(file) for file in sorted((folder / "services.d").glob("*.toml"))]


def labelled(service: Service, folder: Path = HERE) -> Iterator[Labelled]:
    """The labels of a service's changes; none where nobody gave any.

    Raises:
        ValueError: A line cannot be read, or says the same pair again.
    """
    file = folder / "labels" / f"{service.short}.tsv"
    if not file.exists():
        return
    seen: set[tuple[str, str]] = set()
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if next(rows, None) != COLUMNS:
            raise ValueError(f"{file.name}: the first line is not {COLUMNS}")
        for number, row in enumerate(rows, 2):
            if len(row) != len(COLUMNS) or row[2] not in LABELS or (row[0], row[1]) in seen:
                raise ValueError(f"{file.name}, line {number}: cannot be read, or stands there twice")
            seen.add((row[0], row[1]))
            yield Labelled(service, row[0], row[1], Kind(row[2]), row[3])


def repository_below(folder: Path, name: str) -> Path | None:
    """Where a repository `owner/name` lies below a folder, bare or with its files; None where it does not."""
    owner, _, short = name.partition("/")
    for place in (folder / f"{owner}+{short}", folder / owner / short):
        for found in (place / "repo", place):
            if (found / ".git").is_dir() or (found / "objects").is_dir():
                return found
    return None


def _service(file: Path) -> Service:
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    lists = ("ships", "ignores", "dependencies", "base_image", "migrations", "version_files")
    shipping = Shipping.declared(**{name: said.get(name, []) for name in lists})
    return Service(file.stem, said["repository"], said["service"], shipping)
