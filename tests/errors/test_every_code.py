"""One reproducer for each error code: what makes it, told as short as it can be. A code without one fails."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import socket
import socketserver
import sqlite3
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from gainful.app import Gainful
from gainful.app.tooling.shell import sandbox_of, tools_of
from gainful.cli import exits, failure
from gainful.cli.answers import Asker, read_password
from gainful.cli.context import Context
from gainful.cli.main import cli, run
from gainful.connectors.imap import ImapMailbox
from gainful.connectors.llm import OneRequestModel
from gainful.connectors.mbox import MboxMailbox
from gainful.connectors.shell import Sandbox
from gainful.core.chain import GENESIS
from gainful.core.clock import system_clock
from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable
from gainful.core.label import TYPED
from gainful.core.mail import Mail, Role
from gainful.core.money import Money
from gainful.core.value import uniform
from gainful.gate.approval import Answer, Approval, Approvers, Verdict, ask
from gainful.gate.audit import AuditEvent, AuditKind, record
from gainful.gate.course import Course, Running
from gainful.gate.pricing import pricing_of
from gainful.gate.proposal import Proposal
from gainful.jobs.triage.deciding.calibration import Thresholds
from gainful.jobs.triage.deciding.cascade import Cascade, Opinion
from gainful.jobs.triage.deciding.facts import Facts, PersonRule, SenderHistory
from gainful.jobs.triage.deciding.features import Features
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.local_model import LocalModel
from gainful.jobs.triage.reading.reader import Reader
from gainful.ledger.budget import Budget
from gainful.ledger.entry import Entry, Posting
from gainful.ledger.outcome import Outcome, advance
from gainful.policy.plan import plan_from
from gainful.runs.engine import Engine
from gainful.runs.executor import account_lock
from gainful.runs.parked import Parked
from gainful.runs.serializer import JsonSerializer
from gainful.runs.steps import Steps
from gainful.sdk import http
from gainful.sdk.declaration import read_declaration
from gainful.sdk.egress import Egress
from gainful.sdk.grant import Grant
from gainful.sdk.http import HttpClient
from gainful.sdk.model import Question
from gainful.sdk.secret import Connection, Secret
from gainful.sdk.testing.certificate import write_certificate
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.sdk.tool import ToolUnreachable
from gainful.storage import database
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database, transaction
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.checkpoint_file import read_checkpoints
from gainful.storage.runs.run_store import RunStore
from gainful.storage.secrets.secret_store import SecretStore
from gainful.storage.settings.config import Account, Config, Home, parse
from gainful.storage.settings.tools import Shell
from tests.errors.registry import REPRODUCERS, Place, reproduces

ROOT = Path(__file__).resolve().parents[2]
# Each room that has many keeps its reproducers in a file of its own.
for _file in sorted(Path(__file__).parent.glob("of_*.py")):
    importlib.import_module(f"tests.errors.{_file.stem}")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GRANT = Grant("key", "mail.change_keywords")
FACTS = Facts(frozenset(), SenderHistory(), thread_mine=False, vip=False, now=NOW)
QUESTION = Question("Answer JSON.", "Hello", {"type": "object"}, 50)


# --- the gate ---


@reproduces("plan-invalid")
def _a_plan_that_imports(place: Place) -> None:
    plan_from({"steps": [{"name": "evil", "tool": "x", "arguments": {"a": "__import__('os')"}}]})


@reproduces("plan-too-late")
def _a_second_plan(place: Place) -> None:
    course = Course(Running("run1", "robin", "Do it", NOW), {}, [], NOW)
    course.freeze(plan_from({"steps": []}))
    course.freeze(plan_from({"steps": []}))


@reproduces("tool-unreachable")
def _a_tool_whose_other_side_hangs_up(place: Place) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        listener.accept()[0].close()
        if not client.recv(1):
            raise ToolUnreachable("The other side hung up.", "Try again later.", sent=True)
    finally:
        client.close()
        listener.close()


@reproduces("value-too-deep")
def _an_answer_without_a_floor(place: Place) -> None:
    deep: object = 1
    for _ in range(1000):
        deep = [deep]
    uniform(deep, TYPED)


# --- settings and command line ---


@reproduces("config-invalid")
def _a_mistyped_setting(place: Place) -> None:
    parse("[triage]\ndraft = 'off'\n", place.path / "gainful.toml")


@reproduces("source-invalid")
def _no_mailbox(place: Place) -> None:
    Config().account("wrok")


@reproduces("label-invalid")
def _no_such_label(place: Place) -> None:
    LabelSet.standard().named("urgentish")


@reproduces("rule-invalid")
def _rule_with_an_unknown_label(place: Place) -> None:
    rule = PersonRule("nowhere", from_="@example.org")
    Cascade(LabelSet.standard(), LocalModel.prior(), Thresholds.shipped(), [rule])


@reproduces("answer-missing")
def _nobody_to_ask(place: Place) -> None:
    place.patch.setattr("sys.stdin", io.StringIO())
    Asker(quiet=False).ask("Mailbox", "--account-url", None)


@reproduces("password-file-invalid")
def _an_empty_password_file(place: Place) -> None:
    (place.path / "password").touch()
    read_password(str(place.path / "password"))


@reproduces("password-missing")
def _no_password(place: Place) -> None:
    place.patch.delenv("GAINFUL_IMAP_PASSWORD", raising=False)
    with place.app() as app:
        app.accounts.connect(Account(name="work", url="imap://me@127.0.0.1:1"))


@reproduces("no-such-mail")
def _an_unknown_mail(place: Place) -> None:
    with place.app() as app:
        app.triage.correct("zzzz", "fyi")


@reproduces("ambiguous-mail")
def _half_an_id(place: Place) -> None:
    with place.app() as app:
        with sqlite3.connect(place.home.database) as rows:
            for number in (1, 2):
                rows.execute(
                    "INSERT INTO mails (id, account, folder, validity, uid, message_id, sha256, thread, from_addr,"
                    " from_name, subject, received_at, size, flags, problem, settled)"
                    " VALUES (?, 'a', 'f', 'v', ?, '', '', '', '', '', '', '2026-11-22', 1, '[]', '', 0)",
                    (f"abc{number}", str(number)),
                )
        rows.close()
        app.triage.correct("abc", "fyi")


@reproduces("nothing-to-undo")
def _undo_of_nothing(place: Place) -> None:
    with place.app() as app:
        app.triage.undo("zzzz")


# --- the database ---


@reproduces("database-corrupt")
def _no_database(place: Place) -> None:
    file = place.path / "gainful.sqlite"
    file.write_bytes(b"Dear diary, this is no database. " * 100)
    open_database(file)


@reproduces("database-closed")
def _after_the_end(place: Place) -> None:
    with place.app() as app:
        pass
    app.runs.last("maildir:~/Mail", "nightly")


@reproduces("database-forbidden")
def _a_directory_instead(place: Place) -> None:
    (place.path / "gainful.sqlite").mkdir()
    open_database(place.path / "gainful.sqlite")


@reproduces("database-newer")
def _from_the_future(place: Place) -> None:
    file = place.path / "gainful.sqlite"
    open_database(file).dispose()
    with sqlite3.connect(file) as rows:
        rows.execute("UPDATE alembic_version SET version_num = 'of-2036'")
    rows.close()
    open_database(file)


@reproduces("database-locked")
def _held_by_another(place: Place) -> None:
    file = place.path / "gainful.sqlite"
    open_database(file).dispose()
    place.patch.setattr(database, "BUSY_TIMEOUT_MS", 10)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = open_database(file)
    try:
        with transaction(engine):
            pass
    finally:
        other.close()
        engine.dispose()


@reproduces("disk-full")
def _no_room(place: Place) -> None:
    engine = open_database(place.path / "gainful.sqlite")
    try:
        with transaction(engine) as connection:
            # What SQLite says when the disk has no room left, it says at a limit of its own too.
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            connection.exec_driver_sql("CREATE TABLE room AS SELECT randomblob(1000000) AS taken")
    finally:
        engine.dispose()


@reproduces("database-unreachable")
def _no_server(place: Place) -> None:
    open_database("postgresql://me@127.0.0.1:1/gainful")


@reproduces("key-file-invalid")
def _a_key_for_everybody(place: Place) -> None:
    engine = open_database(place.path / "gainful.sqlite")
    try:
        secrets = SecretStore(engine, place.path / "secret.key", system_clock, {})
        secrets.put("name", Secret("name", "value"))
        (place.path / "secret.key").chmod(0o644)
        secrets.get("name")
    finally:
        engine.dispose()


def _audit_log(place: Place) -> AuditStore:
    engine = open_database(place.path / "gainful.sqlite")
    log = AuditStore(engine, place.path / "audit.key", place.path / "audit" / "checkpoints.jsonl", system_clock)
    log.append([AuditEvent(NOW, AuditKind.EFFECT)])
    return log


@reproduces("audit-broken")
def _a_log_cut_off(place: Place) -> None:
    log = _audit_log(place)
    log.checkpoint()
    with sqlite3.connect(place.path / "gainful.sqlite") as rows:
        rows.execute("DELETE FROM audit_entries")
    rows.close()
    log.append([AuditEvent(NOW, AuditKind.EFFECT)])


@reproduces("audit-unwritable")
def _no_room_for_a_checkpoint(place: Place) -> None:
    (place.path / "audit").touch()
    _audit_log(place).checkpoint()


@reproduces("audit-event-invalid")
def _a_detail_that_is_not_json(place: Place) -> None:
    record(1, AuditEvent(NOW, AuditKind.EFFECT, detail={"raw": b""}), GENESIS)


@reproduces("checkpoint-invalid")
def _a_file_without_checkpoints(place: Place) -> None:
    (place.path / "kept.jsonl").write_text("hello\n")
    read_checkpoints(place.path / "kept.jsonl")


@reproduces("keyring-unavailable")
def _no_keyring(place: Place) -> None:
    place.patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    place.patch.setattr("keyring.core._keyring_backend", None)
    place.home.prepare()
    place.home.config.write_text('[secrets]\nkeep_key_in = "keyring"\n', encoding="utf-8")
    with place.app() as app:
        app.secrets.put("model-key", Secret("model-key", "value"))


@reproduces("secret-refused")
def _somebody_elses_secret(place: Place) -> None:
    with place.app() as app:
        app.broker.handle("model-key", Connection("imap", "work")).secret()


@reproduces("secret-name-invalid")
def _a_secret_that_is_not_there(place: Place) -> None:
    cli.main(
        ["--home", str(place.path), "secrets", "delete", "nothing"], standalone_mode=False, obj=Context(place.path)
    )


@reproduces("secret-on-command-line")
def _a_secret_for_all_to_see(place: Place) -> None:
    arguments = ["--home", str(place.path), "secrets", "set", "model-key", "value"]
    cli.main(arguments, standalone_mode=False, obj=Context(place.path))


# --- mailboxes ---


USUAL = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", "LOGOUT": b"* BYE\r\nTAG OK bye\r\n"}


@contextmanager
def _mail_server(**answers: bytes) -> Iterator[str]:
    """The URL of a server of a few lines that answers commands as told, and anything else with OK."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            while line := self.rfile.readline():
                tag, _, rest = line.strip().partition(b" ")
                command = rest.split()[0].decode().upper()
                self.wfile.write({**USUAL, **answers}.get(command, b"TAG OK done\r\n").replace(b"TAG", tag))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"imap://me@127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@reproduces("mailbox-unreachable")
