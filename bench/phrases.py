"""The wording of the simulated mailbox: grammars by what a mail wants and in which language.

`[a|b]` chooses, `<slot>` fills in. Written apart from `tools/prior_seeds.py`: no sentence is shared.
Some lines are hard on purpose: questions that ask nothing, requests without a question, meetings that are over.
"""

from __future__ import annotations

SHARES = {
    "needs_reply": 11,
    "todo": 7,
    "meeting": 8,
    "fyi": 12,
    "list talk": 5,
    "update": 17,
    "machine todo": 4,
    "receipt": 9,
    "newsletter": 20,
    "junk": 7,
}
"""Mails of a hundred, by kind."""
NEIGHBOURS = {
    "needs_reply": ("todo", "meeting", "fyi"),
    "todo": ("needs_reply", "fyi"),
    "meeting": ("needs_reply", "fyi"),
    "fyi": ("needs_reply", "update", "todo"),
    "update": ("fyi", "newsletter"),
    "newsletter": ("junk", "update"),
    "receipt": ("update",),
    "junk": ("newsletter",),
}
"""What a label is mistaken for: in slips, and where the truth does not show in the words."""

SLOTS = {
    "project": "Larch|Tern|Basalt|the Odense line|Quarry|the intranet move|Meridian|the spring catalogue|Saltmarsh"
    "|the pump retrofit|Kestrel|the warehouse scanner|phase two|the pilot in Ghent|the training portal",
    "thing": "the cost sheet|the test protocol|the drawings|the price list|the safety sheet|the draft text|the mock-up"
    "|the measurement log|the packing list|the risk table|the translation|the photos|the site plan|the stock list"
    "|the parts list|the interface notes|the audit file|the supplier scorecard|the rollout plan",
    "person": "Ines|Marek|Yusuf|Brigid|Chidi|Oksana|Tomasz|Leila|Anselm|Priya|Jonas|Wren|Farida|Callum|Noor|Edda",
    "firm": "Halvorsen|Petit & Fils|Orbis|Delft Metals|Cormorant|Nagy Logistics|Bluefern|Okafor Design|Ridge & Co",
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|tomorrow|the 14th|next Tuesday|the day after tomorrow|the 22nd",
    "soon": "today|before lunch|this week|by close of business|by <day>|as soon as you can|in the next few days",
    "time": "9:15|10|11:30|2 pm|half past three|16:00|13:45|quarter to ten|4:30",
    "num": "3|7|12|18|24|40|65|120|250",
    "amount": "410|1,280|72.50|9,900|18.20|336|54.95|2,150",
    "place": "room Fjord|the canteen|the Ghent office|my desk|the usual link|the yard|hall 3|the small room upstairs",
    "topic": "the delivery dates|the warranty case|the new layout|the staffing gap|the return rate|the tender"
    "|the noise problem|the licence question|the customs papers|the failed batch|next year's rates|the handover",
}

