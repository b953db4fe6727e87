"""Pushing over HTTPS to git's own server program: the token goes where it is for, and is seen nowhere else."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gainful.connectors.git.errors import GitRefused, GitUnreachable
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.tool import Found
from tests.unit.connectors.git.conftest import git, made_tools

TOKEN = "ghp-a-token-that-is-secret"


class GitHost:
    """Serves the bare repositories below a folder by `git http-backend`, to whoever shows the token."""

    def __init__(self, root: Path, certificate: Path) -> None:
        self.root = root
        self.redirect = ""
        self.asked: list[str] = []
        self.seen_in_processes = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = server_context(certificate).wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"https://localhost:{self._server.server_address[1]}/team/"

    def __enter__(self) -> GitHost:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def look_at_processes(self) -> None:
        """Whether anybody on this machine can see the token in the list of processes."""
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                line = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
                self.seen_in_processes = self.seen_in_processes or TOKEN.encode() in line


def _handler(host: GitHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            host.asked.append(self.path)
            host.look_at_processes()
            if host.redirect:
                self.send_response(302)
                self.send_header("Location", host.redirect + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            kind, _, pair = self.headers.get("Authorization", "").partition(" ")
            if kind != "Basic" or base64.b64decode(pair).decode() != f"x-access-token:{TOKEN}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.removeprefix("/team").partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(host.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "ada",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            done = subprocess.run(
                ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
            status = next((value for name, value in headers if name == "Status"), "200 OK")
            self.send_response(int(status.split()[0]))
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    folder = tmp_path / "certificate"
    folder.mkdir()
    write_certificate(folder)
    return folder


@pytest.fixture
def host(site: Path, bare: Path, certificate: Path) -> Iterator[GitHost]:
    with GitHost(bare.parent, certificate) as running:
        git(site, "config", "remote.origin.url", f"{running.url}site.git")
        yield running


def tools(site: Path, host: GitHost, certificate: Path, token: str = TOKEN) -> dict[str, Operation]:
    def secret(name: str) -> Handle:
        assert name == "localhost"
        return Handle.of(Secret("git:localhost", token))

    return made_tools(site, [host.url], secret, cafile=str(certificate / "cert.pem"))


def push(made: dict[str, Operation], commit: str) -> object:
    return made["git.push"].call(Grant("k", "git.push"), {"repository": "site", "branch": "fix", "commit": commit})


def test_a_commit_is_pushed_and_found(site: Path, bare: Path, host: GitHost, certificate: Path) -> None:
    made, commit = tools(site, host, certificate), git(site, "rev-parse", "HEAD")
    given = {"repository": "site", "branch": "fix", "commit": commit}
    assert made["git.push"].find("k", given) == Found(done=False)
    answer = push(made, commit)
    assert answer == {"to": f"{host.url}site.git", "branch": "fix", "commit": commit}
    assert git(bare, "rev-parse", "fix") == commit
    assert made["git.push"].find("k", given) == Found(done=True, answer=answer)
    assert not host.seen_in_processes


def test_a_token_that_is_refused_is_not_told_and_nothing_was_sent(site: Path, host: GitHost, certificate: Path) -> None:
    with pytest.raises(GitUnreachable) as caught:
        push(tools(site, host, certificate, "another-secret-token"), git(site, "rev-parse", "HEAD"))
    assert caught.value.sent is False
    assert "another-secret-token" not in str(caught.value)
    assert base64.b64encode(b"x-access-token:another-secret-token").decode() not in str(caught.value)


def test_only_a_host_that_proves_its_name(site: Path, host: GitHost, certificate: Path) -> None:
    made = made_tools(site, [host.url], lambda _: Handle.of(Secret("git:localhost", TOKEN)))
    with pytest.raises(GitUnreachable):
        push(made, git(site, "rev-parse", "HEAD"))
    assert host.asked == []


def test_no_redirect_is_followed(site: Path, host: GitHost, certificate: Path, bare: Path) -> None:
    with GitHost(bare.parent, certificate) as elsewhere:
        host.redirect = elsewhere.url.removesuffix("/team/")
        with pytest.raises((GitUnreachable, GitRefused)):
            push(tools(site, host, certificate), git(site, "rev-parse", "HEAD"))
        assert elsewhere.asked == []
        assert len(host.asked) == 1
