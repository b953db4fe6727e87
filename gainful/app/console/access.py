"""Signing in: accounts with a password, sessions of browsers, tokens of programs.

    access.sign_in("ann@example.org", password)         # a cookie's value
    access.session(cookie)                              # who that is; None where nobody is signed in by it

A cookie and a token are 256 random bits; what is kept is a digest, so that whoever reads the database is not in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from gainful.app.console.rights import Right, Role, Scope, rights_of
from gainful.app.console.sealing import opened, seal
from gainful.app.worth.viewer import Role as WorthRole
from gainful.app.worth.viewer import Viewer
from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.console.access_store import AccessStore, Account, Check, Token

IDLE = timedelta(hours=12)
"""A session that is not used for so long is over."""

LONGEST = timedelta(days=7)
"""A session is over after so long in any case."""

LONGEST_BY_PROVIDER = timedelta(hours=12)
"""So long for who has no password here: only at a sign-in is the identity provider asked whether they still may."""

CONFIRMED = timedelta(minutes=10)
"""How long a password that was given counts for what cannot be taken back."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
LONGEST_NAME = 200
HASHED_AT_ONCE = 4
"""Passwords that are hashed side by side: each takes 64 MiB, so many at once would take all there is."""

TRIES = 5
"""Wrong passwords after which the next ones have to wait."""

TOKEN = "gainful_"  # noqa: S105 -- what tokens begin with, so that they are found where they were left
LONGEST_TOKEN_LIFE = timedelta(days=366)


class SignInRefused(Refused):
    """Somebody could not be signed in; it is not said which part was wrong."""

    code = "sign-in-refused"


class AccountInvalid(Invalid):
    """An account cannot be made or changed like this."""

    code = "account-invalid"


