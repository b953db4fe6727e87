"""Seed mail for the shipped prior: short mails written for it, by label and kind of sender.

Every line is `subject | text`. They share no wording with `bench/simulation.py`, which was written apart from them,
so that the simulated mailbox cannot be won by having seen its sentences.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of sender: which labels' lines it sends and what its headers look like."""

    name: str
    label: str
    lines: str
    weight: float = 1.0


ASKING = """
question about the offer | Do you know whether the price includes installation? Let me know when you get a chance.
quick one | Could you tell me which version we are shipping? I need it for the slide.
your opinion | What do you think of the attached draft? I would value your view before I send it on.
figures for march | Can you send me the latest numbers? Thanks in advance.
contact at the supplier | Who is the right person to talk to about the late parts?
re: contract | Are you fine with clause four as it stands, or should I ask for a change?
access | Would you mind giving me access to the shared folder? I cannot open it.
re: holidays | Is it all right with you if I take the last week of July off?
photo | May I use your photo on the website? Please write back either way.
re: logo | Which of the two do you prefer, the blue or the grey one?
help needed | I am stuck with the export. How did you solve that last year?
your address | Where should I send the samples? Please give me the full address.
re: trip | Did you already book, or shall I do it for both of us?
budget | How much is left for travel? I would like to know before I promise anything.
re: candidate | Should we make her an offer? I look forward to your answer.
feedback | I'd love to hear your thoughts on the outline whenever you have a minute.
reference | Would you be willing to act as a reference for me? They might call you.
when | When do you expect the parts? The customer keeps asking me.
rückfrage | Kannst du mir sagen, ob das Angebot noch gilt? Ich brauche eine kurze Antwort.
frage | Haben Sie die Unterlagen erhalten? Bitte geben Sie mir kurz Bescheid.
re: angebot | Könnten Sie uns bitte mitteilen, welche Menge Sie benötigen?
question | Pourriez-vous me dire si le devis est encore valable ? Merci de votre réponse.
re: projet | Est-ce que tu as eu le temps de regarder ? Dis-moi ce que tu en penses.
consulta | ¿Me puedes decir cuál es el precio final? Quedo a la espera de tu respuesta.
duda | ¿Tienes los datos del cliente? Necesito saberlo antes de seguir.
our agreement | We have not heard back from you. Have you come to a decision?
your quote | Could we get a better rate if we order twice as many? Please advise.
re: samples | I cannot go on before you tell me which colour it will be.
decision | We need your decision. Yes or no?
re: hotel | Single or double room? I will book as soon as you tell me.
re: tests | Is it normal that the second test takes so long?
name | What is the name of the man from the ministry again?
delay | The client is asking when we can deliver. What may I promise?
quote | Please let us know your best price for two hundred pieces.
re: visa | Do I have to bring my passport? And how long will it take?
no reply yet | I wrote to you last week and have not had an answer yet. Is everything fine?
re: article | Would you agree to being quoted? I need your permission before print.
re: plan b | If they refuse, what then? How do you see it?
who | Who takes minutes this time? You or Paul?
offer | Awaiting your feedback on our offer.
size | Which size do you need, and how many?
re: draft | Any comments from your side?
ok? | Is this ok for you?
antwort | Bis wann kannst du mir antworten? Ich warte auf deine Freigabe.
réponse | Je reste dans l'attente de votre réponse. Quel jour vous convient pour la livraison ?
respuesta | Espero tu respuesta. ¿Cuántas unidades necesitas?
cost | Roughly how much will it be? I have to tell my boss.
did it work | Did it work in the end? Curious.
name of the plant | Have you found out what that plant is called?
re: keys | Where did you put the spare keys?
permission | Do I have your go-ahead?
not clear | I don't quite follow. What exactly do you mean by "later"?
open | You still owe me an answer about the flat.
hint | A short sign from you would help, otherwise I am stuck here.
vote | Are you for or against? Everybody else has voted.
re: ride | Shall I pick you up, or do you take the bus?
status? | What's the status on your side?
how many | How many people are coming, and is anybody vegetarian?
rate | Can you do anything about the rate? We are comparing offers.
preference | Paper or digital, what do you prefer?
"""

