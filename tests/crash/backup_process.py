"""`gainful backup` or `gainful restore`, which stops half way: `python backup_process.py WORDS...`.

It says `half way` once the database is copied, or is put in place and about to be checked, and waits to be told to end.
"""

from __future__ import annotations

import signal
import threading
from typing import Any

from gainful.app import backups
from gainful.cli.main import main
from gainful.storage import dump

copied = dump.dump


def half_way(*_: Any) -> Any:
    """Wait here."""
    print("half way", flush=True)
    threading.Event().wait()


def copy_and_wait(*given: Any) -> None:
    """A copy, and then nothing more."""
    copied(*given)
    half_way()


if __name__ == "__main__":
    # As at a terminal, also where the tests run in the background or under `nohup`.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    dump.dump = copy_and_wait  # type: ignore[assignment]
    backups._checked = half_way  # type: ignore[assignment]
    main()
