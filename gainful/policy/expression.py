"""Expressions of a plan: a small part of Python's, interpreted over labelled values and never executed as Python.

    max(files, key=lambda f: f.size).id
    [e.email for e in contacts if e.name == 'Ada Example']
    later(only(events).start, hours=1)

A value that an expression makes carries the join of what it was made from. Choosing counts: the largest of some files
is influenced by every size. One influence is waived: `only([...])` of things that are told apart by constants, that is
by the person's own words, since a second object that a stranger plants under the same name does not win, it makes the
choice unclear, and then the person is asked. What is compared with the constant must be the thing's own.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from gainful.core.errors import Invalid
from gainful.core.label import CONSTANT, TYPED, Label, join, join_all
from gainful.core.value import Json, Value, leaf, uniform
from gainful.policy import functions
from gainful.policy.choice import chosen_by_constants
from gainful.policy.functions import Open, PlanUnclear

LONGEST = 4_000
"""Characters of one expression."""

DEEPEST = 60
"""Nodes in one another."""

MOST_WORK = 200_000
"""Nodes visited in one evaluation, long values counted by their length; a plan that needs more is no plan."""

_CHARACTERS = 1_000
_PARTS = 10
"""How much of a text or a list is worth the work of one node."""

_ALLOWED = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Subscript, ast.JoinedStr),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.FormattedValue),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div),
    *(ast.IfExp, ast.List, ast.Tuple, ast.Dict, ast.ListComp, ast.GeneratorExp, ast.comprehension),
    *(ast.Call, ast.keyword, ast.Lambda, ast.arguments, ast.arg),
)

_COMPARE: Mapping[type[ast.cmpop], Callable[[Json, Json], bool]] = {
    ast.Eq: functions.equal,
    ast.NotEq: lambda one, other: not functions.equal(one, other),
    ast.Lt: lambda one, other: one < other,
    ast.LtE: lambda one, other: one <= other,
    ast.Gt: lambda one, other: one > other,
    ast.GtE: lambda one, other: one >= other,
    ast.In: lambda one, other: functions.within(one, other),
    ast.NotIn: lambda one, other: not functions.within(one, other),
}

_COMBINE: Mapping[type[ast.operator], Callable[[Json, Json], Json]] = {
    ast.Add: functions.added,
    ast.Sub: functions.subtracted,
    ast.Mult: functions.multiplied,
    ast.Div: functions.divided,
}


class PlanInvalid(Invalid):
    """A plan that cannot be read: an expression with what is not allowed in one, an unknown name, a missing step."""

    code = "plan-invalid"


class NotYet(Exception):
    """A step's result is asked for that is not there yet."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, checked when it was read."""

    text: str
    tree: ast.expr

    @property
    def names(self) -> frozenset[str]:
        """Every name in it."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    @property
    def own_names(self) -> frozenset[str]:
        """The names that it brings itself: loop variables and functions."""
        loops = {
            node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        lambdas = {node.arg for node in ast.walk(self.tree) if isinstance(node, ast.arg)}
        return frozenset(loops | lambdas) | functions.NAMES


def read(text: str) -> Expression:
    """The expression of this text.

    Raises:
        PlanInvalid: It is no expression, or uses something that plans may not.
    """
    if len(text) > LONGEST:
        raise PlanInvalid(f"An expression has {len(text)} characters.", f"Split the step; {LONGEST} is the most.")
    try:
        with warnings.catch_warnings():
            # Python warns of what it means to change in its own language.
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise PlanInvalid(f"'{_short(text)}' is no expression.", "Write it as docs/reference/plans.md shows.") from None
    if _too_deep(tree):
        raise PlanInvalid(f"'{_short(text)}' is nested too deep.", "Split the step.")
    keys = {
        id(word.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "key"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and id(node) not in keys:
            raise PlanInvalid(f"'{_short(text)}' has a lambda.", "A lambda stands behind key= alone.")
        _check(node, text)
    return Expression(text.strip(), tree.body)


def _too_deep(tree: ast.AST) -> bool:
    """Whether it is nested deeper than an evaluation may go; found out without going there."""
    level, depth = [tree], 0
    while level and depth <= DEEPEST:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return bool(level)


class Work:
    """How much may still be looked at; several evaluations may share one."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self._left = left

    def take(self, nodes: int) -> None:
        """Raises `PlanUnclear` when it is used up."""
        self._left -= nodes
        if self._left < 0:
            raise PlanUnclear("the plan asks for too much work")


