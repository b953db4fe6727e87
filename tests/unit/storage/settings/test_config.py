from __future__ import annotations

from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.storage.settings.config import (
    Account,
    Config,
    Home,
    Model,
    SourceInvalid,
    load,
    parse,
)
from gainful.storage.settings.file import append, render_account, render_model
from gainful.storage.settings.findings import ConfigInvalid

FILE = Path("gainful.toml")

FULL = """
# my mail
[[accounts]]
name = "work"
url = "imaps://ada%40example.org@mail.example.org"

[[accounts]]
name = "home"
url = "maildir:/srv/mail"
addresses = ["Ada@Example.net", "ada@example.net"]

[triage]
drafts = "off"
vips = ["boss@example.org", "@board.example.org"]

[labels.todo]
name = "to-do"

[labels.school]
description = "From the children's school"
archive = false

[[rules]]
from = "@school.example.org"
label = "school"

[model]
name = "openai:gpt-5-mini"
daily_budget = 0.10

[schedule]
nightly = "off"
timezone = "Europe/Berlin"

[value]
seconds_per_mail = "12"
"""


def test_a_full_file_is_read() -> None:
    config = parse(FULL, FILE)
    work, home = config.accounts
    assert (work.user, work.own_addresses) == ("ada@example.org", ("ada@example.org",))
    assert (home.own_addresses, home.path) == (("ada@example.net",), Path("/srv/mail"))
    assert config.model.daily_budget == Decimal("0.10")
    assert config.rules[0].sender == "@school.example.org"
    assert config.schedule.nightly is None
    assert config.value.seconds_per_mail == 12


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load(Home(tmp_path))
    assert config == Config()
    assert (config.schedule.nightly, config.triage.drafts, config.model.name) == (time(3, 30), "skeleton", "")
    assert config.value.seconds_per_mail is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[triage]\ndraft = 'off'", "gainful.toml, line 2: 'triage.draft' is not a setting. Did you mean 'drafts'?"),
        ("[[rules]]\nlabel='a'\nfrm='b'", "line 3: 'rules[1].frm' is not a setting. Did you mean 'from'?"),
        ("[console.oidc]\nclient_secret='x'", "'console.oidc.client_secret' is not a setting. Secrets never stand in"),
        ("\n[tirage]\n", "line 2: 'tirage' is not a setting. Did you mean 'triage'?"),
        ("[model]\ndaily_budget = -1", "line 2: 'model.daily_budget' = -1 should be greater than or equal to 0."),
        ("[triage]\ndrafts = 'always'", "'triage.drafts' = 'always' should be 'off', 'skeleton' or 'model'"),
        ("[[accounts]]\nname='a'", "line 1: 'accounts[1].url' is missing. Add url = … to that block."),
        ("[[accounts]]\nname='a'\nurl='pop3://x'", "line 3: 'accounts[1].url' = 'pop3://x' must begin with one of"),
        (
            "[[accounts]]\nname='a'\nurl='mbox:/x'\n[[accounts]]\nname='b'\nurl='imap://host'",
            "line 6: 'accounts[2].url' = 'imap://host' names no user",
        ),
        ("[[accounts]]\nname='a'\nurl='imap://u@h:99999'", "has a port that is not a number"),
        ("[[accounts]]\nname='a'\nurl='maildir:'", "names no path"),
        ("[[rules]]\nlabel='a'", "line 1: 'rules[1]' needs at least one of from, to, subject, list"),
        ("[schedule]\nnightly='25:00'", "line 2: 'schedule.nightly' = '25:00' must be a time"),
        ("[schedule]\ntimezone='Mars/Olympus'", "is no time zone"),
        ("[schedule]\ntimezone='../etc/passwd'", "is no time zone"),
        ("[model]\nbase_url='ftp://x'", "must begin with http:// or https://"),
        ("[labels.'Bad Key']\nname='x'", "'labels.Bad Key' is no usable key"),
        ("[triage]\nvips=['boss']", "line 2: 'triage.vips[1]' = 'boss' does not fit. What belongs there: People never"),
        ("[triage\n", "gainful.toml is not TOML"),
        (
            "[[accounts]]\nname='a'\nurl='mbox:/x'\n[[accounts]]\nname='a'\nurl='mbox:/y'",
            "two accounts are named 'a'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse(text, FILE)
    assert said in str(caught.value)
    assert caught.value.next_move


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse("[[accounts]]\nname='a'\nurl='imaps://me:hunter2@mail.example.org'", FILE)
    assert "must not hold a password" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SourceInvalid) as source:
        Config().account("imaps://me:hunter2@mail.example.org")
    assert "hunter2" not in str(source.value)


def test_a_source_is_found_by_name_by_url_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = parse('[[accounts]]\nname = "home"\nurl = "maildir:~/Mail"', FILE)
    assert config.account("home").name == "home"
    assert config.account("maildir:~/Mail").name == "home"
    assert config.account(f"maildir:{tmp_path}/Mail").name == "home"
    assert config.account("maildir:/elsewhere").name == "unnamed"
    with pytest.raises(SourceInvalid, match=r"'hmoe' is no mailbox.*\(home\)"):
        config.account("hmoe")


def test_appending_keeps_what_the_person_wrote(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    account = Account(name="a", url='maildir:/tmp/od"d\\path', addresses=("me@example.org",), display_name="Ada Ä")
    append(home, render_account(account))
    home.config.write_text("# mine\n" + home.config.read_text(encoding="utf-8") + "# last", encoding="utf-8")
    config = append(home, render_model(Model(name="ollama:small", base_url="http://127.0.0.1:11434/v1")))
    text = home.config.read_text(encoding="utf-8")
    assert text.startswith("# mine\n")
    assert "# last\n" in text
    assert config == load(home)
    assert config.accounts == (account,)
    assert config.model.base_url == "http://127.0.0.1:11434/v1"
    assert home.path.stat().st_mode & 0o077 == 0


def test_a_block_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    account = render_account(Account(name="a", url="mbox:/x"))
    append(home, account)
    before = home.config.read_bytes()
    with pytest.raises(ConfigInvalid, match="two accounts"):
        append(home, account)
    assert home.config.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["gainful.toml"]


def test_the_home_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.of({"GAINFUL_HOME": "~/books"}).path == tmp_path / "books"
    assert Home.of({}).path == tmp_path / ".gainful"
    assert Home.of({}).database.name == "gainful.sqlite"


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "gainful.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigInvalid, match="not UTF-8"):
        load(Home(tmp_path))
    (tmp_path / "gainful.toml").unlink()
    (tmp_path / "gainful.toml").mkdir()
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load(Home(tmp_path))
