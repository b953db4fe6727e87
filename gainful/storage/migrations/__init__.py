"""The steps from an empty database to `storage.schema`, run by alembic.

A new step: change `schema.py`, add a file to `versions/`, and append its revision here. A test compares the two.
"""

from __future__ import annotations

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
)
"""Every revision this Gainful knows, oldest first."""

HEAD = REVISIONS[-1]
"""The revision that `storage.schema` describes."""
