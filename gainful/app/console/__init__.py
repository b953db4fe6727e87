"""What the console and the public API may show and do, for whom."""

from gainful.app.console.access import Access, SignedIn, SignInRefused
from gainful.app.console.provider import Answered, AsksPassword, Begun, ByProvider, Confirmed, Entered, Leaving
from gainful.app.console.rights import Right, Role, Scope, rights_of

__all__ = [
    "Access",
    "Answered",
    "AsksPassword",
    "Begun",
    "ByProvider",
    "Confirmed",
    "Entered",
    "Leaving",
    "Right",
    "Role",
    "Scope",
    "SignInRefused",
    "SignedIn",
    "rights_of",
]
