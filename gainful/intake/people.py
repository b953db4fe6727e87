"""Reads lists of people as personnel systems export them: CSV with a header, in whatever order and with whatever else.

    found = read_people(Path("people.csv"), {"Employee ID": "id", "Department": "team", "E-Mail": "identities"})
    found.rows, found.problems

A column that is not there says nothing: what is known of it stays as it is. That is different from an empty field.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gainful.core.errors import Invalid
from gainful.core.fact_json import LONGEST

FIELDS = ("id", "team", "identities", "eligible", "since", "left_at")
"""What a column can be. Several columns may hold identities, and one field several of them, between `;` or `|`."""

_TRUE, _FALSE = frozenset({"1", "true", "yes", "y"}), frozenset({"0", "false", "no", "n"})


class PeopleInvalid(Invalid):
    """A list of people cannot be used: it is no table, or has no column of ids."""

    code = "people-invalid"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What one line says of a person; None: it does not say.

    Args:
        line: Its number in the file, from 1.
    """

    line: int
    id: str
    team: str | None = None
    identities: tuple[str, ...] = ()
    eligible: bool | None = None
    since: datetime | None = None
    left_at: datetime | None = None
    tells_left: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used, or something in it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """What a file holds."""

    rows: tuple[PersonRow, ...]
    problems: tuple[Problem, ...]


def read_people(file: Path, columns: Mapping[str, str]) -> PeopleFile:
    """The people of a table with a header; it is separated by commas, semicolons or tabs.

    Args:
        columns: What columns are, names out of `FIELDS`. Empty: they are called so.

    Raises:
        PeopleInvalid: It cannot be read, or no column is the id.
    """
    rows: list[PersonRow] = []
    problems: list[Problem] = []
    for line, found in _table(file, columns):
        try:
            rows.append(_row(line, found))
        except ValueError as error:
            problems.append(Problem(line, str(error)))
    return PeopleFile(tuple(rows), tuple(problems))


def _table(file: Path, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Each line's number and its fields, by what they are."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PeopleInvalid(f"{file} cannot be read: {error.strerror}.", "Name a CSV file.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PeopleInvalid(f"{file} is not UTF-8.", "Export it as CSV in UTF-8.") from None
    lines = text.splitlines(keepends=True)
    header = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=max(",;\t", key=header.count), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        what = _what(names, columns)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _fields(what, cells)
    except csv.Error as error:
        raise PeopleInvalid(f"Line {reader.line_num} of {file} is no CSV: {error}.", "Export it anew.") from None


def _what(names: Iterable[str], columns: Mapping[str, str]) -> list[str]:
    """What each column is, in their order; empty for those that are not read."""
    found = list(names)
    missing = [name for name in columns if name not in found]
    if missing:
        raise PeopleInvalid(f"There is no column '{missing[0][:60]}'.", f"There are: {', '.join(found)[:500]}.")
    what = [columns.get(name, "") if columns else (low if (low := name.lower()) in FIELDS else "") for name in found]
    if "id" not in what:
        raise PeopleInvalid(
            "No column is the id of a person.", f"Say which: --map COLUMN=id. There are: {', '.join(found)[:500]}."
        )
    return what


def _fields(what: list[str], cells: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {field: [] for field in what if field}
    for field, cell in zip(what, cells, strict=False):
        if field and cell.strip():
            found[field].append(cell.strip())
    return found


def _row(line: int, found: Mapping[str, list[str]]) -> PersonRow:
    id_, team = (" ".join(found.get(name, ())) for name in ("id", "team"))
    if not id_:
        raise ValueError("It names nobody: the id is empty.")
    parts = (part.strip() for cell in found.get("identities", ()) for part in cell.replace("|", ";").split(";"))
    identities = tuple(dict.fromkeys(part for part in parts if part and part != id_))
    for name in (id_, team, *identities):
        if len(name) > LONGEST or not name.isprintable():
            raise ValueError(f"'{name[:40]}' is no name on one line of at most {LONGEST} characters.")
    return PersonRow(
        line=line,
        id=id_,
        team=team if "team" in found else None,
        identities=identities,
        eligible=_flag(found["eligible"]) if "eligible" in found else None,
        since=_day("since", found.get("since", ())),
        left_at=_day("left_at", found.get("left_at", ())),
        tells_left="left_at" in found,
    )


def _flag(cells: list[str]) -> bool | None:
    if not cells:
        return None
    word = cells[0].lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"'{word[:40]}' is neither yes nor no.")
    return word in _TRUE


def _day(name: str, cells: Iterable[str]) -> datetime | None:
    for cell in cells:
        try:
            at = datetime.fromisoformat(cell)
        except ValueError:
            raise ValueError(f"{name} is '{cell[:40]}'; write it like 2026-11-20.") from None
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    return None
