"""One client for all connectors, against real servers on loopback that the person has named as their own."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gainful.core.errors import Broken
from gainful.sdk.egress import (
    Egress,
    EgressRefused,
    EgressTooLarge,
    EgressUnreachable,
    EgressUntrusted,
    system_resolver,
)
from gainful.sdk.http import HttpClient, Limits, retry_after

METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})
QUICK = Limits(connect=5, read=5, total=20, size=100_000)


@dataclass
class Seen:
    """One request as a server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What a server answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: bool = True


class Site:
    """A server on loopback that answers by path and remembers what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.replies: dict[str, Reply | Callable[[Seen], Reply]] = {}
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        # A client that breaks off in the handshake is part of these tests.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def origin(self, name: str) -> str:
        return f"{self.scheme}://{name}:{self.port}"

    def __enter__(self) -> Site:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            site.connections += 1

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            site.seen.append(seen)
            found = site.replies.get(self.path.partition("?")[0], Reply(404))
            reply = found(seen) if callable(found) else found
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.length:
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.close_connection = True
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_GET = do_HEAD = do_POST = do_PUT = _answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def home(*_: object) -> list[str]:
    return ["127.0.0.1"]


def client(*sites: Site, limits: Limits = QUICK, tls: ssl.SSLContext | None = None, **more: object) -> HttpClient:
    """A client of which these sites are the person's own, under two names."""
    origins = {site.origin(name) for site in sites for name in ("site.example.org", "other.example.org")}
    egress = Egress(frozenset({"api.example.net"}), METHODS, frozenset(origins))
    return HttpClient(egress, limits=limits, tls=tls, **{"resolve": home, **more})  # type: ignore[arg-type]


def url(site: Site, path: str = "/", name: str = "site.example.org") -> str:
    return site.origin(name) + path


# --- what is sent and what comes back ---


def test_a_request_arrives_as_it_was_meant(site: Site) -> None:
    site.replies["/a"] = Reply(201, {"X-Two": "1"}, b'{"id": 7}')
    with client(site) as http:
        answer = http.request(
            "POST",
            url(site, "/a?x=1#part"),
            params={"q": "a b&c"},
            headers={"Authorization": "k"},
            json_body={"n": "é"},
        )
    (seen,) = site.seen
    assert (answer.status, answer.json(), answer.headers["x-two"]) == (201, {"id": 7}, "1")
    assert (seen.method, seen.path) == ("POST", "/a?x=1&q=a+b%26c")
    assert seen.headers["host"] == f"site.example.org:{site.port}"
    assert seen.headers["authorization"] == "k"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"] == "gainful"
    assert seen.body == b'{"n": "\\u00e9"}'


def test_a_status_is_an_answer_not_an_error(site: Site) -> None:
    with client(site) as http:
        assert http.request("GET", url(site, "/nowhere")).status == 404


def test_head_and_empty_answers(site: Site) -> None:
    site.replies["/a"] = Reply(200, {"Content-Encoding": "gzip"}, b"")
    with client(site) as http:
        assert http.request("HEAD", url(site, "/a")).body == b""
        assert http.request("GET", url(site, "/a")).body == b""


def test_no_cookie_is_kept_and_one_connection_serves_twice(site: Site) -> None:
    site.replies["/a"] = Reply(200, {"Set-Cookie": "session=1"})
    with client(site) as http:
        http.request("GET", url(site, "/a"))
        http.request("GET", url(site, "/a"))
    assert "cookie" not in site.seen[1].headers
    assert site.connections == 1


def test_proxies_and_passwords_of_the_environment_are_ignored(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.replies["/a"] = Reply()
    (tmp_path / ".netrc").write_text("machine site.example.org login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with client(site) as http:
        assert http.request("GET", url(site, "/a")).status == 200
    assert "authorization" not in site.seen[0].headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "other.example.org"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Proxy-Authorization": "x"},
        {"X-A": "a\r\nX-B: b"},
        {"X-A\r\nX-B": "b"},
        {"X A": "b"},
        {"X-A": "é"},
    ],
)
def test_headers_that_change_the_way_are_refused(site: Site, headers: dict[str, str]) -> None:
    with client(site) as http, pytest.raises(EgressRefused, match="cannot be sent"):
        http.request("GET", url(site), headers=headers)
    assert site.seen == []


