"""Tells worth from a record: the one function that everything about worth comes from.

    assessment = assess(record, settings)

What an item adds, in dollars, with r the loaded rate of its team for a minute:

    verified:   real · (r · κ · share · fraction · B + money)     what was saved, as far as it is trusted
    always:     − r · (minutes of prompt, review and rework)  −  inference
    reversed:   − its cost
    bad:        − r · (minutes of the looks that found it)

B is the class's measured baseline; an unknown one adds nothing, and the item is shown apart. `gainful.worth.value`
derives the rest of the first line, and `gainful.worth.parts` the fraction. An item that chance left to be done by hand
adds nothing where an agent did it after all, so that nobody gains by keeping the easy ones from the hold-out. Inference
counts whether it led anywhere or not. Nothing that is added grows with tokens, calls, runs or claims.

The interval of a unit is its expected net ± 1.2816 σ, where σ² adds up

- for each item, what its true time may differ from its class's mean, and whether it is real: independent of each other,
  but for parts of one item, which are wholly together;
- for each claimant, the error of the share of their claims that is real: the same for all their items of a circle, and
  taken to be the same for all their circles, which is never too little;
- for each class, the error of its baseline times all that the unit counts of it: the same for all its items.

Not in it: the error of κ, and of what systems of record report.

Ranks use the low end, so that little evidence never looks like much worth. The sum of many independent parts is about
normal (central limit theorem); a test holds the interval against a bootstrap.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Literal

from gainful.core.fact import SYSTEM, Audit
from gainful.core.money import Money
from gainful.worth.assessment import Assessment, Standing, Standings
from gainful.worth.auditing import Claimed, plan_of
from gainful.worth.baseline import Measured, Timing, Timings
from gainful.worth.engagement import Weeks
from gainful.worth.exploration import Explorations
from gainful.worth.finding import WasteFinding
from gainful.worth.findings import Looked, audit_findings
from gainful.worth.months import month_of
from gainful.worth.parts import Parts
from gainful.worth.piece import Piece
from gainful.worth.record import Case, Organisation, Record, Use
from gainful.worth.settings import WorthSettings
from gainful.worth.settling import Settled, State, settle
from gainful.worth.trust import OFTEN, Seen, Trust, may_look, seen
from gainful.worth.unit import NANO, Unit, nano
from gainful.worth.value import Value, value_of
from gainful.worth.waste import Period, Search

_Kind = Literal["organisation", "team", "agent", "person"]
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class _Loose:
    """A run of no work item."""

    agent: str
    person: str
    team: str
    cost: int
    unpriced: int
    explores: bool
    recent: bool
    month: str


def assess(record: Record, settings: WorthSettings) -> Assessment:
    """The books of worth for the record's time."""
    return _Assessing(record, settings).assessment()


def examine(record: Record, settings: WorthSettings) -> tuple[Assessment, list[Claimed]]:
    """The same, and the claimed items among which second looks are drawn; see `gainful.worth.auditing`."""
    assessing = _Assessing(record, settings)
    return assessing.assessment(), assessing.claimed()


