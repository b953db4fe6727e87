"""The month before: mail that Mira has dealt with already, and what she said about it."""

from __future__ import annotations

from demo.letter import Letter
from demo.machines import AUTO, bulk
from demo.people import JONAS, PRIYA

_GUST = "The Weekly Gust <editor@gust.example.com>"
_PIGEON = "Parcel Pigeon <noreply@pigeon.example.net>"
_BUILD = "Build Bot <build@ci.example.org>"
_MONITOR = "Monitor <alerts@monitor.example.org>"
_SPOOL = "Spool & Thread <hello@spool.example.com>"

_KINDS = (
    (
        "newsletter",
        _GUST,
        bulk("The Weekly Gust", "gust.example.com"),
        (
            ("Issue 210: The string edition", "Everything you never asked about string."),
            ("Issue 209: Wind, a buyer's guide", "It is free, and yet people pay for it. Read on."),
            ("Issue 208: Our readers' worst trees", "Forty letters, one oak."),
            ("Issue 207: Knots", "There are three. We have ranked them."),
        ),
    ),
    (
        "receipt",
        _PIGEON,
        AUTO,
        (
            ("Your parcel was delivered", "Order 77098 was delivered today and left with: nobody in particular."),
            ("Your parcel is on its way", "Order 77098 left our coop this morning."),
            ("Your parcel was delivered", "Order 77071 was delivered today and left on: the roof."),
            ("Your parcel is on its way", "Order 77071 is flying towards you."),
        ),
    ),
    (
        "todo",
        _BUILD,
        AUTO,
        (
            ("[shop] Build #1829 failed on main", "Step 'tests' failed: 2 of 508."),
            ("[shop] Build #1822 failed on main", "Step 'lint' failed: a comma too many."),
            ("[shop] Build #1815 failed on main", "Step 'tests' failed: 1 of 507."),
        ),
    ),
    (
        "update",
        _MONITOR,
        AUTO,
        (
            ("WARNING: disk on db-2 is 90 % full", "Host: db-2\nCheck: disk /var\nValue: 90 %"),
            ("WARNING: disk on db-1 is 92 % full", "Host: db-1\nCheck: disk /var\nValue: 92 %"),
            ("WARNING: load on web-1 is 9.1", "Host: web-1\nCheck: load\nValue: 9.1"),
        ),
    ),
    (
        "newsletter",
        _SPOOL,
        bulk("Spool offers", "spool.example.com"),
        (
            ("New in: thread that is already wound", "For people who have had enough."),
            ("24 hours: free bobbins", "While stocks roll."),
        ),
    ),
)

_ADA = "Ada Winters <ada@lofthouse.example.com>"
_BEN = "Ben Achterberg <ben@fair.example.net>"
_EDDA = "Edda Lindqvist <edda@example.org>"
_AISHA = "Aisha Rahman <aisha@example.org>"
_TOM = "Tom Okoro <tom@example.org>"
_LENA = "Lena Brandt <l.brandt@ripstop.example.de>"
_CLAIRE = "Claire Dubois <claire@ventdebout.example.fr>"
_NOOR = "Noor Haddad <noor@magazine.example.com>"
_OTTO = "Otto Vance <otto@beachclub.example.com>"

