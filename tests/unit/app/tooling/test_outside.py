"""Connectors of others: found, loaded where they are wanted, and held to what they declare."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gainful.app.tooling.outside import GROUP, ConnectorMissing, ConnectorUnusable, Outside
from gainful.gate.broker import Broker, SecretRefused
from gainful.sdk.connector import Context
from gainful.sdk.egress import EgressRefused, HostPatternInvalid
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Secret
from gainful.storage.settings.outside import OutsideConnector
from tests.unit.app.outside_samples import MANIFEST, MODULE

NOW = datetime(2026, 11, 22, tzinfo=UTC)
_names = itertools.count(1)


class Vault:
    """One secret."""

    def get(self, name: str) -> Secret | None:
        return Secret(name, "s3cret-token") if name == "notes:token" else None


class Site:
    """An installation in which one package is installed, or none."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.module = f"sample_connector_{next(_names)}"
        patch.syspath_prepend(path)

    def outside(self, source: str | None = None, name: str = "notes", **settings: object) -> Outside:
        """Connectors of others, of which this module offers one by this name, and the settings want `notes`."""
        points = []
        if source is not None:
            (self.path / f"{self.module}.py").write_text(source, encoding="utf-8")
            points = [EntryPoint(name, f"{self.module}:connector", GROUP)]
        wanted = {"notes": OutsideConnector(**settings)}
        outside = Outside(wanted, Broker(Vault(), lambda: outside.scopes()), lambda: NOW, lambda: points)
        return outside


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def sample(old: str = "", new: str = "", *, code: tuple[str, str] = ("", "")) -> str:
    """The module of a connector, with a change in its manifest or its code."""
    assert old in MANIFEST
    assert code[0] in MODULE
    manifest = MANIFEST.replace(old, new, 1) if old else MANIFEST
    return (MODULE.replace(*code, 1) if code[0] else MODULE).replace("MANIFEST", repr(manifest), 1)


def test_its_tools_are_there(site: Site) -> None:
    outside = site.outside(sample(), settings={"greeting": "Hello"})
    (tool,) = outside.tools("helper")
    answer = tool.call(Grant("key", "notes.read"), {"name": "x"})
    assert answer == {"agent": "helper", "greeting": "Hello", "token": 12, "now": NOW.isoformat()}


def test_without_a_section_it_is_not_even_loaded(site: Site) -> None:
    outside = Outside({}, Broker(Vault(), dict), lambda: NOW, lambda: [EntryPoint("notes", "no_such_module", GROUP)])
    assert outside.tools("helper") == []
    assert outside.scopes() == {}
    assert site.module not in sys.modules


def test_it_is_loaded_once(site: Site) -> None:
    asked: list[str] = []
    (site.path / f"{site.module}.py").write_text(sample(), encoding="utf-8")

    def installed() -> list[EntryPoint]:
        asked.append("asked")
        return [EntryPoint("notes", f"{site.module}:connector", GROUP)]

    outside = Outside({"notes": OutsideConnector()}, Broker(Vault(), dict), lambda: NOW, installed)
    assert outside.tools("one")[0].spec == outside.tools("other")[0].spec
    assert asked == ["asked"]
    assert [context.agent for context in sys.modules[site.module].contexts] == ["one", "other"]


def test_its_secrets_begin_with_its_name_and_are_lent_to_it_alone(site: Site) -> None:
    outside = site.outside(sample(code=('context.secret("token")', 'context.secret("other")')))
    assert outside.scopes() == {"notes": ("notes:token",), "notes.read": ("notes:token",)}
    (tool,) = outside.tools("helper")
    with pytest.raises(SecretRefused):
        tool.call(Grant("key", "notes.read"), {"name": "x"})


def test_it_reaches_what_its_manifest_and_the_settings_name(site: Site) -> None:
    outside = site.outside(sample(code=("def tools(", "seen = None\n    def tools(")), hosts=("more.example.org",))
    outside.tools("helper")
    context: Context = sys.modules[site.module].contexts[-1]
    with context.open_http() as http:
        for allowed in ("https://notes.example.org/x", "https://more.example.org/x"):
            assert http._egress.target("POST", allowed)
        for refused in ("https://other.example.org/x", "http://notes.example.org/x", "http://127.0.0.1:9/x"):
            with pytest.raises(EgressRefused):
                http.request("GET", refused)
        with pytest.raises(EgressRefused):
            http.request("DELETE", "https://notes.example.org/x")


def test_a_connector_that_is_not_installed(site: Site) -> None:
    outside = site.outside()
    with pytest.raises(ConnectorMissing, match="no installed package"):
        outside.tools("helper")
    assert outside.scopes() == {}


def test_a_host_that_is_none(site: Site) -> None:
    with pytest.raises(HostPatternInvalid):
        site.outside(sample(), hosts=("https://x/y",)).tools("helper")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("raise RuntimeError('no licence')", "no licence"),
        ("import no_such_module_at_all", "no_such_module_at_all"),
        ("other = 1", "connector"),
        ("connector = 7", "no manifest or no tools"),
        (sample('name = "notes"', 'name = "other"'), "its manifest is of 'other'"),
        (sample('name = "notes.read"', 'name = "mail.send"'), "does not begin with its name"),
        (sample('secrets = ["notes:token"]', 'secrets = ["model-key"]'), "secrets that do not begin"),
        (sample('secrets = ["notes:token"]', 'secrets = "notes:token"'), "no list of texts"),
        (sample('"POST"', '"BREW"'), "'BREW' is no HTTP method"),
        (sample('effect = "read"', 'effect = "magic"'), "magic"),
        (sample("[[tools]]", "[[tools"), "cannot be read"),
        (
            sample(code=('declared["notes.read"]', 'replace(declared["notes.read"], effect=Effect.CONTAINED)')),
            "notes.read",
        ),
        (sample(code=("return [tool]", "return []")), "its tools are not those of its manifest"),
        (sample(code=("return [tool]", "return [tool, tool]")), "its tools are not those of its manifest"),
        (sample(code=("return [tool]", "return 1 / 0")), "division by zero"),
    ],
)
def test_what_cannot_be_used(site: Site, source: str, problem: str) -> None:
    outside = site.outside(source)
    with pytest.raises(ConnectorUnusable, match=problem):
        outside.tools("helper")


@pytest.mark.parametrize("name", ["imap", "mail", "chat", "memory", "model", "clock", "matrix"])
def test_names_that_mean_something_else_already(name: str) -> None:
    outside = Outside({name: OutsideConnector()}, Broker(Vault(), dict), lambda: NOW, list)
    with pytest.raises(ConnectorUnusable, match="means something else"):
        outside.tools("helper")


def test_one_that_cannot_be_used_keeps_nobody_from_their_secrets(site: Site) -> None:
    assert site.outside("raise RuntimeError('no licence')").scopes() == {}
