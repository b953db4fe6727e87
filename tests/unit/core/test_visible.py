from __future__ import annotations

import pytest

from gainful.core.visible import hidden, suspicious, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202efdp.exe", "invoice⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩fdp.exe"),
        ("pay\u200bpal", "pay⟨U+200B ZERO WIDTH SPACE⟩pal"),
        ("\x1b[2J", "⟨U+001B ESCAPE⟩[2J"),
        ("a\rb", "a⟨U+000D CARRIAGE RETURN⟩b"),
        ("a\u2028b", "a⟨U+2028 LINE SEPARATOR⟩b"),
        ("Hi\U000e0041", "Hi⟨U+E0041 TAG LATIN CAPITAL LETTER A⟩"),
        ("Hi\U000e0101", "Hi⟨U+E0101 VARIATION SELECTOR-18⟩"),
        ("x\ufe0f", "x⟨U+FE0F VARIATION SELECTOR-16⟩"),
        ("a\u2003b", "a⟨U+2003 EM SPACE⟩b"),
        ("a\u3000b", "a⟨U+3000 IDEOGRAPHIC SPACE⟩b"),
        ("ada@example.org\u00a0", "ada@example.org⟨U+00A0 NO-BREAK SPACE⟩"),
        ("\u3164", "⟨U+3164 HANGUL FILLER⟩"),
        ("\u2800", "⟨U+2800 BRAILLE PATTERN BLANK⟩"),
        ("\ue000\ud800\uffff", "⟨U+E000 PRIVATE USE⟩⟨U+D800 SURROGATE⟩⟨U+FFFF UNASSIGNED⟩"),
        ("sh\u00ady", "sh⟨U+00AD SOFT HYPHEN⟩y"),
    ],
)
def test_what_hides_is_shown_by_name(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert hidden(text)
    assert suspicious(text)


@pytest.mark.parametrize(
    "text",
    [
        "Plain text,\n\twith lines.",
        "Schöne Grüße aus München: 10 µm, 3 Ω, β-Test, 5 kΩ",
        "C’est vrai\u202f: 12\u202f000\u00a0€, «\u00a0oui\u00a0»",
        "Γειά σου Κόσμε",
        "Привет, мир",
        "שלום עולם, מה שלומך?",
        "السلام عليكم ورحمة الله",
        "می\u200cخواهم",
        "日本語のテキスト、Tシャツ\u3000ＡＢＣ株式会社でAIを使う",
        "क्षत्रिय",
        "❤️ 👨\u200d👩\u200d👧 1️⃣ 🇩🇪",
        "ada@example.org, https://münchen.example/straße?q=1",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert suspicious(text) == []


def test_line_ends_of_mail_are_lines() -> None:
    assert visible("a\r\nb") == "a\nb"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Log in at pаypal.example", "mixes Latin and Cyrillic"),
        ("Gοοgle", "mixes Latin and Greek"),
        ("аррӏе.com", "only look like Latin"),
        ("xn--80ak6aa92e.com", "stands for 'аррӏе'"),
        ("xn--99999999999.com", "encoded name"),
        ("ｐａｙｐａｌ.com", "wide letters"),
        ("example。com", "only looks like a dot"),
        ("𝐩𝐚𝐲𝐩𝐚𝐥", "read 'paypal'"),
        ("https://bank.example@evil.example/x", "leads to 'evil.example'"),
        ("e" + "\u0301" * 9, "do not show: COMBINING ACUTE ACCENT"),
    ],
)
def test_what_imitates_is_said(text: str, words: str) -> None:
    assert words in " ".join(suspicious(text))


@pytest.mark.parametrize("text", ["a" * 300_000, "a." * 150_000, "://" * 100_000, "-" * 300_000, "a@" * 150_000])
def test_a_long_hostile_text_is_read_in_one_pass(text: str) -> None:
    # A search that goes back would take hours here.
    assert visible(text) == text
    assert len(suspicious(text)) <= 1
