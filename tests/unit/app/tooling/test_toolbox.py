"""Which tools an installation has follows from its settings alone, and none opens Gainful's own home."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.tooling.catalogue import catalogue, manifests
from gainful.app.tooling.mcp_servers import McpUnknown
from gainful.app.tooling.toolbox import FolderInvalid
from gainful.app.tooling.tools import agent_tools
from gainful.connectors.mcp.errors import McpFileInvalid
from gainful.connectors.mcp.pin import Pin, pinned_from
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Tool
from gainful.storage.settings.config import Home
from gainful.storage.settings.findings import ConfigInvalid


class House:
    """A home with settings, and folders beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.home.prepare()
        for name in ("notes", "site", "Maildir/cur", "Maildir/new", "Maildir/tmp"):
            (folder / name).mkdir(parents=True)

    def app(self, settings: str = "") -> Gainful:
        self.home.config.write_text(settings.replace("HERE", str(self.folder)), encoding="utf-8")
        return Gainful.open(self.home)

    def tools(self, settings: str) -> dict[str, Tool]:
        with self.app(settings) as app:
            return dict(app.toolbox.tools("helper"))

    def server(self, name: str, text: str, *offered: str) -> None:
        folder = self.home.path / "mcp"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        if offered:
            tools = [{"name": tool, "inputSchema": {"type": "object"}} for tool in offered]
            Pin(folder / f"{name}.pin").write(pinned_from(tools))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


FILES = '[files.folders]\nnotes = "HERE/notes"\n'


def test_without_settings_nothing_is_reached(house: House) -> None:
    assert house.tools("") == {}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (FILES, {"files.list", "files.search", "files.read", "files.write", "files.append"}),
        ('[web]\nhosts = ["docs.example.org"]', {"web.fetch"}),
        ('[web]\nown_servers = ["http://10.1.2.3:8080"]', {"web.fetch"}),
        ('[[accounts]]\nname = "a"\nurl = "maildir:HERE/Maildir"', {"mail.search", "mail.read", "mail.draft"}),
        (
            '[[accounts]]\nname = "a"\nurl = "maildir:HERE/Maildir"\nsmtp = "smtps://mail.example.org"\n'
            'addresses = ["ada@example.org"]',
            {"mail.search", "mail.read", "mail.draft", "mail.send"},
        ),
        # Nobody knows as whom to send.
        (
            '[[accounts]]\nname = "a"\nurl = "maildir:HERE/Maildir"\nsmtp = "smtps://mail.example.org"',
            {"mail.search", "mail.read", "mail.draft"},
        ),
        (
            '[git.repositories]\nsite = "HERE/site"',
            {f"git.{name}" for name in ("status", "log", "show", "diff", "branch", "commit", "push")},
        ),
        (
            '[github]\nrepositories = ["ada/site"]',
            {f"github.{name}" for name in ("issues", "issue", "pulls", "pull", "checks", "create_issue", "comment",
                                           "create_pull")},
        ),
        ("[shell]\nenabled = true", {"shell.run", "code.python"}),
    ],
)  # fmt: skip
def test_each_setting_brings_its_tools(house: House, settings: str, names: set[str]) -> None:
    made = house.tools(settings)
    assert set(made) == names
    assert all(isinstance(tool, Tool) for tool in made.values())
    assert set(made) <= set(agent_tools())


def test_the_tools_work_as_they_are_put_together(house: House) -> None:
    with house.app(FILES) as app:
        tools = app.toolbox.tools("helper")

        def call(name: str, **given: Json) -> Json:
            return tools[name].call(Grant("k", name), given)

        written = call("files.write", path="notes/a", text="Leave: 30 days.")
        assert call("files.search", text="leave")["found"][0]["path"] == "notes/a"
        assert (house.home.path / "kept" / f"{written['undo']}.json").exists()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('[files.folders]\nx = "HERE/home"', "lie in one another"),
        ('[files.folders]\nx = "HERE/home/deeper"', "lie in one another"),
        ('[files.folders]\nx = "HERE"', "lie in one another"),
        ('[files.folders]\nx = "HERE/link"', "lie in one another"),
        ('[git.repositories]\nx = "HERE"', "lie in one another"),
        ('[files.folders]\nx = "HERE/notes"\ny = "HERE/notes/deeper"', "'y' under [files] in gainful.toml lies in 'x'"),
        ('[files.folders]\nx = "HERE/notes"\ny = "HERE/notes"', "lies in"),
    ],
)
def test_no_folder_opens_gainfuls_home_or_has_two_names(house: House, settings: str, told: str) -> None:
    (house.folder / "link").symlink_to(house.home.path)
    (house.folder / "notes" / "deeper").mkdir()
    with house.app(settings) as app, pytest.raises(FolderInvalid) as caught:
        app.toolbox.tools("helper")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        '[files.folders]\nx = "/"',
        '[files.folders]\nx = "relative"',
        '[files.folders]\nx = "~"',
        '[files.folders]\n"a/b" = "HERE/notes"',
        '[files.folders]\n".." = "HERE/notes"',
        '[git]\npush_to = ["http://git.example.org/"]',
        '[git]\npush_to = ["https://git.example.org"]',
        '[git]\npush_to = ["ssh://git.example.org/"]',
        '[git]\nauthor = "Ada"',
        '[git]\nauthor = "Ada <ada@example.org>\\nx"',
        '[github]\nrepositories = ["*/*"]',
        '[github]\nrepositories = ["site"]',
        '[web]\nhost = ["docs.example.org"]',
        '[[accounts]]\nname = "a"\nurl = "maildir:x"\nsmtp = "smtp://ada:pw@mail.example.org"',
        '[[accounts]]\nname = "a"\nurl = "maildir:x"\nsmtp = "http://mail.example.org"',
    ],
)
def test_settings_that_cannot_be_meant_are_refused(house: House, settings: str) -> None:
    with pytest.raises(ConfigInvalid):
        house.app(settings)


