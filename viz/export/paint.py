"""What a frame of an animation is painted with: one pen per mode, token boxes, map, tree and bars.

Everything is Pillow with the font that Pillow brings along, so the same trace gives the same bytes on
every machine with the same Pillow. That font has Latin letters; others become boxes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from viz.glyphs import visible
from viz.layout import SMALL
from viz.theme import LOOKS, STATUSES, TOKENS, Mode, colour

Box = tuple[float, float, float, float]
LINES = {"draft": "plain", "residual": "dashed", "bonus": "double", "target": "thick", "confidence": "dotted"}
"""How a birth is underlined: colour never speaks alone."""
MOST_LETTERS = 24
ROOMY = 5
"""Cells that are larger have room for an outline."""
LEVELS = 6
"""Steps between two colours that letters are smoothed with."""


@cache
def font(size: int) -> Any:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


@cache
def wide(text: str, size: int) -> float:
    """Width of a text in pixels."""
    return font(size).getlength(text)


@cache
def palette(mode: Mode) -> list[tuple[int, int, int]]:
    """The theme's colours, and steps from the page's ground to each: no frame has a colour beside these."""
    ground = rgb(colour("surface", mode))
    exact = [ground] + [rgb(colour(name, mode)) for name in TOKENS]
    steps = [blend(ground, to, at / LEVELS) for to in dict.fromkeys(exact) for at in range(1, LEVELS)]
    ramp = [ramp_at(at / 24, mode) for at in range(25)]
    return list(dict.fromkeys([*exact, *ramp, *steps]))[:256]


@cache
def nearest(mode: Mode) -> np.ndarray:
    """For every 24-bit colour its place in the palette, -1 where nobody has asked yet."""
    return np.full(2**24, -1, np.int16)


def reduced(image: Image.Image, mode: Mode) -> Image.Image:
    """The frame in the palette: every pixel its nearest colour, and an exact one where there is one."""
    known, table = np.array(palette(mode), dtype=np.int32), nearest(mode)  # (colours, 3), (2**24,)
    pixels = np.asarray(image, dtype=np.int32) @ np.array([65536, 256, 1], dtype=np.int32)  # (height, width)
    new = np.unique(pixels[table[pixels] < 0])
    parts = np.stack([new >> 16, new >> 8 & 255, new & 255], axis=1)  # (new, 3)
    table[new] = ((parts[:, None] - known[None]) ** 2).sum(2).argmin(1)
    made = Image.fromarray(table[pixels].astype(np.uint8))
    made.putpalette([part for colour in palette(mode) for part in colour])
    return made


def rgb(hexed: str) -> tuple[int, int, int]:
    """'#rrggbb' as three numbers."""
    red, green, blue = (int(hexed[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def blend(low: Sequence[int], high: Sequence[int], share: float) -> tuple[int, int, int]:
    """A colour between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


def ramp_at(share: float, mode: Mode) -> tuple[int, int, int]:
    """The sequential ramp of the theme at 0 to 1."""
    low, mid, high = (rgb(colour(f"ramp-{name}", mode)) for name in ("low", "mid", "high"))
    return blend(low, mid, share * 2) if share < 0.5 else blend(mid, high, share * 2 - 1)


def shown(piece: str) -> str:
    """A token as a frame shows it: whitespace and control characters in letters, long ones cut."""
    text = "".join({"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c, c) for c in piece)
    text = "".join(c if c == " " else visible(c) for c in text)
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 3]}..."