DOING = """
slides | Please update the third slide and put the file back in the folder before the board sees it.
expense form | You still have to hand in your expense form. Please do so by Friday.
for signature | Attached is the agreement. Please sign it and return it to legal.
invoice to approve | Please approve the attached bill so that accounting can pay it.
your part | Don't forget to write your section of the report; the deadline is on Monday.
reminder | This is a reminder to complete the safety training by the end of the month.
keys | Please bring the keys back to the front desk before you leave.
please forward | Please pass this on to your team and make sure everybody reads it.
printing | Can you print ten copies and leave them in the big room? No need to write back.
review | Please review the pull request and merge it when you are happy.
password | You need to change your password before the old one stops working.
survey for staff | Please fill in the form, it takes five minutes and closes on Thursday.
order toner | We are out of toner. Please order two boxes.
tax papers | The office needs your signed papers no later than the 15th.
check the totals | Please check the totals in the sheet and correct what is wrong.
to do for you | You agreed to call the landlord. Please take care of it this week.
unterschrift | Bitte unterschreiben Sie das Formular und schicken Sie es bis Freitag zurück.
erinnerung | Bitte denke daran, deine Stunden bis heute Abend einzutragen.
à faire | Merci de compléter le tableau avant vendredi et de le déposer dans le dossier.
rappel | N'oublie pas d'envoyer le dossier signé avant la fin de la semaine.
pendiente | Por favor, firma el documento y súbelo a la carpeta antes del viernes.
badge | Please pick up your new badge at reception and hand in the old one.
data room | Upload the missing statements to the data room before noon, please.
customer complaint | Please take over this complaint and sort it out with the customer.
travel | Book your train for the trade fair yourself, and keep the tickets.
re: website | Take the old prices off the website, please.
for you to finish | Chapter two still lacks pictures. Add them and send it to print.
to check | Look over the attached list and cross out what we no longer need.
handover | You take over the customer in Lyon from now on.
call them | Please give the plumber a call and have him come this week.
bank | Transfer the deposit to the landlord before the first.
complaint | A guest is unhappy about the room. Please deal with it today.
contract | The contract is on your table, waiting for your signature.
cleaning | It is your turn to clean out the fridge.
numbers missing | Your numbers for May are still missing in the sheet.
your task | Your task: collect the feedback and put it in one file.
deadline | The form must be handed in by noon.
return | Send the broken unit back to the factory, please.
please note | Remember to lock the gate when you leave.
hotel | Change the booking to two nights, thank you.
erledigen | Kümmere dich bitte um den Umzug und sag dem Vermieter Bescheid.
aufgabe | Die Liste muss noch korrigiert werden, bitte erledigen.
tâche | Il faut corriger le rapport et le remettre à la direction.
encargo | Hay que revisar el inventario y corregir los errores.
tyres | Have the tyres changed before the first frost.
seating plan | Draw up a seating plan and hang it by the door.
re: list | Strike Meier off the list and add Huber.
fire drill | Everybody must read and initial the fire plan this week.
re: deposit | Claim the deposit back from the hotel. You have the papers.
finish | Please wrap up the manual; the printer takes it on Monday.
chase | Chase the agency for the missing photos, will you?
stand in | Please stand in for Ola at the counter on Saturday.
test it | Try the new form and report what does not work.
scan | Scan the old plans and name the files by date.
your job | That one is on you: get three offers and compare them.
order | Order the same as last time, thanks.
"""

