"""Words that tell kinds of mail apart, in English, German, French and Spanish."""

from __future__ import annotations

import re


def _any_of(words: str) -> re.Pattern[str]:
    """A pattern that finds any of the expressions (one for each `;`) as whole words, in any case."""
    parts = [part.strip() for part in words.replace("\n", " ").split(";") if part.strip()]
    return re.compile(r"(?<![^\W_])(?:" + "|".join(parts) + r")(?![^\W_])", re.IGNORECASE)


NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no[._-]?reply|do[._-]?not[._-]?reply|automated|auto|bot|notif\w*|alerts?|mailer|daemon|postmaster"
    r"|bounces?|robot|system|monitoring|jenkins|cron|root|builds?|ci|nicht-antworten|ne-pas-repondre|noresponder)"
    r"(?:$|[._+-])",
    re.IGNORECASE,
)
"""Local parts of addresses behind which sits a machine."""

TRADE = re.compile(
    r"^(?:billing|invoices?|receipts?|orders?|payments?|accounts?|shop|shipping|shipment|delivery|tracking|tickets?"
    r"|bookings?|reservations?|rechnung|bestellung|versand|facturation|commandes?|facturas?|pedidos?)\b",
    re.IGNORECASE,
)
"""Local parts of addresses that confirm purchases."""

BULK = re.compile(
    r"^(?:news\w*|newsletters?|marketing|promo\w*|offers?|deals?|digest|weekly|daily|updates?|hello|hi|team|info"
    r"|editors?|community|events?|campaigns?|mailing|post)\b",
    re.IGNORECASE,
)
"""Local parts of addresses that write to many."""

RECEIPT = _any_of(
    r"""receipts?; invoices?; order (?:confirm\w*|number|no|\w*\d+); your order; payment (?:received|of|for); paid
    ; charged; shipped; dispatched; out for delivery; delivered; tracking (?:number|code); e-?tickets?; itinerary
    ; booking (?:confirm\w*|reference); reservation; thank you for your (?:order|purchase); subscription renewed
    ; refund\w*; statement; rechnung\w*; quittung; bestell\w+; versandt; lieferung; zahlung\w*; buchung\w*; facture
    ; reçu; commande; expédi\w+; livraison; paiement; recibo; factura; pedido; enviado; pago; reserva"""
)

DUE = _any_of(
    r"""action (?:is )?(?:required|needed); approv(?:e|al); awaiting (?:your|approval); expir(?:es?|ed|ing|y); overdue
    ; past due; fail(?:ed|ing|ure|s)?; declined; unpaid; suspend\w*; required; renew(?:al)?; deadline; must; critical
    ; please (?:review|confirm|renew|update|sign|complete); due (?:on|by|in|date|today|tomorrow); review requested
    ; requested your (?:review|approval); assigned to you; needs? your; down; incident; mahnung; läuft ab; frist
    ; genehmig\w*; bitte; fällig; échéance; expire; requise; veuillez; caduca; vence; pendiente; aprobar; por favor"""
)
"""Something has to be done, or went wrong."""

FRAUD = _any_of(
    r"""verify your; account (?:has been |is )?(?:suspended|locked|limited); unusual (?:activity|sign); winner; lottery
    ; inheritance; wire transfer; bitcoin; crypto\w*; gift cards?; million; password (?:expires|will expire); act now
    ; click (?:here|below) (?:now|immediately); viagra; casino; loan; beneficiary; urgent(?:ly)?; seo; guaranteed
    ; 100 ?% free; risk[- ]free; unclaimed; investment opportunity; mailbox (?:is )?(?:full|quota)"""
)

MACHINE_SUBJECT = re.compile(
    r"^\s*\[[^\]]{2,40}\]|#\d+|\b(?:build|deploy\w*|pipeline|job|backup|report|alert|resolved|ticket|merged"
    r"|commit\w*|sign-?in|login|scheduled|maintenance|summary|sync|export|import|status)\b",
    re.IGNORECASE,
)

MONEY = re.compile(r"(?:[€$£]|\b(?:EUR|USD|GBP|CHF)\b)\s?\d|\d[\d.,]*\s?(?:[€£]|EUR\b|USD\b|GBP\b|CHF\b)")
