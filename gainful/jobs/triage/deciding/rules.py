"""What headers and plain signs say about a mail: hints for the model, and verdicts where a sign is as good as proof.

Headers are claims of the sender. They may lower trust (a failed authentication, a spam verdict) and may say "I am bulk
mail", which nobody gains by faking; no header ever raises trust.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding.facts import Facts
from gainful.jobs.triage.deciding.vocabulary import BULK, DUE, FRAUD, MACHINE_SUBJECT, MONEY, NO_REPLY, RECEIPT, TRADE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one means says about a mail.

    Args:
        label: Key of the label.
        probability: How often this has proved right.
        reason: One sentence for the person.
        also: Further labels that hold as well.
        proof: A standard says so in the headers; what the text reads like does not matter.
        to_others: It is addressed to others, so a question in its text is not one to the reader.
    """

    label: str
    probability: float
    reason: str
    also: tuple[str, ...] = ()
    proof: bool = False
    to_others: bool = False


_DECEIT = ("look-alike scripts", "shows another address")
"""Parts of the reader's warnings that tell of deceit."""

_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the headers and the look of a mail say, each a plain yes or no.

    Args:
        forged: Authentication failed: the sender is not who the mail says.
        own: It bears the owner's own address.
        automated: A machine sent it.
        bulk: It went to many people who can unsubscribe.
        discussion: A mailing list that people write to.
        answer_machine: An automatic answer, such as an out-of-office note.
        bounce: A delivery failure.
        spam_verdict: The mail server called it spam.
        receipt, money, due, fraud, machine_subject: Words of that kind occur.
        known: The person wrote to the sender or takes part in the thread, and nothing is forged.
    """

    forged: bool
    own: bool
    automated: bool
    bulk: bool
    discussion: bool
    answer_machine: bool
    bounce: bool
    spam_verdict: bool
    receipt: bool
    money: bool
    due: bool
    fraud: bool
    machine_subject: bool
    known: bool

    @property
    def by_person(self) -> bool:
        """A person seems to have written it, to the owner or to a few."""
        return not (self.automated or self.bulk or self.answer_machine or self.bounce)

    def hints(self) -> list[str]:
        """The names of the signs that hold, alone and in the pairs that mean more together."""
        names = [name for name in self.__slots__ if getattr(self, name)]
        pairs = [f"{a}+{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
        return [*names, *pairs, "by person" if self.by_person else "by machine"]


def read_signs(mail: Mail, facts: Facts) -> Signs:
    """The signs of one mail."""
    headers = mail.headers
    local = mail.from_addr.partition("@")[0]
    submitted = headers.get("auto-submitted", "").lower()
    precedence = headers.get("precedence", "").lower()
    subject, start = mail.subject, mail.text[:1500]
    forged = is_forged(headers)
    discussion = "list-post" in headers and headers["list-post"].strip().lower() != "no"
    bounce = local in ("mailer-daemon", "postmaster") or headers.get("return-path", "").strip() == "<>"
    answering = submitted.startswith("auto-replied") or precedence == "auto_reply" or "x-autoreply" in headers
    unsubscribe = "list-unsubscribe" in headers
    automated = bool(NO_REPLY.search(local)) or submitted.startswith("auto-generated")
    return Signs(
        forged=forged,
        own=mail.from_addr in facts.owner,
        automated=automated or bool(TRADE.match(local)) or "feedback-id" in headers,
        bulk=(unsubscribe and not discussion) or (precedence in ("bulk", "junk") and not discussion),
        discussion=discussion or (precedence == "list" and "list-id" in headers),
        answer_machine=answering and not bounce,
        bounce=bounce and not answering,
        spam_verdict=_called_spam(headers),
        receipt=bool(RECEIPT.search(subject) or RECEIPT.search(start[:600])),
        money=bool(MONEY.search(subject) or MONEY.search(start)),
        due=bool(DUE.search(subject) or DUE.search(start)),
        fraud=is_deceptive(mail) or bool(FRAUD.search(subject) or FRAUD.search(start)),
        machine_subject=bool(MACHINE_SUBJECT.search(subject)),
        known=(facts.sender.written_to or facts.thread_mine) and not forged,
    )


def is_forged(headers: Mapping[str, str]) -> bool:
    """Whether the receiving server found the sender's identity false.

    DMARC failed; or without a DMARC result, SPF failed and no DKIM signature passed. A pass proves only which domain
    sent it, so it earns nothing. Source: RFC 8601 (result names), RFC 7489 section 4.2 (DMARC needs one of the two).
    """
    results: dict[str, set[str]] = {}
    for method, result in _RESULT.findall(headers.get("authentication-results", "")):
        results.setdefault(method.lower(), set()).add(result.lower())
    if results.get("dmarc"):
        return "fail" in results["dmarc"]
    return bool(results.get("spf", set()) & {"fail", "softfail"}) and "pass" not in results.get("dkim", set())


def is_deceptive(mail: Mail) -> bool:
    """Whether the sender shows one address and has another: a look-alike domain, an address in place of a name.

    Honest mail has these now and then, so they prove nothing; they only take away the benefit of the doubt. Hidden
    characters do not count: newsletters fill their previews with them.
    """
    return any(sign in warning for warning in mail.warnings for sign in _DECEIT)


def _called_spam(headers: Mapping[str, str]) -> bool:
    flags = (headers.get("x-spam-flag", ""), headers.get("x-spam", ""), headers.get("x-spam-status", ""))
    return any(flag.strip().lower().startswith(("yes", "true")) for flag in flags)


def rule_verdict(mail: Mail, facts: Facts, signs: Signs) -> Verdict | None:
    """What the headers prove, or None where they leave it open. The first rule that fits speaks."""
    return (
        _suspicious(signs)
        or _calendar(mail, signs)
        or _machine_answers(signs)
        or _own(mail, facts, signs)
        or _trade(mail, signs)
        or _bulk(mail, facts, signs)
        or _machine(signs)
        or _discussion(mail, facts, signs)
    )


def _suspicious(signs: Signs) -> Verdict | None:
    if signs.spam_verdict and not signs.known:
        return Verdict("junk", 0.96, "Your mail server marked it as spam, and you never wrote to the sender")
    if signs.forged and (signs.fraud or signs.own):
        return Verdict("junk", 0.95, "The sender's identity failed authentication, and it presses you to act")
    return None


def _calendar(mail: Mail, signs: Signs) -> Verdict | None:
    method = mail.calendar_method.upper()
    if signs.forged or not method:
        return None
    if method in ("REQUEST", "COUNTER") and not signs.bulk:
        also = ("needs_reply",) if method == "COUNTER" else ()
        return Verdict("meeting", 0.97 if signs.known else 0.93, "Carries a calendar invitation", also, proof=True)
    if method == "CANCEL":
        return Verdict("meeting", 0.9, "Cancels an event in your calendar", proof=True)
    if method == "REPLY":
        return Verdict("update", 0.93, "Is somebody's answer to an invitation", proof=True)
    return None


def _machine_answers(signs: Signs) -> Verdict | None:
    if signs.answer_machine:
        return Verdict("update", 0.95, "Is an automatic answer, such as an out-of-office note", proof=True)
    if signs.bounce and not signs.forged:
        return Verdict("update", 0.9, "Reports that a mail could not be delivered", proof=True)
    return None


def _own(mail: Mail, facts: Facts, signs: Signs) -> Verdict | None:
    others = [address for address in (*mail.to, *mail.cc) if address not in facts.owner]
    if signs.own and not signs.forged and others:
        return Verdict("fyi", 0.95, "Is a copy of a mail that you sent yourself", proof=True)
    return None


def _trade(mail: Mail, signs: Signs) -> Verdict | None:
    unclear = signs.due or signs.forged or signs.fraud or signs.known or signs.discussion
    if not unclear and signs.automated and signs.receipt and (signs.money or TRADE.match(mail.from_addr)):
        return Verdict("receipt", 0.94, "An automated sender confirms a purchase, payment, booking or delivery")
    return None


def _bulk(mail: Mail, facts: Facts, signs: Signs) -> Verdict | None:
    unclear = signs.due or signs.forged or signs.receipt or signs.machine_subject or facts.sender.replied or signs.known
    if not signs.bulk or unclear or signs.fraud:
        return None
    submitted = "auto-submitted" in mail.headers
    if not submitted and (BULK.match(mail.from_addr) or not signs.automated):
        return Verdict("newsletter", 0.94, "Has an unsubscribe link and comes from a bulk sender you never answered")
    return None


def _machine(signs: Signs) -> Verdict | None:
    unclear = signs.due or signs.forged or signs.receipt or signs.fraud or signs.known or signs.money
    if signs.automated and signs.machine_subject and not unclear:
        return Verdict("update", 0.92, "Sent by a machine, and nothing in it asks you to act")
    return None


def _discussion(mail: Mail, facts: Facts, signs: Signs) -> Verdict | None:
    named = any(address in facts.owner for address in (*mail.to, *mail.cc))
    if signs.discussion and not (named or facts.thread_mine or signs.forged or signs.due or signs.automated):
        return Verdict("fyi", 0.9, "Goes round on a mailing list; you are not addressed", to_others=True)
    return None