def _nobody_listens(place: Place) -> None:
    ImapMailbox("imap://me@127.0.0.1:1", Secret("account:test", "password"))


@reproduces("login-refused")
def _wrong_password(place: Place) -> None:
    with _mail_server(LOGIN=b"TAG NO [AUTHENTICATIONFAILED] no\r\n", AUTHENTICATE=b"TAG NO no\r\n") as url:
        ImapMailbox(url, Secret("account:test", "wrong"))


@reproduces("cleartext-refused")
def _no_encryption(place: Place) -> None:
    with _mail_server() as url:
        ImapMailbox(f"{url}?starttls=yes", Secret("account:test", "password"))


@reproduces("server-refused")
def _no_right(place: Place) -> None:
    with _mail_server(LIST=b"TAG NO [NOPERM] no\r\n") as url:
        mailbox = ImapMailbox(url, Secret("account:test", "password"))
        try:
            mailbox.folder(Role.SENT)
        finally:
            mailbox.close()


@reproduces("no-such-folder")
def _no_folder(place: Place) -> None:
    with _mail_server(SELECT=b"TAG NO no such mailbox\r\n", EXAMINE=b"TAG NO no such mailbox\r\n") as url:
        mailbox = ImapMailbox(url, Secret("account:test", "password"))
        try:
            mailbox.change_keywords(GRANT, "Nowhere", ["1"], add=["todo"], remove=[])
        finally:
            mailbox.close()


