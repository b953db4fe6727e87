"""Passwords and tokens: from the environment, a file or a prompt; never an argument, which others could read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from gainful.core.errors import Invalid

VARIABLE = "GAINFUL_IMAP_PASSWORD"


class PasswordMissing(Invalid):
    """A password is needed, and there is nobody to ask for it."""

    code = "password-missing"


def given_password(file: str | None) -> str | None:
    """The password a script gave: the first line of `file`, else the environment's; None when neither was given.

    Raises:
        PasswordMissing: The file cannot be read, or is empty.
    """
    if file is None:
        return os.environ.get(VARIABLE) or None
    try:
        with Path(file).expanduser().open(encoding="utf-8") as lines:
            password = lines.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise PasswordMissing(
            f"The password file {file} cannot be read.", "Check its path and who may read it."
        ) from None
    if not password:
        raise PasswordMissing(f"The password file {file} is empty.", "Put the password on its first line.")
    return password


def ask_password(what: str, file: str | None = None) -> str:
    """The password for `what`: given by the script, or asked for where somebody sits at the terminal.

    Raises:
        PasswordMissing: Nobody gave one and nobody can be asked.
    """
    given = given_password(file)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise PasswordMissing(f"{what} needs a password.", f"Set {VARIABLE}, or use --password-file FILE.")
    answer: str = click.prompt(f"{what}", hide_input=True, err=True)
    return answer
