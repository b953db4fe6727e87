"""The demo: lay a sample mailbox, triage it for real, show what to do next. Needs no key, account or service.

python demo/run.py [DIRECTORY]      a new directory under the system's temporary one, unless given
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.mailbox import lay  # noqa: E402 - the path to it is set just above

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
    """Lay mailbox and settings; the environment that leads Gainful to them."""
    mail, home = directory / "Mail", directory / "home"
    lay(mail, datetime.now(UTC))
    home.mkdir(mode=0o700)
    (home / "gainful.toml").write_text(SETTINGS.format(mail=mail), encoding="utf-8")
    return {**os.environ, "GAINFUL_HOME": str(home)}


def main() -> int:
    """Run the demo and answer the first failing command's exit status."""
    given = sys.argv[1:]
    directory = Path(given[0]).absolute() if given else Path(tempfile.mkdtemp(prefix="gainful-demo-"))
    directory.mkdir(parents=True, exist_ok=True)
    environment = prepare(directory)
    gainful = str(Path(sys.executable).parent / "gainful")
    said = f"{Path(gainful).relative_to(ROOT)}" if Path(gainful).is_relative_to(ROOT) else "gainful"
    print("\nMira makes kites. It is morning, and 41 mails came in. No key, no account, no service is used.")
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
