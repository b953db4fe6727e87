"""What may be shown of groups, so that nobody's own numbers can be read off or worked out from what is shown.

Only one partition of the organisation is ever shown: by team, for whole weeks counted from one fixed day, and the
whole. There are no other filters; a question about any other group, or about part of a week, has no answer. Of that one
partition:

1. A team in which fewer than k people took part is not shown by itself. All such teams together are shown as one group,
   *other teams*.
2. If those together are fewer than k as well, the smallest team that would be shown joins them, and so on until they
   are k; where everybody together is fewer than k, nothing is shown.
3. Who belongs to *other teams* is settled once for a telling, from all of its time, and is the same for every figure,
   week and page of it.

Why differencing finds nothing: fix one telling. Every figure that is shown is a sum over one of the shown groups G₁ …
Gₘ or over all of them, and these groups are disjoint and of k people or more each (1–3). So every figure, and
everything that can be added or subtracted from figures, is a combination of whole groups: a sum over a set S of people
can be worked out only where S is a union of groups, with each group taken whole. A set of fewer than k people is none
of these.

Weeks are apart: what somebody did in one week is no part of another week's figures, so figures of several weeks are
combinations of whole groups too.

What is left: two tellings differ by what happened between them, which may be one person's work, and so do tellings of
overlapping times. So boards of teams are never those of the last telling, but for the platform's owner, who sees
everything: everybody else sees whole months that were published once, or sums of them. `gainful.worth.months` says how,
and why that tells nobody's own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OTHERS = "other teams"


@dataclass(frozen=True, slots=True)
class Groups:
    """Which groups are shown.

    Args:
        shown: Teams that stand by themselves.
        others: Teams that are shown as one; empty where every team stands by itself.
        nothing: Fewer than k people took part altogether.
    """

    shown: frozenset[str]
    others: frozenset[str]
    nothing: bool = False

    def group_of(self, team: str) -> str:
        """Under which name a team's figures are shown; empty where they are not shown at all."""
        if self.nothing:
            return ""
        return team if team in self.shown else OTHERS


def groups_of(people: Mapping[str, int], k: int) -> Groups:
    """The groups that are shown, from how many people took part in each team."""
    if sum(people.values()) < k:
        return Groups(frozenset(), frozenset(people), nothing=True)
    small = {team for team, count in people.items() if count < k}
    large = sorted((team for team in people if team not in small), key=lambda team: (people[team], team))
    while small and sum(people[team] for team in small) < k and large:
        small.add(large.pop(0))
    return Groups(frozenset(large), frozenset(small))
