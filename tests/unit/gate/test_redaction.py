"""No log record and no traceback of Python's own tells a secret that this process knows."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gainful.core.redaction import learn
from gainful.gate import redaction

VALUE = "hunter2-very-secret"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a handler writes that knows nothing of secrets, extra fields included."""
    redaction.install({})
    learn(VALUE)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(token)s", defaults={"token": ""}))
    logger = logging.getLogger("test.redaction")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)


LOGGER = logging.getLogger("test.redaction")


def test_messages_arguments_and_extra_fields(log: io.StringIO) -> None:
    LOGGER.debug("as text " + VALUE)
    LOGGER.info("as an argument %s", VALUE)
    LOGGER.info("deep %r", {"headers": [("Authorization", VALUE.encode())]})
    LOGGER.info("extra", extra={"token": {"it": VALUE}})
    LOGGER.info("wrong %d", VALUE)
    assert VALUE not in log.getvalue()
    assert log.getvalue().count("***") == 4
    assert len(log.getvalue().splitlines()) == 5


def test_tracebacks(log: io.StringIO) -> None:
    try:
        raise ValueError(f"could not sign in with {VALUE}")
    except ValueError as error:
        try:
            raise RuntimeError("later") from error
        except RuntimeError:
            LOGGER.exception("failed", stack_info=True)
    assert "could not sign in with ***" in log.getvalue()
    assert "RuntimeError: later" in log.getvalue()
    assert VALUE not in log.getvalue()


def test_loggers_made_later_are_covered_too(caplog: pytest.LogCaptureFixture) -> None:
    redaction.install({"SOME_API_KEY": "from-the-environment"})
    logging.getLogger("made.later").warning("key=from-the-environment")
    assert "from-the-environment" not in caplog.text
    assert "key=***" in caplog.text


@pytest.mark.parametrize(
    "failing",
    [
        "raise RuntimeError(VALUE)",
        "import threading; t = threading.Thread(target=lambda: [][VALUE]); t.start(); t.join(); {}[VALUE]",
        "class Odd:\n    def __del__(self): raise RuntimeError(VALUE)\nodd = Odd(); del odd",
    ],
)
def test_what_python_prints_at_an_unforeseen_end(failing: str) -> None:
    code = (
        "from gainful.gate.redaction import install; from gainful.sdk.secret import Secret; import codecs\n"
        f"VALUE = codecs.decode('{VALUE.encode().hex()}', 'hex').decode(); Secret('x', VALUE)\n"
        f"install({{}})\n{failing}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Error" in done.stderr
    assert VALUE not in done.stderr