class TokenInvalid(Invalid):
    """A token cannot be made like this, or is not there."""

    code = "token-invalid"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks.

    Args:
        rights: What they may do by this session or token.
        session: Digest of the session; empty for a token.
        csrf: What each form of this session must send; empty for a token.
        confirmed: They gave their password a moment ago, or showed who they are at the identity provider.
        has_password: They can give one here.
        at_provider: They can sign out at the identity provider too.
    """

    person: str
    role: Role
    rights: frozenset[Right]
    session: str = ""
    csrf: str = ""
    confirmed: bool = False
    has_password: bool = True
    at_provider: bool = False

    def may(self, right: Right) -> bool:
        """Whether they may do this."""
        return right in self.rights

    @property
    def viewer(self) -> Viewer:
        """Who they are to the books of worth."""
        owner = self.role is Role.OWNER and Right.MANAGE in self.rights
        return Viewer(self.person, WorthRole.OWNER if owner else WorthRole.EMPLOYEE)


class Access:
    """Who may open the console of one installation."""

    def __init__(self, store: AccessStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hasher = PasswordHasher()
        self._hashing = threading.BoundedSemaphore(HASHED_AT_ONCE)
        self._tries = _Tries()
        self.setup_code = ""
        """What whoever makes the first account must know; empty once there is one."""

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has. Made when it is needed: a hash takes 64 MiB and a moment."""
        return self._hashed(secrets.token_hex(16))

    # --- accounts -----------------------------------------------------------------------------------------------------

    def is_new(self) -> bool:
        """Whether nobody has an account yet."""
        return not self._store.accounts()

    def offer_setup(self) -> str:
        """A code with which the first account can be made, known only to whoever sees this process's output."""
        if self.is_new() and not self.setup_code:
            self.setup_code = "-".join(secrets.token_hex(2) for _ in range(3))
        return self.setup_code

    def set_up(self, code: str, person: str, password: str) -> str:
        """Make the first account, which is the platform owner's; the value of a cookie.

        Raises:
            SignInRefused: The code is wrong, or there is an account.
            AccountInvalid: The name or the password cannot be.
        """
        self._tries.begin("set up", "", self._clock())
        offered = self.setup_code
        if not offered or not hmac.compare_digest(code.strip().lower().encode(), offered.encode()):
            raise SignInRefused("This code is not the one.", "`gainful serve` prints it when it starts.")
        self._tries.passed("set up", "")
        account = self._account(person, Role.OWNER, password)
        note = self._note(person, "account-made", person=person, role=str(Role.OWNER))
        if not self._store.add(account, note, first=True):
            raise SignInRefused("There is an account already.", "Sign in, or ask the platform owner for one.")
        self.setup_code = ""
        return self._begin(person)

    def accounts(self) -> list[Account]:
        """Every account, by name."""
        return self._store.accounts()

    def account(self, person: str) -> Account | None:
        """The account of this person."""
        return self._store.account(person)

    def add(self, person: str, role: Role, password: str | None, by: str) -> None:
        """Make an account.

        Args:
            password: None for somebody whom the identity provider alone signs in; who first comes from there under
                this name is taken to be them.

        Raises:
            AccountInvalid: The name or the password cannot be, or the name is taken.
        """
        account = self._account(person, role, password)
        if not self._store.add(account, self._note(by, "account-made", person=person, role=str(role))):
            raise AccountInvalid(
                f"'{person}' has an account already.",
                "`gainful console role` and `password` change it.",
            )

    def change_role(self, person: str, role: Role, by: str) -> None:
        """Give somebody another role; they sign in again.

        Raises:
            AccountInvalid: There is no such account, or nobody would be owner any more.
        """
        note = self._note(by, "role", person=person, role=str(role))
        self._found(self._store.change(person, note, role=role, check=_keeping_an_owner(person, role)), person)

    def change_password(self, person: str, password: str, by: str) -> None:
        """Give somebody another password; every session of theirs ends.

        Raises:
            AccountInvalid: There is no such account, or the password cannot be.
        """
        hashed = self._hashed(_password(password))
        self._found(self._store.change(person, self._note(by, "password", person=person), password=hashed), person)

    def remove(self, person: str, by: str) -> None:
        """Let somebody in no more; their sessions and tokens end.

        Raises:
            AccountInvalid: There is no such account, or nobody would be owner any more.
        """
        note = self._note(by, "account-removed", person=person)
        self._found(self._store.remove(person, note, _keeping_an_owner(person, None)), person)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def begin(self, person: str, shown_at: datetime | None = None, proof: str | None = None) -> str:
        """The value of a cookie for a new session of somebody who has proven who they are.

        Args:
            shown_at: When they did so; by default just now.
            proof: What the identity provider is shown when they sign out there; empty where they can do so without,
                None where they cannot. It is kept sealed.
        """
        self._store.drop_old(self._clock() - LONGEST)
        return self._begin(person, shown_at, proof)

    def role_from_provider(self, person: str, role: Role) -> None:
        """Give somebody the role that the identity provider's groups mean, even the last owner another one."""
        note = self._note("system:identity-provider", "role", person=person, role=str(role))
        self._found(self._store.change(person, note, role=role), person)

    def end_all(self, person: str) -> None:
        """End every session of this person."""
        self._store.end_all(person)

    def confirm_session(self, session: str) -> None:
        """Note that the person of this session has just shown again who they are."""
        self._store.seen(session, self._clock(), confirmed=True)

    def person_of(self, session: str) -> str:
        """Whose session this is, by its digest; empty where there is none."""
        found = self._store.session(session)
        return found.person if found is not None else ""

    def sign_in(self, person: str, password: str) -> str:
        """The value of a cookie for a new session.

        Raises:
            SignInRefused: The name or the password is wrong, or was wrong too often just now.
        """
        person = person.strip()
        self.prove(person, password)
        return self.begin(person)

    def prove(self, person: str, password: str, purpose: str = "sign in") -> None:
        """Passes when this is the person's password. A name that nobody has takes as long.

        Args:
            purpose: Wrong passwords are counted apart for each, so that a stranger who guesses at the door does not
                keep out those who are inside.

        Raises:
            SignInRefused: It is wrong, or was wrong too often just now.
        """
        person = person[: LONGEST_NAME + 1]
        self._tries.begin(purpose, person, self._clock())
        account = self._store.account(person)
        known = account.password if account is not None and account.password else self._nobody
        try:
            with self._hashing:
                self._hasher.verify(known, password[:LONGEST_PASSWORD])
            right = account is not None and known is not self._nobody
        except (VerifyMismatchError, InvalidHashError):
            right = False
        if not right:
            self._store.audit.append([self._note(person[:100], "sign-in-refused")])
            raise SignInRefused("The name or the password is wrong.", "Try again, or ask the platform owner.")
        self._tries.passed(purpose, person)

    def confirm(self, who: SignedIn, password: str) -> None:
        """Take the password again, before something that cannot be taken back.

        Raises:
            SignInRefused: It is wrong.
        """
        self.prove(who.person, password, "confirm")
        self.confirm_session(who.session)

    def session(self, cookie: str, *, used: bool = True) -> SignedIn | None:
        """Who is signed in by this cookie; None where nobody is, or it is over.

        Args:
            used: It lasts longer by this.
        """
        if not cookie:
            return None
        found = self._store.session(_digest(cookie))
        now = self._clock()
        if found is None or now - found.seen_at > IDLE or now - found.begun_at > LONGEST:
            return None
        account = self._store.account(found.person)
        if account is None or (not account.password and now - found.begun_at > LONGEST_BY_PROVIDER):
            return None
        if used and now - found.seen_at > timedelta(minutes=1):
            self._store.seen(found.digest, now)
        role = Role(account.role)
        csrf = hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()
        # Either way: after the clock was set back, what lies ahead of it says nothing.
        confirmed = abs(now - found.confirmed_at) <= CONFIRMED
        has_password, at_provider = bool(account.password), bool(found.sealed)
        return SignedIn(found.person, role, role.rights, found.digest, csrf, confirmed, has_password, at_provider)

    def proof(self, cookie: str) -> str | None:
        """What the identity provider is shown when who has this cookie signs out there; None where they cannot."""
        found = self._store.session(_digest(cookie)) if cookie else None
        return opened(found.sealed, cookie) if found is not None and found.sealed else None

    def sign_out(self, who: SignedIn) -> None:
        """End a session."""
        self._store.end(who.session)

    def say(self, who: SignedIn, text: str) -> None:
        """Let the next page say something once."""
        self._store.flash(who.session, text[:2000])

    def said(self, who: SignedIn) -> str:
        """What this page is to say, once."""
        return self._store.take_flash(who.session)

    # --- tokens -------------------------------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """Every token, by name."""
        return self._store.tokens()

    def add_token(self, name: str, person: str, scopes: Sequence[Scope], life: timedelta, by: str) -> str:
        """A new token; this is the only time that it is seen.

        Raises:
            TokenInvalid: The name is taken or none, no scope is named, it would live too long, or nobody is behind it.
        """
        if not name.strip() or len(name) > 60 or not name.isprintable():
            raise TokenInvalid("A token needs a name of at most 60 letters.", "Name what it is for.")
        if self._store.account(person) is None:
            raise TokenInvalid(f"'{person}' has no account.", "A token acts for somebody who has one.")
        if not scopes or not timedelta() < life <= LONGEST_TOKEN_LIFE:
            raise TokenInvalid("A token needs a scope, and a life of at most 366 days.", "Name both.")
        made = TOKEN + secrets.token_urlsafe(32)
        now = self._clock()
        kept = Token(_digest(made), name, person, tuple(sorted(set(scopes))), now, now + life)
        detail = {"token": name, "person": person, "scopes": " ".join(kept.scopes)}
        if not self._store.add_token(kept, self._note(by, "token-made", **detail)):
            raise TokenInvalid(f"There is a token called '{name}'.", "Give it another name, or remove that one.")
        return made

    def remove_token(self, name: str, by: str) -> None:
        """Let a token be worth nothing from now on.

        Raises:
            TokenInvalid: There is none of this name.
        """
        if not self._store.remove_token(name, self._note(by, "token-removed", token=name)):
            raise TokenInvalid(f"There is no token called '{name[:60]}'.", "`gainful console tokens` lists them.")

    def by_token(self, given: str) -> SignedIn | None:
        """Who is behind a token; None where it is none, or over."""
        token = self._store.token(_digest(given)) if given.startswith(TOKEN) else None
        if token is None or token.expires_at <= self._clock():
            return None
        account = self._store.account(token.person)
        if account is None:
            return None
        role = Role(account.role)
        return SignedIn(token.person, role, rights_of(role, token.scopes))

    def reporter(self, given: str) -> str:
        """In whose name alone a token reports what a person's own Gainful did; empty where it may not."""
        found = self.by_token(given)
        return found.person if found is not None and found.may(Right.REPORT) else ""

    # --- inside -------------------------------------------------------------------------------------------------------

    def _begin(self, person: str, shown_at: datetime | None = None, proof: str | None = None) -> str:
        cookie = secrets.token_urlsafe(32)
        note = self._note(person, "signed-in", person=person)
        sealed = seal(proof, cookie) if proof is not None else ""
        self._store.begin(_digest(cookie), person, self._clock(), note, shown_at, sealed)
        return cookie

    def _hashed(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(password)

    def _account(self, person: str, role: Role, password: str | None) -> Account:
        hashed = self._hashed(_password(password)) if password is not None else ""
        return Account(name_of_account(person), role, hashed, self._clock())

    def _found(self, changed: bool, person: str) -> None:
        if not changed:
            raise AccountInvalid(f"'{person[:100]}' has no account.", "`gainful console accounts` lists them.")

    def _note(self, actor: str, verdict: str, **detail: str) -> AuditEvent:
        return AuditEvent(
            self._clock(), AuditKind.ACCESS, actor=actor, tool="console", verdict=verdict, detail={**detail}
        )


def _keeping_an_owner(person: str, role: Role | None) -> Check:
    """That somebody is still owner once this person has that role, or no account."""

    def check(accounts: Sequence[Account]) -> None:
        owners = [one.person for one in accounts if one.role == Role.OWNER]
        if owners == [person] and role is not Role.OWNER:
            raise AccountInvalid(f"'{person}' is the only platform owner.", "Make somebody else one first.")

    return check


class _Tries:
    """Tries of late, by what for and name: each wrong one past the fifth doubles how long the next must wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: dict[tuple[str, str], tuple[int, datetime]] = {}

    def begin(self, purpose: str, name: str, now: datetime) -> None:
        """Count a try as a wrong one before it is looked at: else as many would be free as come at one moment."""
        with self._lock:
            count, last = self._wrong.get((purpose, name), (0, now))
            wait = timedelta(seconds=min(2.0 ** (count - TRIES), 900)) if count >= TRIES else timedelta()
            # Not where the clock was set back since: nobody is to wait until it has come there again.
            if wait and timedelta() <= now - last < wait:
                raise SignInRefused("There were too many wrong passwords.", "Wait a moment, then try again.")
            if len(self._wrong) > 10_000:
                self._wrong.clear()
            self._wrong[purpose, name] = (count + 1, now)

    def passed(self, purpose: str, name: str) -> None:
        with self._lock:
            self._wrong.pop((purpose, name), None)


def name_of_account(given: str) -> str:
    """The name, as it is kept.

    Raises:
        AccountInvalid: Nobody can be called so.
    """
    name = given.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name.startswith("system:"):
        raise AccountInvalid("An account needs a person's name or address.", "Give one of at most 200 letters.")
    return name


def _password(given: str) -> str:
    if not SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD:
        raise AccountInvalid(
            f"A password needs {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", "Several words do well."
        )
    return given


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
