"""A connector of somebody else: built and installed as a package, used by an agent through the gate, nothing of ours
changed for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.label import Integrity
from gainful.storage.settings.config import Home

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "connector_feeds"
MOST_LINES = 300
FEED = b"""<rss><channel><item><title>Office closed</title><description>On Friday.</description>
<pubDate>Sun, 22 Nov 2026 09:00:00 +0100</pubDate></item></channel></rss>"""
AGENT = """\
---
name: reader
owner: ada
purpose: Tells what is new.
model: scripted:script.yaml
tools: [feeds.entries]
---
Tell what is new in the feeds.
"""
SCRIPT = """\
- when: new
  calls: [{tool: feeds.entries, with: {feed: news}}]
  say: "News: {answer}"
- when: elsewhere
  calls: [{tool: feeds.entries, with: {feed: elsewhere}}]
  say: "{answer}"
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed as pip does it."""
    target = tmp_path_factory.mktemp("installed")
    words = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target), str(EXAMPLE)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


class Site(BaseHTTPRequestHandler):
    """One feed."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(FEED)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Office:
    """A home whose settings name the connector, and an agent that uses it."""

    def __init__(self, path: Path, installed: Path, origin: str) -> None:
        self.home = Home(path / "home")
        self.home.prepare()
        self.home.config.write_text(
            f'[owner]\nname = "ada"\n[connectors.feeds]\nown_servers = ["{origin}"]\n[connectors.feeds.settings]\n'
            f'feeds = {{ news = "{origin}/feed", elsewhere = "http://127.0.0.1:9/feed" }}\n',
            encoding="utf-8",
        )
        folder = self.home.path / "agents" / "reader"
        folder.mkdir(parents=True)
        (folder / "AGENT.md").write_text(AGENT, encoding="utf-8")
        (folder / "script.yaml").write_text(SCRIPT, encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "COV_"))}
        path_of_modules = os.pathsep.join([str(ROOT), *([str(installed)] if installed else [])])
        self.environment = {
            **keep,
            "GAINFUL_HOME": str(self.home.path),
            "PYTHONPATH": path_of_modules,
            "COLUMNS": "160",
            "NO_COLOR": "1",
        }

    def run(self, *words: str, status: int = 0) -> str:
        """What a command says, both streams."""
        done = subprocess.run(
            [sys.executable, "-m", "gainful", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def enable(self) -> None:
        """The agent, as it is written."""
        digest = json.loads(self.run("agent", "validate", "reader", "--json"))["digest"]
        self.run("agent", "enable", "reader", "--digest", digest)


@pytest.fixture
def office(tmp_path: Path, installed: Path) -> Iterator[Office]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Office(tmp_path, installed, f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()


def test_an_agent_uses_it_through_the_gate(office: Office) -> None:
    office.enable()
    assert "Office closed" in office.run("agent", "run", "reader", "What is new?")
    # Only the servers that the settings name are reached, whatever the connector's own settings hold.
    assert "Office closed" not in office.run("agent", "run", "reader", "And elsewhere?")
    with Gainful.open(office.home) as app:
        rows = [row for row in app.audit.rows() if row.tool == "feeds.entries"]
        assert [row.kind for row in rows].count("decision") == 2
        calls = [call for row in rows if row.kind == "decision" for call in app.calls.of_run(row.run_id)]
        first, second = (call for call in calls if call.tool == "feeds.entries")
        assert [first.state, second.state] == ["done", "failed"]
        assert first.result.whole.integrity is Integrity.UNTRUSTED
        assert "feeds:feeds.entries" in first.result.whole.sources


def test_its_tools_are_shown_with_what_they_can_do(office: Office) -> None:
    assert "feeds.entries" in office.run("tools", "list")
    office.enable()
    shown = office.run("manifest", "show", "reader")
    assert "is not known here" not in shown


def test_without_the_package_the_settings_say_what_is_missing(tmp_path: Path) -> None:
    office = Office(tmp_path, Path(), "http://127.0.0.1:9")
    assert "connector-missing" in office.run("agent", "validate", "reader", status=2)


def test_its_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(EXAMPLE / "tests")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_short() -> None:
    files = [file for file in EXAMPLE.rglob("*") if file.suffix in (".py", ".toml")]
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= MOST_LINES


def test_it_needs_the_sdk_and_the_core_alone() -> None:
    for file in EXAMPLE.rglob("*.py"):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if " gainful." in line]
        named = [line.split()[1] for line in lines if line.startswith(("from gainful.", "import gainful."))]
        assert all(name.startswith(("gainful.sdk.", "gainful.core.")) for name in named), file
