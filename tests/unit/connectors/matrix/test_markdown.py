"""Markdown as HTML: what is meant is shown, and nobody's HTML comes through."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.matrix.markdown import html_of

PLAIN = {*"p br strong em del code pre ul li blockquote h1 h2 h3 h4 h5 h6".split()}  # noqa: SIM905 -- read at a glance
ALLOWED: dict[str, set[str]] = {**{tag: set() for tag in PLAIN}, "ol": {"start"}, "a": {"href"}}


class Tags(HTMLParser):
    """Every tag, with its attributes, and whether each is closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Done**, *really*.", "<p><strong>Done</strong>, <em>really</em>.</p>"),
        ("_one_ and ~~two~~", "<p><em>one</em> and <del>two</del></p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("# Title\ntext", "<h1>Title</h1><p>text</p>"),
        ("- a\n- **b**", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("3) c", '<ol start="3"><li>c</li></ol>'),
        ("> said\n> so", "<blockquote>said<br>so</blockquote>"),
        ("```py\nif a < b:\n    *x*\n```", "<pre><code>if a &lt; b:\n    *x*\n</code></pre>"),
        ("```\nnever closed", "<pre><code>never closed\n</code></pre>"),
        ("[here](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">here</a></p>'),
        ("[**b**](mailto:ada@example.org)", '<p><a href="mailto:ada@example.org"><strong>b</strong></a></p>'),
        ("a\n\n**b**", "<p>a</p><p><strong>b</strong></p>"),
    ],
)
def test_what_is_meant_is_shown(text: str, html: str) -> None:
    assert html_of(text) == html


@pytest.mark.parametrize(
    "text", ["plain", "one\ntwo\n\nthree", "a_b_c", "2*3*4", "* ", "** **", "a < b & c", "[x](javascript:alert(1))"]
)
def test_plain_text_needs_no_html(text: str) -> None:
    assert html_of(text) == ""


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "**<script>**", "`<b>`", "# <h1 onclick=x>"])
def test_the_tags_of_others_are_text(text: str) -> None:
    html = html_of(f"**x** {text}")
    assert not {"img", "script", "b"} & {tag for tag, _ in Tags(html).found}
    assert "&lt;" in html


@given(st.text(alphabet="ab *_~`[]()<>\"'&#-+>1.:/@\\\n!htps", max_size=200))
def test_whatever_is_written_is_safe_and_balanced(text: str) -> None:
    html = html_of(text)
    tags = Tags(html)
    assert tags.open == []
    for tag, attributes in tags.found:
        assert tag in ALLOWED
        assert set(attributes) <= ALLOWED[tag]
        assert (attributes.get("href") or "https://").startswith(("https://", "http://", "mailto:"))
    letters = [character for character in tags.said if character in "abhtps"]
    # Only the address of a link and the language of a block are not shown.
    assert len(letters) <= len([character for character in text if character in "abhtps"])


@pytest.mark.parametrize("piece", ["*a ", "**a ", "_a ", "`a ", "[a](", "[", "~~a ", "> ", "- ", "```\n"])
def test_openings_without_end_take_little_time(piece: str) -> None:
    assert len(html_of(piece * 8000)) < 10_000_000
