"""A run as an animated GIF: a frame per round, with the text, and the map, the draft tree or the rounds."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from viz.export.paint import Pen, reduced, shown, wide
from viz.reel import ReelBuilder, built
from viz.theme import LOOKS, Mode, colour
from workbench.trace import BLANK, HELD, State, Token, Trace, pieces

WIDTH, MARGIN = 880, 24
HEAD, LINE, LETTERS, FOOT = 84, 30, 15, 40
MOST_LINES, CAPTION, LEAST, MOST = 9, 26, 60, 330
MOST_FRAMES = 80
SLOT = 14
"""Width of an open cell."""
WHOLE_MS, SLOWEST_MS, FASTEST_MS, LAST_MS = 16_000, 700, 120, 2_500


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell as the text shows it; `birth` is empty for an open one."""

    text: str
    birth: str
    fresh: bool

    @property
    def wide(self) -> float:
        return wide(self.text, LETTERS) if self.birth else SLOT


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of one round."""

    round: int
    lines: list[list[Piece]]
    tokens: int
    passes: int


def animation(trace: Trace, mode: Mode = "light") -> bytes:
    """The GIF's bytes; the same trace gives the same ones."""
    whole = built(trace)
    reel = whole.delta()
    moments = list(_moments(trace, whole, reel))
    tall = min(MOST_LINES, max((len(moment.lines) for moment in moments), default=1))
    size = (WIDTH, round(HEAD + tall * LINE + CAPTION + figure_height(reel) + FOOT))
    frames = [_frame(size, trace, whole, reel, moment, tall, mode) for moment in moments]
    pause = max(FASTEST_MS, min(SLOWEST_MS, WHOLE_MS // len(frames)))
    output = io.BytesIO()
    durations = [pause] * (len(frames) - 1) + [LAST_MS]
    frames[0].save(
        output, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )
    return output.getvalue()


def picked(count: int) -> list[int]:
    """Which of so many rounds get a frame: all, or evenly spread ones with the first and the last."""
    if count <= MOST_FRAMES:
        return list(range(count))
    return [round(at * (count - 1) / (MOST_FRAMES - 1)) for at in range(MOST_FRAMES)]


def _moments(trace: Trace, whole: ReelBuilder, reel: Mapping[str, Any]) -> Sequence[Moment]:
    lines = [line for _, line in reel["rounds"]]
    state, done, found = State(), 0, list[Moment]()
    for number in picked(len(lines)):
        last = lines[number]["b"][1]
        beat = reel["beats"][min(last, len(reel["beats"]) - 1)]
        stop = len(trace.events) if number + 1 == len(lines) else beat["e"][1] + 1
        before = set(state.lanes[0].births) if 0 in state.lanes else set[int]()
        for event in trace.events[done:stop]:
            state.apply(event)
        done = max(done, stop)
        cells = _pieces(trace, state, whole, before)
        tokens = sum(bool(piece.birth) for piece in cells)
        passes = sum(line["passes"] for line in lines[: number + 1])
        found.append(Moment(number, _wrapped(cells), tokens, passes))
    return found or [Moment(0, [[]], 0, 0)]


def _pieces(trace: Trace, state: State, whole: ReelBuilder, before: set[int]) -> list[Piece]:
    """The decoded part of the answer."""
    if 0 not in state.lanes:
        return []
    lane = state.lanes[0]
    cells = [(fill, birth) for fill, birth in zip(lane.fills, lane.births, strict=True) if birth != HELD]
    ids = [fill.id if isinstance(fill, Token) else -1 for fill, _ in cells]
    texts = pieces(ids, trace.tokens)
    found: list[Piece] = []
    for (_, birth), text in zip(cells, texts, strict=True):
        if birth == BLANK:
            found.append(Piece("", "", False))
        else:
            found.append(Piece(shown(text), whole.fates.birth.get(birth, "target"), birth not in before))
    return found


def _wrapped(cells: Sequence[Piece]) -> list[list[Piece]]:
    """Lines of cells that fit the frame; a written line break breaks the line too."""
    lines: list[list[Piece]] = [[]]
    room = WIDTH - 2 * MARGIN
    used = 0.0
    for cell in cells:
        if lines[-1] and used + cell.wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(cell)
        used += cell.wide + 1
        if cell.text.endswith("\\n"):
            lines.append([])
            used = 0.0
    return lines


def figure_height(reel: Mapping[str, Any]) -> float:
    """Room for the figure of every frame alike, so that nothing jumps."""
    if "map" in reel:
        return max(LEAST, min(MOST, 14 * len(reel["map"]["rows"])))
    tallest = max((tree["rows"] for tree in reel["trees"].values() if tree), default=0.0)
    return max(LEAST, min(MOST, 30 * tallest)) if tallest else 120


def _frame(
    size: tuple[int, int],
    trace: Trace,
    whole: ReelBuilder,
    reel: Mapping[str, Any],
    moment: Moment,
    tall: int,
    mode: Mode,
) -> Image.Image:
    image = Image.new("RGB", size, colour("surface", mode))
    pen = Pen(image, mode)
    _head(pen, trace, reel, moment)
    births = _text(pen, moment, tall)
    top = HEAD + tall * LINE + 8
    pen.draw.line((MARGIN, top - 4, WIDTH - MARGIN, top - 4), fill=pen.ink("line"))
    box = (MARGIN, top + CAPTION, WIDTH - MARGIN, size[1] - FOOT)
    caption = _figure(pen, box, trace, whole, reel, moment)
    pen.text((MARGIN, top + 14), caption, 12, "muted")
    _legend(pen, births, size[1] - 14)
    return reduced(image, mode)


def _head(pen: Pen, trace: Trace, reel: Mapping[str, Any], moment: Moment) -> None:
    count = len(reel["rounds"])
    said = f"round {moment.round + 1} of {count}   {moment.passes} passes   {moment.tokens} tokens"
    pen.fit((MARGIN, 32), shown_line(trace.header.title), 19, WIDTH - 3 * MARGIN - wide(said, 14))
    pen.text((WIDTH - MARGIN, 32), said, 14, "muted", "rs")
    pen.fit((MARGIN, 56), shown_line(f"Prompt: {trace.header.prompt}"), 13, WIDTH - 2 * MARGIN, "muted")
    full = (WIDTH - 2 * MARGIN) * (moment.round + 1) / max(1, count)
    pen.draw.rectangle((MARGIN, 66, WIDTH - MARGIN, 68), fill=pen.ink("line"))
    pen.draw.rectangle((MARGIN, 66, MARGIN + full, 68), fill=pen.ink("accent"))


def shown_line(text: str) -> str:
    """One line of a text that may hold anything."""
    return " ".join(shown(word) for word in text[:400].split())


def _text(pen: Pen, moment: Moment, tall: int) -> list[str]:
    """The lines around the newest token; answers which births were drawn."""
    newest = max((at for at, line in enumerate(moment.lines) if any(p.fresh for p in line)), default=0)
    first = max(0, min(newest - tall + 2, len(moment.lines) - tall))
    births: list[str] = []
    for at, line in enumerate(moment.lines[first : first + tall]):
        x, y = float(MARGIN), HEAD + at * LINE
        for piece in line:
            right = x + piece.wide
            if piece.birth:
                if piece.fresh:
                    share = LOOKS[piece.birth].token
                    pen.draw.rectangle((x, y, right - 1, y + 22), fill=pen.soft(share, 1 / 3))
                pen.text((x, y + 17), piece.text, LETTERS)
                pen.underline(x, right - 2, y + 23, piece.birth)
                births.append(piece.birth)
            else:
                pen.draw.rectangle((x + 2, y + 5, right - 3, y + 18), outline=pen.ink("open"))
            x = right + 1
    return list(dict.fromkeys(births))


def _figure(
    pen: Pen, box: Any, trace: Trace, whole: ReelBuilder, reel: Mapping[str, Any], moment: Moment
) -> str:
    """Draw what fits this run best; answers with its caption."""
    tree = reel["trees"].get(str(moment.round))
    if "map" in reel:
        pen.unmask_map(box, reel["map"], moment.round)
        return "Positions across, rounds down. Outlined: written now; struck: taken back."
    if tree:
        proposals = whole.state.proposals
        fills = [proposals[id].fill for id in tree["ids"]]
        ids = [fill.id if isinstance(fill, Token) else -1 for fill in fills]
        words = [shown(pieces([id], trace.tokens)[0]) for id in ids]
        pen.tree(box, tree, words, [whole.fates.status[id] for id in tree["ids"]])
        return (
            "The drafts of this round. Filled: became text; cross: rejected; broken line: no test reached it."
        )
    pen.bars(box, [line for _, line in reel["rounds"]], moment.round)
    return "A column per round. Up: tokens written; down: drafts rejected or never examined."


def _legend(pen: Pen, births: Sequence[str], y: float) -> None:
    x = float(MARGIN)
    for birth in births:
        pen.underline(x, x + 22, y - 5, birth)
        pen.text((x + 28, y), LOOKS[birth].title, 13, "muted")
        x += 28 + wide(LOOKS[birth].title, 13) + 22
    pen.text((WIDTH - MARGIN, y), "tinted: new in this round", 13, "muted", "rs")
