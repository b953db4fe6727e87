"""Settings of the tools that agents can be given. Without them a tool reaches nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from gainful.storage.settings.section import Line, Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_AUTHOR = re.compile(r"[^<>\n]{1,100} <[^<>@\s]+@[^<>@\s]+>")


def usable_folder(folder: Path) -> Path:
    """The folder with `~` opened, if agents may have it."""
    opened = folder.expanduser()
    if not opened.is_absolute() or opened == Path("/") or opened == Path.home():
        raise ValueError("must be folders with a whole path, and not / or your whole home")
    return opened


class Shell(Section):
    """Commands and code, run in a sandbox without network. Off unless it is turned on here."""

    enabled: bool = Field(default=False, description="Whether commands and code may be run at all.")
    folders: tuple[Path, ...] = Field(
        default=(), description="Folders that they may see, with what lies below; they can never change them."
    )
    seconds: int = Field(default=30, ge=1, le=3600, description="The longest that a run may take.")
    memory_mb: int = Field(default=512, ge=64, le=65536, description="The most memory that a run may hold, in MiB.")

    @field_validator("folders")
    @classmethod
    def _usable(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(usable_folder(folder) for folder in folders)


class Files(Section):
    """Folders in which agents may read and write text files."""

    folders: dict[Name, Path] = Field(
        default_factory=dict, description='Path by the name that agents use: `notes = "~/Documents/notes"`.'
    )

    @field_validator("folders")
    @classmethod
    def _usable(cls, folders: dict[str, Path]) -> dict[str, Path]:
        return {name: usable_folder(folder) for name, folder in folders.items()}


class Web(Section):
    """Web servers from which agents may fetch pages."""

    hosts: tuple[Line, ...] = Field(
        default=(), description="`docs.example.org`, or `*.example.org` for every name below it. By TLS only."
    )
    own_servers: tuple[Line, ...] = Field(
        default=(), description="Servers in your own network, as origins: `http://10.1.2.3:8080`."
    )


class Git(Section):
    """Local repositories that agents may read, commit to, and push from."""

    repositories: dict[Name, Path] = Field(
        default_factory=dict, description='Path by the name that agents use: `site = "~/src/site"`.'
    )
    push_to: tuple[Line, ...] = Field(
        default=(),
        description="Where commits may be pushed to: beginnings of addresses, `https://git.example.org/team/`, or "
        "folders. The password or token for one is sealed as `git:HOST`.",
    )
    author: Line = Field(
        default="", description="`Ada <ada@example.org>`, for commits. Unset: what the repository's own settings say."
    )

    @field_validator("repositories")
    @classmethod
    def _usable(cls, folders: dict[str, Path]) -> dict[str, Path]:
        return {name: usable_folder(folder) for name, folder in folders.items()}

    @field_validator("author")
    @classmethod
    def _is_author(cls, author: str) -> str:
        if author and not _AUTHOR.fullmatch(author):
            raise ValueError("must be a name and an address: Ada <ada@example.org>")
        return author

    @field_validator("push_to")
    @classmethod
    def _is_place(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        for place in places:
            if not re.match(r"https://[a-z0-9.-]+(:[0-9]+)?/", place) and not place.startswith("/"):
                raise ValueError(f"must be https://HOST/… or a folder with a whole path, and not {place[:60]!r}")
        return places


class GitHub(Section):
    """Repositories on GitHub that agents may work with. The token is sealed as `github`."""

    repositories: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.*-]+$")], ...] = Field(
        default=(), description="`owner/name`, or `owner/*` for all of an owner."
    )
    api: Line = Field(
        default="https://api.github.com", description="Address of the API; of GitHub Enterprise: `https://HOST/api/v3`."
    )
