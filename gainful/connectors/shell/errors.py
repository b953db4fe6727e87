"""What can be wrong with a command before it runs. How it ends is a value: `Outcome`.

Refused
├── ShellOff               the person has not turned it on
└── SandboxRefusedRoot     started as root
Invalid
└── SandboxInputInvalid    a folder, command or text that cannot be used
Unavailable
└── SandboxUnavailable     bubblewrap or the kernel's part in it is missing
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused, Unavailable


class ShellOff(Refused):
    """Commands and code are not run unless the person turns it on in the settings."""

    code = "shell-off"


class SandboxRefusedRoot(Refused):
    """Nothing is run for root: a sandbox that root starts can be left."""

    code = "sandbox-refused-root"


class SandboxInputInvalid(Invalid):
    """The command, the code or the folder cannot be used."""

    code = "sandbox-input-invalid"


class SandboxUnavailable(Unavailable):
    """The sandbox cannot be built on this machine, so nothing runs."""

    code = "sandbox-unavailable"
