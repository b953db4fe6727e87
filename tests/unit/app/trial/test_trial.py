"""A home to try agents in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app.trial import Trial
from gainful.connectors.slack.fake import FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


def test_the_sample_agent_is_awake_and_needs_no_key(slack: FakeSlack, tmp_path: Path) -> None:
    trial = Trial(tmp_path, slack)
    trial.lay()
    with trial.open() as app:
        state = app.agents.state("handbook")
        assert (state.state, state.problem, state.changed) == ("enabled", "", False)
        assert app.agents.validate("handbook").notes == ()
        assert app.chats.connections.chat("slack").me().name == "gainful"
        assert app.guards.person == "ada"


def test_what_somebody_has_changed_stays_and_waits_for_their_word(slack: FakeSlack, tmp_path: Path) -> None:
    trial = Trial(tmp_path, slack)
    trial.lay()
    agent, page = tmp_path / "home" / "agents" / "handbook" / "AGENT.md", tmp_path / "handbook" / "leave.md"
    agent.write_text(agent.read_text(encoding="utf-8") + "Be brief.\n", encoding="utf-8")
    page.write_text("None.", encoding="utf-8")
    trial.home.config.write_text(
        trial.home.config.read_text(encoding="utf-8").replace("[files]", "[schedule]\ntimezone = 'UTC'\n\n[files]"),
        encoding="utf-8",
    )
    trial.lay()
    with trial.open() as app:
        assert app.agents.state("handbook").changed
        assert app.config.schedule.timezone == "UTC"
        assert len(app.config.chats) == 1
    assert page.read_text(encoding="utf-8") == "None."


def test_another_start_leads_to_another_address(slack: FakeSlack, tmp_path: Path) -> None:
    Trial(tmp_path, slack).lay()
    with FakeSlack() as second:
        trial = Trial(tmp_path, second)
        trial.lay()
        with trial.open() as app:
            assert app.config.chats[0].base_url == second.url != slack.url
