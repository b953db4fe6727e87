"""Mail that people wrote: colleagues, customers, suppliers, family. All of them invented."""

from __future__ import annotations

from demo.letter import OWNER, Letter

TOM = "Tom Okoro <tom@example.org>"
JONAS = "Jonas Pfeiffer <jonas@example.org>"
AISHA = "Aisha Rahman <aisha@example.org>"
PRIYA = "Priya Nair <priya@example.org>"
CLAIRE = "Claire Dubois <claire@boutique.example.com>"
LENA = "Lena Brandt <lena.brandt@segeltuch.example.com>"
EDDA = "Edda Lindqvist <edda@example.net>"

INVITE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Sample//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:{uid}@example.org
DTSTAMP:20261120T080000Z
DTSTART:20261203T090000Z
DTEND:20261203T100000Z
SUMMARY:{title}
ORGANIZER:mailto:{organizer}
ATTENDEE;RSVP=TRUE:mailto:mira@example.org
END:VEVENT
END:VCALENDAR
"""

INBOX = (
    Letter(
        "launch-date",
        1.2,
        TOM,
        "Launch date for the Albatross",
        """
Hi Mira,

the shops want a date for the Albatross and I have been smiling and changing the subject for a week now.
Can you tell me by noon whether the 14th still holds, or do we need the extra week for the carbon spars?

Tom
""",
    ),
    Letter(
        "spars-4",
        2.5,
        JONAS,
        "Re: Spar tubes crack at 12 mm",
        """
Wind tunnel says: 12 mm holds if we wrap the ends. I would order 400 wrapped ones today, they have a two week lead time.
Could you approve the order? It is 1,180 EUR more than planned.

Jonas

> On Thursday Mira Holm wrote:
> What would wrapping the ends cost us, and does it survive Priya's beach test?
""",
        answers="spars-3",
    ),
    Letter(
        "spars-2",
        50,
        JONAS,
        "Re: Spar tubes crack at 12 mm",
        """
All of batch 7, none of batch 6. I suspect the glue, the weather, or the moon, in that order.

> Is that one batch or all of them?
""",
        answers="spars-1",
        seen=True,
    ),
    Letter(
        "spars-0",
        54,
        JONAS,
        "Spar tubes crack at 12 mm",
        """
Hello Mira,

for your information: three of forty spar tubes cracked at the ferrule in the bend test this morning. Nobody was hurt,
except the feelings of the man who designed the ferrule. That was me. I will write again when I know more.

Jonas
""",
        seen=True,
    ),
    Letter(
        "budget-q1",
        5,
        AISHA,
        "Q1 budget: two numbers missing",
        """
Dear Mira,

your Q1 sheet has two empty cells: travel and tooling. Please fill them in before Wednesday, otherwise the form assumes
zero and you will be walking to the trade fair with a bread knife.

Thanks,
Aisha
""",
        attachments=("budget-q1.pdf",),
    ),
    Letter(
        "support-week",
        7,
        PRIYA,
        "What customers said this week",
        """
Hi all,

no action needed, just the summary: 61 tickets, 58 closed. Most common praise: "it flies". Most common complaint: "it
flew away". The three open ones wait for the new line reels, which ship on Monday.

Priya
""",
        to="Team <team@example.org>",
        cc=OWNER,
    ),
    Letter(
        "lunch",
        3.1,
        PRIYA,
        "Lunch tomorrow?",
        """
The new noodle place has opened and they do a discount for people with sand in their shoes. Are you free at 12:30?

P.
""",
    ),
    Letter(
        "review-meeting",
        9,
        JONAS,
        "Design review: Albatross mark II",
        "Please join the design review. I will bring the cracked ones.",
        invite=INVITE.format(uid="review-1", title="Design review: Albatross mark II", organizer="jonas@example.org"),
    ),
    Letter(
        "fair-call",
        11,
        "Ben Achterberg <ben@fair.example.com>",
        "Booth 14: a short call on Tuesday or Thursday?",
        """
Hello Ms Holm,

we still have to agree on the height of your booth, as kites seem to be involved. Would Tuesday at 10:00 or Thursday at
15:00 suit you for a call of fifteen minutes?

Kind regards,
Ben Achterberg
""",
    ),
    Letter(
        "lena-stoff",
        13,
        LENA,
        "Lieferung Ripstop, Charge 2214",
        """
Guten Tag Frau Holm,