PERSON = {
    "en": {
        "needs_reply": """
[Any idea|Do you happen to know|Can you remember] [who signed off <thing>|why <project> slipped|when <firm> pays]?
[Is|Was] <thing> [final|the current one|meant for <firm>], or [is there a newer one|should I wait]?
<person> wants to know whether we can deliver <num> units <soon>. What [shall I|do I|should I] tell [them|<person>]?
[Did you ever hear back|Have you heard anything] from <firm> about <topic>?
Which [of the two options|variant|supplier] would you [go for|pick|choose] for <project>?
I'm [torn|unsure] about <topic>. [Your take?|Thoughts?|What's your gut feeling?]
[Can|Could|Would] you [drop me a line|give me a yes or no|get back to me] on <topic> [<soon>|when it suits you]?
Before I [order|commit|sign], [are you ok with|do you agree with|any objections to] <num> pieces at <amount>?
[Still|I am still] waiting for your word on <topic>. <firm> is [getting nervous|pressing me].
[Without your answer|Until I hear from you] I can't [move on|close] <project>.
How [far along are|close are|is it going with] <project>? <person> [keeps asking|asked me twice].
[Would|Will] <amount> be [acceptable|within budget|alright] for <thing>?
Can you [shoot over|pass me|dig out] <thing>? I [need|want] it for [the call with <firm>|<project>].
[Hi again, any|Any] news on <topic>?
Do we [have|still have] <num> of those in stock, and what [do|would] they [cost|go for]?
[Please tell me|Tell me] [how you want|what you want] to [handle|do about] <topic>.
[Who|Whom] should I [send|give] <thing> to at <firm>?
[I need to know|It would help to know] if <firm> is [allowed|supposed] to see <thing>.
Am I right that <project> [starts|ends] on <day>?
We'd like to [buy|order] <num> [units|sets] from you. What would be your [price|lead time]?
Our [boss|buyer] asks for a [discount|better term]. Is there [room|any chance]?
The quote doesn't mention [transport|taxes|spare parts]. [Included or not|Is that included]?
[Not sure I got|I did not understand] your last point on <topic> - can you explain?
""",
        "todo": """
[Please|Pls] [upload|put|place] <thing> [in the share|on the drive|into the folder] <soon>.
<thing> [has to|must] go out to <firm> <soon> - [over to you|yours to do|that one is yours].
[You're up|Your turn]: [finish|complete|close out] <thing> for <project> <soon>.
[Kindly|Please] [correct|fix|redo] the [totals|dates|headings] in <thing>; <person> [found mistakes|spotted errors].
[Could you|Can you] [book|reserve] the [van|test bench|train tickets] for <day>? [No need to confirm.|]
[As agreed|Like we said], you [take care of|sort out|handle] <topic> [<soon>|from here].
[Reminder|Gentle nudge]: <thing> is [still open|not done yet|missing] [on your side|from you].
[Sign|Initial] <thing> and [leave it with <person>|drop it at the desk] <soon>, please.
[Make sure|See to it] that <firm> gets <thing> <soon>.
[Have a look at|Go through|Proofread] <thing> and [mark|note] what [is off|you would change].
The [auditor|landlord|insurer] wants <thing> <soon>; [please get it ready|can you prepare it].
[Cancel|Stop] the order with <firm>, please, [we went elsewhere|plans changed].
[Add|Enter] your [hours|mileage|figures] for <project> <soon>, [the list closes then|payroll waits].
[When you are back|Once you have a minute], [swap|replace] <thing> with the [new|attached] one.
<firm> [complained|rang] about <topic>. Take it on, will you.
[Ring|Phone] <firm> [on|by] <day> and [chase|settle] <topic>.
[Don't let this slip|Important]: [release|approve] the <amount> for <firm> <soon>.
I [put|left] <thing> on your desk for [checking|signature].
""",
        "meeting": """
[Got|Have] [half an hour|20 minutes|a slot] on <day> [around <time>|at <time>] for <topic>?
[Let's|We should] [sit down|get together|huddle] on <day>, [say <time>|<time> works for me], [in <place>|at <place>].
[Does|Would] <day> at <time> [work|suit you|fit] for <project>?
[Pushing|Moving] our <day> [slot|sync] to <time>, [same place|<place>].
[Can't make|I'll miss] <day>. [Could we|Can we] [shift|do] <time> on <day> instead?
[Bringing|I'd bring] <person> along on <day>, [ok|fine with you]? We meet at <place>, <time>.
<firm> [is visiting|comes by] on <day> at <time>. [Please join|Be there|Can you join us] in <place>.
[Video|Phone] with <firm>: <day>, <time>. [Dial-in below.|I'll send the link.|Are you in?]
[Let me know|Tell me] [when you're free|your availability] [next week|on <day>] to [go over|walk through] <topic>.
[The steering round|Our weekly|The review of <project>] [is on|takes place on] <day>, <time>, <place>.
[How about|What about] a [quick chat|short call] on <topic>, <day> <time>?
<person> proposes <day> [or|, alternatively] <day> for the [visit|walkthrough]. Which one [is better|do you prefer]?
[Agenda|Topics] for <day>: <topic>, <topic>, [and any other business|then lunch].
[Sorry, I have to|Unfortunately I must] call off <day>'s [round|session]. [New date follows.|Another time?]
[Confirmed|All set]: <day>, <time>, <place>. See you [there|then].
""",
        "fyi": """
<firm> [accepted|signed] [this morning|yesterday]. [Great stuff.|Drinks on me.|Finally.]
[Just a heads-up|Heads-up]: <person> [is off|is on leave|is travelling] until <day>.
<thing> [is up|is online|has been filed]. [Nothing needed from you.|Enjoy.|]
[Quick recap|Summary] of [yesterday|the visit]: <topic> is [settled|parked], <project> [runs|is on track].
[Thanks|Cheers|Many thanks] for [jumping in|the quick turnaround|<thing>] - [saved my day|much appreciated].
[All good now|Sorted]. <person> [found|fixed] the [cause|bug|leak], it was [the cable|a typo|the valve].
The [meeting|call] with <firm> went [well|better than feared]; they [like|are happy with] <project>.
[No worries|No rush at all], I [found|got] <thing> [myself|from <person>].
[Would you believe it|Guess what|Can you believe it]? <firm> [paid|called] [already|by itself]!
[From|As of] <day> the [parking lot|entrance|lift] is [closed|being repaired]. [Use the back door.|]
<person> will [look after|run] <project> while I am [away|in Ghent].
[I have told|I informed] <firm> that <topic> [is closed|takes until <day>]. [Shout if you have questions.|]
[In case you missed it|For the files]: <thing>, attached. [Let me know if you have any questions.|]
[We|The team] [decided|agreed] to [keep|drop|postpone] <project>. [More on <day>.|Will keep you posted.]
[Received|Got it], [thanks|thx]. [Will read it tonight.|Looks fine.|Perfect.]
I'll [send|give] you <thing> on <day>, [promise|no need to chase me].
Numbers for <project>: <num> sold, <num> returned. [Not bad, is it?|Better than last time.]
[Passing this on|Forwarding this], [might interest you|no action].
[Happy|Glad] to [report|say] that <topic> [is behind us|has been solved].
<person> and I [spoke|met] about <topic>; [we are aligned|all clear on our side].
[Congrats|Well done] on <project>! [What a team.|The customer loved it, who would have thought?]
""",
        "junk": """
I [came across|stumbled upon] your [company|profile] and [was impressed|had an idea]. We help firms like yours [cut|halve] costs. [15 minutes this week?|Worth a chat?]
[Following up|Circling back|Bumping this] - did you [see|get] my [note|previous mail] on [lead lists|offshore talent|growth hacks]?
Our agency [builds|redesigns] websites from <amount> dollars. [Reply YES|Interested?] and I send [samples|a proposal].
[We have|I have] a verified list of <num>,000 [buyers|attendees] of the trade fair. [Want the price?|Shall I send counts?]
""",
    },
    "de": {
        "needs_reply": """
[Weißt du|Hast du eine Ahnung], [wer|wann] bei <firm> [zuständig ist|liefert]?
[Sind Sie|Bist du] mit <amount> Euro einverstanden? [<firm> wartet.|Ich muss zusagen.]
Wie [soll ich|sollen wir] mit [dem Mangel|der Verzögerung] bei <firm> umgehen?
[Gibt es|Haben Sie] schon etwas Neues zu <project>?
Welche Variante [nehmen wir|bevorzugst du] für <project>?
Ohne deine Antwort komme ich bei <project> nicht weiter.
Was meinst du zu [dem Entwurf|der Liste]?
""",
        "todo": """
[Leg|Stell] [die Liste|das Protokoll] bitte bis <day_de> in den Ordner.
[Bitte prüfen Sie|Prüf bitte] [die Summen|den Vertrag] von <firm> [bis <day_de>|heute noch].
Du musst noch [deine Zeiten eintragen|die Reise abrechnen].
Kümmerst du dich um [die Reklamation|den Rückläufer] von <firm>? [Danke!|]
[Ruf|Rufen Sie] bitte bei <firm> an und klär das mit der Lieferung.
""",
        "meeting": """
[Hast du|Haben Sie] am <day_de> um <time> Zeit für [ein Gespräch|eine kurze Runde] zu <project>?
Ich verlege [die Runde|unser Treffen] auf <day_de>, <time>.
[Treffen wir uns|Wollen wir uns] <day_de> im Werk [treffen|]? [<time> wäre gut.|]
Die Begehung mit <firm> ist am <day_de> um <time>.
""",
        "fyi": """
[Kurz vorab|Nur damit du es weißt]: <firm> hat [bezahlt|unterschrieben].
[Alles erledigt|Passt alles], [der Fehler ist behoben|die Ware ist da].
[Super, danke dir|Besten Dank] für [deinen Einsatz|die Unterlagen]!
<person> ist bis <day_de> [krank|im Urlaub].
Die Sitzung lief gut, <project> geht weiter.
""",
    },
    "fr": {
        "needs_reply": """
[As-tu|Avez-vous] des nouvelles de <firm> pour <project> ?
[Êtes-vous|Es-tu] d'accord pour <amount> euros ?
Que dois-je répondre à <firm> ?
[J'attends ton retour|J'attends votre accord] sur <project>.
""",
        "todo": """
[Pense à|Il faut] [envoyer|corriger] le tableau pour <firm> [aujourd'hui|cette semaine].
[Peux-tu mettre|Merci de mettre] le plan à jour et de le classer.
Le dossier <project> est à signer [demain|au plus vite].
""",
        "meeting": """
[Es-tu libre|Êtes-vous libre] [lundi|mardi|jeudi] à <time> pour parler de <project> ?
La visite de <firm> est fixée à [mercredi|vendredi], <time>.
On décale [le point|l'appel] à [lundi|vendredi] <time> ?
""",
        "fyi": """
C'est [réglé|signé] avec <firm>. [Bravo à tous.|]
[Bien reçu|Parfait], [merci pour tout|bonne soirée].
<person> est absent jusqu'à [lundi|jeudi].
""",
    },
    "es": {
        "needs_reply": """
[¿Sabes|¿Sabe] algo de <firm> sobre <project>?
¿Te parece bien pagar <amount> euros a <firm>?
[Dime|Dígame] qué hacemos con <project>.
""",
        "todo": """
[Hay que|Tienes que] [mandar|corregir] la lista de <firm> [hoy|esta semana].
Encárgate de la queja de <firm>, [gracias|porfa].
""",
        "meeting": """
¿Nos vemos el [lunes|miércoles] a las <time> para hablar de <project>?
La visita de <firm> será el [martes|jueves] a las <time>.
""",
        "fyi": """
[Listo|Hecho], <firm> ya [firmó|pagó].
[Mil gracias|Genial], [todo perfecto|ha quedado muy bien].
""",
    },
}
"""By language and label: what a person writes. The first language is everybody's fallback."""

