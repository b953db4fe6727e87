"""Where the servers from PyPI lie that tests and benches talk to: an environment beside the project's own.

`make servers` makes it, from `requirements-servers.txt`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

INSTALL = "make servers"
_BESIDE_THE_CODE = Path(__file__).resolve().parents[3] / ".venv" / "servers"


def python_of_servers(package: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The Python that can run the server in this package, such as `synapse`; None where it is not installed.

    `GAINFUL_TEST_SERVERS` names another place of the environment.
    """
    root = Path(environment.get("GAINFUL_TEST_SERVERS") or _BESIDE_THE_CODE)
    found = any((root / "lib").glob(f"python3*/site-packages/{package}/__init__.py"))
    python = root / "bin" / "python"
    return python if found and python.exists() else None
