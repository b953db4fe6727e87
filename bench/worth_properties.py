"""Do the promises of the value model hold? Each in 1,000 random small organisations; counted is how often one does not.

Worlds hold everything at once: three measured classes and one that is not, claims by agents, owners, bystanders and
systems, answers from every side, evidence that something changed, did not, survived, brought or lost money, items cut
into parts of parts (also in circles), items that were left to be done by hand and were not, looks by anybody.

- P1  More tokens, calls and runs never raise anybody's net worth, nor their rank, nor touch anybody else's.
- P2  Cutting an item into parts, and those again, of whatever classes, never raises what it is worth; joining never
      lowers it. Parts that somebody else claims and that count for nothing take nothing away.
- P3  A yes of one's own side adds nothing: oneself, accounts, agents, accounts of accounts; nor asking oneself.
- P4  Whoever makes up work and has each other's accept it gets less with each failed look, and nothing once all is
      looked at; cutting made-up items into parts hides nothing from looks.
- P5  A reversal takes all of an item's worth away and leaves its cost, whatever is said later without new work; new
      work counts again.
- P6  Order does not matter, nor how often something is said. (Whether facts of one key are one is up to storage.)
- P7  No item adds more than its class's baseline and its verified money; an unknown baseline adds nothing.
- P8  The organisation is the sum of its teams, and of its people, to the last digit.
- P9  No set of fewer than k people can be worked out from what is shown.
- P10 Nobody's standing changes because others make things up, are found out, claim one's items, or run things on them.

    python -m bench.worth_properties [--quick] [--worlds N] --json FILE
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bench.privacy import recovered
from bench.report import options, publish
from gainful.core.fact import Account, Agent, Claim, Evidence, Verdict, WorkItem
from gainful.core.money import Money
from gainful.worth.assess import assess
from gainful.worth.assessment import Assessment, Standing
from gainful.worth.record import Case, HeldRecord, Organisation, Use
from tests.unit.worth.organisations import (
    BEGIN,
    CLASSES,
    END,
    SETTINGS,
    TEAMS,
    anything,
    audit,
    day,
    item,
    people,
    reversal,
    use,
)

TINY = Decimal("0.000001")
"""Rounding of single items to billionths of a dollar, many times over."""

RATED = replace(SETTINGS, rates={"lab": Money("97")})
"""A minute is a dollar, and in the lab more."""

CHANGED = ("net", "worth", "cost", "review", "items", "trust")


def told(cases: Sequence[Case], loose: Sequence[Use] = (), who: Organisation | None = None) -> Assessment:
    """The assessment of these cases and runs."""
    return assess(HeldRecord(BEGIN, END, who or people(), cases, loose), RATED)


def units(found: Assessment) -> dict[str, Standing]:
    """Everybody's standing."""
    return {
        **{f"agent {name}": one for name, one in found.agents.items()},
        **{f"person {name}": one for name, one in found.people.items()},
        **{f"team {name}": one for name, one in found.teams.items()},
        "organisation": found.organisation,
    }


def ranks(found: Assessment) -> dict[str, int]:
    """The place of each agent on the board."""
    ordered = sorted(found.agents, key=lambda name: -found.agents[name].net.low)
    return {name: place for place, name in enumerate(ordered)}


def no_better(after: Assessment, before: Assessment) -> bool:
    """Whether no unit's net is above what it was, at either end or in the middle."""
    new, old = units(after), units(before)
    zero = Decimal(0)
    for name, one in new.items():
        was = old[name].net if name in old else None
        ends = (was.low, was.middle, was.high) if was else (zero, zero, zero)
        if any(
            here > there + TINY for here, there in zip((one.net.low, one.net.middle, one.net.high), ends, strict=True)
        ):
            return False
    return True


def same(one: Standing | None, other: Standing | None) -> bool:
    """Whether nothing that anybody is judged by has changed."""
    return all(getattr(one, name, None) == getattr(other, name, None) for name in CHANGED)


def more_tokens(chance: random.Random) -> bool:
    """P1."""
    cases, loose = anything(chance)
    who = f"{chance.choice(list(TEAMS))}-agent"
    before = told(cases, loose)
    cost = str(chance.choice([0, 1, chance.randint(0, 50)]))
    more = [use(f"more-{n}", who, cost, chance.randint(0, 10**6), at=day(n)) for n in range(chance.randint(1, 4))]
    mine = [n for n, case in enumerate(cases) if case.uses and case.uses[0].run.agent == who]
    if mine and chance.random() < 0.6:
        place = chance.choice(mine)
        heavier = list(cases)
        if chance.random() < 0.5:
            heavier[place] = replace(cases[place], uses=(*cases[place].uses, *more))
        else:
            first = cases[place].uses[0]
            calls = (*first.calls, *(call for one in more for call in one.calls))
            heavier[place] = replace(cases[place], uses=(replace(first, calls=calls), *cases[place].uses[1:]))
        after = told(heavier, loose)
    else:
        after = told(cases, [*loose, *more])
    worse = who not in before.agents or ranks(after)[who] >= ranks(before)[who]
    others = all(same(after.agents[name], one) for name, one in before.agents.items() if name != who)
    weeks = [one.useful for one in after.weeks] == [one.useful for one in before.weeks]
    return no_better(after, before) and worse and others and weeks


