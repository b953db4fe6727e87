"""A model that says what a file tells it to: agents can be tried, and shown, without a key, a network or a bill.

    - when: holiday                              # words of the request; without it, it fits any
      say: "The office is closed on Friday."
    - when: invoice
      calls: [{tool: files.read, with: {path: handbook/invoices.md}}]
      say: "Invoices go to the address in {answer}."

The first entry whose words stand in the request is played. With `calls` it calls those tools first, and says its text
once they have answered; `{answer}` stands for what they did. It is not clever, and is not meant to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gainful.core.errors import Broken, Invalid
from gainful.core.money import Tokens
from gainful.core.value import Json
from gainful.sdk.dialogue import Exchange, ModelSays, OnText, PersonSays, ToolSays, Turn, WantedCall
from gainful.sdk.grant import Grant

TOOL = "model.ask"
PREFIX = "scripted:"
OCTETS_A_TOKEN = 4
"""How its tokens are counted: roughly, and free."""

NOTHING = "The script has nothing to say to this."
LARGEST = 1_000_000


class ScriptInvalid(Invalid):
    """A scripted model's file is not there, or not as it should be."""

    code = "script-invalid"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said to a request.

    Args:
        when: Words, all of which stand in the request.
    """

    say: str
    when: str = ""
    calls: tuple[tuple[str, Mapping[str, Json]], ...] = ()

    def fits(self, request: str) -> bool:
        """Whether it is meant for this request."""
        return all(word in request.lower() for word in self.when.lower().split())


class ScriptedDialogue:
    """A `DialogueModel` that plays a file.

    Args:
        file: YAML as above.

    Raises:
        ScriptInvalid: It cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self.name = f"{PREFIX}{file.name}"
        self._entries = read_script(file)

    def size(self, exchange: Exchange) -> int:
        """Octets of what it is given."""
        return len(exchange.instructions.encode()) + sum(len(message.text.encode()) for message in exchange.messages)

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        """What the script says.

        Raises:
            Broken: The grant is for another tool.
        """
        if grant.tool != TOOL:
            raise Broken(f"A grant for '{grant.tool}' does not allow {TOOL}.", "Please report this.")
        request = "\n".join(message.text for message in exchange.messages if isinstance(message, PersonSays))
        entry = next((entry for entry in self._entries if entry.fits(request)), Entry(NOTHING))
        if entry.calls and not any(isinstance(message, ModelSays) for message in exchange.messages):
            calls = tuple(WantedCall(f"s{number}", *call) for number, call in enumerate(entry.calls, 1))
            return Turn("", calls, self._tokens(exchange, ""))
        answers = [message.text for message in exchange.messages if isinstance(message, ToolSays)]
        text = entry.say.replace("{answer}", "\n".join(answers))
        if on_text is not None:
            for piece in re.findall(r"\s*\S+\s*", text):
                on_text(piece)
        return Turn(text, tokens=self._tokens(exchange, text))

    def find(self, grant: Grant, exchange: Exchange) -> Turn | None:
        """The same answer again: nothing was sent, and nothing costs anything."""
        return self.answer(grant, exchange)

    def forget(self, key: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""

    def _tokens(self, exchange: Exchange, text: str) -> Tokens:
        return Tokens(fresh=-(-self.size(exchange) // OCTETS_A_TOKEN), output=-(-len(text.encode()) // OCTETS_A_TOKEN))


def read_script(file: Path) -> Sequence[Entry]:
    """The entries of a script.

    Raises:
        ScriptInvalid: It cannot be read, or the message names the entry that is wrong.
    """
    import yaml

    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
        content = yaml.safe_load(text[:LARGEST].decode())
    except OSError as error:
        raise ScriptInvalid(f"The script {file} cannot be read: {error.strerror}.", "Name one that is there.") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ScriptInvalid(f"The script {file} is not YAML: {reason}.", "Mend that line.") from None
    if len(text) > LARGEST or not isinstance(content, list):
        raise ScriptInvalid(f"The script {file} is no list of entries.", "Begin each with `- when:` or `- say:`.")
    return [_entry(file, number, item) for number, item in enumerate(content, 1)]


def _entry(file: Path, number: int, item: Any) -> Entry:
    try:
        unknown = sorted(set(item) - {"say", "when", "calls"})
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no word of a script")
        calls = tuple((str(call["tool"]), dict(call.get("with", {}))) for call in item.get("calls", ()))
        return Entry(str(item["say"]), str(item.get("when", "")), calls)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"it has no {error}" if isinstance(error, KeyError) else str(error)[:120]
        raise ScriptInvalid(
            f"Entry {number} of the script {file} cannot be used: {problem}.",
            "An entry has say, and may have when and calls.",
        ) from None
