"""The homeserver of tests is gone, with its files, when the process that started it was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gainful.sdk.testing.synapse import Synapse
from tests.crash.processes import Processes
from tests.fixtures.waiting import eventually

STARTER = """\
import json, sys, time
from gainful.sdk.testing.synapse import Synapse

server = Synapse().start()
print(json.dumps([str(server.folder), server.port]), flush=True)
time.sleep(600)
"""


def test_it_does_not_outlive_who_started_it(synapse: Synapse) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        folder, _port = Processes.heard(process)
        assert Path(folder, "homeserver.yaml").exists()
        Processes.kill(process)
        assert eventually(lambda: not Path(folder).exists())
    finally:
        process.kill()
        process.communicate()
