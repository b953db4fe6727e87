"""Where an IMAP mailbox is: the address a person types, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from gainful.core.errors import Invalid

EXAMPLE = "Write it like imaps://me@mail.example.org, with %40 for an @ in the name."
DEFAULT_PORTS = {"imap": 143, "imaps": 993}
_OPTIONS = {"cafile", "plaintext", "starttls"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class ImapAddress:
    """An IMAP account, without its secret.

    Args:
        implicit_tls: `imaps://`: TLS from the first byte.
        user: Login name, percent-decoded.
        cafile: A certificate file to trust instead of the system's; empty for the system's.
        plaintext: The person allowed a password over a connection that others can read.
        starttls: Ask for TLS also on this machine itself, where it is otherwise not worth it.
    """

    implicit_tls: bool
    user: str
    host: str
    port: int
    cafile: str = ""
    plaintext: bool = False
    starttls: bool = False

    @classmethod
    def parse(cls, url: str) -> ImapAddress:
        """The address in `imaps://user@host[:port][?cafile=…]` or `imap://…[?plaintext=yes|starttls=yes]`.

        Raises:
            Invalid: Not such a URL. The message never repeats the URL, which may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Invalid("The IMAP address has no usable host or port.", EXAMPLE) from error
        if parts.scheme not in DEFAULT_PORTS:
            raise Invalid("The address does not begin with imap:// or imaps://.", EXAMPLE)
        userinfo = parts.netloc.rpartition("@")[0]
        if ":" in userinfo:
            raise Invalid(
                "The address has a colon in the user name: a password does not belong there.",
                "Take it out; Gainful asks for it, or takes GAINFUL_IMAP_PASSWORD. A colon of the name is %3A.",
            )
        user, host = unquote(userinfo), parts.hostname or ""
        if not user or not host or _CONTROL.search(user + host):
            raise Invalid("The address lacks the user or the host, or has odd characters in them.", EXAMPLE)
        if parts.path not in ("", "/") or parts.fragment:
            raise Invalid("The address goes on after the host.", f"Leave the folder out. {EXAMPLE}")
        options = _options(parts.query)
        return cls(
            implicit_tls=parts.scheme == "imaps",
            user=user,
            host=host,
            port=port or DEFAULT_PORTS[parts.scheme],
            cafile=options.get("cafile", ""),
            plaintext=options.get("plaintext") == "yes",
            starttls=options.get("starttls") == "yes",
        )

    @property
    def account(self) -> str:
        """The account's stable name: the address without options and without a port that goes without saying."""
        scheme = "imaps" if self.implicit_tls else "imap"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{quote(self.user, safe='')}@{host}{port}"

    @property
    def place(self) -> str:
        """`host:port`, as error messages name it."""
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, so that nobody can listen on the way."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - _OPTIONS)
    if unknown:
        raise Invalid(
            f"The address has an option that Gainful does not know: {unknown[0][:40]!r}.",
            f"Options are {', '.join(sorted(_OPTIONS))}.",
        )
    for name in ("plaintext", "starttls"):
        if options.get(name, "yes") != "yes":
            raise Invalid(f"The option {name} is neither absent nor `yes`.", f"Write {name}=yes, or leave it out.")
    return options
