"""4x4 sudoku (one solution) and 4x4 Latin squares (any completion counts).

`latin_square` is the one of the diagnostic benchmarks: no clue at all, four symbols, rows of values with
commas. No embedded model was trained on it.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from .base import Draft, Failure, Score, Task, right, wrong

SIDE = 4
CELLS = SIDE * SIDE
BLANK = "_"
FEWEST_BLANKS, MOST_BLANKS = 4, 10
Grid = tuple[int, ...]  # 16 digits row by row; 0 is a blank


@cache
def _peers(cell: int, boxes: bool) -> tuple[int, ...]:
    """Cells that must differ from `cell`: same row, same column and, for sudoku, same 2x2 box."""
    row, column = divmod(cell, SIDE)

    def meets(other: int) -> bool:
        r, c = divmod(other, SIDE)
        same_box = boxes and (r // 2, c // 2) == (row // 2, column // 2)
        return r == row or c == column or same_box

    return tuple(other for other in range(CELLS) if other != cell and meets(other))


def solutions(grid: Sequence[int], boxes: bool) -> Iterator[Grid]:
    """All completions of a grid, by backtracking on the blank with the fewest choices."""
    blanks = [cell for cell in range(CELLS) if not grid[cell]]
    if not blanks:
        yield tuple(grid)
        return

    def choices(cell: int) -> list[int]:
        taken = {grid[peer] for peer in _peers(cell, boxes)}
        return [digit for digit in range(1, SIDE + 1) if digit not in taken]

    cell = min(blanks, key=lambda blank: len(choices(blank)))
    for digit in choices(cell):
        yield from solutions([*grid[:cell], digit, *grid[cell + 1 :]], boxes)


@cache
def _all_grids(boxes: bool) -> tuple[Grid, ...]:
    """All 288 sudoku grids, or all 576 Latin squares."""
    return tuple(solutions((0,) * CELLS, boxes))


@cache
def _having(cell: int, digit: int) -> int:
    """The sudoku grids with `digit` (0 for any) in `cell`, as a bit set over `_all_grids(True)`."""
    grids = _all_grids(True)
    return sum(1 << index for index, grid in enumerate(grids) if digit in (0, grid[cell]))


def _has_one_solution(grid: Sequence[int]) -> bool:
    """Intersect the bit sets of all clues: far faster than a search, since there are only 288 grids."""
    left = -1
    for cell, digit in enumerate(grid):
        left &= _having(cell, digit)
    return left.bit_count() == 1


def _show(grid: Sequence[int]) -> str:
    digits = [str(digit) if digit else BLANK for digit in grid]
    return "\n".join("".join(digits[start : start + SIDE]) for start in range(0, CELLS, SIDE))


def _draw_sudoku(rng: random.Random) -> Draft:
    """Blank cells one at a time as long as the solution stays unique."""
    solution = rng.choice(_all_grids(True))
    puzzle, goal = list(solution), rng.randint(FEWEST_BLANKS, MOST_BLANKS)
    for cell in rng.sample(range(CELLS), CELLS):
        digit, puzzle[cell] = puzzle[cell], 0
        if not _has_one_solution(puzzle):
            puzzle[cell] = digit
        elif puzzle.count(0) == goal:
            break
    return Draft(f"Sudoku\n{_show(puzzle)}", _show(solution), {"clues": puzzle})


def _draw_latin(rng: random.Random) -> Draft:
    """Few clues: many completions are right, so cells filled together can contradict one another."""
    solution = rng.choice(_all_grids(False))
    kept = set(rng.sample(range(CELLS), rng.randint(4, 10)))
    puzzle = [digit if cell in kept else 0 for cell, digit in enumerate(solution)]
    return Draft(f"Latin\n{_show(puzzle)}", _show(solution), {"clues": puzzle})


def _checker(boxes: bool):
    def check(payload: Mapping[str, Any], text: str) -> Score:
        """Clues kept, and no digit twice in a row, a column or (sudoku) a box."""
        rows = text.split()
        if [len(row) for row in rows] != [SIDE] * SIDE or set("".join(rows)) - set("1234"):
            return wrong("not four rows of four digits from 1 to 4", Failure.FORMAT)
        grid = [int(digit) for digit in "".join(rows)]
        for cell, clue in enumerate(payload["clues"]):
            place = f"row {cell // SIDE + 1}, column {cell % SIDE + 1}"
            if clue and grid[cell] != clue:
                return wrong(f"the clue {clue} in {place} was changed to {grid[cell]}")
            if grid[cell] in {grid[peer] for peer in _peers(cell, boxes)}:
                return wrong(
                    f"the {grid[cell]} in {place} stands twice in its row, column or box", Failure.DUPLICATE
                )
        return right()

    return check


ROWS = re.compile(r"[1-4]{4}(?:\n[1-4]{4}){3}")


def _answers(boxes: bool):
    return lambda payload: map(_show, solutions(payload["clues"], boxes))


def _is_rows(text: str) -> bool:
    return ROWS.fullmatch(text) is not None


SYMBOLS = string.ascii_uppercase + string.digits
TABLE = re.compile(r"\w(?:,\w){3}(?:\n\w(?:,\w){3}){3}")


def _draw_symbols(rng: random.Random) -> Draft:
    """Cyclic shifts of the symbols, then the rows and the columns in another order."""
    symbols = rng.sample(SYMBOLS, SIDE)
    rows, columns = rng.sample(range(SIDE), SIDE), rng.sample(range(SIDE), SIDE)
    square = [[symbols[(row + column) % SIDE] for column in columns] for row in rows]
    answer = "\n".join(map(",".join, square))
    return Draft(f"Latin square of {','.join(symbols)}", answer, {"symbols": symbols})


def _check_symbols(payload: Mapping[str, Any], text: str) -> Score:
    """The first four lines with four values are the rows; every row and column holds every symbol."""
    symbols = set(payload["symbols"])
    lines = [re.findall(r"\w+", line) for line in text.splitlines()]
    square = [line for line in lines if len(line) == SIDE][:SIDE]
    if len(square) < SIDE:
        return wrong("there are no four rows of four symbols", Failure.FORMAT)
    if foreign := {value for row in square for value in row} - symbols:
        return wrong(f"{min(foreign)} is not one of the symbols", Failure.FOREIGN)
    for at in range(SIDE):
        if set(square[at]) != symbols:
            return wrong(f"row {at + 1} holds a symbol twice", Failure.DUPLICATE)
        if {row[at] for row in square} != symbols:
            return wrong(f"column {at + 1} holds a symbol twice", Failure.DUPLICATE)
    return right()


def _symbol_squares(payload: Mapping[str, Any]) -> Iterator[str]:
    for grid in _all_grids(False):
        named = [payload["symbols"][digit - 1] for digit in grid]
        yield "\n".join(",".join(named[start : start + SIDE]) for start in range(0, CELLS, SIDE))


def _is_table(text: str) -> bool:
    return TABLE.fullmatch(text) is not None


SUDOKU = Task("sudoku", "Sudoku 4x4", _draw_sudoku, _checker(True), _is_rows, _answers(True))
LATIN = Task(
    "latin", "Latin square 4x4 (any completion)", _draw_latin, _checker(False), _is_rows, _answers(False)
)
LATIN_SQUARE = Task(
    "latin_square", "Latin square of four symbols", _draw_symbols, _check_symbols, _is_table,
    _symbol_squares, in_mix=False,
)  # fmt: skip
