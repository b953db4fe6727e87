"""Do the promises of the value model hold? Each in 1,000 random small organisations; counted is how often one does not.

- P1  More tokens, calls and runs never raise anybody's net worth, nor their rank.
- P2  Cutting an item into parts never raises what it is worth, and joining parts never lowers it.
- P3  Acceptance by oneself or by an identity that one owns adds nothing.
- P4  A ring that verifies itself is worth no more than looks let stand, and tends to nothing as failed looks add up.
- P5  A reversal takes all of an item's worth away, and leaves its cost.
- P6  Order, doubles and late arrival of facts do not matter.
- P7  No item is worth more than its class's baseline and its verified money; an unknown baseline adds nothing.
- P8  The organisation is the sum of its teams, to the last digit.
- P9  No set of fewer than k people can be worked out from what is shown.
- P10 Nobody's worth falls because others are found out, whoever verified them.

    python -m bench.worth_properties [--quick] [--worlds N] --json FILE
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from bench.privacy import recovered
from bench.report import options, publish
from gainful.core.fact import Verdict, WorkItem
from gainful.core.money import Money
from gainful.worth.assess import assess
from gainful.worth.assessment import Assessment, Standing
from gainful.worth.record import Case
from tests.unit.worth.organisations import SETTINGS, TEAMS, anything, audit, item, record, reversal, use

TINY = Decimal("0.000001")
"""Rounding of single items to billionths of a dollar, many times over."""


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


def more_tokens(chance: random.Random) -> bool:
    """P1."""
    cases, loose = anything(chance)
    who = f"{chance.choice(list(TEAMS))}-agent"
    before = assess(record(cases, loose), SETTINGS)
    more = [use(f"more-{n}", who, str(chance.randint(0, 50)), chance.randint(0, 10**6)) for n in range(3)]
    place = chance.randrange(len(cases))
    heavier = [
        replace(case, uses=(*case.uses, *more)) if n == place and case.uses[0].run.agent == who else case
        for n, case in enumerate(cases)
    ]
    after = assess(record(heavier, [*loose, *more] if heavier == cases else loose), SETTINGS)
    old, new = units(before), units(after)
    falls = all(new[name].net.low <= old[name].net.low + TINY for name in old)
    return falls and ranks(after)[who] >= ranks(before).get(who, 0)


def split(chance: random.Random) -> bool:
    """P2."""
    cases, loose = anything(chance)
    parts = chance.randint(2, 6)
    whole = item("whole", "bo")
    opened = WorkItem(at=whole.claims[0].at, id="", work_class="ticket", requester="ann", part_of="whole")
    cut = [replace(item(f"whole-{n}", "bo", uses=(), item=replace(opened, id=f"whole-{n}"))) for n in range(parts)]
    cut[0] = replace(cut[0], uses=whole.uses)
    one = assess(record([*cases, whole], loose), SETTINGS)
    many = assess(record([*cases, *cut], loose), SETTINGS)
    return many.agents["bo-agent"].net.low <= one.agents["bo-agent"].net.low + TINY


def own_word(chance: random.Random) -> bool:
    """P3."""
    cases, loose = anything(chance)
    by = chance.choice(["bo", "svc-bo", "bo-agent"])
    mine = item("mine", "bo", verdicts=(Verdict(at=item().verdicts[0].at, work_item="mine", by=by, accepted=True),))
    none = replace(mine, verdicts=())
    with_word = assess(record([*cases, mine], loose), SETTINGS).agents["bo-agent"]
    without = assess(record([*cases, none], loose), SETTINGS).agents["bo-agent"]
    return with_word.net == without.net


def ring(chance: random.Random) -> bool:
    """P4."""
    size, each = chance.randint(2, 4), chance.randint(6, 12)
    members = chance.sample(list(TEAMS), size)
    made_up: list[Case] = []
    for number in range(size * each):
        by, judge = members[number % size], members[(number + 1) % size]
        name = f"made-up-{number}"
        opened = WorkItem(at=item().claims[0].at, id=name, work_class="ticket", requester=judge)
        made_up.append(item(name, by, judge, item=opened))
    outside = [name for name in TEAMS if name not in members] or ["zoe", "yan"]
    last, looked = None, 0
    for share in (0.0, 0.3, 0.6, 1.0):
        seen = [
            replace(case, audits=tuple(audit(False, f"{outside[0]}{n}") for n in range(2)))
            if number < share * len(made_up)
            else case
            for number, case in enumerate(made_up)
        ]
        worth = assess(record(seen), SETTINGS).organisation.worth.middle
        if last is not None and worth > last + TINY:
            return False
        last, looked = worth, looked + 1
    return bool(last is not None and last <= TINY)


def undone(chance: random.Random) -> bool:
    """P5."""
    cases, loose = anything(chance)
    mine = item("mine", "bo")
    back = replace(mine, reversals=(reversal(chance.uniform(3, 100)),))
    never = replace(mine, claims=(), verdicts=(), evidence=())
    after = assess(record([*cases, back], loose), SETTINGS).agents["bo-agent"]
    none = assess(record([*cases, never], loose), SETTINGS).agents["bo-agent"]
    return after.net.middle == none.net.middle and after.cost == none.cost


def order(chance: random.Random) -> bool:
    """P6."""
    cases, loose = anything(chance)
    before = assess(record(cases, loose), SETTINGS)
    mixed = [
        replace(
            case,
            **{
                name: tuple(chance.sample(getattr(case, name), len(getattr(case, name))))
                for name in ("uses", "times", "claims", "verdicts", "evidence", "reversals")
            },
        )
        for case in chance.sample(cases, len(cases))
    ]
    after = assess(record(mixed, chance.sample(loose, len(loose))), SETTINGS)
    return {name: one.net for name, one in units(before).items()} == {
        name: one.net for name, one in units(after).items()
    }


def cap(chance: random.Random) -> bool:
    """P7."""
    cases, loose = anything(chance)
    found = assess(record(cases, loose), SETTINGS)
    for one in units(found).values():
        verified = one.items.get("verified", 0)
        known = verified - one.unknown
        if one.worth.middle > known * Decimal(30) + TINY:
            return False
    return True


def sums(chance: random.Random) -> bool:
    """P8."""
    cases, loose = anything(chance)
    found = assess(record(cases, loose), SETTINGS)
    teams, whole = found.teams.values(), found.organisation
    same = sum((one.net.middle for one in teams), Decimal(0)) == whole.net.middle
    for name in ("cost", "review", "waste", "pending", "exploration"):
        same = same and sum((getattr(one, name) for one in teams), Money(0)) == getattr(whole, name)
    people = sum((one.net.middle for one in found.people.values()), Decimal(0))
    return same and people == whole.net.middle


def hidden(chance: random.Random) -> bool:
    """P9."""
    return recovered(chance, queries=10) == 0


def others(chance: random.Random) -> bool:
    """P10."""
    cases, loose = anything(chance)
    mine = [item(f"mine-{n}", "bo", "ann", audits=(audit(True, "dee"),) if n % 3 == 0 else ()) for n in range(6)]
    theirs = [item(f"theirs-{n}", "cy", "ann") for n in range(6)]
    caught = [replace(case, audits=(audit(False, "dee"), audit(False, "eve"))) for case in theirs]
    before = assess(record([*cases, *mine, *theirs], loose), SETTINGS).agents["bo-agent"]
    after = assess(record([*cases, *mine, *caught], loose), SETTINGS).agents["bo-agent"]
    return after.net == before.net


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
