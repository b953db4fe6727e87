"""Findings that follow from second looks and from who verified what.

An accusing pattern is none before looks bear it out: two people who verify each other's work may be a good team of two.
So everything that says that claims were not real needs bad items, each of which two auditors found bad, beyond what
careful auditors get wrong by chance: with n items and f bad ones, P(X ≥ f) < 1/2000 for X binomial with `_ERROR`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gainful.core.fact import Audit
from gainful.core.money import Money
from gainful.worth.baseline import Measured, Timings, far_above
from gainful.worth.finding import Fix, Remedy, WasteFinding
from gainful.worth.parts import Parts
from gainful.worth.piece import Piece
from gainful.worth.settings import WorthSettings
from gainful.worth.settling import Settled, State
from gainful.worth.trust import Seen, Trust, by_chance
from gainful.worth.waste.detector import Period

_ERROR = 0.01
"""Part of good items that two auditors find bad: each errs with some percent, and not by themselves alone."""
_CHANCE = 1 / 2000
_SMALL = 3
_TRIVIAL = 0.65
"""All of somebody's items together are at most so large, as a part of their baselines."""
_LEAST = 5
_SHARE = 0.2
_MUTUAL = 0.5
_PARTS = 3
_SHOWN = 100
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that counts."""

    item: str
    work_class: str
    person: str
    verifier: str
    settled: Settled
    audit: Audit


def audit_findings(
    pieces: Sequence[Piece],
    looks: Sequence[Looked],
    made: Mapping[str, Seen],
    trust: Trust,
    baselines: Mapping[str, Measured],
    parts: Parts,
    timings: Timings,
    period: Period,
    settings: WorthSettings,
) -> tuple[WasteFinding, ...]:
    """All of them, the dearest first."""
    mine: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.settled.state is not State.EXPECTED and piece.settled.person:
            mine[piece.settled.person].append(piece)
    finder = _Finder(mine, looks, made, trust, baselines, period, settings)
    found = [*finder.not_borne_out(), *finder.trivial(), *finder.own_word(), *finder.cut(parts), *finder.slow(timings)]
    return tuple(sorted(found, key=lambda one: (-one.cost.amount, one.id)))


class _Finder:
    """Looks through one organisation's claims."""

    def __init__(
        self,
        mine: Mapping[str, Sequence[Piece]],
        looks: Sequence[Looked],
        made: Mapping[str, Seen],
        trust: Trust,
        baselines: Mapping[str, Measured],
        period: Period,
        settings: WorthSettings,
    ) -> None:
        self._mine = mine
        self._trust = trust
        self._baselines = baselines
        self._period = period
        self._settings = settings
        self._looks: defaultdict[str, list[Looked]] = defaultdict(list)
        for look in {look.item: look for look in looks if made.get(look.item) in (Seen.GOOD, Seen.BAD)}.values():
            self._looks[look.person].append(look)
        self._seen = made
        self._verified = Counter(
            (person, piece.settled.verifier) for person, own in mine.items() for piece in own if piece.settled.verifier
        )

    def not_borne_out(self) -> Iterator[WasteFinding]:
        """Claims that second looks did not find to be real."""
        for person, looks in sorted(self._looks.items()):
            failed = [look for look in looks if self._seen[look.item] is Seen.BAD]
            chance = by_chance(len(looks), len(failed), _ERROR)
            if len(failed) < 2 or chance >= _CHANCE:
                continue
            share = len(failed) / len(looks)
            mutual = sum(self._verified[look.verifier, person] > 0 for look in failed) / len(failed)
            closed = mutual >= _MUTUAL
            proof = (
                f"{len(failed)} of {len(looks)} claims that people outside looked at were not borne out, each by the "
                f"word of two; their mistakes explain that with a chance of {chance:.1e}."
            )
            if closed:
                proof += f" {mutual:.0%} of them were accepted by people whose own claims the claimant accepts."
            kind = "closed-circle" if closed else "unborne-claims"
            dollars = self._claimed(person) * share
            yield self._finding(kind, failed[0].settled, dollars, proof, Remedy.ASK_ANOTHER, failed)

    def trivial(self) -> Iterator[WasteFinding]:
        """Items that are far smaller than their class."""
        for person, looks in sorted(self._looks.items()):
            small = [
                look
                for look in looks
                if look.audit.passed
                and look.audit.minutes is not None
                and float(look.audit.minutes) < self._small(look)
            ]
            honest = self._trust.honesty(person)
            if len(small) < _SMALL or honest > _TRIVIAL or self._trust.small_by_chance(person) >= _CHANCE:
                continue
            proof = (
                f"{len(small)} of {len(looks)} items that people outside looked at take less by hand than nineteen of "
                f"twenty of their class; all of them together {honest:.0%} of what their class takes."
            )
            dollars = self._claimed(person) * (1 - honest)
            yield self._finding("trivial-outcomes", small[0].settled, dollars, proof, Remedy.LOOK, small)

    def _small(self, look: Looked) -> float:
        known = self._baselines.get(look.work_class)
        return known.small if known is not None else 0.0

    def own_word(self) -> Iterator[WasteFinding]:
        """Claims that were accepted by the claimant's own side alone."""
        for _person, own in sorted(self._mine.items()):
            found = [piece for piece in own if piece.settled.own_word or piece.settled.asked_by_itself]
            if len(found) < _LEAST or len(found) < _SHARE * len(own):
                continue
            word = sum(piece.settled.own_word for piece in found)
            proof = (
                f"Of {len(own)} claimed items, {len(found)} were asked for by the claimant's own side, and {word} were "
                "accepted by it alone. They count for nothing."
            )
            yield self._of_pieces("own-approval", found, proof, Remedy.ASK_ANOTHER)

    def cut(self, parts: Parts) -> Iterator[WasteFinding]:
        """Items that were cut into many."""
        for _person, own in sorted(self._mine.items()):
            roots: defaultdict[str, list[Piece]] = defaultdict(list)
            for piece in own:
                roots[parts.root(piece.id)].append(piece)
            cut = [pieces for pieces in roots.values() if len(pieces) >= _PARTS]
            if len(cut) < _PARTS:
                continue
            found = [piece for pieces in cut for piece in pieces]
            proof = f"{len(cut)} items were claimed in {len(found)} parts. All parts of one are worth what the one is."
            yield self._of_pieces("split-outcome", found, proof, Remedy.MERGE)

    def slow(self, timings: Timings) -> Iterator[WasteFinding]:
        """Times by hand that lie far above those of others."""
        far = far_above(timings.hold_out)
        teams = self._period.who
        for person in sorted(far):
            own = [one for one in timings.hold_out if one.person == person]
            proof = (
                f"{len(own)} items that were done by hand took far longer than others of their classes took others. "
                "The baselines leave them out."
            )
            yield WasteFinding(
                kind="inflated-baseline",
                agent="",
                team=teams.team_of(person),
                cost=Money(0),
                confidence=0.9,
                proof=proof,
                fix=Fix(Remedy.LOOK, teams.team_of(person)),
                since=self._period.since,
                until=self._period.until,
                seconds=Decimal(round(60 * sum(one.minutes for one in own))),
                items=tuple(one.item for one in own[:_SHOWN]),
            )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _claimed(self, person: str) -> float:
        """Dollars that the verified and accepted items of a claimant claim to be worth."""
        wanted = (State.ACCEPTED, State.VERIFIED)
        return sum(self._value(piece) for piece in self._mine.get(person, ()) if piece.settled.state in wanted)

    def _value(self, piece: Piece) -> float:
        """Dollars that an item claims to be worth."""
        known = self._baselines.get(piece.work_class)
        minutes = known.mean if known is not None and known.mean is not None else 0.0
        return minutes * float(self._settings.rate_of(piece.settled.team).amount) / 60

    def _of_pieces(self, kind: str, found: Sequence[Piece], proof: str, remedy: Remedy) -> WasteFinding:
        cost = Decimal(sum(piece.cost for piece in found)) / _NANO
        return self._made(kind, found[0].settled, cost, 0.95, proof, remedy, [piece.id for piece in found])

    def _finding(
        self, kind: str, whose: Settled, dollars: float, proof: str, remedy: Remedy, looks: Sequence[Looked]
    ) -> WasteFinding:
        items = [look.item for look in looks]
        return self._made(kind, whose, Decimal(round(dollars, 2)), 0.98, proof, remedy, items)

    def _made(
        self, kind: str, whose: Settled, cost: Decimal, sure: float, proof: str, remedy: Remedy, items: Sequence[str]
    ) -> WasteFinding:
        return WasteFinding(
            kind=kind,
            agent=whose.agent,
            team=whose.team,
            cost=Money(cost),
            confidence=sure,
            proof=proof,
            fix=Fix(remedy, whose.agent or whose.team),
            since=self._period.since,
            until=self._period.until,
            items=tuple(items[:_SHOWN]),
        )
