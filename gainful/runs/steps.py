"""How a job asks for its work to be recorded, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Json = Any
"""What JSON can hold: None, bool, int, float, str, and lists and string-keyed dicts of these."""


class Steps(Protocol):
    """Runs a function once and records its result; a resumed run gets the recorded result instead."""

    def __call__(self, name: str, function: Callable[[], Json]) -> Json:
        """The function's result, which must be JSON.

        A crash between the function's effect and the record repeats the function, so it must be idempotent.
        """


Job = Callable[[Steps, str, Mapping[str, Any]], Json]
"""What a run does: `job(steps, run_id, arguments)`."""


class DirectSteps:
    """Steps that are not recorded: for tests, and for work that needs no resuming."""

    def __call__(self, name: str, function: Callable[[], Json]) -> Json:
        """The function's result."""
        del name
        return function()
