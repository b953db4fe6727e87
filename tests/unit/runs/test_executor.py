"""Locks that the kernel lets go of when their holder dies."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.runs import executor
from gainful.runs.executor import ExecutorLocks, account_lock, turn
from gainful.sdk.mail import MailboxBusy

PREPARE = "import sys\nfrom pathlib import Path\nfrom gainful.runs.executor import ExecutorLocks, account_lock\n"
EXECUTOR = "kept = ExecutorLocks(Path(sys.argv[1]), 'other')"
ACCOUNT = "lock = account_lock(Path(sys.argv[1]), 'work', 'imap://me', wait=False); lock.__enter__()"


@contextmanager
def holder(folder: Path, statement: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until it dies."""
    script = f"{PREPARE}{statement}\nprint('held', flush=True)\nsys.stdin.read()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait(120)
        process.stdin.close()
        process.stdout.close()


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(120)


def test_this_process_lives(tmp_path: Path) -> None:
    locks = ExecutorLocks(tmp_path / "new" / "locks", "mine")
    assert locks.alive() == {"mine"}
    locks.close()
    assert list((tmp_path / "new" / "locks").iterdir()) == []


def test_another_process_lives_until_it_is_killed(tmp_path: Path) -> None:
    locks = ExecutorLocks(tmp_path, "mine")
    with holder(tmp_path, EXECUTOR) as process:
        assert locks.alive() == {"mine", "other"}
        kill(process)
        assert locks.alive() == {"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["executor-mine"]
    locks.close()


def test_a_file_that_nobody_holds_is_of_a_dead_process(tmp_path: Path) -> None:
    (tmp_path / "executor-ghost").touch()
    locks = ExecutorLocks(tmp_path, "mine")
    assert locks.alive() == {"mine"}
    assert not (tmp_path / "executor-ghost").exists()
    locks.close()


def test_an_account_that_another_process_works_on_is_busy(tmp_path: Path) -> None:
    with holder(tmp_path, ACCOUNT) as process:
        with (
            pytest.raises(MailboxBusy) as caught,
            account_lock(tmp_path, "work", "imap://me", wait=False),
        ):
            pytest.fail("two processes hold one account")
        assert caught.value.what == "Another Gainful is at work on imap://me."
        assert caught.value.next_move
        assert caught.value.retry_after == timedelta(seconds=10)
        with account_lock(tmp_path, "home", "imap://other", wait=False):
            pass
        kill(process)
        with account_lock(tmp_path, "work", "imap://me", wait=False):
            pass


def test_waiting_for_an_account_ends_when_its_holder_dies(tmp_path: Path) -> None:
    with holder(tmp_path, ACCOUNT) as process:
        timer = threading.Timer(0.3, kill, [process])
        timer.start()
        with account_lock(tmp_path, "work", "imap://me", wait=True):
            timer.join(120)
        assert process.returncode == -signal.SIGKILL


def test_the_account_is_free_after_an_error_inside(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), account_lock(tmp_path, "work", "imap://me", wait=False):
        _ = 1 / 0
    with account_lock(tmp_path, "work", "imap://me", wait=False):
        pass


def test_two_threads_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with (
        account_lock(tmp_path, "work", "imap://me", wait=False),
        pytest.raises(MailboxBusy),
        account_lock(tmp_path, "work", "imap://me", wait=False),
    ):
        pytest.fail("one account, two holders")


def test_turns_are_taken_one_after_the_other(tmp_path: Path) -> None:
    inside: list[str] = []

    def take(name: str) -> None:
        with turn(tmp_path / "new", "wake"):
            inside.append(f"{name} in")
            time.sleep(0.02)
            inside.append(f"{name} out")

    threads = [threading.Thread(target=take, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 8
    assert all(inside[n].split()[0] == inside[n + 1].split()[0] for n in range(0, 8, 2))


def test_a_turn_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    statement = "from gainful.runs.executor import turn; kept = turn(Path(sys.argv[1]), 'wake'); kept.__enter__()"
    with holder(tmp_path, statement) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(120)
        # Still held, this would wait for ever.
        with turn(tmp_path, "wake"):
            assert process.returncode == -signal.SIGKILL


def test_a_process_is_seen_to_live_also_when_somebody_looked_while_it_took_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ExecutorLocks(tmp_path, "other")
    real = executor._open

    def looked_at(path: Path) -> int:
        handle = real(path)
        monkeypatch.setattr(executor, "_open", real)
        # The file is there, and not locked yet.
        assert other.alive() == {"other"}
        return handle

    monkeypatch.setattr(executor, "_open", looked_at)
    mine = ExecutorLocks(tmp_path, "mine")
    assert other.alive() == {"mine", "other"}
    mine.close()
    other.close()


def test_two_who_look_at_once_do_not_take_each_other_for_who_lives(tmp_path: Path) -> None:
    locks = ExecutorLocks(tmp_path, "mine")
    (tmp_path / "executor-dead").touch()
    # As `alive` of another process holds it for a moment.
    with (tmp_path / "executor-dead").open("r+") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert locks.alive() == {"mine"}
    locks.close()