@reproduces("mailbox-read-only")
def _mbox_is_for_reports(place: Place) -> None:
    (place.path / "old.mbox").write_bytes(b"From a@example.org Sun Nov 22 08:00:00 2026\nSubject: x\n\nbody\n")
    MboxMailbox(place.path / "old.mbox").change_keywords(GRANT, "INBOX", ["1"], add=["todo"], remove=[])


@reproduces("report-only")
def _effects_on_an_mbox(place: Place) -> None:
    (place.path / "old.mbox").write_bytes(b"From a@example.org Sun Nov 22 08:00:00 2026\nSubject: x\n\nbody\n")
    with Gainful.open(Home(place.path / "home")) as gainful:
        gainful.triage.run(f"mbox:{place.path / 'old.mbox'}", apply=True)


@reproduces("mailbox-busy")
def _two_at_once(place: Place) -> None:
    with (
        account_lock(place.path, "name", "maildir:~/Mail", wait=False),
        account_lock(place.path, "name", "maildir:~/Mail", wait=False),
    ):
        pass


# --- language models ---


@reproduces("model-name-invalid")
def _no_provider(place: Place) -> None:
    OneRequestModel("gpt-5-mini")


@reproduces("model-key-missing")
def _no_key(place: Place) -> None:
    place.patch.delenv("OPENAI_API_KEY", raising=False)
    OneRequestModel("openai:gpt-5-mini").ask(Grant("k", "model.ask"), QUESTION)


