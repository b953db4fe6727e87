"""A private Dovecot for tests and benches: own directory, own ports on 127.0.0.1, gone when stopped.

It needs Debian's `dovecot-imapd` and `dovecot-lmtpd`, and `dovecot-submissiond` where mail is handed in to it; it works
as root as well as for an ordinary user.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import itertools
import json
import os
import pwd
import signal
import smtplib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit

from gainful.sdk.testing.certificate import write_certificate
from gainful.sdk.testing.local_server import HOST, LocalServer, free_ports, listens, program

INSTALL = "apt-get install -y --no-install-recommends dovecot-imapd dovecot-lmtpd dovecot-submissiond"

CONFIG = """\
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
instance_name = {dir}
listen = {host}
protocols = {protocols}
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
auth_username_chars =
postmaster_address = postmaster@example.org
mail_location = maildir:~/Maildir
mailbox_idle_check_interval = {idle_check} secs
{capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
  mechanisms = plain login
}}
passdb {{
  driver = static
  args = password={password}
  mechanisms = plain login none
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={dir}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = subscribe
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = subscribe
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = {host}
    port = {imap_port}
  }}
  inet_listener imaps {{
    address = {host}
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {lmtp_port}
  }}
}}
{submission}
service anvil {{
  chroot =
  # Wrong passwords would slow all later logins of the same address down.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

SUBMISSION = """\
hostname = localhost
submission_relay_host = {host}
submission_relay_port = {relay}
submission_relay_ssl = no
service submission-login {{
  chroot =
  inet_listener submission {{
    address = {host}
    port = {submission_port}
  }}
  inet_listener submissions {{
    address = {host}
    port = {submissions_port}
    ssl = yes
  }}
}}
"""

OAUTH2 = """\
tokeninfo_url = http://{host}:{port}/tokeninfo?access_token=
username_attribute = email
active_attribute = active
active_value = true
"""


@dataclass
class Dovecot(LocalServer):
    """A running server once `start` was called; also a context manager.

    Every user name is accepted with `password`, and gets an empty mailbox of their own, so each test takes a fresh
    name from `new_user`.

    Args:
        password: The password of everybody who is not in `users`.
        users: Passwords of particular users, for odd characters; a password may not hold `:` or a line end.
        tokens: OAuth2 access tokens and whose they are; may be changed while the server runs.
        capability: Announce these IMAP capabilities instead of Dovecot's own.
        idle_check: Seconds between the looks for new mail where the kernel's notice does not come.
        relay: Port on loopback of the SMTP server to which mail goes that is handed in here; 0: none is taken.
    """

    PROGRAM = "dovecot"
    # A polite end takes seconds, and what it would save is removed right after.
    END = signal.SIGKILL

    password: str = "correct-horse"  # noqa: S105 - a test server on loopback
    users: Mapping[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    capability: str = ""
    idle_check: int = 5
    relay: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.imap_port = self.imaps_port = self.lmtp_port = self.submission_port = self.submissions_port = 0
        self._tokeninfo: ThreadingHTTPServer | None = None
        self._names = itertools.count(1)
        self._mail_uid, self._mail_gid = os.getuid(), os.getgid()

    @classmethod
    def _found(cls) -> str | None:
        needed = Path("/usr/lib/dovecot")
        # Debian splits the server into packages; the core alone serves neither IMAP nor LMTP.
        if needed.is_dir() and not ((needed / "imap").exists() and (needed / "lmtp").exists()):
            return None
        return program(cls.PROGRAM)

    @classmethod
    def _install(cls) -> str:
        return INSTALL

    @staticmethod
    def takes_mail() -> bool:
        """Whether its part is installed to which mail can be handed in."""
        return Dovecot.installed() and Path("/usr/lib/dovecot/submission").exists()

    def start(self) -> Self:
        """The same server, running and answering on all its ports. Takes about a second.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        self.folder.chmod(0o755)
        self._tokeninfo = _tokeninfo_server(self.tokens)
        self._write_files()
        handed_in = (self.submission_port, self.submissions_port) if self.relay else ()
        ports = (self.imap_port, self.imaps_port, self.lmtp_port, *handed_in)
        self._run(["-F", "-c", str(self.folder / "dovecot.conf")], lambda: all(map(listens, ports)))
        return self

    def stop(self) -> None:
        """End the server and remove everything it wrote. Safe to call twice."""
        super().stop()
        if self._tokeninfo is not None:
            self._tokeninfo.shutdown()
            self._tokeninfo.server_close()
            self._tokeninfo = None

    def new_user(self) -> str:
        """A name that nobody had before: an empty mailbox."""
        return f"user{next(self._names)}@example.org"

    def url(self, user: str, *, tls: bool = False) -> str:
        """The address of the user's mailbox, as people type it; with TLS it names the certificate to trust."""
        if tls:
            return f"imaps://{quote(user)}@localhost:{self.imaps_port}?cafile={quote(str(self.cafile))}"
        return f"imap://{quote(user)}@{HOST}:{self.imap_port}"

    @property
    def cafile(self) -> Path:
        """The server's own certificate, which signs itself."""
        return self.folder / "cert.pem"

    def mail_root(self, user: str) -> Path:
        """The user's Maildir; it exists from the first delivery or login on."""
        return self.folder / "home" / user / "Maildir"

    def deliver(self, user: str, raw: bytes) -> None:
        """Bring one mail into the user's inbox by LMTP; it is there when this returns."""
        with smtplib.LMTP(HOST, self.lmtp_port, local_hostname="localhost", timeout=30) as lmtp:
            lmtp.sendmail("sender@example.org", [user], raw)

    def seed(self, user: str, mails: Iterable[bytes], folder: str = "") -> int:
        """Put many mails into a Maildir folder by file, as fast as the disk takes them; the count is returned."""
        root = self.mail_root(user) / f".{folder}" if folder else self.mail_root(user)
        made = [root / part for part in ("cur", "new", "tmp")]
        for path in made:
            path.mkdir(parents=True, exist_ok=True)
        number = 0
        for number, raw in enumerate(mails, 1):
            lines = raw.replace(b"\r\n", b"\n")
            # Without W=, the size with CRLF, the server would have to read each mail for a listing.
            wire_size = len(lines) + lines.count(b"\n")
            path = root / "new" / f"1600000000.M{number:06d}P1N{next(self._names)}.seed,S={len(lines)},W={wire_size}"
            path.write_bytes(lines)
            os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
        if os.getuid() == 0:
            for path in (self.folder / "home" / user).rglob("*"):
                os.chown(path, self._mail_uid, self._mail_gid)
            os.chown(self.folder / "home" / user, self._mail_uid, self._mail_gid)
        return number

    def cut(self) -> int:
        """Have the server hang up on every IMAP session, after the command it is at; how many there were."""
        return self._signal_sessions(signal.SIGTERM)

    def crash(self) -> int:
        """Kill every IMAP session's process, the command it is at included; how many there were.

        Dovecot moves a mail by a copy and a removal, so a kill in between leaves both: the server's doing, not ours.
        """
        return self._signal_sessions(signal.SIGKILL)

    def _signal_sessions(self, number: signal.Signals) -> int:
        signalled = set()
        for pid in self._sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                signalled.add(pid)
        end = time.monotonic() + self.START_SECONDS
        while signalled & set(self._sessions()) and time.monotonic() < end:
            time.sleep(0.005)
        return len(signalled)

    def _sessions(self) -> Iterator[int]:
        assert self._process is not None, "start the server first"  # noqa: S101
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                # The name stands in parentheses and may hold spaces; state and parent follow it.
                head, _, tail = (entry / "stat").read_text().rpartition(")")
                if head.partition("(")[2] == "imap" and int(tail.split()[1]) == self._process.pid:
                    yield int(entry.name)

    def _write_files(self) -> None:
        internal, login, group = self._take_users()
        (self.folder / "home").mkdir()
        (self.folder / "state").mkdir()
        os.chown(self.folder / "home", self._mail_uid, self._mail_gid)
        self.imap_port, self.imaps_port, self.lmtp_port, self.submission_port, self.submissions_port = free_ports(5)
        write_certificate(self.folder)
        (self.folder / "users").write_text("".join(f"{n}:{p}\n" for n, p in self.users.items()), "utf-8")
        assert self._tokeninfo is not None  # noqa: S101 - started just before
        oauth2 = OAUTH2.format(host=HOST, port=self._tokeninfo.server_address[1])
        (self.folder / "oauth2.conf").write_text(oauth2)
        submission = SUBMISSION.format(
            host=HOST,
            relay=self.relay,
            submission_port=self.submission_port,
            submissions_port=self.submissions_port,
        )
        config = CONFIG.format(
            dir=self.folder,
            protocols="imap lmtp submission" if self.relay else "imap lmtp",
            submission=submission if self.relay else "",
            host=HOST,
            internal=internal,
            login=login,
            group=group,
            idle_check=self.idle_check,
            capability=f"imap_capability = {self.capability}" if self.capability else "",
            password=self.password,
            mail_uid=self._mail_uid,
            mail_gid=self._mail_gid,
            imap_port=self.imap_port,
            imaps_port=self.imaps_port,
            lmtp_port=self.lmtp_port,
        )
        (self.folder / "dovecot.conf").write_text(config)

    def _take_users(self) -> tuple[str, str, str]:
        """Under which names the server's own processes run, and whose the mail files are."""
        if os.getuid() != 0:
            me = getpass.getuser()
            return me, me, grp.getgrgid(os.getgid()).gr_name
        # Dovecot refuses to open anybody's mail as root.
        nobody = pwd.getpwnam("nobody")
        self._mail_uid, self._mail_gid = nobody.pw_uid, nobody.pw_gid
        return "dovecot", "dovenull", "dovecot"


def _tokeninfo_server(tokens: Mapping[str, str]) -> ThreadingHTTPServer:
    """The endpoint that Dovecot asks whose an access token is."""

    class Tokeninfo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
            user = tokens.get(token)
            body = json.dumps({"email": user, "active": "true"} if user else {"error": "invalid_token"}).encode()
            self.send_response(200 if user else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the request line holds the token."""

    server = ThreadingHTTPServer((HOST, 0), Tokeninfo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="tokeninfo", daemon=True).start()
    return server
