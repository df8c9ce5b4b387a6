"""One-function programs: the answer is run on tests by the sandbox, so any right program counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from . import sandbox
from .base import Draft, Failure, Score, Task, right, wrong

NUMBERS = (-4, 0, 1, 2, 3, 7, *range(9, 20), 58)  # around every number that a template takes
LISTS: tuple[list[int], ...] = ([1, 2, 3], [5], [4, 4, 9, 2], [8, 1, 6, 3, 5])
LONG = list(range(40))
WORDS = ("fox", "level", "a", "python")
Template = Callable[[int, int], tuple[str, str, list[Any]]]


def _body(expression: str, argument: str = "x") -> str:
    return f"def f({argument}): return {expression}"


# Each template takes two numbers and gives (what f returns, the program, the test arguments).
TEMPLATES: tuple[Template, ...] = (
    lambda a, b: (f"x times {a} plus {b}", _body(f"x * {a} + {b}"), [*NUMBERS]),
    lambda a, b: (f"x times {a} minus {b}", _body(f"x * {a} - {b}"), [*NUMBERS]),
    lambda a, b: (f"the square of x plus {b}", _body(f"x * x + {b}"), [*NUMBERS]),
    lambda a, b: (f"x if x is above {a} else {b}", _body(f"x if x > {a} else {b}"), [*NUMBERS]),
    lambda a, b: (f"whether x is a multiple of {a}", _body(f"x % {a} == 0"), [*NUMBERS]),
    lambda a, b: (f"the larger of x and {a}", _body(f"max(x, {a})"), [*NUMBERS]),
    lambda a, b: (f"the smaller of x and {a}", _body(f"min(x, {a})"), [*NUMBERS]),
    lambda a, b: (f"the distance of x and {a}", _body(f"abs(x - {a})"), [*NUMBERS]),
    lambda a, b: (f"the sum of list x plus {b}", _body(f"sum(x) + {b}"), [*LISTS]),
    lambda a, b: (f"the length of x times {a}", _body(f"len(x) * {a}"), [*LISTS, *WORDS]),
    lambda a, b: (f"the first {a} items of x", _body(f"x[:{a}]"), [*LISTS, *WORDS, LONG]),
    lambda a, b: (f"the last {a} items of x", _body(f"x[-{a}:]"), [*LISTS, *WORDS, LONG]),
    lambda a, b: (f"x reversed, {a} times", _body(f"x[::-1] * {a}"), [*LISTS, *WORDS]),
    lambda a, b: (f"the largest of list x minus {b}", _body(f"max(x) - {b}"), [*LISTS]),
    lambda a, b: (f"the sum from {a} to x", _body(f"sum(range({a}, x + 1))"), [*NUMBERS]),
    lambda a, b: (
        f"{a} to the power x by a loop",
        f"def f(x):\n s = 1\n for i in range(x): s *= {a}\n return s",
        [0, 1, 2, 5],
    ),
)


@cache
def _tests(program: str, template: int) -> tuple[tuple[Any, Any], ...]:
    """The template's test arguments with what the program returns on them."""
    arguments = TEMPLATES[template](2, 1)[2]
    function = sandbox.load(program)
    return tuple((argument, sandbox.call(function, [argument])) for argument in arguments)


def _draw(rng: random.Random) -> Draft:
    template = rng.randrange(len(TEMPLATES))
    wish, program, _ = TEMPLATES[template](rng.randint(2, 9), rng.randint(1, 9))
    return Draft(f"Write f(x): {wish}", program, {"tests": _tests(program, template)})


def _check(check: Mapping[str, Any], text: str) -> Score:
    """All tests must pass."""
    try:
        function = sandbox.load(text)
        if function.name != "f":
            return wrong(f"the function is called {function.name!r}, not 'f'")
        for argument, expected in check["tests"]:
            found = sandbox.call(function, [argument])
            if found != expected or type(found) is not type(expected):
                return wrong(f"f({argument!r}) is {found!r}, expected {expected!r}")
    except sandbox.Refused as refusal:
        return wrong(str(refusal), Failure.FORMAT)
    return right(f"{len(check['tests'])} tests passed")


CODE = Task("code", "One-function code", _draw, _check)
