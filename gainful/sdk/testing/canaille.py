"""A second private identity provider for tests: Canaille, on loopback, gone when stopped.

    with Canaille([User("ann@example.org", groups=("staff",))], redirect_uris=[...]) as provider:
        provider.issuer, provider.client, provider.secret

It is installed from PyPI beside the tests' own environment: `.venv/servers`. What it keeps, it keeps in memory. Unlike
the first one it names itself in its answers (RFC 9207), asks for name and password on two pages, gives groups from its
own directory, and says of no address whether it is verified.
"""

from __future__ import annotations

from typing import Self

from gainful.sdk.testing.identity_provider import IdentityProvider
from gainful.sdk.testing.local_server import listens

SITE = '''\
"""The provider: python provider.py ABOUT."""

import datetime
import json
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from joserfc.jwk import RSAKey
from werkzeug.serving import run_simple

about = json.load(open(sys.argv[1]))
app = create_app({
    "SECRET_KEY": about["key"],
    "SERVER_NAME": f"localhost:{about['port']}",
    "PREFERRED_URL_SCHEME": "http",
    # Who is trusted is not asked for consent.
    "CANAILLE": {
        "DATABASE": "memory",
        "SMTP": None,
        "ENABLE_PASSWORD_COMPROMISSION_CHECK": False,
        "TRUSTED_DOMAINS": ["localhost", "127.0.0.1"],
    },
    "CANAILLE_OIDC": {"ACTIVE_JWKS": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)]},
}, init_backend=True)
save, now = lambda model: Backend.instance.save(model), datetime.datetime.now(datetime.timezone.utc)
with app.app_context():
    groups = {}
    for one in about["users"]:
        name = one["name"]
        user = models.User(
            formatted_name=name, family_name=name, user_name=name, emails=[one["mail"] or name],
            password=about["password"],
        )
        save(user)
        for group in one["groups"]:
            groups.setdefault(group, []).append(user)
    for name, members in groups.items():
        save(models.Group(display_name=name, members=members))
    for method, client in (("none", about["client"]), ("client_secret_basic", about["secret_client"])):
        made = models.Client(
            client_id=client, client_name=client, client_secret=about["secret"], client_uri="http://127.0.0.1",
            redirect_uris=about["redirect_uris"], post_logout_redirect_uris=about["post_logout_redirect_uris"],
            grant_types=["authorization_code"], response_types=["code"], token_endpoint_auth_method=method,
            scope=["openid", "email", "profile", "groups"], client_id_issued_at=now,
        )
        save(made)
        # Else its ID tokens are for nobody.
        made.audience = [made]
        save(made)
run_simple("127.0.0.1", about["port"], app, threaded=True)
'''


class Canaille(IdentityProvider):
    """A running provider once `start` was called; also a context manager. Every user has the same password."""

    PROGRAM = "Canaille"
    PACKAGE = "canaille"

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return self.origin

    def start(self) -> Self:
        """The same provider, running and answering. Takes some seconds.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        for name, text in (("provider.py", SITE), ("about.json", self._about())):
            (self.folder / name).write_text(text, encoding="utf-8")
        self._run(
            ["-I", str(self.folder / "provider.py"), str(self.folder / "about.json")], ready=lambda: listens(self.port)
        )
        return self