DOING_MACHINE = """
Action required: certificate expires in 7 days | The certificate for the shop expires soon. Renew it to avoid an outage.
Approval needed | A purchase request is awaiting your approval. Open the request to approve or reject it.
Your payment failed | We could not charge your card. Update your billing details to keep your plan.
Review requested | You were asked to review a change. Please review it within two days.
Your timesheet is overdue | Your timesheet for last week is missing. Submit it today.
Domain renewal due | Your domain will expire on the first. Renew now to keep it.
Critical: disk almost full | The volume has 2 % left. Free some space or extend it.
Task assigned to you | A task was assigned to you and is due tomorrow.
Please sign the document | A document is waiting for your signature.
Invoice past due | This bill is unpaid and past due. Please pay within five days.
Password expires | Your password will expire in three days. Change it in your account settings.
Handlung erforderlich | Ihr Zertifikat läuft ab. Bitte erneuern Sie es vor dem Stichtag.
Genehmigung ausstehend | Ein Antrag wartet auf Ihre Genehmigung.
Action requise | Votre abonnement expire bientôt. Veuillez mettre à jour vos coordonnées.
Acción requerida | Su certificado caduca pronto. Debe renovarlo.
Mandatory training | You have not completed a required course. Complete it before the due date.
Your card was declined | Please use another payment method.
Build broken on your branch | Two tests are failing since your last change.
Verify your new device | Confirm the new device in the settings within a day.
You have one pending request | A colleague asks for access. Approve or deny.
License ends soon | The license ends in ten days. Buy an extension.
Ticket 4411 assigned | You are now the owner of this ticket. Please respond within four hours.
Quota exceeded | Delete old files to be able to receive new ones.
Form returned | Your form was sent back. Correct the marked fields.
Certificate renewal failed | Automatic renewal failed. Do it by hand.
Reminder: evaluation open | Your evaluation of two colleagues is still open.
Signature request | Jo asked you to sign a file. It waits for you.
Database backup failed | The last backup failed. Check the job.
Document rejected | The reviewer rejected your document. Upload a new version.
Accept the new terms | You must accept the new terms to go on using the service.
Zahlung fehlgeschlagen | Bitte geben Sie eine andere Karte an.
Dokument unterschreiben | Ein Dokument wartet auf Ihre Unterschrift.
Documento pendiente de firma | Un documento espera su firma.
Job finished | The job ended after 3 minutes with exit code 0.
Ben mentioned a page | Ben edited "Roadmap" and left a note.
Your report is ready | The report for May can be viewed online.
Alert resolved | Response times are normal again.
New comment on task 9 | Kim: "done".
Planned maintenance | On Saturday night the system will be unavailable for an hour.
Scan completed | No threats were found.
File shared with you | Sam shared "Budget" with you.
Weekly summary | 12 tasks were closed, 4 were opened.
Delivery status: sent | The message was handed to the next server.
Anmeldung erkannt | Es gab eine neue Anmeldung in Ihrem Konto.
Mise à jour terminée | La mise à jour a réussi.
Upload finished | 14 files were uploaded.
Run 77 green | All steps finished. Duration 8 min.
Lee liked your post | See what else is new.
Certificate renewed | The certificate was renewed automatically and is valid until May.
Access granted | You now have access to "Plans".
Case closed | Your case was closed as solved.
Sensor back online | The sensor is sending again.
Task completed | Mia completed "Order paint".
Monthly statistics | Visits 3,200, up 4 %.
Auto-reply: holidays | I am on holiday and back on the 8th. My colleague helps in urgent cases.
Job failed | Step 4 failed. See the log and restart it.
Your order could not be charged | Pay another way to keep the order.
Disk space low | 4 % free. Remove files or add space.
Code review waiting | Change 88 waits for your review.
Your approval is missing | Invoice 311 cannot be paid before you approve it.
Your travel report was sent back | Two receipts are missing. Add them and send it again.
New ticket in your queue | Level 1. Answer today.
Confirm your hours | Your hours for May are not confirmed.
Backup key about to lapse | Replace the key before Friday.
Read and confirm: new safety rules | You have not confirmed yet.
"""

