"""What was answered is written down: killed right after its answer, the next process begins the run."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from gainful.core.clock import system_clock
from tests.unit.app.wakers import World
from tests.unit.web.signing import signed

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("webhook_process.py")
BODY = b'{"build": 7}'


def test_a_delivery_that_was_accepted_is_not_lost(tmp_path: Path, database: Engine) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(PROCESS), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().strip().removeprefix("http://").rpartition(":")
            answers = [send(host, int(port), f"build-{number}") for number in (1, 2, 2)]
        finally:
            process.kill()
    assert [status for status, _ in answers] == [202, 202, 200]
    world = World(database)
    world.now = system_clock()
    begun = world.dispatcher.recover()
    assert sorted(occurrence.id for occurrence in begun) == sorted({str(told["id"]) for _, told in answers})
    assert world.process().recover() == []


def send(host: str, port: int, name: str) -> tuple[int, dict[str, str]]:
    with closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
        connection.request("POST", "/hooks/handbook/webhook", BODY, signed(BODY, name, system_clock()))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
