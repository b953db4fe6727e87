"""Time, memory, output and what a program leaves behind: bounded, told, and gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap
import time
from pathlib import Path

import pytest

from tests.fixtures.waiting import eventually
from tests.sandbox.bait import PYTHON, Bait, as_nobody
from tests.sandbox.conftest import Run, environment

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        %s
        os.execv("/usr/bin/python3", ["python3", "-c", "import time; time.sleep(60)", "%s"])
    os._exit(0)
os.wait()
%s
"""
DETACH = "for n in (0, 1, 2): os.dup2(os.open('/dev/null', os.O_RDWR), n)"


def test_a_command_and_code_tell_how_they_ended(run: Run, bait: Bait) -> None:
    shell = run("echo out; echo err >&2; cat notes.txt | wc -c; exit 7", "shell.run")
    assert (shell["exit_code"], shell["stdout"], shell["stderr"]) == (7, "out\n26\n", "err\n")
    assert not shell["timed_out"]
    assert not shell["stdout_truncated"]
    code = run("import sys\nprint(sum(range(10)))\nsys.exit('bad')")
    assert (code["exit_code"], code["stdout"], code["stderr"]) == (1, "45\n", "bad\n")
    assert run("kill -9 $$", "shell.run")["exit_code"] == 128 + signal.SIGKILL
    assert bait.untouched()


def test_without_a_folder_there_is_only_scratch(run: Run) -> None:
    found = run("pwd; ls -A; ls -d /work; echo x > y && cat y", "shell.run", folder=None)
    assert found["stdout"] == "/tmp\nx\n"


def test_ordinary_work_goes_on_inside(run: Run) -> None:
    text = """
        import asyncio, json, multiprocessing.pool, pathlib, sqlite3, subprocess, tempfile
        print(len(multiprocessing.pool.ThreadPool(4).map(abs, range(10))))
        print(subprocess.check_output("sort | uniq -c", shell=True, input="b\\na\\nb\\n", text=True).split())
        with tempfile.TemporaryDirectory() as place:
            rows = sqlite3.connect(f"{place}/x.sqlite")
            print(rows.execute("select 40 + 2").fetchone()[0])
        async def later():
            await asyncio.sleep(0.01)
            return pathlib.Path("/work/notes.txt").read_text()
        print(asyncio.run(later()))
    """

    found = run(textwrap.dedent(text))
    assert found["stderr"] == ""
    assert found["stdout"].splitlines() == ["10", "['1', 'a', '2', 'b']", "42", "the secret of this machine"]


def test_nothing_is_left_for_the_next_run(run: Run) -> None:
    run("echo left > /tmp/left; mkdir -p /tmp/a/b", "shell.run")
    assert run("ls -A /tmp", "shell.run")["stdout"] == ""


def test_time_ends_everything(run: Run, bait: Bait) -> None:
    marker = f"{bait.marker}-slow"
    found = run(f"import time, sys\nprint('begun', flush=True)\ntime.sleep(60)\n'{marker}'", limits={"seconds": 3})
    assert found["timed_out"]
    assert (found["exit_code"], found["stdout"]) == (128 + signal.SIGKILL, "begun\n")
    # Far from the minute that it would have slept.
    assert 3 <= found["seconds"] < 40
    assert bait.gone(marker)


def test_a_program_that_will_not_end_is_ended(run: Run) -> None:
    text = """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
time.sleep(60)
"""
    assert run(text, limits={"seconds": 0.5})["timed_out"]


def test_a_busy_process_is_ended_by_its_own_time(run: Run) -> None:
    found = run("while True: pass", limits={"cpu_seconds": 1, "seconds": 30})
    assert not found["timed_out"]
    assert found["exit_code"] > 128
    assert found["cpu_seconds"] > 0.5


def test_a_daemon_does_not_outlive_its_run(run: Run, bait: Bait) -> None:
    marker = f"{bait.marker}-daemon"
    for detach in (DETACH, "pass"):
        found = run(DAEMON % (detach, marker, "print('over')"))
        assert found["stdout"] == "over\n"
        assert bait.gone(marker)


def test_a_daemon_does_not_outlive_a_timeout(run: Run, bait: Bait) -> None:
    marker = f"{bait.marker}-late"
    found = run(DAEMON % (DETACH, marker, "import time; time.sleep(60)"), limits={"seconds": 1})
    assert found["timed_out"]
    assert bait.gone(marker)


