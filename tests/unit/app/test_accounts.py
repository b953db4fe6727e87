"""Which mailbox is meant, and where its password comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.app.accounts import PASSWORD_VARIABLE, Accounts, PasswordMissing, identity_of
from gainful.app.tooling.scopes import declared_scopes
from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.jobs.triage.deciding.facts import PersonRule
from gainful.jobs.triage.settings import Drafts
from gainful.sdk.secret import Handle, Secret
from gainful.storage.secrets.secret_store import SecretStore
from gainful.storage.settings.config import Account, Config

WORK = Account(name="work", url="imaps://Me%40example.org@Mail.example.org", addresses=("Me@Example.org",))


@pytest.fixture
def secrets(database: Engine, tmp_path: Path) -> SecretStore:
    return SecretStore(database, tmp_path / "secret.key", lambda: datetime(2026, 3, 2, tzinfo=UTC))


class _Listener:
    """Stands in for the mailbox: takes the handle and uses it, as a sign-in does."""

    def __init__(self, _url: str, handle: Handle, *, auth: str) -> None:
        secret = handle.secret()
        self.heard = secret.reveal() if secret is not None else None


def spoken_by(accounts: Accounts, account: Account) -> str | None:
    """What the server would hear from this account."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gainful.connectors.imap.ImapMailbox", _Listener)
        return accounts.connect(account).heard  # type: ignore[attr-defined, no-any-return]


def accounts_of(config: Config, secrets: SecretStore) -> Accounts:
    return Accounts(config, secrets, Broker(secrets, declared_scopes))


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("imaps://me@mail.example.org", "imaps://me@mail.example.org:993"),
        ("imaps://me@mail.example.org", "imaps://me@MAIL.example.org"),
        ("imap://me@mail.example.org", "imap://me@mail.example.org:143"),
        ("imaps://me%40example.org@mail.example.org", "imaps://me@example.org@mail.example.org"),
    ],
)
def test_an_account_has_one_identity_however_its_url_is_written(one: str, same: str) -> None:
    assert identity_of(Account(name="a", url=one)) == identity_of(Account(name="b", url=same))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("imaps://me@mail.example.org", "imaps://you@mail.example.org"),
        ("imaps://me@mail.example.org", "imaps://me@mail.example.net"),
        ("imaps://me@mail.example.org", "imaps://me@mail.example.org:1993"),
        ("maildir:/tmp/a", "mbox:/tmp/a"),
    ],
)
def test_different_mailboxes_have_different_identities(one: str, other: str) -> None:
    assert identity_of(Account(name="a", url=one)) != identity_of(Account(name="a", url=other))


def test_a_maildir_is_the_same_by_whatever_path_it_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Mail").mkdir()
    (tmp_path / "link").symlink_to("Mail")
    monkeypatch.setenv("HOME", str(tmp_path))
    wanted = f"maildir:{tmp_path / 'Mail'}"
    for written in (tmp_path / "Mail", tmp_path / "x" / ".." / "Mail", tmp_path / "link", "~/Mail"):
        assert identity_of(Account(name="a", url=f"maildir:{written}")) == wanted


def test_an_account_is_found_by_name_url_and_identity(secrets: SecretStore) -> None:
    accounts = accounts_of(Config(accounts=(WORK,)), secrets)
    for source in ("work", WORK.url, identity_of(WORK)):
        assert accounts.named(source) == WORK


def test_a_mailbox_needs_no_configuration(secrets: SecretStore, tmp_path: Path) -> None:
    account = accounts_of(Config(accounts=(WORK,)), secrets).named(f"maildir:{tmp_path}")
    assert account.scheme == "maildir"
    assert account.path == tmp_path


@pytest.mark.parametrize("source", ["", "nobody", "ftp://me@example.org", "imaps://:secret@mail.example.org"])
def test_what_is_no_mailbox_is_refused_with_a_next_move(secrets: SecretStore, source: str) -> None:
    with pytest.raises(Invalid) as caught:
        accounts_of(Config(accounts=(WORK,)), secrets).named(source)
    assert caught.value.next_move
    assert "secret" not in str(caught.value)


def test_what_is_given_comes_first_then_the_seal_then_the_environment_then_the_person(
    secrets: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = accounts_of(Config(accounts=(WORK,)), secrets)
    with pytest.raises(PasswordMissing) as caught:
        spoken_by(accounts, WORK)
    assert PASSWORD_VARIABLE in caught.value.next_move

    asked: list[str] = []

    def ask(account: Account) -> Secret:
        asked.append(account.name)
        return Secret(account.secret, "spoken")

    accounts.ask_password = ask
    assert spoken_by(accounts, WORK) == "spoken"
    monkeypatch.setenv(PASSWORD_VARIABLE, "from the environment")
    assert spoken_by(accounts, WORK) == "from the environment"
    secrets.put(WORK.secret, Secret(WORK.secret, "sealed"))
    assert spoken_by(accounts, WORK) == "sealed"
    accounts.given_password = Secret(WORK.secret, "given")
    assert spoken_by(accounts, WORK) == "given"
    assert asked == ["work"]


def test_a_file_named_in_the_settings_is_read_anew_each_time(secrets: SecretStore, tmp_path: Path) -> None:
    token = tmp_path / "token"
    account = Account(name="work", url=WORK.url, auth="xoauth2", password_file=str(token))
    accounts = accounts_of(Config(accounts=(account,)), secrets)
    with pytest.raises(PasswordMissing, match="token"):
        spoken_by(accounts, account)
    token.write_text("first\n", encoding="utf-8")
    assert spoken_by(accounts, account) == "first"
    token.write_text("second\n", encoding="utf-8")
    assert spoken_by(accounts, account) == "second"


def test_one_accounts_password_is_not_anothers(secrets: SecretStore) -> None:
    accounts = accounts_of(Config(accounts=(WORK,)), secrets)
    secrets.put(WORK.secret, Secret(WORK.secret, "sealed"))
    with pytest.raises(PasswordMissing):
        spoken_by(accounts, Account(name="home", url="imaps://me@other.example.org"))


def test_the_persons_choices_reach_triage(secrets: SecretStore) -> None:
    config = Config.model_validate(
        {
            "accounts": [WORK.model_dump()],
            "triage": {"drafts": "off", "archive": False, "vips": ["@example.com"]},
            "rules": [{"label": "todo", "from": "@bills.example.com", "list": "dues"}],
        }
    )
    settings = accounts_of(config, secrets).settings(WORK)
    assert settings.owner == ("me@example.org",)
    assert settings.drafts is Drafts.OFF
    assert not settings.archive
    assert settings.is_vip("boss@example.com")
    assert settings.rules == (PersonRule("todo", from_="@bills.example.com", list_id="dues"),)
