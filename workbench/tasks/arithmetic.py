"""Column addition and subtraction, and two-step word problems.

The answer of `add` and `sub` is the column steps alone, lowest digit first. The result is not repeated after
them: a redundant result would let a masked model copy a digit instead of computing it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from .base import Draft, Score, Task, right, wrong
from .words import GOODS, NAMES


def addition_steps(a: int, b: int) -> list[str]:
    """The columns of a + b from the right, a carry written as a third summand."""
    steps: list[str] = []
    carry = 0
    while a or b or not steps:
        terms = [a % 10, b % 10] + ([carry] if carry else [])
        total = sum(terms)
        steps.append("+".join(map(str, terms)) + f"={total}")
        a, b, carry = a // 10, b // 10, total // 10
    return steps


def subtraction_steps(a: int, b: int) -> list[str]:
    """The columns of a - b (a >= b) from the right; the top digit is written after borrowing."""
    steps: list[str] = []
    borrow = 0
    while a or b or not steps:
        top, bottom = a % 10 - borrow, b % 10
        borrow = int(top < bottom)
        top += 10 * borrow
        steps.append(f"{top}-{bottom}={top - bottom}")
        a, b = a // 10, b // 10
    return steps


def _draw_add(rng: random.Random) -> Draft:
    a, b = rng.randint(10, 999), rng.randint(10, 999)
    return Draft(f"Add {a}+{b}", "\n".join(addition_steps(a, b)), {"steps": addition_steps(a, b)})


def _draw_sub(rng: random.Random) -> Draft:
    a, b = sorted((rng.randint(10, 999), rng.randint(10, 999)), reverse=True)
    steps = subtraction_steps(a, b)
    return Draft(f"Subtract {a}-{b}", "\n".join(steps), {"steps": steps})


def _check_steps(check: Mapping[str, Any], text: str) -> Score:
    """Every column must stand there, in order."""
    expected, found = check["steps"], text.split()
    for index, step in enumerate(expected, 1):
        got = found[index - 1] if index <= len(found) else "nothing"
        if got != step:
            return wrong(f"column {index}: expected {step}, found {got}")
    return right() if len(found) == len(expected) else wrong("there are more columns than digits")


def _draw_math(rng: random.Random) -> Draft:
    name, other = rng.sample(NAMES, 2)
    things = rng.choice(GOODS)
    a, b, c = rng.randint(5, 40), rng.randint(2, 20), rng.randint(2, 9)
    kind = rng.randrange(6)
    if kind == 0:
        c = rng.randint(2, min(20, a + b - 1))
        story = f"{name} has {a} {things}, buys {b} and loses {c}."
        steps = (f"{a}+{b}={a + b}", f"{a + b}-{c}={a + b - c}")
    elif kind == 1:
        b = rng.randint(1, min(20, a - 1))
        story = f"{name} has {a} {things}, gives {b} to {other} and finds {c}."
        steps = (f"{a}-{b}={a - b}", f"{a - b}+{c}={a - b + c}")
    elif kind == 2:
        b = rng.randint(2, 9)
        story = f"{name} fills {b} boxes with {c} {things} each and has {a} more."
        steps = (f"{b}*{c}={b * c}", f"{b * c}+{a}={b * c + a}")
    elif kind == 3:
        b = rng.randint(2, 9)
        a = rng.randint(1, b * c - 1)
        story = f"{name} buys {b} bags of {c} {things} and eats {a}."
        steps = (f"{b}*{c}={b * c}", f"{b * c}-{a}={b * c - a}")
    elif kind == 4:
        a = rng.randint(2, 30)
        story = f"{name} has {a} {things}, {other} has {b} more. How many together?"
        steps = (f"{a}+{b}={a + b}", f"{a}+{a + b}={a + a + b}")
    else:
        b = rng.randint(1, min(20, a - 1))
        story = f"{name} has {a} {things}, {other} has {b} fewer. How many together?"
        steps = (f"{a}-{b}={a - b}", f"{a}+{a - b}={a + a - b}")
    return Draft(story, "\n".join(steps), {"result": steps[1].split("=")[1]})


def _holds(step: str) -> bool:
    """Whether `a op b = c` is a true equation of whole numbers."""
    left, _, result = step.partition("=")
    for sign in "+-*":
        first, found, second = left.partition(sign)
        if found and first.isdecimal() and second.isdecimal() and result.isdecimal():
            a, b = int(first), int(second)
            return int(result) == {"+": a + b, "-": a - b, "*": a * b}[sign]
    return False


def _check_math(check: Mapping[str, Any], text: str) -> Score:
    """Two true equations of which the last has the right result."""
    steps = text.split()
    if len(steps) != 2:
        return wrong(f"expected two steps, found {len(steps)}")
    for step in steps:
        if not _holds(step):
            return wrong(f"{step} is not a true equation")
    result = steps[1].partition("=")[2]
    return right() if result == check["result"] else wrong(f"expected {check['result']}, found {result}")


ADD = Task("add", "Column addition", _draw_add, _check_steps)
SUB = Task("sub", "Column subtraction", _draw_sub, _check_steps)
MATH = Task("math", "Two-step word problem", _draw_math, _check_math)
