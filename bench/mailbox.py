"""A large inbox for the first time, and new mail as it comes: on a real Dovecot, without a language model.

python -m bench.mailbox [--quick] [--mails N] --json FILE
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.process import PeakMemory
from bench.report import options, percentile, publish
from bench.simulation import generate
from bench.snapshot import login
from gainful.sdk.testing.dovecot import Dovecot

MAILS, QUICK_MAILS = 10_000, 1_000
DELIVERIES, QUICK_DELIVERIES = 100, 12
SEED = 4711
PATIENCE = 30.0
"""Seconds after which a delivered mail counts as never labelled."""


def first_triage(dovecot: Dovecot, user: str, environment: Mapping[str, str]) -> tuple[float, float, int]:
    """Seconds and peak MiB of `gainful triage --apply` over the whole inbox, and how many mails it decided about."""
    command = [sys.executable, "-m", "gainful", "triage", dovecot.url(user), "--apply", "--json"]
    start = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    memory = PeakMemory(process.pid)
    lines = process.communicate()[0].splitlines()
    seconds = time.monotonic() - start
    if process.returncode != 0:
        raise RuntimeError(f"gainful triage ended with {process.returncode}")
    return seconds, memory.end(), len(lines)


def new_mail(dovecot: Dovecot, user: str, environment: Mapping[str, str], count: int) -> list[float]:
    """Seconds from each delivery by LMTP until another client sees the mail's keyword (or sees it put away)."""
    serve = subprocess.Popen(
        [sys.executable, "-m", "gainful", "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert serve.stdout is not None
        while b"ready" not in (line := serve.stdout.readline()).lower():
            if not line:
                raise RuntimeError("gainful serve ended before it was ready")
        time.sleep(3)
        return [_one_delivery(dovecot, user, number) for number in range(count)]
    finally:
        serve.terminate()
        serve.wait(timeout=30)


def _one_delivery(dovecot: Dovecot, user: str, number: int) -> float:
    raw = (
        f"From: Build <build@ci.example.net>\r\nTo: {user}\r\nSubject: Build {number} passed\r\n"
        f"Message-ID: <new-{number}@ci.example.net>\r\nAuto-Submitted: auto-generated\r\n"
        f"Precedence: bulk\r\nContent-Type: text/plain\r\n\r\nBuild {number} passed on main. All tests are green.\r\n"
    ).encode()
    time.sleep(random.Random(number).uniform(0.1, 1.0))
    start = time.monotonic()
    dovecot.deliver(user, raw)
    client = login(dovecot.imap_port, user, dovecot.password)
    try:
        while time.monotonic() - start < PATIENCE:
            client.select_folder("INBOX", readonly=True)
            found = client.search(["HEADER", "Message-ID", f"<new-{number}@ci.example.net>"])
            flags = client.get_flags(found) if found else {}
            if not found or any(not flag.startswith(b"\\") for flag in flags[found[0]]):
                return time.monotonic() - start
            time.sleep(0.02)
    finally:
        client.logout()
    return PATIENCE


def main() -> int:
    """Measure and publish."""
    parser = options("mailbox", "First triage of a large inbox on Dovecot, and the delay of new mail.")
    parser.add_argument("--mails", type=int, help=f"size of the inbox (default {MAILS}, quick {QUICK_MAILS})")
    given = parser.parse_args()
    mails = given.mails or (QUICK_MAILS if given.quick else MAILS)
    deliveries = QUICK_DELIVERIES if given.quick else DELIVERIES
    with Dovecot() as dovecot, tempfile.TemporaryDirectory() as folder:
        user = dovecot.new_user()
        dovecot.seed(user, (mail.raw for mail in generate(SEED, mails)))
        login(dovecot.imap_port, user, dovecot.password).logout()
        home = Path(folder)
        account = f'[[accounts]]\nname = "bench"\nurl = "{dovecot.url(user)}"\n[schedule]\nnightly = "off"\n'
        (home / "gainful.toml").write_text(account, encoding="utf-8")
        environment = {**os.environ, "GAINFUL_HOME": folder, "GAINFUL_IMAP_PASSWORD": dovecot.password}
        seconds, peak, decided = first_triage(dovecot, user, environment)
        delays = new_mail(dovecot, user, environment, deliveries)
    figures = {
        "first_triage_s": round(seconds, 1),
        "peak_rss_mb": round(peak, 1),
        "new_mail_p95_s": round(percentile(delays, 0.95), 2),
        "new_mail_p50_s": round(percentile(delays, 0.5), 2),
        "mails_per_s": round(decided / seconds, 1),
    }
    publish("mailbox", {"mails": decided, "deliveries": deliveries, "applied": "yes"}, figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
