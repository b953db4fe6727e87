"""What may stand under `triggers` in an agent's file, and what is said about what may not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from gainful.agents.waking.trigger import (
    KINDS,
    CronTrigger,
    FileTrigger,
    HandTrigger,
    MailTrigger,
    MentionTrigger,
    RunTrigger,
    WebhookTrigger,
    kind_of,
    triggers_from,
)
from gainful.agents.waking.trigger_problems import TriggerInvalid


def read(text: str) -> Any:
    return triggers_from(yaml.safe_load(text))


def test_each_kind_is_read() -> None:
    found = read(
        """
        - on: cron
          at: 0 9 * * 1-5
          zone: Europe/Berlin
          missed: skip
        - {on: mention, rooms: [help, dev]}
        - {on: direct, pattern: "stand-up*"}
        - {on: reaction, reaction: ticket}
        - {on: command, command: /handbook}
        - {on: message, pattern: [deploy*failed, rollback], rooms: ops, chat: slack}
        - {on: mail, from: "@example.org", subject: invoice, label: receipt, account: work}
        - {on: webhook, signed: github, secret: forge, event: issues}
        - {on: file, path: handbook/policies, pattern: "*.md", new: true, wake: always}
        - {on: run, agent: triage, state: [failed, stopped]}
        - {on: meeting, calendar: work, minutes: 30}
        - {on: hand, name: by hand}
        """
    )
    assert [trigger.on for trigger in found] == [kind_of(kind) for kind in KINDS]
    assert found[0] == CronTrigger(
        on="cron", name="cron 0 9 * * 1-5", at="0 9 * * 1-5", zone="Europe/Berlin", missed="skip"
    )
    assert found[6].sender == ("@example.org",)
    assert found[9].state == ("failed", "stopped")


def test_a_trigger_without_a_name_is_called_after_what_it_looks_for() -> None:
    found = read(
        """
        - on: mention
        - {on: mention, rooms: help}
        - {on: cron, at: "*/5  *  * * *"}
        - {on: webhook}
        - {on: file, path: handbook}
        - {on: mail, from: ada@example.org, label: invoice}
        - {on: reaction, reaction: ticket, name: make a ticket}
        """
    )
    assert [trigger.title for trigger in found] == [
        "mention",
        "mention help",
        "cron */5 * * * *",
        "webhook",
        "file handbook/*",
        "mail ada@example.org, invoice",
        "make a ticket",
        "hand",
    ]
    assert all(trigger.name == trigger.title for trigger in found)


def test_every_agent_can_be_started_by_hand_and_once() -> None:
    assert read("[]") == (HandTrigger(on="hand", name="hand"),)
    assert read("- on: hand") == (HandTrigger(on="hand", name="hand"),)


def test_what_is_compared_by_default() -> None:
    found = read("- {on: cron, at: 0 9 * * *}\n- {on: file, path: handbook}\n- on: mention\n- {on: run, agent: triage}")
    assert [trigger.wake for trigger in found] == ["changed", "changed", "always", "always", "always"]


def test_yaml_may_take_on_for_true_and_a_date_for_a_date() -> None:
    item: dict[Any, Any] = {True: "mention", "pattern": "2026"}
    assert triggers_from([item])[0] == MentionTrigger(on="mention", name="mention 2026", pattern=("2026",))
    assert read("- {on: mention, name: 2026-01-01}")[0].title == "2026-01-01"


def test_triggers_are_values() -> None:
    assert MailTrigger.model_validate({"on": "mail", "from": ("a@example.org",)}).detail() == "a@example.org"
    with pytest.raises(ValueError, match="frozen"):
        RunTrigger(on="run", agent=("triage",)).agent = ()  # type: ignore[misc]
    assert FileTrigger(on="file", path="a").pattern == ("*",)
    assert WebhookTrigger(on="webhook").title == "webhook"


@pytest.mark.parametrize(
    ("text", "what", "move"),
    [
        ("- on: mentoin", "Trigger 1: 'mentoin' is no kind of trigger.", "Did you mean 'mention'?"),
        ("- on: [1]", "Trigger 1: '[1]' is no kind of trigger.", "Known here: cron, mention, "),
        ("- rooms: help", "Trigger 1 does not say on what.", "Add on: with one of cron, mention, "),
        ("- on: mention\n- {on: cron, att: 0 9 * * *}", "Trigger 2 (cron) has no key 'att'.", "Did you mean 'at'?"),
        (
            "- {on: mail, sender: ada}",
            "Trigger 1 (mail) has no key 'sender'.",
            "Known here: on, name, wake, account, from",
        ),
        ("- on: cron", "Trigger 1 (cron) needs 'at'.", "Add at: to it."),
        ("- {on: cron, at: 0 25 * * *}", "its hour cannot be used", "Correct 'at' there."),
        ("- {on: cron, at: 9 o'clock}", "it has 2 fields, not five", "Correct 'at' there."),
        ("- {on: cron, at: 0 9 * * *, zone: Berlin}", "'Berlin' is no time zone", "Correct 'zone' there."),
        ("- {on: cron, at: 0 9 * * *, missed: later}", "must be 'skip', 'once' or 'all'", "Correct 'missed' there."),
        ("- {on: cron, at: 9}", "'at' is 9, and must be a text; put it in quotes.", "Correct 'at' there."),
        ("- on: mail", "It would be woken by every mail.", "Correct the trigger."),
        ("- on: message", "Trigger 1 (message) needs 'pattern'.", "Add pattern: to it."),
        ("- {on: message, pattern: ''}", "must not be empty", "Correct 'pattern' there."),
        ("- {on: mention, rooms: 3}", "'rooms' is 3, and must be a text or a list of texts.", "Correct 'rooms' there."),
        ("- {on: mention, rooms: [3]}", "must be a text", "Correct 'rooms' there."),
        ("- {on: reaction, reaction: []}", "must name one at least", "Correct 'reaction' there."),
        ("- {on: mention, wake: maybe}", "must be 'always' or 'changed'", "Correct 'wake' there."),
        ('- {on: mention, name: "a\\u200bb"}', "characters that cannot be seen", "Correct 'name' there."),
        ("- {on: webhook, secret: 'a:b'}", "may hold letters, digits", "Correct 'secret' there."),
        ("- {on: webhook, name: a/b}", "The name stands in an address", "Correct the trigger."),
        ("- {on: webhook, event: push}", "Only GitHub says which event it is.", "Correct the trigger."),
        ("- {on: file, path: a, new: 1}", "must be true or false", "Correct 'new' there."),
        ("- {on: run, agent: a, state: finished}", "must be 'done', 'failed' or 'stopped'", "Correct 'state' there."),
        ("- on: direct\n- on: direct", "Two triggers are called 'direct'.", "Give one of them a name of its own"),
        ("- {on: direct, name: Hand}\n- on: hand", "Two triggers are called 'hand'.", "Give one of them a name"),
        ("- mention", "Trigger 1 is no list of keys.", "Write it like this: - on: mention."),
        ("on: mention", "'triggers' is no list.", "Begin each trigger with a dash"),
    ],
)
def test_what_cannot_be_used_is_told_with_place_and_next_move(text: str, what: str, move: str) -> None:
    with pytest.raises(TriggerInvalid) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.next_move.startswith(move)


def test_hostile_files_end_in_the_same_error() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    for items in (
        [{"on": "mention", "rooms": deep}],
        [{"on": "mention"}] * 21,
        [{"on": "mention", "name": "x" * 10_000}],
    ):
        with pytest.raises(TriggerInvalid) as caught:
            triggers_from(items)
        assert len(str(caught.value)) < 400