MEETING = """
lunch? | Shall we have lunch on Wednesday? I am free from noon.
call next week | Could we talk on the phone next week? Tuesday or Thursday would suit me.
moving our appointment | Something came up. Can we move our appointment to Friday at 10?
agenda | Here is the agenda for tomorrow's meeting at 9 in the small room.
kick-off | I would like to set up a kick-off with your team. What times work for you?
re: time | Three o'clock works for me. Let us use the usual video link.
running late | I will be fifteen minutes late for our call.
coffee | I am in town on Monday. Do you have time for a coffee in the morning?
interview | Please reserve an hour for the interview with the candidate on Tuesday at 2 pm.
invitation | We would like to invite you to the review on the 12th. Please tell us if you can come.
cancelled | I have to cancel today's session. I will propose a new date.
re: date | The 5th does not suit me. How about the 6th after 4 pm?
visit | We plan to visit your site in May. Which week would be convenient?
besprechung | Können wir uns am Dienstag um zehn Uhr zusammensetzen?
termin | Der Termin am Donnerstag muss leider verschoben werden. Passt dir Freitag?
réunion | Es-tu disponible jeudi à 14 h pour une réunion sur le budget ?
rendez-vous | Peut-on déplacer notre rendez-vous à lundi matin ?
reunión | ¿Podemos reunirnos el martes a las diez?
cita | Tengo que cambiar la cita del jueves, ¿te viene bien el viernes?
workshop | The workshop starts at 9:30 on Thursday, room 4. Bring your laptop.
catch-up | Time for our monthly catch-up. Does Wednesday 11 am work?
thursday | Thursday 3 pm would be good for me. You?
re: thursday | I can only come at four. Is that too late?
meet | When could we meet to go through the figures?
room | Our meeting is now in room 12, not 7.
dinner | We are having dinner with the guests on Friday at eight. Are you joining?
video call | The video call is on Tuesday at 10:00, the link is below.
board | The board meets on the 9th, from 2 to 4 pm.
next session | The next session is on Monday. Please tell me if you cannot come.
site visit | They will be here on Wednesday morning. You should take part.
postponed | The review has been postponed to the 20th, same time.
phone | Can I call you this afternoon, around five?
free? | Are you free on Monday morning?
telefonat | Hast du morgen Zeit für ein kurzes Telefonat?
verschoben | Die Sitzung ist auf Mittwoch, 15 Uhr verschoben.
appel | L'appel avec le client est prévu mardi à 15 h.
llamada | La llamada con el cliente es el jueves a las cinco.
dates | I can offer the 3rd or the 11th. Which is better for you?
where | We meet at the side entrance at nine sharp.
new time | New time for our talk: Wednesday at a quarter past two.
short talk | Can we have a short talk about your contract on Monday?
round table | There will be a round table on the 17th. Join us?
re: lunch | Lunch is fine. Half past twelve at the corner?
not today | I won't make it to our appointment today. Same time next week?
demo | We would show you the machine on Thursday at your place, if that suits.
the talk | Tomorrow at 9 in the library, all three of us.
doodle | Please tick the days on which you can attend.
"""

