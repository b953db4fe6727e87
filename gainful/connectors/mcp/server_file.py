"""What a person writes down about an MCP server: how it is reached, and what each of its tools does.

    command = ["tickets-mcp", "--stdio"]         # or: url = "https://mcp.example.org/mcp"
    network = false                              # a command runs within walls; this is one more
    environment = { TICKETS_URL = "https://tickets.example.org" }
    secrets = { TICKETS_TOKEN = "mcp:tickets" }  # by stdio a variable, by HTTP a header

    [tools.search]
    effect = "read"
    arguments = { query = "content" }
    labels = { "structured.id" = "trusted" }

A tool without a section does not exist for agents. What a section leaves out is the worst: the effect is egress, every
argument is a target, and what comes back is untrusted and internal.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gainful.connectors.mcp.errors import McpFileInvalid
from gainful.sdk.egress import Egress, HostPatternInvalid

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$")]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]


class ServerFile(BaseModel):
    """One MCP server.

    Args:
        command: Program and arguments of a server that speaks on its standard input and output.
        url: Address of one that speaks streamable HTTP.
        folder: Where the command runs.
        confined: Whether the command runs within walls: the disk read-only, Gainful's home out of sight, and of the
            processes of this machine its own.
        writable: Folders that it may change nevertheless.
        network: Whether it may use the network.
        environment: Variables that the command gets; of ours it gets PATH, HOME, LANG and the user's name.
        secrets: Name of a sealed secret, `mcp:…`, by the variable or header in which the server expects it.
        own_server: The address may lie in the person's own network, and be without TLS.
        seconds: The longest that a call may take, with starting the server.
        tools: What each tool does, in the words of a connector's manifest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")]
    command: tuple[str, ...] = ()
    url: str = ""
    folder: Path | None = None
    confined: bool = True
    writable: tuple[Path, ...] = ()
    network: bool = True
    environment: dict[Variable, str] = Field(default_factory=dict)
    secrets: dict[Variable, Annotated[str, Field(pattern=r"^mcp:[A-Za-z0-9._-]{1,60}$")]] = Field(default_factory=dict)
    own_server: bool = False
    seconds: float = Field(default=60.0, gt=0, le=3600)
    tools: dict[ToolName, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> ServerFile:
        if bool(self.command) == bool(self.url):
            raise ValueError("names a command, or a url, and not both")
        if self.url:
            try:
                self.egress().target("POST", self.url)
            except Exception as error:
                raise ValueError(f"has a url that cannot be used: {error}") from None
        return self

    @field_validator("command")
    @classmethod
    def _plain(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if any("\0" in part for part in command):
            raise ValueError("must not hold NUL")
        return command

    @field_validator("folder", "writable")
    @classmethod
    def _whole(cls, given: Path | tuple[Path, ...] | None) -> Path | tuple[Path, ...] | None:
        if given is None:
            return None
        opened = [one.expanduser() for one in ([given] if isinstance(given, Path) else given)]
        if not all(one.is_absolute() for one in opened):
            raise ValueError("must be folders with a whole path")
        return opened[0] if isinstance(given, Path) else tuple(opened)

    def egress(self) -> Egress:
        """Where the server's address may lead."""
        parts = urlsplit(self.url)
        methods = frozenset({"GET", "POST", "DELETE"})
        if self.own_server:
            return Egress(methods=methods, private_ok=frozenset({f"{parts.scheme}://{parts.netloc}"}))
        return Egress(hosts=frozenset({parts.netloc}), methods=methods)


def read_server_file(file: Path) -> ServerFile:
    """The server that this file is about; its name is the file's.

    Raises:
        McpFileInvalid: It cannot be read, or says something that is not known.
    """
    try:
        content: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return ServerFile.model_validate({**content, "name": file.stem})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = str(error)
    except HostPatternInvalid as error:
        problem = error.what
    except ValidationError as error:
        # What was written may hold a secret: the place is told, not the value.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = f"{where or 'it'}: {first['msg'].removeprefix('Value error, ')}"
    raise McpFileInvalid(f"{file} cannot be used: {problem[:300]}.", "Correct it; see docs/how-to/mcp.md.")
