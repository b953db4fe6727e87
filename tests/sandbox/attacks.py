"""Ways out of the sandbox. Each is the body of a function that returns something true when it has worked.

`B` holds where the bait lies. `control` says what proves that the attack is one: the same text must work for an
ordinary user outside, or for root; else it tells why nobody tries it there.
"""

# ruff: noqa: E501 -- an attack that fits on a line stands on one, however long

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass

USER, ROOT = "an ordinary user", "root"
HARM = "it would harm the machine"
VARIES = "machines differ in whether they allow it at all"

_AROUND = """
import ctypes, ctypes.util, errno, fcntl, glob, json, os, platform, resource, signal, socket, stat, struct, subprocess
import sys, tempfile, time
B = json.loads(%r)
X86 = platform.machine() == "x86_64"
libc = ctypes.CDLL(None, use_errno=True)

def call(x86, arm, *arguments):
    "A system call by number; its answer, or OSError."
    libc.syscall.restype = ctypes.c_long
    numbers = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    answer = libc.syscall(ctypes.c_long(x86 if X86 else arm), *numbers)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer

def attempt():
%s

try:
    worked = attempt()
except BaseException as error:
    print("HELD", type(error).__name__, error)
else:
    print("ESCAPED" if worked else "HELD", repr(worked)[:200])
"""


@dataclass(frozen=True)
class Attack:
    """One way out."""

    name: str
    control: str
    body: str

    def text(self, facts: dict[str, object]) -> str:
        """The whole program."""
        body = textwrap.indent(textwrap.dedent(self.body).strip(), "    ")
        return _AROUND % (json.dumps(facts), body)


def _a(name: str, control: str, body: str) -> Attack:
    return Attack(name, control, body)


FILES = [
    _a("host-users", USER, 'return open("/etc/passwd").read()'),
    _a("host-passwords", ROOT, 'return open("/etc/shadow").read()'),
    _a("host-names", USER, 'return open("/etc/hosts").read()'),
    _a("home-of-root", ROOT, 'return [os.listdir("/root")]'),
    _a("homes", USER, 'return [os.listdir("/home")]'),
    _a("state-of-services", USER, 'return os.listdir("/var")'),
    _a("ssh-keys", USER, 'return open(B["home"] + "/.ssh/id_ed25519").read()'),
    _a("file-beside-the-folder", USER, 'return B["text"] in open(B["work"] + "/../secret").read()'),
    _a("link-out-of-the-folder", USER, 'return B["text"] in open(B["work"] + "/out").read()'),
    _a("folder-link-out", USER, 'return B["text"] in open(B["work"] + "/up/secret").read()'),
    _a(
        "root-of-another-process",
        USER,
        """
        for process in ("1", "self", str(os.getppid())):
            try:
                return open(f"/proc/{process}/root{B['secret']}").read()
            except OSError:
                pass
        raise OSError("none")
        """,
    ),
    _a(
        "open-files-of-the-starter",
        USER,
        """
        for process in ("self", "1"):
            for number in os.listdir(f"/proc/{process}/fd"):
                try:
                    link = os.readlink(f"/proc/{process}/fd/{number}")
                    if "memfd" in link or "pipe" in link or "/proc" in link or link == "/dev/null":
                        continue
                    if B["text"].encode() in os.pread(int(number), 100, 0):
                        return link
                except OSError:
                    pass
        """,
    ),
    _a(
        "more-open-files-than-three",
        USER,
        """
        found = []
        for number in range(3, 256):
            try:
                found.append(os.fstat(number))
            except OSError:
                pass
        return found
        """,
    ),
    _a(
        "walk-up-from-an-open-folder",
        USER,
        """
        here = os.open(B["work"], os.O_RDONLY)
        above = os.open("..", os.O_RDONLY, dir_fd=here)
        return "secret" in os.listdir(above)
        """,
    ),
    _a("environment", USER, 'return B["text"] in os.environ.values() or os.environ.get("LD_LIBRARY_PATH")'),
    _a(
        "environment-of-the-starter",
        USER,
        """
        found = b"".join(open(f, "rb").read() for f in ("/proc/1/environ", "/proc/self/environ") if os.access(f, os.R_OK))
        return B["text"].encode() in found
        """,
    ),
]

