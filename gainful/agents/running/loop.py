"""The loop of one run: tell what has happened, gather, ask the model, make its calls, until it has an answer.

    loop = Loop(brief, dialogue, door, listener, sleep)
    ended = loop.run()                # Ended("done", "The office is closed on Friday. [handbook](…)")

Every call and every turn goes through a door, which writes it down. A run that begins again after a crash walks the
same way, gets the recorded answers, and goes on where nothing is recorded: so the loop itself keeps nothing. Where a
person is asked it raises `Parked`, and is walked again once they have answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gainful.agents.file.gather import REPLY_TOOL, GatherCall
from gainful.agents.running import prompt
from gainful.agents.running.brief import Brief
from gainful.agents.running.compaction import compacted
from gainful.agents.running.tool_search import FIND, Shelf
from gainful.core.value import Json, uniform
from gainful.gate.dialogue import DialogueDoor, Turned, Unanswered
from gainful.gate.door import ToolDoor
from gainful.gate.model import NoBudget
from gainful.gate.outcome import Asked, Denied, Done, HeldBack, Outcome
from gainful.policy.decision import Verdict
from gainful.runs.parked import Parked
from gainful.sdk.dialogue import Exchange, Message, PersonSays, ToolSays, Turn, WantedCall

WAITS = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=20))
"""How long a model that did not answer is left alone before it is asked again, unless it says so itself."""

LONGEST_WAIT = timedelta(minutes=2)
TOO_MANY_TURNS = "It was not done after {0} answers of the model, which is all it may have."
EXCUSE = "I have no answer: {0}"
CUT = "\n\n[The answer reached its longest length and was cut.]"


class Listener(Protocol):
    """Told how a run goes, for people who look on. Told again what was told before when a run goes on after a crash."""

    @property
    def live(self) -> bool:
        """Whether somebody reads the model's words as they come; asking for them piece by piece costs more."""

    def text(self, piece: str) -> None:
        """The model has said this now."""

    def turned(self, turn: Turn, *, recorded: bool) -> None:
        """An answer of the model is complete."""

    def calling(self, tool: str, arguments: Mapping[str, Json]) -> None:
        """A call is about to be made."""

    def called(self, tool: str, outcome: Outcome) -> None:
        """A call has ended, or waits for a person."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Args:
        state: `done`; `failed` when there is no answer, and `text` then says why.
        answer: Whether the text went where it was to go; empty when it goes nowhere.
    """

    state: str
    text: str
    turns: int = 0
    calls: int = 0
    answer: str = ""

    def as_json(self) -> dict[str, Json]:
        """As the run's summary."""
        return {
            "state": self.state,
            "text": self.text,
            "turns": self.turns,
            "calls": self.calls,
            "answer": self.answer,
        }


class _NoAnswer(Exception):
    """The model gives no answer; says why."""


