"""The one HTTP client of all connectors: it goes where the manifest says, and nowhere else.

    with HttpClient(Egress(hosts=frozenset({"api.example.org"}))) as http:
        answer = http.request("GET", "https://api.example.org/v1/issues", params={"state": "open"})
        issues = answer.json()

Each connection asks for the host's addresses once, checks them all, and is made to one of those: a second answer of the
name server cannot lead elsewhere. TLS proves the name, not the address. There are no proxies, cookies or stored
passwords, and redirects are followed here, each checked like a new request.
"""

from __future__ import annotations

import json
import re
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import httpcore2

from gainful.core.errors import Broken, GainfulError
from gainful.sdk.egress import (
    UNCHANGING,
    Egress,
    EgressRefused,
    EgressTooLarge,
    EgressUnreachable,
    EgressUntrusted,
    Resolver,
    Target,
    follow,
    system_resolver,
)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
BUSY = frozenset({429, 502, 503, 504})
"""Statuses by which a server asks to come back later."""
_KEPT_ELSEWHERE = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that may go along to another host; any other may hold a key."""
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"})
_HEADER_NAME = re.compile(r"[a-z0-9_-]+")
_NEVER_SENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout, httpcore2.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large.

    Args:
        connect: Seconds until a connection stands, for each address of the host.
        read: Seconds without a byte.
        total: Seconds for a request with all its redirects; the system's own limits hold for the look-up of the name.
        size: Octets of an answer, as sent and when unpacked.
        redirects: How many are followed.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    size: int = 10 * 1024 * 1024
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Args:
        headers: By name in small letters; several of one name are joined by a comma.
        url: Where it came from, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not.
        """
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class HttpClient:
    """Asks the hosts that `egress` allows. Not thread-safe: one thread, one client.

    Args:
        resolve: Gives the addresses of a host.
        tls: Whom to trust; the system's authorities by default. It must verify names.
        clock: Monotonic seconds.
        busy: Statuses that are an error here. A server that says in the body how long to wait is heard without 429.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        limits: Limits | None = None,
        resolve: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        user_agent: str = "gainful",
        busy: frozenset[int] = BUSY,
    ) -> None:
        self._egress = egress
        self._limits = limits or Limits()
        self._user_agent = user_agent
        self._busy = busy
        self._acted = False
        self._door = _Door(egress, resolve, clock)
        context = tls or httpcore2.default_ssl_context()
        if not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED:
            raise Broken("TLS without a check of the server's name was asked for.", "Please report this.")
        self._pool = httpcore2.ConnectionPool(ssl_context=context, keepalive_expiry=15.0, network_backend=self._door)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections. Safe to call twice."""
        self._pool.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        json_body: Any = None,
    ) -> Answer:
        """The answer, whatever its status, except that a busy server is an error.

        Raises:
            EgressRefused: The manifest does not allow it, or a redirect leads where it does not allow.
            EgressUntrusted: The server's certificate does not prove its name.
            EgressTooLarge: The answer is larger than the limit.
            EgressUnreachable: No answer, none in time, or "busy"; also one of the three above after a request that
                may have changed something. `sent` tells whether it may have.
        """
        if params:
            plain = url.partition("#")[0]
            url = f"{plain}{'&' if '?' in plain else '?'}{urlencode(params)}"
        target = self._egress.target(method, url)
        sent = {"user-agent": self._user_agent, **_checked(headers or {})}
        if json_body is not None:
            content = json.dumps(json_body).encode()
            sent.setdefault("content-type", "application/json")
        self._door.start(self._limits)
        self._acted = False
        try:
            return self._followed(method, target, sent, content)
        except (EgressRefused, EgressTooLarge, EgressUntrusted) as error:
            if not self._acted:
                raise
            # Refused means that nothing happened, and something may have.
            raise EgressUnreachable(error.what, error.next_move, sent=True) from error

    def _followed(self, method: str, target: Target, sent: dict[str, str], content: bytes) -> Answer:
        """The answer behind all redirects."""
        for _ in range(self._limits.redirects + 1):
            answer = self._ask(method, target, sent, content)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            target, method, sent, content = self._next(target, location, answer.status, method, sent, content)
        raise EgressRefused(f"{target.host} redirects more than {self._limits.redirects} times.", "Check the address.")

    def _next(
        self, was: Target, location: str, status: int, method: str, sent: dict[str, str], content: bytes
    ) -> tuple[Target, str, dict[str, str], bytes]:
        """The request that a redirect asks for, without what another host must not see."""
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, content = "GET", b""
            sent = {name: value for name, value in sent.items() if not name.startswith("content-")}
        target = self._egress.target(method, follow(was, location))
        if was.scheme == "https" and target.scheme != "https":
            raise EgressRefused(f"{was.host} redirects to an address without TLS.", "Use https all the way.")
        if target.origin != was.origin:
            if method not in ("GET", "HEAD"):
                raise EgressRefused(
                    f"{was.host} wants the request to be sent to {target.host} instead.",
                    "Name that host in the request, if it is meant.",
                )
            sent = {name: value for name, value in sent.items() if name in _KEPT_ELSEWHERE}
        return target, method, sent, content

    def _ask(self, method: str, target: Target, sent: Mapping[str, str], content: bytes) -> Answer:
        """One request, one answer."""
        with _sorted(target):
            self._door.target = target
            response = self._pool.handle_request(self._request(method, target, sent, content))
            self._acted = self._acted or method not in UNCHANGING
            try:
                headers = _joined(response.headers)
                if response.status in self._busy:
                    raise EgressUnreachable(
                        f"{target.host} is busy (HTTP {response.status}).",
                        "Try again later.",
                        retry_after=retry_after(headers.get("retry-after", ""), datetime.now(UTC)),
                        sent=response.status != 429,
                    )
                body = b"" if method == "HEAD" else self._body(response, headers, target)
            finally:
                response.close()
        return Answer(response.status, headers, body, target.url)

    def _request(self, method: str, target: Target, sent: Mapping[str, str], content: bytes) -> httpcore2.Request:
        headers = {**sent, "host": target.authority, "accept-encoding": "gzip"}
        if content or method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(content))
        limits = self._limits
        return httpcore2.Request(
            method,
            httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()],
            content=content,
            extensions={
                "timeout": {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.total}
            },
        )

    def _body(self, response: httpcore2.Response, headers: Mapping[str, str], target: Target) -> bytes:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._limits.size:
            raise _too_large(target, self._limits.size)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise EgressUnreachable(
                f"{target.host} packs its answer in a way that was not asked for: {encoding[:30]!r}.",
                "Tell its operator.",
                sent=True,
            )
        chunks: Iterable[bytes] = _capped(response.iter_stream(), target, self._limits.size)
        if encoding != "identity":
            chunks = _capped(_unzipped(chunks, self._limits.size, target), target, self._limits.size)
        return b"".join(chunks)


