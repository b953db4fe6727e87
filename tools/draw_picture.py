"""Draw docs/demo.svg from a real run of the demo, at most a few mails of each group.

python tools/draw_picture.py [FILE]
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich._export_format import CONSOLE_SVG_FORMAT  # noqa: E402 - the path to demo is set just above
from rich.console import Console  # noqa: E402
from rich.terminal_theme import TerminalTheme  # noqa: E402
from rich.text import Text  # noqa: E402

from demo.run import prepare  # noqa: E402

WIDTH = 100
SHOWN = 3
"""Mails shown of each group."""

THEME = TerminalTheme(
    (24, 26, 33),
    (216, 219, 226),
    [
        (68, 71, 84),
        (255, 107, 107),
        (126, 211, 133),
        (240, 198, 116),
        (122, 166, 255),
        (205, 145, 240),
        (102, 207, 210),
        (216, 219, 226),
    ],
    [
        (120, 124, 140),
        (255, 135, 135),
        (150, 230, 157),
        (250, 214, 140),
        (150, 186, 255),
        (222, 170, 250),
        (130, 225, 228),
        (255, 255, 255),
    ],
)


def demo_output() -> str:
    """What `gainful triage demo --apply` prints on a colour terminal of `WIDTH` columns."""
    with tempfile.TemporaryDirectory(prefix="gainful-picture-") as directory:
        environment = prepare(Path(directory)) | {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
        environment.pop("NO_COLOR", None)
        gainful = Path(sys.executable).parent / "gainful"
        done = subprocess.run(
            [gainful, "triage", "demo", "--apply"], env=environment, capture_output=True, text=True, check=True
        )
    return done.stdout


def shortened(lines: list[Text]) -> list[Text]:
    """The lines with each group of mails cut after `SHOWN`, two lines a mail, saying how many are left out."""
    kept: list[Text] = []
    mails = left_out = 0
    for line in lines:
        starts_mail = re.match(r"  [0-9a-z]{10}  \S", line.plain) is not None
        if starts_mail:
            mails += 1
            left_out += mails > SHOWN
        elif not line.plain.strip() or not line.plain.startswith("     "):
            if left_out:
                kept.append(Text(f"              … and {left_out} more", style="dim"))
            mails = left_out = 0
        if mails <= SHOWN:
            kept.append(line)
    return kept


def main() -> int:
    """Write the picture."""
    target = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "demo.svg"
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ make demo", style="bold"))
    lines = [Text.from_ansi(line) for line in demo_output().splitlines()]
    for line in shortened(lines):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="crop")
    # The picture must not fetch a font from anywhere.
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("<!-- Generated with Rich https://www.textualize.io -->", "")
    template = template.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace")
    svg = console.export_svg(title="gainful", theme=THEME, code_format=template, unique_id="demo")
    target.write_text(svg, encoding="utf-8")
    print(f"{target}: {len(svg) // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
