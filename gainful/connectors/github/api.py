"""Asks GitHub's REST API, version 2022-11-28.

Source: docs.github.com/rest: issues, pulls, checks, statuses, rate limits, pagination.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from gainful.connectors.github.errors import GitHubInvalid, GitHubRefused, GitHubUnreachable
from gainful.core.clock import Clock
from gainful.sdk.egress import Egress
from gainful.sdk.http import Answer, HttpClient, Limits, retry_after
from gainful.sdk.secret import Handle

PAGE = 100
"""Items that GitHub gives at most in one answer."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_LIMITS = Limits(size=8 * 1024 * 1024)


class Api:
    """One installation of GitHub, signed in to by one token.

    Args:
        url: `https://api.github.com`, or `https://HOST/api/v3`.
        repositories: `owner/name` or `owner/*`: no other one is asked for.
        own: Whether the server may lie in the person's own network, as one that they named may.
    """

    def __init__(
        self, url: str, repositories: Collection[str], token: Handle, clock: Clock, *, own: bool = False
    ) -> None:
        self._url = url.rstrip("/")
        self._repositories = tuple(repositories)
        self._token = token
        self._clock = clock
        parts = urlsplit(self._url)
        origin = frozenset({f"{parts.scheme}://{parts.netloc}"})
        self._egress = Egress(
            hosts=frozenset() if own else frozenset({parts.netloc}),
            methods=frozenset({"GET", "POST"}),
            private_ok=origin if own else frozenset(),
        )

    def get(self, repository: str, *path: str | int, **params: str) -> Any:
        """What is said about this part of a repository, such as `"issues", 7`.

        Raises:
            GitHubInvalid, GitHubRefused, GitHubUnreachable, EgressUnreachable: As they say.
        """
        return _content(self._asked("GET", repository, path, params, None), sent=False)

    def pages(
        self, repository: str, *path: str | int, most: int, within: str = "", **params: str
    ) -> tuple[list[Any], bool]:
        """The items of a list that comes in pages, and whether there are more than these.

        Args:
            most: Pages of 100 items that are asked for.
            within: The field of each page that holds the items; empty for the page itself.

        Raises:
            As `get`.
        """
        found: list[Any] = []
        for page in range(1, most + 1):
            answer = self._asked("GET", repository, path, {**params, "per_page": str(PAGE), "page": str(page)}, None)
            content = _content(answer, sent=False)
            found += content[within] if within else content
            # The address of the next page is not followed: it comes from outside, and its number is known.
            if 'rel="next"' not in answer.headers.get("link", ""):
                return found, False
        return found, True

    def post(self, repository: str, *path: str | int, body: Mapping[str, Any]) -> Any:
        """What has become of it; None where GitHub says no more than that it is done.

        Raises:
            GitHubInvalid, GitHubRefused: Nothing has happened.
            GitHubUnreachable, EgressUnreachable: `sent` tells whether it may have.
        """
        answer = self._asked("POST", repository, path, {}, body)
        return None if answer.status == 204 else _content(answer, sent=True)

    def _asked(
        self,
        method: str,
        repository: str,
        path: tuple[str | int, ...],
        params: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> Answer:
        self._check(repository)
        secret = self._token.secret()
        headers = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
        if secret is not None:
            headers["authorization"] = f"Bearer {secret.reveal()}"
        url = "/".join((self._url, "repos", repository, *map(_part, path)))
        with HttpClient(self._egress, limits=_LIMITS) as http:
            answer = http.request(method, url, params=params, headers=headers, json_body=body)
        if answer.status >= 300:
            raise self._error(answer, method, f"{repository}/{'/'.join(map(str, path))}"[:120])
        return answer

    def _check(self, repository: str) -> None:
        if not _REPOSITORY.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
            raise GitHubInvalid(f"'{repository[:80]}' is no repository.", "Write it like owner/name.")
        owner = repository.partition("/")[0].lower()
        if not any(one.lower() in (repository.lower(), f"{owner}/*") for one in self._repositories):
            raise GitHubRefused(
                f"'{repository[:80]}' is not among the repositories that agents may work with.",
                "Add it to repositories under [github] in gainful.toml, if it should be.",
            )

    def _error(self, answer: Answer, method: str, what: str) -> Exception:
        said = _message(answer)
        if answer.status == 403 and _is_limited(answer, said):
            wait = _wait(answer, self._clock())
            return GitHubUnreachable("GitHub wants to be asked later.", "Wait.", retry_after=wait, sent=False)
        if answer.status in (401, 403):
            return GitHubRefused(
                f"GitHub does not allow {what}: {said}", "Check the token: gainful secrets set github."
            )
        if answer.status >= 500:
            return GitHubUnreachable(f"GitHub has trouble ({answer.status}).", "Try again later.", sent=method != "GET")
        hint = "Check names and numbers."
        if answer.status == 404:
            hint += " GitHub also says so where the token may not look."
        return GitHubInvalid(f"GitHub does not take {what} ({answer.status}): {said}", hint)


def _part(part: str | int) -> str:
    """A name in an address: what stands in it leads nowhere else."""
    text = str(part)
    if text in ("", ".", ".."):
        raise GitHubInvalid(f"'{text}' is no name on GitHub.", "Name a branch, a tag or a commit.")
    return quote(text, safe="")


def _content(answer: Answer, *, sent: bool) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise GitHubUnreachable(
            "GitHub answered in a way that cannot be read.", "Try again later.", sent=sent
        ) from None


def _message(answer: Answer) -> str:
    try:
        content = answer.json()
    except ValueError:
        return "no reason given"
    said = content.get("message", "") if isinstance(content, dict) else ""
    errors = content.get("errors", []) if isinstance(content, dict) else []
    more = [str(one.get("message") or one.get("code")) for one in errors if isinstance(one, dict)]
    return " ".join("; ".join([str(said), *more]).split())[:300]


def _is_limited(answer: Answer, said: str) -> bool:
    remaining = answer.headers.get("x-ratelimit-remaining")
    return remaining == "0" or "retry-after" in answer.headers or "rate limit" in said.lower()


def _wait(answer: Answer, now: datetime) -> timedelta:
    """How long; a minute where it does not say (docs.github.com, Rate limits for the REST API)."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    found = retry_after(answer.headers.get("retry-after", ""), now)
    if found is None and reset.isdecimal() and len(reset) < 12:
        found = min(max(datetime.fromtimestamp(int(reset), UTC) - now, timedelta(0)), timedelta(days=1))
    return timedelta(minutes=1) if found is None else found
