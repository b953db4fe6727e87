"""Which tools exist in this installation, as settings and accounts make them.

with Toolbox(home, config, accounts, broker, clock) as toolbox:
    tools = toolbox.tools("support")
    tools["files.read"].spec

What an agent may use of them is its manifest's matter. Without a setting that names folders, hosts or servers a tool is
not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gainful.app.accounts import Accounts
from gainful.app.tooling.calendars import Calendars
from gainful.app.tooling.mcp_servers import McpServers
from gainful.app.tooling.outside import Outside
from gainful.app.tooling.shell import tools_of as shell_tools_of
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.mail import Mail
from gainful.gate.broker import Broker
from gainful.jobs.triage.reading.reader import Reader
from gainful.sdk.mail import Mailbox
from gainful.sdk.secret import Connection
from gainful.sdk.tool import Tool
from gainful.storage.settings.config import Account, Config, Home

if TYPE_CHECKING:
    from gainful.connectors.files import FileStore

SMTP_PORTS = {"smtp": 587, "smtps": 465}


class FolderInvalid(Invalid):
    """A folder that the settings give to agents holds Gainful's own home."""

    code = "folder-invalid"


class Toolbox:
    """The tools of one installation. Making them reaches nothing: each connects when it is called."""

    def __init__(self, home: Home, config: Config, accounts: Accounts, broker: Broker, clock: Clock) -> None:
        self._home = home
        self._config = config
        self._accounts = accounts
        self._broker = broker
        self._clock = clock
        self._reader = Reader()
        self.calendars = Calendars(config, broker, clock)
        self._mcp = McpServers(home, broker)
        self.outside = Outside(config.connectors, broker, clock)
        self.more: list[Callable[[str], Iterable[Tool]]] = []
        """Makers of further tools, for an agent by name, which need more than settings and accounts."""

    def __enter__(self) -> Toolbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process that takes mails apart, and let go of calendars.

        Safe to call twice; what is needed later starts anew.
        """
        self._reader.close()
        self.calendars.close()

    def tools(self, agent: str) -> Mapping[str, Tool]:
        """Every tool by name, for this agent.

        Args:
            agent: Its name marks what it writes to other people.

        Raises:
            FolderInvalid, SandboxInputInvalid: The settings give agents the folder where the secrets lie, or one twice.
            ConnectorMissing, ConnectorUnusable: A connector that the settings name cannot be used.
        """
        makers: Sequence[Callable[[], Iterable[Tool]]] = (
            self._shell,
            self._files,
            self._web,
            partial(self._mail, agent),
            partial(self._smtp, agent),
            partial(self._git, agent),
            partial(self._github, agent),
            partial(self._calendar, agent),
            self._mcp.tools,
            *(partial(make, agent) for make in self.more),
            partial(self.outside.tools, agent),
        )
        found: dict[str, Tool] = {}
        for make in makers:
            for tool in make():
                # Nobody takes the name of a tool that comes with Gainful.
                found.setdefault(tool.spec.name, tool)
        return found

    def files(self) -> FileStore:
        """The files of the folders that the settings name, and what agents have written in them.

        Raises:
            FolderInvalid: A folder holds Gainful's home, or another one of them.
        """
        from gainful.connectors.files import FileStore

        folders = self._config.files.folders
        self._check(folders.values(), "files")
        self._check_apart(folders)
        return FileStore(folders, self._home.path / "kept")

    def _shell(self) -> Iterable[Tool]:
        return shell_tools_of(self._config.shell, self._home) if self._config.shell.enabled else ()

    def _files(self) -> Iterable[Tool]:
        from gainful.connectors.files import file_tools

        return file_tools(self.files()) if self._config.files.folders else ()

    def _web(self) -> Iterable[Tool]:
        from gainful.connectors.web import LIMITS, web_tools
        from gainful.sdk.egress import Egress
        from gainful.sdk.http import HttpClient

        wanted = self._config.web
        if not wanted.hosts and not wanted.own_servers:
            return ()
        egress = Egress(frozenset(wanted.hosts), private_ok=frozenset(wanted.own_servers))
        return web_tools(partial(HttpClient, egress, limits=LIMITS))

    def _mail(self, agent: str) -> Iterable[Tool]:
        from gainful.connectors.mail import Box, mail_tools

        boxes = {
            account.name: Box(partial(self._opened, account), _address(account), account.display_name)
            for account in self._config.accounts
        }
        return mail_tools(boxes, self._read, agent, self._clock) if boxes else ()

    def _smtp(self, agent: str) -> Iterable[Tool]:
        from gainful.connectors.smtp import Outbox, SmtpServer, smtp_tools

        boxes: dict[str, Outbox] = {}
        for account in self._config.accounts:
            if not account.smtp or not account.own_addresses:
                continue
            parts = urlsplit(account.smtp)
            server = SmtpServer(
                host=parts.hostname or "",
                port=parts.port or SMTP_PORTS[parts.scheme],
                implicit_tls=parts.scheme == "smtps",
                user=account.user,
                secret=self._accounts.handle(account, "smtp"),
                auth=account.auth,
                cafile=account.cafile,
            )
            boxes[account.name] = Outbox(
                server, partial(self._opened, account), _address(account), account.display_name
            )
        return smtp_tools(boxes, agent, self._clock) if boxes else ()

    def _git(self, agent: str) -> Iterable[Tool]:
        from gainful.connectors.git import Pushing, Repository, git_tools

        wanted = self._config.git
        if not wanted.repositories:
            return ()
        self._check(wanted.repositories.values(), "git")
        repositories = {name: Repository(name, path) for name, path in wanted.repositories.items()}
        pushing = Pushing(wanted.push_to, lambda host: self._broker.handle(f"git:{host}", Connection("git", host)))
        return git_tools(repositories, pushing, agent, wanted.author)

    def _github(self, agent: str) -> Iterable[Tool]:
        from gainful.connectors.github import Api, github_tools

        wanted = self._config.github
        if not wanted.repositories:
            return ()
        token = self._broker.handle("github", Connection("github", urlsplit(wanted.api).netloc))
        # A server that the settings name besides GitHub's own is the company's, and may lie in its network.
        own = urlsplit(wanted.api).netloc != "api.github.com"
        return github_tools(Api(wanted.api, wanted.repositories, token, self._clock, own=own), agent)

    def _calendar(self, agent: str) -> Iterable[Tool]:
        from gainful.connectors.calendar import Desk, calendar_tools

        desks = {
            one.name: Desk(
                partial(self.calendars.open, one.name),
                self.calendars.person(one),
                frozenset(self.calendars.addresses(one)),
                self.calendars.zone(one),
            )
            for one in self._config.calendars
        }
        return calendar_tools(desks, agent) if desks else ()

    def _opened(self, account: Account) -> Mailbox:
        return self._accounts.connect(account)

    def _read(self, mails: Sequence[tuple[bytes, bool]]) -> list[Mail]:
        return self._reader.read(mails) if mails else []

    def _check_apart(self, folders: Mapping[str, Path]) -> None:
        """No folder lies in another: a file with two names would have the label of one of them alone."""
        real = {name: folder.resolve() for name, folder in folders.items()}
        for name, folder in real.items():
            for other, outer in real.items():
                if name != other and folder.is_relative_to(outer):
                    raise FolderInvalid(
                        f"The folder '{name}' under [files] in gainful.toml lies in '{other}'.", "Name the outer one."
                    )

    def _check(self, folders: Iterable[Path], section: str) -> None:
        """No folder holds Gainful's home, or lies in it: with the key in it, everything else falls."""
        home = self._home.path.resolve()
        for folder in folders:
            real = folder.resolve()
            if home.is_relative_to(real) or real.is_relative_to(home):
                raise FolderInvalid(
                    f"'{folder}' under [{section}] in gainful.toml and Gainful's home {home} lie in one another.",
                    "Name folders beside it.",
                )


def _address(account: Account) -> str:
    """The address that the person writes from; for drafts in a mailbox without one, a name that no mail goes to."""
    return next(iter(account.own_addresses), f"{account.name}@localhost.invalid")