FILLER = {
    "en": """
[Hope|Trust] [you're well|all is good|the weekend was nice].
It's been [a busy week|quite a day|raining since Sunday] here.
<person> [sends regards|says hello].
[As you know|You may recall], <project> [started late|is a beast].
[By the way,|Oh, and] the coffee machine [works again|is broken].
[We had|There were] some [delays|surprises] with <firm> [last week|again].
I looked at <thing> [yesterday|last night] and it [reads well|is long].
The [customer|plant manager] [was|seemed] [relaxed|a bit grumpy].
[Last time|In March] we [paid|used] <amount> for the same thing.
[Do we ever get a quiet week?|Who needs sleep, right?]
<person> and <person> [are involved|were there too].
""",
    "de": """
Hier ist [viel los|es ruhig]. Grüße auch von <person>.
Bei <firm> gab es [wieder|zuletzt] Verzug.
Ich hoffe, [es geht dir gut|das Wochenende war schön].
""",
    "fr": """
J'espère que tout va bien.
[La semaine est chargée|Il pleut] ici. <person> te salue.
""",
    "es": """
Espero que todo vaya bien.
Aquí hay [mucho lío|mucha lluvia]. Saludos de <person>.
""",
}
GREETING = {"en": "Hi <me>,|Hello <me>,|<me>,|Hey,|Dear <me>,||Morning <me>,", "de": "Hallo <me>,|Moin,|Liebe <me>,||Guten Tag,",
            "fr": "Bonjour <me>,|Salut,||Bonjour,", "es": "Hola <me>,|Buenas,||Buenos días,"}  # fmt: skip
