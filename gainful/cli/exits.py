"""How a command ends: one number for each way, so that scripts can tell them apart."""

from __future__ import annotations

from typing import Final

OK: Final = 0
UNEXPECTED: Final = 1
INVALID: Final = 2
REFUSED: Final = 3
UNAVAILABLE: Final = 4
BROKEN: Final = 5
FINDINGS: Final = 6
INTERRUPTED: Final = 130

MEANINGS: Final = {
    OK: "Done.",
    UNEXPECTED: "Something nobody foresaw; GAINFUL_DEBUG=1 shows where.",
    INVALID: "What was given cannot be used: an option, a setting, a name. Change it.",
    REFUSED: "Somebody said no: a sign-in, a policy, a budget, the plan of a deployment.",
    UNAVAILABLE: "Something outside is not there now: a server, the disk, a lock. Try again later.",
    BROKEN: "Gainful is at fault: a state that should not exist. Please report it.",
    FINDINGS: "The command ran, and found something wrong (`doctor`, `ledger verify`, `audit verify`, `slack check`, "
    "`import`), or what it ran failed (`agent run`), or was rolled back (`deploy start`).",
    INTERRUPTED: "Stopped with Ctrl-C. Nothing is half done; the next run goes on from there.",
}
"""What each exit status means; the reference is generated from this."""
