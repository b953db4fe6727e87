"""Signing in with the company's identity provider: begins there, comes back, and ends in a session as any other.

    begun = by_provider.begin(redirect_uri)            # where to send the browser, and a cookie to know it by
    came = by_provider.back(begun.cookie, answer)      # Entered, Confirmed, or AsksPassword

Who somebody is, is the provider's issuer and subject; a name is only how a new account is called. So nobody gets an
account that is there already by having its name at the provider: whoever has a password here gives it once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from gainful.app.console.access import Access, SignedIn, name_of_account
from gainful.app.console.claims import IdentityNotAllowed, check_domain, enough, name_from, role_from
from gainful.app.console.rights import Role
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection
from gainful.storage.console.access_store import Account
from gainful.storage.console.identity_store import Flow, Identity, IdentityStore
from gainful.storage.settings.web import Oidc

if TYPE_CHECKING:
    from gainful.connectors.oidc import OidcProvider, Proven

SCOPE = "oidc"
"""Name of the connector, and of the client's secret."""

PATIENCE = timedelta(minutes=10)
"""How long somebody may take to sign in at the provider."""

LARGEST_PROOF = 64 * 1024
"""Letters of an ID token that is kept for signing out; a larger one is not, and the provider then asks."""

LEEWAY = timedelta(minutes=1)
"""By which the provider's clock may be off."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class SignInLost(Refused):
    """A sign-in came back that was not begun in this browser, is over, or was used."""

    code = "sign-in-lost"


class ProviderNotSet(Invalid):
    """The settings name no identity provider, or not one that can be asked."""

    code = "provider-not-set"


class Purpose(StrEnum):
    """Why somebody is sent to the provider, or what is waited for."""

    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    LINK = "link"
    SIGN_OUT = "sign-out"


@dataclass(frozen=True, slots=True)
class Begun:
    """A browser that is to be sent away.

    Args:
        cookie: Kept by the browser for `PATIENCE`; what comes back counts only together with it.
    """

    url: str
    state: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """A browser that is to be sent to the provider to sign out there.

    Args:
        fields: What it brings along, in a form so that none of it stands in an address; empty where `url` has it all.
        cookie: As in `Begun`.
    """

    url: str
    state: str
    cookie: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the provider sent a browser back with."""

    state: str
    code: str = ""
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is signed in: the value of the session's cookie."""

    cookie: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody who is signed in has shown again who they are."""


@dataclass(frozen=True, slots=True)
class AsksPassword:
    """The account of this name has a password, which is asked for once."""

    person: str
    state: str
    cookie: str


class ByProvider:
    """Signing in with an identity provider. Safe to share between threads."""

    def __init__(self, access: Access, store: IdentityStore, settings: Oidc, broker: Broker, clock: Clock) -> None:
        self._access = access
        self._store = store
        self._settings = settings
        self._secret = broker.handle(SCOPE, Connection(SCOPE, settings.issuer))
        self._clock = clock
        self._provider: OidcProvider | None = None

    @property
    def label(self) -> str:
        """What the button says; empty where there is none."""
        return self._settings.label if self._settings.on else ""

    @property
    def where(self) -> str:
        """The provider's host, by which people know it."""
        return urlsplit(self._settings.issuer).hostname or ""

    @property
    def has_secret(self) -> bool:
        """Whether a secret of the client is stored."""
        return bool(self._secret.secret())

    @property
    def provider(self) -> OidcProvider:
        """The provider.

        Raises:
            ProviderNotSet: The settings name none, or a file of certificates that cannot be used.
        """
        if not self._settings.on:
            raise ProviderNotSet(
                "No identity provider is set.", "Name its issuer and a client_id under [console.oidc] in gainful.toml."
            )
        if self._provider is None:
            # Late, for it takes a moment: `gainful --help` is to be there at once.
            from gainful.connectors.oidc import OidcProvider

            settings = self._settings
            self._provider = OidcProvider(
                settings.issuer,
                settings.client_id,
                settings.scopes,
                self._secret,
                self._clock,
                tls=_trusting(settings.cafile),
            )
        return self._provider

    def can_confirm(self, who: SignedIn) -> bool:
        """Whether this person can show at the provider who they are."""
        return self._settings.on and any(
            one.issuer == self._settings.issuer and not one.barred for one in self._store.of_person(who.person)
        )

    def begin(self, redirect_uri: str, who: SignedIn | None = None) -> Begun:
        """Where to send a browser.

        Args:
            redirect_uri: Where the provider sends it back to.
            who: Signed in already, and to show again who they are.

        Raises:
            ProviderUnreachable, ProviderInvalid, ProviderNotSet: As they say.
        """
        from gainful.connectors.oidc import Asked

        asked = Asked(redirect_uri, _random(), _random(), _random(), anew=who is not None)
        url = self.provider.authorization_url(asked)
        purpose = Purpose.CONFIRM if who is not None else Purpose.SIGN_IN
        session = who.session if who is not None else ""
        cookie = self._keep(purpose, redirect_uri, asked.state, asked.nonce, asked.verifier, session=session)
        return Begun(url, asked.state, cookie)

    def back(self, cookie: str, answer: Answered) -> Entered | Confirmed | AsksPassword:
        """What becomes of who came back.

        Raises:
            SignInLost: It was not begun in this browser, is over, or was used.
            IdentityUnproven: It proves nothing.
            IdentityNotAllowed: They are not let in.
            ProviderUnreachable, ProviderInvalid: As they say.
        """
        from gainful.connectors.oidc import IdentityUnproven, Redeemed

        flow = self._taken(cookie, answer.state, (Purpose.SIGN_IN, Purpose.CONFIRM))
        with self._noted():
            if answer.error or not answer.code:
                said = "".join(letter for letter in answer.error[:60] if letter.isprintable()) or "no code"
                raise IdentityUnproven(f"The identity provider did not sign you in: {said}.", "Try again.")
            given = Redeemed(flow.redirect_uri, answer.code, flow.nonce, flow.verifier, answer.issuer)
            proven = self.provider.redeem(given, lambda claims: enough(claims, self._settings))
            if flow.purpose == Purpose.CONFIRM:
                return self._confirmed(flow, proven)
            return self._entered(proven)

    def leave(self, proof: str, redirect_uri: str) -> Leaving:
        """Where to send the browser of who has just signed out here, to sign out there too.

        Args:
            proof: Their ID token; empty to let the provider ask them.
            redirect_uri: Where the provider sends it back to.

        Raises:
            ProviderUnreachable, ProviderInvalid, ProviderNotSet: As they say.
        """
        url = self.provider.metadata().end_session
        if not url:
            raise ProviderNotSet(
                "The identity provider offers no signing out any more.", "Sign out there on a page of its own."
            )
        state = _random()
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": redirect_uri, "state": state}
        cookie = self._keep(Purpose.SIGN_OUT, redirect_uri, state)
        if self._settings.sign_out == "form":
            return Leaving(url, state, cookie, {"id_token_hint": proof, **asked} if proof else asked)
        # An ID token stands in no address: without one the provider asks them, and nothing is given away.
        return Leaving(f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}", state, cookie)

    def left(self, cookie: str, state: str) -> bool:
        """Whether who comes back has been sent away from here to sign out, and not led here by somebody else."""
        try:
            self._taken(cookie, state, (Purpose.SIGN_OUT,))
        except SignInLost:
            return False
        return True

    def link(self, cookie: str, state: str, password: str) -> Entered:
        """Let the account that has this password be theirs who came back.

        Raises:
            SignInLost: As `back`.
            SignInRefused: The password is wrong; the sign-in begins anew.
            IdentityNotAllowed: The account is another's.
        """
        flow = self._taken(cookie, state, (Purpose.LINK,))
        self._access.prove(flow.person, password)
        with self._noted():
            self._link(Identity(flow.issuer, flow.subject, flow.person, self._clock()), by=flow.person)
            role = Role(flow.role) if flow.role else None
            return self._begun(flow.person, role, self._clock(), None)

    # --- who comes in -------------------------------------------------------------------------------------------------

    def _entered(self, proven: Proven) -> Entered | AsksPassword:
        known = self._store.identity(proven.issuer, proven.subject)
        try:
            check_domain(proven.claims, self._settings)
            role = role_from(proven.claims, self._settings)
        except IdentityNotAllowed:
            if known is not None:
                # Who lost their groups is out at once, and not only when a session is over.
                self._access.end_all(known.person)
            raise
        if known is None:
            return self._first(proven, role)
        if known.barred or self._access.account(known.person) is None:
            raise _switched_off()
        return self._begun(known.person, role, proven.authenticated_at, self._proof(proven))

    def _first(self, proven: Proven, role: Role | None) -> Entered | AsksPassword:
        """Somebody whose issuer and subject were never seen."""
        account, person = self._named(name_of_account(name_from(proven.claims, self._settings)))
        identity = Identity(proven.issuer, proven.subject, person, self._clock())
        others = self._store.of_person(person)
        if any(one.barred for one in others):
            raise _switched_off()
        if account is None:
            self._admit(identity, role)
        elif account.password:
            state = _random()
            cookie = self._keep(Purpose.LINK, "", state, identity=identity, role=str(role or ""))
            return AsksPassword(person, state, cookie)
        elif others:
            # An address may be given to somebody new; a subject is not.
            raise _taken()
        else:
            self._link(identity, by="system:identity-provider")
        return self._begun(person, role, proven.authenticated_at, self._proof(proven))

    def _named(self, name: str) -> tuple[Account | None, str]:
        """The account of this name, if there is one, and how it is written: people type addresses in many ways."""
        found = next((one for one in self._access.accounts() if one.person.lower() == name.lower()), None)
        return found, found.person if found is not None else name

    def _admit(self, identity: Identity, role: Role | None) -> None:
        """Make an account for somebody new."""
        given = role or (Role(self._settings.default_role) if self._settings.default_role else None)
        if given is None:
            raise IdentityNotAllowed(
                "You have no account here.", "Ask the platform owner for one; they need to know your name there."
            )
        if given is not Role.OWNER and self._access.is_new():
            raise IdentityNotAllowed(
                "Nobody has an account here yet, and the first one is the platform owner's.",
                "Make it with the code that `gainful serve` prints.",
            )
        account = Account(identity.person, given, "", self._clock())
        detail = {"person": identity.person, "role": str(given), "issuer": identity.issuer, "subject": identity.subject}
        if not self._store.admit(account, identity, self._note("system:identity-provider", "account-made", **detail)):
            raise _taken()

    def _link(self, identity: Identity, by: str) -> None:
        detail = {"person": identity.person, "issuer": identity.issuer, "subject": identity.subject}
        if not self._store.link(identity, self._note(by, "identity-linked", **detail)):
            raise _taken()

    def _proof(self, proven: Proven) -> str | None:
        """What is kept to sign out there; empty where the provider is to ask, None where it cannot be done."""
        if self._settings.sign_out == "off" or not self.provider.metadata().end_session:
            return None
        token = proven.id_token if self._settings.sign_out == "form" else ""
        return token if len(token) <= LARGEST_PROOF else ""

    def _begun(self, person: str, role: Role | None, shown_at: datetime | None, proof: str | None) -> Entered:
        account = self._access.account(person)
        if role is not None and account is not None and account.role != role:
            self._access.role_from_provider(person, role)
        # To be signed in there since the morning does not confirm what cannot be taken back now.
        return Entered(self._access.begin(person, min(shown_at or NEVER, self._clock()), proof))

    def _confirmed(self, flow: Flow, proven: Proven) -> Confirmed:
        known = self._store.identity(proven.issuer, proven.subject)
        if known is None or known.barred or known.person != self._access.person_of(flow.session):
            raise IdentityNotAllowed("Somebody else signed in at the identity provider.", "Sign in there as yourself.")
        shown = proven.authenticated_at
        if shown is None or not flow.begun_at - LEEWAY <= shown <= self._clock() + LEEWAY:
            raise IdentityNotAllowed(
                "The identity provider did not ask again who you are.",
                "Ask the platform owner to have it heed `prompt=login` and give `auth_time`, or give you a password.",
            )
        self._access.confirm_session(flow.session)
        return Confirmed()

    # --- flows --------------------------------------------------------------------------------------------------------

    def _keep(
        self,
        purpose: Purpose,
        redirect_uri: str,
        state: str,
        nonce: str = "",
        verifier: str = "",
        *,
        session: str = "",
        identity: Identity | None = None,
        role: str = "",
    ) -> str:
        """Keep a flow; the value of the cookie that it is known by."""
        cookie, now = _random(), self._clock()
        issuer, subject, person = (identity.issuer, identity.subject, identity.person) if identity else ("", "", "")
        flow = Flow(
            _digest(cookie),
            purpose,
            redirect_uri,
            state,
            nonce,
            verifier,
            now,
            session,
            issuer,
            subject,
            person,
            role,
        )
        self._store.begin(flow, now - PATIENCE)
        return cookie

    def _taken(self, cookie: str, state: str, purposes: tuple[Purpose, ...]) -> Flow:
        flow = self._store.take(_digest(cookie)) if cookie else None
        same = flow is not None and hmac.compare_digest(flow.state.encode(), state.encode())
        if flow is None or not same or flow.purpose not in purposes or self._clock() - flow.begun_at > PATIENCE:
            raise SignInLost(
                "This sign-in was not begun here, took too long, or was used already.", "Sign in again from this page."
            )
        return flow

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Whoever is turned away is in the audit log."""
        try:
            yield
        except GainfulError as error:
            self._store.audit.append([self._note("system:identity-provider", "sign-in-refused", why=error.code)])
            raise

    def _note(self, actor: str, verdict: str, **detail: str) -> AuditEvent:
        return AuditEvent(self._clock(), AuditKind.ACCESS, actor=actor, tool="console", verdict=verdict, detail=detail)


def _trusting(cafile: str) -> ssl.SSLContext | None:
    """Whom to trust; None for the system's authorities."""
    if not cafile:
        return None
    try:
        return ssl.create_default_context(cafile=str(Path(cafile).expanduser()))
    except OSError as error:
        raise ProviderNotSet(
            f"The cafile of the identity provider cannot be used: {error.strerror or error}.",
            "Check the file, or take cafile out of [console.oidc].",
        ) from error


def _switched_off() -> IdentityNotAllowed:
    return IdentityNotAllowed("Your account here was taken away.", "Ask the platform owner.")


def _taken() -> IdentityNotAllowed:
    return IdentityNotAllowed("An account of your name belongs to somebody else.", "Ask the platform owner.")


def _random() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
