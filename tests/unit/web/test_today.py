"""Today: the night's run can be undone from there, however much else has run since."""

from __future__ import annotations

from pathlib import Path

from gainful.app import Gainful
from gainful.app.trial.morning_mail import MorningMail
from gainful.core.clock import system_clock
from gainful.storage.settings.config import Home
from tests.unit.web import handbook
from tests.unit.web.console_site import console_of


def test_runs_of_agents_do_not_push_the_nights_run_off_the_page(tmp_path: Path) -> None:
    home, mail = Home(tmp_path / "home"), MorningMail(tmp_path / "Mail")
    handbook.lay(home, tmp_path / "notes", mail.settings)
    mail.lay(system_clock())
    mail.triage(home)
    with Gainful.open(home) as app:
        handbook.enable(app)
        for number in range(6):
            handbook.answered(app, name=f"o{number}")
        with console_of(app) as site:
            page = site.browser().get("/").body
    assert page.count("Undo this run") == 1
