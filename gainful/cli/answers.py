"""Answers and passwords: from options, the environment, a file, or the person at the terminal.

A password is never an argument, which others on the machine could read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from gainful.core.errors import Invalid
from gainful.sdk.secret import Secret

VARIABLE = "GAINFUL_IMAP_PASSWORD"


class AnswerMissing(Invalid):
    """Something must be known, and there is nobody to ask."""

    code = "answer-missing"


class PasswordFileInvalid(Invalid):
    """The file that should hold a password cannot be read, or is empty."""

    code = "password-file-invalid"


class Asker:
    """Asks the person, or takes the default where nobody is there or `quiet` is wanted."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or not sys.stdin.isatty()

    def ask(self, question: str, option: str, default: str | None) -> str:
        """The answer; the default when nobody can be asked.

        Raises:
            AnswerMissing: No default and nobody to ask.
        """
        if not self._quiet:
            return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()
        if default is None:
            raise AnswerMissing(f"'{question}' has no answer.", f"Give it with {option}.")
        return default

    def ask_password(self, question: str, default: str | None = None) -> Secret:
        """The answer, typed without being shown.

        Raises:
            AnswerMissing: No default and nobody to ask.
        """
        # A password is asked for even where --yes took every default: it has none.
        if sys.stdin.isatty() and not (self._quiet and default is not None):
            answer = click.prompt(question, hide_input=True, default=default, show_default=False, err=True)
            return Secret(question, str(answer))
        if default is None:
            raise AnswerMissing(f"{question} is not known.", f"Set {VARIABLE}, or use --password-file FILE.")
        return Secret(question, default)


def read_password(file: str) -> Secret:
    """The first line of the file.

    Raises:
        PasswordFileInvalid: The file cannot be read, or its first line is empty.
    """
    try:
        with Path(file).expanduser().open(encoding="utf-8") as lines:
            password = lines.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise PasswordFileInvalid(
            f"The password file {file} cannot be read.", "Check its path and who may read it."
        ) from None
    if not password:
        raise PasswordFileInvalid(f"The password file {file} is empty.", "Put the password on its first line.")
    return Secret("given", password)


def given_password(file: str | None) -> Secret | None:
    """The password a script gave: out of `file`, else out of the environment; None when neither was given."""
    if file is not None:
        return read_password(file)
    value = os.environ.get(VARIABLE)
    return Secret("given", value) if value else None