CLOSING = {"en": "Best,|Cheers,|Thanks,|Kind regards,|Ta||Regards,|Thanks in advance,|Talk soon,|BR", "de": "Grüße|LG|Viele Grüße||MfG",
           "fr": "Cordialement|À bientôt||Bises", "es": "Saludos|Un abrazo||Gracias"}  # fmt: skip
SUBJECT = {
    "needs_reply": "<project>|<topic>|[Quick|Short] question|<firm>|Your [view|call]|<thing>|Open point|[Price|Dates] <firm>",
    "todo": "<thing>|<project>: open items|<firm>|For you|[Urgent: |]<thing>|<topic>|Next step <project>",
    "meeting": "<project> [sync|round]|<day>|[Visit|Call] <firm>|<topic>|[Time|Slot] on <day>|Catching up",
    "fyi": "<project>|<firm>|[News|Update] from <person>|<thing>|<topic>|Great!|[Done|Closed]|<day>",
    "junk": "Partnership|Quick question|[Growth|Costs] at your company|Re: our chat|Attendee list|Idea for you",
}

NEWSLETTER = """
[The <n> edition|Issue <n>]: [what moves <field>|<field> in numbers|voices from <field>] || Inside this issue: [how small shops <verb>|a visit to <place2>|five charts on <field>]. [Columns, events and a puzzle.|Plus our reading list.] [Forward to a friend|Manage preferences|Opt out here].
[Only this week|Until Sunday]: [two for one|<num> percent less|free shipping] || [Treat yourself|Upgrade your <field>] with our [autumn|bestselling] range. [Code SAVE<num> at checkout|Prices drop at midnight]. [Not for you? Opt out.|Change mail settings.]
[Members|Friends], [meet|say hello to] the [all-new|refreshed] <brand> [app|range|studio] || [Faster, lighter, kinder.|Built with your feedback.] [See how it works|Watch the film]. [Sent by <brand>, manage mails here.|]
[Seats open|Now booking]: [<field> summit|live session on <field>] || [Speakers|Guests] from <num> countries [share|discuss] what [works|comes next] in <field>. [Grab a pass|Save your spot] [today|before prices rise].
[Sunday notes|Letter no. <n>] || [Dear all|Good morning], this time on [slow mornings|old maps|repairing things]. [I spent a week in <place2>.|A reader wrote to me about <field>.] [If you enjoy it, share it.|You can leave the list any time.]
[Vacancies|New roles] in <field> [this week|near you] || <num> [openings|positions] match your [alert|profile]. [Senior|Junior] [planner|engineer|buyer] in <place2>. [Adjust your alert|Turn off mails].
[Angebote der Woche|Neues aus <field>] || [Jetzt sparen|Lesen Sie mehr]: [Werkzeug|Reisen|Bücher] bis <num> % günstiger. [Abmelden|Einstellungen ändern].
[Ofertas de <brand>|Lo nuevo en <field>] || [Hasta <num> % menos|Lee más] en [herramientas|viajes]. [Cancelar suscripción|Preferencias].
"""
UPDATE = """
[[<system>]|<system>:] [run|pipeline] <id> [succeeded|is green] || [Stage|Step] [lint|pack|ship] took <num> s. [Logs are kept for 30 days.|]
[<person>|Somebody] [reacted to|replied on|edited] "<thing>" in <system> || [See the thread|Open in <system>]. You [follow|watch] this page.
[Nightly|Weekly] [report|figures] for <project> || [Visits|Orders]: <num>. [Change to last week|Trend]: +<num> %. [This is sent automatically.|]
[<system>] [#<id>|Case <id>] [set to|moved to] [done|in progress|waiting for supplier] || [Changed by|Editor]: <person>. [No comment was left.|Comment: ok.]
[Planned|Upcoming] [work|downtime] on <system>, <day> || [Expect|There may be] short [gaps|interruptions] from <time>. [Sorry for the trouble.|]
[Back to normal|Recovered]: <system> [latency|queue] || [Lasted|Duration] <num> minutes. [Cause: a restart.|]
Your [download|archive|transcript] [is available|can be fetched] || [We keep it|Stored] for <num> days in <system>.
[Login|Sign-in] from a new [device|browser] || [It was|Near] <place2>, <time>. [If it was you, all is fine.|]
[<person> shared|<person> gave you access to] "<thing>" || [Open it in|It is in] <system>.
[<system>] [<num> new|Digest:] [comments|events] [today|since <day>] || <person>: "[ok|nice|see above]". <person>: "[merged|thanks]".
[Wartung|Hinweis] <system> || [Die Aktualisierung|Der Lauf <id>] ist [abgeschlossen|beendet].
"""
MACHINE_TODO = """
[<system>] [Your sign-off|Sign-off] [is wanted|is missing] for [request|order] <id> || [Amount|Sum]: <amount>. [Accept or decline|Decide] in <system> [<soon>|before it lapses].
TLS [cert|certificate] of <host> [runs out|ends] in <num> days || [Rotate|Replace] it [<soon>|to keep the site up].
[Card|Payment] for <brand> [was refused|did not go through] || [Enter a new card|Pay manually] [<soon>|or the plan stops].
[<person>|Somebody] [wants|asks for] your review: change <id> || <num> files. [Two approvals are needed.|] [Open|Start] the review in <system>.
[<system>] run <id> [broke|failed] on your [commit|branch] || [Step pack: exit code 1.|3 tests red.] [You are the owner of this job.|]
[Timesheet|Travel claim] <id> [was returned|is incomplete] || [Add the receipts|Fill the gaps] and hand it in again <soon>.
[Ticket|Case] <id> [is now yours|landed in your queue] || [Priority|Level] 2, [answer within|target] <num> hours.
[Policy|Rules] [2026|update]: [your acknowledgement|read and accept] <soon> || [Staff who have not accepted lose access.|You are on the open list.]
[Storage|Disk] on <host> at 9<digit> % || [Clean up|Grow the volume] [<soon>|before writes stop].
[Signature pending|Waiting for you]: <thing> || <person> sent you a document to sign.
"""
RECEIPT = """
[Thanks for shopping|Your order <id>] [at|with] <brand> || [Items|Positions]: <num>. [Sum|Total] [EUR|USD|GBP] <amount>. [We will send a note when it leaves.|]
<brand>: [your parcel|order <id>] [has left us|is with the courier] || [Arrives|Expected] on <day>. [Follow it with|Track] <id>.
[Bill|Invoice] <id> [from|of] <brand> || [Amount|We took] <amount> EUR from your [card|account]. [PDF attached.|Nothing left to pay.]
[Trip|Stay|Seat] [booked|confirmed]: <place2>, <day> || [Code|Reference] <id>. [Paid|Total]: <amount> EUR. [Have a good journey.|]
[Payment|Transfer] of <amount> EUR [arrived|went out] || [To|From]: <brand>. [Balance in the app.|]
[Your <brand> plan|<brand>] [was extended|rolled over] || [We charged|Price] USD <amount> for [a month|a year]. [Receipt no.|Receipt] <id>.
[Money back|Refund] for order <id> || <amount> GBP [are|is] on [the way|its way] to your card.
[Handed over|Left at the door]: parcel <id> || [Signed by|Taken by] <person>.
[Ihre Bestellung|Rechnung] <id> bei <brand> || Betrag <amount> EUR, [per Lastschrift|mit Karte bezahlt].
[Votre achat|Commande <id>] chez <brand> || Montant <amount> EUR, [payé par carte|livraison jeudi].
"""
JUNK = """
[FINAL NOTICE|Security alert]: [your mailbox|webmail] will be [closed|blocked] || [Sign in|Log on] [at once|within 24 h] to [keep|restore] your mails: http://<host>/login
[Dear customer|Good day] [friend|sir] || I [hold|control] [funds|gold] worth <num> million [dollars|euro] and [seek|need] an [honest|trusted] partner. [Write to my private mail.|]
[Lose weight|Sleep better|Feel younger] [in 7 days|without effort] || [Doctors hate it.|Thousands swear by it.] [Order the trial|Get yours] http://<host>/x
[Parcel|Shipment] <id> [on hold|stuck] || [Pay the fee of|Only] 1.99 [now|today] to [free|get] your [parcel|package]: http://<host>/pay
[You were chosen|Lucky draw]: [phone|voucher] <num> || [Claim|Collect] [now|before midnight] http://<host>/win
[Invest|Trade] with [our robot|AI signals] || [<num>00 % in a month|No risk, pure profit]. [Start|Join] http://<host>/t
[CEO request|Are you free]? || I am in a [session|board call] and can't talk. [Buy|Get] vouchers worth <amount> and send me the codes [quickly|right now].
[Payroll|HR]: [salary change|bonus list 2026] || [Open the file|Log on with your work account] to see [your share|the list]: http://<host>/hr
[Ihr Konto|Ihre Karte] [wurde eingeschränkt|ist gesperrt] || Melden Sie sich [sofort|heute] an: http://<host>/de
"""
LIST_TALK = """
[Re: |][how do you|best way to] [label|store|test] [old valves|batch files|paint]? || I [use|prefer] [the cheap one|a script] since [2019|last year]. [Works for me.|Your mileage may vary.] [Has anyone tried|Who has tested] the new one?
[Re: |]meet-up in <place2> || [Nice talks|Good crowd] [yesterday|last week]. Slides are [online|in the wiki]. [Who comes next time?|]
[Re: |]version <num> [released|is out] || [Fixes|It fixes] the [import|crash]. [Thanks to|Kudos to] all who [tested|helped].
[Re: |]<field> and standards || [I disagree|I agree] with <person>: [the draft|clause <num>] is [too strict|fine]. [What does the list think?|]
"""

for _name, _choices in {
    "n": "4th|17th|88|112|203|31",
    "field": "logistics|ceramics|open hardware|gardening|procurement|type design|cycling|water treatment|bread",
    "verb": "ship faster|stay small|found a niche|share tools",
    "place2": "Porto|Aarhus|Leeds|Graz|Turku|Lille|Brno",
    "brand": "Papermill|Tallow & Oak|Nordbike|Cloudbarn|Fernway|Quillbox|Railto|Pantry5|Mossgear|Stackyard",
    "system": "Forgebot|Wikihaus|Plant-Watch|DeskQ|Shipyard|Intra|Metricly",
    "host": "shop.example.net|api.example.org|files.example.com|a81.example.net|secure-login.example.com",
    "id": "48213|9917|A-2207|77120|KX-310|55108|20394",
    "digit": "1|3|5|7",
    "day_de": "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|morgen",
}.items():
    SLOTS[_name] = _choices
