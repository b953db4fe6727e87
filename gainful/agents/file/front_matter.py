"""The YAML between two lines of hyphens at the head of a Markdown file, read so that nothing in it can surprise.

    ---
    name: handbook
    tools: [files.read]
    ---
    Answer from the handbook.

Of YAML there are records, lists, texts, whole numbers, decimals, `true`, `false` and `null`: no aliases, no tags, no
key twice, and neither `on` nor `20:00` is anything but a text. Each mistake is told with its line, and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from gainful.core.value import Json
from gainful.core.visible import hidden

if TYPE_CHECKING:
    import yaml

    Events = Iterator[yaml.Event]

Place = tuple[str | int, ...]
"""The names and numbers that lead to something: `("triggers", 0, "on")`."""

FENCE = "---"
LARGEST = 64 * 1024
"""Characters of the front matter."""

DEEPEST = 12
"""Lists and records in one another."""

MOST_PROBLEMS = 50
"""Mistakes after which a file is not read further."""

FURTHEST_LOOK = 200
"""Characters of a line that are looked at for the cause of a mistake."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file.

    Args:
        line: Counted from one; 0 where it is the whole file's.
        what: A clause: `'owner' is missing`.
        fix: A sentence that says what to write instead.
    """

    line: int
    what: str
    fix: str


class Unreadable(Exception):
    """The front matter cannot be read; says why. Whoever reads a kind of file makes an error of its own of it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.what)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands at the head of a file, and what stands below.

    Args:
        content: JSON.
        body: The text below, without empty lines around it.
        lines: Where each key and each item stands.
    """

    content: Mapping[str, Json]
    body: str
    lines: Mapping[Place, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be read of a text, and what cannot.

    Args:
        front: None where no keys can be read at all.
        body: The text below the keys.
        spoiled: Places whose value is not what somebody wanted to write there.
    """

    front: FrontMatter | None
    body: str
    problems: tuple[Problem, ...]
    spoiled: frozenset[Place] = frozenset()


def read_front_matter(text: str) -> FrontMatter:
    """The front matter and the body of a text.

    Raises:
        Unreadable: It has none, or none that is as described above.
    """
    looked = look_at_front_matter(text)
    if looked.problems or looked.front is None:
        raise Unreadable(looked.problems[0])
    return looked.front


def look_at_front_matter(text: str) -> Looked:
    """The front matter and the body of a text as far as they can be read, with everything that is wrong with them.

    Raises:
        Unreadable: It has no front matter.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise Unreadable(
            Problem(1, "it does not begin with a line of three hyphens", f"Write {FENCE} there, the keys below it.")
        )
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), 0)
    if not end:
        raise Unreadable(Problem(1, "the keys that begin here do not end", f"Write a line of {FENCE} after the last."))
    head = "\n".join(lines[1:end]) + "\n"
    if len(head) > LARGEST:
        raise Unreadable(Problem(1, f"its keys have {len(head):,} characters", f"Say it in {LARGEST:,}."))
    body = "\n".join(lines[end + 1 :]).strip()
    unseen = {problem.line: problem for problem in islice(_unseen(lines), MOST_PROBLEMS)}
    reader = _Reader(head)
    try:
        front = FrontMatter(reader.read(), body, reader.lines)
    except Unreadable as error:
        # What cannot be seen may be why the line cannot be read.
        found = [*unseen.values(), *reader.problems, *([error.problem] if error.problem.line not in unseen else [])]
        return Looked(None, body, tuple(found))
    spoiled = {place for place, line in reader.lines.items() if line in unseen}
    return Looked(front, body, (*unseen.values(), *reader.problems), frozenset({*reader.spoiled, *spoiled}))


def line_of(lines: Mapping[Place, int], place: Sequence[str | int]) -> int:
    """The line of the key or item at this place, or of what is nearest around it; 1 where nothing is."""
    return lines.get(known_place(lines, place), 1)


def known_place(lines: Mapping[Place, int], place: Sequence[str | int]) -> Place:
    """The parts of the place that stand in the file: a checker may have put others between them."""
    found: Place = ()
    for part in place:
        if (*found, part) in lines:
            found = (*found, part)
    return found


def _unseen(lines: Sequence[str]) -> Iterator[Problem]:
    """What an owner's eyes cannot see is not their word."""
    for number, line in enumerate(lines, 1):
        names = hidden(line)
        if names:
            yield Problem(number, f"it holds characters that do not show: {', '.join(names[:3])}", "Take them out.")


