"""Pushes a commit to an address that the person has named, and looks what lies there."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gainful.connectors.git.errors import GitRefused, GitUnreachable
from gainful.connectors.git.program import Repository
from gainful.sdk.secret import Handle

SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Pushing:
    """Where may be pushed to.

    Args:
        places: Beginnings of https addresses that end in `/`, and folders.
        secret: The handle to the password or token for a host, as `user:password` or alone.
        cafile: A certificate file to trust instead of the system's; empty for the system's.
    """

    places: Sequence[str]
    secret: Callable[[str], Handle]
    cafile: str = ""

    def push(self, repository: Repository, remote: str, commit: str, branch: str) -> str:
        """Push, and the address that it went to.

        Raises:
            GitRefused: That address is not among the places, or the other side said no.
            GitUnreachable: It cannot be reached.
        """
        # Whether it can be reached and lets us in is found out before anything is sent.
        url, there = self.look(repository, remote, branch)
        if there == commit:
            return url
        said = repository.run(
            "push", "--quiet", "--porcelain", "--no-verify", "--", url, f"{commit}:refs/heads/{branch}",
            allow=_kind(url), settings=self._settings(url), seconds=SECONDS, sent=True,
        )  # fmt: skip
        if said.status and self._came(repository, remote, branch) != commit:
            told = [line for line in said.text.splitlines() if line.startswith("!")]
            why = " ".join((" ".join(told) or said.error).split())[-200:]
            raise GitRefused(f"The other side does not take it: {why}", "Fetch, merge, and try again.")
        return url

    def _came(self, repository: Repository, remote: str, branch: str) -> str:
        """Where the branch is after a push that went wrong."""
        try:
            return self.look(repository, remote, branch)[1]
        except GitUnreachable as error:
            raise GitUnreachable(error.what, error.next_move, sent=True) from error

    def look(self, repository: Repository, remote: str, branch: str) -> tuple[str, str]:
        """The address, and the commit that the branch has there; empty when there is no such branch.

        Raises:
            GitRefused, GitUnreachable: As for `push`.
        """
        url = self._url(repository, remote)
        said = repository.run(
            "ls-remote", "--quiet", "--", url, f"refs/heads/{branch}",
            allow=_kind(url), settings=self._settings(url), seconds=SECONDS,
        )  # fmt: skip
        if said.status:
            raise GitUnreachable(
                f"{url} cannot be reached: {said.error}", "Check the address and the token.", sent=False
            )
        return url, said.text.partition("\t")[0].strip()

    def _url(self, repository: Repository, remote: str) -> str:
        plain = remote.replace("-", "").replace("_", "").isalnum() and len(remote) <= 60
        url = ""
        if plain:
            url = repository.setting(f"remote.{remote}.pushurl") or repository.setting(f"remote.{remote}.url")
        if not url:
            raise GitRefused(f"'{repository.name}' has no remote '{remote[:60]}'.", "See git remote -v.")
        if not any(_within(url, place) for place in self.places):
            raise GitRefused(
                f"'{_shown(url)}' is not among the places that may be pushed to.",
                "Add it to push_to under [git] in gainful.toml, if it should be.",
            )
        return url

    def _settings(self, url: str) -> dict[str, str]:
        if _kind(url) != "https":
            return {}
        found = {"http.sslCAInfo": self.cafile} if self.cafile else {}
        secret = self.secret(urlsplit(url).hostname or "").secret()
        if secret is not None:
            given = secret.reveal()
            pair = given if ":" in given else f"x-access-token:{given}"
            found["http.extraHeader"] = f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}"
        return found


def _kind(url: str) -> str:
    return "https" if url.startswith("https://") else "file"


def _within(url: str, place: str) -> bool:
    plain = url.isprintable() and url.isascii() and ".." not in url and not {"%", "@", "\\", "?", "#"} & set(url)
    if not plain:
        return False
    if place.startswith("https://"):
        return url == place or url.startswith(f"{place.rstrip('/')}/")
    return url.startswith("/") and Path(url).resolve().is_relative_to(Path(place).resolve())


def _shown(url: str) -> str:
    # What stands before an @ may be a password.
    return url.rpartition("@")[2][:100]
