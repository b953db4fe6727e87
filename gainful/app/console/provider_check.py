"""Whether the identity provider can be used as it is set up, and what it must be told."""

from __future__ import annotations

from gainful.app.console.provider import ByProvider
from gainful.storage.settings.config import Config

BACK = "/sign-in/provider/back"
"""Where the provider sends browsers back to."""


OUT = "/sign-in/provider/out"
"""Where it sends those back to who have signed out there."""


def redirect_uris(config: Config, path: str = BACK) -> list[str]:
    """Every address that the provider may be asked to send a browser back to.

    Args:
        path: `BACK` after signing in, `OUT` after signing out.
    """
    console, server = config.console, config.server
    if console.public_url:
        names = [console.public_url.removeprefix("https://"), *console.hosts]
        return [f"https://{name}{path}" for name in names]
    port = server.port or 8787
    return [f"http://{name}{path}" for name in (f"127.0.0.1:{port}", f"localhost:{port}", *console.hosts)]


def examined(by_provider: ByProvider) -> dict[str, str | int]:
    """What was found when the provider was asked.

    Raises:
        ProviderNotSet, ProviderUnreachable, ProviderInvalid: As they say.
    """
    provider = by_provider.provider
    metadata = provider.metadata()
    return {
        "issuer": metadata.issuer,
        "keys": len(provider.keys().keys),
        "signatures": ", ".join(sorted(metadata.algorithms)),
        "client": "one with a secret" if by_provider.has_secret else "public, by PKCE alone",
        "userinfo": "offered" if metadata.userinfo else "not offered",
        "sign_out": "offered" if metadata.end_session else "not offered",
    }
