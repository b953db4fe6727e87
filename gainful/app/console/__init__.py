"""What the console and the public API may show and do, for whom."""

from gainful.app.console.access import Access, SignedIn, SignInRefused
from gainful.app.console.rights import Right, Role, Scope

__all__ = ["Access", "Right", "Role", "Scope", "SignInRefused", "SignedIn"]
