"""A watch asks at once after it was answered, ever less often while it fails, and never dies unheard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from gainful.core.errors import GainfulError, Unavailable
from gainful.runs.watch import Watcher
from gainful.sdk.mail import LoginRefused, MailboxUnreachable

GONE = MailboxUnreachable("Gone.", "Wait.")
NO = LoginRefused("No.", "Ask.")


class FakeEvent(threading.Event):
    """Time that passes at once; remembers each pause."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        return self.is_set()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[float], list[str]]]:
    def go(answers: list[Exception | None]) -> tuple[list[float], list[str]]:
        """The pauses and complaints of a watch whose looks end like this, and which is stopped after the last."""
        left = list(answers)
        heard: list[GainfulError] = []

        def look() -> None:
            if not left:
                watcher.stop()
                return
            answer = left.pop(0)
            if answer is not None:
                raise answer

        watcher = Watcher("work", look, heard.append)
        event = FakeEvent()
        monkeypatch.setattr(watcher, "_stopped", event)
        watcher.run()
        return event.pauses, [error.code for error in heard]

    return go


def test_while_all_is_well_it_never_pauses(watch: Callable[..., tuple[list[float], list[str]]]) -> None:
    assert watch([None] * 50) == ([], [])


def test_pauses_double_up_to_five_minutes_and_begin_anew_after_success(
    watch: Callable[..., tuple[list[float], list[str]]],
) -> None:
    pauses, _ = watch([GONE] * 10 + [None, GONE])
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 2]


def test_it_complains_once_per_kind_of_failure_in_a_row(
    watch: Callable[..., tuple[list[float], list[str]]],
) -> None:
    _, heard = watch([GONE, GONE, NO, NO, GONE, None, GONE])
    assert heard == ["mailbox-unreachable", "login-refused", "mailbox-unreachable", "mailbox-unreachable"]


def test_it_waits_as_long_as_the_server_asks(watch: Callable[..., tuple[list[float], list[str]]]) -> None:
    pauses, _ = watch([Unavailable("Later.", retry_after=timedelta(seconds=90)), GONE])
    assert pauses == [90, 4]


def test_a_fault_of_our_own_is_told_and_does_not_end_the_watch(
    watch: Callable[..., tuple[list[float], list[str]]],
) -> None:
    pauses, heard = watch([KeyError("x"), KeyError("x"), None, None])
    assert pauses == [2, 4]
    assert heard == ["broken"]


def test_what_breaks_because_everything_ends_is_not_complained_about(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[GainfulError] = []

    def look() -> None:
        watcher.stop()
        raise RuntimeError("the engine is gone")

    watcher = Watcher("work", look, heard.append)
    watcher.start()
    watcher.join(120)
    assert not watcher.is_alive()
    assert heard == []


@pytest.mark.parametrize("fails", [False, True])
def test_what_the_looks_kept_open_is_let_go_of_at_the_end(fails: bool) -> None:
    told: list[str] = []

    def look() -> None:
        told.append("look")
        watcher.stop()
        if fails:
            raise Unavailable("Gone.", "Wait.")

    watcher = Watcher("mail", look, lambda _error: None, lambda: told.append("closed"))
    watcher.run()
    assert told == ["look", "closed"]
