"""Mail that machines sent: newsletters, receipts, alerts, notices. All of them invented."""

from __future__ import annotations

from demo.letter import OWNER, Letter


def bulk(name: str, host: str) -> dict[str, str]:
    """The headers of a list that one can leave."""
    return {
        "List-Id": f"{name} <{name.lower().replace(' ', '-')}.{host}>",
        "List-Unsubscribe": f"<https://{host}/unsubscribe?u=mira>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


AUTO = {"Auto-Submitted": "auto-generated"}

_NEWS = """<html><body style="font-family:sans-serif"><h1>The Weekly Gust</h1>
<p>This week: <b>box kites are back</b>, and nobody knows who invited them.</p>
<p>Our readers fly on average 2.4 kites. Write to us if you have met the 0.4.</p>
<p><a href="https://gust.example.com/issue/212">Read issue 212</a> &middot;
<a href="https://gust.example.com/unsubscribe">unsubscribe</a></p>
<img src="https://gust.example.com/pixel.gif" width="1" height="1"></body></html>"""

INBOX = (
    Letter(
        "gust-212",
        4,
        "The Weekly Gust <editor@gust.example.com>",
        "Issue 212: Box kites are back",
        "This week: box kites are back. Read issue 212 at https://gust.example.com/issue/212",
        html=_NEWS,
        headers=bulk("The Weekly Gust", "gust.example.com"),
    ),
    Letter(
        "gust-211",
        172,
        "The Weekly Gust <editor@gust.example.com>",
        "Issue 211: Is your tail too long?",
        "Probably. Read issue 211 at https://gust.example.com/issue/211",
        headers=bulk("The Weekly Gust", "gust.example.com"),
        seen=True,
    ),
    Letter(
        "sale",
        10,
        "Spool & Thread <hello@spool.example.com>",
        "48 hours: 30 % off everything that can be wound up",
        "Shop now. Offer ends when the thread does. Unsubscribe at any time.",
        headers=bulk("Spool offers", "spool.example.com"),
    ),
    Letter(
        "webinar",
        33,
        "Ops Weekly <events@opsweekly.example.com>",
        "You are invited: Spreadsheets and how to leave them (webinar)",
        "Join 4,000 people who also still have a spreadsheet. Save your seat. Unsubscribe below.",
        headers=bulk("Ops Weekly", "opsweekly.example.com"),
    ),
    Letter(
        "receipt-cloud",
        12,
        "Nimbus Hosting <billing@nimbus.example.net>",
        "Your receipt for November: 42.00 EUR",
        """
Thank you for your payment.

Invoice number: NB-2026-11-0042
Amount paid:    42.00 EUR
Paid with card ending in 0000

This message was sent automatically.
""",
        headers=AUTO,
        attachments=("invoice-NB-2026-11-0042.pdf",),
    ),
    Letter(
        "receipt-rail",
        40,
        "Coast Rail <tickets@rail.example.net>",
        "Booking confirmation R7XK2: Harbour to Fairground, 3 December",
        "Your booking is confirmed. Total paid 36.40 EUR. Seat 14A, facing backwards, as requested by nobody.",
        headers=AUTO,
    ),
    Letter(
        "parcel",
        8,
        "Parcel Pigeon <noreply@pigeon.example.net>",
        "Your parcel was delivered",
        "Order 77120 was delivered today at 11:02 and left with: your neighbour's dog.",
        headers=AUTO,
    ),
    Letter(
        "build-broken",
        1.9,
        "Build Bot <build@ci.example.org>",
        "[shop] Build #1841 failed on main",
        "Step 'tests' failed: 1 of 512. test_kite_has_tail: expected a tail.\nhttps://ci.example.org/shop/1841",
        headers=AUTO,
    ),
    Letter(
        "build-fixed",
        1.4,
        "Build Bot <build@ci.example.org>",
        "[shop] Build #1842 passed on main",
        "All 512 tests passed. The tail was found.\nhttps://ci.example.org/shop/1842",
        headers=AUTO,
    ),
    Letter(
        "alert-disk",
        0.7,
        "Monitor <alerts@monitor.example.org>",
        "WARNING: disk on db-2 is 91 % full",
        "Host: db-2\nCheck: disk /var\nValue: 91 %\nThreshold: 90 %\n\nThis is an automated message.",
        headers=AUTO,
    ),
    Letter(
        "alert-disk-ok",
        0.4,
        "Monitor <alerts@monitor.example.org>",
        "RESOLVED: disk on db-2 is 63 % full",
        "Host: db-2\nCheck: disk /var\nValue: 63 %\n\nThis is an automated message.",
        headers=AUTO,
    ),
    Letter(
        "pull-request",
        15,
        "Sable Code <notifications@code.example.org>",
        "[nordlicht/shop] Show wind speed next to the cart (#318)",
        "priya opened a pull request: people buy more kites when it blows. 3 files changed.",
        headers={"List-Id": "nordlicht/shop <shop.nordlicht.code.example.org>", "Precedence": "list", **AUTO},
    ),
    Letter(
        "vacation",
        18,
        "Henk de Groot <henk@paint.example.com>",
        "Automatic reply: Colours for the spring line",
        "I am out of the office until the 30th and painting a boat. In urgent cases, paint it yourself.",
        headers={"Auto-Submitted": "auto-replied", "X-Autoreply": "yes"},
    ),
    Letter(
        "password-expires",
        21,
        "IT Desk <itdesk@example.org>",
        "Your password expires in 7 days",
        "Please change your password before it expires: open the portal and choose Change password.",
        headers=AUTO,
    ),
    Letter(
        "backup",
        6,
        "Backup <backup@example.org>",
        "Backup finished: 3 machines, 0 errors",
        "All backups finished. 214 GB in 1 h 12 min. Nothing to report, which is the report.",
        headers=AUTO,
    ),
    Letter(
        "insurance",
        44,
        "Harbour Mutual <service@mutual.example.com>",
        "Please confirm your liability cover by 30 November",
        """
Dear Ms Holm,

your liability policy for flying objects ends on 30 November. To renew it, please sign the attached form and return it
to us by that date. Without your signature the cover ends, and so, legally, do the kites.

Harbour Mutual
""",
        to=OWNER,
        attachments=("renewal-form.pdf",),
    ),
)