def evaluate(expression: Expression, names: Mapping[str, Value], work: Work | None = None) -> Value:
    """What the expression comes to, with its label and its text as derivation.

    Args:
        work: What it may use up; `MOST_WORK` of its own without one.

    Raises:
        NotYet: A name has no value yet.
        PlanUnclear: The values do not settle it: no such object, or several.
    """
    try:
        found = _Evaluation(work or Work()).value(expression.tree, names)
    except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise PlanUnclear(f"{_short(expression.text)} cannot be settled: {_reason(error)}") from error
    if isinstance(expression.tree, ast.Constant):
        return found
    return Value(found.data, found.label, found.items, found.fields, expression.text)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError | IndexError):
        return f"there is no {error.args[0] if error.args else 'such part'}"[:200]
    return str(error)[:200] or type(error).__name__


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119]}…"


def _check(node: ast.AST, text: str) -> None:
    """Raises for everything that a plan may not use."""
    problem = _problem(node)
    if problem:
        raise PlanInvalid(f"'{_short(text)}' uses {problem}.", "Write it as docs/reference/plans.md shows.")


def _problem(node: ast.AST) -> str:
    match node:
        case ast.Attribute(attr=name) if name.startswith("__"):
            return name
        case ast.Constant(value=value) if not isinstance(value, str | int | float | bool | None):
            return f"a constant of type {type(value).__name__}"
        case ast.Call(func=function) if not (isinstance(function, ast.Name) and function.id in functions.NAMES):
            return f"a call of {ast.unparse(function)}"
        case ast.comprehension(target=target, is_async=is_async) if is_async or not isinstance(target, ast.Name):
            return "a loop over more than one name"
        case ast.keyword(arg=None):
            return "**"
        case ast.Dict(keys=keys) if not all(isinstance(key, ast.Constant) for key in keys):
            # A name that a stranger chose would decide which part is found, and leave no trace on it.
            return "a record with a name that is no constant"
        case ast.FormattedValue(conversion=conversion, format_spec=form) if conversion != -1 or form is not None:
            return "a format"
        case ast.Lambda(args=names) if not _is_one_name(names):
            return "a lambda of another than one name"
        case ast.Constant(value=float(value)) if not math.isfinite(value):
            return "a number without end"
    return "" if isinstance(node, _ALLOWED) else type(node).__name__.lower()


def _is_one_name(names: ast.arguments) -> bool:
    rest = [*names.posonlyargs, *names.kwonlyargs, *names.defaults, *filter(None, [names.vararg, names.kwarg])]
    return len(names.args) == 1 and not rest


def _size(value: Value) -> int:
    """What a value costs to look at, beyond the one step for its being there."""
    if isinstance(value.data, str):
        return len(value.data) // _CHARACTERS
    return len(value.items or value.fields or ()) // _PARTS


