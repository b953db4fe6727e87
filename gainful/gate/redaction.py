"""Keeps secrets out of the log and out of the tracebacks that Python itself prints."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from gainful.core.redaction import learn, redact, secrets_in

_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class RedactingFilter(logging.Filter):
    """Lets every record through, without the secrets in its message, its traceback and its extra fields."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        try:
            message = record.getMessage()
        except Exception:
            # Arguments that do not fit would be printed one by one by the handler's own complaint.
            message = f"a message that cannot be put together: {record.msg!s:.200}"
        record.msg, record.args = redact(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info))).rstrip("\n")
        elif record.exc_text:
            record.exc_text = redact(record.exc_text)
        record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name in vars(record).keys() - _FIELDS:
            value = vars(record)[name]
            if not isinstance(value, bool | int | float | None):
                vars(record)[name] = redact(value if isinstance(value, str) else repr(value))
        return True


def install(environment: Mapping[str, str] = os.environ) -> None:
    """From now on no secret that this process knows of reaches a log or a traceback. Once is enough.

    Every logger is covered, also those that libraries make later: the filter sits where all records pass.
    """
    for value in secrets_in(environment):
        learn(value)
    if getattr(logging.Logger.handle, "redacts", False):
        return
    cleared, handle = RedactingFilter(), logging.Logger.handle

    def handle_without_secrets(logger: logging.Logger, record: logging.LogRecord) -> None:
        cleared.filter(record)
        handle(logger, record)

    handle_without_secrets.redacts = True  # type: ignore[attr-defined]
    logging.Logger.handle = handle_without_secrets  # type: ignore[method-assign, assignment]
    # Only in place of Python's own: whoever has put another one there wants to see the error itself.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _print_of_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _print_unraisable


def _print(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    print(redact("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)  # noqa: T201


def _print_of_thread(args: Any) -> None:
    if args.exc_type is SystemExit:
        return
    print(f"Exception in thread {args.thread.name if args.thread else '?'}:", file=sys.stderr)  # noqa: T201
    _print(args.exc_type, args.exc_value, args.exc_traceback)


def _print_unraisable(args: Any) -> None:
    print(redact(f"Exception ignored in: {args.object!r}"), file=sys.stderr)  # noqa: T201
    if args.exc_value is not None:
        _print(args.exc_type, args.exc_value, args.exc_traceback)
