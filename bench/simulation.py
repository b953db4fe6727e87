"""A simulated mailbox: people, threads, lists, machines, shops and swindlers, with what the owner thinks of each mail.

Method. One owner in a small manufacturing company. Shares of mail by label (our own assumption about an office
worker's inbox, not measured from any real one): needs_reply 11 %, todo by people 7 %, meeting 8 %, fyi 17 % (of it 5
points mailing-list talk), update 17 %, todo by machines 4 %, receipt 9 %, newsletter 20 %, junk 7 %.
Senders are Zipf-distributed; 30 % of them first appear during the simulated time, so later mail has strangers in it.

What makes it hard on purpose: 16 % of people write German, French or Spanish; a fifth of people's mails carry two
matters; small talk, rhetorical questions, meetings that are over, "let me know if you have questions" without a
question; requests without a question mark; cold sales mail written like a colleague's; newsletters without
List-Unsubscribe; machines that send harmless reports and urgent matters from one address; shops that send receipts
and offers from one address; spam that passes authentication and phishing in a colleague's name that fails it; one
in 25 bulk senders whose mail the owner wants to keep, and 3 in 1,000 bulk mails kept for no visible reason.
Of people's mails 4 % have a truth that their words do not show, and 2.5 % of the owner's own corrections are slips.

Limits. The wording comes from the grammars in `bench/phrases.py`: real people vary more, so figures on people's mail
are optimistic. The shipped prior has seen none of these sentences (`tools/prior_seeds.py` was written apart), but one
author wrote both. Features, weights and rules were developed on seeds 1-19, which never use every third line of each
grammar; the constants of calibration were chosen on seeds 20-79 with all lines. Earlier seeds of the benchmark
(101-110, 301-320, 401-430) were looked at while the method still changed, and missed the mark in part; it now uses
501-530, which were first run when the method stood (two rules for odd mail of the demo were mended after that).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

from bench import phrases

OWNER = "robin.hale@brightmill.example.org"
_COMPANY = "brightmill.example.org"
_START = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
_FIRST = (
    "ada bram celia dov elif finn greta hasan imke joel katya luca mona nils orla pavel rosa sami thea ugo vera zeno"
)
_LAST = "abel brandt castro dunne eriksen fabre gallo hirsch ibarra jansen kovac lindt moreau novak ortega pires quist"


@dataclass(frozen=True, slots=True)
class SimulatedMail:
    """One mail that arrives.

    Args:
        raw: The whole message, RFC 5322.
        truth: Key of the label that the owner would give with care.
        said: What the owner says when asked: the truth, but for 2.5 % slips.
        keep: The owner wants it to stay in the inbox.
        thread: Id of the conversation; every bulk mail is one of its own.
        thread_mine: The owner wrote in this thread before.
        answered: The owner answers it, within the day.
    """

    raw: bytes
    truth: str
    said: str
    keep: bool
    thread: str
    thread_mine: bool
    answered: bool
    sent_at: datetime
    from_addr: str
    subject: str
    message_id: str


@dataclass(slots=True)
class _Sender:
    address: str
    name: str
    kind: str
    language: str = "en"
    born: float = 0.0
    weight: float = 1.0
    keeps: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    lower: bool = False
    signature: str = ""


@dataclass(slots=True)
class _Thread:
    id: str
    subject: str
    sender: _Sender
    mine: bool
    last_id: str
    last_text: str


def contacts(seed: int) -> frozenset[str]:
    """Addresses that the owner had written to before the simulated time begins."""
    return _World(seed, 1).contacts


def generate(seed: int, mails: int) -> Iterator[SimulatedMail]:
    """So many mails, ordered by time; the same for the same seed and count."""
    yield from _World(seed, mails).run()


class _World:
    def __init__(self, seed: int, mails: int) -> None:
        self._chance = random.Random(f"mailbox {seed}")
        self._mails = mails
        self._development = seed < 20
        self._threads: list[_Thread] = []
        self._senders = self._cast()
        known = [s for s in self._senders["person"] if s.born == 0 and s.kind != "stranger"]
        self.contacts = frozenset(s.address for s in known if self._chance.random() < 0.85)
        self._number = 0

    # --- the cast ---------------------------------------------------------------------------------------------------

    def _cast(self) -> dict[str, list[_Sender]]:
        brands = phrases.SLOTS["brand"].split("|")
        cast = {
            "person": [self._person("colleague") for _ in range(14)] + [self._person("client") for _ in range(26)],
            "newsletter": [self._bulk(brands) for _ in range(38)],
            "update": [self._machine() for _ in range(14)],
            "receipt": [self._shop(brands) for _ in range(18)],
            "list talk": [self._list(name) for name in ("makers", "valves-dev", "local-cycling")],
        }
        for group in cast.values():
            for rank, sender in enumerate(group):
                sender.weight = 1 / (1 + rank) ** 0.7
                sender.born = 0.0 if self._chance.random() < 0.7 else self._chance.random()
        return cast

    def _person(self, kind: str) -> _Sender:
        chance = self._chance
        first, last = chance.choice(_FIRST.split()), chance.choice(_LAST.split())
        domain = _COMPANY if kind == "colleague" else f"{self._word()}.example.com"
        language = "en" if chance.random() < 0.84 else chance.choice(["de", "de", "fr", "es"])
        name = f"{first.title()} {last.title()}"
        signature = chance.choice(
            ["", f"\n-- \n{name}\n{chance.choice(['Sales', 'Quality', 'Planning'])}", f"\n{first.title()}"]
        )
        return _Sender(
            f"{first}.{last}@{domain}", name, kind, language, lower=chance.random() < 0.15, signature=signature
        )

    def _word(self) -> str:
        parts = [
            "bel",
            "cor",
            "dan",
            "fir",
            "gal",
            "hol",
            "kem",
            "lun",
            "mar",
            "nor",
            "pel",
            "rin",
            "sol",
            "tor",
            "vek",
        ]
        return "".join(self._chance.choice(parts) for _ in range(3))

    def _bulk(self, brands: list[str]) -> _Sender:
        chance, brand = self._chance, self._chance.choice(brands)
        local = chance.choice(
            ["news", "hello", "letter", "mail", "offers", "studio", "noreply", "clara", "info", "digest"]
        )
        headers = {}
        if chance.random() < 0.82:
            headers["List-Unsubscribe"] = f"<https://{self._word()}.example.net/out>"
        if chance.random() < 0.4:
            headers["Precedence"] = "bulk"
        if chance.random() < 0.3:
            headers["List-Id"] = f"<{self._word()}.lists.example.net>"
        if chance.random() < 0.3:
            headers["Feedback-ID"] = f"{chance.randrange(999)}:{self._word()}"
        return _Sender(
            f"{local}@{self._word()}.example.net", brand, "newsletter", headers=headers, keeps=chance.random() < 0.04
        )

    def _machine(self) -> _Sender:
        chance = self._chance
        name = chance.choice(phrases.SLOTS["system"].split("|"))
        local = chance.choice(
            ["noreply", "notifications", "system", "bot", "alerts", "no-reply", "service", "desk", "ops"]
        )
        headers = {}
        if chance.random() < 0.6:
            headers["Auto-Submitted"] = "auto-generated"
        if chance.random() < 0.3:
            headers["List-Unsubscribe"] = f"<https://{self._word()}.example.net/out>"
        if chance.random() < 0.2:
            headers["Precedence"] = "bulk"
        domain = chance.choice([_COMPANY, f"{self._word()}.example.net"])
        return _Sender(f"{local}@{domain}", name, "update", headers=headers)

    def _shop(self, brands: list[str]) -> _Sender:
        chance, brand = self._chance, self._chance.choice(brands)
        local = chance.choice(
            ["orders", "billing", "noreply", "service", "shop", "receipts", "no-reply", "invoice", "kontakt"]
        )
        headers = {"Auto-Submitted": "auto-generated"} if chance.random() < 0.35 else {}
        if chance.random() < 0.2:
            headers["List-Unsubscribe"] = f"<https://{self._word()}.example.net/out>"
        return _Sender(
            f"{local}@{self._word()}.example.net", brand, "receipt", headers=headers, keeps=chance.random() < 0.04
        )

    def _list(self, name: str) -> _Sender:
        headers = {
            "List-Id": f"<{name}.lists.example.org>",
            "Precedence": "list",
            "List-Post": f"<mailto:{name}@lists.example.org>",
        }
        headers["List-Unsubscribe"] = f"<mailto:{name}-leave@lists.example.org>"
        return _Sender(f"{name}@lists.example.org", name, "list talk", headers=headers)

    # --- words ------------------------------------------------------------------------------------------------------

    def _expand(self, text: str, slots: dict[str, str] | None = None) -> str:
        """Choose between `[a|b]`, innermost first, then fill in `<slot>`."""
        inner = re.compile(r"\[([^\[\]]*)\]")
        while (found := inner.search(text)) is not None:
            text = text[: found.start()] + self._chance.choice(found.group(1).split("|")) + text[found.end() :]
        for _ in range(4):
            text = re.sub(r"<(\w+)>", lambda m: self._slot(m.group(1), slots), text)
        return re.sub(r" +", " ", text).strip()

    def _slot(self, name: str, slots: dict[str, str] | None) -> str:
        if slots and name in slots:
            return slots[name]
        return self._chance.choice(phrases.SLOTS[name].split("|"))

    def _line(self, grammar: str) -> str:
        lines = grammar.strip().splitlines()
        if self._development:
            lines = [line for number, line in enumerate(lines) if number % 3 or len(lines) < 3]
        return self._chance.choice(lines)

    # --- mails ------------------------------------------------------------------------------------------------------

    def run(self) -> Iterator[SimulatedMail]:
        now = _START
        kinds, weights = list(phrases.SHARES), list(phrases.SHARES.values())
        for number in range(self._mails):
            now += timedelta(minutes=self._chance.expovariate(1 / 17))
            if now.hour >= 20:
                now = now.replace(hour=6, minute=self._chance.randrange(60)) + timedelta(days=1)
            kind = self._chance.choices(kinds, weights)[0]
            self._number = number
            yield self._mail(kind, now, number / self._mails)

    def _mail(self, kind: str, now: datetime, progress: float) -> SimulatedMail:
        if kind in ("needs_reply", "todo", "meeting", "fyi"):
            return self._from_person(kind, now, progress)
        if kind == "junk":
            return self._junk(now)
        if kind == "list talk":
            return self._list_talk(now, progress)
        return self._from_machine(kind, now, progress)

    def _pick(self, group: str, progress: float) -> _Sender:
        senders = self._senders[group]
        there = [sender for sender in senders if sender.born <= progress] or [min(senders, key=lambda one: one.born)]
        return self._chance.choices(there, [sender.weight for sender in there])[0]

    def _from_person(self, label: str, now: datetime, progress: float) -> SimulatedMail:
        chance = self._chance
        thread = None
        if self._threads and chance.random() < 0.45:
            thread = chance.choice(self._threads[-25:])
        sender = (
            thread.sender
            if thread
            else self._person("stranger")
            if chance.random() < 0.08
            else self._pick("person", progress)
        )
        if label == "meeting" and chance.random() < 0.4:
            return self._invitation(sender, now)
        text = self._person_text(sender, label)
        if thread is None:
            mine = sender.kind != "stranger" and chance.random() < 0.2
            topic = self._expand(f"[{phrases.SUBJECT[label]}]")
            thread = _Thread(f"t{self._number}", topic, sender, mine, "", "")
            self._threads.append(thread)
            prefix = "Re: " if mine else "Fwd: " if chance.random() < 0.07 else ""
        else:
            prefix = "Re: "
        subject = prefix + (thread.subject.lower() if sender.lower else thread.subject)
        body = text
        if prefix == "Fwd: ":
            body += f"\n\n---------- Forwarded message ----------\nFrom: {self._word()}@example.com\n\n" + self._expand(
                self._line(phrases.FILLER["en"])
            )
        elif thread.last_text:
            quoted = "\n".join("> " + line for line in thread.last_text.splitlines()[:8])
            body += f"\n\nOn Monday, someone wrote:\n{quoted}\n"
        copied = chance.random() < (0.35 if label == "fyi" else 0.08)
        to, cc = (f"team@{_COMPANY}", OWNER) if copied else (OWNER, "")
        if not copied and chance.random() < 0.2:
            cc = f"kai@{_COMPANY}"
        headers = {"To": to, "Cc": cc, "In-Reply-To": thread.last_id, "References": thread.last_id}
        truth = label
        if chance.random() < 0.04:
            truth = chance.choice(phrases.NEIGHBOURS[label][:2])
        share = {"needs_reply": 0.85, "meeting": 0.6, "todo": 0.25, "fyi": 0.12}[label]
        answered = chance.random() < share
        mail = self._built(sender, subject, body, now, truth, True, thread.id, thread.mine, answered, headers)
        thread.mine, thread.last_id, thread.last_text = thread.mine or answered, mail.message_id, text
        return mail

    def _person_text(self, sender: _Sender, label: str) -> str:
        chance, language = self._chance, sender.language
        grammar = phrases.PERSON[language]
        parts = [self._expand(self._line(grammar[label]))]
        if chance.random() < 0.22:
            extra = "fyi" if label != "fyi" else None
            if extra:
                parts.insert(chance.randrange(2), self._expand(self._line(grammar[extra])))
            else:
                parts.append(self._expand(self._line(grammar["fyi"])))
        for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
            parts.insert(chance.randrange(len(parts) + 1), self._expand(self._line(phrases.FILLER[language])))
        joint = "\n\n" if len(parts) > 2 and chance.random() < 0.4 else " "
        greeting = self._expand(chance.choice(phrases.GREETING[language].split("|")), {"me": "Robin"})
        closing = chance.choice(phrases.CLOSING[language].split("|"))
        text = joint.join(parts)
        if sender.lower:
            text = text.lower()
        if chance.random() < 0.1:
            text = self._typo(text)
        signed = f"\n\n{closing}\n{sender.name.split()[0]}" if closing else ""
        return (f"{greeting}\n\n" if greeting else "") + text + signed + sender.signature

    def _typo(self, text: str) -> str:
        at = self._chance.randrange(max(1, len(text) - 2))
        return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]

    def _invitation(self, sender: _Sender, now: datetime) -> SimulatedMail:
        method = self._chance.choices(["REQUEST", "CANCEL", "REPLY"], [7, 1, 2])[0]
        title = self._expand("[<project> [sync|review|round]|<topic>]")
        prefix = {"REQUEST": "Invitation: ", "CANCEL": "Cancelled: ", "REPLY": "Accepted: "}[method]
        event = f"BEGIN:VEVENT\nSUMMARY:{title}\nDTSTART:20260309T090000Z\nEND:VEVENT\n"
        calendar = f"BEGIN:VCALENDAR\nMETHOD:{method}\n{event}END:VCALENDAR\n"
        truth = "update" if method == "REPLY" else "meeting"
        where = self._expand("[Where|Place]: <place>\n[When|Time]: <day> <time>\n[Who|With]: <person>, <person>")
        mine = method == "REPLY"
        return self._built(
            sender,
            prefix + title,
            where,
            now,
            truth,
            True,
            f"i{self._number}",
            mine,
            method == "REQUEST",
            {},
            calendar=calendar,
        )

    def _list_talk(self, now: datetime, progress: float) -> SimulatedMail:
        chance, board = self._chance, self._pick("list talk", progress)
        writer = self._person("list")
        subject, _, text = self._expand(self._line(phrases.LIST_TALK)).partition("||")
        sender = _Sender(writer.address, writer.name, "list", headers=dict(board.headers))
        body = text.strip() + f"\n\n{writer.name.split()[0]}\n"
        if chance.random() < 0.5:
            body += f"\n_______________________________________________\n{board.name} mailing list\n"
        headers = {"To": board.address, "Cc": ""}
        return self._built(sender, subject.strip(), body, now, "fyi", True, f"l{self._number}", False, False, headers)

    def _from_machine(self, kind: str, now: datetime, progress: float) -> SimulatedMail:
        chance = self._chance
        label = "todo" if kind == "machine todo" else kind
        group = "update" if kind == "machine todo" else kind
        if label == "update" and chance.random() < 0.12:
            return self._automatic_answer(now, progress)
        # A shop's address sometimes sends offers, and now and then it is a shop that wants something done.
        if (kind == "newsletter" and chance.random() < 0.1) or (kind == "machine todo" and chance.random() < 0.25):
            group = "receipt"
        sender = self._pick(group, progress)
        grammar = {
            "update": phrases.UPDATE,
            "newsletter": phrases.NEWSLETTER,
            "receipt": phrases.RECEIPT,
            "todo": phrases.MACHINE_TODO,
        }
        subject, _, text = self._expand(
            self._line(grammar[label]), {"system": sender.name, "brand": sender.name}
        ).partition("||")
        keep = label in ("todo", "update")
        if not keep:
            keep = (sender.keeps and label == sender.kind) or chance.random() < 0.003
        html = label == "newsletter" or chance.random() < 0.4
        thread = f"m{self._number}"
        return self._built(sender, subject.strip(), text.strip(), now, label, keep, thread, False, False, {}, html=html)

    def _automatic_answer(self, now: datetime, progress: float) -> SimulatedMail:
        chance = self._chance
        if chance.random() < 0.2:
            sender = _Sender(
                f"mailer-daemon@{_COMPANY}",
                "Mail Delivery System",
                "update",
                headers={"Auto-Submitted": "auto-replied"},
            )
            text = f"Your message to {self._word()}@{self._word()}.example.com could not be delivered: no such user."
            subject = "Undelivered Mail Returned to Sender"
        else:
            person = self._pick("person", progress)
            sender = _Sender(person.address, person.name, "update", headers={"Auto-Submitted": "auto-replied"})
            text = self._expand("I am [away|not at work] until <day>. In urgent cases [call|ask] <person>.")
            subject = self._expand("[Out of office|Absent|Away]: <thing>")
        return self._built(sender, subject, text, now, "update", True, f"a{self._number}", False, False, {})

    def _junk(self, now: datetime) -> SimulatedMail:
        chance = self._chance
        form = chance.random()
        results = chance.choices(["fail", "pass", ""], [45, 30, 25])[0]
        if form < 0.25:  # cold sales mail, written by a person to this owner
            sender = self._person("cold")
            body = self._expand(self._line(phrases.PERSON["en"]["junk"])) + f"\n\n{sender.name}"
            subject = self._expand(f"[{phrases.SUBJECT['junk']}]")
            results = "pass"
        else:
            subject, _, body = self._expand(self._line(phrases.JUNK)).partition("||")
            local = chance.choice(
                ["service", "info", "support", "mr.bello", "security", "admin", "win", "hr", "contact"]
            )
            sender = _Sender(f"{local}@{self._word()}.example.com", local.title(), "junk")
            if form < 0.33:  # in the name of somebody the owner knows
                victim = chance.choice(self._senders["person"])
                sender, results = _Sender(victim.address, victim.name, "junk"), "fail"
            if chance.random() < 0.25:
                sender.headers["List-Unsubscribe"] = "<https://example.com/u>"
            if chance.random() < 0.3:
                sender.headers["X-Spam-Flag"] = "YES"
        if results:
            sender.headers["Authentication-Results"] = (
                f"mx.brightmill.example.org; spf={results}; dkim=none; dmarc={results}"
            )
        return self._built(
            sender, subject.strip(), body.strip(), now, "junk", False, f"j{self._number}", False, False, {}
        )

    def _built(
        self,
        sender: _Sender,
        subject: str,
        body: str,
        now: datetime,
        truth: str,
        keep: bool,
        thread: str,
        mine: bool,
        answered: bool,
        headers: dict[str, str],
        *,
        calendar: str = "",
        html: bool = False,
    ) -> SimulatedMail:
        chance = self._chance
        identity = f"<{self._number}.{chance.randrange(10**9)}@{sender.address.partition('@')[2]}>"
        fields = {
            "From": f"{sender.name} <{sender.address}>",
            "To": OWNER,
            "Subject": Header(subject, "utf-8", maxlinelen=300).encode() if not subject.isascii() else subject,
            "Date": format_datetime(now),
            "Message-ID": identity,
            "MIME-Version": "1.0",
            **sender.headers,
            **headers,
        }
        if "Authentication-Results" not in fields and chance.random() < 0.8:
            fields["Authentication-Results"] = "mx.brightmill.example.org; spf=pass; dkim=pass; dmarc=pass"
        content = _content(body, calendar, html)
        head = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
        said = truth if chance.random() >= 0.025 else chance.choice(phrases.NEIGHBOURS[truth])
        raw = (head + content).replace("\n", "\r\n").encode()
        keeps = keep and truth != "junk"
        return SimulatedMail(raw, truth, said, keeps, thread, mine, answered, now, sender.address, subject, identity)


def _content(body: str, calendar: str, html: bool) -> str:
    plain = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n"
    if calendar:
        return (
            'Content-Type: multipart/alternative; boundary="b"\n\n--b\n' + plain + "--b\nContent-Type: text/calendar; "
            f"charset=utf-8; method={calendar.split('METHOD:')[1].split()[0]}\n\n{calendar}--b--\n"
        )
    if html:
        links = "".join(f'<a href="https://www.example.net/{n}">more</a> ' for n in range(6))
        page = f"<html><body><table><tr><td><p>{body}</p>{links}</td></tr></table></body></html>"
        return f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{page}\n"
    return plain