def test_deep_json_is_an_ordinary_error(site: Site) -> None:
    site.replies["/a"] = Reply(body=b"[" * 90_000)
    with client(site) as http, pytest.raises(ValueError, match=r"."):
        http.request("GET", url(site, "/a")).json()


# --- where it goes ---


def test_a_host_outside_the_manifest_is_never_looked_up(site: Site) -> None:
    def asked(*_: object) -> list[str]:
        raise AssertionError

    with client(site, resolve=asked) as http, pytest.raises(EgressRefused, match="not among the hosts"):
        http.request("GET", f"http://elsewhere.example.org:{site.port}/")
    assert site.seen == []


def test_a_public_name_that_leads_home_is_refused(site: Site) -> None:
    for answer in (["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]):
        with (
            client(site, resolve=lambda *_, a=answer: a) as http,
            pytest.raises(EgressRefused, match="public internet"),
        ):
            http.request("GET", "https://api.example.net/")


def test_a_name_is_looked_up_once_for_a_connection(site: Site) -> None:
    """Rebinding: the second answer of the name server would lead elsewhere; nobody asks for it."""
    site.replies["/a"] = Reply()
    answers = iter([["127.0.0.1"]])
    with client(site, resolve=lambda *_: next(answers)) as http:
        http.request("GET", url(site, "/a"))
        http.request("GET", url(site, "/a"))
    assert len(site.seen) == 2


def test_each_new_connection_is_checked_anew(site: Site) -> None:
    site.replies["/a"] = Reply(length=False)
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with client(site, resolve=lambda *_: next(answers)) as http:
        http.request("GET", url(site, "/a"))
        with pytest.raises(EgressRefused, match=r"169\.254\.169\.254"):
            http.request("GET", url(site, "/a"))
    assert len(site.seen) == 1


def test_another_address_is_tried_when_one_does_not_answer(site: Site) -> None:
    site.replies["/a"] = Reply()
    with client(site, resolve=lambda *_: ["127.0.0.9", "127.0.0.1"]) as http:
        assert http.request("GET", url(site, "/a")).status == 200


def test_the_system_resolver_leads_there_too(site: Site) -> None:
    site.replies["/a"] = Reply(body=b"x")
    egress = Egress(private_ok=frozenset({f"http://localhost:{site.port}", f"http://127.0.0.1:{site.port}"}))
    with HttpClient(egress, resolve=system_resolver) as http:
        for name in ("localhost", "127.0.0.1"):
            assert http.request("GET", url(site, "/a", name)).body == b"x"


# --- redirects ---


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/b",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/b",
        "//127.0.0.1:{port}/b",
        "http://2130706433:{port}/b",
        "http://[::1]:{port}/b",
        "file:///etc/passwd",
        "http://site.example.org/b",
        "http://site.example.org:{port}@127.0.0.1:{port}/b",
        "https://elsewhere.example.org/",
        "\\\\127.0.0.1:{port}/b",
    ],
)
def test_a_redirect_leads_nowhere_else(site: Site, location: str) -> None:
    site.replies["/a"] = Reply(302, {"Location": location.format(port=site.port)})
    site.replies["/b"] = Reply(body=b"reached")
    with client(site) as http, pytest.raises(EgressRefused):
        http.request("GET", url(site, "/a"))
    assert [seen.path for seen in site.seen] == ["/a"]


def test_a_redirect_to_a_public_name_that_leads_home_is_refused(site: Site) -> None:
    site.replies["/a"] = Reply(302, {"Location": "https://api.example.net/"})
    with client(site) as http, pytest.raises(EgressRefused, match="public internet"):
        http.request("GET", url(site, "/a"))


def test_redirects_are_counted(site: Site) -> None:
    for number in range(9):
        site.replies[f"/{number}"] = Reply(302, {"Location": f"/{number + 1}"})
    site.replies["/9"] = Reply(body=b"end")
    with client(site) as http:
        answer = http.request("GET", url(site, "/4"))
        assert (answer.body, answer.url) == (b"end", url(site, "/9"))
        with pytest.raises(EgressRefused, match="more than 5 times"):
            http.request("GET", url(site, "/3"))


