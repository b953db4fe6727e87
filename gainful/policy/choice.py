"""Whether a choice was made by the person's own words: each condition compares something of the thing with a constant.

[f for f in files if f.name == 'plan.txt']                    yes
[m for m in mails if contains(m.body, 'dentist')]             yes
[m for m in mails if m.subject == other.body]                 no: another's words choose
[m for m in mails if m.subject in 'Lunch on Friday']          no: an empty subject is in every text
"""

from __future__ import annotations

import ast

_OF_TEXTS = frozenset({"contains", "startswith"})
_OF_ONE = frozenset({"len", "lower", "text", "number", "section", "lines", "round", "sum", "unique"})


def chosen_by_constants(choice: ast.expr, around: frozenset[str] = frozenset()) -> bool:
    """Whether every condition of this comprehension compares with a constant.

    Args:
        around: Names of the things that are chosen among, where this stands within a condition.
    """
    if not isinstance(choice, ast.ListComp | ast.GeneratorExp):
        return False
    names = around
    for loop in choice.generators:
        if around and not _is_own(loop.iter, names):
            return False
        names |= {loop.target.id} if isinstance(loop.target, ast.Name) else frozenset()
        if not all(_by_constant(test, names) for test in loop.ifs):
            return False
    return True


def _by_constant(test: ast.expr, names: frozenset[str]) -> bool:
    match test:
        case ast.BoolOp(values=parts):
            return all(_by_constant(part, names) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _by_constant(part, names)
        case ast.Compare(left=one, ops=[ast.In() | ast.NotIn()], comparators=[other]):
            if isinstance(other, ast.List | ast.Tuple):
                return all(map(_is_constant, other.elts)) and _is_own(one, names)
            return _is_constant(one) and _is_own(other, names)
        case ast.Compare(left=one, ops=[_], comparators=[other]):
            return (_is_constant(one) and _is_own(other, names)) or (_is_constant(other) and _is_own(one, names))
        case ast.Call(func=ast.Name(id=name), args=[text, wanted], keywords=[]) if name in _OF_TEXTS:
            return _is_constant(wanted) and _is_own(text, names)
    return False


def _is_own(part: ast.expr, names: frozenset[str]) -> bool:
    """Whether this is something of the thing itself: no other object's word, and no comparison, has a part in it."""
    match part:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=value):
            return _is_own(value, names)
        case ast.Subscript(value=ast.Name(), slice=key) if _is_own(key, names):
            # What an earlier step has found out about it.
            return True
        case ast.Subscript(value=value, slice=key):
            return _is_own(value, names) and (_is_own(key, names) or _is_constant(key))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=words) if name in _OF_ONE:
            return all(_is_own(one, names) or _is_constant(one) for one in (*given, *(word.value for word in words)))
        case ast.BinOp(left=one, right=other):
            return all(_is_own(side, names) or _is_constant(side) for side in (one, other))
        case ast.ListComp(elt=element, generators=loops) | ast.GeneratorExp(elt=element, generators=loops):
            inside = names | {loop.target.id for loop in loops if isinstance(loop.target, ast.Name)}
            return chosen_by_constants(part, names) and (_is_constant(element) or _is_own(element, inside))
    return False


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
    return isinstance(node, ast.Constant)
