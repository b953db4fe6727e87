"""Rules of the house that the import contracts cannot state."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gainful"


def _calls(path: Path, name: str) -> list[int]:
    """Lines where `name` is called, as itself or as an attribute."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            found = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if found == name:
                lines.append(node.lineno)
    return lines


def test_only_the_gate_mints_grants() -> None:
    minted = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in PACKAGE.rglob("*.py")
        # The contract suites call tools as the gate does; no product code may import them.
        if not {PACKAGE / "gate", PACKAGE / "sdk" / "testing"} & set(path.parents)
        for line in _calls(path, "Grant")
    }
    assert minted == set()


def test_the_search_for_grants_finds_one(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("import grant\n\nheld = grant.Grant(key='k', tool='t')\n", encoding="utf-8")
    assert _calls(sample, "Grant") == [3]


REVEALERS = {
    "connectors/caldav/server.py",
    "connectors/git/push.py",
    "connectors/github/api.py",
    "connectors/ics/feed.py",
    "connectors/imap/session.py",
    "connectors/llm/providers.py",
    "connectors/matrix/wire.py",
    "connectors/otlp/exporter.py",
    "connectors/mcp/tools.py",
    "connectors/oidc/provider.py",
    "connectors/prometheus/metrics.py",
    "connectors/slack/api.py",
    "connectors/smtp/server.py",
    # A token together with the address that it is for, on its way to that server and under seal.
    "app/remote/server.py",
    "app/remote/remote.py",
    "app/reporting/exporter.py",
    # To check what is signed with it.
    "web/signature.py",
    # The database's own password.
    "storage/server.py",
    # Under seal: the secrets themselves, and the keys that seal them.
    "storage/secrets/secret_store.py",
    "storage/secrets/key_place.py",
}
"""Where a secret may become text: on its way to the server it is for, or under seal."""


def test_only_connectors_and_the_seal_read_secrets() -> None:
    readers = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if _calls(path, "reveal")}
    assert readers == REVEALERS


def test_only_the_app_permits_sign_ins() -> None:
    permitting = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "gainful.sdk.secret import" in path.read_text(encoding="utf-8") and _calls(path, "Connection")
    }
    assert permitting == {
        "app/accounts.py",
        "app/console/provider.py",
        "app/tooling/calendars.py",
        "app/chat/connections.py",
        "app/deploying/hooks.py",
        "app/deploying/targets.py",
        "app/remote/remote.py",
        "app/reporting/reporting.py",
        "app/books/telemetry.py",
        "app/tooling/mcp_servers.py",
        "app/tooling/outside.py",
        "app/tooling/toolbox.py",
        "app/tracing/sending.py",
        "app/waking/webhooks.py",
        "app/worth/told.py",
    }


def test_functions_and_modules_stay_readable() -> None:
    too_long = []
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if len(source.splitlines()) > 500:
            too_long.append(str(path.relative_to(ROOT)))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = len((ast.get_docstring(node, clean=False) or "").splitlines())
                if (node.end_lineno or node.lineno) - node.lineno + 1 - doc > 60:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert too_long == []


def test_no_room_for_leftovers() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert rooms <= {
        "agents",
        "app",
        "cli",
        "connectors",
        "core",
        "gate",
        "intake",
        "jobs",
        "ledger",
        "policy",
        "runs",
        "sdk",
        "storage",
        "web",
        "worth",
    }
