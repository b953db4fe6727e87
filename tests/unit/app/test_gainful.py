"""What can be asked for without a run having to happen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful, NothingToUndo
from gainful.core.errors import Invalid
from gainful.storage.errors import DatabaseClosed
from gainful.storage.mail.mail_store import NoSuchMail
from gainful.storage.settings.config import Home


@pytest.fixture
def gainful(tmp_path: Path) -> Iterator[Gainful]:
    (tmp_path / "Mail" / "cur").mkdir(parents=True)
    (tmp_path / "Mail" / "new").mkdir()
    (tmp_path / "Mail" / "tmp").mkdir()
    with Gainful.open(Home(tmp_path / "home")) as opened:
        yield opened


@pytest.mark.parametrize("target", ["nobody", "", "%", "_"])
def test_there_is_nothing_to_undo_under_an_unknown_id(gainful: Gainful, target: str) -> None:
    with pytest.raises(NothingToUndo) as caught:
        gainful.triage.undo(target)
    assert caught.value.code == "nothing-to-undo"
    assert caught.value.next_move == "`gainful runs` lists runs, `gainful brief` mails."


def mail(tmp_path: Path) -> str:
    raw = "From: a@example.net\nTo: me@example.org\nSubject: Hello\nMessage-ID: <1@example.net>\n\nCould you call me?\n"
    (tmp_path / "Mail" / "new" / "1.M1P1.host").write_text(raw)
    return f"maildir:{tmp_path / 'Mail'}"


def test_of_a_preview_there_is_nothing_to_undo(gainful: Gainful, tmp_path: Path) -> None:
    report = gainful.triage.run(mail(tmp_path))
    for target in (report.run_id, report.run_id[:6], report.rows[0].record.id):
        with pytest.raises(NothingToUndo, match="preview"):
            gainful.triage.undo(target)
    assert [path.name for path in (tmp_path / "Mail" / "new").iterdir()] == ["1.M1P1.host"]


@pytest.mark.parametrize("wrong", ["no-such-label", "", "needs reply?"])
def test_a_correction_needs_a_label_that_exists_and_leaves_no_trace_otherwise(
    gainful: Gainful, tmp_path: Path, wrong: str
) -> None:
    mail_id = gainful.triage.run(mail(tmp_path)).rows[0].record.id
    with pytest.raises(Invalid) as caught:
        gainful.triage.correct(mail_id, wrong)
    assert "newsletter" in caught.value.next_move
    assert gainful.truths.about([mail_id]) == {}


def test_a_correction_needs_a_mail_that_exists(gainful: Gainful) -> None:
    with pytest.raises(NoSuchMail):
        gainful.triage.correct("zzzz", "todo")


def test_the_brief_of_an_empty_day_is_empty(gainful: Gainful) -> None:
    brief = gainful.triage.brief()
    assert (brief.came, brief.needs_you, brief.runs, dict(brief.put_away)) == (0, (), (), {})
    assert brief.until - brief.since >= timedelta(days=1)
    assert not brief.cost


def test_it_can_be_closed_twice_and_opened_again(gainful: Gainful, tmp_path: Path) -> None:
    run = gainful.triage.run(mail(tmp_path)).run_id
    gainful.close()
    gainful.close()
    with Gainful.open(gainful.home) as again:
        assert [found.id for found in again.triage.brief().runs] == [run]
        assert len(again.triage.run(mail(tmp_path)).rows) == 1


def test_a_thread_that_outlives_it_gets_no_engine_and_makes_nothing_again(gainful: Gainful) -> None:
    gainful.jobs.engine()
    gainful.close()
    shutil.rmtree(gainful.home.path)
    with pytest.raises(DatabaseClosed):
        gainful.jobs.engine()
    assert not gainful.home.path.exists()


def test_what_a_run_uses_goes_when_nobody_can_write_down_any_more_that_it_failed(
    gainful: Gainful, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def closing() -> None:
        with pytest.raises(DatabaseClosed):
            gainful.runs.last("", "")
        found.append("refused")

    for used in (gainful.chats, gainful.models, gainful.toolbox):
        monkeypatch.setattr(used, "close", closing)
    gainful.close()
    assert found == ["refused"] * 3
