"""An identity provider by OpenID Connect: where to send a browser, and who came back.

    provider = OidcProvider("https://login.example.org", "gainful", ("openid", "email"), secret, system_clock)
    url = provider.authorization_url(Asked(redirect_uri, state, nonce, verifier))
    proven = provider.redeem(Redeemed(redirect_uri, code, nonce, verifier))
    proven.subject, proven.claims["email"]

Source: OpenID Connect Core 1.0, 3.1; RFC 7636 for PKCE; RFC 9207 for `iss` in the answer.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from joserfc.jwk import KeySet

from gainful.connectors.oidc.errors import IdentityUnproven, ProviderInvalid, ProviderUnreachable
from gainful.connectors.oidc.id_token import Expected, KeyUnknown, claims_of, keys_from
from gainful.connectors.oidc.metadata import Metadata, discovery_url, metadata_from
from gainful.connectors.oidc.session import TokenSession
from gainful.core.clock import Clock
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUntrusted, parse
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.secret import Handle
from gainful.sdk.tool import ToolUnreachable

LIMITS = Limits(connect=5.0, read=10.0, total=15.0, size=1024 * 1024, redirects=3)
KEPT = timedelta(hours=1)
"""How long a discovery document and keys are taken for current."""

SOON = timedelta(seconds=10)
"""So long nothing is asked again that was just asked: a stranger's token must not let us ask all the time."""