_PEOPLE = (
    ("needs_reply", JONAS, "Glue for the ferrules", "Which glue shall I order, the fast one or the strong one?"),
    (
        "needs_reply",
        _ADA,
        "A kite for my mother",
        "Can you make one in dove grey? And what would it cost with the reel?",
    ),
    ("needs_reply", _OTTO, "Beach day", "How many kites can you bring in June, and do you need power on the sand?"),
    ("needs_reply", _TOM, "Price of the Sparrow", "Do we stay below 40, or may I go to 45? Please let me know today."),
    (
        "needs_reply",
        _EDDA,
        "Returns",
        "A customer wants her money back after nine weeks. What do you want me to tell her?",
    ),
    (
        "needs_reply",
        _LENA,
        "Farbe Charge 2209",
        "Ist Rot 4 für Sie in Ordnung, oder sollen wir auf Rot 3 warten? Geben Sie bitte Bescheid.",
    ),
    (
        "needs_reply",
        _CLAIRE,
        "Vos cerfs-volants",
        "Pouvez-vous me dire quand la commande 84 part ? Faut-il garder les sacs ?",
    ),
    (
        "needs_reply",
        _NOOR,
        "One more question",
        "When did you build your first kite, and where is it now? I would love to quote you.",
    ),
    (
        "needs_reply",
        PRIYA,
        "Colour of the tails",
        "People ask for longer tails. Could you tell me whether we will offer them?",
    ),
    ("needs_reply", _BEN, "Stand 14", "Would you take the corner stand instead? I would need your answer this week."),
    ("needs_reply", JONAS, "Carbon or bamboo", "Which of the two do you want for the prototype? Both are here."),
    (
        "needs_reply",
        _AISHA,
        "Supplier in Ghent",
        "Are you happy with them? What shall I write back about the discount?",
    ),
    (
        "needs_reply",
        "Ravi Menon <ravi@school.example.com>",
        "Kites in class",
        "Do you sell sets for thirty? What do you recommend for ten-year-olds?",
    ),
    (
        "needs_reply",
        "Iris Falk <iris@museum.example.com>",
        "A loan",
        "Might we borrow the 1998 box kite for a year? How would you like it to be insured?",
    ),
    ("todo", _AISHA, "Invoice 771", "Please approve invoice 771 by Wednesday, the printer is waiting."),
    ("todo", _AISHA, "Travel costs", "Please send me your receipts for Leeds before the month ends."),
    ("todo", _EDDA, "Keys", "Please return the spare key to the office by Friday."),
    ("todo", JONAS, "Drawing 12", "Please sign drawing 12 so that I can cut tomorrow."),
    ("todo", _TOM, "Insurance", "The form for the hall has to be filled in by Monday. Please do it and file a copy."),
    ("todo", _BEN, "Exhibitor pass", "Please upload a photo for your pass before Thursday."),
    ("todo", _EDDA, "Wind meter", "The wind meter has to be calibrated this month. Please book it."),
    (
        "todo",
        "Town Hall <permits@town.example.com>",
        "Permit for the pier",
        "Please complete form K2 and return it by 5 December.",
    ),
    (
        "todo",
        _AISHA,
        "Two signatures",
        "The lease needs your signature on pages 3 and 9. Please bring it back tomorrow.",
    ),
    ("todo", PRIYA, "Help page", "Please check the text on knots and correct the second picture."),
    (
        "todo",
        _LENA,
        "Lieferschein 2190",
        "Bitte unterschreiben Sie den Lieferschein und schicken Sie ihn bis Freitag zurück.",
    ),
    ("todo", _TOM, "Prices online", "Please update the prices in the shop before the weekend."),
    ("meeting", _TOM, "Monday round", "Can we meet on Monday at 10 in the loft? Half an hour is enough."),
    ("meeting", _BEN, "Walk through the hall", "Shall we meet on Tuesday at 3 at the south door?"),
    ("meeting", PRIYA, "Coffee", "Coffee on Thursday at eleven?"),
    ("meeting", _OTTO, "A call about June", "I have time for a call on Wednesday between 2 and 4. Does that suit you?"),
    ("meeting", JONAS, "Test flight", "Let us meet at the dunes on Saturday morning, nine o'clock, if the wind holds."),
    ("meeting", _NOOR, "Visit", "May I come by on Friday afternoon, around four, with a photographer?"),
    (
        "meeting",
        _AISHA,
        "Year end",
        "I would like an hour with you on the 12th for the year-end figures. Morning or afternoon?",
    ),
    ("meeting", _EDDA, "Breakfast moved", "Friday's breakfast moves to 8:30, same table."),
    (
        "fyi",
        PRIYA,
        "What customers said this week",
        "58 tickets, all closed. Praise: it flies. Complaint: the neighbours.",
    ),
    ("fyi", PRIYA, "What customers said this week", "49 tickets, 48 closed. The other one is about a seagull."),
    ("fyi", JONAS, "Workshop", "The new saw is here and works. I put the old one into the cellar."),
    ("fyi", _EDDA, "Out on Tuesday", "I am at the dentist on Tuesday morning; Tom has the phone."),
    ("fyi", _TOM, "Good news", "The beach club has paid. All of it."),
    ("fyi", _AISHA, "For your information", "The bank has changed its opening hours. Nothing changes for us."),
    ("fyi", _BEN, "Hall plan", "The plan of the hall is final; you are where you were."),
    ("fyi", _EDDA, "Parking", "The yard is closed until Thursday, we park behind the mill."),
    ("fyi", JONAS, "Wind", "It blew at nine on the roof last night and everything held. I wrote it all down."),
    ("fyi", _TOM, "Thanks", "Thank you for yesterday, the visitors loved it."),
    ("fyi", _ADA, "It flew!", "My mother flew it all afternoon. She says hello."),
    ("fyi", _LENA, "Charge 2201", "Die Ware ist heute angekommen, alles in Ordnung. Vielen Dank."),
    ("fyi", _CLAIRE, "Bien reçu", "Le colis est arrivé ce matin, tout va bien. Merci encore."),
    (
        "junk",
        "Prize Office <claim@prizes.example>",
        "You have won",
        "Claim your prize now, only today, with one small fee.",
    ),
    (
        "junk",
        "Web Growth <max@growth.example>",
        "Your ranking",
        "We can bring your site to page one, guaranteed. Just send me your number.",
    ),
    (
        "junk",
        "Parcel Desk <help@parcels.example>",
        "Your parcel is on hold",
        "Pay 2.49 now at http://parcels.example/pay or it goes back.",
    ),
    (
        "newsletter",
        "Rope World <sales@rope.example.com>",
        "Our new colours",
        "Our new colours are here. Discover the whole range in our shop.",
    ),
    (
        "newsletter",
        "Fairs and More <info@fairs.example.com>",
        "Spring dates",
        "All fairs of the spring at a glance. Book early and save.",
    ),
)


def _letters() -> tuple[tuple[Letter, str], ...]:
    found: list[tuple[Letter, str]] = []
    age = 168.0
    for label, sender, headers, mails in _KINDS:
        for subject, text in mails:
            age += 7.5
            key = f"lastmonth-{len(found)}"
            found.append((Letter(key, age, sender, subject, text, headers=headers, seen=True), label))
    for label, sender, subject, text in _PEOPLE:
        age += 5.5
        key = f"lastmonth-{len(found)}"
        found.append((Letter(key, age, sender, subject, text, seen=True), label))
    return tuple(found)


JUDGED = _letters()
"""Each mail with the label that Mira says is right."""
