"""Which database an installation uses, and how it gets in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gainful.storage.secrets.database_password import DatabasePassword
from gainful.storage.server import with_password
from gainful.storage.settings.config import Config, Home
from gainful.storage.settings.storage import DatabaseUrlInvalid, fault_of

VARIABLE = "GAINFUL_DATABASE"


def place_of(home: Home, config: Config, environment: Mapping[str, str] = os.environ) -> Path | str:
    """The database of this home: the file, or the URL of the server that a team shares, with its password.

    Raises:
        DatabaseUrlInvalid: `--database` or GAINFUL_DATABASE is no such URL.
        KeyFileInvalid: The stored password cannot be opened.
    """
    given = home.server or environment.get(VARIABLE, "")
    if given and (fault := fault_of(given)):
        source = "--database" if home.server else VARIABLE
        raise DatabaseUrlInvalid(f"The URL in {source} {fault}.", "See docs/how-to/team-server.md.")
    url = given or config.storage.database
    if not url:
        return home.database
    # Where none is stored, the driver looks into PGPASSFILE and ~/.pgpass by itself.
    password = DatabasePassword(home, config.secrets.keep_key_in, environment).get() or home.login
    return with_password(url, password) if password is not None else url
