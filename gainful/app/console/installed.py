"""Who may open the console of one installation, put together from its stores and settings."""

from __future__ import annotations

from gainful.app.console.access import Access
from gainful.app.console.provider import ByProvider
from gainful.app.stores import Stores
from gainful.gate.broker import Broker


def installed_access(stores: Stores, broker: Broker) -> tuple[Access, ByProvider]:
    """Accounts and sessions, and signing in with the identity provider."""
    access = Access(stores.access_kept, stores.clock)
    settings = stores.config.console.oidc
    return access, ByProvider(access, stores.identities, settings, broker, stores.clock)