def test_a_daemon_would_outlive_it_outside(bait: Bait) -> None:
    marker = f"{bait.marker}-control"
    subprocess.run(as_nobody(PYTHON, "-c", DAEMON % (DETACH, marker, "")), check=True)
    # What runs there is seen, so what is not seen does not run.
    assert eventually(lambda: bait.running(marker))
    for pid in bait.running(marker):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.04, 0.08, 0.5])
def test_it_ends_with_whoever_started_it(copied: Path, bait: Bait, run: Run, delay: float) -> None:
    """Killed at any moment, while the walls are built and after: nothing goes on without its starter."""
    marker = f"{bait.marker}-orphan"
    code = (
        "import sys; from gainful.connectors.shell import Sandbox\n"
        "Sandbox().run(['/usr/bin/python3', '-c', sys.argv[1]])"
    )
    text = DAEMON % (DETACH, marker, "time.sleep(60)")
    with subprocess.Popen(as_nobody(PYTHON, "-c", code, text), env=environment(copied), cwd="/") as starter:
        assert eventually(lambda: any(pid != starter.pid for pid in bait.running(marker)))
        time.sleep(delay)
        starter.kill()
    assert bait.gone(marker)


def test_output_is_cut_and_the_program_goes_on(run: Run) -> None:
    found = run(
        "yes | head -c 5000000; yes | head -c 5000000 >&2; echo end >&2; exit 3", "shell.run", limits={"output": 1000}
    )
    assert (len(found["stdout"]), len(found["stderr"])) == (1000, 1000)
    assert found["stdout_truncated"]
    assert found["stderr_truncated"]
    assert found["exit_code"] == 3


def test_endless_output_ends_with_its_time(run: Run) -> None:
    found = run("cat /dev/zero", "shell.run", limits={"output": 1000, "seconds": 2})
    assert found["timed_out"]
    assert found["stdout_truncated"]


def test_many_processes_may_not_hold_much_memory_together(run: Run) -> None:
    text = """
import os, time
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(b"x") * (60 << 20)
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
    found = run(text, limits={"memory": 250 << 20})
    assert found["out_of_memory"]
    assert found["exit_code"] == 128 + signal.SIGKILL
    assert found["seconds"] < 25


def test_processes_outside_do_not_count(run: Run, bait: Bait) -> None:
    """The limit is the sandbox's own: whatever else the same user runs, there is room."""
    sleepers = [subprocess.Popen(as_nobody("sleep", "30")) for _ in range(20)]
    try:
        assert run("print('fine')", limits={"processes": 12})["stdout"] == "fine\n"
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


def test_what_it_used_is_told(run: Run) -> None:
    found = run("import time\nheld = bytearray(b'x') * (80 << 20)\ntime.sleep(0.3)")
    assert 80 << 20 <= found["max_memory"] < 300 << 20


def test_a_folder_elsewhere_is_refused(run: Run, bait: Bait) -> None:
    for folder in ("/etc", "/", str(bait.place) + "/..", "/nowhere", str(bait.work / "notes.txt"), ""):
        found = run("true", "shell.run", folder=folder or "relative")
        assert found.get("code") == "sandbox-input-invalid", (folder, found)


def test_a_folder_by_a_link_is_what_it_leads_to(run: Run, bait: Bait) -> None:
    link = bait.place / "scratch" / "link"
    link.symlink_to("/etc")
    try:
        assert run("true", "shell.run", folder=str(link)).get("code") == "sandbox-input-invalid"
    finally:
        bait.reset()


def test_what_is_too_long_is_refused(run: Run) -> None:
    assert run("x" * 200_000, "shell.run").get("code") == "sandbox-input-invalid"
    assert run("#" * 200_000)["exit_code"] == 0


def test_root_is_refused(copied: Path) -> None:
    if os.getuid() != 0:
        return
    code = (
        "from gainful.connectors.shell import Sandbox\n"
        "from gainful.core.errors import GainfulError\n"
        "try: print(Sandbox().run(['/usr/bin/true']))\n"
        "except GainfulError as error: print(error.code)"
    )
    done = subprocess.run([PYTHON, "-c", code], env=environment(copied), capture_output=True, text=True, check=True)
    assert done.stdout == "sandbox-refused-root\n"
