"""A trial read for a person: what the agent would have done, and how its steps stand beside those that were recorded.

intended(replay)                          # the calls that were held back or refused
for pair in beside(then, tried, over=True):
    pair.said                             # "Asked about then; refused now."; empty where both are the same
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gainful.app.explaining.replay import ANSWER, WANTED, Frame, Part, Replay
from gainful.gate.call import State

VERDICTS = {"allow": "allowed", "ask": "asked about", "deny": "refused"}
OTHERWISE = {"model": "It answered otherwise.", "end": "It ended otherwise."}
NEW, GONE, PENDING = "It did not do this then.", "It did this then, and does not now.", "It has not come to this yet."


@dataclass(frozen=True, slots=True)
class Pair:
    """One step, as it was and as it would be.

    Args:
        said: What is different, in a sentence; empty where nothing is.
    """

    then: Frame | None
    now: Frame | None
    said: str


def intended(replay: Replay) -> list[Frame]:
    """The calls by which a trial would have changed something, or tried to: those that were not made."""
    return [frame for frame in replay.frames if frame.state in (State.HELD_BACK, State.DENIED)]


def verdict(frame: Frame) -> str:
    """What was decided about a call: `allow`, `ask` or `deny`; empty where nobody wrote it down, or for no call."""
    then = frame.judged[0].then if frame.judged else None
    return then.verdict if then is not None else ""


def beside(then: Replay | None, tried: Replay | None, *, over: bool) -> list[Pair]:
    """The steps of both, in order; each with what is different about it.

    Args:
        over: Whether nothing more will come of the trial.
    """
    before, now = _steps(then), _steps(tried)
    if then is None:
        return [Pair(None, frame, "") for frame in now]
    missing = GONE if over else PENDING
    return [Pair(*pair, _said(*pair, missing)) for pair in _aligned(before, now)]


def _steps(replay: Replay | None) -> list[Frame]:
    """The steps that say something of their own, each once."""
    frames = replay.frames if replay is not None else ()
    last = {part.text for frame in frames if frame.kind == "end" for part in frame.parts}
    # What it was told is the same by its making. What a model wanted are its calls, and its last words how it ended.
    return [
        frame
        for frame in frames
        if frame.kind != "told"
        and not (frame.kind == "model" and frame.parts and all(_is_told_elsewhere(part, last) for part in frame.parts))
    ]


def _is_told_elsewhere(part: Part, last: Collection[str]) -> bool:
    return part.what == WANTED or part.text in last


def _aligned(then: Sequence[Frame], now: Sequence[Frame]) -> Iterator[tuple[Frame | None, Frame | None]]:
    """Steps that are alike in every word first; between those, such of the same tool."""
    for old, new in _blocks(then, now, [_words(one) for one in then], [_words(one) for one in now]):
        for left, right in _blocks(old, new, [_kind(one) for one in old], [_kind(one) for one in new]):
            if [*map(_kind, left)] == [*map(_kind, right)]:
                yield from zip(left, right, strict=True)
            else:
                yield from ((frame, None) for frame in left)
                yield from ((None, frame) for frame in right)


def _blocks(
    then: Sequence[Frame], now: Sequence[Frame], old: Sequence[Hashable], new: Sequence[Hashable]
) -> Iterator[tuple[Sequence[Frame], Sequence[Frame]]]:
    for _tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield then[i1:i2], now[j1:j2]


def _kind(frame: Frame) -> Hashable:
    # A model is the model whatever its name, and an end an end.
    return frame.kind, frame.title if frame.kind == "call" else ""


def _words(frame: Frame) -> Hashable:
    return _kind(frame), tuple((part.what, part.text) for part in _own(frame))


def _own(frame: Frame) -> list[Part]:
    """The texts that the step itself chose."""
    return [part for part in frame.parts if part.what != ANSWER]


def _said(then: Frame | None, now: Frame | None, missing: str) -> str:
    if then is None:
        return NEW
    if now is None:
        return missing
    said = []
    before, after = verdict(then), verdict(now)
    if before and after and before != after:
        said.append(f"{VERDICTS.get(before, before).capitalize()} then; {VERDICTS.get(after, after)} now.")
    different = _different(then, now)
    if different == [ANSWER]:
        said.append("It read something else.")
    elif different:
        said.append(OTHERWISE.get(now.kind) or f"With another {' and another '.join(different)}.")
    return " ".join(said)


def _different(then: Frame, now: Frame) -> list[str]:
    """Names of the texts that are not the same. Where a call was not made, there is no answer to compare."""
    old, new = ({part.what: part.text for part in one.parts} for one in (then, now))
    if not then.state == now.state == State.DONE:
        old.pop(ANSWER, None)
        new.pop(ANSWER, None)
    names = [what for what in dict.fromkeys([*old, *new]) if old.get(what) != new.get(what)]
    # Without who has written it: "text (the model's words)".
    return [what.partition(" (")[0] for what in names]