def test_keys_do_not_go_along_to_another_host(site: Site) -> None:
    site.replies["/a"] = Reply(302, {"Location": url(site, "/b", "other.example.org")})
    site.replies["/b"] = Reply(302, {"Location": "/c"})
    site.replies["/c"] = Reply()
    secret = {"Authorization": "k", "Private-Token": "k", "Cookie": "k", "X-Api-Key": "k", "Accept": "text/plain"}
    with client(site) as http:
        http.request("GET", url(site, "/a"), headers=secret)
    assert site.seen[0].headers["private-token"] == "k"
    for seen in site.seen[1:]:
        assert "k" not in seen.headers.values()
        assert seen.headers["accept"] == "text/plain"
        assert seen.headers["host"] == f"other.example.org:{site.port}"


def test_keys_go_along_within_a_host(site: Site) -> None:
    site.replies["/a"] = Reply(302, {"Location": "/b"})
    site.replies["/b"] = Reply()
    with client(site) as http:
        http.request("GET", url(site, "/a"), headers={"Authorization": "k"})
    assert site.seen[1].headers["authorization"] == "k"


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "GET", "GET"),
        (307, "HEAD", "HEAD"),
    ],
)
def test_the_method_after_a_redirect(site: Site, status: int, method: str, then: str) -> None:
    site.replies["/a"] = Reply(status, {"Location": "/b"})
    site.replies["/b"] = Reply()
    with client(site) as http:
        http.request(method, url(site, "/a"), content=b"" if method == "HEAD" else b"text")
    second = site.seen[1]
    assert (second.method, second.body) == (then, b"text" if then in ("POST", "PUT") or method == "GET" else b"")


def test_what_is_sent_is_not_sent_to_another_host(site: Site) -> None:
    for status in (307, 308):
        site.replies["/a"] = Reply(status, {"Location": url(site, "/b", "other.example.org")})
        with client(site) as http, pytest.raises(EgressUnreachable, match=r"other\.example\.org instead") as caught:
            http.request("POST", url(site, "/a"), content=b"text")
        assert caught.value.sent
    assert {seen.path for seen in site.seen} == {"/a"}


def test_a_redirect_may_only_use_the_methods_of_the_manifest(site: Site) -> None:
    site.replies["/a"] = Reply(303, {"Location": "/b"})
    egress = Egress(methods=frozenset({"POST"}), private_ok=frozenset({site.origin("site.example.org")}))
    with (
        HttpClient(egress, resolve=home) as http,
        pytest.raises(EgressUnreachable, match="'GET' is not among") as caught,
    ):
        http.request("POST", url(site, "/a"))
    assert caught.value.sent


def test_what_went_wrong_after_an_effect_is_not_told_as_if_nothing_had_happened(site: Site) -> None:
    site.replies["/large"] = Reply(body=b"x" * (QUICK.size + 1))
    with client(site) as http:
        with pytest.raises(EgressUnreachable, match="larger than") as caught:
            http.request("POST", url(site, "/large"))
        assert caught.value.sent
        with pytest.raises(EgressTooLarge):
            http.request("GET", url(site, "/large"))
        with pytest.raises(EgressRefused):
            http.request("POST", "https://elsewhere.example.org/")


# --- TLS proves the name ---


