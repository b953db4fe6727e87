"""What can be wrong before anything is sent.

Invalid
├── ModelNameInvalid    not `PROVIDER:MODEL`, or a provider we do not know
├── ModelKeyMissing     the provider wants a key and none is stored
└── ProviderMissing     the provider's library is not installed
Unavailable
└── CourierMissing      the process that carries requests cannot be started
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Unavailable


class ModelNameInvalid(Invalid):
    """The name is not `PROVIDER:MODEL`, or names a provider that is not supported."""

    code = "model-name-invalid"


class ModelKeyMissing(Invalid):
    """The provider wants a key, and none was given."""

    code = "model-key-missing"


class ProviderMissing(Invalid):
    """The library that talks to this provider is not installed."""

    code = "provider-missing"


class CourierMissing(Unavailable):
    """The process that carries requests to language models cannot be started, so none is sent."""

    code = "courier-missing"
