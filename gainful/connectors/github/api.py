"""Asks GitHub's REST API, version 2022-11-28.

Source: docs.github.com/rest: issues, pulls, checks, statuses, rate limits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from gainful.connectors.github.errors import GitHubInvalid, GitHubRefused, GitHubUnreachable
from gainful.sdk.egress import Egress
from gainful.sdk.http import Answer, HttpClient, Limits, retry_after
from gainful.sdk.secret import Handle

PAGE = 100
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_LIMITS = Limits(size=8 * 1024 * 1024)


class Api:
    """One installation of GitHub, signed in to by one token.

    Args:
        url: `https://api.github.com`, or `https://HOST/api/v3`.
        repositories: `owner/name` or `owner/*`: no other one is asked for.
        own: Whether the server may lie in the person's own network, as one that they named may.
    """

    def __init__(self, url: str, repositories: Collection[str], token: Handle, *, own: bool = False) -> None:
        self._url = url.rstrip("/")
        self._repositories = tuple(repositories)
        self._token = token
        parts = urlsplit(self._url)
        origin = frozenset({f"{parts.scheme}://{parts.netloc}"})
        self._egress = Egress(
            hosts=frozenset() if own else frozenset({parts.netloc}),
            methods=frozenset({"GET", "POST"}),
            private_ok=origin if own else frozenset(),
        )

    def get(self, repository: str, path: str, **params: str) -> Any:
        """What is said about this part of a repository, such as `issues/7`.

        Raises:
            GitHubInvalid, GitHubRefused, GitHubUnreachable, EgressUnreachable: As they say.
        """
        return self._asked("GET", repository, path, params, None)

    def post(self, repository: str, path: str, body: Mapping[str, Any]) -> Any:
        """What has become of it.

        Raises:
            GitHubInvalid, GitHubRefused: Nothing has happened.
            GitHubUnreachable, EgressUnreachable: `sent` tells whether it may have.
        """
        return self._asked("POST", repository, path, {}, body)

    def _asked(
        self, method: str, repository: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> Any:
        self._check(repository)
        secret = self._token.secret()
        headers = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
        if secret is not None:
            headers["authorization"] = f"Bearer {secret.reveal()}"
        url = f"{self._url}/repos/{repository}/{quote(path)}"
        with HttpClient(self._egress, limits=_LIMITS) as http:
            answer = http.request(method, url, params=params, headers=headers, json_body=body)
        if answer.status >= 300:
            raise _error(answer, method, f"{repository}/{path}"[:120])
        try:
            return answer.json()
        except ValueError:
            raise GitHubUnreachable(
                "GitHub answered in a way that cannot be read.", "Try again later.", sent=method != "GET"
            ) from None

    def _check(self, repository: str) -> None:
        if not _REPOSITORY.fullmatch(repository) or repository.rpartition("/")[2] in (".", ".."):
            raise GitHubInvalid(f"'{repository[:80]}' is no repository.", "Write it like owner/name.")
        owner = repository.partition("/")[0].lower()
        if not any(one.lower() in (repository.lower(), f"{owner}/*") for one in self._repositories):
            raise GitHubRefused(
                f"'{repository[:80]}' is not among the repositories that agents may work with.",
                "Add it to repositories under [github] in gainful.toml, if it should be.",
            )


def _error(answer: Answer, method: str, what: str) -> Exception:
    said = _message(answer)
    limited = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    if answer.status in (403, 429) and limited:
        return GitHubUnreachable("GitHub wants to be asked later.", "Wait.", retry_after=_wait(answer), sent=False)
    if answer.status in (401, 403):
        return GitHubRefused(f"GitHub does not allow {what}: {said}", "Check the token: gainful secrets set github.")
    if answer.status >= 500:
        return GitHubUnreachable(f"GitHub has trouble ({answer.status}).", "Try again later.", sent=method != "GET")
    return GitHubInvalid(f"GitHub does not take {what} ({answer.status}): {said}", "Check names and numbers.")


def _message(answer: Answer) -> str:
    try:
        content = answer.json()
    except ValueError:
        return "no reason given"
    said = content.get("message", "") if isinstance(content, dict) else ""
    errors = content.get("errors", []) if isinstance(content, dict) else []
    more = [str(one.get("message") or one.get("code")) for one in errors if isinstance(one, dict)]
    return "; ".join([str(said), *more])[:300]


def _wait(answer: Answer) -> timedelta | None:
    now = datetime.now(UTC)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if "retry-after" in answer.headers:
        return retry_after(answer.headers["retry-after"], now)
    if reset.isdecimal() and len(reset) < 12:
        return min(max(datetime.fromtimestamp(int(reset), UTC) - now, timedelta(0)), timedelta(days=1))
    return None