def opened(name: str, work_class: str, part_of: str = "", requester: str = "ann") -> WorkItem:
    """An item that somebody asked for."""
    return WorkItem(at=day(1), id=name, work_class=work_class, requester=requester, part_of=part_of)


def split(chance: random.Random) -> bool:
    """P2."""
    cases, loose = anything(chance)
    who, work_class = with_people("hal", "kim"), chance.choice(list(CLASSES))
    whole = item("whole", "hal", item=opened("whole", work_class))
    # Either somebody whose other items were looked at cuts it, or two at whose items nobody has looked.
    looked = chance.random() < 0.5
    if looked:
        cases += [
            item(f"known-{n}", "hal", audits=tuple(audit(chance.random() < 0.7, name) for name in ("dee", "eve")))
            for n in range(4)
        ]
    cut = [replace(whole, claims=(), verdicts=(), evidence=()) if chance.random() < 0.5 else whole]
    names = ["whole"]
    for number in range(chance.randint(1, 7)):
        name, by = f"part-{number}", "hal" if looked else chance.choice(["hal", "kim"])
        of = opened(name, chance.choice([*CLASSES, "unheard-of"]), chance.choice(names))
        claim = Claim(at=day(2), work_item=name, claimant=f"{by}-agent")
        judge = "ann" if looked else chance.choice(["ann", "system:desk"])
        cut.append(item(name, by, judge, uses=(), item=of, claims=(claim,)))
        names.append(name)
    one, many = told([*cases, whole], loose, who), told([*cases, *cut], loose, who)
    both = [(worth_of(found, "hal-agent"), worth_of(found, "kim-agent")) for found in (one, many)]
    if sum(both[1]) > sum(both[0]) + TINY or both[1][0] > both[0][0] + TINY:
        return False
    same_worth = abs(both[1][0] - both[0][0]) <= TINY
    if same_worth and many.agents["hal-agent"].net.low > one.agents["hal-agent"].net.low + TINY:
        # Nor does it make what it is worth look surer.
        return False
    junk = item("junk", "cy", uses=(), item=opened("junk", work_class, "whole", "cy"))
    return same(told([*cases, whole, junk], loose, who).agents["hal-agent"], one.agents["hal-agent"])


def worth_of(found: Assessment, agent: str) -> Decimal:
    """What an agent's work was worth, as expected."""
    return found.agents[agent].worth.middle if agent in found.agents else Decimal(0)


def own_word(chance: random.Random) -> bool:
    """P3."""
    cases, loose = anything(chance)
    who = people()
    accounts = {**who.accounts, "deep": Account(at=BEGIN, id="deep", owner="svc-bo")}
    agents = {**who.agents, "made": Agent(at=BEGIN, id="made", owner="deep")}
    who = replace(who, accounts=accounts, agents=agents)
    own = ["bo", "svc-bo", "bo-agent", "deep", "made"]
    claimant = chance.choice([*own, "system:desk"])
    by = chance.choice([*own, "ann-agent", *(["system:desk"] if claimant == "system:desk" else [])])
    claim = Claim(at=day(2), work_item="mine", claimant=claimant)
    said = tuple(Verdict(at=day(chance.uniform(2, 9)), work_item="mine", by=by, accepted=True) for _ in range(2))
    with_word = told([*cases, item("mine", "bo", verdicts=said, claims=(claim,))], loose, who)
    without = told([*cases, item("mine", "bo", verdicts=(), claims=(claim,))], loose, who)
    asked = item("mine", "bo", item=opened("mine", "ticket", "", chance.choice(own)), claims=(claim,))
    by_itself = told([*cases, asked], loose, who)
    return all(
        units(found)[name].net == one.net for found in (with_word, by_itself) for name, one in units(without).items()
    )


