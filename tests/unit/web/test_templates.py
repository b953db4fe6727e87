"""What holds for every template and for the one style sheet."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

CONSOLE = resources.files("gainful.web.console")
TEMPLATES = sorted(Path(str(CONSOLE / "templates")).glob("*.html"))
GAINFUL = Path(str(resources.files("gainful")))
STYLES = re.sub(r"/\*.*?\*/", "", (CONSOLE / "static" / "console.css").read_text("utf-8"), flags=re.DOTALL)


def tables() -> list[tuple[str, str]]:
    """The tables that stand as cards on a phone, by the file that they are in."""
    found = []
    for template in TEMPLATES:
        text = template.read_text("utf-8")
        found += [(template.name, one) for one in re.findall(r'<table class="stack.*?</table>', text, re.DOTALL)]
    return found


@pytest.mark.parametrize(("file", "table"), tables())
def test_on_a_phone_each_cell_bears_the_name_of_its_column(file: str, table: str) -> None:
    head, _, body = table.partition("</thead>")
    names = ["" if "unseen" in one else one for one in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', head)]
    # A row of amounts is drawn in a loop, which names them.
    body = body.replace("{{ label }}", "Cap")
    body = re.sub(r"({% for label, amount.*?{% endfor %})", r'\1<td data-label="Spent"><td data-label="Left">', body)
    rows = re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    assert rows
    for row in rows:
        cells = re.findall(r"<t[dh](?: [^>]*)?>", row)
        labels = ["".join(re.findall(r'data-label="([^"]*)"', one)) for one in cells]
        assert labels == ["", *names[1:]], file


def test_the_style_sheet_has_no_rule_that_nothing_uses() -> None:
    used = "\n".join(
        one.read_text("utf-8") for one in (*TEMPLATES, *GAINFUL.rglob("*.py"), Path(str(CONSOLE / "static/console.js")))
    )
    selectors = re.sub(r"\{[^{}]*\}", "{}", STYLES)
    names = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))
    assert len(names) > 50
    assert [one for one in sorted(names) if not re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", used)] == []
    colours = re.findall(r"--([\w-]+):", STYLES)
    assert [one for one in colours if f"var(--{one})" not in STYLES] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_page_has_no_style_or_script_of_its_own(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_no_form_stands_in_a_paragraph(template: Path) -> None:
    """A browser ends a paragraph where a form begins, so that what comes after it falls out."""
    text = template.read_text("utf-8")
    for paragraph in re.findall(r"<p[ >].*?</p>", text, re.DOTALL):
        assert "<form" not in paragraph
        assert "parts.post(" not in paragraph
