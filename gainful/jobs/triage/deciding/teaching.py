"""Which mails to show a person who has a few minutes to teach: the uncertain ones, and some that seemed sure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from gainful.core.mail import Decision

AUDITED = 0.2
"""Share of a sitting that goes to mail that was decided."""


@dataclass(frozen=True, slots=True)
class Open:
    """A triaged mail about which the person has not spoken.

    Args:
        decision: What was decided at the time.
        judged: The person has judged other mail of its sender.
    """

    decision: Decision
    judged: bool


def worth_reviewing(mails: Sequence[Open], count: int, chance: random.Random) -> list[int]:
    """The indices of the mails that the person's word would teach most about.

    Most are undecided, the least certain first, since the model learns most from what it does not know. The others
    were decided, drawn by chance: without them nobody would ever see how often the sure ones are wrong, and no sender
    of bulk mail would be judged, which is what putting its mail away waits for. So among these, mail of senders never
    judged comes first.

    Args:
        mails: Those about which the person has not spoken.
        count: How many to show; fewer where there are fewer.
        chance: Draws among the decided ones.
    """
    undecided = sorted(
        (index for index, mail in enumerate(mails) if not mail.decision.labels),
        key=lambda index: mails[index].decision.probability,
    )
    decided = [index for index, mail in enumerate(mails) if mail.decision.labels]
    chance.shuffle(decided)
    decided.sort(key=lambda index: mails[index].judged)
    audited = min(len(decided), max(round(count * AUDITED), count - len(undecided)))
    return [*undecided[: count - audited], *decided[:audited]]
