"""What can be wrong with an identity provider, and with what it says."""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused, Unavailable


class ProviderUnreachable(Unavailable):
    """The identity provider does not answer, or not in time."""

    code = "provider-unreachable"


class ProviderInvalid(Invalid):
    """What the identity provider says of itself cannot be used, or it does not know this installation."""

    code = "provider-invalid"


class IdentityUnproven(Refused):
    """What came back from the identity provider does not prove who signed in."""

    code = "identity-unproven"
