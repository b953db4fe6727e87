"""Traces between two real servers: what one Gainful did stands in the other one's books, call for call."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gainful.app import Gainful
from gainful.core.span import trace_id
from gainful.sdk.secret import Secret
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.runs.trace_store import Progress
from gainful.storage.settings.config import Home
from tests.unit.web import handbook

GAINFUL = str(Path(sys.executable).parent / "gainful")
TOKEN = "a-long-and-random-token-of-the-books"


@contextmanager
def serving(home: Home) -> Iterator[None]:
    """`gainful serve` of a home."""
    environment = {**os.environ, "GAINFUL_HOME": str(home.path)}
    with subprocess.Popen([GAINFUL, "serve"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("ready"):
            assert process.poll() is None
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(300) == 0


def test_what_one_server_did_stands_in_the_books_of_another(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    books, working = Home(tmp_path / "books"), Home(tmp_path / "working")
    books.prepare()
    books.config.write_text(f'[owner]\nname = "zoe@example.org"\n[server]\nport = {port}\n', encoding="utf-8")
    with Gainful.open(books) as app:
        app.secrets.put("intake:working", Secret("intake:working", TOKEN))
    more = f'[traces]\nendpoint = "http://127.0.0.1:{port}/v1/traces"\nheaders = ["authorization"]\n'
    handbook.lay(working, tmp_path / "notes", more)
    with Gainful.open(working) as app:
        handbook.enable(app)
        app.secrets.put("traces:authorization", Secret("traces:authorization", f"Bearer {TOKEN}"))
        app.tracing.store.keep(Progress(app.clock().isoformat()))
        run_id = handbook.answered(app)
    with serving(books), serving(working), Gainful.open(books) as app:
        trace = trace_id(run_id)
        while (found := app.usage.run(trace)) is None:
            time.sleep(0.1)
        run, calls = found
    assert (run.agent, run.trigger, run.status) == ("handbook", "event", "ok")
    assert sorted((call.model or call.name, call.failed) for call in calls) == [
        ("files.list", False),
        ("files.read", False),
        ("script.yaml", False),
        ("script.yaml", False),
    ]
    with Gainful.open(working) as app:
        progress = app.tracing.store.progress()
    assert progress is not None
    assert (progress.sent, progress.dropped, progress.rejected, progress.failing) == (1, 0, 0, "")