# --- MCP servers ---

TICKETS = 'command = ["tickets"]\n[tools.search]\neffect = "read"\n'


def test_a_declared_and_pinned_server_brings_its_tools(house: House) -> None:
    house.server("tickets", TICKETS, "search", "close")
    assert set(house.tools("")) == {"tickets.search"}
    with house.app() as app:
        (state,) = app.mcp.states()
        assert (state.name, state.state, list(state.declared)) == ("tickets", "pinned", ["tickets.search"])


def test_before_a_person_has_looked_it_brings_none(house: House) -> None:
    house.server("tickets", TICKETS)
    assert house.tools("") == {}
    with house.app() as app:
        assert [state.state for state in app.mcp.states()] == ["unpinned"]
        with pytest.raises(McpUnknown, match="Servers: tickets"):
            app.mcp.server("ticket")


@pytest.mark.parametrize("text", ["command = [", 'comand = ["x"]', 'command = ["x"]\n[tools.none]\n'])
def test_a_broken_server_holds_nobody_up(house: House, text: str) -> None:
    house.server("broken", text, "search")
    house.server("tickets", TICKETS, "search")
    assert set(house.tools(FILES)) == {
        "tickets.search", "files.list", "files.search", "files.read", "files.write", "files.append",
    }  # fmt: skip
    with house.app() as app:
        broken, _ = app.mcp.states()
        assert broken.state == "broken"
        assert "broken.toml" in broken.problem or "does not offer" in broken.problem


@pytest.mark.parametrize("name", ["mail", "files", "chat", "memory", "model", "told", "plan"])
def test_no_server_takes_the_name_of_gainfuls_own_tools(house: House, name: str) -> None:
    house.server(name, TICKETS, "search")
    assert house.tools("") == {}
    with house.app() as app:
        with pytest.raises(McpFileInvalid, match="another name"):
            app.mcp.server(name)
        assert [state.state for state in app.mcp.states()] == ["broken"]


# --- what is known of tools ---


def test_every_tool_of_ours_has_an_entry_with_its_evidence(house: House) -> None:
    entries = {entry.spec.name: entry for entry in catalogue(agent_tools(), {"files.read"})}
    assert set(entries) == set(agent_tools())
    for name, entry in entries.items():
        assert entry.grades, name
        assert set(entry.grades) <= set("ABC")
        assert entry.stores, name
        assert entry.rate, name
        assert entry.scopes, name
        assert 0 < len(entry.spec.about) <= 240, name
        assert entry.needs or entry.connector in ("agents", "llm"), name
    assert entries["files.read"].ready
    assert not entries["web.fetch"].ready


def test_tools_of_others_are_known_by_what_they_declare(house: House) -> None:
    house.server("tickets", TICKETS, "search")
    with house.app() as app:
        (entry,) = catalogue({name: tool.spec for name, tool in app.toolbox.tools("x").items()}, {"tickets.search"})
    assert (entry.connector, entry.ready, entry.grades) == ("tickets", True, "")
    assert "tickets.search" not in manifests()


def test_a_repository_as_the_settings_name_it(house: House) -> None:
    site = house.folder / "site"
    subprocess.run(["git", "init", "--quiet"], cwd=site, check=True)
    with house.app('[git]\nauthor = "Ada <ada@example.org>"\n[git.repositories]\nsite = "HERE/site"') as app:
        tools = app.toolbox.tools("helper")
        (site / "a").write_text("x")
        made = tools["git.commit"].call(
            Grant("k", "git.commit"), {"repository": "site", "paths": ["a"], "message": "First"}
        )
        found = tools["git.log"].call(Grant("k", "git.log"), {"repository": "site"})
    assert (found[0]["commit"], found[0]["author"]) == (made["commit"], "Ada <ada@example.org>")


@pytest.fixture
def mailbox(house: House) -> Iterator[House]:
    (house.folder / "Maildir" / "new" / "1.M1P1.host").write_bytes(
        b"From: bo@example.org\nTo: ada@example.org\nSubject: Lunch\nMessage-ID: <1@example.org>\n\nAt noon?\n"
    )
    yield house


def test_mail_as_the_settings_name_it(mailbox: House) -> None:
    with mailbox.app(
        '[[accounts]]\nname = "home"\nurl = "maildir:HERE/Maildir"\naddresses = ["ada@example.org"]'
    ) as app:
        tools = app.toolbox.tools("helper")
        (line,) = tools["mail.search"].call(Grant("k", "mail.search"), {"subject": "lunch"})
        assert line["from"] == "bo@example.org"
        drafted = tools["mail.draft"].call(Grant("k", "mail.draft"), {"subject": "Re: Lunch", "text": "Yes."})
    assert json.dumps(drafted)
    (draft,) = (mailbox.folder / "Maildir" / f".{drafted['folder']}" / "cur").iterdir()
    assert b"X-Gainful-Agent: helper" in draft.read_bytes()
