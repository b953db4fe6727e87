"""What an escape would find outside: files, sockets, shared memory, a process; and whether they were touched."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.fixtures.waiting import eventually

SECRET = "the secret of this machine"
PYTHON = "/usr/bin/python3"

# Python's own class finds its way to the same kind of shared memory by name only; System V knows it by number.
_VICTIM = """
import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
segment = libc.shmget(int(sys.argv[2]), 4096, 0o1666)
libc.shmat.restype = ctypes.c_void_p
ctypes.memmove(libc.shmat(segment, None, 0), b"the secret of this machine", 26)
print(segment, flush=True)
time.sleep(600)
"""


# Run by root, $1 being a process in a chroot: its root becomes that of a mount namespace.
_ROOTED = """
top=$(readlink "/proc/$1/root") && shift && PATH="$PATH:/usr/sbin:/sbin"
mount --rbind "$top" "$top" && cd "$top" && pivot_root . . && umount -l . && cd / && exec "$@"
"""


def as_nobody(*command: str) -> list[str]:
    """The command line that runs this as an ordinary user; the command itself where we are one.

    In a chroot the kernel lets nobody make a user namespace, so there a root of another kind is made first.
    """
    if os.getuid() != 0:
        return list(command)
    dropped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *command]
    starter = _outside_the_chroot()
    if starter is None:
        return dropped
    enter = ["nsenter", f"--mount=/proc/{starter}/ns/mnt", "unshare", "--mount", "--propagation", "private"]
    return [*enter, "sh", "-c", _ROOTED, "sh", str(os.getpid()), *dropped]


def _outside_the_chroot() -> int | None:
    """The nearest of those who started us that has another root; None where all have ours, as far as can be seen."""
    process = os.getpid()
    while process > 1:
        try:
            if not Path(f"/proc/{process}/root").samefile("/"):
                return process
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return None
    return None


class Bait:
    """Laid once; `untouched` tells whether everything is as it was."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="gsb"))
        self.place.chmod(0o755)
        self.marker = f"gainful-bait-{os.getpid()}"
        self.work = self._files()
        self.tcp = self._socket(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.udp = self._socket(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.abstract = self._socket(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.marker}")
        self.elsewhere = self._socket(socket.AF_UNIX, socket.SOCK_STREAM, str(self.place / "docker.sock"))
        self.stream = self._socket(socket.AF_UNIX, socket.SOCK_STREAM, str(self.work / "agent.sock"))
        self.datagram = self._socket(socket.AF_UNIX, socket.SOCK_DGRAM, str(self.work / "log.sock"))
        for path in (self.place / "docker.sock", self.work / "agent.sock", self.work / "log.sock"):
            path.chmod(0o777)
        key = 0x67000000 | os.getpid()
        self.victim = subprocess.Popen(
            as_nobody(PYTHON, "-c", _VICTIM, self.marker, str(key)), stdout=subprocess.PIPE, text=True
        )
        assert self.victim.stdout is not None
        self.segment = int(self.victim.stdout.readline())
        self.facts = {
            "work": str(self.work),
            "secret": str(self.place / "secret"),
            "home": str(self.place / "home"),
            "setuid": str(self.work / "become"),
            "scratch": str(self.place / "scratch"),
            "docker": str(self.place / "docker.sock"),
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "abstract": f"\0{self.marker}",
            "victim": self.victim.pid,
            "marker": self.marker,
            "key": key,
            "text": SECRET,
        }
        self._before = self._state()

    def _files(self) -> Path:
        work = self.place / "work"
        for folder in (work, self.place / "home" / ".ssh", self.place / "scratch"):
            folder.mkdir(parents=True)
        self.shared = Path("/dev/shm") / self.marker
        for file in (self.place / "secret", self.place / "home/.ssh/id_ed25519", work / "notes.txt", self.shared):
            file.write_text(SECRET)
            file.chmod(0o666)
        for folder in (work, self.place / "scratch"):
            folder.chmod(0o777)
        (work / "out").symlink_to(self.place / "secret")
        (work / "up").symlink_to("..")
        if os.getuid() == 0:
            shutil.copy("/usr/bin/id", work / "become")
            (work / "become").chmod(0o4755)
        return work

    @staticmethod
    def _socket(family: int, kind: int, address: tuple[str, int] | str) -> socket.socket:
        made = socket.socket(family, kind)
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        made.setblocking(False)
        return made

    def untouched(self) -> bool:
        """Whether nothing outside has changed and nobody has called."""
        return self._state() == self._before and not self._called()

    def reset(self) -> None:
        """Forget what the attack outside, which is meant to succeed, has done."""
        self._called()
        for file in (self.place / "secret", self.work / "notes.txt", self.shared):
            file.write_text(SECRET)
            file.chmod(0o666)
        for folder in (self.place / "scratch", self.work):
            for path in folder.iterdir():
                if path.name not in ("notes.txt", "out", "up", "become", "agent.sock", "log.sock"):
                    path.unlink()
        self._before = self._state()

    def _called(self) -> bool:
        called = False
        for one in (self.tcp, self.abstract, self.elsewhere, self.stream):
            try:
                one.accept()[0].close()
                called = True
            except BlockingIOError:
                pass
        for one in (self.udp, self.datagram):
            try:
                one.recv(100)
                called = True
            except BlockingIOError:
                pass
        return called

    def _state(self) -> object:
        files = {
            str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.stat().st_nlink)
            for path in sorted(self.place.rglob("*"))
            if not path.is_symlink()
        }
        texts = [file.read_text() for file in (self.place / "secret", self.work / "notes.txt", self.shared)]
        pattern = Path("/proc/sys/kernel/core_pattern").read_text()
        return files, texts, self.victim.poll(), platform.node(), pattern

    def running(self, marker: str) -> list[int]:
        """Processes of this machine whose command line holds the marker."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if marker.encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    pass
        return found

    def gone(self, marker: str) -> bool:
        """Whether no such process is left, or will be in a moment: the kernel needs a few milliseconds to end them.

        It is given half of the minute for which one that nobody ends goes on by itself.
        """
        return eventually(lambda: not self.running(marker), 30)

    def take_up(self) -> None:
        """Take everything away."""
        self.victim.kill()
        self.victim.wait()
        if self.victim.stdout is not None:
            self.victim.stdout.close()
        ctypes.CDLL(None).shmctl(self.segment, 0, None)
        for one in (self.tcp, self.udp, self.abstract, self.elsewhere, self.stream, self.datagram):
            one.close()
        shutil.rmtree(self.place, ignore_errors=True)
        self.shared.unlink(missing_ok=True)