KNOWING = """
done | I have finished the translation and put it in the folder. Nothing left for you to do.
thanks | Thank you for your help yesterday, it went very well.
for your information | Just so that you know, the supplier has raised prices by two percent.
good news | We won the tender! The whole team did a great job.
status | The migration went fine over the weekend. All services are up.
minutes | Here are the minutes of Monday's session. No action for you.
out next week | I will be away next week. Maria covers for me.
re: parcel | It arrived this morning. All good.
new colleague | I am happy to announce that Tom joins the lab in June.
re: price | Understood, that makes sense. I have told the customer.
office | The kitchen on the second floor is closed on Thursday for repairs.
re: thanks | You are welcome. Have a nice weekend.
results | Attached are the results of the survey for your records.
fyi | I forwarded your note to the legal department, they will take it from here.
customer happy | The customer called and was very happy with the delivery.
zur info | Nur zur Information: Der Lieferant hat die Preise erhöht.
danke | Vielen Dank für die schnelle Hilfe, alles hat geklappt.
pour info | Pour information, la livraison est bien arrivée ce matin.
merci | Merci beaucoup, c'est parfait. Bon week-end.
para tu información | Solo para que lo sepas: el cliente ya pagó.
gracias | Muchas gracias por todo, ha salido muy bien.
interesting read | I came across this article and thought you might like it.
change of plan | We decided to go with the second supplier. I have informed everybody.
re: draft | I read it on the train. Very clear, I have nothing to add.
congratulations | Congratulations on the new job! Well deserved.
arrived | The spare parts have come in. I put them on the shelf.
solved | The problem is solved. It was a loose wire.
re: question | Thanks, that answers my question.
holiday | Our office is closed over Easter.
sold | We sold forty pieces at the fair, more than we hoped.
well done | Great work on the launch, everybody is pleased.
on its way | I have sent the contract to the customer today.
i will do it | I will take care of the flowers, so you need not worry.
re: invoice | Paid this morning.
noted | Noted, thanks. I will let you know how it goes.
ok | Sounds good.
fun | Isn't it funny? They ordered the same thing twice.
after the meeting | The meeting was useful. We settled most points.
report | Attached is the report. If you have any questions, feel free to ask.
move | From Monday on, the lab is on the first floor.
sick | Peter is ill today, Jana steps in for him.
update from the site | The roof is done, the windows come next week.
thanks again | It was a pleasure to meet you. Thank you for your time.
ok so | Ist angekommen, danke. Ich melde mich, wenn ich mehr weiß.
info | Das Büro ist am Freitag geschlossen.
c'est fait | C'est fait, le colis est parti ce matin. Bonne journée.
hecho | Ya está hecho, lo mandé esta mañana. Un saludo.
printed | The flyers are printed and lie in the hall.
re: rent | The landlord agreed to wait until June.
train | My train is late, I will be home around nine. Start without me.
award | They gave us second prize! Not bad for beginners, right?
summary | Short summary of the visit: they liked the hall, not the price.
moved | The archive is now in the cellar.
replacement | Lea takes over from Hans as of May.
read it | Read it, liked it. Thanks for sharing.
question answered | The office has answered, so no need to ask again.
all fine | All fine here, the new pump runs well.
thanks for yesterday | Thanks for coming yesterday, it was fun.
i told them | I told the tenants that the heating will be repaired.
later | I will come back to you once I have the numbers.
closing | We will close the shop at four on Christmas Eve.
"""

MACHINE = """
[ci] Build 481 passed | All 212 checks passed in 6 minutes.
Backup completed | The nightly backup finished without errors. 41 GB were stored.
New sign-in to your account | A new sign-in from a desktop computer was noticed. If this was you, all is well.
Weekly usage summary | Your team used 312 hours of compute this week.
[helpdesk] Ticket 5521 was closed | The ticket was closed by the support team.
Your export is ready | The export that you started can be downloaded for seven days.
Deployment finished | Version 2.4.1 is live in production.
Maintenance on Sunday | Services may be slow on Sunday between 2 and 4 am.
Ana commented on your document | "Looks good to me" was added to page three.
[tracker] Issue 77 moved to done | The state changed from open to done.
Monitoring: recovered | The check is green again after 4 minutes.
Server status report | Uptime 99.98 %, no open alerts.
Password changed | Your password was changed a moment ago.
Sicherung abgeschlossen | Die nächtliche Sicherung wurde ohne Fehler beendet.
Rapport hebdomadaire | Votre rapport est disponible.
Informe semanal | El informe de esta semana está disponible.
Automatic reply | I am out of the office until Monday and will read your mail then.
Pull request merged | The branch was merged into main by the bot.
Calendar: accepted | The invitation was accepted.
Your storage was extended | The quota is now 200 GB.
"""