@dataclass(frozen=True)
class Authority:
    """An authority of our own and what it signed."""

    trusted: ssl.SSLContext
    directory: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    def server(self, *names: str, own: bool = True, days: int = 30) -> ssl.SSLContext:
        """A server's context with a certificate for these names; not `own`: signed by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert = _certificate(names, key, self.name, self.key if own else key, days)
        file = self.directory / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(cert.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _certificate(
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    by: ec.EllipticCurvePrivateKey,
    days: int,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0] if names else "Test CA")]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(by, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    root = _certificate((), key, name, key, 30)
    trusted = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    return Authority(trusted, tmp_path_factory.mktemp("tls"), key, name)


def test_tls_is_verified_for_the_name_though_the_address_is_connected_to(authority: Authority) -> None:
    asked: list[str | None] = []
    context = authority.server("site.example.org")
    context.sni_callback = lambda _, name, __: asked.append(name)
    with Site(context) as site:
        site.replies["/a"] = Reply(body=b"x")
        with client(site, tls=authority.trusted) as http:
            assert http.request("GET", url(site, "/a")).body == b"x"
            # Another name of the same address: the connection that proved the first one does not serve it.
            with pytest.raises(EgressUntrusted, match=r"other\.example\.org does not prove"):
                http.request("GET", url(site, "/a", "other.example.org"))
        assert len(site.seen) == 1
    assert asked == ["site.example.org", "other.example.org"]


@pytest.mark.parametrize(("names", "own", "days"), [(("127.0.0.1",), True, 30), (("site.example.org",), False, 30)])
def test_a_certificate_that_proves_nothing(authority: Authority, names: tuple[str, ...], own: bool, days: int) -> None:
    with Site(authority.server(*names, own=own, days=days)) as site:
        site.replies["/a"] = Reply()
        with client(site, tls=authority.trusted) as http, pytest.raises(EgressUntrusted):
            http.request("GET", url(site, "/a"))
        assert site.seen == []


def test_an_expired_certificate(authority: Authority) -> None:
    with (
        Site(authority.server("site.example.org", days=-1)) as site,
        client(site, tls=authority.trusted) as http,
        pytest.raises(EgressUntrusted),
    ):
        http.request("GET", url(site, "/a"))


def test_the_system_does_not_trust_our_authority(authority: Authority) -> None:
    with Site(authority.server("site.example.org")) as site, client(site) as http, pytest.raises(EgressUntrusted):
        http.request("GET", url(site, "/a"))


def test_tls_is_not_left_for_a_redirect(authority: Authority, site: Site) -> None:
    with Site(authority.server("site.example.org")) as safe:
        safe.replies["/a"] = Reply(302, {"Location": url(site, "/b")})
        with client(safe, site, tls=authority.trusted) as http, pytest.raises(EgressRefused, match="without TLS"):
            http.request("GET", url(safe, "/a"))
    assert site.seen == []


def test_tls_that_checks_nothing_is_our_fault() -> None:
    blind = ssl.create_default_context()
    blind.check_hostname = False
    with pytest.raises(Broken):
        HttpClient(Egress(), tls=blind)


# --- how much, how long ---


@pytest.mark.parametrize("length", [True, False])
def test_a_large_answer_is_not_taken(site: Site, length: bool) -> None:
    site.replies["/fits"] = Reply(body=b"x" * QUICK.size, length=length)
    site.replies["/large"] = Reply(body=b"x" * (QUICK.size + 1), length=length)
    with client(site) as http:
        assert len(http.request("GET", url(site, "/fits")).body) == QUICK.size
        with pytest.raises(EgressTooLarge, match="larger than 100000 octets"):
            http.request("GET", url(site, "/large"))


def test_packed_answers_are_unpacked(site: Site) -> None:
    site.replies["/a"] = Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"hello " * 1000))
    with client(site) as http:
        assert http.request("GET", url(site, "/a")).body == b"hello " * 1000
    assert site.seen[0].headers["accept-encoding"] == "gzip"


def test_a_bomb_does_not_go_off(site: Site) -> None:
    bomb = gzip.compress(bytes(200_000_000))
    assert len(bomb) < 250_000
    site.replies["/bomb"] = Reply(headers={"Content-Encoding": "gzip"}, body=bomb)
    limits = replace(QUICK, size=1_000_000)
    with client(site, limits=limits) as http, pytest.raises(EgressTooLarge):
        http.request("GET", url(site, "/bomb"))


def test_a_bomb_takes_no_memory(site: Site) -> None:
    import tracemalloc

    site.replies["/bomb"] = Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(100_000_000)))
    with client(site, limits=replace(QUICK, size=1_000_000)) as http:
        tracemalloc.start()
        try:
            with pytest.raises(EgressTooLarge):
                http.request("GET", url(site, "/bomb"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("gzip", b"not packed", "is damaged"),
        ("gzip", gzip.compress(b"x" * 10_000)[:-9], "is cut off"),
        ("deflate", zlib.compress(b"x"), "not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), "not asked for"),
        ("br", b"x", "not asked for"),
    ],
)
def test_what_cannot_be_unpacked(site: Site, encoding: str, body: bytes, why: str) -> None:
    site.replies["/a"] = Reply(headers={"Content-Encoding": encoding}, body=body)
    with client(site) as http, pytest.raises(EgressUnreachable, match=why):
        http.request("GET", url(site, "/a"))


class Dripper:
    """Sends a few octets, then one each 20 ms, until the client has had enough."""

    def __init__(self, start: bytes, drip: bytes) -> None:
        self._start, self._drip = start, drip
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.scheme = "http"

    def origin(self, name: str) -> str:
        return f"http://{name}:{self.port}"

    def __enter__(self) -> Dripper:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def _run(self) -> None:
        try:
            connection, _ = self._socket.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(self._start)
                while True:
                    connection.sendall(self._drip)
                    time.sleep(0.02)
        except OSError:
            pass

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"H"),
    ],
)
def test_bytes_that_come_slowly_do_not_hold_it_for_ever(start: bytes, drip: bytes) -> None:
    """Each byte comes well within the time to read one: only the time of the whole request can end it."""
    limits = Limits(connect=60, read=60, total=1.0)
    began = time.monotonic()
    with (
        Dripper(start, drip) as slow,
        client(slow, limits=limits) as http,  # type: ignore[arg-type]
        pytest.raises(EgressUnreachable, match=r"in time|broke off") as caught,
    ):
        http.request("GET", url(slow))  # type: ignore[arg-type]
    assert caught.value.sent
    assert time.monotonic() - began < 60


def test_silence_ends_after_the_time_to_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://site.example.org:{silent.getsockname()[1]}"
        egress = Egress(private_ok=frozenset({origin}))
        with (
            HttpClient(egress, limits=Limits(read=0.1), resolve=home) as http,
            pytest.raises(EgressUnreachable, match="in time") as caught,
        ):
            http.request("GET", origin)
    assert caught.value.sent


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://site.example.org:{server.getsockname()[1]}"
    with (
        HttpClient(Egress(private_ok=frozenset({origin})), resolve=home) as http,
        pytest.raises(EgressUnreachable, match="cannot be reached") as caught,
    ):
        http.request("GET", origin)
    assert not caught.value.sent


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"SSH-2.0-x\r\n\r\n", b"\0" * 200_000]
)
def test_a_server_that_breaks_off_may_have_been_sent_it(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        origin = f"http://site.example.org:{server.getsockname()[1]}"
        with (
            HttpClient(Egress(private_ok=frozenset({origin})), resolve=home) as http,
            pytest.raises(EgressUnreachable) as caught,
        ):
            http.request("GET", origin)
    assert caught.value.sent


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_says_when_to_come_back(site: Site, status: int) -> None:
    site.replies["/a"] = Reply(status, {"Retry-After": "120"})
    with client(site) as http, pytest.raises(EgressUnreachable, match=f"HTTP {status}") as caught:
        http.request("GET", url(site, "/a"))
    assert caught.value.retry_after == timedelta(minutes=2)
    assert caught.value.sent == (status != 429)


def test_what_a_busy_server_says_is_an_answer_where_it_says_more(site: Site) -> None:
    site.replies["/a"] = Reply(429, body=b'{"retry_after_ms": 300}')
    site.replies["/b"] = Reply(503)
    with client(site, busy=frozenset({503})) as http:
        assert http.request("GET", url(site, "/a")).json() == {"retry_after_ms": 300}
        with pytest.raises(EgressUnreachable, match="HTTP 503"):
            http.request("GET", url(site, "/b"))


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("Sun, 22 Nov 2026 08:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 07:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("9" * 50, None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_to_wait(text: str, wait: timedelta | None) -> None:
    assert retry_after(text, datetime(2026, 11, 22, 8, 0, tzinfo=UTC)) == wait


def test_the_command_line_does_not_load_it() -> None:
    code = (
        "import sys, gainful.cli.main; print(*sorted({'httpcore2', 'httpx2', 'gainful.sdk.http'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
