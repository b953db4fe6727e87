"""Where a connector may connect to: the hosts of its manifest, by TLS, at public addresses; nothing by default.

    egress = Egress(hosts=frozenset({"api.example.org", "*.example.net"}))
    target = egress.target("GET", "https://api.example.org/v1/issues")      # or EgressRefused
    addresses = egress.addresses(target, system_resolver)                   # every one was checked

A server of the person's own, such as a GitLab at 10.1.2.3, is named as an origin in `private_ok`: from the settings,
never from a manifest, a page or a model.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urljoin

from gainful.core.errors import Invalid, Refused
from gainful.sdk.address import Address, is_own, is_public, unwrapped
from gainful.sdk.tool import ToolUnreachable

Resolver = Callable[[str, int], Sequence[str]]
"""Gives every address of a host; asked once for each connection."""

READING = frozenset({"GET", "HEAD"})
UNCHANGING = READING | {"OPTIONS", "PROPFIND", "REPORT"}
"""Methods that change nothing on the server: RFC 9110, 9.2.1; RFC 4918, 9.1; RFC 3253, 3.6."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Browsers and C libraries read such a last label as part of an IPv4 address: 127.1, 0x7f000001, 017700000001.
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?"
)
_QUOTED = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class EgressRefused(Refused):
    """The address, host, method or redirect is not among those that the connector may use."""

    code = "egress-refused"


class EgressUntrusted(Refused):
    """The server has no certificate that proves its name."""

    code = "egress-untrusted"


class EgressTooLarge(Refused):
    """The answer is larger than the connector takes, as sent or when unpacked."""

    code = "egress-too-large"


class HostPatternInvalid(Invalid):
    """An allowed host is no host name, `*.` host name, or origin."""

    code = "host-pattern-invalid"