@reproduces("provider-missing")
def _no_library(place: Place) -> None:
    for name in ("anthropic", "pydantic_ai.models.anthropic", "pydantic_ai.providers.anthropic"):
        place.patch.setitem(sys.modules, name, None)
    OneRequestModel("anthropic:some-model", "", Secret("model-key", "a-test-key")).ask(
        Grant("k", "model.ask"), QUESTION
    )


def _ask(reply: Reply) -> None:
    with ModelServer(lambda _: reply) as server:
        OneRequestModel("openai:small", server.url, Secret("model-key", "a-test-key")).ask(
            Grant("k", "model.ask"), QUESTION
        )


@reproduces("model-refused")
def _key_refused(place: Place) -> None:
    _ask(Reply("", status=401))


@reproduces("model-bad-answer")
def _no_json(place: Place) -> None:
    _ask(Reply("I would rather write a poem."))


@reproduces("model-unreachable")
def _model_away(place: Place) -> None:
    OneRequestModel("openai:small", "http://127.0.0.1:1/v1", Secret("model-key", "a-test-key")).ask(
        Grant("k", "model.ask"), QUESTION
    )


@reproduces("price-unknown")
def _no_price(place: Place) -> None:
    pricing_of("openai:a-model-that-no-list-has", NOW)


@reproduces("answer-unusable")
def _an_answer_off_the_list(place: Place) -> None:
    cascade = Cascade(LabelSet.standard(), LocalModel.prior(), Thresholds.shipped())
    opinion: Opinion = cascade.decide(Mail(), FACTS)
    cascade.settle(opinion, Mail(), FACTS, "poem", 0.9, 0.1, "because")


# --- the books ---


@reproduces("limit-invalid")
def _no_scope(place: Place) -> None:
    with place.app() as gainful:
        gainful.budgets.set("triage", None, Money(1), None)


@reproduces("no-such-limit")
def _nothing_to_remove(place: Place) -> None:
    with place.app() as gainful:
        gainful.budgets.remove("agent:triage", None)