class _Assessing:
    """One assessment, while it is made."""

    def __init__(self, record: Record, settings: WorthSettings) -> None:
        self._record = record
        self._settings = settings
        self._who: Organisation = record.organisation()
        self._until: datetime = record.until
        self._pieces: list[Piece] = []
        self._timings = Timings()
        self._baselines: dict[str, Measured] = {}
        self._trust = Trust()
        self._looks: dict[str, list[Looked]] = {}
        self._planted: list[Sequence[Audit]] = []
        self._loose: list[_Loose] = []
        self._search = Search(self._who)
        self._explorations = Explorations(self._who)
        self._seen: dict[str, Seen] = {}
        self._circles: Counter[tuple[str, str]] = Counter()
        self._parts = Parts(())
        self._weeks = Weeks(self._who, record.since, record.until)
        self._units: defaultdict[tuple[str, _Kind, str], Unit] = defaultdict(Unit)
        self._team_of_agent: dict[str, str] = {}
        self._hand: Counter[str] = Counter()
        self._months: dict[str, str] = {}

    def assessment(self) -> Assessment:
        """Read, then add up."""
        for case in self._record.cases():
            self._read(case)
        self._test_auditors()
        baselines = self._baselines = self._timings.baselines(self._settings.fewest)
        self._weigh(baselines)
        saved: defaultdict[str, list[float]] = defaultdict(list)
        for piece in self._pieces:
            self._add(piece, baselines.get(piece.work_class, Measured("unknown", 0)), saved)
        for use in self._record.loose():
            self._read_loose(use)
        self._add_loose()
        return self._told(baselines, saved)

    def claimed(self) -> list[Claimed]:
        """The items that a second look may be about, after `assessment`."""
        return [self._claimed(piece) for piece in self._pieces if piece.counts]

    def _claimed(self, piece: Piece) -> Claimed:
        settled = piece.settled
        counted = self._parts.counted(piece, self._baselines)
        baseline = self._baselines.get(counted.work_class)
        minutes = baseline.mean * counted.fraction if baseline is not None and baseline.mean is not None else 0.0
        waited = settled.accepted_at - settled.claimed_at if settled.accepted_at and settled.claimed_at else None
        return Claimed(
            id=piece.id,
            person=settled.person,
            team=settled.team,
            verifier=settled.verifier,
            value=minutes * float(self._settings.rate_of(settled.team).amount) / _MINUTE,
            doubt=self._trust.doubt(settled.person, self._circle(settled)),
            quick=waited.total_seconds() / _MINUTE if waited is not None else None,
            given=piece.given,
            looked=piece.id in self._looks,
            again=self._seen.get(piece.id) is Seen.OPEN,
            circle=self._circle(settled),
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    def _test_auditors(self) -> None:
        """Hold the answers about planted items against the known ones."""
        for planted in self._planted:
            known = next((audit for audit in planted if audit.auditor.startswith(SYSTEM)), None)
            for audit in planted:
                if known is not None and audit is not known:
                    self._trust.auditors.tested(audit.auditor, right=audit.passed == known.passed)

    def _every_look(self) -> Iterator[Looked]:
        return (look for looks in self._looks.values() for look in looks)

    def _read(self, case: Case) -> None:
        settled = settle(case, self._who, self._settings, self._until)
        work_class = case.item.work_class if case.item is not None else ""
        by_hand = sum((time.seconds for time in case.times if time.what == "hand" and time.measured), Decimal(0))
        hand = case.arm is not None and case.arm.arm == "hand"
        # What chance gave to the agents and somebody did by hand after all is no sample of anything: they chose it.
        sampled = hand or case.arm is None
        if by_hand and sampled and not (case.uses or case.claims):
            timing = Timing(work_class, case.times[0].person, float(by_hand) / _MINUTE, case.id)
            (self._timings.hold_out if hand else self._timings.history).append(timing)
            self._hand[work_class] += hand
        self._weeks.look(case, settled)
        self._search.case(case, settled)
        piece = self._piece(case, settled, work_class, hand=hand)
        if case.audits:
            self._note_looks(case, piece)
        self._pieces.append(piece)

    def _piece(self, case: Case, settled: Settled, work_class: str, *, hand: bool) -> Piece:
        given = [
            time.seconds
            for time in case.times
            # Whatever was done by hand on an item that an agent claims was rework.
            if time.measured and (time.what != "hand" or case.claims)
        ]
        calls = [call for use in case.uses for call in use.calls]
        return Piece(
            id=case.id,
            part_of=case.item.part_of if case.item is not None else "",
            work_class=work_class,
            settled=settled,
            given=float(sum(given, Decimal(0))) / _MINUTE,
            cost=nano(sum((use.cost for use in case.uses), Decimal(0))),
            unpriced=sum(call.cost is None for call in calls),
            lost=nano(sum((one.cost for one in case.reversals), Decimal(0))),
            hand=hand,
            month=self._months.setdefault(month := month_of(_begun(case, self._until)), month),
        )

    def _note_looks(self, case: Case, piece: Piece) -> None:
        settled = piece.settled
        planted = [audit for audit in case.audits if audit.planted]
        if planted:
            self._planted.append(planted)
        looks = [
            Looked(case.id, piece.work_class, settled.person, settled.verifier, settled, audit)
            for audit in case.audits
            if not audit.planted and may_look(audit, settled, self._who)
        ]
        # A look at what was refused, or counts for nothing anyway, says nothing about what does count.
        if looks and piece.counts:
            self._looks[case.id] = looks

    # --- adding up ----------------------------------------------------------------------------------------------------

    def _weigh(self, baselines: dict[str, Measured]) -> None:
        """Take note of what looks have made of each item."""
        for item, looks in self._looks.items():
            passed = sum(self._trust.auditors.weight(look.audit.auditor) for look in looks if look.audit.passed)
            failed = sum(self._trust.auditors.weight(look.audit.auditor) for look in looks if not look.audit.passed)
            self._seen[item] = seen(passed, failed)
        self._parts = Parts(self._pieces, {item for item, made in self._seen.items() if made is Seen.BAD})
        counted: set[tuple[str, str, str]] = set()
        for piece in self._pieces:
            circle = piece.settled.person, piece.settled.verifier
            if self._parts.cut(piece.id):
                # However many parts an item is cut into, it was accepted once.
                root = self._parts.root(piece.id)
                self._circles[circle] += (*circle, root) not in counted
                counted.add((*circle, root))
            else:
                self._circles[circle] += 1
        for piece in self._pieces:
            if piece.id in self._looks:
                self._learn(piece, self._looks[piece.id], baselines)

    def _learn(self, piece: Piece, looks: Sequence[Looked], baselines: dict[str, Measured]) -> None:
        """Take note of what looks at one item say of its claimant: a part of an item says a part as much."""
        made, person = self._seen[piece.id], piece.settled.person
        counted = self._parts.counted(piece, baselines)
        if made in (Seen.GOOD, Seen.BAD):
            circle = self._circle(piece.settled)
            self._trust.looked(person, circle, good=made is Seen.GOOD, part=counted.fraction)
        known = baselines.get(counted.work_class)
        minutes = [float(look.audit.minutes) for look in looks if look.audit.passed and look.audit.minutes is not None]
        if made is Seen.GOOD and minutes and known is not None and known.mean is not None:
            typical, part = median(minutes), counted.fraction
            self._trust.sized(person, typical, part * known.mean, small=typical < part * known.small)

    def _circle(self, settled: Settled) -> str:
        """The verifier, where they are a circle of their own."""
        often = self._circles[settled.person, settled.verifier] >= OFTEN
        return settled.verifier if often and not settled.verifier.startswith(SYSTEM) else ""

    def _add(self, piece: Piece, baseline: Measured, saved: dict[str, list[float]]) -> None:
        settled = piece.settled
        rate = float(self._settings.rate_of(settled.team).amount) / _MINUTE
        made = self._seen.get(piece.id, Seen.UNSEEN)
        looks = self._looks.get(piece.id, ()) if made is Seen.BAD else ()
        looking = float(sum((look.audit.seconds for look in looks), Decimal(0))) / _MINUTE
        value = self._value(piece, made, rate)
        for unit in self._units_of(settled.agent, settled.person, settled.team, piece.month):
            unit.items[settled.state] += piece.claimed
            unit.cost += piece.cost
            unit.unpriced += piece.unpriced
            unit.lost += piece.lost
            unit.review += round((piece.given + looking) * rate * NANO)
            if settled.pending:
                unit.pending += piece.cost
            elif settled.state is not State.VERIFIED:
                unit.waste += piece.cost
            if value is not None:
                unit.unknown += baseline.mean is None
                self._count(unit, piece, value, rate)
        if value is not None and baseline.mean is not None:
            saved[piece.work_class].append(value.minutes - piece.given)

    def _value(self, piece: Piece, made: Seen, rate: float) -> Value | None:
        """What a verified item adds; None for others."""
        if piece.hand or piece.settled.state is not State.VERIFIED:
            return None
        counted = self._parts.counted(piece, self._baselines)
        circle = self._circle(piece.settled)
        return value_of(piece.settled, counted, self._baselines, self._trust, made, circle, rate)

    def _count(self, unit: Unit, piece: Piece, value: Value, rate: float) -> None:
        """Add what a verified item adds to one unit."""
        unit.worth += round(value.minutes * rate * NANO) + value.money
        unit.saved[value.work_class] += value.part * rate
        unit.counted += value.claimed * rate
        unit.trusted += value.minutes * rate
        unit.doubts[piece.settled.person] += value.doubt * rate
        if self._parts.cut(piece.id):
            unit.together[self._parts.root(piece.id)] += value.alone * rate
        else:
            unit.apart += (value.alone * rate) ** 2

    def _read_loose(self, use: Use) -> None:
        self._search.loose(use)
        run = use.run
        person = self._who.behind(run.person or run.agent)
        team = self._who.team_of(run.agent) or self._who.team_of(person)
        cost = nano(use.cost)
        declared = self._explorations.covers(run, cost)
        unpriced = sum(call.cost is None for call in use.calls)
        recent = self._until - run.at < self._settings.expires
        self._loose.append(_Loose(run.agent, person, team, cost, unpriced, declared, recent, month_of(run.at)))

    def _add_loose(self) -> None:
        """Add the runs of no work item; explorations count as such up to their share of what the team spends."""
        spent: Counter[str] = Counter()
        for piece in self._pieces:
            spent[piece.settled.team] += piece.cost
        for one in self._loose:
            spent[one.team] += one.cost
        left = {team: int(cost * self._settings.exploration) for team, cost in spent.items()}
        for one in self._loose:
            explores = one.explores and one.cost <= left[one.team]
            left[one.team] -= one.cost if explores else 0
            for unit in self._units_of(one.agent, one.person, one.team, one.month):
                unit.cost += one.cost
                unit.unpriced += one.unpriced
                if explores:
                    unit.exploration += one.cost
                elif one.recent:
                    unit.pending += one.cost
                else:
                    unit.waste += one.cost

    def _units_of(self, agent: str, person: str, team: str, month: str) -> Iterator[Unit]:
        """Every unit that this counts for: of all of the time, and of its month."""
        if agent:
            self._team_of_agent.setdefault(agent, team)
        places: list[tuple[_Kind, str]] = [("organisation", ""), ("team", team), ("agent", agent), ("person", person)]
        for kind, name in places:
            for time in ("", month):
                unit = self._units[time, kind, name]
                if person:
                    unit.people.add(person)
                yield unit

    # --- telling ------------------------------------------------------------------------------------------------------

    def _told(self, baselines: dict[str, Measured], saved: dict[str, list[float]]) -> Assessment:
        errors = {name: one.error for name, one in baselines.items()}
        told: defaultdict[str, dict[tuple[str, str], Standing]] = defaultdict(dict)
        for (time, kind, name), unit in self._units.items():
            team = self._team_of_agent.get(name, "") if kind == "agent" else ""
            told[time][kind, name] = unit.standing(kind, name, team, errors)
        nothing = Unit().standing("organisation", "", "", errors)
        whole = _whole(told.pop("", {}), nothing)
        claimed = [piece for piece in self._pieces if piece.claimed]
        looked = sum(piece.id in self._looks for piece in claimed)
        return Assessment(
            since=self._record.since,
            until=self._until,
            organisation=whole.organisation,
            teams=whole.teams,
            agents=whole.agents,
            people=whole.people,
            months={month: _whole(standings, nothing) for month, standings in sorted(told.items())},
            baselines={name: one.shown(name) for name, one in baselines.items()},
            weeks=self._weeks.told(),
            audits=plan_of(len(claimed), looked, len({piece.settled.person for piece in claimed})),
            findings=self._findings(baselines),
            hold_out_cost=self._hold_out_cost(saved),
        )

    def _findings(self, baselines: dict[str, Measured]) -> tuple[WasteFinding, ...]:
        """What looks and detectors found, the dearest first."""
        looks = list(self._every_look())
        period = Period(self._record.since, self._until, self._who)
        found = [
            *audit_findings(
                self._pieces,
                looks,
                self._seen,
                self._trust,
                baselines,
                self._parts,
                self._timings,
                period,
                self._settings,
            ),
            *self._search.findings(period),
        ]
        return tuple(sorted(found, key=lambda one: (-one.cost.amount, one.id)))

    def _hold_out_cost(self, saved: dict[str, list[float]]) -> Money:
        """What leaving items to be done by hand cost: so many, times the minutes that an agent saves on one."""
        rate = self._settings.rate.amount / _MINUTE
        minutes = sum(
            count * max(0.0, sum(saved[name]) / len(saved[name]))
            for name, count in self._hand.items()
            if saved.get(name)
        )
        return Money((rate * Decimal(round(minutes, 6))).quantize(Decimal("0.000001")))


def _whole(standings: Mapping[tuple[str, str], Standing], nothing: Standing) -> Standings:
    """The standings of one time, by what they are of."""

    def named(wanted: str) -> dict[str, Standing]:
        return {name: one for (kind, name), one in standings.items() if kind == wanted and name}

    # What is known of nobody's team is one of the teams, so that the organisation is their sum.
    teams = {name: one for (kind, name), one in standings.items() if kind == "team"}
    return Standings(standings.get(("organisation", ""), nothing), teams, named("agent"), named("person"))


def _begun(case: Case, until: datetime) -> datetime:
    """When an item counts: when it was claimed first, else when an agent, or anybody, began with it."""
    claimed = min((claim.at for claim in case.claims), default=None)
    begun = claimed or min((use.run.at for use in case.uses), default=None)
    return begun or min((time.at for time in case.times), default=case.item.at if case.item is not None else until)
