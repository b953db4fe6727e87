"""The demo: lay a sample mailbox, triage it for real, show what to do next. Needs no key, account or service.

python demo/run.py [DIRECTORY]      a new directory under the system's temporary one, unless given
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.lastmonth import JUDGED  # noqa: E402 - the path to it is set just above
from demo.letter import Letter  # noqa: E402
from demo.mailbox import INBOX, deliver, lay_folders  # noqa: E402
from gainful.app import Gainful  # noqa: E402
from gainful.storage.settings.config import Home  # noqa: E402

WEEKS = 4
"""How long Mira has taught before the demo begins."""

SETTINGS = """\
# Mira runs operations at a small maker of kites. She wrote these lines; everything else is as shipped.
[[accounts]]
name = "demo"
url = "maildir:{mail}"
addresses = ["mira@example.org"]
display_name = "Mira Holm"

[triage]
vips = ["tom@example.org"]

[labels.family]
description = "From the children's school and from relatives"

[[rules]]
from = "@school.example.net"
label = "family"
"""


def prepare(directory: Path) -> dict[str, str]:
    """Lay mailbox and settings, and live through the month before; the environment that leads Gainful to them."""
    mail, home = directory / "Mail", directory / "home"
    now = datetime.now(UTC)
    lay_folders(mail, now)
    home.mkdir(mode=0o700)
    (home / "gainful.toml").write_text(SETTINGS.format(mail=mail), encoding="utf-8")
    for week in range(WEEKS, 0, -1):
        # Every fourth letter: each week brings some of every kind.
        judged = JUDGED[week % WEEKS :: WEEKS]
        deliver(mail, [letter for letter, _ in judged], now)
        _live_through(home, now - timedelta(days=7 * week - 1), judged)
        _file_away(mail)
    deliver(mail, INBOX, now)
    return {**os.environ, "GAINFUL_HOME": str(home)}


def _live_through(home: Path, then: datetime, judged: Sequence[tuple[Letter, str]]) -> None:
    """Triage a week's mail, and correct it the way Mira did: real runs and real corrections."""
    right = {letter.message_id: label for letter, label in judged}
    with Gainful.open(Home(home), clock=lambda: then) as gainful:
        for row in gainful.triage.run("demo", apply=True).rows:
            gainful.triage.correct(row.record.id, right[row.record.message_id])


def _file_away(mail: Path) -> None:
    """Mira clears her inbox on Friday: what is still in it goes to the archive."""
    for part in ("cur", "new"):
        for file in (mail / part).iterdir():
            file.rename(mail / ".Archive" / "cur" / file.name)


def main() -> int:
    """Run the demo and answer the first failing command's exit status."""
    given = sys.argv[1:]
    directory = Path(given[0]).absolute() if given else Path(tempfile.mkdtemp(prefix="gainful-demo-"))
    directory.mkdir(parents=True, exist_ok=True)
    environment = prepare(directory)
    gainful = str(Path(sys.executable).parent / "gainful")
    said = f"{Path(gainful).relative_to(ROOT)}" if Path(gainful).is_relative_to(ROOT) else "gainful"
    print(f"\nMira makes kites. In a month she told Gainful what {len(JUDGED)} of her mails were. It is morning,")
    print(f"and {len(INBOX)} new ones came in. No key, no account and no service is used.")
    print(f"Her mailbox, settings and books for this demo: {directory}")
    for arguments in (["triage", "demo", "--apply"], ["brief"]):
        print(f"\n$ gainful {' '.join(arguments)}", flush=True)
        status = subprocess.run([gainful, *arguments], env=environment, check=False).returncode
        if status:
            return status
    print("Go on in this mailbox:")
    print(f"  export GAINFUL_HOME={directory / 'home'}")
    print(f"  {said} triage demo             nothing new: nothing is done, nothing is spent")
    print(f"  {said} ledger                  the books of what you just saw")
    print(f"  {said} undo RUN                puts every mail back; RUN is the id shown above")
    print("Or in your own:")
    print(f"  {said} triage maildir:~/Mail   shows what it would do; --apply does it\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