@reproduces("budget-exceeded")
def _too_dear(place: Place) -> None:
    budget = Budget("triage", Money("0.50"))
    engine = open_database(place.path / "gainful.sqlite")
    try:
        LedgerStore(engine, lambda: NOW).reserve([budget], Money("0.60"), "key", "openai:small")
    finally:
        engine.dispose()


@reproduces("currency-mismatch")
def _apples_and_pears(place: Place) -> None:
    _ = Money("1", "USD") + Money("1", "EUR")


@reproduces("entry-unbalanced")
def _off_by_one(place: Place) -> None:
    Entry("key", "settle", NOW, (Posting("cost:openai:small", Decimal(1), "USD"),))


@reproduces("outcome-out-of-order")
def _verified_before_accepted(place: Place) -> None:
    advance("mail:abc", Outcome.EXPECTED, Outcome.VERIFIED, "evidence", NOW)


# --- approvals ---


EFFECT = Proposal("assistant", "run1", "step 1", "mail.send", {"to": "ada@example.org"}, "7f3a")


@contextmanager
def _asked(place: Place, *ids: str, approvers: Approvers | None = None) -> Iterator[tuple[ApprovalStore, Approval]]:
    engine = open_database(place.path / "gainful.sqlite")
    try:
        store = ApprovalStore(engine)
        for number, name in enumerate(ids):
            effect = replace(EFFECT, step=f"step {number}")
            asked = store.ask(ask(name, [effect], "mira", NOW, approvers or Approvers()))
        yield store, asked
    finally:
        engine.dispose()


@reproduces("proposal-invalid")
def _no_number(place: Place) -> None:
    replace(EFFECT, arguments={"amount": float("nan")})


@reproduces("no-such-approval")
def _an_unknown_approval(place: Place) -> None:
    with place.app() as app:
        app.approvals.find("zzzz")


@reproduces("ambiguous-approval")
def _half_an_approvals_id(place: Place) -> None:
    with _asked(place, "ap1", "ap2") as (store, _):
        store.find("ap", NOW)


@reproduces("not-your-approval")
def _own_request(place: Place) -> None:
    with _asked(place, "ap1", approvers=Approvers(four_eyes=True)) as (store, asked):
        store.answer("ap1", Answer(Verdict.ACCEPT, "mira", NOW, asked.card))


@reproduces("approval-closed")
def _answered_twice(place: Place) -> None:
    with _asked(place, "ap1") as (store, asked):
        for _ in range(2):
            store.answer("ap1", Answer(Verdict.ACCEPT, "ada", NOW, asked.card))


@reproduces("card-changed")
def _not_what_was_shown(place: Place) -> None:
    with _asked(place, "ap1") as (store, _):
        store.answer("ap1", Answer(Verdict.ACCEPT, "ada", NOW, "0" * 64))


@reproduces("answer-invalid")
def _no_words(place: Place) -> None:
    with _asked(place, "ap1") as (store, _):
        store.answer("ap1", Answer(Verdict.RESPOND, "ada", NOW))


@reproduces("approval-damaged")
def _another_effect_than_is_shown(place: Place) -> None:
    with _asked(place, "ap1") as (store, _):
        with sqlite3.connect(place.path / "gainful.sqlite") as rows:
            rows.execute("UPDATE approval_effects SET proposal = replace(proposal, 'ada@', 'eve@')")
        rows.close()
        store.find("ap1", NOW)


@reproduces("run-given-up")
def _cancelled_meanwhile(place: Place) -> None:
    database_ = open_database(place.path / "gainful.sqlite")

    def parks(steps: Steps, run_id: str, arguments: object) -> None:
        steps("ask", lambda: _park())

    engine = Engine(database_, place.path / "locks", {"park": parks}, system_clock, RunStore(database_))
    try:
        engine.run("park", "run1", {})
        engine.cancel("run1")
        engine.follow("run1", timedelta(seconds=5))
    finally:
        engine.close()
        database_.dispose()


def _park() -> None:
    raise Parked("ap1")


# --- the way out, and the sandbox ---


@reproduces("egress-refused")
def _a_host_that_nobody_allowed(place: Place) -> None:
    Egress().target("GET", "https://api.example.org/")


