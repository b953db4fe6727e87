"""A company's identity provider, by OpenID Connect: who signed in there, proven to us."""

from gainful.connectors.oidc.errors import IdentityUnproven, ProviderInvalid, ProviderUnreachable
from gainful.connectors.oidc.provider import Asked, OidcProvider, Proven, Redeemed

__all__ = [
    "Asked",
    "IdentityUnproven",
    "OidcProvider",
    "Proven",
    "ProviderInvalid",
    "ProviderUnreachable",
    "Redeemed",
]