der rote Stoff der Charge 2214 ist leider rosa geraten. Sehr schön, aber rosa. Möchten Sie ihn zum halben Preis
behalten, oder sollen wir ihn bis Freitag zurücknehmen? Bitte geben Sie mir kurz Bescheid.

Mit freundlichen Grüßen
Lena Brandt
""",
    ),
    Letter(
        "claire-commande",
        16,
        CLAIRE,
        "Commande n° 88 : deux cerfs-volants de trop",
        """
Bonjour Mira,

nous avons reçu quatorze cerfs-volants au lieu de douze. Ils sont magnifiques, mais il y en a deux de trop.
Pouvez-vous me dire comment vous les renvoyer, ou si nous pouvons les garder pour la vitrine ?

Bien à vous,
Claire
""",
    ),
    Letter(
        "school-trip",
        20,
        "Ms Farrow <office@school.example.net>",
        "Class 3b: trip to the lighthouse",
        """
Dear parents,

the trip to the lighthouse is on Friday. Please sign the form and send along rubber boots and a second pair of
everything. The lighthouse keeper has asked that nobody bring a kite this time.

Ms Farrow
""",
        to="Parents of 3b <parents-3b@school.example.net>",
        cc=OWNER,
    ),
    Letter(
        "edda-thanks",
        22,
        EDDA,
        "Thank you!",
        """
Dear Mira,

the repaired kite came back yesterday and my grandson has not been seen on the ground since. Thank you so much, also for
the extra line. No need to answer, I just wanted you to know.

Edda Lindqvist
""",
    ),
    Letter(
        "customer-refund",
        6.4,
        "Gus Petrakis <gus.p@example.net>",
        "Kite arrived as a parachute",
        """
Hello,

order 5521 was meant to be a Heron. What came is, I think, a parachute, or a very proud tent. I have a workshop with
twenty children on Saturday. Could you send the right one by then, and what should I do with the tent?

Gus Petrakis
""",
    ),
    Letter(
        "press",
        26,
        "Noor Haddad <noor@coastal.example.com>",
        "Portrait of your workshop for our spring issue",
        """
Dear Mira Holm,

I write for a small magazine about coasts and would love to spend a day in your workshop in January. Would that be
possible, and is there a day when something is likely to fly?

Noor Haddad
""",
    ),
    Letter(
        "wifi-moved",
        28,
        AISHA,
        "Printer has moved",
        """
Just so you know: the printer now lives next to the kitchen. It was lonely. Nothing to do on your side.

Aisha
""",
        to="Team <team@example.org>",
        cc=OWNER,
        seen=True,
    ),
    Letter(
        "cold-pitch",
        30,
        "Chip Sterling <chip@growth.example.com>",
        "Quick question about example.org",
        """
Hi Mira,

I was admiring your website and noticed that you are leaving revenue on the table. We help kite companies like yours
10x their pipeline. Do you have 15 minutes this week? If not, I will circle back, and then circle back again.

Chip
""",
        headers={"List-Unsubscribe": "<mailto:out@growth.example.com>", "Precedence": "bulk"},
    ),
)

SENT = (
    Letter(
        "spars-1", 52, OWNER, "Re: Spar tubes crack at 12 mm", "Is that one batch or all of them?", JONAS, "", "spars-0"
    ),
    Letter(
        "spars-3",
        30,
        OWNER,
        "Re: Spar tubes crack at 12 mm",
        "What would wrapping the ends cost us, and does it survive Priya's beach test?",
        JONAS,
        "",
        "spars-2",
    ),
    Letter("to-tom", 80, OWNER, "Albatross: where we are", "Tom, the short version: it flies. Mira", TOM),
    Letter("to-priya", 75, OWNER, "Re: Reels", "Thanks Priya, ship them on Monday please.", PRIYA),
    Letter("to-aisha", 100, OWNER, "Re: Q4 numbers", "Here they are, in cells this time. Mira", AISHA),
    Letter("to-edda", 170, OWNER, "Your kite", "Dear Edda, it goes back to you today with a spare line. Mira", EDDA),
    Letter("to-claire", 240, OWNER, "Commande n° 88", "Bonjour Claire, elle part demain. Mira", CLAIRE),
    Letter("to-lena", 260, OWNER, "Ripstop", "Guten Tag Frau Brandt, bitte 200 m in Rot. Mira Holm", LENA),
)