MANY = """
This week in design | Five articles we liked, an interview and new jobs. Unsubscribe at any time. View in browser.
20 % off everything | Our summer sale starts today. Shop now. You receive this mail because you subscribed.
What's new in May | New features, tips from the community, and upcoming webinars. Read more on our blog.
Don't miss our webinar | Join our experts live and learn how teams save time. Register now.
Your monthly digest | The most read stories of the month, picked by our editors.
New arrivals for you | Discover the spring collection. Free delivery on orders over fifty. Unsubscribe.
Introducing the new plan | Today we are launching something big. Learn more.
Last chance: early bird ends tonight | Save on conference passes before midnight. Get your ticket.
The Friday letter | Hello readers, this week I write about gardens, bridges and bread.
Product update | We shipped twelve improvements. See the release notes.
Neuigkeiten im Juni | Unsere besten Angebote und Beiträge. Newsletter abbestellen.
Offres de la semaine | Profitez de nos promotions. Se désabonner.
Novedades y ofertas | Descubre nuestras ofertas de temporada. Darse de baja.
Top picks | Recommended for you: ten courses to advance your career.
Invitation to our open day | Come and see our new campus. Seats are limited, sign up today.
Industry briefing | Markets, rules and people: all you need to know this morning.
The morning paper | Ten things to know today: trains, taxes, and a rare bird.
Our spring catalogue is here | Leaf through 200 pages of ideas for your home.
Members get more | Collect points and win a weekend away. Terms apply.
Stories from the road | Our reporter cycled along the coast. Read his diary.
Jobs for you | Three new jobs fit your search. Apply now.
Black week | Up to half price on selected items while stocks last.
Notes from the garden | A letter about soil, rain and patience. Share it with a friend.
Your weekly job alert | Eight openings near you. Change your alert.
Meet the new series | Lighter, quieter, longer. Watch the video.
The trade fair opens its doors | Get your pass now and save. Speakers from all over Europe.
Buy two, pay for one | Only until Sunday, only online.
Edition 41 | Read in this edition: schools, ships and salt.
"""

BOUGHT = """
Your receipt | Thank you for your purchase. Total: $23.90, paid by card.
Order confirmation 88213 | We received your order and will tell you when it ships. Total 54,00 EUR.
Your parcel is on its way | Your order was shipped today. Tracking number 00340434.
Invoice for April | Your invoice over 120.00 EUR is attached. It was charged to your card.
Booking confirmed | Your room is booked for two nights. Reference AB12CD.
Payment received | We received your payment of £45.00. Thank you.
Delivered | Your parcel was delivered and left with a neighbour.
Your e-ticket | Your flight is confirmed. The ticket is attached. Have a good trip.
Subscription renewed | Your plan was renewed for another year. $99.00 was charged.
Refund issued | We refunded 18.50 USD to your card.
Ihre Rechnung | Anbei erhalten Sie Ihre Rechnung über 49,90 EUR. Der Betrag wurde abgebucht.
Versandbestätigung | Ihre Bestellung wurde versandt. Sendungsnummer 1234.
Votre commande | Merci pour votre commande. Total : 39,90 EUR. Votre facture est jointe.
Su pedido | Gracias por su compra. Importe: 25,00 EUR. Su recibo está adjunto.
Your ride | Thanks for riding. Fare $14.20 was charged to your card.
Donation receipt | Thank you for your gift of $50. Keep this receipt for your taxes.
Purchase complete | You bought: desk lamp. Paid: 29.00 EUR.
Out for delivery | Your package arrives today between 2 and 5 pm.
Your bill is ready | Your monthly bill of $61.20 will be debited automatically.
Reservation 5519 | Table for four, Saturday 7 pm. Confirmed.
Top-up successful | 20 GBP were added to your balance.
You paid 12.00 EUR | Paid to: City Bikes. Thank you.
Shipped: your shoes | Arrives on Monday. Follow your parcel in the app.
Your invoice 2211 | Total 310.00 EUR, already paid. See the attached file.
Check-in complete | Seat 14C, gate opens at 9:20.
Direct debit notice | 44.10 EUR will be collected on the 3rd.
Your order was picked up | Picked up by: you. Thanks for your visit.
Renewal receipt | One more year of storage: 24.00 USD, paid by card.
"""