class _Door(httpcore2.NetworkBackend):
    """Makes the connections: to an address that was checked, and within the time of the whole request."""

    def __init__(self, egress: Egress, resolve: Resolver, clock: Callable[[], float]) -> None:
        self._egress = egress
        self._resolve = resolve
        self._clock = clock
        self._inner = httpcore2.SyncBackend()
        self._end = 0.0
        self.target: Target | None = None

    def start(self, limits: Limits) -> None:
        """Begin the time of a request."""
        self._end = self._clock() + limits.total

    def left(self, timeout: float | None) -> float:
        """The seconds that the next step may take."""
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time of the whole request is over")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to an address of the host that was checked."""
        target = self.target
        if target is None or (host, port) != (target.host, target.port):
            raise Broken(f"A connection to {host[:100]} was asked for that nobody checked.", "Please report this.")
        failure: Exception | None = None
        for address in self._egress.addresses(target, self._resolve):
            try:
                # An address is no name: nobody is asked again where it leads.
                stream = self._inner.connect_tcp(address, port, self.left(timeout), local_address, socket_options)
                return _TimedStream(stream, self.left)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every step ends with the time of the whole request, however slowly the bytes come."""

    def __init__(self, inner: httpcore2.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def retry_after(text: str, now: datetime) -> timedelta | None:
    """How long a server asks to wait, from its `Retry-After` header; None when it does not say. At most a day."""
    try:
        wait = (
            timedelta(seconds=int(text)) if text.isdecimal() and len(text) < 10 else parsedate_to_datetime(text) - now
        )
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), timedelta(days=1))


@contextmanager
def _sorted(target: Target) -> Iterator[None]:
    """Our error for each of the library's. Its words stay out, for they may repeat what was sent."""
    try:
        yield
    except GainfulError:
        raise
    except _NEVER_SENT as error:
        if _is_untrusted(error):
            raise EgressUntrusted(
                f"The certificate of {target.host} does not prove that name.", "Do not go on; tell its operator."
            ) from error
        raise EgressUnreachable(
            f"{target.host} cannot be reached.", "Check the name and the network.", sent=False
        ) from error
    except httpcore2.TimeoutException as error:
        raise EgressUnreachable(f"{target.host} did not answer in time.", "Try again later.", sent=True) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise EgressUnreachable(f"{target.host} broke off.", "Try again later.", sent=True) from error


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The caller's headers by name in small letters, none of which changes where or how the request goes."""
    checked = {name.lower(): value for name, value in headers.items()}
    for name, value in checked.items():
        plain = _HEADER_NAME.fullmatch(name) and value.isprintable() and value.isascii()
        if name in _OURS or name.startswith("proxy-") or not plain:
            # The value may be a key.
            raise EgressRefused(f"The header {name[:60]!r} cannot be sent.", "Leave it out, or use plain ASCII.")
    return checked


def _joined(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("ascii", "replace").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _capped(chunks: Iterable[bytes], target: Target, size: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > size:
            raise _too_large(target, size)
        yield chunk


def _unzipped(chunks: Iterable[bytes], size: int, target: Target) -> Iterator[bytes]:
    """The chunks unpacked, never more than one octet beyond `size` at a time."""
    unpacker = zlib.decompressobj(wbits=31)
    began = False
    try:
        for chunk in chunks:
            began = True
            yield unpacker.decompress(chunk, size + 1)
            if unpacker.unconsumed_tail:
                raise _too_large(target, size)
    except zlib.error as error:
        raise EgressUnreachable(f"The answer of {target.host} is damaged.", "Try again later.", sent=True) from error
    if began and not unpacker.eof:
        raise EgressUnreachable(f"The answer of {target.host} is cut off.", "Try again later.", sent=True)


def _too_large(target: Target, size: int) -> EgressTooLarge:
    return EgressTooLarge(
        f"The answer of {target.host} is larger than {size} octets.", "Ask for less of it, page by page."
    )
