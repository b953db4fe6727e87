"""Items that were cut into parts: all parts of one item together are worth what it is, whoever cut it how often.

Of an item of class C, in which somebody has claimed k pieces (the whole and its parts, and parts of parts) and others
have c more that count, each of their pieces counts as

    min( B(C) / (k + c),  B(class of the piece) )

B is a class's baseline. Summed over everybody's pieces that count this is at most B(C): somebody with k pieces of which
m count has m / (k + c) of it, k ≥ m, and the m of all of them add up to no more than m + c of any one. So:

- cutting an item never raises what it is worth, nor does calling the parts something that takes longer by hand;
- pieces that others claim and that count for nothing (asked for by themselves, refused, found bad) take nothing away
  from whoever did the work;
- one's own that are refused do: who does a part of an item has a part of its worth.

Where nothing is known of the whole, or its class has no baseline, the pieces' own stand in for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gainful.worth.baseline import Measured
from gainful.worth.piece import Piece


@dataclass(frozen=True, slots=True)
class Counted:
    """What a piece counts as: so much of the baseline of a class."""

    work_class: str
    fraction: float = 1.0


class Parts:
    """Which pieces belong together.

    Args:
        pieces: All items.
        bad: Items that looks have found to be bad.
    """

    def __init__(self, pieces: Sequence[Piece], bad: Collection[str] = ()) -> None:
        self._roots = _roots({piece.id: piece.part_of for piece in pieces if piece.part_of})
        self._cut = frozenset(self._roots.values())
        self._class: dict[str, str] = {}
        self._claimed: Counter[tuple[str, str]] = Counter()
        self._count: Counter[tuple[str, str]] = Counter()
        self._all: Counter[str] = Counter()
        if not self._cut:
            return
        for piece in pieces:
            root = self.root(piece.id)
            if root not in self._cut:
                continue
            if piece.id == root:
                self._class[root] = piece.work_class
            place = root, piece.settled.person
            self._claimed[place] += piece.claimed
            if piece.counts and piece.id not in bad:
                self._count[place] += 1
                self._all[root] += 1

    def root(self, item: str) -> str:
        """The item that this one was cut out of in the end; itself where it is whole."""
        return self._roots.get(item, item)

    def cut(self, item: str) -> bool:
        """Whether it is a part, or has parts."""
        return self.root(item) in self._cut

    def among(self, piece: Piece) -> int:
        """Among how many pieces the worth of its whole is divided, for whoever claims this one; 1 for a whole item."""
        root = self.root(piece.id)
        if root not in self._cut:
            return 1
        place = root, piece.settled.person
        return max(1, self._claimed[place] + self._all[root] - self._count[place])

    def counted(self, piece: Piece, baselines: Mapping[str, Measured]) -> Counted:
        """What it counts as."""
        among = self.among(piece)
        whole = self._class.get(self.root(piece.id), piece.work_class)
        own, other = baselines.get(piece.work_class), baselines.get(whole)
        if among == 1 and whole == piece.work_class:
            return Counted(whole)
        if own is None or own.mean is None or other is None or other.mean is None:
            return Counted(piece.work_class, 1 / among)
        return Counted(whole, 1 / among) if other.mean / among <= own.mean else Counted(piece.work_class)


def _roots(parents: Mapping[str, str]) -> dict[str, str]:
    """The root of every part. Where parts are said to be parts of each other, the first of them by name is the root."""
    found: dict[str, str] = {}
    for item in parents:
        path: dict[str, None] = {}
        one = item
        while one in parents and one not in found and one not in path:
            path[one] = None
            one = parents[one]
        root = found.get(one, one)
        if one in path:
            round_ = list(path)
            root = min(round_[round_.index(one) :])
        found.update(dict.fromkeys(path, root))
    return found
