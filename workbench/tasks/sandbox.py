"""Runs one generated Python function on tests, inside a small evaluator.

Nothing is compiled or handed to Python's own interpreter: the syntax tree is walked node by node, only the
node kinds below exist, there are no attributes, no imports and six builtins, every step is counted and the
size of every value is bounded. So a wrong or hostile answer can waste at most `STEPS` steps.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

STEPS = 4000  # evaluated nodes per call
BIGGEST = 10**12  # absolute value of a number
LONGEST = 1000  # length of a string or list
DEEPEST = 12  # nested function calls

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
}
BUILTINS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "len": len, "max": max, "min": min, "sum": sum, "range": range, "sorted": sorted,
}  # fmt: skip


class Refused(Exception):
    """The program uses something that the sandbox does not have, or runs too long."""


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def load(source: str) -> ast.FunctionDef:
    """Parse source that holds exactly one plain function."""
    if len(source) > LONGEST:
        raise Refused("the program is too long")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"not Python: {getattr(error, 'msg', error)}") from None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise Refused("expected exactly one function")
    function = tree.body[0]
    plain = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    given = function.args
    if function.decorator_list or (given.vararg, given.kwarg) != (plain.vararg, plain.kwarg):
        raise Refused("only a plain function with positional arguments is allowed")
    if given.kwonlyargs or given.defaults or given.posonlyargs:
        raise Refused("only a plain function with positional arguments is allowed")
    return function


def call(function: ast.FunctionDef, arguments: Sequence[Any]) -> Any:
    """The value of the function on `arguments`; raises Refused for anything outside the sandbox."""
    return _Machine(function).call(arguments)


class _Machine:
    """Walks the tree of one call; `steps` counts visited nodes over all nested calls."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        self.steps = 0
        self.depth = 0

    def call(self, arguments: Sequence[Any]) -> Any:
        names = [argument.arg for argument in self.function.args.args]
        if len(names) != len(arguments):
            raise Refused(f"the function takes {len(names)} arguments, not {len(arguments)}")
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refused("the function calls itself too deeply")
        try:
            self._run(self.function.body, dict(zip(names, arguments, strict=True)))
            return None
        except _Return as done:
            return done.value
        except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from None
        finally:
            self.depth -= 1

    def _step(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise Refused(f"stopped after {STEPS} steps")

    def _run(self, body: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        for statement in body:
            self._step()
            match statement:
                case ast.Return(value=value):
                    raise _Return(None if value is None else self._value(value, names))
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    names[name] = self._value(value, names)
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    names[name] = self._binary(op, self._name(name, names), self._value(value, names))
                case ast.If(test=test, body=then, orelse=otherwise):
                    self._run(then if self._value(test, names) else otherwise, names)
                case ast.While(test=test, body=inner, orelse=[]):
                    while self._value(test, names):
                        self._run(inner, names)
                case ast.For(target=ast.Name(id=name), iter=items, body=inner, orelse=[]):
                    for item in self._value(items, names):
                        self._step()
                        names[name] = item
                        self._run(inner, names)
                case ast.Pass():
                    pass
                case _:
                    raise Refused(f"{type(statement).__name__} is not allowed")

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        self._step()
        match node:
            case ast.Constant(value=value) if isinstance(value, int | str | bool):
                return self._small(value)
            case ast.Name(id=name):
                return self._name(name, names)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self._value(left, names), self._value(right, names))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._value(operand, names)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._value(operand, names)
            case ast.BoolOp(op=op, values=values):
                return self._logic(op, values, names)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARE:
                return COMPARE[type(op)](self._value(left, names), self._value(right, names))
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                return self._value(then if self._value(test, names) else otherwise, names)
            case ast.List(elts=items):
                return self._small([self._value(item, names) for item in items])
            case ast.Subscript(value=value, slice=ast.Slice() as cut):
                return self._value(value, names)[self._slice(cut, names)]
            case ast.Subscript(value=value, slice=index):
                return self._value(value, names)[self._value(index, names)]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, [self._value(argument, names) for argument in arguments])
            case _:
                raise Refused(f"{type(node).__name__} is not allowed")

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name == self.function.name:
            return self.call(arguments)
        if name not in BUILTINS:
            raise Refused(f"the function {name!r} does not exist")
        return self._small(BUILTINS[name](*arguments))

    def _logic(self, op: ast.boolop, values: Sequence[ast.expr], names: dict[str, Any]) -> Any:
        result: Any = None
        for value in values:
            result = self._value(value, names)
            if bool(result) == isinstance(op, ast.Or):
                return result
        return result

    def _slice(self, cut: ast.Slice, names: dict[str, Any]) -> slice:
        parts = (cut.lower, cut.upper, cut.step)
        return slice(*(None if part is None else self._value(part, names) for part in parts))

    def _binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if type(op) not in BINARY:
            raise Refused(f"the operator {type(op).__name__} is not allowed")
        sized = (str, list, range)
        if isinstance(op, ast.Mod) and isinstance(left, str):
            raise Refused("string formatting is not allowed")
        if isinstance(op, ast.Mult) and (isinstance(left, sized) or isinstance(right, sized)):
            items, times = (left, right) if isinstance(left, sized) else (right, left)
            if not isinstance(times, int) or len(items) * max(times, 0) > LONGEST:
                raise Refused("the value is too large")
        return self._small(BINARY[type(op)](left, right))

    def _name(self, name: str, names: dict[str, Any]) -> Any:
        if name not in names:
            raise Refused(f"the name {name!r} is not defined")
        return names[name]

    def _small(self, value: Any) -> Any:
        """Refuse values whose later use could take long."""
        too_big = isinstance(value, int) and abs(value) > BIGGEST
        if too_big or (isinstance(value, str | list | range) and len(value) > LONGEST):
            raise Refused("the value is too large")
        return value
