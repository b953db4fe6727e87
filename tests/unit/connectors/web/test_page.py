"""What a page says, whatever it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.web.page import MOST_LINKS, decoded, read_html, read_text
from gainful.sdk.markup import MAX_CHARACTERS

URL = "https://example.org/docs/page.html"


def test_a_page_is_its_title_its_lines_and_its_links() -> None:
    page = read_html(
        "<html><head><title> The  title </title></head><body><h1>One</h1><p>Two <b>three</b><br>four</p>"
        "<ul><li>a</li><li>b</li></ul><table><tr><td>x</td><td>y</td></tr></table>"
        "<a href='../other'>Other <i>page</i></a><a href='../other#part'>again</a>"
        "<a href='https://example.net/?q=1'>far</a></body></html>",
        URL,
    )
    assert page.title == "The title"
    assert page.text == "One\nTwo three\nfour\na\nb\nx y\nOther pageagainfar"
    assert page.links == [
        {"text": "Other page", "url": "https://example.org/other"},
        {"text": "far", "url": "https://example.net/?q=1"},
    ]
    assert not page.cut


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>evil()</script>",
        "<style>p{}evil</style>",
        "<noscript>evil</noscript>",
        "<template>evil</template>",
        "<iframe srcdoc='evil'>evil</iframe>",
        "<object data=x>evil</object>",
        "<svg><text>evil</text></svg>",
        "<math>evil</math>",
        "<p hidden>evil</p>",
        "<!-- evil -->",
        "<svg><script>evil</script><svg><math><script>evil</script></math></svg></svg>",
        "<div hidden><p hidden>evil</p><script>evil</script></div>",
    ],
)
def test_what_is_run_or_hidden_is_not_said(hidden: str) -> None:
    page = read_html(f"<body>before {hidden}<p>after</p></body>" * 20, URL)
    assert "evil" not in page.text
    assert page.text.count("after") == 20


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:eve@example.org",
        "http://[broken",
        "#part",
        "https://example.org/" + "x" * 3000,
        "http://exa\u202emple.org/",
    ],
)
def test_links_lead_to_the_web_or_are_none(target: str) -> None:
    found = read_html(f"<a href='{target}'>x</a>", URL).links
    assert found == ([{"text": "x", "url": URL}] if target == "#part" else [])


def test_there_is_a_measure_of_links_and_of_the_whole() -> None:
    assert len(read_html("".join(f"<a href='/{n}'>x</a>" for n in range(MOST_LINKS * 2)), URL).links) == MOST_LINKS
    assert read_html("<div>" * 5000 + "deep", URL).cut
    assert read_html("x" * (MAX_CHARACTERS + 1), URL).cut


def test_nothing_reaches_a_terminal() -> None:
    page = read_html("<title>a\x1b[2Jb</title><p>c\x1b]0;x\x07d\x9b31m &#27;[0m</p>\ue000", URL)
    assert not {"\x1b", "\x07", "\x9b", "\ue000"} & set(page.title + page.text)
    assert read_text("a\x1b[2J\r\nb\x00\x9bc\td\n").text == "a [2J\nb  c\td\n"


@given(st.binary(max_size=400))
def test_whatever_a_page_is_it_is_read(body: bytes) -> None:
    page = read_html(decoded(body, "text/html"), URL)
    assert "\x1b" not in page.text


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Größe".encode(), "text/plain", "Größe"),
        ("Größe".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Größe"),
        (b"\x93x\x94", "text/plain; charset=us-ascii", "“x”"),
        ("日本".encode("shift_jis"), 'text/html; charset="Shift_JIS"', "日本"),
        (b"<meta charset=koi8-r>" + "да".encode("koi8-r"), "text/html", "<meta charset=koi8-r>да"),
        # The header goes before what the page says, and a mark at the beginning before both.
        (b"<meta charset=koi8-r>" + "ü".encode(), "text/html; charset=utf-8", "<meta charset=koi8-r>ü"),
        (b"\xef\xbb\xbf" + "ü".encode(), "text/html; charset=koi8-r", "ü"),
        (b"\xff\xfe" + "ü".encode("utf-16-le"), "text/html", "ü"),
        (b"\xfe\xff" + "ü".encode("utf-16-be"), "text/html", "ü"),
        # A charset that is a lie, or none that the web knows.
        (b"\xff\xfe\xfdabc"[2:], "text/html; charset=utf-8", "\ufffdabc"),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"\\u003c", "text/html; charset=unicode_escape", "\\u003c"),
        (b"abc", "text/html; charset=rot13", "abc"),
        (b"abc", "text/html; charset=hex", "abc"),
        (b"abc", "text/html; charset=../../etc", "abc"),
    ],
)
def test_bytes_are_text_in_the_charset_that_they_claim_if_it_is_one(body: bytes, content_type: str, text: str) -> None:
    assert decoded(body, content_type) == text


def test_a_text_does_not_name_its_own_charset() -> None:
    assert decoded(b"charset=koi8-r " + "ü".encode(), "text/plain", html=False) == "charset=koi8-r ü"


def test_a_charset_that_takes_hours_is_none() -> None:
    # Each letter of punycode is put into all that came before.
    assert decoded(b"a" * 4_000_000, "text/html; charset=punycode") == "a" * 4_000_000