def ring(chance: random.Random) -> bool:
    """P4."""
    size, each = chance.randint(2, 5), chance.randint(5, 10)
    members = chance.sample([*list(TEAMS), "fay", "gus"], size)
    who = with_people("fay", "gus", "zoe", "yan", "xia")
    made_up: list[Case] = []
    for number in range(size * each):
        by = members[number % size]
        judge = chance.choice([name for name in members if name != by])
        name, part_of = f"made-up-{number:03}", ""
        if number >= size and chance.random() < 0.3:
            # Cut out of an earlier one of one's own.
            part_of = f"made-up-{number % size:03}"
        of = opened(name, chance.choice(list(CLASSES)), part_of, judge)
        made_up.append(item(name, by, judge, item=of))
    by_hand, _ = anything(random.Random(1))
    by_hand = [case for case in by_hand if case.arm is not None and case.id.startswith("hand-")]
    order = chance.sample(range(len(made_up)), len(made_up))
    failed = tuple(audit(False, name) for name in ("zoe", "yan"))
    last: Decimal | None = None
    for share in (0.0, 0.2, 0.4, 0.7, 1.0):
        looked = set(order[: round(share * len(order))])
        seen = [replace(case, audits=failed) if number in looked else case for number, case in enumerate(made_up)]
        worth = told([*by_hand, *seen], who=who).organisation.worth.middle
        if last is not None and worth > last + TINY:
            return False
        last = worth
    return last is not None and abs(last) <= TINY


def with_people(*names: str) -> Organisation:
    """The usual people and some more, each a team."""
    who = people()
    more = {name: replace(who.people["ann"], id=name, team=f"of-{name}") for name in names}
    agents = {f"{name}-agent": Agent(at=BEGIN, id=f"{name}-agent", owner=name) for name in names}
    return replace(who, people={**who.people, **more}, agents={**who.agents, **agents})


def undone(chance: random.Random) -> bool:
    """P5."""
    cases, loose = anything(chance)
    money = Evidence(at=day(2), work_item="mine", system="system:desk", what="money", money=Decimal(40))
    mine = item("mine", "bo", evidence=(*item().evidence, money))
    at = chance.uniform(4, 100)
    later = tuple(
        Verdict(at=day(at + n), work_item="mine", by="ann", accepted=True) for n in range(chance.randint(0, 3))
    )
    back = replace(mine, reversals=(reversal(at),), verdicts=(*mine.verdicts, *later))
    claim = Claim(at=day(at + 1), work_item="mine", claimant="bo-agent")
    half = chance.choice(
        [
            back,
            replace(back, claims=(*mine.claims, claim)),
            replace(back, evidence=(*mine.evidence, replace(mine.evidence[0], at=day(at + 1)))),
        ]
    )
    never = replace(mine, claims=(), verdicts=(), evidence=())
    after, none = told([*cases, half], loose), told([*cases, never], loose)
    gone = all(units(after)[name].net == one.net for name, one in units(none).items())
    anew = replace(
        mine,
        reversals=(reversal(4),),
        claims=(*mine.claims, replace(claim, at=day(5))),
        verdicts=(*mine.verdicts, Verdict(at=day(6), work_item="mine", by="ann", accepted=True)),
        evidence=(*mine.evidence, replace(mine.evidence[0], at=day(5)), replace(money, at=day(6))),
    )
    again, ever = told([*cases, anew], loose).agents["bo-agent"], told([*cases, mine], loose).agents["bo-agent"]
    return gone and after.agents["bo-agent"].cost == none.agents["bo-agent"].cost and again.net == ever.net


def order(chance: random.Random) -> bool:
    """P6."""
    cases, loose = anything(chance)
    before = told(cases, loose)
    once = ("uses", "times", "claims", "verdicts", "evidence", "reversals", "audits")
    often = ("claims", "verdicts", "reversals")
    mixed = [
        replace(
            case,
            **{name: mixed_up(chance, getattr(case, name), doubled=name in often) for name in once},  # type: ignore[arg-type]
        )
        for case in chance.sample(cases, len(cases))
    ]
    after = told(mixed, chance.sample(loose, len(loose)))
    return all(same(units(after)[name], one) for name, one in units(before).items()) and after.weeks == before.weeks


def mixed_up(chance: random.Random, facts: tuple[Any, ...], *, doubled: bool) -> tuple[Any, ...]:
    """The same facts in another order, some of them twice."""
    again = [one for one in facts if doubled and chance.random() < 0.3]
    return tuple(chance.sample([*facts, *again], len(facts) + len(again)))