UNWANTED = """
You have won | Congratulations dear winner, you were selected to receive 2 million dollars. Send your bank details.
Account suspended | Your account has been limited. Verify your password here immediately or it will be closed.
cheap pills | Best prices, no prescription, order now and save 80 %.
Urgent business proposal | I am a lawyer with an inheritance of 9 million. Contact me in private for your share.
rank first on search engines | We noticed errors on your website. Our seo experts guarantee first page results.
make money from home | Earn 5000 a week with no effort. Click the link to start now.
invoice attached | See the attached document and enable macros to view the payment.
hot singles | Lonely people in your area want to meet you tonight.
mailbox full | Your mailbox quota is full. Click below to keep receiving messages.
crypto profit | Double your bitcoin in 24 hours, guaranteed, limited spots.
parcel held | Your parcel is held at customs. Pay a small fee at this link to release it.
loan approved | You are approved for a loan at 2 %, no credit check. Reply with your data.
gift card | Are you at your desk? I need you to buy gift cards for a client, it is urgent.
replica watches | Luxury watches at 90 % off, fast shipping, discreet.
outsourcing | We are a leading software company and offer developers at half the cost. Can we have a call?
konto gesperrt | Ihr Konto wurde gesperrt. Bestätigen Sie Ihre Daten sofort über diesen Link.
compte bloqué | Votre compte est bloqué. Cliquez ici pour confirmer vos informations.
premio | Usted ha ganado un premio. Envíe sus datos bancarios para cobrarlo.
Your mail account expires tonight | Log in here to keep it.
Confidential | I represent a widow with a large sum in gold. Please reply in confidence.
Grow your sales | We have helped 500 firms to win customers. Are you free for a short call?
Database of buyers | We sell lists of 20,000 decision makers. Interested in prices and samples?
Your voucher is waiting | Claim your voucher before midnight.
Slim in a week | A secret that doctors do not want you to know.
Trading bot | Let our bot trade for you, profit without risk.
Bonus list | See your bonus, log on with your work account.
"""

SMALL_TALK = """
I hope this finds you well.
Hope you had a good weekend.
It was nice to see you the other day.
What a week! Half of the office is ill.
The weather is awful here, how is it at your place?
As discussed on the phone.
Ruth says hello.
We talked to the supplier last week and it was a long talk.
The report was longer than I thought.
I have been on the road for days.
Everything is a bit chaotic at the moment.
Ich hoffe, es geht Ihnen gut.
Viele Grüße an alle.
J'espère que vous allez bien.
Espero que estés bien.
Let me know if you have any questions.
Thanks in advance!
See you soon.
"""
"""Sentences that say nothing about what a mail wants; put before or behind others while training."""

KINDS = (
    Kind("person", "needs_reply", ASKING),
    Kind("person", "todo", DOING),
    Kind("machine", "todo", DOING_MACHINE),
    Kind("person", "meeting", MEETING),
    Kind("person", "fyi", KNOWING),
    Kind("machine", "update", MACHINE),
    Kind("bulk", "newsletter", MANY),
    Kind("bulk without link", "newsletter", MANY, 0.5),
    Kind("trade", "receipt", BOUGHT),
    Kind("stranger", "junk", UNWANTED),
)