WRITES = [
    _a("core-pattern", ROOT, 'return open("/proc/sys/kernel/core_pattern", "r+b")'),
    _a(
        "any-kernel-setting",
        ROOT,
        """
        found = []
        for folder, _, names in os.walk("/proc/sys"):
            for name in names:
                try:
                    found.append(open(f"{folder}/{name}", "r+b"))
                except OSError:
                    pass
        return found
        """,
    ),
    _a("sysrq", VARIES, 'return open("/proc/sysrq-trigger", "wb")'),
    _a("kernel-tree", USER, 'return os.listdir("/sys")'),
    _a("system-programs", ROOT, 'open("/usr/gainful-escape", "w"); os.unlink("/usr/gainful-escape"); return True'),
    _a("linker-cache", ROOT, 'return open("/etc/ld.so.cache", "r+b")'),
    _a("root-folder", ROOT, 'open("/gainful-escape", "w"); os.unlink("/gainful-escape"); return True'),
    _a(
        "new-device-folder-entry",
        ROOT,
        'open("/dev/gainful-escape", "w"); os.unlink("/dev/gainful-escape"); return True',
    ),
    _a("change-a-file-of-the-folder", USER, 'return open(B["work"] + "/notes.txt", "a").write("x")'),
    _a("new-file-in-the-folder", USER, 'return open(B["work"] + "/new", "w").write("x")'),
    _a(
        "rename-in-the-folder",
        USER,
        'os.rename(B["work"] + "/notes.txt", B["work"] + "/moved"); os.rename(B["work"] + "/moved", B["work"] + "/notes.txt"); return True',
    ),
    _a("delete-from-the-folder", HARM, 'os.unlink(B["work"] + "/notes.txt"); return True'),
    _a("times-of-a-file", USER, 'os.utime(B["work"] + "/notes.txt"); return True'),
    _a("mode-of-a-file", ROOT, 'os.chmod(B["work"] + "/notes.txt", 0o600); return True'),
    _a("attributes-of-a-file", USER, 'os.setxattr(B["work"] + "/notes.txt", "user.x", b"y"); return True'),
    _a("truncate", USER, 'os.truncate(B["work"] + "/notes.txt", 3); return True'),
    _a(
        "open-again-for-writing",
        USER,
        """
        reading = os.open(B["work"] + "/notes.txt", os.O_RDONLY)
        writing = os.open(f"/proc/self/fd/{reading}", os.O_RDWR)
        return os.write(writing, b"x")
        """,
    ),
    _a(
        "second-name-for-a-file",
        USER,
        """
        name = (B["scratch"] if os.path.exists(B["scratch"]) else "/tmp") + "/second"
        os.link(B["work"] + "/notes.txt", name)
        return open(name, "a").write("x")
        """,
    ),
    _a(
        "write-by-mapping",
        USER,
        'import mmap; f = os.open(B["work"] + "/notes.txt", os.O_RDWR); mmap.mmap(f, 4)[0:1] = b"x"; return True',
    ),
    _a("shared-memory-files", USER, 'return B["text"] in open("/dev/shm/" + B["marker"]).read()'),
    _a("write-shared-memory-files", USER, 'return open("/dev/shm/" + B["marker"], "r+").write("x")'),
    _a(
        "fill-shared-memory",
        USER,
        'with open("/dev/shm/" + B["marker"] + "x", "wb") as f:\n    n = f.write(bytes(20 << 20))\n    f.flush()\n    os.unlink(f.name)\n    return n',
    ),
]

NETWORK = [
    _a("tcp-loopback", USER, 'return socket.create_connection(("127.0.0.1", B["tcp"]), 3)'),
    _a(
        "udp-loopback",
        USER,
        'return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", B["udp"]))',
    ),
    _a("abstract-socket", USER, 's = socket.socket(socket.AF_UNIX); s.connect(B["abstract"]); return True'),
    _a("docker-socket", USER, 's = socket.socket(socket.AF_UNIX); s.connect(B["docker"]); return True'),
    _a(
        "socket-in-the-folder",
        USER,
        's = socket.socket(socket.AF_UNIX); s.connect(B["work"] + "/agent.sock"); return True',
    ),
    _a(
        "datagram-to-the-folder",
        USER,
        'return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", B["work"] + "/log.sock")',
    ),
    _a(
        "one-of-a-pair-to-the-folder",
        USER,
        'a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.connect(B["work"] + "/log.sock"); return a.send(b"x")',
    ),
    _a(
        "one-of-a-raw-pair",
        USER,
        'a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW); a.connect(B["work"] + "/log.sock"); return a.send(b"x")',
    ),
    _a("names", USER, 'return socket.getaddrinfo("localhost", 80)'),
    _a("raw-socket", ROOT, "return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"),
    _a("kernel-messages-socket", USER, "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)"),
    _a("machine-socket", VARIES, "return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)"),
    _a("crypto-socket", VARIES, "return socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)"),
    _a(
        "other-interfaces",
        USER,
        'return [line for line in open("/proc/net/dev") if ":" in line and int(line.split(":")[1].split()[0])]',
    ),
]

