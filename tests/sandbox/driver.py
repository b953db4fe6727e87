"""Runs programs in the sandbox for the tests: one JSON job a line in, one JSON answer a line out.

Started as an ordinary user by the system's own Python, on a copy of the few modules that it needs: the tests may run
as root, from a folder that nobody else may read.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from gainful.connectors.shell import Limits, Sandbox, shell_tools
from gainful.core.errors import GainfulError
from gainful.sdk.grant import Grant


def work(job: dict[str, Any]) -> Any:
    """The outcome of one job, or the code of the error."""
    limits = Limits(**job.get("limits", {}))
    tools = shell_tools(Sandbox([Path(p) for p in job["folders"]], limits), enabled=True)
    tool = next(tool for tool in tools if tool.spec.name == job["tool"])
    word = "code" if job["tool"] == "code.python" else "command"
    try:
        return tool.call(Grant("k", job["tool"]), {word: job["text"], "folder": job["folder"]})
    except GainfulError as error:
        return {"code": error.code, "what": error.what}


if __name__ == "__main__":
    # What a careless program leaves open for its children, and in its environment.
    os.set_inheritable(os.open(sys.argv[1], os.O_RDWR), True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
