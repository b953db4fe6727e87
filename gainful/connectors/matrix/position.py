"""How far an account has heard: the server's token, kept in a file from the moment that the caller acknowledges."""

from __future__ import annotations

import json
import os
from pathlib import Path

from gainful.connectors.matrix.errors import PositionDamaged
from gainful.core.ids import stable_id


class Position:
    """The place up to which everything is acknowledged.

    Args:
        folder: Of Gainful's own; it is made when absent.
        account: Server and member, so that each has a place of its own.
    """

    def __init__(self, folder: Path, account: tuple[str, ...]) -> None:
        self.file = folder / f"matrix-{stable_id(*account)}.json"

    def read(self) -> str:
        """The token; empty where nothing was heard yet.

        Raises:
            PositionDamaged: The file holds something else. To begin anew is for a person to say.
        """
        try:
            token = json.loads(self.file.read_text(encoding="utf-8"))["since"]
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token:
            raise PositionDamaged(
                f"{self.file} does not say what was heard already.",
                "Remove it to hear from now on; what has happened since is then not told.",
            )
        return token

    def keep(self, token: str) -> None:
        """Write the token so that it is there after a power cut, or the one before it is."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump({"since": token}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.file)
        descriptor = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