PROCESSES = [
    _a(
        "see-other-processes",
        USER,
        'return [f for f in glob.glob("/proc/[0-9]*/cmdline") if int(f.split("/")[2]) != os.getpid() and B["marker"].encode() in open(f, "rb").read()]',
    ),
    _a("signal-another-process", USER, 'os.kill(B["victim"], 0); return True'),
    _a("kill-everything", HARM, "os.kill(-1, signal.SIGKILL); return False"),
    _a("kill-the-starter", HARM, "os.kill(os.getppid(), signal.SIGKILL); time.sleep(0.2); return False"),
    _a(
        "trace-a-child",
        USER,
        """
        child = os.fork()
        if child == 0:
            time.sleep(5); os._exit(0)
        try:
            return call(101, 117, 16, child, 0, 0) == 0
        finally:
            os.kill(child, signal.SIGKILL)
        """,
    ),
    _a("trace-the-starter", HARM, "return call(101, 117, 16, 1, 0, 0) == 0"),
    _a("write-into-the-starter", HARM, 'return open("/proc/1/mem", "r+b")'),
    _a(
        "read-memory-of-a-child",
        USER,
        """
        buffer = ctypes.create_string_buffer(B["text"].encode())
        into = ctypes.create_string_buffer(10)
        child = os.fork()
        if child == 0:
            time.sleep(5); os._exit(0)
        class Part(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
        here, there = Part(ctypes.addressof(into), 5), Part(ctypes.addressof(buffer), 5)
        try:
            return call(310, 270, child, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        finally:
            os.kill(child, signal.SIGKILL)
        """,
    ),
    _a("shared-memory-by-number", USER, 'return libc.shmget(B["key"], 0, 0) >= 0'),
    _a("keyring", USER, 'return call(248, 217, b"user", b"gainful", b"x", 1, -5)'),
    _a("keyring-of-the-session", USER, "return call(250, 219, 0, -3, 1)"),
    _a(
        "program-with-anothers-rights",
        ROOT,
        'return "euid=0" in subprocess.run([B["setuid"]], capture_output=True, text=True).stdout or os.geteuid() == 0',
    ),
    _a("become-root", ROOT, "os.setresuid(0, 0, 0); return True"),
    _a("raise-the-limits", USER, "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)); return True"),
    _a(
        "raise-the-limits-of-the-starter",
        HARM,
        "resource.prlimit(1, resource.RLIMIT_NPROC, (1000, 1000)); return resource.prlimit(os.getpid(), resource.RLIMIT_NPROC)[0] > 64",
    ),
    _a("higher-priority", ROOT, "os.setpriority(os.PRIO_PROCESS, 0, -5); return True"),
]