def cap(chance: random.Random) -> bool:
    """P7."""
    cases, loose = anything(chance)
    money = sum((one.money for case in cases for one in case.evidence if one.money > 0), Decimal(0))
    found = told(cases, loose)
    rate = Decimal("97") / 60
    for one in units(found).values():
        known = one.items.get("verified", 0) - one.unknown
        most = Decimal(str(max(CLASSES.values()))) * rate
        if one.worth.middle > known * most + money + TINY:
            return False
    work_class = chance.choice([*CLASSES, "unheard-of"])
    brought = Decimal(chance.randint(0, 30))
    gain = Evidence(at=day(3), work_item="mine", system="system:desk", what="money", money=brought)
    share = Evidence(at=day(9), work_item="mine", system="system:desk", what="survived", share=chance.uniform(0, 5))
    looks = (audit(True, "dee", "500"),) if chance.random() < 0.5 else ()
    mine = item("mine", "zed", item=opened("mine", work_class), evidence=(*item().evidence, gain, share), audits=looks)
    who = with_people("zed")
    added = told([*cases, mine], loose, who).agents["zed-agent"]
    baseline = Decimal(str(CLASSES.get(work_class, 0.0)))
    return added.worth.middle <= baseline + brought + TINY and added.unknown == (work_class not in CLASSES)


def sums(chance: random.Random) -> bool:
    """P8."""
    cases, loose = anything(chance)
    found = told(cases, loose)
    whole = found.organisation
    for parts in (found.teams.values(), found.people.values()):
        nets = sum((one.net.middle for one in parts), Decimal(0)) == whole.net.middle
        worths = sum((one.worth.middle for one in parts), Decimal(0)) == whole.worth.middle
        if not nets or not worths:
            return False
        for name in ("cost", "review", "waste", "pending", "exploration"):
            if sum((getattr(one, name) for one in parts), Money(0)) != getattr(whole, name):
                return False
    return True


def hidden(chance: random.Random) -> bool:
    """P9."""
    return recovered(chance, queries=10) == 0


def others(chance: random.Random) -> bool:
    """P10."""
    cases, loose = anything(chance)
    who = with_people("zed", "fay", "zoe")
    mine = [
        item(f"mine-{n}", "zed", chance.choice(["ann", "fay"]), chance.choice(list(CLASSES)),
             audits=(audit(True, "dee"),) if chance.random() < 0.3 else ())
        for n in range(chance.randint(1, 12))
    ]  # fmt: skip
    before = told([*cases, *mine], loose, who)
    failed = (audit(False, "dee"), audit(False, "eve"), audit(False, "zoe"))
    # Those who accept Zed's items are fooled by others, verify each other, and are found out.
    theirs = [
        item(f"theirs-{n}", chance.choice(["bo", "ann", "fay"]), chance.choice(["ann", "fay", "cy"]), audits=failed)
        for n in range(chance.randint(1, 12))
    ]
    caught = [replace(case, audits=failed) if chance.random() < 0.3 and case.arm is None else case for case in cases]
    meddled = [meddle(chance, case) for case in mine]
    parts = [
        item(f"junk-{n}", "cy", uses=(), item=opened(f"junk-{n}", "ticket", chance.choice(mine).id, "cy"))
        for n in range(chance.randint(0, 3))
    ]
    after = told([*caught, *meddled, *theirs, *parts], [*loose, use("more", "cy-agent")], who)
    return same(after.agents["zed-agent"], replace(before.agents["zed-agent"]))


def meddle(chance: random.Random, case: Case) -> Case:
    """Somebody without a part in an item claims it first, or says about themselves that they did it."""
    claim = Claim(
        at=day(chance.uniform(1, 3)), work_item=case.id, claimant=chance.choice(["cy", "cy-agent", "nobody-knows"])
    )
    return replace(case, claims=(claim, *case.claims)) if chance.random() < 0.5 else case


PROPERTIES: dict[str, Callable[[random.Random], bool]] = {
    "p1": more_tokens,
    "p2": split,
    "p3": own_word,
    "p4": ring,
    "p5": undone,
    "p6": order,
    "p7": cap,
    "p8": sums,
    "p9": hidden,
    "p10": others,
}


def violations(name: str, worlds: int, seed: int = 1) -> list[int]:
    """The worlds in which a property does not hold."""
    return [number for number in range(worlds) if not PROPERTIES[name](random.Random(f"{seed}-{name}-{number}"))]


def main() -> int:
    """Measure and publish; 1 where any promise was broken."""
    parser = options("worth_properties", "Do the promises of the value model hold?")
    parser.add_argument("--worlds", type=int, help="of each  [1000]")
    given = parser.parse_args()
    worlds = given.worlds or (50 if given.quick else 1000)
    broken = {name: len(violations(name, worlds)) for name in PROPERTIES}
    figures = {"violations": sum(broken.values()), **{f"violations_{name}": count for name, count in broken.items()}}
    publish("worth_properties", {"worlds": worlds}, figures, given.json)
    return int(figures["violations"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
