"""What DBOS may store: JSON, and our own errors as their fields. Nothing that can become code when read."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dbos import Serializer
from dbos._serialization import DefaultSerializer

from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable
from gainful.core.redaction import redact

_BASES: dict[str, type[GainfulError]] = {
    "Invalid": Invalid,
    "Refused": Refused,
    "Unavailable": Unavailable,
    "Broken": Broken,
}


class RecordedError(Broken):
    """A failure of a run that was read back from its record."""

    code = "run-failed"


def forbid_pickle() -> None:
    """Take from DBOS what it would otherwise do with a record that calls itself pickled: load it.

    Each record names its own serializer, and DBOS obeys the name, so choosing ours is not enough.
    """

    def refuse(_data: object) -> Any:
        raise RecordedError("A record of a run is not in our format.", "Restore the database from a backup.")

    for name in ("serialize", "deserialize"):
        setattr(DefaultSerializer, name, staticmethod(refuse))


class JsonSerializer(Serializer):
    """JSON both ways; an exception becomes its base, code, sentence and next move."""

    def name(self) -> str:
        """The name stored beside each value, so that another serializer is not asked to read it."""
        return "gainful_json"

    def serialize(self, data: Any) -> str:
        """The value as JSON text.

        Raises:
            TypeError: The value is neither JSON nor an exception: a step returned something it should not.
        """
        return json.dumps(data, default=_plain, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        """The value that this text holds."""
        return json.loads(serialized_data, object_hook=_restored)


def _plain(value: Any) -> Any:
    if isinstance(value, GainfulError):
        base = next((name for name, kind in _BASES.items() if isinstance(value, kind)), "Broken")
        return {"$error": base, "code": value.code, "what": value.what, "next_move": value.next_move}
    if isinstance(value, BaseException):
        what = redact(f"{type(value).__name__}: {value}")
        return {"$error": "Broken", "code": RecordedError.code, "what": what, "next_move": ""}
    if isinstance(value, datetime):
        # DBOS hands a schedule the instant at which it fired.
        return {"$instant": value.isoformat()}
    raise TypeError(f"a step returned {type(value).__name__}, which is not JSON")


def _restored(fields: dict[str, Any]) -> Any:
    if "$instant" in fields:
        return datetime.fromisoformat(fields["$instant"])
    base = fields.get("$error")
    if base is None:
        return fields
    if fields["code"] == RecordedError.code:
        return RecordedError(fields["what"], "Run it again; if it fails again, please report it.")
    error = _BASES[base](fields["what"], fields["next_move"])
    # The class that raised it may live in a room above; its code is what people and programs go by.
    error.code = fields["code"]  # type: ignore[misc]
    return error
