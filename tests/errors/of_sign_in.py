"""Reproducers of what signing in with an identity provider refuses."""

from __future__ import annotations

from datetime import UTC, datetime

from gainful.app.console import Answered
from gainful.app.console.claims import name_from
from gainful.connectors.oidc.id_token import Expected, claims_of, keys_from
from gainful.connectors.oidc.metadata import metadata_from
from gainful.storage.settings.web import Oidc
from tests.errors.registry import Place, reproduces

KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}
KEY["y"] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"


@reproduces("provider-unreachable")
def _a_provider_that_is_away(place: Place) -> None:
    place.home.prepare()
    place.home.config.write_text('[console.oidc]\nissuer = "http://127.0.0.1:9"\nclient_id = "gainful"\n')
    with place.app() as app:
        app.by_provider.begin("http://127.0.0.1:8787/sign-in/provider/back")


@reproduces("provider-invalid")
def _another_issuers_document(place: Place) -> None:
    metadata_from({"issuer": "https://evil.example.org"}, "https://login.example.org")


@reproduces("provider-not-set")
def _no_provider(place: Place) -> None:
    with place.app() as app:
        app.by_provider.begin("http://127.0.0.1:8787/sign-in/provider/back")


@reproduces("identity-unproven")
def _a_token_without_a_signature(place: Place) -> None:
    expected = Expected("https://login.example.org", "gainful", "nonce", "access")
    claims_of("eyJhbGciOiJub25lIn0.e30.", keys_from({"keys": [KEY]}), ["ES256"], expected, datetime.now(UTC))


@reproduces("identity-not-allowed")
def _an_address_that_is_not_verified(place: Place) -> None:
    name_from({"email": "ann@example.org", "email_verified": False}, Oidc())


@reproduces("sign-in-lost")
def _an_answer_that_nobody_asked_for(place: Place) -> None:
    with place.app() as app:
        app.by_provider.back("", Answered("state", "code"))
