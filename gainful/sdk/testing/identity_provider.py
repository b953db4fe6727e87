"""A private identity provider for tests: own folder, own port on loopback, gone when stopped.

    with IdentityProvider([User("ann@example.org", groups=("staff",))], redirect_uris=[...]) as provider:
        provider.issuer, provider.client, provider.secret

It is Django OAuth Toolkit, a real OpenID Connect provider, installed from PyPI beside the tests' own environment:
`.venv/servers`. It answers at `localhost`, which to a browser is another site than 127.0.0.1.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from gainful.sdk.testing.local_server import PackagedServer, listens

CLAIMS = '''\
"""What the provider says of somebody."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self):
        return {
            "email": lambda request: request.user.email,
            "email_verified": lambda request: request.user.first_name == "verified",
            "preferred_username": lambda request: request.user.username,
            "groups": lambda request: sorted(group.name for group in request.user.groups.all()),
        }
'''

SITE = '''\
"""The provider: python provider.py ABOUT."""

import json
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from jwcrypto.jwk import JWK

about = json.load(open(sys.argv[1]))
LOGOUT = """<!doctype html><title>Provider</title><h1>Provider</h1>
{% if error %}<p>{{ error.description }}</p>{% else %}<form method="post">{% csrf_token %}
{{ form.as_p }}<button name="allow" value="yes">Log out</button></form>{% endif %}"""
LOGIN = """<!doctype html><title>Provider</title><h1>Provider</h1><form method="post">{% csrf_token %}
{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Log in</button></form>"""
settings.configure(
    SECRET_KEY=about["key"],
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    ROOT_URLCONF="urls",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": about["directory"] + "/db.sqlite"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{kind}PasswordHasher" for kind in ("MD5", "PBKDF2")],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {
            "registration/login.html": LOGIN, "oauth2_provider/logout_confirm.html": LOGOUT,
        })]},
    }],
    LOGIN_URL="/login/",
    SESSION_COOKIE_NAME="provider-session",
    # Else a form of another site would come without it, and nobody be signed out by it.
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_NAME="provider-csrf",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": about["issuer"],
        "OIDC_RSA_PRIVATE_KEY": JWK.generate(kty="RSA", size=2048).export_to_pem(True, None).decode(),
        "OAUTH2_VALIDATOR_CLASS": "claims.Validator",
        "SCOPES": {"openid": "who", "email": "mail", "profile": "name"},
        "PKCE_REQUIRED": True,
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
    },
)
django.setup()

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from oauth2_provider.models import Application

call_command("migrate", verbosity=0)
for one in about["users"]:
    user = User.objects.create_user(one["name"], one["mail"] or one["name"], about["password"])
    user.first_name = "verified" if one["verified"] else ""
    user.save()
    for name in one["groups"]:
        user.groups.add(Group.objects.get_or_create(name=name)[0])
for kind, client in (("public", about["client"]), ("confidential", about["secret_client"])):
    Application.objects.create(
        client_id=client,
        client_secret=about["secret"],
        client_type=kind,
        authorization_grant_type="authorization-code",
        redirect_uris=" ".join(about["redirect_uris"]),
        post_logout_redirect_uris=" ".join(about["post_logout_redirect_uris"]),
        algorithm="RS256",
        skip_authorization=True,
    )


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


make_server("127.0.0.1", about["port"], get_wsgi_application(), Server, Handler).serve_forever()
'''

URLS = """\
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import RPInitiatedLogoutView

urlpatterns = [
    path("login/", LoginView.as_view()),
    # A provider must take such a form from other sites (OpenID Connect RP-Initiated Logout 1.0, 2); this one does not
    # without being told.
    path("o/logout/", csrf_exempt(RPInitiatedLogoutView.as_view())),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in there.

    Args:
        mail: Where it is another than the name.
        verified: Whether the provider says that the address is theirs.
    """

    name: str
    groups: tuple[str, ...] = ()
    mail: str = ""
    verified: bool = True


class IdentityProvider(PackagedServer):
    """A running provider once `start` was called; also a context manager. Every user has the same password."""

    PROGRAM = "Django OAuth Toolkit"
    PACKAGE = "oauth2_provider"

    def __init__(
        self, users: Sequence[User], redirect_uris: Sequence[str], post_logout_redirect_uris: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.users = users
        self.redirect_uris = redirect_uris
        self.post_logout_redirect_uris = post_logout_redirect_uris
        self.password = "correct horse"  # noqa: S105 - a test server on loopback
        self.client = "gainful"
        self.secret_client = "gainful-with-secret"  # noqa: S105 - the id of a client that has one
        self.secret = secrets.token_hex(24)

    @property
    def origin(self) -> str:
        """Scheme, host and port; to a browser another site than 127.0.0.1."""
        return f"http://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return f"{self.origin}/o"

    def start(self) -> Self:
        """The same provider, running and answering. Takes some seconds.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        for name, text in (
            ("provider.py", SITE),
            ("claims.py", CLAIMS),
            ("urls.py", URLS),
            ("about.json", self._about()),
        ):
            (self.folder / name).write_text(text, encoding="utf-8")
        # Isolated, so that nothing of ours stands in its way; then its own folder alone is added.
        self._run(["-I", "-c", _RUN, str(self.folder)], ready=lambda: listens(self.port))
        return self

    def _about(self) -> str:
        told = {
            "issuer": self.issuer,
            "port": self.port,
            "directory": str(self.folder),
            "key": secrets.token_hex(32),
            "users": [asdict(one) for one in self.users],
            "redirect_uris": list(self.redirect_uris),
            "post_logout_redirect_uris": list(self.post_logout_redirect_uris),
            "password": self.password,
            "client": self.client,
            "secret_client": self.secret_client,
            "secret": self.secret,
        }
        return json.dumps(told)


_RUN = (
    "import sys, runpy; folder = sys.argv[1]; sys.path.insert(0, folder); "
    "sys.argv = ['provider.py', folder + '/about.json']; runpy.run_path(folder + '/provider.py', run_name='__main__')"
)