KERNEL = [
    _a("new-user-namespace", USER, "return libc.unshare(0x10000000) == 0"),
    _a(
        "new-user-namespace-by-clone",
        USER,
        """
        child = call(56, 220, 0x10000000 | 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        return child
        """,
    ),
    _a(
        "new-user-namespace-by-clone3",
        USER,
        """
        arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
        child = call(435, 435, ctypes.byref(arguments), 88)
        if child == 0:
            os._exit(0)
        return child
        """,
    ),
    _a("another-mount-namespace", HARM, 'return libc.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0) == 0'),
    _a("mount", HARM, 'return libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0'),
    _a("mount-for-writing", HARM, 'return libc.mount(None, B["work"].encode(), None, 32 | 4096, None) == 0'),
    _a("unmount", HARM, 'return libc.umount2(b"/usr", 2) == 0 or libc.umount2(B["work"].encode(), 2) == 0'),
    _a("new-mount-calls", HARM, 'return call(430, 430, b"tmpfs", 0) or call(428, 428, -100, b"/", 1)'),
    _a("pivot-root", HARM, 'return call(155, 41, b"/tmp", b"/tmp") == 0'),
    _a("chroot", ROOT, 'os.chroot("/tmp"); return True'),
    _a(
        "open-by-handle",
        VARIES,
        'return call(303, 264, -100, B["work"].encode(), ctypes.create_string_buffer(200), ctypes.byref(ctypes.c_int()), 0) == 0',
    ),
    _a(
        "device-node",
        ROOT,
        'p = tempfile.mkdtemp() + "/disk"; os.mknod(p, 0o600 | stat.S_IFBLK, os.makedev(7, 0)); os.unlink(p); return True',
    ),
    _a(
        "devices-beyond-the-harmless",
        VARIES,
        'return set(os.listdir("/dev")) - {"null", "zero", "full", "random", "urandom", "tty", "pts", "ptmx", "shm", "fd", "stdin", "stdout", "stderr", "core", "console"}',
    ),
    _a("memory-device", VARIES, 'return open("/dev/mem", "rb")'),
    _a("bpf", VARIES, "return call(321, 280, 0, (ctypes.c_uint32 * 18)(1, 4, 4, 1), 72)"),
    _a("perf", VARIES, "a = (ctypes.c_uint32 * 32)(1, 128); return call(298, 241, a, 0, -1, -1, 0)"),
    _a("userfaultfd", VARIES, "return call(323, 282, 1)"),
    _a("io-uring", VARIES, "return call(425, 425, 1, (ctypes.c_uint32 * 30)())"),
    _a("kexec", HARM, "return call(246, 104, 0, 0, 0, 0) == 0"),
    _a("load-a-module", HARM, 'return call(175, 105, b"x", 1, b"") == 0'),
    _a("kernel-log", VARIES, "return call(103, 116, 3, ctypes.create_string_buffer(100), 100)"),
    _a("set-the-clock", HARM, "time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600); return True"),
    _a("set-the-host-name", HARM, 'socket.sethostname("escaped"); return True'),
    _a("reboot", HARM, "return call(169, 142, 0xFEE1DEAD, 672274793, 0) == 0"),
    _a("odd-personality", USER, "return call(135, 92, 0x0400000) >= 0"),
    _a(
        "a-call-newer-than-the-list",
        VARIES,
        "try:\n    call(463, 463, 0, 0, 0, 0)\nexcept OSError as error:\n    return error.errno not in (errno.ENOSYS,)",
    ),
    _a("calls-by-x32-numbers", VARIES, "return call(0x40000000 | 41, 0x40000000 | 198, socket.AF_UNIX, 1, 0) >= 0"),
    _a(
        "calls-by-32-bit-numbers",
        VARIES,
        """
        if not X86:
            return False
        import mmap
        # mov eax, 359 (socket); mov ebx, 1; mov ecx, 1; xor edx, edx; push rbx kept; int 0x80; ret
        code = b"\\x53\\xb8\\x67\\x01\\x00\\x00\\xbb\\x01\\x00\\x00\\x00\\xb9\\x01\\x00\\x00\\x00\\x31\\xd2\\xcd\\x80\\x5b\\xc3"
        page = mmap.mmap(-1, 4096, prot=7)
        page.write(code)
        made = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
        child = os.fork()
        if child == 0:
            os._exit(0 if made() >= 0 else 1)
        return os.waitpid(child, 0)[1] == 0
        """,
    ),
    _a(
        "type-into-the-terminal",
        VARIES,
        """
        for name in ("/dev/tty", "/proc/1/fd/0"):
            try:
                fcntl.ioctl(os.open(name, os.O_RDWR), 0x5412, b"x")
                return name
            except OSError:
                pass
        # Even where there is a terminal, the call itself is shut, with whatever in its upper half.
        ours = os.openpty()[1]
        for request in (0x5412, 0x541C, 0x100005412):
            if libc.ioctl(ours, ctypes.c_ulong(request), b"x") == 0 or ctypes.get_errno() != errno.EPERM:
                return request
        """,
    ),
]

AMOUNTS = [
    _a(
        "many-processes",
        USER,
        """
        children = []
        try:
            for _ in range(120):
                child = os.fork()
                if child == 0:
                    time.sleep(20); os._exit(0)
                children.append(child)
            return len(children)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
        """,
    ),
    _a("much-memory", USER, "return len(bytearray(700 * 1024 * 1024))"),
    _a(
        "memory-that-is-a-file",
        USER,
        """
        held = [os.memfd_create("x") for _ in range(3)]
        return sum(os.write(one, bytes(50 << 20)) for one in held)
        """,
    ),
    _a(
        "memory-shared-by-number",
        USER,
        """
        segment = libc.shmget(0, 300 << 20, 0o1600)
        if segment < 0:
            raise OSError(ctypes.get_errno(), "shmget")
        libc.shmctl(segment, 0, None)
        return True
        """,
    ),
    _a("locked-memory", ROOT, "return libc.mlock(ctypes.create_string_buffer(1 << 20), 1 << 20) == 0"),
    _a(
        "large-file",
        USER,
        'with open(tempfile.mkdtemp() + "/x", "wb") as f:\n    f.truncate(100 * 1024 * 1024)\n    os.unlink(f.name)\n    return True',
    ),
    _a(
        "many-large-files",
        USER,
        """
        names = []
        try:
            for number in range(5):
                handle, name = tempfile.mkstemp()
                names.append(name)
                for _ in range(16):
                    os.write(handle, bytes(1 << 20))
            return len(names)
        finally:
            for name in names:
                os.unlink(name)
        """,
    ),
    _a("many-open-files", VARIES, 'return len([os.open("/dev/null", os.O_RDONLY) for _ in range(2000)])'),
]

ATTACKS = [*FILES, *WRITES, *NETWORK, *PROCESSES, *KERNEL, *AMOUNTS]
