"""What an identity provider's claims mean here: a name, a role, or that somebody is not let in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gainful.app.console.rights import Role
from gainful.core.errors import Refused
from gainful.storage.settings.web import Oidc

ORDER = (Role.OWNER, Role.LEAD, Role.AUDITOR, Role.EMPLOYEE)
"""Of several roles that somebody's groups mean, the first of these counts."""


class IdentityNotAllowed(Refused):
    """Somebody has proven who they are at the identity provider, and is not let in here."""

    code = "identity-not-allowed"


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, else what lies at this path of names within claims; None where there is none."""
    if name in claims:
        # First: names with dots are common too, such as https://example.org/groups.
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def enough(claims: Mapping[str, Any], settings: Oidc) -> bool:
    """Whether all that is needed stands in these claims."""
    wanted = [settings.name_claim]
    if settings.roles:
        wanted.append(settings.roles_claim)
    if settings.domains or settings.name_claim == "email":
        wanted += ["email", "email_verified"]
    return all(claim(claims, name) is not None for name in wanted)


def name_from(claims: Mapping[str, Any], settings: Oidc) -> str:
    """What a new account is called; a mail address in small letters.

    Raises:
        IdentityNotAllowed: There is no such claim, or the address is not verified.
    """
    if settings.name_claim == "email":
        return _mail(claims)
    found = claim(claims, settings.name_claim)
    if not isinstance(found, str) or not found.strip():
        raise IdentityNotAllowed(
            f"The identity provider does not say who you are: it gives no claim '{settings.name_claim}'.",
            "Ask the platform owner to have it given, or to name another claim.",
        )
    return found.strip()


def check_domain(claims: Mapping[str, Any], settings: Oidc) -> None:
    """Passes where the mail address is of an allowed domain, or any is.

    Raises:
        IdentityNotAllowed: It is not, or is not verified.
    """
    allowed = {domain.lower() for domain in settings.domains}
    if allowed and _mail(claims).rpartition("@")[2] not in allowed:
        raise IdentityNotAllowed(
            "Your mail address is of a domain that is not let in here.", "Sign in as somebody else, or ask the owner."
        )


def role_from(claims: Mapping[str, Any], settings: Oidc) -> Role | None:
    """The role that their groups mean; None where no groups are mapped, so that a role is given by hand.

    Raises:
        IdentityNotAllowed: None of their groups is mapped, and there is no role for others.
    """
    if not settings.roles:
        return None
    found = claim(claims, settings.roles_claim)
    listed = found if isinstance(found, list) else [found]
    groups = {one for one in listed if isinstance(one, str)}
    for role in ORDER:
        if groups & set(settings.roles.get(role.value, ())):
            return role
    if settings.default_role:
        return Role(settings.default_role)
    raise IdentityNotAllowed(
        "None of your groups at the identity provider is let in here.",
        "Ask the platform owner which group you need.",
    )


def _mail(claims: Mapping[str, Any]) -> str:
    mail, verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(mail, str) or mail.count("@") != 1 or not mail.isprintable():
        raise IdentityNotAllowed(
            "The identity provider does not give your mail address.", "Ask the platform owner to have it given."
        )
    if verified is not None and str(verified).lower() != "true":
        # Else anybody could take another's name by typing their address there.
        raise IdentityNotAllowed(
            "Your mail address is not verified at the identity provider.", "Have it verified there, then sign in again."
        )
    name = mail.strip().lower()
    if name.isascii() and not mail.isascii():
        # Of the sign for kelvins the small letter is a `k`: it would be somebody else's address.
        raise IdentityNotAllowed(
            "Your mail address has a letter in it that passes for another one.", "Ask the platform owner."
        )
    return name