@dataclass
class Pen:
    """Draws in the colours of one mode, named by their tokens."""

    image: Image.Image
    mode: Mode

    def __post_init__(self) -> None:
        self.draw = ImageDraw.Draw(self.image)

    def ink(self, name: str) -> tuple[int, int, int]:
        return rgb(colour(name, self.mode))

    def soft(self, name: str, share: float) -> tuple[int, int, int]:
        """A colour thinned towards the ground."""
        return blend(self.ink("surface"), self.ink(name), share)

    def text(
        self, at: tuple[float, float], text: str, size: int, name: str = "ink", anchor: str = "ls"
    ) -> None:
        self.draw.text(at, text, fill=self.ink(name), font=font(size), anchor=anchor)

    def fit(self, at: tuple[float, float], text: str, size: int, room: float, name: str = "ink") -> None:
        """Text that is cut where there is no room."""
        while text and wide(text, size) > room:
            text = text[:-5] + "..." if len(text) > 5 else ""
        self.text(at, text, size, name)

    def underline(self, x: float, right: float, y: float, birth: str) -> None:
        """The line below a token that says where it came from."""
        ink, kind = self.ink(LOOKS[birth].token), LINES.get(birth, "plain")
        if kind in ("dashed", "dotted"):
            on, step = (5, 8) if kind == "dashed" else (2, 4)
            for start in range(int(x), int(right), step):
                self.draw.rectangle((start, y, min(start + on - 1, right), y + 1), fill=ink)
            return
        self.draw.rectangle((x, y, right, y + (2 if kind == "thick" else 1)), fill=ink)
        if kind == "double":
            self.draw.rectangle((x, y + 3, right, y + 3), fill=ink)

    # -- figures -----------------------------------------------------------------------------

    def unmask_map(self, box: Box, drawn: Mapping[str, Any], upto: int) -> None:
        """Positions from left to right, rounds downwards; the last rounds where there is no room for all."""
        left, top, right, bottom = box
        every = [row for _, row in drawn["rows"]]
        across = max(1, drawn["width"])
        high = max(2, min(14, int((bottom - top) / max(1, len(every)))))
        over = min(16.0, (right - left) / across)
        fits = int((bottom - top) / high)
        seen = [row for row in every if row[0] <= upto][-fits:]
        if high <= ROOMY or over <= ROOMY:
            self._dots((left, top), over, high, seen)
            return
        for line, row in enumerate(seen):
            for place, letter in enumerate(row[2]):
                x, y = left + place * over, top + line * high
                cell = (x, y, x + over - 2, y + high - 2)
                self._cell(cell, letter, row[1][place] if place < len(row[1]) else 0)

    def _dots(self, at: tuple[float, float], over: float, high: int, rows: Sequence[Sequence[Any]]) -> None:
        """Cells without room for an outline, all at once."""
        if not rows:
            return
        plain = {"c": self.soft("committed", 1 / 3), "r": self.ink("remasked")}
        ramp = [ramp_at(step / 24, self.mode) for step in range(25)]
        ground = self.ink("surface")
        cells = [
            [ramp[round((sure or 0) * 24 / 1000)] if letter == "N" else plain.get(letter, ground)
             for letter, sure in zip(row[2], row[1], strict=False)]
            for row in rows
        ]  # fmt: skip
        image = Image.fromarray(np.array(cells, dtype=np.uint8))  # (rows, positions, 3)
        size = (max(1, round(image.width * over)), image.height * high)
        self.image.paste(image.resize(size, Image.Resampling.NEAREST), (round(at[0]), round(at[1])))

    def _cell(self, cell: Box, letter: str, thousandths: int | None) -> None:
        sure = ramp_at((thousandths or 0) / 1000, self.mode)
        if letter == "N":
            self.draw.rectangle(cell, fill=sure, outline=self.ink("ink"))
        elif letter == "c":
            self.draw.rectangle(cell, fill=self.soft("committed", 1 / 3))
        elif letter == "r":
            self.draw.rectangle(cell, outline=self.ink("remasked"), fill=self.soft("remasked", 1 / 3))
            self.draw.line((cell[0], cell[3], cell[2], cell[1]), fill=self.ink("remasked"))
        elif letter == "g":
            self.draw.rectangle(cell, outline=self.soft("open", 0.5))

    def tree(self, box: Box, tree: Mapping[str, Any], words: Sequence[str], statuses: Sequence[int]) -> None:
        """A round's drafts: boxes with their text, the fate by colour, outline and sign."""
        left, top, right, bottom = box
        depth, rows = max(1, tree["depth"]), max(1.0, tree["rows"])
        step = min(128.0, (right - left - 24) / depth)
        row = min(30.0, (bottom - top) / rows)
        width, height = step - 18, max(3.0, row - (6 if row > 24 else 2))
        at = [(left + 24 + (x - 1) * step, top + y * row) for x, y in zip(tree["x"], tree["y"], strict=True)]
        middle = (left + 8, top + rows * row / 2 - row / 2 + height / 2)
        for (x, y), parent in zip(at, tree["parent"], strict=True):
            from_x, from_y = middle if parent < 0 else (at[parent][0] + width, at[parent][1] + height / 2)
            self.draw.line((from_x, from_y, x, y + height / 2), fill=self.ink("line"), width=1)
        self.draw.ellipse(
            (middle[0] - 4, middle[1] - 4, middle[0] + 4, middle[1] + 4), fill=self.ink("muted")
        )
        for (x, y), word, status, small in zip(at, words, statuses, tree["small"], strict=True):
            half = (row * SMALL - 2) / 2 if small else height / 2
            self._node((x, y + height / 2 - half, x + width, y + height / 2 + half), word, STATUSES[status])

    def _node(self, box: Box, word: str, status: str) -> None:
        left, top, right, bottom = box
        name, kept = LOOKS[status].token, status in ("committed", "accepted")
        self.draw.rectangle(box, fill=self.soft(name, 1 / 6) if kept else None, outline=self.ink(name))
        if status in ("unexamined", "pruned"):
            for x in range(int(left), int(right), 6):  # gaps in the outline
                self.draw.line((x, top, x + 2, top), fill=self.ink("surface"))
                self.draw.line((x, bottom, x + 2, bottom), fill=self.ink("surface"))
        if bottom - top < 11 or right - left < 24:
            return
        size = 12 if bottom - top > 15 else 10
        self.fit((left + 5, bottom - (bottom - top - size * 0.7) / 2), word, size, right - left - 20)
        if status == "rejected":
            x, y = right - 9, (top + bottom) / 2
            self.draw.line((x - 3, y - 3, x + 3, y + 3), fill=self.ink(name), width=2)
            self.draw.line((x - 3, y + 3, x + 3, y - 3), fill=self.ink(name), width=2)

    def bars(self, box: Box, lines: Sequence[Mapping[str, Any]], upto: int) -> None:
        """A column per round: what became text upwards, what was drafted in vain downwards."""
        left, top, right, bottom = box
        lost = [each["drafted"] and each["rejected"] + each["unexamined"] + each["unused"] for each in lines]
        up, down = max((each["committed"] for each in lines), default=1) or 1, max(lost, default=0)
        unit = min(16.0, (bottom - top) / (up + down))
        base = top + up * unit
        step = max(1.0, min(24.0, (right - left) / max(1, len(lines))))
        fits = int((right - left) / step)
        first = max(0, upto + 1 - fits) if len(lines) > fits else 0
        self.draw.line((left, base, right, base), fill=self.ink("line"))
        for at, each in enumerate(lines[first : upto + 1]):
            x = left + at * step
            edge = x + max(1.0, step - 3)
            drafts = base - each["accepted"] * unit
            if each["accepted"]:
                self.draw.rectangle((x, drafts, edge, base - 1), fill=self.ink("draft"))
            if each["bonus"]:
                self.draw.rectangle(
                    (x, drafts - each["bonus"] * unit, edge, drafts - 1), fill=self.ink("committed")
                )
            if gone := lost[first + at]:
                self.draw.rectangle((x, base + 2, edge, base + 1 + gone * unit), outline=self.ink("rejected"))