_METHODS = frozenset({"GET", "POST"})
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A sign-in that begins.

    Args:
        verifier: The secret of PKCE; only its digest goes along.
        anew: The person must show who they are even where they are signed in there.
    """

    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a browser came back with, and what we kept of how it began.

    Args:
        issuer: Who says to have answered; empty where the answer does not say.
    """

    redirect_uri: str
    code: str
    nonce: str
    verifier: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who signed in.

    Args:
        subject: Never given to another person by this issuer, unlike names and addresses.
        authenticated_at: When they last showed who they are; None where the provider does not say.
        id_token: What proves it, to be shown to the provider alone when they sign out there; in no repr.
    """

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    authenticated_at: datetime | None
    id_token: str = field(repr=False)


class OidcProvider:
    """One provider, as one client. Safe to share between threads.

    Args:
        scopes: What is asked for; `openid` among it.
        secret: Of the client; one that has none is a public client, whom PKCE alone protects.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        scopes: Sequence[str],
        secret: Handle,
        clock: Clock,
        *,
        limits: Limits = LIMITS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._scopes = " ".join(scopes)
        self._secret = secret
        self._clock = clock
        self._limits = limits
        self._tls = tls
        self._lock = threading.Lock()
        self._metadata = _Kept[Metadata]()
        self._keys = _Kept[KeySet]()

    def metadata(self) -> Metadata:
        """What the provider says of itself.

        Raises:
            ProviderUnreachable, ProviderInvalid: As they say.
        """
        with self._lock:
            return self._metadata.get(self._clock(), KEPT, self._discovered)

    def keys(self, older_than: timedelta = KEPT) -> KeySet:
        """Its keys, asked for again where they are kept for longer than this; raises as `metadata` does."""
        found = self.metadata()
        with self._lock:
            return self._keys.get(self._clock(), older_than, lambda: keys_from(self._asked(found, found.keys)))

    def authorization_url(self, asked: Asked) -> str:
        """Where the browser is sent; raises as `metadata` does."""
        # `prompt` makes it ask, `max_age` makes it say when it did. Not 0: some then ask without end, since whoever has
        # just signed in did so a moment ago.
        more = {"prompt": "login", "max_age": "60"} if asked.anew else {}
        url, _ = self._client(None, asked.redirect_uri).create_authorization_url(
            self.metadata().authorization,
            state=asked.state,
            code_verifier=asked.verifier,
            nonce=asked.nonce,
            **more,
        )
        return str(url)

    def redeem(self, given: Redeemed, enough: Callable[[Mapping[str, Any]], bool] = lambda _claims: True) -> Proven:
        """Who signed in.

        Args:
            enough: Whether the ID token's claims will do; else the userinfo endpoint is asked for more.

        Raises:
            IdentityUnproven: Something is wrong with what came back.
            ProviderUnreachable, ProviderInvalid: As they say.
        """
        found = self.metadata()
        if given.issuer != found.issuer and (given.issuer or found.names_itself):
            # Another provider's answer must not be taken to this one (RFC 9207, 2.4).
            raise IdentityUnproven("Another identity provider answered than was asked.", "Sign in again.")
        token = self._token(found, given)
        access, id_token = token.get("access_token"), token.get("id_token")
        if not isinstance(id_token, str) or not isinstance(access, str):
            raise IdentityUnproven("The identity provider gave no ID token.", "Check that it is asked for `openid`.")
        claims = self._claims(id_token, found, Expected(found.issuer, self._client_id, given.nonce, access))
        authenticated_at = _instant(claims.get("auth_time"))
        if found.userinfo and not enough(claims):
            claims = {**self._userinfo(found, access, claims["sub"]), **claims}
        return Proven(found.issuer, claims["sub"], claims, authenticated_at, id_token)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _claims(self, id_token: str, found: Metadata, expected: Expected) -> Mapping[str, Any]:
        try:
            return claims_of(id_token, self.keys(), found.algorithms, expected, self._clock())
        except KeyUnknown:
            # The provider may have changed its keys since they were fetched.
            keys = self.keys(SOON)
        try:
            return claims_of(id_token, keys, found.algorithms, expected, self._clock())
        except KeyUnknown:
            raise IdentityUnproven(
                "The identity provider's ID token is not signed by one of its keys.",
                "Sign in again; if it stays so, tell the platform owner.",
            ) from None

    def _token(self, found: Metadata, given: Redeemed) -> Mapping[str, Any]:
        """What the code is exchanged for."""
        with _sorted(), self._http(found.hosts) as http:
            client = self._client(TokenSession(http), given.redirect_uri, found)
            try:
                token: Mapping[str, Any] = client.fetch_token(
                    found.token, grant_type="authorization_code", code=given.code, code_verifier=given.verifier
                )
            except OAuth2Error as error:
                raise _said_no(str(error.error)) from error
            except ValueError as error:
                raise ProviderInvalid(
                    "The identity provider's token endpoint answered with something else.", "Check the issuer."
                ) from error
        return token

    def _userinfo(self, found: Metadata, access: str, subject: str) -> Mapping[str, Any]:
        content = self._asked(found, found.userinfo, {"authorization": f"Bearer {access}"})
        if not isinstance(content, dict) or content.get("sub") != subject:
            # OpenID Connect Core 1.0, 5.3.2: else claims of somebody else would be taken for theirs.
            raise IdentityUnproven("The identity provider's userinfo is about somebody else.", "Sign in again.")
        return content

    def _client(self, session: object, redirect_uri: str, found: Metadata | None = None) -> OAuth2Client:
        secret = self._secret.secret() if found is not None else None
        text = secret.reveal() if secret is not None else None
        return OAuth2Client(
            session,
            client_id=self._client_id,
            client_secret=text,
            token_endpoint_auth_method=_method(text, found),
            scope=self._scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _discovered(self) -> Metadata:
        return metadata_from(self._asked(None, discovery_url(self.issuer)), self.issuer)

    def _asked(self, found: Metadata | None, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """What lies at an address of the provider's, as JSON."""
        with _sorted(), self._http(found.hosts if found is not None else frozenset()) as http:
            answer = http.request("GET", url, headers={"accept": "application/json", **(headers or {})})
        return _json(answer)

    def _http(self, hosts: frozenset[str]) -> HttpClient:
        # The person named this server, so it may lie in their own network; what it names besides may not.
        egress = Egress(hosts=hosts, methods=_METHODS, private_ok=frozenset({parse(self.issuer).origin}))
        return HttpClient(egress, limits=self._limits, tls=self._tls)


class _Kept(Generic[T]):
    """Something that was asked for, for as long as it holds. That it could not be had is kept for a moment too."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._error: ProviderUnreachable | None = None
        self._at = datetime.min.replace(tzinfo=UTC)

    def get(self, now: datetime, longest: timedelta, ask: Callable[[], T]) -> T:
        """The value; asked for where it is older than that.

        Raises:
            ProviderUnreachable: Not to be had, now or a moment ago.
        """
        age = now - self._at
        if self._error is not None and age < SOON:
            raise self._error
        if self._value is None or age >= longest:
            try:
                self._value, self._error = ask(), None
            except ProviderUnreachable as error:
                self._value, self._error = None, error
                raise
            finally:
                self._at = now
        return self._value


@contextmanager
def _sorted() -> Iterator[None]:
    """Our error for each of the HTTP client's."""
    try:
        yield
    except ToolUnreachable as error:
        raise ProviderUnreachable(
            f"The identity provider does not answer: {error.what}",
            "Try again in a moment, or sign in with a password.",
            retry_after=error.retry_after,
        ) from error
    except (EgressRefused, EgressTooLarge, EgressUntrusted) as error:
        raise ProviderInvalid(f"The identity provider cannot be used: {error.what}", error.next_move) from error


def _json(answer: Answer) -> Any:
    if answer.status >= 500:
        raise ProviderUnreachable(
            f"The identity provider has trouble (HTTP {answer.status}).",
            "Try again in a moment, or sign in with a password.",
        )
    try:
        return answer.json() if answer.status == 200 else None
    except ValueError:
        return None


def _instant(said: Any) -> datetime | None:
    """An instant in seconds since 1970; None where it is none."""
    try:
        return datetime.fromtimestamp(said, UTC) if said else None
    except (OverflowError, OSError, ValueError):
        return None


def _method(secret: str | None, found: Metadata | None) -> str:
    """How the client shows who it is."""
    if secret is None or found is None:
        return "none"
    offered = found.secret_methods
    # Servers differ in how they read other letters in a header, and agree on a form (RFC 6749, 2.3.1).
    plain = set(secret) <= _UNRESERVED
    if "client_secret_post" in offered and (not plain or "client_secret_basic" not in offered):
        return "client_secret_post"
    if "client_secret_basic" in offered:
        return "client_secret_basic"
    raise ProviderInvalid(
        "The identity provider takes no client secret in a header or a form.", "Register a client that may send one."
    )


def _said_no(error: str) -> Exception:
    said = "".join(letter for letter in error[:60] if letter.isprintable())
    if error in ("invalid_client", "unauthorized_client"):
        return ProviderInvalid(
            f"The identity provider does not know this client: {said}.",
            "Check client_id, and the secret: gainful secrets set oidc",
        )
    return IdentityUnproven(f"The identity provider does not accept this sign-in: {said}.", "Sign in again.")
