"""A secret goes to whom it was declared for, with a permit, and is counted."""

from __future__ import annotations

import threading

import pytest

from gainful.app.tooling.scopes import declared_scopes
from gainful.gate.broker import Broker, SecretRefused
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Connection, Secret

SCOPES = {"imap": ("account:",), "mail.move": ("account:",), "llm": ("model-key",), "model.ask": ("model-key",)}
IMAP = Connection("imap", "work")


class Vault:
    def get(self, name: str) -> Secret | None:
        return Secret(name, f"value of {name}") if name != "account:none" else None


@pytest.fixture
def broker() -> Broker:
    return Broker(Vault(), lambda: SCOPES)


def test_a_declared_secret_is_handed_out_and_counted(broker: Broker) -> None:
    handle = broker.handle("account:work", IMAP)
    assert broker.lent == {}
    for _ in range(2):
        found = handle.secret()
        assert found is not None
        assert found.reveal() == "value of account:work"
    key = broker.handle("model-key").secret(Grant("k", "model.ask"))
    assert key is not None
    assert broker.lent == {("account:work", "imap"): 2, ("model-key", "model.ask"): 1}
    assert "value" not in repr(broker)


@pytest.mark.parametrize(
    ("name", "permit"),
    [
        ("model-key", IMAP),
        ("model-key-2", Grant("k", "model.ask")),
        ("account:work", Grant("k", "model.ask")),
        ("account", IMAP),
        ("", IMAP),
        ("account:work", Connection("maildir", "work")),
        ("account:work", Connection("", "")),
        ("account:work", Grant("k", "unknown.tool")),
        ("account:work", None),
    ],
)
def test_everything_else_is_refused_and_not_counted(
    broker: Broker, name: str, permit: Grant | Connection | None
) -> None:
    with pytest.raises(SecretRefused) as caught:
        broker.lend(name, permit)
    assert caught.value.next_move
    assert broker.lent == {}


def test_a_grant_goes_before_the_connection(broker: Broker) -> None:
    with pytest.raises(SecretRefused, match=r"model\.ask"):
        broker.handle("account:work", IMAP).secret(Grant("k", "model.ask"))


def test_a_secret_from_elsewhere_is_guarded_and_counted_alike(broker: Broker) -> None:
    fresh = Secret("account:work", "out of a file")
    assert broker.handle("account:work", IMAP, lambda: fresh).secret() is fresh
    assert broker.lent == {("account:work", "imap"): 1}

    def never() -> Secret:
        raise AssertionError("asked for what is not allowed")

    with pytest.raises(SecretRefused):
        broker.handle("model-key", IMAP, never).secret()


def test_what_is_not_there_is_not_counted(broker: Broker) -> None:
    assert broker.handle("account:none", IMAP).secret() is None
    assert broker.lent == {}


def test_many_threads_are_all_counted(broker: Broker) -> None:
    handle = broker.handle("account:work", IMAP)
    threads = [threading.Thread(target=lambda: [handle.secret() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broker.lent == {("account:work", "imap"): 400}


def test_the_manifests_declare_what_the_connectors_need_and_no_more() -> None:
    scopes = declared_scopes()
    assert scopes["imap"] == scopes["mail.move"] == ("account:",)
    assert scopes["llm"] == scopes["model.ask"] == ("model-key", "model:")
    assert scopes["maildir"] == scopes["mbox"] == ()
    broker = Broker(Vault(), declared_scopes)
    assert broker.declared("account:work")
    assert not broker.declared("teams:token")
