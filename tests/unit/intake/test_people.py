"""Lists of people as personnel systems export them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gainful.intake.people import PeopleInvalid, PersonRow, Problem, read_people

MAPPED = {
    "Employee ID": "id",
    "Department": "team",
    "E-Mail": "identities",
    "Login": "identities",
    "End": "left_at",
    "Licence": "eligible",
}


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "people.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_are_what_somebody_says_they_are(tmp_path: Path, mark: str) -> None:
    lines = [
        "\ufeffEmployee ID,Name,Department,E-Mail,Login,Licence,End",
        "4711,Somebody,Shop,ann@example.org,ann,yes,",
        "",
        "4712,Else,Desk,,bo,No,2026-10-31",
    ]
    found = read_people(written(tmp_path, "\r\n".join(lines).replace(",", mark)), MAPPED)
    assert found.problems == ()
    assert found.rows == (
        PersonRow(2, "4711", "Shop", ("ann@example.org", "ann"), eligible=True, tells_left=True),
        PersonRow(
            4,
            "4712",
            "Desk",
            ("bo",),
            eligible=False,
            left_at=datetime(2026, 10, 31, tzinfo=UTC),
            tells_left=True,
        ),
    )


def test_columns_that_are_called_so_need_no_mapping(tmp_path: Path) -> None:
    found = read_people(written(tmp_path, 'ID,identities,since\n7,"a@x.org;b|c ; ",2026-01-05T08:00+02:00\n'), {})
    assert found.rows == (PersonRow(2, "7", None, ("a@x.org", "b", "c"), since=datetime(2026, 1, 5, 6, tzinfo=UTC)),)


def test_lines_that_cannot_be_used_are_told_and_others_are_used(tmp_path: Path) -> None:
    lines = ["id,team,left_at,eligible", ",shop,,", "1,shop,31.10.2026,", "2,shop,,perhaps", f"{'x' * 600},,,", "3,,,"]
    found = read_people(written(tmp_path, "\n".join(lines)), {})
    assert [one.id for one in found.rows] == ["3"]
    assert found.problems == (
        Problem(2, "It names nobody: the id is empty."),
        Problem(3, "left_at is '31.10.2026'; write it like 2026-11-20."),
        Problem(4, "'perhaps' is neither yes nor no."),
        Problem(5, f"'{'x' * 40}' is no name on one line of at most 500 characters."),
    )


@pytest.mark.parametrize(
    ("content", "columns", "told"),
    [
        ("name,team\nann,shop\n", {}, "No column is the id"),
        ("name,team\nann,shop\n", {"nr": "id"}, "There is no column 'nr'"),
        ("", {}, "No column is the id"),
        (b"id,team\n7,caf\xe9\n", {}, "is not UTF-8"),
        ('id,team\n7,"shop\n', {}, "is no CSV"),
    ],
)
def test_what_is_no_list_of_people_is_refused(
    tmp_path: Path, content: str | bytes, columns: dict[str, str], told: str
) -> None:
    with pytest.raises(PeopleInvalid, match=told):
        read_people(written(tmp_path, content), columns)
