"""Expressions of a plan: a small part of Python's, interpreted over labelled values and never executed as Python.

    max(files, key=lambda f: f.size).id
    [e.email for e in contacts if e.name == 'Ada Example']
    later(only(events).start, hours=1)

A value that an expression makes carries the join of what it was made from. Choosing counts: the largest of some files
is influenced by every size. One influence is waived: `only(...)` by a text that the person typed, since a second object
that a stranger plants under the same name does not win, it makes the choice unclear, and then the person is asked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gainful.core.errors import Invalid
from gainful.core.label import CONSTANT, TYPED, Label, join, join_all
from gainful.core.value import Json, Value, leaf, uniform
from gainful.policy import functions
from gainful.policy.functions import Open, PlanUnclear

LONGEST = 4_000
"""Characters of one expression."""

MOST_WORK = 200_000
"""Nodes visited in one evaluation; a plan that needs more is no plan."""

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
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise PlanInvalid(f"'{_short(text)}' is no expression.", "Write it as docs/reference/plans.md shows.") from None
    for node in ast.walk(tree):
        _check(node, text)
    return Expression(text.strip(), tree.body)


def evaluate(expression: Expression, names: Mapping[str, Value]) -> Value:
    """What the expression comes to, with its label and its text as derivation.

    Raises:
        NotYet: A name has no value yet.
        PlanUnclear: The values do not settle it: no such object, or several.
    """
    try:
        found = _Evaluation().value(expression.tree, names)
    except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError) as error:
        raise PlanUnclear(f"{_short(expression.text)} cannot be settled: {_reason(error)}") from error
    if isinstance(expression.tree, ast.Constant):
        return found
    return Value(found.data, found.label, found.items, found.fields, expression.text)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError | IndexError):
        return f"there is no {error.args[0] if error.args else 'such part'}"
    return str(error) or type(error).__name__


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
        case ast.Dict(keys=keys) if None in keys:
            return "**"
    return "" if isinstance(node, _ALLOWED) else type(node).__name__.lower()


class _Evaluation:
    """One evaluation, with a bound on its work."""

    def __init__(self) -> None:
        self._work = 0

    def value(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        self._work += 1
        if self._work > MOST_WORK:
            raise PlanUnclear("The plan asks for too much work.")
        method = getattr(self, f"_{type(node).__name__.lower()}")
        found: Value = method(node, names)
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
        pairs = zip(sides, sides[1:], node.ops, strict=False)
        holds = all(_COMPARE[type(op)](one.plain, other.plain) for one, other, op in pairs)
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
        return functions.lifted(lambda *parts: "".join(map(functions.shown, parts)), *self._all(node.values, names))

    def _formattedvalue(self, node: ast.FormattedValue, names: Mapping[str, Value]) -> Value:
        return self.value(node.value, names)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp, names: Mapping[str, Value]) -> Value:
        label, items = self._loop(node.elt, node.generators, names)
        return Value(None, label, items=tuple(items))

    _generatorexp = _listcomp

    def _loop(
        self, element: ast.expr, generators: list[ast.comprehension], names: Mapping[str, Value]
    ) -> tuple[Label, list[Value]]:
        if not generators:
            return CONSTANT, [self.value(element, names)]
        first, *rest = generators
        source = self.value(first.iter, names)
        if functions.is_open(source):
            raise PlanUnclear(f"{ast.unparse(first.iter)} is not known beforehand")
        label, found = source.label, []
        for item in functions.items_of(source):
            # `_check` has seen to it that the target is a name.
            inner = {**names, ast.unparse(first.target): functions.influenced(item, source.label)}
            tests = [self.value(test, inner) for test in first.ifs]
            label = join(label, *(test.whole for test in tests))
            if all(functions.truth(test) for test in tests):
                inner_label, items = self._loop(element, rest, inner)
                label = join(label, inner_label)
                found.extend(items)
        return label, found

    def _call(self, node: ast.Call, names: Mapping[str, Value]) -> Value:
        # `_check` has seen to it that the function is a known name.
        name = ast.unparse(node.func)
        keywords = {word.arg: word.value for word in node.keywords if word.arg is not None}
        key = keywords.pop("key", None)
        given = self._all(node.args, names)
        named = {word: self.value(part, names) for word, part in keywords.items()}
        if name == "only" and len(node.args) == 1 and _chosen_by_typed(node.args[0]):
            given = [Value(None, CONSTANT, items=given[0].items)]
        if key is not None:
            given.append(self._keys(key, given[0], names))
        return functions.call(name, given, named, keyed=key is not None)

    def _keys(self, key: ast.expr, source: Value, names: Mapping[str, Value]) -> Value:
        if not isinstance(key, ast.Lambda) or len(key.args.args) != 1:
            raise PlanUnclear("key= takes a lambda of one name")
        name = key.args.args[0].arg
        return Value(
            None,
            CONSTANT,
            items=tuple(self.value(key.body, {**names, name: item}) for item in functions.items_of(source)),
        )

    def _lambda(self, node: ast.Lambda, names: Mapping[str, Value]) -> Value:  # noqa: ARG002 -- the shape of all
        raise PlanUnclear("A lambda stands only behind key=")

    def _all(self, nodes: list[ast.expr], names: Mapping[str, Value]) -> list[Value]:
        return [self.value(node, names) for node in nodes]


def _chosen_by_typed(node: ast.expr) -> bool:
    """Whether each condition of this choice compares with a constant, that is with the person's own words."""
    if not isinstance(node, ast.ListComp | ast.GeneratorExp):
        return False
    return all(_typed(test) for loop in node.generators for test in loop.ifs)


def _typed(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp):
        return all(_typed(part) for part in test.values)
    if isinstance(test, ast.UnaryOp):
        return _typed(test.operand)
    if isinstance(test, ast.Compare):
        return all(
            _is_constant(one) or _is_constant(other)
            for one, other in zip([test.left, *test.comparators], test.comparators, strict=False)
        )
    if isinstance(test, ast.Call):
        return any(_is_constant(argument) for argument in test.args)
    return False


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def constant(data: Json, label: Label, derivation: str) -> Value:
    """A value that stands for a name from the beginning, such as `now`."""
    return uniform(data, label, derivation)
