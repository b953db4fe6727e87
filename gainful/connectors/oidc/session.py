"""The HTTP session that Authlib asks the token endpoint by: Gainful's own client, in the shape that it expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth

from gainful.connectors.oidc.errors import ProviderUnreachable
from gainful.sdk.http import Answer, HttpClient


class TokenSession:
    """Sends forms."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> TokenAnswer:
        """The answer to a form that shows who the client is."""
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return TokenAnswer(self._http.request("POST", url, headers=sent, content=body.encode()))


class TokenAnswer:
    """An answer, in the words that Authlib asks for it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.status_code = answer.status

    def json(self) -> Any:
        """The body; a ValueError where it is none."""
        return self._answer.json()

    def raise_for_status(self) -> None:
        """Fails where the server has failed."""
        if self.status_code >= 500:
            raise ProviderUnreachable(
                f"The identity provider has trouble (HTTP {self.status_code}).",
                "Try again in a moment, or sign in with a password.",
            )
