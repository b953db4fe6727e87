"""What the record of a run may hold, and what it may not become."""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable
from gainful.runs.serializer import JsonSerializer, RecordedError
from gainful.sdk.mail import LoginRefused, MailboxUnreachable

SERIALIZER = JsonSerializer()
BASES = (Invalid, Refused, Unavailable, Broken)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_ é", max_size=4), inner, max_size=4),
    max_leaves=12,
)


def back(value: Any) -> Any:
    return SERIALIZER.deserialize(SERIALIZER.serialize(value))


@given(json_values)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert back(value) == value


def test_an_instant_comes_back_with_its_zone() -> None:
    at = datetime(2026, 3, 2, 9, 30, 1, 250, tzinfo=UTC)
    assert back({"args": [at]}) == {"args": [at]}


@pytest.mark.parametrize("base", BASES)
def test_an_error_comes_back_as_its_base_with_code_and_words(base: type[GainfulError]) -> None:
    error = base("The kettle is empty.", "Fill it.")
    error.code = "kettle-empty"  # type: ignore[misc]

    restored = back({"error": error})["error"]

    assert isinstance(restored, base)
    assert type(restored) in BASES
    assert restored.as_json() == {"code": "kettle-empty", "what": "The kettle is empty.", "next_move": "Fill it."}
    assert restored.exit_code == base.exit_code
    # The class itself keeps its own code.
    assert base("x").code == base.__name__.lower()


@pytest.mark.parametrize(
    ("error", "base"), [(LoginRefused("No.", "Ask."), Refused), (MailboxUnreachable("Gone.", "Wait."), Unavailable)]
)
def test_errors_of_other_rooms_come_back_too(error: GainfulError, base: type[GainfulError]) -> None:
    restored = back(error)
    assert isinstance(restored, base)
    assert restored.as_json() == error.as_json()


def test_a_foreign_exception_comes_back_as_our_fault() -> None:
    restored = back(ZeroDivisionError("division by zero"))
    assert isinstance(restored, RecordedError)
    assert restored.what == "ZeroDivisionError: division by zero"
    assert restored.next_move


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", Path("x"), lambda: 1, [object()], {"deep": {"er": b""}}])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="which is not JSON"):
        SERIALIZER.serialize(value)


def test_a_pickle_is_not_read_as_json() -> None:
    with pytest.raises(json.JSONDecodeError):
        SERIALIZER.deserialize(base64.b64encode(pickle.dumps({"a": 1})).decode())


LOADER = """
import sys
from dbos import _serialization
from gainful.core.errors import Broken
from gainful.runs.serializer import JsonSerializer, forbid_pickle

forbid_pickle()
for load in (_serialization.deserialize_value, _serialization.deserialize_args, _serialization.deserialize_exception):
    try:
        load(sys.argv[1], "py_pickle", JsonSerializer())
    except Broken:
        continue
    sys.exit(f"{load.__name__} took a pickle")
try:
    _serialization.serialize_value({1}, _serialization.WorkflowSerializationFormat.NATIVE, JsonSerializer())
except Broken:
    sys.exit(0)
sys.exit("a pickle was written")
"""


class _Hostile:
    """What somebody who can write the database might put there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_record_that_calls_itself_pickled_is_not_loaded(tmp_path: Path) -> None:
    """In a process of its own, since the ban is for the whole process."""
    trace = tmp_path / "code ran"
    payload = base64.b64encode(pickle.dumps(_Hostile(trace))).decode()
    pickle.loads(base64.b64decode(payload))
    assert trace.exists(), "the payload is a real one"
    trace.unlink()

    loaded = subprocess.run([sys.executable, "-c", LOADER, payload], capture_output=True, text=True, timeout=60)

    assert loaded.returncode == 0, loaded.stderr
    assert not trace.exists()