class EgressUnreachable(ToolUnreachable):
    """The server cannot be reached, is busy, did not answer in time, or broke off."""

    code = "egress-unreachable"


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart, in the one spelling that it has.

    Args:
        host: A lower-case ASCII name, or an IP address without brackets.
        path: Path and query, as they are sent.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header holds them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}{self.path}"

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address."""
        return ":" in self.host or _NUMERIC_END.fullmatch(self.host) is not None


@dataclass(frozen=True, slots=True)
class Egress:
    """What one connector may reach.

    Args:
        hosts: `api.example.org`, or `*.example.org` for every name below; `:PORT` where it is not 443. TLS only.
        methods: HTTP methods.
        private_ok: Origins that the person named, such as `https://gitlab.example.org` or `http://127.0.0.1:8080`.
            These alone may have an address in the person's own network, or no TLS.

    Raises:
        HostPatternInvalid: One of them cannot be meant.
    """

    hosts: frozenset[str] = frozenset()
    methods: frozenset[str] = READING
    private_ok: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for pattern in self.hosts:
            name, _, port = pattern.partition(":")
            wild = name.startswith("*.")
            if (
                not _is_name(name[2:] if wild else name)
                or (wild and "." not in name[2:])
                or not _is_port(port or "443")
            ):
                raise HostPatternInvalid(
                    f"'{pattern[:100]}' is no host that can be allowed.",
                    "Write a name in small letters, such as api.example.org or *.example.org.",
                )
        for origin in self.private_ok:
            if not _is_origin(origin):
                raise HostPatternInvalid(
                    "What was named as a server of your own is no origin.",
                    "Write scheme, host and port alone, in small letters: https://gitlab.example.org:8443.",
                )

    def target(self, method: str, url: str) -> Target:
        """The address taken apart, if this method may be used there.

        Raises:
            EgressRefused: It may not, or the address is not plain.
        """
        target = parse(url)
        if method not in self.methods:
            allowed = ", ".join(sorted(self.methods)) or "none"
            raise EgressRefused(f"The method {method[:20]!r} is not among those allowed: {allowed}.", _DECLARE)
        if target.origin in self.private_ok:
            return target
        if not any(_matches(target, pattern) for pattern in self.hosts):
            raise EgressRefused(f"{target.origin} is not among the hosts that this connector may reach.", _DECLARE)
        if target.scheme != "https":
            raise EgressRefused(f"{target.origin} would be reached without TLS.", "Use https.")
        return target

    def addresses(self, target: Target, resolve: Resolver) -> list[str]:
        """Every address of the host, asked for once; each may be connected to.

        Raises:
            EgressRefused: One of them is not public, whatever the others are.
            EgressUnreachable: There is none.
        """
        found = list(dict.fromkeys([target.host] if target.is_literal else resolve(target.host, target.port)))
        for address in found:
            if not self._may_be(address, target):
                raise EgressRefused(
                    f"{target.host} leads to {address[:60]}, which is not an address of the public internet.",
                    "If this is a server of yours, name it in gainful.toml; else do not go there.",
                )
        if not found:
            raise EgressUnreachable(f"{target.host} has no address.", _CHECK, sent=False)
        return found

    def _may_be(self, text: str, target: Target) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.scope_id:
            return False
        return is_public(address) or (target.origin in self.private_ok and is_own(address))


_CHECK = "Check the name and the network."
_DECLARE = "Only a change of the connector's manifest or of the settings can allow it."


def parse(url: str) -> Target:
    """The address taken apart. There is one spelling of each host; all others are refused.

    Raises:
        EgressRefused: Not http or https, or a host that programs read in different ways: user names, odd numbers,
            letters that are not ASCII, a dot at the end.
    """
    head, mark, rest = url.partition("#")[0].partition("://")
    cut = min((rest.find(c) for c in "/?" if c in rest), default=len(rest))
    # Only scheme and host have no case; a path in letters that are not ASCII is sent as UTF-8.
    origin, path = f"{head}{mark}{rest[:cut]}", quote(rest[cut:], safe=_QUOTED)
    readable = url.isprintable() and origin.isascii() and not {" ", "\\"} & set(url) and len(url) <= 8000
    found = _URL.fullmatch(origin.lower() + path) if readable else None
    if found is None:
        raise _not_plain(url)
    host, port = found["host"], found["port"]
    if host.startswith("["):
        host = _literal(IPv6Address, host[1:-1], url)
    elif _NUMERIC_END.fullmatch(host):
        host = _literal(IPv4Address, host, url)
    elif not _is_name(host):
        raise _not_plain(url)
    if port is not None and not _is_port(port):
        raise _not_plain(url)
    return Target(
        found["scheme"],
        host,
        int(port or _DEFAULT_PORTS[found["scheme"]]),
        path if path.startswith("/") else f"/{path}",
    )


def follow(target: Target, location: str) -> str:
    """The address that a redirect leads to; to be checked like any other.

    Raises:
        EgressRefused: It leads to nothing that can be read.
    """
    try:
        return urljoin(target.url, location)
    except ValueError:
        raise _not_plain(location) from None


def system_resolver(host: str, port: int) -> list[str]:
    """Every address that the system knows for the host; its own limits on time hold.

    Raises:
        EgressUnreachable: It knows none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EgressUnreachable(f"The name {host} cannot be resolved.", _CHECK, sent=False) from error
    return [str(entry[4][0]) for entry in found]


def _literal(kind: type[Address], text: str, url: str) -> str:
    try:
        address = kind(text)
    except ValueError:
        raise _not_plain(url) from None
    if str(address) != text or unwrapped(address) != address:
        raise _not_plain(url)
    return text


def _is_name(text: str) -> bool:
    return len(text) <= 253 and _NAME.fullmatch(text) is not None and not _NUMERIC_END.fullmatch(text)


def _is_origin(text: str) -> bool:
    try:
        return parse(text).origin == text
    except EgressRefused:
        return False


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def _matches(target: Target, pattern: str) -> bool:
    name, _, port = pattern.partition(":")
    if target.port != int(port or "443"):
        return False
    return target.host.endswith(name[1:]) if name.startswith("*.") else target.host == name


def _not_plain(url: str) -> EgressRefused:
    # What stands before an @ may be a password, and what follows a ? a token.
    shown = re.sub(r"//.*@", "//…@", url.partition("?")[0])[:100]
    return EgressRefused(
        f"{shown!r} is not a plain address.", "Write https://, a host name in ASCII, and a path; nothing else."
    )
