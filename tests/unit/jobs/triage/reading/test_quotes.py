"""Own words, quotes, signatures."""

from __future__ import annotations

import pytest

from gainful.jobs.triage.reading.html import read_page
from gainful.jobs.triage.reading.quotes import split_quotes

OWN = "Yes, Tuesday works for me.\nCan you book the room?"

QUOTES = [
    "On Mon, 2 Jun 2025 at 18:02, Mara <mara@example.org> wrote:\n> Does Tuesday work?",
    "On Monday, 2 June 2025 at 18:02, Mara Lindqvist\n<mara@example.org> wrote:\n\n> Does Tuesday work?",
    "On 2 Jun 2025, Mara wrote:\n\nDoes Tuesday work?\n\nMara",
    "Am 02.06.2025 um 18:02 schrieb Mara Lindqvist:\n> Passt Dienstag?",
    "Le lun. 2 juin 2025 à 18:02, Mara <mara@example.org> a écrit :\n> Mardi ?",
    "El lun, 2 jun 2025 a las 18:02, Mara (<mara@example.org>) escribió:\n> ¿Martes?",
    "Il giorno lun 2 giu 2025 alle ore 18:02 Mara <mara@example.org> ha scritto:\n> Martedì?",
    "Op ma 2 jun. 2025 om 18:02 schreef Mara <mara@example.org>:\n> Dinsdag?",
    "-----Original Message-----\nFrom: Mara\nSent: Monday\nTo: Bo\nSubject: Tuesday\n\nDoes Tuesday work?",
    "________________________________\nFrom: Mara\nSent: Monday, June 2\nTo: Bo\nSubject: Tuesday\n\nDoes it?",
    "Von: Mara\nGesendet: Montag, 2. Juni 2025\nAn: Bo\nBetreff: Dienstag\n\nPasst das?",
    "De : Mara\nEnvoyé : lundi 2 juin 2025\nÀ : Bo\nObjet : Mardi\n\nCela convient ?",
    "*From:* Mara\n*Date:* Monday\n*Subject:* Tuesday\n\nDoes it?",
    "От: Mara\nОтправлено: понедельник\nКому: Bo\n\nВторник?",
]


@pytest.mark.parametrize("quote", QUOTES)
def test_quotes_of_many_programs_and_languages_are_cut(quote: str) -> None:
    split = split_quotes(f"{OWN}\n\n{quote}")
    assert split.own == OWN
    assert split.rest == quote


SIGNATURES = [
    "-- \nBo Ek\nExample Org\n+46 000 000",
    "Best regards,\nBo Ek",
    "Mit freundlichen Grüßen\nBo Ek\nExample GmbH",
    "Viele Grüße aus Köln\nBo",
    "Cordialement,\n\nBo Ek\nDirecteur",
    "Saludos,\nBo",
    "Sent from my iPhone",
    "Von meinem Telefon gesendet",
    "Cheers,\nBo\n\nSent from my mobile",
    "- Bo",
    "_______________________________________________\nplanning mailing list\nplanning@lists.example.org",
    "Best regards,\nBo\n\nThis e-mail and its attachments are confidential and intended solely\nfor the addressee.",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures_are_cut(signature: str) -> None:
    split = split_quotes(f"{OWN}\n\n{signature}")
    assert split.own == OWN
    assert split.rest.endswith(signature.split("\n")[-1])


KEPT = [
    "Please bring:\n- one\n- two\n\nThen call me?",
    "From: where you stand\nit looks fine.",
    "On reflection, I wrote:\nnothing.",
    "Thanks",
    "Best regards",
    "The difference -- this is no signature -- is small.",
    "Cheers, see you at nine?",
    "Date: Friday\nPlace: hall 2",
    "Best regards,\nand when can we start? I would like to know this week.",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_quote_is_kept(text: str) -> None:
    assert split_quotes(text).own == text


def test_answers_between_quotes_stay_in_order() -> None:
    text = "On 2 Jun 2025, Mara wrote:\n> Tea?\nYes.\n\n> Milk?\nNo."
    split = split_quotes(text)
    assert split.own == "Yes.\n\nNo."
    assert split.rest == "On 2 Jun 2025, Mara wrote:\n> Tea?\n> Milk?"


def test_text_that_is_all_quote_has_no_own_words() -> None:
    split = split_quotes("> one\n> two")
    assert (split.own, split.rest) == ("", "> one\n> two")


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---- Message transféré ----",
    ],
)
def test_forwarded_mail_counts_as_own(marker: str) -> None:
    text = f"For you.\n\n{marker}\nFrom: Desk\nDate: Monday\nSubject: Leak\n\nWater in hall 2."
    assert split_quotes(text).own == text


def test_subject_tells_a_forward_from_a_reply() -> None:
    text = "For you.\n\nFrom: Desk\nSent: Monday\nTo: Bo\nSubject: Leak\n\nWater in hall 2."
    assert split_quotes(text, "FW: Leak").own == text
    assert split_quotes(text, "Re: Leak").own == "For you."


@pytest.mark.parametrize(
    "source",
    [
        "<p>Yes.</p><blockquote>Tuesday?</blockquote>",
        "<div>Yes.</div><div class='gmail_quote'>On 2 Jun 2025, Mara wrote:<blockquote>Tuesday?</blockquote></div>",
        "<p>Yes.</p><div class='moz-cite-prefix'>On 2 Jun 2025 Mara wrote:</div><blockquote>Tuesday?</blockquote>",
        "<p>Yes.</p><b>From:</b> Mara<br><b>Sent:</b> Monday<br><b>To:</b> Bo<br><b>Subject:</b> Day<p>Tuesday?</p>",
    ],
)
def test_quotes_in_html_are_cut(source: str) -> None:
    split = split_quotes(read_page(source).text)
    assert split.own == "Yes."
    assert "Tuesday?" in split.rest


def test_forward_in_html_is_kept() -> None:
    source = "<p>See:</p><div class='gmail_quote'>---------- Forwarded message ---------<br>From: Desk<p>Leak</p></div>"
    assert split_quotes(read_page(source).text).own.endswith("Leak")
