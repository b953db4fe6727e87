"""What can be wrong with the choice of a model, before anything is sent.

Invalid
├── ModelNameInvalid    not `PROVIDER:MODEL`, or a provider we do not know
├── ModelKeyMissing     the provider wants a key and none is stored
└── ProviderMissing     the provider's library is not installed
"""

from __future__ import annotations

from gainful.core.errors import Invalid


class ModelNameInvalid(Invalid):
    """The name is not `PROVIDER:MODEL`, or names a provider that is not supported."""

    code = "model-name-invalid"


class ModelKeyMissing(Invalid):
    """The provider wants a key, and none was given."""

    code = "model-key-missing"


class ProviderMissing(Invalid):
    """The library that talks to this provider is not installed."""

    code = "provider-missing"
