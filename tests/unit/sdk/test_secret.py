"""A secret shows itself to nobody who does not ask."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback

import pytest

from gainful.core.redaction import redact
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret

VALUE = "hunter2-very-secret"


@pytest.fixture
def secret() -> Secret:
    return Secret("account:work", VALUE)


def test_every_way_of_showing_it_tells_the_name_only(secret: Secret) -> None:
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", "%s" % secret, pprint.pformat({"it": [secret]})]  # noqa: UP031
    assert {part for part in shown if VALUE in part} == set()
    assert all("account:work" in part for part in shown)
    assert VALUE not in str(dir(secret))
    assert not hasattr(secret, "__dict__")


def test_it_is_neither_pickled_nor_written_as_json(secret: Secret) -> None:
    for refuse in (lambda: pickle.dumps(secret), lambda: json.dumps({"it": secret}), lambda: pickle.dumps([secret], 0)):
        with pytest.raises(TypeError) as caught:
            refuse()
        assert VALUE not in str(caught.value)
    assert VALUE not in json.dumps({"it": secret}, default=str)


def test_a_copy_is_itself(secret: Secret) -> None:
    assert copy.copy(secret) is copy.deepcopy(secret) is secret


def test_a_traceback_with_local_values_shows_none(secret: Secret) -> None:
    held = secret
    try:
        raise RuntimeError(f"failed with {held}")
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "account:work" in shown
    assert VALUE not in shown


def test_from_its_first_moment_on_it_is_kept_out_of_text(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    assert redact(f"it is {VALUE}") == "it is ***"
    logging.getLogger("x").warning("%r", secret)
    assert VALUE not in caplog.text


def test_only_reveal_tells(secret: Secret) -> None:
    assert secret.reveal() == VALUE
    assert secret
    assert not Secret("empty", "")


def test_a_handle_asks_anew_each_time(secret: Secret) -> None:
    asked: list[Grant | None] = []

    def lend(grant: Grant | None) -> Secret | None:
        asked.append(grant)
        return secret if grant else None

    handle = Handle("account:work", lend)
    grant = Grant("k", "model.ask")
    assert (handle.secret(), handle.secret(grant)) == (None, secret)
    assert asked == [None, grant]
    assert Handle.of(handle) is handle
    assert Handle.of(secret).secret() is secret
    assert Handle.of(None).secret() is None
    assert VALUE not in repr(handle) + repr(Handle.of(secret))
