"""Holds a program back until its walls stand and its starter is known to live.

Bubblewrap asks the kernel to be killed when its parent dies, but a parent that dies before it has asked is never
missed. So the program waits within the walls, when all that is done: it says so, and starts only when it is answered.
If the starter died meanwhile there is no answer, and the program ends; if it dies later, the kernel ends everything.
"""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Sequence
from types import TracebackType

# bash, because it takes descriptors above nine. Both are closed again before the program begins.
_WAIT = 'echo >&"$1"; read -r -u "$2" || exit 125; eval "exec $1>&- $2<&-"; shift 2; exec "$@"'


class Gate:
    """Two pipes: one says that the walls stand, the other that the program may go."""

    def __enter__(self) -> Gate:
        self._ready, ready_inner = os.pipe()
        go_inner, self._go = os.pipe()
        self.inner = (ready_inner, go_inner)
        """The ends that the program's side inherits."""
        self._held = {self._ready, self._go, *self.inner}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._close(*self._held)

    def wrapped(self, argv: Sequence[str]) -> list[str]:
        """The program, held back."""
        return ["/bin/bash", "-c", _WAIT, "bash", *map(str, self.inner), *argv]

    def opened(self, process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Whether the walls stood within this time, and the program has begun; else the process was killed."""
        self._close(*self.inner)
        stands = bool(select.select([self._ready], [], [], seconds)[0] and os.read(self._ready, 1))
        if stands:
            os.write(self._go, b"\n")
        else:
            process.kill()
        self._close(self._ready, self._go)
        return stands

    def _close(self, *descriptors: int) -> None:
        for descriptor in self._held & {*descriptors}:
            os.close(descriptor)
            self._held.discard(descriptor)
