"""How a person says since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click


class Since(click.ParamType[datetime]):
    """A day, or how long ago."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware instant meant by `2026-11-20`, `2026-11-20T08:00`, `36h` or `7d`."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        units = {"h": "hours", "d": "days", "w": "weeks"}
        if text[:-1].isdecimal() and text[-1:] in units and int(text[:-1]) < 10_000:
            return datetime.now(UTC) - timedelta(**{units[text[-1]]: int(text[:-1])})
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"'{text}' is no time; write 2026-11-20, 2026-11-20T08:00, 36h or 7d.", param, ctx)
        return found.astimezone(UTC)