@reproduces("host-pattern-invalid")
def _every_host(place: Place) -> None:
    Egress(hosts=frozenset({"*"}))


@reproduces("egress-unreachable")
def _a_host_without_an_address(place: Place) -> None:
    egress = Egress(hosts=frozenset({"api.example.org"}))
    egress.addresses(egress.target("GET", "https://api.example.org/"), lambda *_: [])


@contextmanager
def _web_server(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server on loopback that answers once."""

    def serve() -> None:
        with suppress(OSError), listening.accept()[0] as connection:
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True) if context else connection as stream:
                stream.recv(10_000)
                stream.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


@reproduces("egress-too-large")
def _a_large_answer(place: Place) -> None:
    with _web_server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n") as port:
        site = f"http://127.0.0.1:{port}"
        with HttpClient(Egress(private_ok=frozenset({site})), limits=http.Limits(size=10)) as client:
            client.request("GET", site)


@reproduces("egress-untrusted")
def _a_certificate_that_signs_itself(place: Place) -> None:
    write_certificate(place.path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place.path / "cert.pem", place.path / "key.pem")
    with _web_server(b"", context) as port:
        site = f"https://127.0.0.1:{port}"
        with HttpClient(Egress(private_ok=frozenset({site}))) as client:
            client.request("GET", site)


@reproduces("shell-off")
def _a_command_by_default(place: Place) -> None:
    tools_of(Config().shell, place.home)[0].call(Grant("key", "shell.run"), {"command": "true"})


@reproduces("sandbox-refused-root")
def _a_command_by_root(place: Place) -> None:
    place.patch.setattr(os, "getuid", lambda: 0)
    Sandbox().run(["/usr/bin/true"])


@reproduces("sandbox-unavailable")
def _no_bubblewrap(place: Place) -> None:
    for name in ("getuid", "geteuid"):
        place.patch.setattr(os, name, lambda: 1000)
    Sandbox(bwrap="/nowhere/bwrap").run(["/usr/bin/true"])


@reproduces("sandbox-input-invalid")
def _the_folder_with_the_key(place: Place) -> None:
    sandbox_of(Shell(folders=(place.path,)), place.home)


# --- ourselves ---


@reproduces("features-corrupt")
def _damaged_features(place: Place) -> None:
    Features.from_bytes(b"\xff\xff")


@reproduces("model-corrupt")
def _damaged_model(place: Place) -> None:
    LocalModel.from_bytes(b"not a model")


@reproduces("reader-broken")
def _no_reader(place: Place) -> None:
    place.patch.setattr(sys, "executable", "/nowhere/python")
    with Reader() as reader:
        reader.read([(b"Subject: x\n\nx\n", True)])


@reproduces("run-failed")
def _a_failure_read_back(place: Place) -> None:
    serializer = JsonSerializer()
    raise serializer.deserialize(serializer.serialize(ZeroDivisionError("division by zero")))


# --- the tests over the table ---


# --- manifests, stops, explanations ---

HELPER = "agent = 'helper'\n[[effects]]\ntool = 'mail.send'\n"


def _proposed(place: Place) -> Gainful:
    app = place.app()
    app.guards.propose("helper", HELPER)
    return app


@reproduces("manifest-invalid")
def _a_manifest_with_an_unknown_word(place: Place) -> None:
    with place.app() as app:
        app.guards.propose("helper", HELPER + "per_weak = 3\n")


@reproduces("organisation-policy-invalid")
def _a_policy_that_would_allow(place: Place) -> None:
    place.home.prepare()
    rule = "[[rules]]\nid = 'free'\nverdict = 'allow'\nreason = 'Why not.'\n"
    (place.home.path / "policy.toml").write_text(rule, encoding="utf-8")
    place.home.config.write_text("[organisation]\npolicy = 'policy.toml'\n", encoding="utf-8")
    with place.app() as app:
        app.guards.guard("triage")


@reproduces("declaration-invalid")
def _a_connector_that_declares_an_unknown_effect(place: Place) -> None:
    read_declaration("name = 'odd'\n[[tools]]\nname = 'odd.do'\neffect = 'magic'\n")


@reproduces("manifest-unchanged")
def _the_same_manifest_proposed_twice(place: Place) -> None:
    with _proposed(place) as app:
        app.guards.propose("helper", HELPER)


@reproduces("no-manifest")
def _nothing_to_approve(place: Place) -> None:
    with place.app() as app:
        app.guards.approve("helper", "0" * 64)


@reproduces("manifest-changed")
def _another_digest_than_the_one_shown(place: Place) -> None:
    with _proposed(place) as app:
        app.guards.approve("helper", "0" * 64)


@reproduces("not-your-manifest")
def _somebody_else_approves(place: Place) -> None:
    with _proposed(place) as app:
        app.guards.manifests.approve("helper", app.guards.manifests.history("helper")[0].digest, "eve")


@reproduces("manifest-damaged")
def _a_manifest_edited_in_the_database(place: Place) -> None:
    with place.app() as app:
        app.guards.adopt("triage")
        with transaction(app.database) as connection:
            connection.exec_driver_sql("UPDATE manifests SET content = replace(content, 'mail.move', 'mail.send')")
        app.guards.guard("triage")


@reproduces("organisation-policy-unreadable")
def _an_organisation_policy_that_is_not_there(place: Place) -> None:
    place.home.prepare()
    place.home.config.write_text("[organisation]\npolicy = 'policy.toml'\n", encoding="utf-8")
    with place.app() as app:
        app.guards.guard("triage")


@reproduces("stopped")
def _a_stopped_agent(place: Place) -> None:
    with place.app() as app:
        app.guards.stop("triage")
        app.triage.run(f"maildir:{place.path}")


@reproduces("no-such-agent")
def _a_stop_for_nobody(place: Place) -> None:
    with place.app() as app:
        app.guards.stop("traige")


@reproduces("nothing-to-explain")
def _no_such_run(place: Place) -> None:
    with place.app() as app:
        app.why("zzzz")


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "tools" / "generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _classes() -> list[type[GainfulError]]:
    bases = {Invalid, Refused, Unavailable, Broken}
    return [found for found in _reference().error_classes() if found not in bases]


@pytest.mark.parametrize("code", sorted(REPRODUCERS))
def test_it_is_raised_with_a_sentence_and_a_next_move(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(GainfulError) as caught:
        REPRODUCERS[code](Place(tmp_path, monkeypatch))
    error = caught.value
    assert error.code == code
    assert error.what
    assert error.next_move
    assert failure.report(error, as_json=True) in exits.MEANINGS
    assert json.loads(capsys.readouterr().err)["error"]["code"] == code


def test_every_code_has_a_reproducer() -> None:
    assert sorted(found.code for found in _classes()) == sorted(REPRODUCERS)


def test_no_two_classes_share_a_code() -> None:
    _reference().load_everything()
    owners: dict[str, list[str]] = {}
    waiting: list[type[GainfulError]] = [GainfulError]
    while waiting:
        for inner in waiting.pop().__subclasses__():
            waiting.append(inner)
            if inner.__module__.startswith("gainful.") and "code" in vars(inner):
                owners.setdefault(inner.code, []).append(inner.__qualname__)
    shared = {code: sorted(names) for code, names in owners.items() if len(set(names)) > 1}
    assert shared == {}


def test_every_code_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    missing = [code for code in [*REPRODUCERS, *failure.CODES] if f"| `{code}` |" not in page]
    assert missing == []


# --- what the command line itself says ---


def _code_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = run([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().err.splitlines()[-1])["error"]["code"]


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code_of(["triage"], capsys) == (exits.INVALID, "usage")


def test_file_unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GAINFUL_HOME", str(tmp_path / "home"))
    output = str(tmp_path / "nowhere" / "books.csv")
    assert _code_of(["ledger", "export", "-o", output], capsys) == (exits.INVALID, "file-unusable")


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), "interrupted"), (RuntimeError("x"), "unexpected"), (OSError(5, "I/O error"), "system")],
)
def test_the_rest(error: BaseException, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failure.report(error, as_json=True) == failure.CODES[code][0]
    assert json.loads(capsys.readouterr().err)["error"]["code"] == code


def test_nothing_is_left_in_the_environment() -> None:
    assert "GAINFUL_DEBUG" not in os.environ