# --- reading YAML ----------------------------------------------------------------------------------------------------

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
_WORDS: Mapping[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Reader:
    """Reads one YAML document event by event: nothing is built that was not looked at.

    Args:
        text: Its first line is the second of the file.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.spoiled: set[Place] = set()
        self._rows = text.split("\n")

    def read(self) -> dict[str, Json]:
        import yaml

        try:
            events = iter(yaml.parse("\n".join(self._rows), Loader=yaml.SafeLoader))
            content = self._document(events)
        except yaml.reader.ReaderError as error:
            row = "\n".join(self._rows)[: error.position].count("\n")
            raise Unreadable(Problem(row + 2, "it holds a character that no text has", "Take it out.")) from None
        except yaml.MarkedYAMLError as error:
            raise Unreadable(self._explained(error)) from None
        if not isinstance(content, dict):
            raise Unreadable(Problem(2, "what stands between the hyphens is no list of keys", "Write `name: …` there."))
        return content

    def _document(self, events: Events) -> Json:
        import yaml

        content: Json = {}
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and event.explicit:
                raise self._wrong(event, "a second document begins", "Keep one.")
            if isinstance(event, yaml.NodeEvent):
                content = self._node(event, events, (), 0)
        return content

    def _node(self, event: yaml.Event, events: Events, place: Place, depth: int) -> Json:
        import yaml

        for problem in self._not_plain(event):
            self._go_on_after(problem)
        if isinstance(event, yaml.AliasEvent):
            self.spoiled.add(place)
            return None
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _scalar(event.value)
        if depth >= DEEPEST:
            raise self._wrong(event, f"there are more than {DEEPEST} lists or records in one another", "Use fewer.")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, place, depth)
        return self._record(events, place, depth)

    def _list(self, events: Events, place: Place, depth: int) -> list[Json]:
        import yaml

        items: list[Json] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            where = (*place, len(items))
            self.lines[where] = _line(event)
            items.append(self._node(event, events, where, depth + 1))
        return items

    def _record(self, events: Events, place: Place, depth: int) -> dict[str, Json]:
        import yaml

        fields: dict[str, Json] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            for problem in self._not_plain(event):
                raise Unreadable(problem)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._wrong(event, "a list or a record stands where a key belongs", "Put it in quotes.")
            # A key is a text, whatever it looks like: to YAML of old, `on` is a truth value.
            where = (*place, event.value)
            if event.value in fields:
                what = f"'{event.value[:60]}' stands here and in line {self.lines[where]}"
                self._go_on_after(Problem(_line(event), what, "Keep one of them."))
                self._pass_over(events, depth)
                continue
            self.lines[where] = _line(event)
            fields[event.value] = self._node(next(events), events, where, depth + 1)
        return fields

    def _pass_over(self, events: Events, depth: int) -> None:
        """Read a value whose key stands there already, and keep nothing of it."""
        lines, spoiled = dict(self.lines), set(self.spoiled)
        self._node(next(events), events, (), depth + 1)
        self.lines, self.spoiled = lines, spoiled

    def _go_on_after(self, problem: Problem) -> None:
        """Keep a problem that leaves the rest readable. After too many of them, that is the end."""
        if len(self.problems) >= MOST_PROBLEMS:
            raise Unreadable(problem)
        self.problems.append(problem)

    def _not_plain(self, event: yaml.Event) -> Iterator[Problem]:
        import yaml

        if isinstance(event, yaml.AliasEvent):
            yield Problem(_line(event), "what begins with * is an alias, and those are not read", _QUOTE)
            return
        if getattr(event, "anchor", None):
            yield Problem(_line(event), "what begins with & is an anchor, and those are not read", _QUOTE)
        if getattr(event, "tag", None):
            yield Problem(_line(event), "what begins with ! is a tag, and those are not read", _QUOTE)

    def _wrong(self, event: yaml.Event, what: str, fix: str) -> Unreadable:
        return Unreadable(Problem(_line(event), what, fix))

    # --- what went wrong ------------------------------------------------------------------------------------------

    def _explained(self, error: yaml.MarkedYAMLError) -> Problem:
        """A finding of the YAML library in words that say what to do."""
        begun = error.context_mark.line if error.context_mark is not None else 0
        row = error.problem_mark.line if error.problem_mark is not None else begun
        context, problem = error.context or "", error.problem or ""
        tab = self._tab(row)
        if tab is not None:
            return Problem(tab + 2, "it holds a tab, and YAML takes none", "Write spaces in its place.")
        if "alias" in context or "anchor" in context:
            return Problem(row + 2, "a value begins with * or &, which mean something else in YAML", _QUOTE)
        if "cannot start any token" in problem:
            sign = problem.partition("character ")[2][:3]
            return Problem(row + 2, f"nothing can begin with {sign} in YAML", _QUOTE)
        if "quoted scalar" in context:
            return Problem(begun + 2, "a quotation mark is opened and not closed", "Close it on the same line.")
        if "flow" in context:
            opened = next((above for above in range(begun, -1, -1) if _BRACKET.search(self._rows[above])), begun)
            return Problem(opened + 2, "a bracket is opened and not closed", f"Close it. {_COMMENT}")
        if "mapping values are not allowed" in problem:
            return self._colon(row)
        if "could not find expected ':'" in problem:
            return Problem(begun + 2, "it has no colon", "Write `key: value`.")
        if "expected <block end>" in problem:
            return Problem(row + 2, "it is not indented like the lines around it", "Let it begin where they do.")
        told = " ".join(f"{context} {problem}".split())[:FURTHEST_LOOK]
        return Problem(row + 2, f"it is no YAML ({told})", _QUOTE)

    def _colon(self, row: int) -> Problem:
        """Why a colon is not where it may be: the line above has none, is indented otherwise, or it is in a text."""
        above = self._rows[row - 1] if row else ""
        if above.strip() and ":" not in above and not above.lstrip().startswith(("#", "-")):
            return Problem(row + 1, "it has no colon", "Write `key: value`.")
        if above.strip() and _indent(self._rows[row]) > _indent(above):
            return Problem(row + 2, "it is indented, and the line above ends its value", "Let it begin further left.")
        return Problem(row + 2, "there is a colon too much", 'Put a text that holds one in quotes: "One: two".')

    def _tab(self, row: int) -> int | None:
        """The row with a tab in front of its text, if it is this one or the one above."""
        for near in (row, row - 1):
            if 0 <= near < len(self._rows) and _TAB.match(self._rows[near][:FURTHEST_LOOK]):
                return near
        return None


_QUOTE = "Put the value in quotes."
_COMMENT = "A # begins a comment: put what holds one in quotes."
_BRACKET = re.compile(r"[\[{]")
_TAB = re.compile(r"\s*(?:- *)*(?:[\w.-]+: *)?\t")


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 2 if event.start_mark is not None else 2


def _scalar(text: str) -> Json:
    """What a text without quotes stands for. A number that was written with a 0 in front is a text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