class _Evaluation:
    """One evaluation, with a bound on its work."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def value(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        method = getattr(self, f"_{type(node).__name__.lower()}")
        found: Value = method(node, names)
        self._work.take(1 + _size(found))
        return found

    def _constant(self, node: ast.Constant, names: Mapping[str, Value]) -> Value:  # noqa: ARG002 -- the shape of all
        # The plan was written from what the person said: its constants are theirs.
        return leaf(node.value, TYPED if node.value is not None else CONSTANT, "you")

    def _name(self, node: ast.Name, names: Mapping[str, Value]) -> Value:
        if node.id not in names:
            raise NotYet(node.id)
        return names[node.id]

    def _attribute(self, node: ast.Attribute, names: Mapping[str, Value]) -> Value:
        return functions.part(self.value(node.value, names), node.attr)

    def _subscript(self, node: ast.Subscript, names: Mapping[str, Value]) -> Value:
        key = self.value(node.slice, names)
        return functions.influenced(functions.part(self.value(node.value, names), functions.key_of(key)), key.whole)

    def _compare(self, node: ast.Compare, names: Mapping[str, Value]) -> Value:
        sides = [self.value(side, names) for side in [node.left, *node.comparators]]
        label = join_all(side.whole for side in sides)
        if any(functions.is_open(side) for side in sides):
            return leaf(Open("bool"), label)
        self._work.take(sum(len(side.items or side.fields or ()) for side in sides))
        plain = [side.plain for side in sides]
        holds = all(_COMPARE[type(op)](*pair) for pair, op in zip(pairwise(plain), node.ops, strict=True))
        return leaf(holds, label)

    def _boolop(self, node: ast.BoolOp, names: Mapping[str, Value]) -> Value:
        stop = isinstance(node.op, ast.Or)
        label = CONSTANT
        for operand in node.values:
            found = self.value(operand, names)
            label = join(label, found.whole)
            if functions.truth(found) is stop:
                return leaf(stop, label)
        return leaf(not stop, label)

    def _unaryop(self, node: ast.UnaryOp, names: Mapping[str, Value]) -> Value:
        found = self.value(node.operand, names)
        if isinstance(node.op, ast.Not):
            return leaf(not functions.truth(found), found.whole)
        return functions.lifted(lambda one: functions.multiplied(-1, one), found)

    def _binop(self, node: ast.BinOp, names: Mapping[str, Value]) -> Value:
        one, other = self.value(node.left, names), self.value(node.right, names)
        if one.items is not None and other.items is not None and isinstance(node.op, ast.Add):
            return Value(None, join(one.label, other.label), items=(*one.items, *other.items))
        return functions.lifted(_COMBINE[type(node.op)], one, other)

    def _ifexp(self, node: ast.IfExp, names: Mapping[str, Value]) -> Value:
        test = self.value(node.test, names)
        chosen = node.body if functions.truth(test) else node.orelse
        return functions.influenced(self.value(chosen, names), test.whole)

    def _list(self, node: ast.List | ast.Tuple, names: Mapping[str, Value]) -> Value:
        return Value(None, CONSTANT, items=tuple(self.value(item, names) for item in node.elts))

    _tuple = _list

    def _dict(self, node: ast.Dict, names: Mapping[str, Value]) -> Value:
        keys = [functions.key_of(self.value(key, names)) for key in node.keys if key is not None]
        parts = [self.value(part, names) for part in node.values]
        return Value(None, CONSTANT, fields={str(key): part for key, part in zip(keys, parts, strict=True)})

    def _joinedstr(self, node: ast.JoinedStr, names: Mapping[str, Value]) -> Value:
        return functions.lifted(lambda *parts: functions.joined("", parts), *self._all(node.values, names))

    def _formattedvalue(self, node: ast.FormattedValue, names: Mapping[str, Value]) -> Value:
        return self.value(node.value, names)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp, names: Mapping[str, Value]) -> Value:
        sources, tests, items = self._loop(node.elt, node.generators, names)
        return Value(None, join(sources, tests), items=tuple(items))

    _generatorexp = _listcomp

    def _loop(
        self, element: ast.expr, generators: list[ast.comprehension], names: Mapping[str, Value]
    ) -> tuple[Label, Label, list[Value]]:
        """The labels of what is gone through and of the conditions, and what is left."""
        if not generators:
            return CONSTANT, CONSTANT, [self.value(element, names)]
        first, *rest = generators
        source = self.value(first.iter, names)
        if isinstance(source.data, Open):
            raise PlanUnclear(f"{_short(ast.unparse(first.iter))} is not known beforehand")
        sources, found = [source.label], []
        conditions: list[Label] = []
        for item in functions.items_of(source):
            # `_check` has seen to it that the target is a name.
            inner = {**names, first.target.id: functions.influenced(item, source.label)}  # type: ignore[attr-defined]
            tests = [self.value(test, inner) for test in first.ifs]
            conditions.extend(test.whole for test in tests)
            if all(functions.truth(test) for test in tests):
                inner_sources, inner_tests, items = self._loop(element, rest, inner)
                sources.append(inner_sources)
                conditions.append(inner_tests)
                found.extend(items)
        return join_all(sources), join_all(conditions), found

    def _only(self, node: ast.ListComp | ast.GeneratorExp, names: Mapping[str, Value]) -> Value:
        """What the person's own words tell apart: its conditions leave no trace, what it was found among does."""
        sources, _, items = self._loop(node.elt, node.generators, names)
        return functions.call("only", [Value(None, sources, items=tuple(items))], {})

    def _call(self, node: ast.Call, names: Mapping[str, Value]) -> Value:
        # `_check` has seen to it that the function is a known name.
        name = ast.unparse(node.func)
        keywords = {word.arg: word.value for word in node.keywords if word.arg is not None}
        key = keywords.pop("key", None)
        match name, node.args, node.keywords:
            case "only", [ast.ListComp() | ast.GeneratorExp() as choice], [] if chosen_by_constants(choice):
                return self._only(choice, names)
        given = self._all(node.args, names)
        named = {word: self.value(part, names) for word, part in keywords.items()}
        if key is not None:
            given.append(self._keys(key, given[0], names))
        return functions.call(name, given, named, keyed=key is not None)

    def _keys(self, key: ast.expr, source: Value, names: Mapping[str, Value]) -> Value:
        if not isinstance(key, ast.Lambda):
            raise PlanUnclear("key= takes a lambda of one name")
        name = key.args.args[0].arg
        return Value(
            None,
            CONSTANT,
            items=tuple(self.value(key.body, {**names, name: item}) for item in functions.items_of(source)),
        )

    def _all(self, nodes: list[ast.expr], names: Mapping[str, Value]) -> list[Value]:
        return [self.value(node, names) for node in nodes]


def constant(data: Json, label: Label, derivation: str) -> Value:
    """A value that stands for a name from the beginning, such as `now`."""
    return uniform(data, label, derivation)