class Loop:
    """One run of one agent. Not to be shared between threads.

    Args:
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        brief: Brief,
        dialogue: DialogueDoor,
        door: ToolDoor,
        listener: Listener,
        sleep: Callable[[float], None],
    ) -> None:
        self._brief = brief
        self._dialogue = dialogue
        self._door = door
        self._listener = listener
        self._sleep = sleep
        self._shelf = Shelf(brief.tools)
        self._turns = 0
        self._calls = 0

    def run(self) -> Ended:
        """How it ended.

        Raises:
            Parked: It waits for a person.
            GainfulError: The doors cannot be used.
        """
        gathered = self.gather()
        try:
            text = self._talk(prompt.request(self._brief, gathered))
        except _NoAnswer as error:
            return self._excused(str(error))
        return self._answered(text)

    def gather(self) -> list[prompt.Gathered]:
        """Take note of what has happened, and make the calls that come before the model; what they answered.

        Raises:
            Parked: One of them waits for a person.
            GainfulError: The door cannot be used.
        """
        occurrence = self._brief.occurrence
        if occurrence.about:
            self._door.tell("told", uniform(dict(occurrence.about), occurrence.label))
        return [self._gathered(number, call) for number, call in enumerate(self._brief.gather, 1)]

    # --- talking ----------------------------------------------------------------------------------------------------

    def _gathered(self, number: int, call: GatherCall) -> prompt.Gathered:
        outcome = self._call(f"gather {number}", call.tool, call.arguments)
        return prompt.Gathered(call.tool, prompt.outcome_text(outcome, self._brief.bounds.answer_characters))

    def _talk(self, request: str) -> str:
        """The model's last word: the first answer in which it calls nothing.

        Raises:
            _NoAnswer: There is none.
        """
        messages: Sequence[Message] = (PersonSays(request),)
        while self._turns < self._brief.bounds.turns:
            self._turns += 1
            turn = self._turn(f"turn {self._turns}", messages)
            if not turn.calls:
                return turn.text + (CUT if turn.cut else "")
            answers = [self._tool_says(number, call) for number, call in enumerate(turn.calls, 1)]
            messages = compacted((*messages, turn.said, *answers), self._brief.bounds.context_octets)
        raise _NoAnswer(TOO_MANY_TURNS.format(self._brief.bounds.turns))

    def _turn(self, step: str, messages: Sequence[Message]) -> Turn:
        exchange = Exchange(
            prompt.instructions(self._brief, searchable=self._shelf.searchable),
            tuple(messages),
            self._shelf.offers(),
            self._brief.bounds.output_tokens,
        )
        for wait in (*WAITS, None):
            answer = self._dialogue.turn(step, exchange, self._listener.text if self._listener.live else None)
            if isinstance(answer, Turned):
                self._listener.turned(answer.turn, recorded=answer.recorded)
                return answer.turn
            if isinstance(answer, NoBudget) or not answer.again or wait is None:
                raise _NoAnswer(answer.reason)
            self._sleep(self._patience(answer, wait).total_seconds())
        raise AssertionError("the last wait is none")

    def _patience(self, answer: Unanswered, usual: timedelta) -> timedelta:
        if answer.wait is None:
            return usual
        if answer.wait > LONGEST_WAIT:
            raise _NoAnswer(answer.reason)
        return max(answer.wait, usual)

    # --- calling ----------------------------------------------------------------------------------------------------

    def _tool_says(self, number: int, call: WantedCall) -> ToolSays:
        return ToolSays(call.id, call.tool, self._result(f"turn {self._turns} call {number}", call))

    def _result(self, step: str, call: WantedCall) -> str:
        if call.tool == FIND and self._shelf.searchable:
            return self._shelf.find(call.arguments)
        if call.arguments is None:
            return "Denied: the arguments are no JSON object."
        outcome = self._call(step, call.tool, call.arguments)
        text = prompt.outcome_text(outcome, self._brief.bounds.answer_characters)
        if isinstance(outcome, Done) and outcome.arguments and dict(outcome.arguments) != dict(call.arguments):
            changed = prompt.readable(dict(outcome.arguments))
            return f"The person changed it before it happened, to: {changed}\n{text}"
        return text

    def _call(self, step: str, tool: str, arguments: Mapping[str, Json]) -> Outcome:
        self._calls += 1
        self._listener.calling(tool, arguments)
        outcome = self._door.call(step, tool, arguments)
        self._listener.called(tool, outcome)
        if isinstance(outcome, Asked):
            raise Parked(outcome.approval_id)
        return outcome

    # --- ending -----------------------------------------------------------------------------------------------------

    def _answered(self, text: str) -> Ended:
        tool = self._brief.answer_tool
        if not tool or not text.strip():
            return self._end("done", text)
        outcome = self._call("answer", tool, self._brief.answered(text))
        match outcome:
            case Done() | HeldBack():
                return self._end("done", text, "given")
            case Denied(reason):
                return self._end("failed", f"Its answer may not go there: {reason}", "denied")
        told = prompt.outcome_text(outcome, self._brief.bounds.answer_characters)
        return self._end("failed", told, "not given")

    def _excused(self, reason: str) -> Ended:
        """Tell whoever asked in chat that there is no answer, where that needs no approval, and end."""
        words = {"text": EXCUSE.format(reason)}
        if self._brief.answer_tool == REPLY_TOOL and self._door.foresee(REPLY_TOOL, words) is Verdict.ALLOW:
            self._call("excuse", REPLY_TOOL, words)
        return self._end("failed", reason)

    def _end(self, state: str, text: str, answer: str = "") -> Ended:
        return Ended(state, text, self._turns, self._calls, answer)
